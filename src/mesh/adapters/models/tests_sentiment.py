"""Behaviour of the providers of sentiment: the local one, Comprehend, and going from one to the other."""

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zlib import crc32

import boto3
import numpy as np
import pytest
from botocore.config import Config
from botocore.stub import Stubber
from numpy.typing import NDArray

from mesh.adapters.models.comprehend import BY, ComprehendClient, ComprehendSentiment, shortened
from mesh.adapters.models.sentiment import FirstOf, LocalSentiment, feeling, sentences
from mesh.adapters.models.sentiment_choice import chosen_sentiment
from mesh.adapters.models.sentiment_signs import SIGNS, codes, signs
from mesh.adapters.models.spending import CHARACTERS, Price, TenantMeter, spent
from mesh.adapters.models.store import ModelStore
from mesh.kit.fakes import MemoryCommons, NoEmbedder, NoModels, StoppedClock
from mesh.kit.ports import Sentiment
from mesh.kit.problem import Unavailable
from mesh.kit.trace import Work

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[4]
LEXICON = {crc32(word.encode()): valence for word, valence in (("good", 2.0), ("bad", -2.0))}


class Blank:
    """An embedder that sees nothing, so that words alone speak."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.zeros((len(texts), 384), np.float32)


@pytest.fixture(scope="module")
def local() -> LocalSentiment:
    return LocalSentiment(ModelStore([ROOT / "models"]), Blank())


@pytest.fixture
def stubbed() -> Iterator[tuple[ComprehendSentiment, Stubber]]:
    client = boto3.client(
        "comprehend",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with Stubber(client) as stubber:
        yield ComprehendSentiment(ComprehendClient(client=client)), stubber
    client.close()


def result(place: int, positive: float, negative: float) -> dict[str, Any]:
    rest = 1 - positive - negative
    scores = {"Positive": positive, "Negative": negative, "Neutral": rest, "Mixed": 0.0}
    return {"Index": place, "Sentiment": "POSITIVE", "SentimentScore": scores}


class Noting:
    def __init__(self) -> None:
        self.works: list[Work] = []

    def worked(self, work: Work) -> None:
        self.works.append(work)


def meter(commons: MemoryCommons, observer: Noting, a_day: int = 0) -> TenantMeter:
    prices = {BY.name: Price(1.0)}
    return TenantMeter("msp-a", commons, StoppedClock(NOW), observer, prices, a_day, CHARACTERS)


def row(negative: float, positive: float) -> NDArray[np.float32]:
    return np.array([negative, 1 - negative - positive, positive], np.float32)


def test_scores_hold_all_four_tones_and_sum_to_one(local: LocalSentiment) -> None:
    told = local.judge(["It is wonderful!", "", "???", "x" * 50_000, "Terrible. Wonderful!"]).value
    assert len(told) == 5
    for each in told:
        assert set(each.scores) == {"POSITIVE", "NEGATIVE", "NEUTRAL", "MIXED"}
        assert sum(each.scores.values()) == pytest.approx(1) and min(each.scores.values()) >= 0
        assert each.tone == max(each.scores, key=lambda tone: each.scores[tone])


def test_a_text_has_the_same_feeling_whatever_is_judged_beside_it(local: LocalSentiment) -> None:
    text = "The desk is quick. The prices are absurd."
    alone = local.judge([text]).value[0]
    assert local.judge(["Other words.", text, "More of them."]).value[1].scores == pytest.approx(alone.scores)
    assert local.judge([]).value == []


def test_the_answer_names_the_model_and_its_version(local: LocalSentiment) -> None:
    by = local.judge(["Fine."]).by
    assert (by.name, by.provider) == ("sentiment", "onnx") and by.version


def test_sentences_that_lean_to_both_sides_are_mixed_and_a_doubtful_one_is_not() -> None:
    assert feeling([row(0.9, 0.05), row(0.05, 0.9)]).tone == "MIXED"
    assert feeling([row(0.4, 0.45)]).tone == "POSITIVE"
    assert feeling([row(0.9, 0.0), row(0.1, 0.1)]).tone == "NEGATIVE"


def test_clauses_around_a_but_are_judged_apart_unless_they_are_words_only() -> None:
    assert sentences("The people are kind, but the prices are absurd.") == [
        "The people are kind",
        "the prices are absurd.",
    ]
    assert sentences("Slow but fine.") == ["Slow but fine."]
    assert sentences("  ") == [""]


def test_negation_turns_a_word_and_a_booster_strengthens_it() -> None:
    plain, not_good, very = (
        signs(text, LEXICON)[0] for text in ("It is good", "It is not good", "very good")
    )
    assert not_good < 0 < plain < very
    assert signs("good, but bad", LEXICON)[0] < 0 < signs("bad, but good", LEXICON)[0]
    assert len(signs("", LEXICON)) == SIGNS


@pytest.mark.parametrize(
    ("text", "moved", "judged"),
    [
        ("Profit was EUR 13.1 mn, up from EUR 8.7 mn.", 1, 1),
        ("Losses rose to 9 million from 2 million.", 1, -1),
        ("Sales went from $2bn to $900 million.", -1, -1),
        ("Profit of 1,250 compared with 2,000 a year ago", -1, -1),
        ("They have 300 seats.", 0, 0),
    ],
)
def test_a_sum_beside_an_earlier_one_says_whether_things_got_better(
    text: str, moved: int, judged: int
) -> None:
    assert signs(text, {})[-2:] == [moved, judged]


def test_numbers_are_one_word_and_hostile_text_is_read_in_time() -> None:
    assert codes("in 2020") == codes("in 1987")
    for text in ("1" * 100_000, "1 " * 50_000, "from " * 20_000, "1 from " * 20_000, "\ud800"):
        assert len(signs(text, LEXICON)) == SIGNS and codes(text) is not None


def test_without_its_models_it_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        LocalSentiment(NoModels(), Blank()).judge(["x"])
    with pytest.raises(Unavailable):
        LocalSentiment(ModelStore([ROOT / "models"]), NoEmbedder()).judge(["x"])


def test_comprehend_is_asked_in_batches_of_25_and_answers_in_order(
    stubbed: tuple[ComprehendSentiment, Stubber],
) -> None:
    provider, stubber = stubbed
    texts = [f"text {number}" for number in range(27)]
    first = [result(place, 0.8 if place % 2 else 0.1, 0.1) for place in reversed(range(25))]
    second = [result(0, 0.0, 0.9), result(1, 0.9, 0.0)]
    for part, results in ((texts[:25], first), (texts[25:], second)):
        stubber.add_response(
            "batch_detect_sentiment",
            {"ResultList": results, "ErrorList": []},
            {"TextList": part, "LanguageCode": "en"},
        )
    told = provider.judge(texts)
    assert told.by == BY and [each.tone for each in told.value[24:]] == ["NEUTRAL", "NEGATIVE", "POSITIVE"]
    assert told.value[1].tone == "POSITIVE"
    stubber.assert_no_pending_responses()


def test_a_text_that_is_too_long_for_comprehend_is_cut_between_letters() -> None:
    assert len(shortened("é" * 4_000 + "x").encode()) <= 5_000
    assert shortened("a" + "é" * 4_000).endswith("é") and shortened("short") == "short"


@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException", "InternalServerException"])
def test_the_local_one_answers_for_comprehend_and_the_reason_is_told(
    stubbed: tuple[ComprehendSentiment, Stubber], local: LocalSentiment, code: str
) -> None:
    provider, stubber = stubbed
    stubber.add_client_error("batch_detect_sentiment", service_error_code=code)
    told = FirstOf("comprehend", provider, local).judge(["It is wonderful!"])
    assert told.by.name == "sentiment" and told.instead_of == f"comprehend: Comprehend answered {code}."


def test_comprehend_that_is_not_reached_is_unavailable() -> None:
    client = boto3.client(
        "comprehend",
        region_name="us-east-1",
        endpoint_url="http://127.0.0.1:9",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(connect_timeout=1, retries={"total_max_attempts": 1}),
    )
    with pytest.raises(Unavailable, match="not reached"):
        ComprehendSentiment(ComprehendClient(client=client)).judge(["x"])
    client.close()


def test_an_answer_to_half_of_the_texts_is_none(stubbed: tuple[ComprehendSentiment, Stubber]) -> None:
    provider, stubber = stubbed
    stubber.add_response(
        "batch_detect_sentiment",
        {
            "ResultList": [result(0, 0.5, 0.1)],
            "ErrorList": [{"Index": 1, "ErrorCode": "INTERNAL", "ErrorMessage": "?"}],
        },
    )
    with pytest.raises(Unavailable, match="1 of 2"):
        provider.judge(["one", "two"])


def test_configuration_picks_and_the_local_one_is_the_default() -> None:
    def chosen(**told: str) -> Sentiment:
        return chosen_sentiment(NoModels(), MemoryCommons(), StoppedClock(NOW), Noting(), told)("msp-a")

    assert isinstance(chosen(), LocalSentiment)
    assert isinstance(chosen(MESH_SENTIMENT=" Comprehend ", MESH_COMPREHEND_PRICE="free"), FirstOf)


def test_each_tenants_characters_and_money_are_counted_by_day_as_comprehend_bills_them(
    stubbed: tuple[ComprehendSentiment, Stubber],
) -> None:
    provider, stubber = stubbed
    commons, observer = MemoryCommons(), Noting()
    counted = ComprehendSentiment(provider.client, meter=meter(commons, observer))
    for texts in (["Fine.", "x" * 301], ["Fine."]):
        stubber.add_response(
            "batch_detect_sentiment",
            {"ResultList": [result(place, 0.8, 0.1) for place in range(len(texts))], "ErrorList": []},
        )
        counted.judge(texts)
    (day,) = spent(commons, "msp-a")
    assert (day.day, day.model, day.calls, day.read) == ("2026-11-22", BY.name, 2, 300 + 400 + 300)
    assert day.unit == "characters" and day.usd == pytest.approx(1_000 * 1.0 / 1e6)
    assert not list(spent(commons, "msp-b"))
    assert [work.counts["characters_read"] for work in observer.works] == [700.0, 300.0]


def test_an_answer_that_cannot_be_read_is_paid_for_and_none_at_all_is_not(
    stubbed: tuple[ComprehendSentiment, Stubber],
) -> None:
    provider, stubber = stubbed
    commons = MemoryCommons()
    counted = ComprehendSentiment(provider.client, meter=meter(commons, Noting()))
    stubber.add_client_error("batch_detect_sentiment", service_error_code="ThrottlingException")
    stubber.add_response("batch_detect_sentiment", {"ResultList": [], "ErrorList": []})
    for _ in range(2):
        with pytest.raises(Unavailable):
            counted.judge(["Fine."])
    assert [(day.calls, day.read) for day in spent(commons, "msp-a")] == [(1, 300)]


def test_past_the_days_allowance_the_local_one_answers_and_tokens_do_not_use_it_up(
    stubbed: tuple[ComprehendSentiment, Stubber], local: LocalSentiment
) -> None:
    provider, stubber = stubbed
    commons = MemoryCommons()
    TenantMeter("msp-a", commons, StoppedClock(NOW), Noting(), {}).note("some.model", 9_000, 9, 5.0, "done")
    counted = ComprehendSentiment(provider.client, meter=meter(commons, Noting(), a_day=300))
    stubber.add_response("batch_detect_sentiment", {"ResultList": [result(0, 0.8, 0.1)], "ErrorList": []})
    both = FirstOf("comprehend", counted, local)
    assert both.judge(["It is wonderful!"]).by == BY
    told = both.judge(["It is wonderful!"])
    assert told.by.name == "sentiment" and "allowance of 300 characters for 2026-11-22" in told.instead_of


def test_listing_agents_loads_neither_boto3_nor_the_model() -> None:
    import subprocess

    code = (
        "import sys, mesh.adapters.models.sentiment_choice;"
        "print([m for m in ('boto3', 'numpy', 'onnxruntime') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
