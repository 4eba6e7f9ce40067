"""What a client is told when AWS is in trouble beneath a function: a problem, and when to ask again."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from mesh.adapters.aws.clients import Clients
from mesh.adapters.aws.platform import open_platform
from mesh.adapters.aws.tables import RECORDS, RESULTS, Table
from mesh.entrypoints.lambdas.http import served
from mesh.kit.platform import Platform
from mesh.sharing.receipts import SIGNING_KEY
from tests.aws import ministack
from tests.aws.stubs import no_wait
from tests.lambdas.conftest import TestedProcess
from tests.lambdas.events import Context, request
from tests.lambdas.test_requests import AGENT, QUESTION, header

BUSY = "ProvisionedThroughputExceededException"


class Reply:
    """A body as botocore reads it."""

    def __init__(self, body: bytes):
        self._body = body

    def stream(self) -> Iterator[bytes]:
        yield self._body


@pytest.fixture
def own(at: TestedProcess) -> Iterator[Clients]:
    """Clients of this test alone, of the same MiniStack, that try again at once."""
    made = Clients(
        endpoint_url=at.clients.dynamodb.meta.endpoint_url,
        region_name=ministack.clients().dynamodb.meta.region_name,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    yield made
    made.close()


@pytest.fixture
def platform(at: TestedProcess, own: Clients) -> Iterator[Platform]:
    opened = open_platform(at.settings, clock=at.clock, clients=own, backoff=no_wait())
    yield opened
    opened.close()


def throttled(own: Clients, name: str, times: int = 1_000) -> Iterator[int]:
    """From now on DynamoDB refuses whatever touches this table, so many times; gives those that are left."""
    body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{BUSY}", "message": name}).encode()
    left = iter(range(times))

    def refused(request: Any, **_: Any) -> Any:
        if name.encode() not in bytes(request.body) or next(left, None) is None:
            return None
        return AWSResponse(request.url, 400, HTTPHeaders(), Reply(body))

    own.dynamodb.meta.events.register("before-send.dynamodb", refused)
    return left


def ask(platform: Platform, agent: str, event: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    context: Any = Context()
    answer = dict(served(platform, agent)(event, context))
    return answer, json.loads(answer["body"])


@pytest.mark.parametrize(
    ("table", "agent", "method", "path", "body"),
    [
        (RESULTS, AGENT.name, "POST", AGENT.route, QUESTION),
        (RECORDS, "", "GET", "/records/clients", None),
        (RECORDS, "", "POST", "/records/clients", json.dumps({"id": "c", "name": "C"})),
    ],
    ids=["an answer to keep", "rows to read", "a row to store"],
)
def test_a_throttled_table_is_a_problem_for_now_and_names_no_table(
    at: TestedProcess, own: Clients, platform: Platform, table: Table, agent: str, method: str, path: str,
    body: str | None,
) -> None:  # fmt: skip
    asked = request(method, path, body, content_type="application/json", x_api_key=at.key("msp-a"))
    throttled(own, at.settings.table(table.name))
    answer, problem = ask(platform, agent, asked)
    assert answer["statusCode"] == problem["status"] == 503, problem
    assert int(header(answer, "retry-after")) >= 1
    assert at.settings.table_prefix not in answer["body"] and "arn:" not in answer["body"]


def test_once_the_table_has_room_again_the_same_function_answers(
    at: TestedProcess, own: Clients, platform: Platform
) -> None:
    event = request(
        "POST", AGENT.route, QUESTION, content_type="application/json", x_api_key=at.key("msp-a"),
        idempotency_key="k1",
    )  # fmt: skip
    left = throttled(own, at.settings.table(RESULTS.name), times=1)
    answer, envelope = ask(platform, AGENT.name, event)
    assert answer["statusCode"] == 200 and next(left, None) is None
    assert ask(platform, AGENT.name, event)[1]["result_id"] == envelope["result_id"]


def test_without_the_secret_what_needs_it_says_so_and_the_rest_answers(
    at: TestedProcess, platform: Platform
) -> None:
    headers = {"content_type": "application/json", "x_api_key": at.key("msp-a")}
    at.clients.secrets.delete_secret(SecretId=at.settings.secret, ForceDeleteWithoutRecovery=True)
    answer, problem = ask(platform, "", request("GET", "/mesh/receipts", **headers))
    assert answer["statusCode"] == problem["status"] == 503, problem
    assert "GetSecretValue" in problem["detail"] and "deploy the mesh again" in problem["detail"]
    answer, _ = ask(platform, AGENT.name, request("POST", AGENT.route, QUESTION, **headers))
    assert answer["statusCode"] == 200


def test_a_secret_without_an_entry_names_the_entry(at: TestedProcess, platform: Platform) -> None:
    at.clients.secrets.put_secret_value(SecretId=at.settings.secret, SecretString='{"another": "x"}')
    asked = request("GET", "/mesh/receipts", x_api_key=at.key("msp-a"))
    answer, problem = ask(platform, "", asked)
    assert answer["statusCode"] == 503 and SIGNING_KEY in problem["detail"]
    assert "another" not in answer["body"]
