"""A route as data: the server, the OpenAPI document and the tests are all made from it."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel
from pydantic_core import from_json, to_json

from mesh.kit.agent import Agent
from mesh.kit.platform import Platform, Reply, Tenant
from mesh.kit.ports import Ports
from mesh.kit.problem import FieldError, Malformed, Unsupported, validated

JSON = "application/json"
NDJSON = "application/x-ndjson"
CSV = "text/csv"
ModelT = TypeVar("ModelT", bound=BaseModel)
# Numbers that may be too large for a float: nearly no body has one, so nearly none is walked through.
LARGE = re.compile(rb"[eE]\+?\d{3}|\d{200}")


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was let in: who asks, and for what. Header names are lower case.

    `root` stands before every path that the caller is told of: the stage of an API Gateway, mostly empty.
    """

    platform: Platform
    tenant: Tenant
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    root: str = ""

    @property
    def ports(self) -> Ports:
        return self.platform.ports(self.tenant.msp_id)

    @property
    def media_type(self) -> str:
        """The body's media type without parameters; JSON when none was given."""
        return self.headers.get("content-type", JSON).split(";")[0].strip().lower() or JSON

    def asked(self, model: type[ModelT]) -> ModelT:
        """The query parameters as `model`. Raises Invalid that names the parameter."""
        return validated(model, dict(self.query))

    def json(self) -> Any:
        """The body as JSON. Raises Malformed with the place, Unsupported for another media type."""
        if self.media_type != JSON and not self.media_type.endswith("+json"):
            raise Unsupported(
                f"Send {JSON}.", errors=[FieldError("Content-Type", f"{self.media_type} not taken")]
            )
        return parse_json(self.body)

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises Malformed when it is anything else."""
        value = self.json()
        if not isinstance(value, dict):
            raise Malformed("Send a JSON object.", errors=[FieldError("body", "must be a JSON object")])
        return value


def parse_json(body: bytes) -> Any:
    """Strict JSON: UTF-8, no NaN or infinity, no lone surrogates, nested 200 deep at most."""
    if not body.strip():
        raise Malformed("The request has no body.", errors=[FieldError("body", "is empty")])
    try:
        value = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise Malformed("The body is not JSON.", errors=[FieldError("body", str(error))]) from error
    if LARGE.search(body):
        _refuse_infinity(value)
    return value


def _refuse_infinity(parsed: Any) -> None:
    """1e999 is read as infinity, which is no JSON number and may not get further."""
    rest: list[tuple[str, Any]] = [("", parsed)]
    while rest:
        place, value = rest.pop()
        if isinstance(value, float) and math.isinf(value):
            raise Malformed("A number is too large.", errors=[FieldError(place or "body", "is infinite")])
        if isinstance(value, dict | list):
            inner = value.items() if isinstance(value, dict) else enumerate(value)
            rest += [(f"{place}.{name}" if place else str(name), item) for name, item in inner]


Handle = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One route. `takes` maps media types to the schema of the body, `reply` is the schema of the answer."""

    method: str
    path: str
    summary: str
    tag: str
    handle: Handle
    query: type[BaseModel] | None = None
    takes: Mapping[str, Mapping[str, Any] | type[BaseModel]] = field(default_factory=dict)
    reply: type[BaseModel] | None = None
    status: int = 200
    also: Mapping[str, str] = field(default_factory=dict)  # other media types of the reply, with their use
    problems: Sequence[int] = ()
    public: bool = False
    agent: Agent | None = None
    alias_of: str = ""
    # Takes `Prefer: wait=SECONDS`: the same reply with 200 where its end came within that time.
    waits: bool = False
    # Its reply holds a secret: it is not kept, so an Idempotency-Key that comes again is told so.
    shown_once: bool = False
    # Takes a key with the role admin; others are answered 403.
    admin: bool = False


def reply_json(value: Any, status: int = 200, **headers: str) -> Reply:
    """A JSON reply; header names are written with underscores."""
    body = value.model_dump_json().encode() if isinstance(value, BaseModel) else to_json(value)
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, {"content-type": JSON, **named}, body)
