"""The OpenAPI 3.1 document, made from the route table and pydantic's schemas."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from mesh.entrypoints.endpoint import JSON, Endpoint
from mesh.entrypoints.guard import BODY_LIMIT
from mesh.entrypoints.routes.agents import Accepted
from mesh.kit import problem
from mesh.kit.problem import MEDIA_TYPE
from mesh.kit.records import KINDS

ANY_ID = {"type": "string", "minLength": 1}
PATH = {"kind": {"type": "string", "enum": list(KINDS)}}
REF = "#/components/schemas/{model}"
TITLES = {p.status: p.title for p in problem.ALL}
ABOUT = (
    "Agents for managed service providers. Send your key in `x-api-key`. POST and DELETE take an "
    "`Idempotency-Key`; questions take `Prefer: respond-async`. Errors are RFC 9457 problem documents. "
    "The WebSocket at `/ws` pushes CloudEvents of your results."
)
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "reason"],
                "properties": {"field": {"type": "string"}, "reason": {"type": "string"}},
            },
        },
    },
}


KEY: Mapping[str, Any] = {"type": "apiKey", "in": "header", "name": "x-api-key"}
TOKEN: Mapping[str, Any] = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


def document(endpoints: Sequence[Endpoint], *, tokens: bool = False) -> dict[str, Any]:
    """The whole document. Schemas of questions come as they are accepted, of replies as they are sent.

    `tokens`: whether a user pool's token is taken in place of a key.
    """
    schemes = {"key": KEY, **({"token": TOKEN} if tokens else {})}
    schemas, refs = _schemas(endpoints)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": "MSP Intelligence Mesh", "version": "1", "description": ABOUT},
        "paths": paths,
        "components": {
            "schemas": {**schemas, "Problem": PROBLEM},
            "securitySchemes": schemes,
        },
        "security": [{name: []} for name in schemes],
    }


Refs = Mapping[Any, Mapping[str, Any]]


def _schemas(endpoints: Sequence[Endpoint]) -> tuple[dict[str, Any], Refs]:
    models: dict[tuple[type[BaseModel], Any], None] = {}
    for endpoint in endpoints:
        for taken in endpoint.takes.values():
            if isinstance(taken, type):
                models[(taken, "validation")] = None
        if endpoint.reply:
            models[(endpoint.reply, "serialization")] = None
        if endpoint.agent:
            models[(endpoint.agent.reply, "serialization")] = None
            models[(Accepted, "serialization")] = None
    refs, definitions = models_json_schema(list(models), ref_template=REF)
    return definitions.get("$defs", {}), refs


def _operation(endpoint: Endpoint, refs: Refs) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(endpoint),
        "summary": endpoint.summary if not endpoint.alias_of else f"The same as {endpoint.alias_of}",
        "tags": [endpoint.agent.slug if endpoint.agent else endpoint.tag],
        "parameters": _parameters(endpoint),
        "responses": _responses(endpoint, refs),
    }
    if endpoint.takes:
        operation["requestBody"] = {
            "required": True,
            "description": f"At most {BODY_LIMIT:,} bytes",
            "content": {media: _taken(endpoint, taken, refs) for media, taken in endpoint.takes.items()},
        }
    if endpoint.public:
        operation["security"] = []
    return operation


def _operation_id(endpoint: Endpoint) -> str:
    return endpoint.method.lower() + "_" + re.sub(r"\W+", "_", endpoint.path).strip("_")


def _taken(endpoint: Endpoint, taken: Any, refs: Refs) -> dict[str, Any]:
    media: dict[str, Any] = {"schema": refs[(taken, "validation")] if isinstance(taken, type) else taken}
    if endpoint.agent:
        examples = {f"example{n}": e for n, e in enumerate(endpoint.agent.examples, start=1)}
        media["examples"] = {
            name: {"summary": example.title, "value": example.question} for name, example in examples.items()
        }
    return media


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)}", endpoint.path)
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": PATH.get(name, ANY_ID)} for name in names
    ]
    schema = endpoint.query.model_json_schema() if endpoint.query else {}
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        parameters.append({"name": name, "in": "query", "required": name in required, "schema": field})
    if endpoint.method in ("POST", "DELETE"):
        key = {"type": "string", "minLength": 1, "maxLength": 255}
        parameters.append({"name": "Idempotency-Key", "in": "header", "required": False, "schema": key})
    if endpoint.agent and endpoint.method == "POST":
        prefer = {"type": "string", "examples": ["respond-async"]}
        parameters.append({"name": "Prefer", "in": "header", "required": False, "schema": prefer})
    if endpoint.waits:
        prefer = {"type": "string", "examples": ["wait=10"], "description": "How long to wait for its end"}
        parameters.append({"name": "Prefer", "in": "header", "required": False, "schema": prefer})
    return parameters


def _responses(endpoint: Endpoint, refs: Refs) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if endpoint.agent and endpoint.method == "POST" and endpoint.reply:
        answer = refs[(endpoint.agent.reply, "serialization")]
        envelope = refs[(endpoint.reply, "serialization")]
        schema: Mapping[str, Any] = {"allOf": [envelope, {"properties": {"answer": answer}}]}
        content[JSON] = {"schema": schema}
    elif endpoint.reply:
        content[JSON] = {"schema": refs[(endpoint.reply, "serialization")]}
    elif not endpoint.also:
        content[JSON] = {"schema": {"type": "object"}}
    for media in endpoint.also:
        # "application/stix+json;version=2.1" is JSON too.
        structured = media.partition(";")[0].endswith("json")
        content[media] = {"schema": {"type": "object" if structured else "string"}}
    responses: dict[str, Any] = {str(endpoint.status): {"description": "The answer", "content": content}}
    if endpoint.agent and endpoint.method == "POST":
        taken = {JSON: {"schema": refs[(Accepted, "serialization")]}}
        responses["202"] = {"description": "Taken as a job; Location says where to look", "content": taken}
    if endpoint.waits:
        responses["200"] = {"description": "Its end, which came within the time to wait", "content": content}
    for status in endpoint.problems:
        schema = {"$ref": REF.format(model="Problem")}
        responses[str(status)] = {"description": TITLES[status], "content": {MEDIA_TYPE: {"schema": schema}}}
    return responses
