"""Paid services on a bad day, over real sockets: the reply is a plain word or another provider's answer."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from mesh.adapters.models.bedrock import BedrockClient, BedrockGenerator
from mesh.adapters.models.breaker import Breaker
from mesh.adapters.models.comprehend import ComprehendClient, ComprehendSentiment
from mesh.adapters.models.generator_choice import FirstGenerator
from mesh.adapters.models.sentiment import FirstOf, toned
from mesh.kit.absent import NoGenerator
from mesh.kit.agent import ModelUsed
from mesh.kit.ports import Feeling, Provided
from mesh.kit.problem import Unavailable
from tests.models.faults import Fault, Service, serving

SPOKEN: dict[str, Any] = {
    "output": {"message": {"role": "assistant", "content": [{"text": "30 days"}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 90, "outputTokens": 4, "totalTokens": 94},
    "metrics": {"latencyMs": 300},
}
FELT: dict[str, Any] = {
    "ResultList": [
        {"Index": 0, "Sentiment": "POSITIVE",
         "SentimentScore": {"Positive": 0.9, "Negative": 0.0, "Neutral": 0.1, "Mixed": 0.0}},
    ],
    "ErrorList": [],
}  # fmt: skip
HERE = ModelUsed(name="here", version="1", provider="onnx")
DATA = "Copies are kept for 30 days."
BROKEN: tuple[Fault, ...] = ("slow", "throttled", "failing", "malformed", "no_object", "cut_off", "denied")


class Reading(NoGenerator):
    def answer(self, question: str, data: str) -> Provided[str | None]:
        return Provided("days", HERE)


class Neutral:
    def judge(self, texts: Any) -> Provided[Any]:
        neutral: dict[Any, float] = {"POSITIVE": 0.0, "NEGATIVE": 0.0, "NEUTRAL": 1.0, "MIXED": 0.0}
        return Provided([toned(neutral) for _ in texts], HERE)


def client(name: str, service: Service, tries: int) -> Any:
    short = Config(
        connect_timeout=0.3, read_timeout=0.3, retries={"mode": "standard", "total_max_attempts": tries}
    )
    made: Any = boto3.client  # its overloads know services by literal names alone
    return made(name, region_name="us-east-1", endpoint_url=service.url, config=short,
                aws_access_key_id="test", aws_secret_access_key="test")  # fmt: skip


def bedrock(service: Service, tries: int = 1, breaker: Breaker | None = None) -> BedrockGenerator:
    held = BedrockClient("some.model", client=client("bedrock-runtime", service, tries))
    return BedrockGenerator(held, breaker=breaker or Breaker("Bedrock"))


def answered(service: Service) -> tuple[Any, ModelUsed, str]:
    told = FirstGenerator("bedrock", bedrock(service), Reading()).answer("How long are copies kept?", DATA)
    return told.value, told.by, told.instead_of


def judged(service: Service) -> tuple[Any, ModelUsed, str]:
    provider = ComprehendSentiment(ComprehendClient(client=client("comprehend", service, 1)))
    told = FirstOf("comprehend", provider, Neutral()).judge(["It is wonderful!"])
    value: Feeling = told.value[0]
    return value.tone, told.by, told.instead_of


@pytest.fixture(params=[(answered, SPOKEN), (judged, FELT)], ids=["bedrock", "comprehend"])
def provider(request: pytest.FixtureRequest) -> Iterator[tuple[Callable[[Service], Any], Service]]:
    ask, body = request.param
    with serving(Service(body)) as service:
        yield ask, service


def test_on_a_good_day_the_service_itself_answers(provider: Any) -> None:
    ask, service = provider
    value, by, instead_of = ask(service)
    assert value in ("30 days", "POSITIVE") and by != HERE and instead_of == ""


@pytest.mark.parametrize("fault", BROKEN)
def test_on_a_bad_day_the_one_here_answers_and_the_reason_is_told(provider: Any, fault: Fault) -> None:
    ask, service = provider
    service.faults = [fault]
    value, by, instead_of = ask(service)
    assert by == HERE and value in ("days", "NEUTRAL")
    assert instead_of.startswith(("bedrock: ", "comprehend: ")) and len(instead_of) < 120
    assert "Traceback" not in instead_of and service.url not in instead_of


def test_an_answer_that_takes_30_seconds_is_not_waited_for(provider: Any) -> None:
    ask, service = provider
    service.faults, service.delay_s = ["slow", "slow"], 30.0
    _, by, instead_of = ask(service)
    assert by == HERE and "not reached" in instead_of
    assert not service.over.is_set()  # the service was still making us wait when we had gone on


@pytest.mark.parametrize("fault", ["throttled", "failing", "slow"])
def test_a_service_that_fails_once_is_asked_again(fault: Fault) -> None:
    with serving(Service(SPOKEN, [fault])) as service:
        told = bedrock(service, tries=2).answer("How long are copies kept?", DATA)
    assert told.value == "30 days" and len(service.asked) == 2


def test_a_service_that_keeps_failing_is_left_alone_and_then_tried_again() -> None:
    now = [0.0]
    breaker = Breaker("Bedrock", failures=2, rest_s=30, monotonic=lambda: now[0])
    with serving(Service(SPOKEN, ["failing", "failing", "failing"])) as service:
        one = bedrock(service, breaker=breaker)
        for _ in range(5):
            with pytest.raises(Unavailable):
                one.answer("How long?", DATA)
        assert len(service.asked) == 2
        now[0] = 31.0
        with pytest.raises(Unavailable, match="InternalServerException"):
            one.answer("How long?", DATA)
        with pytest.raises(Unavailable, match="not asked again for 30 s"):
            one.answer("How long?", DATA)
        now[0] = 62.0
        assert one.answer("How long?", DATA).value == "30 days"
        assert one.answer("How long?", DATA).value == "30 days"
    assert len(service.asked) == 5
