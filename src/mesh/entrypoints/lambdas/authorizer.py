"""Who asks: the key of a request or of a connecting socket, looked up once, and named to what comes after."""

import hashlib
from collections.abc import Mapping
from typing import Any

from mesh.adapters import api_keys
from mesh.entrypoints.conversation import offered_key
from mesh.entrypoints.lambdas.process import Process, process


def handler(event: Any, context: Any) -> Any:  # noqa: ARG001
    """A REQUEST authorizer of the REST and of the WebSocket API."""
    return allowed(event, process())


def allowed(event: Mapping[str, Any], at: Process) -> dict[str, Any]:
    """The policy for a live key. Raises the one exception that API Gateway answers with 401."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    key = offered_key(headers)
    tenant = at.keys.tenant_of(key) if key else None
    if tenant is None:
        # The text is API Gateway's, which looks at nothing else.
        raise Exception("Unauthorized")
    statement = {
        "Action": "execute-api:Invoke",
        "Effect": "Allow",
        "Resource": _whole_stage(event["methodArn"]),
    }
    return {
        "principalId": tenant.msp_id,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"msp_id": tenant.msp_id, "key_id": api_keys.key_id(key)},
        "usageIdentifierKey": usage_key(tenant.msp_id),
    }


def usage_key(msp_id: str) -> str:
    """The value of the API key that stands for a tenant in the usage plan: all of its keys share one rate."""
    return hashlib.sha256(f"usage {msp_id}".encode()).hexdigest()


def _whole_stage(method: str) -> str:
    """API Gateway keeps the answer and uses it for the key's next requests, on other paths too."""
    api, stage, *_ = method.split("/")
    return f"{api}/{stage}/*"
