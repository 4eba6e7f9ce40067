"""The clients of AWS, each made when it is first asked for, and once: making one reads a megabyte of JSON."""

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from mesh.adapters.aws.failures import call

if TYPE_CHECKING:
    from botocore.session import Session
    from types_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodbstreams import DynamoDBStreamsClient
    from types_boto3_events import EventBridgeClient
    from types_boto3_kinesis import KinesisClient
    from types_boto3_s3 import S3Client
    from types_boto3_secretsmanager import SecretsManagerClient
    from types_boto3_sqs import SQSClient
    from types_boto3_sts import STSClient

# A function is billed while it waits: a service that does not answer in seconds is tried again or given up.
CONNECT_S, READ_S, TRIES = 1.0, 3.0, 3
# Objects may be megabytes, and a knowledge file is tens of them.
READ_OBJECT_S = 15.0
# Calling a function again because it is slow would have the same work done twice at once.
READ_FUNCTION_S, FUNCTION_TRIES = 120.0, 1
READ_SLOW_S = {"s3": READ_OBJECT_S, "lambda": READ_FUNCTION_S}
# Threads of one process that share a client: the answer, the notes, and the local server's pool.
CONNECTIONS = 32


class Clients:
    """Safe to share between threads. What is not given is found by AWS's own rules (environment, ~/.aws)."""

    def __init__(
        self,
        *,
        endpoint_url: str | None = None,
        region_name: str | None = None,
        profile_name: str | None = None,
        aws_access_key_id: str | None = None,
        aws_secret_access_key: str | None = None,
    ):
        self._endpoint, self._region, self._profile = endpoint_url, region_name, profile_name
        self._keys = (aws_access_key_id, aws_secret_access_key)
        self._made: dict[str, Any] = {}
        self._session: Session | None = None
        self._lock = threading.Lock()

    @property
    def dynamodb(self) -> "DynamoDBClient":
        return cast("DynamoDBClient", self._client("dynamodb"))

    @property
    def streams(self) -> "DynamoDBStreamsClient":
        return cast("DynamoDBStreamsClient", self._client("dynamodbstreams"))

    @property
    def s3(self) -> "S3Client":
        return cast("S3Client", self._client("s3"))

    @property
    def sqs(self) -> "SQSClient":
        return cast("SQSClient", self._client("sqs"))

    @property
    def kinesis(self) -> "KinesisClient":
        return cast("KinesisClient", self._client("kinesis"))

    @property
    def events(self) -> "EventBridgeClient":
        return cast("EventBridgeClient", self._client("events"))

    @property
    def secrets(self) -> "SecretsManagerClient":
        return cast("SecretsManagerClient", self._client("secretsmanager"))

    @property
    def functions(self) -> Any:
        """Of Lambda. Waits for an answer as long as a function may take, and asks once."""
        return self._client("lambda")

    @property
    def machines(self) -> Any:
        """Of Step Functions."""
        return self._client("stepfunctions")

    @property
    def tasks(self) -> Any:
        """Of ECS."""
        return self._client("ecs")

    @property
    def sts(self) -> "STSClient":
        return cast("STSClient", self._client("sts"))

    @property
    def gateway(self) -> Any:
        """Of API Gateway itself: its usage plans."""
        return self._client("apigateway")

    def sockets(self, url: str) -> "ApiGatewayManagementApiClient":
        """For the connections of one WebSocket API, whose own address is `url`."""
        return cast("ApiGatewayManagementApiClient", self._client("apigatewaymanagementapi", url))

    def fenced(self, credentials: Callable[[], Mapping[str, str]]) -> "Clients":
        """Clients at the same place that act with other credentials, fetched again before they end."""
        from botocore.credentials import DeferredRefreshableCredentials
        from botocore.session import get_session

        session = get_session()
        # There is no public way to give a session credentials that renew themselves; this is how it is done.
        session._credentials = DeferredRefreshableCredentials(  # type: ignore[attr-defined]
            credentials, "tenant-session"
        )
        clients = Clients(endpoint_url=self._endpoint, region_name=self._region)
        clients._session = session
        return clients

    def close(self) -> None:
        """Close the connections. No calls after this."""
        with self._lock:
            for client in self._made.values():
                client.close()

    def _client(self, service: str, url: str | None = None) -> Any:
        made = self._made.get(service)
        if made is not None:
            return made
        # boto3 makes the same clients, and its import takes a third longer.
        from botocore.config import Config
        from botocore.session import Session

        with self._lock:
            if service not in self._made:
                self._session = self._session or Session(profile=self._profile)
                config = Config(
                    connect_timeout=CONNECT_S,
                    read_timeout=READ_SLOW_S.get(service, READ_S),
                    # Tries again on throttling and on faults of the service, with jitter (botocore's
                    # "standard").
                    retries={
                        "mode": "standard",
                        "total_max_attempts": FUNCTION_TRIES if service == "lambda" else TRIES,
                    },
                    max_pool_connections=CONNECTIONS,
                )
                make = self._session.create_client
                self._made[service] = call(
                    make, service, region_name=self._region, endpoint_url=url or self._endpoint,
                    aws_access_key_id=self._keys[0], aws_secret_access_key=self._keys[1], config=config,
                )  # fmt: skip
            return self._made[service]
