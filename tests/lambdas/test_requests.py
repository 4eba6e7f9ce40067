"""The HTTP function and the authorizer before it."""

import json
from datetime import timedelta
from typing import Any

import pytest

from mesh import registry
from mesh.entrypoints import openapi
from mesh.entrypoints.lambdas.authorizer import allowed, usage_key
from mesh.entrypoints.lambdas.http import TEXT, served
from mesh.entrypoints.table import endpoints
from tests.lambdas.conftest import TestedProcess
from tests.lambdas.events import Context, request, to_authorize

pytest.importorskip("mesh.agents.anomaly_detection", reason="the agent that is asked here is not there")
AGENT = registry.find("anomaly-detection")
QUESTION = json.dumps(AGENT.examples[0].question)


def ask(at: TestedProcess, event: dict[str, Any], agent: str = AGENT.name) -> tuple[dict[str, Any], Any]:
    context: Any = Context()
    answer: dict[str, Any] = dict(served(at.platform, agent)(event, context))
    assert not answer["isBase64Encoded"]
    return answer, json.loads(answer["body"])


def header(answer: dict[str, Any], name: str) -> str:
    single = {n.lower(): v for n, v in answer.get("headers", {}).items()}
    many = {n.lower(): v[0] for n, v in answer.get("multiValueHeaders", {}).items()}
    return str({**single, **many}[name])


def test_an_agents_function_answers_its_route_and_keeps_the_answer(at: TestedProcess) -> None:
    key = at.key("msp-a")
    event = request("POST", AGENT.route, QUESTION, content_type="application/json", x_api_key=key)
    answer, envelope = ask(at, event)
    assert answer["statusCode"] == 200 and envelope["agent"] == AGENT.slug
    kept = at.platform.ports("msp-a").results.find(envelope["result_id"])
    assert kept is not None and kept.answer == envelope["answer"]
    assert [e.type for e in at.platform.outbox.after("msp-a", None)] == [AGENT.event]


def test_an_agents_function_does_not_serve_another_agent(at: TestedProcess) -> None:
    other = next(agent for agent in registry.agents() if agent.name != AGENT.name)
    event = request("POST", other.route, "{}", content_type="application/json", x_api_key=at.key("msp-a"))
    answer, problem = ask(at, event)
    assert answer["statusCode"] == 404 and problem["status"] == 404


def test_a_problem_is_sent_as_text(at: TestedProcess) -> None:
    answer, problem = ask(at, request("POST", AGENT.route, "{}", content_type="application/json"))
    assert answer["statusCode"] == problem["status"] == 401
    assert header(answer, "content-type") == "application/problem+json"


def test_whatever_the_document_promises_is_passed_on_as_text() -> None:
    """API Gateway would hand what came as base64 to the client as it is."""
    paths = openapi.document(endpoints())["paths"].values()
    replies = [reply for path in paths for about in path.values() for reply in about["responses"].values()]
    types = {kind for reply in replies for kind in reply.get("content", {})}
    assert "application/x-misp+json" in types
    assert [kind for kind in types if not any(part in kind for part in TEXT)] == []


def test_the_first_reply_is_given_again_by_another_function(at: TestedProcess) -> None:
    event = request(
        "POST", AGENT.route, QUESTION, content_type="application/json", x_api_key=at.key("msp-a"),
        idempotency_key="k1",
    )  # fmt: skip
    first, again = ask(at, event), ask(at, event)
    assert first[1] == again[1] and header(again[0], "idempotency-replayed") == "true"


def test_the_platforms_function_answers_what_belongs_to_no_agent(at: TestedProcess) -> None:
    answer, body = ask(at, request("GET", "/health"), agent="")
    assert answer["statusCode"] == 200 and body["status"] == "ok"


def test_a_question_sent_to_be_answered_later_is_in_the_queue(at: TestedProcess) -> None:
    event = request(
        "POST", AGENT.route, QUESTION, content_type="application/json", x_api_key=at.key("msp-a"),
        prefer="respond-async",
    )  # fmt: skip
    answer, job = ask(at, event)
    assert answer["statusCode"] == 202
    got = at.clients.sqs.receive_message(QueueUrl=at.settings.jobs_queue_url)["Messages"]
    assert json.loads(got[0]["Body"]) == {"msp_id": "msp-a", "job_id": job["job_id"]}


@pytest.mark.parametrize("place", ["x-api-key", "X-Api-Key"])
def test_a_live_key_is_let_in_to_the_whole_stage_and_named(at: TestedProcess, place: str) -> None:
    key = at.key("msp-a")
    event = to_authorize()
    event["headers"] = {place: key}
    answer = allowed(event, at)
    (statement,) = answer["policyDocument"]["Statement"]
    assert statement["Effect"] == "Allow"
    assert statement["Resource"] == "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/*"
    assert answer["context"] == {"msp_id": "msp-a", "key_id": key.split("_")[1]}
    assert answer["usageIdentifierKey"] == usage_key("msp-a") != usage_key("msp-b")
    assert key not in json.dumps(answer)


def test_when_a_key_was_used_is_noted_to_the_hour(at: TestedProcess) -> None:
    key = at.key("msp-a")
    key_id = key.split("_")[1]

    def used_after(minutes: int) -> Any:
        at.clock.moment += timedelta(minutes=minutes)
        allowed(to_authorize(x_api_key=key), at)
        found = at.platform.keys.find(key_id)
        return found and found.last_used_at

    assert (first := used_after(0)) == at.clock.moment
    assert used_after(59) == first and used_after(1) == first + timedelta(hours=1)
    # A process that knows nothing of it writes no more often.
    at.keys.noted.clear()
    assert used_after(30) == first + timedelta(hours=1)
    at.platform.tenants.erase("msp-a")
    at.keys.note_use(key_id)
    assert at.platform.keys.find(key_id) is None


def test_a_browser_offers_its_key_as_a_subprotocol(at: TestedProcess) -> None:
    event = to_authorize(Sec_WebSocket_Protocol=f"mesh.v1, key.{at.key('msp-a')}")
    assert allowed(event, at)["principalId"] == "msp-a"


def test_a_socket_without_a_live_key_is_denied(at: TestedProcess) -> None:
    event = {**to_authorize(x_api_key="nonsense"), "requestContext": {"routeKey": "$connect"}}
    answer = allowed(event, at)
    assert answer["policyDocument"]["Statement"][0]["Effect"] == "Deny"
    assert "context" not in answer and "usageIdentifierKey" not in answer


def test_without_a_live_key_it_is_unauthorized(at: TestedProcess) -> None:
    key = at.key("msp-a")
    at.platform.keys.revoke(key.split("_")[1])
    for headers in ({}, {"x-api-key": ""}, {"x-api-key": "nonsense"}, {"x-api-key": key}, None):
        event = to_authorize()
        event["headers"] = headers
        with pytest.raises(Exception, match=r"^Unauthorized$"):
            allowed(event, at)


def test_at_the_gateways_own_address_the_caller_is_led_to_paths_with_the_stage(at: TestedProcess) -> None:
    event = request("POST", AGENT.route, QUESTION, content_type="application/json", x_api_key=at.key("msp-a"))
    own, other = "abc.execute-api.us-east-1.amazonaws.com", "mesh.example.com"
    live = f"/live{AGENT.route}"
    for host, whole, stage in ((own, live, "/live"), (other, AGENT.route, ""), (other, live, "")):
        event["requestContext"] |= {"path": whole, "domainName": host}
        answer, envelope = ask(at, event)
        assert header(answer, "location") == f"{stage}/results/{envelope['result_id']}"
