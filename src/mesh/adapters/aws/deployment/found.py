"""What is deployed: the stacks that carry the mesh's tag, their outputs, and the settings these make."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mesh.adapters.aws.deployment.account import TAG, TAGGED, Account, plainly
from mesh.adapters.aws.settings import Settings
from mesh.kit.problem import Unavailable

# Settings by the output that holds them; those after the first four may be missing.
SETTINGS = {
    "data_bucket": "DataBucket",
    "models_bucket": "ModelsBucket",
    "jobs_queue_url": "JobsQueueUrl",
    "dead_letters_url": "DeadLettersUrl",
    "events_stream": "EventsStream",
    "secret": "Secret",
}
NEEDED = ("data_bucket", "models_bucket", "jobs_queue_url", "dead_letters_url")


@dataclass(frozen=True, slots=True)
class Stack:
    """One stack as it is now."""

    name: str
    stack_id: str
    status: str
    changed_at: Any
    outputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """The deployment in an account and region. `stacks` are in the order in which they were made."""

    stacks: Sequence[Stack]

    def output(self, name: str) -> str:
        """An output's value. Raises Unavailable when no stack has it."""
        value = self.optional(name)
        if not value:
            raise Unavailable(
                f"The deployment does not tell its {name}: it is older than this copy of the mesh, or half "
                "finished; run ./mesh aws deploy."
            )
        return value

    def optional(self, name: str) -> str:
        """An output's value, or nothing."""
        return next((s.outputs[name] for s in self.stacks if s.outputs.get(name)), "")

    def settings(self) -> Settings:
        """What the adapters need. The role of tenants is left out: who deploys has rights of their own."""
        told = {name: self.output(SETTINGS[name]) for name in NEEDED}
        told |= {n: self.optional(o) for n, o in SETTINGS.items() if n not in NEEDED and self.optional(o)}
        return Settings.model_validate(told)


def find(account: Account) -> Found:
    """Raises Unavailable when nothing is deployed there."""
    with plainly("looking for the mesh's stacks"):
        pages = account.client("cloudformation").get_paginator("describe_stacks").paginate()
        all_there = [stack for page in pages for stack in page["Stacks"]]
    ours = [s for s in all_there if {"Key": TAG, "Value": TAGGED} in s.get("Tags", [])]
    # A nested stack is part of another, which answers for it.
    ours = [s for s in ours if not s.get("ParentId") and s["StackStatus"] != "DELETE_COMPLETE"]
    if not ours:
        raise Unavailable(
            f"There is no mesh in account {account.account_id}, {account.region}: run ./mesh aws deploy, or "
            "name another place with --profile and --region."
        )
    return Found([_stack(found) for found in sorted(ours, key=lambda s: s["CreationTime"])])


def _stack(found: Mapping[str, Any]) -> Stack:
    return Stack(
        name=found["StackName"],
        stack_id=found["StackId"],
        status=found["StackStatus"],
        changed_at=found.get("LastUpdatedTime") or found["CreationTime"],
        outputs={o["OutputKey"]: o["OutputValue"] for o in found.get("Outputs", [])},
    )
