"""The REST API: one resource for each path of the route table, one integration for each function."""

from collections.abc import Sequence
from typing import Any

from aws_cdk import Aws, CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from infra import firewall, gateway
from infra.foundation import Foundation
from infra.functions import invoked
from infra.names import arn, function_arn
from infra.plan import REST_API, STAGE, Plan
from mesh.entrypoints.endpoint import CSV, JSON, NDJSON, Endpoint
from mesh.entrypoints.http import ALLOWED_HEADERS, SHOWN_HEADERS
from mesh.entrypoints.table import endpoints

PLATFORM, AUTHORIZER = "platform", "authorizer"
# As long as API Gateway waits unless AWS raises it; what takes longer is asked with Prefer: respond-async.
LONGEST_S = 29
RATE, BURST = 1_000, 2_000
CACHED_FOR = Duration.minutes(5)
# The function looks the key up again, so that a revoked one opens nothing in the meantime.
AUTHORIZED_FOR = Duration.minutes(5)
KEY_HEADER = "method.request.header.x-api-key"


class Api(Stack):
    """`rest` is the API. Which function answers a path is named, so that agents come and go (see `names`)."""

    def __init__(self, scope: Construct, name: str, plan: Plan, foundation: Foundation) -> None:
        super().__init__(scope, name, description="MSP Intelligence Mesh: REST API")
        self.plan = plan
        self.routes = endpoints(plan.agents)
        self.access = _log_group(self, "AccessLogs", f"/aws/apigateway/{REST_API}", foundation)
        self.rest = self._rest()
        # API Gateway would make this group itself, and keep it for ever.
        executed = f"API-Gateway-Execution-Logs_{self.rest.rest_api_id}/{STAGE}"
        executions = _log_group(self, "ExecutionLogs", executed, foundation)
        self.rest.deployment_stage.node.add_dependency(executions)
        self._may_call([PLATFORM, AUTHORIZER, *(agent.slug for agent in plan.agents)])
        self.authorizer = self._authorizer()
        self.validators = {
            checks_body: self.rest.add_request_validator(
                "Body" if checks_body else "Parameters", validate_request_body=checks_body,
                validate_request_parameters=True,
            )
            for checks_body in (True, False)
        }  # fmt: skip
        self.document = self._document()
        self._paths()
        gateway.responses(self.rest)
        self._usage()
        if plan.switches.waf:
            self._guard(foundation)
        if plan.domain:
            self._domain()
        for label, value in (
            ("ApiUrl", self.rest.url), ("ApiId", self.rest.rest_api_id), ("ApiStage", STAGE),
            ("UsagePlanId", self.usage_plan.usage_plan_id),
        ):  # fmt: skip
            CfnOutput(self, label, value=value)

    def _rest(self) -> apigateway.RestApi:
        switches = self.plan.switches
        options = apigateway.StageOptions(
            stage_name=STAGE, throttling_rate_limit=RATE, throttling_burst_limit=BURST,
            logging_level=apigateway.MethodLoggingLevel.ERROR, data_trace_enabled=False, metrics_enabled=True,
            tracing_enabled=switches.tracing, cache_cluster_enabled=switches.api_cache or None,
            cache_cluster_size="0.5" if switches.api_cache else None,
            cache_data_encrypted=True if switches.api_cache else None,
            access_log_destination=apigateway.LogGroupLogDestination(self.access),
            access_log_format=apigateway.AccessLogFormat.custom(gateway.ACCESS_LOG),
            method_options=self._cached() if switches.api_cache else None,
        )  # fmt: skip
        return apigateway.RestApi(
            self, "Rest", rest_api_name=REST_API, description="The agents and the platform of the mesh",
            api_key_source_type=apigateway.ApiKeySourceType.AUTHORIZER, cloud_watch_role=True,
            cloud_watch_role_removal_policy=RemovalPolicy.RETAIN, deploy_options=options,
            endpoint_types=[apigateway.EndpointType.REGIONAL], fail_on_warnings=True,
            # Rows arrive as they were sent, so that bytes that are no UTF-8 are refused, not replaced. JSON
            # is passed as text: API Gateway checks no body that it takes for binary.
            binary_media_types=[CSV, NDJSON],
        )  # fmt: skip

    def _may_call(self, slugs: Sequence[str]) -> None:
        for slug in slugs:
            lambda_.CfnPermission(
                self, f"May call {slug}", action="lambda:InvokeFunction",
                function_name=function_arn(slug, invoked(slug, self.plan)),
                principal="apigateway.amazonaws.com",
                source_arn=arn("execute-api", f"{self.rest.rest_api_id}/*"),
            )  # fmt: skip

    def _authorizer(self) -> apigateway.RequestAuthorizer:
        """With a user pool a token may stand for the key, so neither header can be asked for beforehand."""
        either = self.plan.switches.user_pool
        known = lambda_.Function.from_function_attributes(
            self, "AuthorizerFunction", function_arn=function_arn(AUTHORIZER), skip_permissions=True
        )
        return apigateway.RequestAuthorizer(
            self, "Authorizer", handler=known, authorizer_name=AUTHORIZER,
            identity_sources=[] if either else [apigateway.IdentitySource.header("x-api-key")],
            results_cache_ttl=Duration.seconds(0) if either else AUTHORIZED_FOR,
        )  # fmt: skip

    def _document(self) -> apigateway.Model:
        """What any question is at least; the function says what else is wrong, field by field."""
        schema = apigateway.JsonSchema(type=apigateway.JsonSchemaType.OBJECT)
        return self.rest.add_model("Document", content_type=JSON, model_name="Document", schema=schema)

    def _paths(self) -> None:
        by_path: dict[str, list[Endpoint]] = {}
        for endpoint in self.routes:
            by_path.setdefault(endpoint.path, []).append(endpoint)
        for path, takes in by_path.items():
            # An id of a record is the tenant's own and may hold a slash.
            resource = self.rest.root.resource_for_path(path.replace("{record_id}", "{record_id+}"))
            for endpoint in takes:
                self._method(resource, endpoint.method, endpoint)
            # What the path does not take is told by the function, with the methods it takes; so is HEAD.
            self._method(resource, "ANY", max(takes, key=lambda e: not e.public))
            headers = [*ALLOWED_HEADERS, *(["authorization"] if self.plan.switches.user_pool else [])]
            resource.add_cors_preflight(
                allow_origins=apigateway.Cors.ALL_ORIGINS, allow_headers=headers,
                allow_methods=["GET", "POST", "DELETE"], expose_headers=SHOWN_HEADERS,
                max_age=Duration.minutes(10), status_code=200,
            )  # fmt: skip
        # Paths that are not there are told by the platform, as everywhere.
        for nowhere in (self.rest.root, self.rest.root.add_resource("{proxy+}")):
            nowhere.add_method(
                "ANY", self._integration(PLATFORM, []), request_validator=self.validators[False],
                authorization_type=apigateway.AuthorizationType.NONE,
            )  # fmt: skip
        described = [f"{e.method} {e.path} {e.public} {invoked(_slug(e), self.plan)}" for e in self.routes]
        deployment = self.rest.latest_deployment
        assert deployment
        deployment.add_to_logical_id({"routes": described, "user_pool": self.plan.switches.user_pool})

    def _method(self, resource: apigateway.Resource, method: str, endpoint: Endpoint) -> None:
        guarded = not endpoint.public
        named = [part[1:-1] for part in resource.path.split("/") if part.startswith("{")]
        known: dict[str, Any] = {f"method.request.path.{name.rstrip('+')}": True for name in named}
        taken = JSON in endpoint.takes and endpoint.agent is not None and method == endpoint.method
        keys: list[str] = []
        if self.plan.switches.api_cache and method == "GET" and kept_for_minutes(endpoint):
            # One tenant's answer must never be another's: who asks is part of what the answer is kept under.
            keys = cache_keys(endpoint)
            known |= dict.fromkeys(keys, False)
        resource.add_method(
            method, self._integration(_slug(endpoint), keys),
            authorizer=self.authorizer if guarded else None, api_key_required=guarded,
            authorization_type=apigateway.AuthorizationType[("CUSTOM" if guarded else "NONE")],
            request_parameters=known or None, request_validator=self.validators[taken],
            request_models={JSON: self.document} if taken else None,
        )  # fmt: skip

    def _integration(self, slug: str, cache_keys: list[str]) -> apigateway.Integration:
        called = function_arn(slug, invoked(slug, self.plan))
        service = f"arn:{Aws.PARTITION}:apigateway:{Aws.REGION}:lambda:path/2015-03-31/functions"
        return apigateway.Integration(
            type=apigateway.IntegrationType.AWS_PROXY, integration_http_method="POST",
            uri=f"{service}/{called}/invocations",
            options=apigateway.IntegrationOptions(
                timeout=Duration.seconds(LONGEST_S), cache_key_parameters=cache_keys or None
            ),
        )  # fmt: skip

    def _cached(self) -> dict[str, apigateway.MethodDeploymentOptions]:
        """Only what does not change with each request: what the tenant just stored must be read at once."""
        cached = apigateway.MethodDeploymentOptions(
            caching_enabled=True, cache_ttl=CACHED_FOR, cache_data_encrypted=True, metrics_enabled=True,
            throttling_rate_limit=RATE, throttling_burst_limit=BURST,
            logging_level=apigateway.MethodLoggingLevel.ERROR,
        )  # fmt: skip
        return {f"{e.path}/GET": cached for e in self.routes if kept_for_minutes(e)}

    def _usage(self) -> None:
        """A tenant has one key in this plan (`authorizer.usage_key`), so all of its own share one rate."""
        self.usage_plan = self.rest.add_usage_plan(
            "Tenants", name=f"{REST_API}-tenants", description="One key for each tenant",
            throttle=apigateway.ThrottleSettings(rate_limit=RATE, burst_limit=BURST),
            api_stages=[apigateway.UsagePlanPerApiStage(api=self.rest, stage=self.rest.deployment_stage)],
        )  # fmt: skip

    def _guard(self, foundation: Foundation) -> None:
        acl = firewall.web_acl(self, "Rest", "REGIONAL", foundation.key)
        wafv2.CfnWebACLAssociation(
            self, "RestFirewall", resource_arn=self.rest.deployment_stage.stage_arn, web_acl_arn=acl.attr_arn
        )

    def _domain(self) -> None:
        certificate = acm.Certificate.from_certificate_arn(self, "Certificate", self.plan.certificate_arn)
        domain = self.rest.add_domain_name(
            "Domain", domain_name=self.plan.domain, certificate=certificate,
            endpoint_type=apigateway.EndpointType.REGIONAL, security_policy=apigateway.SecurityPolicy.TLS_1_2,
        )  # fmt: skip
        CfnOutput(self, "DomainTarget", value=domain.domain_name_alias_domain_name)


def kept_for_minutes(endpoint: Endpoint) -> bool:
    """Whether its replies may be some minutes old: views over stored answers, and the documentation. What an
    act changes is read again right after it.
    """
    public = endpoint.public and endpoint.path != "/health"
    view = endpoint.agent is not None and not endpoint.agent.acts
    return endpoint.method == "GET" and (view or public)


def cache_keys(endpoint: Endpoint) -> list[str]:
    """What tells one cached reply from another."""
    asked = endpoint.query.model_fields if endpoint.query else {}
    who = [] if endpoint.public else [KEY_HEADER, "method.request.header.authorization"]
    return [*who, *(f"method.request.querystring.{name}" for name in asked)]


def _slug(endpoint: Endpoint) -> str:
    return endpoint.agent.slug if endpoint.agent else PLATFORM


def _log_group(scope: Construct, label: str, name: str, foundation: Foundation) -> logs.LogGroup:
    return logs.LogGroup(
        scope, label, log_group_name=name, retention=logs.RetentionDays.ONE_WEEK,
        encryption_key=foundation.key, removal_policy=RemovalPolicy.DESTROY,
    )  # fmt: skip
