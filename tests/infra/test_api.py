"""The REST API takes the routes of the code's own table, and the socket API its three."""

import json

import pytest

from infra.gateway import PROBLEMS
from mesh.entrypoints.endpoint import Endpoint
from mesh.entrypoints.http import ALLOWED_HEADERS
from mesh.entrypoints.table import endpoints
from tests.infra.templates import Resource, Templates

OPEN = "NONE"


def methods(templates: Templates) -> dict[tuple[str, str], Resource]:
    """Every method of the API by its own name and path."""
    api = templates.template("api")["Resources"]

    def path(reference: Resource) -> str:
        if "Ref" not in reference:
            return ""
        resource = api[reference["Ref"]]["Properties"]
        return f"{path(resource['ParentId'])}/{resource['PathPart']}"

    found = [r["Properties"] for r in api.values() if r["Type"] == "AWS::ApiGateway::Method"]
    return {(method["HttpMethod"], path(method["ResourceId"]).replace("+}", "}")): method for method in found}


@pytest.mark.parametrize("route", endpoints(), ids=lambda e: f"{e.method} {e.path}")
def test_every_route_of_the_table_leads_to_the_function_that_answers_it(
    lean: Templates, route: Endpoint
) -> None:
    method = methods(lean)[(route.method, route.path)]
    slug = route.agent.slug if route.agent else "platform"
    assert f"function:msp-intelligence-{slug}/invocations" in json.dumps(method["Integration"]["Uri"])
    assert (method["AuthorizationType"] == OPEN) == route.public == (not method["ApiKeyRequired"])


def test_a_method_a_path_does_not_take_is_told_by_the_function(lean: Templates) -> None:
    taken = methods(lean)
    assert all(("ANY", route.path) in taken for route in endpoints())
    assert taken[("ANY", "/{proxy}")]["AuthorizationType"] == OPEN


def test_only_what_holds_nothing_of_a_tenant_is_open(size: Templates) -> None:
    public = {route.path for route in endpoints() if route.public} | {"", "/{proxy}"}
    for (name, path), method in methods(size).items():
        if method["AuthorizationType"] == OPEN and name != "OPTIONS":
            assert path in public


def test_questions_are_checked_before_a_function_is_paid_for(lean: Templates) -> None:
    taken = methods(lean)
    validators = lean.all("AWS::ApiGateway::RequestValidator")
    assert {v["ValidateRequestBody"] for v in validators} == {True, False}
    assert all(validator["ValidateRequestParameters"] for validator in validators)
    for route in endpoints():
        method = taken[(route.method, route.path)]
        assert "RequestValidatorId" in method
        assert ("application/json" in method.get("RequestModels", {})) == (
            route.agent is not None and route.method == "POST"
        )


def test_throttles_are_a_thousand_a_second_and_bursts_of_two_thousand(lean: Templates) -> None:
    (everything,) = [
        s for s in lean.one("AWS::ApiGateway::Stage")["MethodSettings"] if s["HttpMethod"] == "*"
    ]
    assert (everything["ThrottlingRateLimit"], everything["ThrottlingBurstLimit"]) == (1_000, 2_000)
    plan = lean.one("AWS::ApiGateway::UsagePlan")["Throttle"]
    assert (plan["RateLimit"], plan["BurstLimit"]) == (1_000, 2_000)


def test_the_gateways_key_comes_from_the_authorizer(lean: Templates) -> None:
    api = lean.one("AWS::ApiGateway::RestApi")
    assert (api["Name"], api["ApiKeySourceType"]) == ("msp-intelligence-api", "AUTHORIZER")
    authorizer = lean.one("AWS::ApiGateway::Authorizer")
    assert authorizer["IdentitySource"] == "method.request.header.x-api-key"


def test_with_a_user_pool_a_token_may_stand_for_the_key(full: Templates) -> None:
    authorizer = full.one("AWS::ApiGateway::Authorizer")
    assert authorizer["AuthorizerResultTtlInSeconds"] == 0 and not authorizer.get("IdentitySource")
    client = full.one("AWS::Cognito::UserPoolClient")
    assert "custom:msp_id" in client["ReadAttributes"]
    assert "custom:msp_id" not in client["WriteAttributes"], "whoever may write it chooses their tenant"
    told = full.functions["msp-intelligence-authorizer"]["Environment"]["Variables"]
    assert {"MESH_COGNITO_POOL_ID", "MESH_COGNITO_CLIENT_ID"} <= set(told)


