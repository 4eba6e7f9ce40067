"""Who may do what, from the roles and policies of a deployment."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reports.template import Assembly, Resource, listed, statements

_ARN = re.compile(r"arn:aws:([a-z0-9-]+):[^:,]*:[^:,]*:")
ROLE, POLICIES = "AWS::IAM::Role", ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")


@dataclass(frozen=True)
class Grant:
    """Actions on resources, under conditions. Names are short: `dynamodb: table/ApiKeys`."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: str = ""
    effect: str = "Allow"


@dataclass
class Actor:
    """A role: who takes it on, and what it may do then."""

    name: str
    taken_by: tuple[str, ...]
    grants: list[Grant] = field(default_factory=list)
    managed: list[str] = field(default_factory=list)


def actors(assembly: Assembly) -> list[Actor]:
    """Every role, by name."""
    return sorted((_actor(assembly, role) for role in assembly.of(ROLE)), key=lambda actor: actor.name)


def wildcards(assembly: Assembly) -> list[tuple[str, Grant]]:
    """Grants with an action or a whole resource that is `*`."""
    return [
        (actor.name, grant)
        for actor in actors(assembly)
        for grant in actor.grants
        if grant.effect == "Allow"
        and ("*" in grant.resources or any("*" in action for action in grant.actions))
    ]


def _actor(assembly: Assembly, role: Resource) -> Actor:
    users = [f for f in assembly.resources if _uses(f, role)]
    names = tuple(sorted(assembly.name(user) for user in users)) or tuple(_trusted(assembly, role))
    actor = Actor(", ".join(names), names)
    documents = [policy["PolicyDocument"] for policy in role.properties.get("Policies", [])]
    for policy in assembly.of(*POLICIES):
        to = [assembly.text(one, policy.stack) for one in policy.properties.get("Roles", [])]
        if policy.stack == role.stack and assembly.name(role) in to:
            documents.append(policy.properties["PolicyDocument"])
    actor.grants = [_grant(assembly, s, role.stack) for document in documents for s in statements(document)]
    actor.managed = [assembly.text(arn, role.stack) for arn in role.properties.get("ManagedPolicyArns", [])]
    return actor


def _uses(user: Resource, role: Resource) -> bool:
    for key in ("Role", "RoleArn", "CloudWatchRoleArn"):
        given = user.properties.get(key)
        if (
            user.stack == role.stack
            and isinstance(given, Mapping)
            and given == {"Fn::GetAtt": [role.id, "Arn"]}
        ):
            return True
    return False


def _trusted(assembly: Assembly, role: Resource) -> Iterator[str]:
    for statement in statements(role.properties["AssumeRolePolicyDocument"]):
        for kind, who in statement.get("Principal", {}).items():
            yield (
                f"{role.id}: whoever is {short(assembly.text(who, role.stack))}"
                if kind == "AWS"
                else (f"{role.id}: {assembly.text(who, role.stack)}")
            )


def _grant(assembly: Assembly, statement: Mapping[str, Any], stack: str) -> Grant:
    resources = [short(assembly.text(one, stack)) for one in listed(statement.get("Resource", []))]
    conditions = statement.get("Condition", {})
    told = "; ".join(
        f"{key} {operator} {assembly.text(value, stack)}"
        for operator, keys in conditions.items()
        for key, value in keys.items()
    )
    actions = tuple(sorted(listed(statement.get("Action", statement.get("NotAction", [])))))
    return Grant(actions, tuple(sorted(resources)), told, statement.get("Effect", "Allow"))


def short(arn: str) -> str:
    """Without the parts that are the same for all.

    >>> short("arn:aws:dynamodb:REGION:ACCOUNT:table/ApiKeys"), short("arn:aws:s3:::a-bucket/*"), short("*")
    ('table/ApiKeys', 'a-bucket/*', '*')
    """
    return _ARN.sub("", arn).replace("-ACCOUNT-REGION", "")
