"""What API Gateway itself says: its refusals as problem documents, its access log."""

import json

from aws_cdk import aws_apigateway as apigateway

from mesh.entrypoints.http import SHOWN_HEADERS
from mesh.kit.problem import (
    MEDIA_TYPE,
    FieldError,
    Malformed,
    NotFound,
    Problem,
    Throttled,
    TooLarge,
    Unauthorized,
    Unavailable,
    Unsupported,
)

# Names the tenant, not who of it asked: the tenant's id is in the authorizer's context.
ACCESS_LOG = json.dumps({
    "at": "$context.requestTime", "request": "$context.requestId", "msp_id": "$context.authorizer.msp_id",
    "method": "$context.httpMethod", "route": "$context.resourcePath", "status": "$context.status",
    "took_ms": "$context.responseLatency", "function_ms": "$context.integrationLatency",
    "bytes": "$context.responseLength", "refused": "$context.error.responseType",
    "from": "$context.identity.sourceIp",
})  # fmt: skip
SOCKET_LOG = json.dumps({
    "at": "$context.requestTime", "request": "$context.requestId", "msp_id": "$context.authorizer.msp_id",
    "connection": "$context.connectionId", "route": "$context.routeKey", "event": "$context.eventType",
    "status": "$context.status", "from": "$context.identity.sourceIp",
})  # fmt: skip
_KEY = (FieldError("x-api-key", "is missing or not a live key"),)
UNAUTHORIZED = Unauthorized("Send a key of this mesh in x-api-key.", errors=_KEY)
NO_KEY = Unauthorized("The tenant has no key in the usage plan: ./mesh aws seed makes it.", errors=_KEY)
MALFORMED = Malformed("The body is not a JSON object.", errors=[FieldError("body", "must be a JSON object")])
UNAVAILABLE = Unavailable("A function did not answer; send the request again.", retry_after_s=1)
SLOW = Unavailable("The answer takes longer than a request may: ask with Prefer: respond-async.")
KINDS = apigateway.ResponseType
PROBLEMS: dict[apigateway.ResponseType, Problem] = {
    KINDS.UNAUTHORIZED: UNAUTHORIZED,
    KINDS.ACCESS_DENIED: UNAUTHORIZED,
    KINDS.EXPIRED_TOKEN: UNAUTHORIZED,
    KINDS.INVALID_SIGNATURE: UNAUTHORIZED,
    KINDS.INVALID_API_KEY: NO_KEY,
    # A path that is not there is told like this as well.
    KINDS.MISSING_AUTHENTICATION_TOKEN: NotFound(
        "This path is not one of the mesh's. GET /openapi.json lists them."
    ),
    KINDS.RESOURCE_NOT_FOUND: NotFound("This path is not one of the mesh's. GET /openapi.json lists them."),
    KINDS.BAD_REQUEST_BODY: MALFORMED,
    KINDS.BAD_REQUEST_PARAMETERS: Malformed("A parameter of the path is missing."),
    KINDS.REQUEST_TOO_LARGE: TooLarge("Send less at once."),
    KINDS.UNSUPPORTED_MEDIA_TYPE: Unsupported("Send application/json."),
    KINDS.THROTTLED: Throttled("Slow down, then send the request again.", retry_after_s=1),
    KINDS.QUOTA_EXCEEDED: Throttled("Slow down, then send the request again.", retry_after_s=1),
    KINDS.INTEGRATION_TIMEOUT: SLOW,
    KINDS.INTEGRATION_FAILURE: UNAVAILABLE,
    KINDS.AUTHORIZER_FAILURE: UNAVAILABLE,
    KINDS.AUTHORIZER_CONFIGURATION_ERROR: UNAVAILABLE,
}


def responses(rest: apigateway.RestApi) -> None:
    """Every refusal of the gateway as the mesh tells it, readable from other origins."""
    for kind, problem in PROBLEMS.items():
        rest.add_gateway_response(
            kind.response_type, type=kind, status_code=str(problem.status),
            response_headers=_headers(problem), templates=_body(json.dumps(problem.document())),
        )  # fmt: skip
    unknown = (
        '{"type": "about:blank", "title": "Refused", "status": 400, "detail": $context.error.messageString}'
    )
    rest.add_gateway_response(
        "Default4XX", type=KINDS.DEFAULT_4_XX, response_headers=_headers(None), templates=_body(unknown)
    )
    rest.add_gateway_response(
        "Default5XX", type=KINDS.DEFAULT_5_XX, response_headers=_headers(UNAVAILABLE),
        templates=_body(json.dumps(UNAVAILABLE.document())), status_code="503",
    )  # fmt: skip


def _body(document: str) -> dict[str, str]:
    # API Gateway picks by what the caller accepts; without a match it would send the first.
    return {"application/json": document}


def _headers(problem: Problem | None) -> dict[str, str]:
    headers = {
        "Access-Control-Allow-Origin": "'*'",
        "Access-Control-Expose-Headers": f"'{', '.join(SHOWN_HEADERS)}'",
        "Content-Type": f"'{MEDIA_TYPE}'",
    }
    if problem and problem.status == Unauthorized.status:
        headers["WWW-Authenticate"] = "'ApiKey realm=\"msp-intelligence-mesh\"'"
    if problem and problem.retry_after_s is not None:
        headers["Retry-After"] = f"'{round(problem.retry_after_s)}'"
    return headers