def test_every_refusal_of_the_gateway_is_a_problem_document_that_browsers_may_read(lean: Templates) -> None:
    answers = lean.named("AWS::ApiGateway::GatewayResponse", "ResponseType")
    assert set(answers) == {k.response_type for k in PROBLEMS} | {"DEFAULT_4XX", "DEFAULT_5XX"}
    for kind, problem in PROBLEMS.items():
        answer = answers[kind.response_type]
        document = json.loads(answer["ResponseTemplates"]["application/json"])
        assert int(answer["StatusCode"]) == problem.status == document["status"]
        headers = answer["ResponseParameters"]
        assert headers["gatewayresponse.header.Content-Type"] == "'application/problem+json'"
        assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'"
    unauthorized = answers["UNAUTHORIZED"]["ResponseParameters"]
    assert "gatewayresponse.header.WWW-Authenticate" in unauthorized
    assert answers["THROTTLED"]["ResponseParameters"]["gatewayresponse.header.Retry-After"] == "'1'"


def test_a_preflight_names_the_headers_the_code_allows(lean: Templates) -> None:
    preflight = json.dumps(methods(lean)[("OPTIONS", "/results")]["Integration"])
    assert all(header in preflight for header in ALLOWED_HEADERS)


def test_access_is_logged_with_the_tenant_and_execution_without_bodies(size: Templates) -> None:
    stage = size.one("AWS::ApiGateway::Stage")
    logged = json.loads(stage["AccessLogSetting"]["Format"])
    assert logged["msp_id"] == "$context.authorizer.msp_id" and "status" in logged
    assert not any(settings.get("DataTraceEnabled") for settings in stage["MethodSettings"])
    assert stage["TracingEnabled"] is True


def test_a_cached_reply_is_kept_apart_by_who_asks(full: Templates) -> None:
    stage = full.one("AWS::ApiGateway::Stage")
    cached = [s for s in stage["MethodSettings"] if s.get("CachingEnabled")]
    assert stage["CacheClusterEnabled"] is True and cached
    taken = methods(full)
    for settings in cached:
        assert settings["CacheTtlInSeconds"] == 300 and settings["CacheDataEncrypted"] is True
        path = settings["ResourcePath"].replace("~1", "/").removeprefix("/")
        path = path if path.startswith("/") else f"/{path}"
        method = taken[("GET", path)]
        keys = method["Integration"].get("CacheKeyParameters", [])
        assert method["AuthorizationType"] == OPEN or "method.request.header.x-api-key" in keys


def test_what_changes_with_each_request_is_never_cached(full: Templates) -> None:
    stage = full.one("AWS::ApiGateway::Stage")
    cached = [s["ResourcePath"] for s in stage["MethodSettings"] if s.get("CachingEnabled")]
    for fresh in ("records", "results", "jobs", "export", "health", "agents"):
        assert not [path for path in cached if path.startswith(f"/~1{fresh}~1") or path == f"/~1{fresh}"]


def test_the_lean_size_pays_for_no_cache(lean: Templates) -> None:
    assert "CacheClusterEnabled" not in lean.one("AWS::ApiGateway::Stage")


def test_the_socket_api_asks_for_a_key_once_when_a_client_connects(lean: Templates) -> None:
    assert lean.one("AWS::ApiGatewayV2::Api")["Name"] == "msp-intelligence-websocket"
    routes = lean.named("AWS::ApiGatewayV2::Route", "RouteKey")
    assert set(routes) == {"$connect", "$disconnect", "$default"}
    asked = {key for key, route in routes.items() if route["AuthorizationType"] == "CUSTOM"}
    assert asked == {"$connect"}
    # A browser can send its key as a subprotocol alone, so no header may be asked for.
    assert not lean.one("AWS::ApiGatewayV2::Authorizer").get("IdentitySource")


def test_outputs_are_those_the_commands_read(lean: Templates) -> None:
    assert {
        "ApiUrl", "ApiId", "ApiStage", "UsagePlanId", "SocketUrl", "SocketsUrl", "DataBucket", "ModelsBucket",
        "FrontendBucket", "DistributionId", "WebUrl", "JobsQueueUrl", "DeadLettersUrl", "FailedEventsUrl",
        "EventsStream", "EventBus", "Secret", "TenantRole", "AlertsTopic",
    } <= lean.outputs()  # fmt: skip
