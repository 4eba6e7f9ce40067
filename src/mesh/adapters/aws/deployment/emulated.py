"""The synthesised templates as MiniStack takes them. What it cannot make is left out, by name, and told.

Changed besides: code becomes the sources (MiniStack's functions are processes of this machine, and take the
packages installed here), addresses of APIs become MiniStack's, and no method asks for a gateway's key.
"""

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# MiniStack 1.5.33 refuses these types; a stack with one of them would not be made at all.
REFUSED = (
    "AWS::ApiGatewayV2::Deployment",
    "AWS::Budgets::Budget",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::Config::ConfigRule",
    "AWS::Config::ConfigurationRecorder",
    "AWS::Config::DeliveryChannel",
    "AWS::EC2::FlowLog",
    "AWS::WAFv2::LoggingConfiguration",
    "AWS::WAFv2::WebACLAssociation",
    "AWS::XRay::Group",
)
FUNCTION, METHOD = "AWS::Lambda::Function", "AWS::ApiGateway::Method"
SOCKET_AUTHORIZER = "AWS::ApiGatewayV2::Authorizer"
ADDRESS = ".execute-api."
TIMEOUT_S = 300


@dataclass(frozen=True, slots=True)
class Here:
    """MiniStack at `url`. Functions run `code`, a place in S3, find packages by `path`, a PYTHONPATH, and
    keep what they load below `scratch`: on AWS each has a disk of its own.
    """

    url: str
    code: Mapping[str, str]
    path: str
    scratch: str


def adapted(template: Mapping[str, Any], here: Here) -> dict[str, Any]:
    """A copy of a template for MiniStack."""
    made = copy.deepcopy(dict(template))
    gone = {name for name, r in made.get("Resources", {}).items() if r["Type"] in REFUSED}
    made["Resources"] = {n: r for n, r in made.get("Resources", {}).items() if n not in gone}
    for name, resource in made["Resources"].items():
        _forget(resource, gone)
        _change(name, resource["Type"], resource.get("Properties", {}), here)
    outputs = made.get("Outputs", {})
    made["Outputs"] = {n: o for n, o in outputs.items() if not _mentions(o, gone)}
    result: dict[str, Any] = _moved(made, here.url)
    return result


def _change(name: str, kind: str, properties: dict[str, Any], here: Here) -> None:
    if kind == FUNCTION:
        properties["Code"] = dict(here.code)
        # All functions and AWS itself share this machine's processors.
        properties["Timeout"] = TIMEOUT_S
        variables = properties.setdefault("Environment", {}).setdefault("Variables", {})
        variables |= {"PYTHONPATH": here.path, "MESH_SCRATCH": f"{here.scratch}/{name}"}
    elif kind == METHOD:
        # MiniStack looks for the gateway's key in x-api-key, whatever the authorizer names.
        properties["ApiKeyRequired"] = False
    elif kind == SOCKET_AUTHORIZER:
        # Where a template names no source, MiniStack asks for an Authorization header.
        properties.setdefault("IdentitySource", [])


def left_out(template: Mapping[str, Any]) -> list[str]:
    """Types of the template that MiniStack refuses."""
    return sorted({r["Type"] for r in template.get("Resources", {}).values()} & set(REFUSED))


def adapt_file(template: Path, here: Here) -> list[str]:
    """Rewrites a template in place; the types that were left out."""
    read = json.loads(template.read_text(encoding="utf-8"))
    template.write_text(json.dumps(adapted(read, here)), encoding="utf-8")
    return left_out(read)


def _forget(resource: dict[str, Any], gone: set[str]) -> None:
    needs = resource.get("DependsOn", [])
    kept = [name for name in ([needs] if isinstance(needs, str) else needs) if name not in gone]
    if kept:
        resource["DependsOn"] = kept
    else:
        resource.pop("DependsOn", None)


def _mentions(value: Any, names: set[str]) -> bool:
    if isinstance(value, Mapping):
        if value.get("Ref") in names or (value.get("Fn::GetAtt") or [""])[0] in names:
            return True
        return any(_mentions(inner, names) for inner in value.values())
    return isinstance(value, list) and any(_mentions(inner, names) for inner in value)


def _moved(value: Any, url: str) -> Any:
    """Addresses of APIs, which CDK writes as joined or substituted text, with MiniStack's place instead."""
    if isinstance(value, Mapping):
        if set(value) == {"Fn::Join"}:
            between, parts = value["Fn::Join"]
            return {"Fn::Join": [between, _joined([_moved(part, url) for part in parts], url)]}
        return {name: _moved(inner, url) for name, inner in value.items()}
    if isinstance(value, list):
        return [_moved(inner, url) for inner in value]
    if isinstance(value, str) and ADDRESS in value:
        return SUBSTITUTED.sub(lambda found: f"{_place(url, found[1])}{found[2]}/", value)
    return value


# https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/stage
SUBSTITUTED = re.compile(r"(https|wss)://(\$\{\w+\})\.execute-api\.[^/]*/")


def _joined(parts: list[Any], url: str) -> list[Any]:
    """[..., "https://", {Ref: Api}, ".execute-api.", region, ".", suffix, "/stage"] at MiniStack's place."""
    for at, part in enumerate(parts):
        if at < 2 or not (isinstance(part, str) and part.startswith(ADDRESS)):
            continue
        before = SCHEME.fullmatch(parts[at - 2]) if isinstance(parts[at - 2], str) else None
        ends = ((n, ENDED.search(p)) for n, p in enumerate(parts) if n >= at and isinstance(p, str))
        end, cut = next(((n, found.start()) for n, found in ends if found), (0, 0))
        if before and end:
            # Joined may be several, one behind the other.
            rest = _joined([parts[end][cut:], *parts[end + 1 :]], url)
            return [*parts[: at - 2], before[1] + _place(url, before[2]), parts[at - 1], *rest]
    return parts


# What stands before an API's name in a joined text, and where the host's name ends.
SCHEME = re.compile(r"(.*)(https|wss)://", re.DOTALL)
ENDED = re.compile(r"[/ ;]")


def _place(url: str, scheme: str) -> str:
    """Where MiniStack has its APIs; what is spoken there is never encrypted."""
    plain = {"https": "http", "wss": "ws"}[scheme]
    return f"{plain}://{url.split('://', 1)[1]}/_aws/execute-api/"
