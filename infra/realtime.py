"""The WebSocket API: three functions that hear, the broadcaster that speaks, and one that ends what a key
opened.
"""

from aws_cdk import Aws, CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_apigatewayv2 as sockets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra import gateway, grants, packaging, queues
from infra.agents import follow_table
from infra.data import Data
from infra.foundation import Foundation
from infra.functions import MeshFunction, Spec, Surroundings
from infra.names import arn, function_arn
from infra.plan import SOCKET_API, SOCKET_STAGE
from mesh.adapters.aws.tables import API_KEYS, EVENTS

ROUTES = {"$connect": "socket-connect", "$disconnect": "socket-disconnect", "$default": "socket-message"}
# A stream that waits is late for every socket: after ten minutes clients have long resumed by themselves.
GIVEN_UP_AFTER = Duration.minutes(10)
# A key that was revoked, or removed with its tenant.
NO_LONGER_NEW = lambda_.FilterCriteria.filter({"eventName": ["MODIFY", "REMOVE"]})


class Realtime(Stack):
    def __init__(
        self, scope: Construct, name: str, around: Surroundings, foundation: Foundation, data: Data
    ) -> None:
        super().__init__(scope, name, description="MSP Intelligence Mesh: WebSocket API and broadcaster")
        self.api = sockets.CfnApi(
            self, "Sockets", name=SOCKET_API, protocol_type="WEBSOCKET",
            route_selection_expression="$request.body.action",
            description="Pushes events to tenants as they are committed",
        )  # fmt: skip
        host = f"{self.api.ref}.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}/{SOCKET_STAGE}"
        self.url = f"wss://{host}"
        connections = arn("execute-api", f"{self.api.ref}/{SOCKET_STAGE}/*/@connections/*")
        speaking = {"MESH_SOCKETS_URL": f"https://{host}"}
        stream, keys = (data.tables[table.name].table_stream_arn for table in (EVENTS, API_KEYS))
        assert stream and keys
        plain = packaging.PLAIN
        specs = [
            Spec("socket-connect", "socket.handler", plain, 256, 10, "A socket opens", grants.open_socket()),
            Spec("socket-disconnect", "socket.handler", plain, 256, 10, "A socket closed",
                 grants.close_socket()),
            Spec("socket-message", "socket.handler", plain, 256, 29, "What a client says",
                 grants.hear_socket(connections), environment=speaking),
            Spec("broadcaster", "stream.handler", plain, 512, 60, "Events to the sockets of their tenant",
                 [*grants.broadcast(connections), *grants.follow_table(stream)],
                 environment=speaking),
            Spec("key-watcher", "revocation.handler", plain, 256, 60, "Ends the sockets of revoked keys",
                 [*grants.end_sockets(connections), *grants.follow_table(keys)], environment=speaking),
        ]  # fmt: skip
        self.functions = {spec.slug: MeshFunction(self, spec, around) for spec in specs}
        failed = queues.named_failed_events(self)
        follow_table(
            self, self.functions["broadcaster"], data, failed,
            retry_attempts=10, max_record_age=GIVEN_UP_AFTER,
        )  # fmt: skip
        follow_table(
            self, self.functions["key-watcher"], data, failed, table=API_KEYS, only=NO_LONGER_NEW,
            retry_attempts=20, max_record_age=Duration.hours(12),
        )  # fmt: skip
        self._routes()
        self._stage(foundation)
        self.add_stack_dependency(data)
        CfnOutput(self, "SocketUrl", value=self.url)
        CfnOutput(self, "SocketsUrl", value=f"https://{host}")
        CfnOutput(self, "SocketApiId", value=self.api.ref)
        CfnOutput(self, "SocketStage", value=SOCKET_STAGE)

    def _routes(self) -> None:
        """Whoever connects is asked for a key; what they say later comes over that connection."""
        authorizer = sockets.CfnAuthorizer(
            self, "Authorizer", api_id=self.api.ref, name="authorizer", authorizer_type="REQUEST",
            authorizer_uri=_invocation(function_arn("authorizer")),
        )  # fmt: skip
        # A browser sends its key as a subprotocol, so no header can be asked for beforehand.
        self._may_call("authorizer", function_arn("authorizer"))
        for route, slug in ROUTES.items():
            function = self.functions[slug].function
            integration = sockets.CfnIntegration(
                self, f"{slug}-integration", api_id=self.api.ref, integration_type="AWS_PROXY",
                integration_uri=_invocation(function.function_arn),
            )  # fmt: skip
            first = route == "$connect"
            sockets.CfnRoute(
                self, f"{slug}-route", api_id=self.api.ref, route_key=route,
                target=f"integrations/{integration.ref}", authorization_type="CUSTOM" if first else "NONE",
                authorizer_id=authorizer.ref if first else None,
            )  # fmt: skip
            self._may_call(slug, function.function_arn)

    def _may_call(self, slug: str, function: str) -> None:
        lambda_.CfnPermission(
            self, f"May call {slug}", action="lambda:InvokeFunction", function_name=function,
            principal="apigateway.amazonaws.com", source_arn=arn("execute-api", f"{self.api.ref}/*"),
        )  # fmt: skip

    def _stage(self, foundation: Foundation) -> None:
        group = logs.LogGroup(
            self, "AccessLogs", log_group_name=f"/aws/apigateway/{SOCKET_API}", encryption_key=foundation.key,
            retention=logs.RetentionDays.ONE_WEEK, removal_policy=RemovalPolicy.DESTROY,
        )  # fmt: skip
        settings = sockets.CfnStage.RouteSettingsProperty(
            throttling_rate_limit=1_000, throttling_burst_limit=2_000, detailed_metrics_enabled=True,
            logging_level="ERROR", data_trace_enabled=False,
        )  # fmt: skip
        sockets.CfnStage(
            self, "Stage", api_id=self.api.ref, stage_name=SOCKET_STAGE, auto_deploy=True,
            default_route_settings=settings,
            access_log_settings=sockets.CfnStage.AccessLogSettingsProperty(
                destination_arn=group.log_group_arn, format=gateway.SOCKET_LOG
            ),
        )  # fmt: skip


def _invocation(function: str) -> str:
    service = f"arn:{Aws.PARTITION}:apigateway:{Aws.REGION}:lambda:path/2015-03-31/functions"
    return f"{service}/{function}/invocations"
