"""Who asks: the key or the token of a request or of a connecting socket, looked up once, and named to what
comes after.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from mesh.adapters import api_keys
from mesh.entrypoints.conversation import offered, offered_key
from mesh.entrypoints.lambdas.observed import Refused, observed
from mesh.entrypoints.lambdas.process import Process, process

BEARER, TOKEN_SUBPROTOCOL = "bearer ", "token."


@observed("authorize")
def handler(event: Any, context: Any) -> Any:  # noqa: ARG001
    """A REQUEST authorizer of the REST and of the WebSocket API."""
    return allowed(event, process())


def allowed(event: Mapping[str, Any], at: Process) -> dict[str, Any]:
    """The policy for a live key or token. Raises the one exception that API Gateway answers with 401, but for
    a socket.
    """
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    found = _of_key(offered_key(headers), at) or _of_token(offered_token(headers), at)
    if found is None:
        if (event.get("requestContext") or {}).get("routeKey") == "$connect":
            # A socket is refused with 403, as the embedded server refuses it.
            return {"principalId": "nobody", "policyDocument": _policy("Deny", event["methodArn"])}
        # The text is API Gateway's, which looks at nothing else.
        raise Refused("Unauthorized")
    msp_id, key_id, role = found
    return {
        "principalId": msp_id,
        "policyDocument": _policy("Allow", event["methodArn"]),
        "context": {"msp_id": msp_id, "key_id": key_id, **({"role": role} if role else {})},
        "usageIdentifierKey": usage_key(msp_id),
    }


def _of_key(key: str, at: Process) -> tuple[str, str, str] | None:
    """Tenant, id and role; a key's role is looked up by what needs it."""
    tenant = at.keys.tenant_of(key) if key else None
    if tenant is None:
        return None
    at.keys.note_use(api_keys.key_id(key))
    return tenant.msp_id, api_keys.key_id(key), ""


def _of_token(token: str, at: Process) -> tuple[str, str, str] | None:
    bearer = at.pool.bearer(token) if token and at.pool else None
    tenant = at.platform.tenants.find(bearer.msp_id) if bearer else None
    return (tenant.msp_id, bearer.key_id, bearer.role) if tenant and bearer else None


def offered_token(headers: Mapping[str, str]) -> str:
    """The token from `Authorization: Bearer`, or from a `token.…` subprotocol; empty when there is none."""
    said = headers.get("authorization", "")
    if said[: len(BEARER)].lower() == BEARER:
        return said[len(BEARER) :].strip()
    return offered(headers, TOKEN_SUBPROTOCOL)


def usage_key(msp_id: str) -> str:
    """The value of the API key that stands for a tenant in the usage plan: all of its keys share one rate."""
    return hashlib.sha256(f"usage {msp_id}".encode()).hexdigest()


def _policy(effect: str, method: str) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": _whole_stage(method)}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _whole_stage(method: str) -> str:
    """API Gateway keeps the answer and uses it for the key's next requests, on other paths too."""
    api, stage, *_ = method.split("/")
    return f"{api}/{stage}/*"
