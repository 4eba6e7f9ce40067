"""Behaviour of market intelligence."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from pydantic import ValidationError

from mesh.agents.market_intelligence import AGENT
from mesh.agents.market_intelligence.answer import answer
from mesh.agents.market_intelligence.entities import entities
from mesh.agents.market_intelligence.feelings import together
from mesh.agents.market_intelligence.model import Question
from mesh.agents.market_intelligence.sentences import sentences
from mesh.agents.market_intelligence.topics import by_words
from mesh.agents.market_intelligence.trend import trend
from mesh.kit.agent import ModelUsed
from mesh.kit.fakes import fake_ports
from mesh.kit.ports import Feeling, Percentiles, Provided, Tone
from mesh.kit.problem import Invalid


def feeling(positive: float, negative: float, mixed: float = 0.0) -> Feeling:
    scores: dict[Tone, float] = {
        "POSITIVE": positive,
        "NEGATIVE": negative,
        "NEUTRAL": 1 - positive - negative - mixed,
        "MIXED": mixed,
    }
    return Feeling(max(scores, key=lambda tone: scores[tone]), scores)


@dataclass
class WordSentiment:
    """Hears "good" and "bad", and nothing else."""

    instead_of: str = ""
    asked: list[Sequence[str]] = field(default_factory=list)

    def judge(self, texts: Sequence[str]) -> Provided[Sequence[Feeling]]:
        self.asked.append(texts)
        heard = []
        for text in texts:
            good, bad = ("good" in text.lower()), ("bad" in text.lower())
            heard.append(feeling(0.1, 0.1, 0.7) if good and bad else feeling(0.9 * good, 0.9 * bad, 0.0))
        return Provided(heard, ModelUsed(name="words", version="1", provider="rules"), self.instead_of)


class Released:
    def percentiles(
        self, measure: str, *, segment: str | None = None, region: str | None = None
    ) -> Percentiles:
        assert measure == "price_per_seat"
        return Percentiles(100.0, 120.0 if segment else 130.0, 150.0, 7, 0.5, "2026-01-01")


def article(number: int, month: int, text: str, **more: Any) -> dict[str, Any]:
    at = f"2025-{month:02}-{number % 27 + 1:02}T00:00:00Z"
    return {"id": f"a{number}", "at": at, "title": "Prices", "text": text, **more}


def invoice(client: str, service: str, amount: float, seats: int | None, month: str = "02") -> dict[str, Any]:
    at = f"2026-{month}-01T00:00:00Z"
    return {"id": f"{client}{service}{month}", "at": at, "client_id": client, "service": service,
            "amount": amount, "seats": seats, "currency": "USD"}  # fmt: skip


def test_each_text_gets_its_tone_and_the_sentence_that_decides_with_its_place() -> None:
    text = "  We met on Monday. The help was good, really. Nothing else."
    ask = Question(query="prices", texts=[text, "That was bad."])
    told = answer(ask, fake_ports(sentiment=WordSentiment())).answer
    first, second = told.texts
    assert (first.tone, second.tone) == ("POSITIVE", "NEGATIVE")
    assert first.deciding is not None and first.deciding.text == "The help was good, really."
    assert text[first.deciding.start : first.deciding.end] == first.deciding.text


def test_a_mixed_text_is_decided_by_a_sentence_that_leans_to_one_side() -> None:
    ask = Question(query="prices", texts=["It was Monday. The people are good. The tools are bad."])
    deciding = answer(ask, fake_ports(sentiment=WordSentiment())).answer.texts[0].deciding
    assert deciding is not None and deciding.tone in ("POSITIVE", "NEGATIVE")


def test_all_texts_are_judged_in_one_call() -> None:
    sentiment = WordSentiment()
    answer(Question(query="x", texts=["One is good. Two is bad.", "Three."]), fake_ports(sentiment=sentiment))
    assert len(sentiment.asked) == 1 and "Two is bad." in sentiment.asked[0]


def test_of_many_long_texts_the_starts_are_judged_and_the_answer_says_so() -> None:
    sentiment = WordSentiment()
    texts = [f"{number} is good. " + "More words. " * 1_500 + "bad" for number in range(20)]
    told = answer(Question(query="x", texts=texts), fake_ports(sentiment=sentiment)).answer
    assert sum(map(len, sentiment.asked[0])) < 400_000 and told.texts[0].tone == "POSITIVE"
    assert any("Of 20 texts only the start" in note for note in told.not_known)


def test_texts_that_disagree_are_mixed_and_doubt_alone_is_not() -> None:
    assert together([feeling(0.9, 0), feeling(0, 0.9)]).tone == "MIXED"
    assert together([feeling(0.4, 0.35)]).tone == "POSITIVE"
    for each in (together([feeling(0.9, 0), feeling(0, 0.9)]), together([feeling(0.4, 0.35)])):
        assert sum(each.scores.values()) == pytest.approx(1)


def test_without_a_provider_the_tone_is_unknown_and_the_rest_stands() -> None:
    answered = answer(Question(query="x", texts=["Veeam costs $5 a seat."]), fake_ports())
    assert answered.answer.sentiment is None and answered.answer.texts[0].tone is None
    assert answered.by.provider == "rules" and answered.answer.mentions[0].name == "Veeam"
    assert any("No provider of sentiment" in note for note in answered.answer.not_known)


def test_a_provider_that_fell_back_is_told() -> None:
    ports = fake_ports(sentiment=WordSentiment(instead_of="comprehend: timed out"))
    answered = answer(Question(query="x", texts=["good"]), ports)
    assert answered.answer.instead_of == "comprehend: timed out" and answered.by.name == "words"


def test_the_query_itself_is_read_when_there_is_nothing_else() -> None:
    told = answer(Question(query="Our prices are bad"), fake_ports(sentiment=WordSentiment())).answer
    assert told.read == "query" and told.sentiment is not None and told.sentiment.tone == "NEGATIVE"
    assert any("query itself" in note for note in told.not_known)


def test_stored_articles_on_the_matter_count_and_others_do_not() -> None:
    rows = [article(1, 1, "Pricing is good."), {**article(2, 1, "Phishing is bad."), "title": "Attack"}]
    ports = fake_ports(rows={"articles": rows}, sentiment=WordSentiment())
    told = answer(Question(query="What of prices?"), ports).answer
    assert [each.counts for each in told.texts] == [True, False]
    assert told.sentiment is not None and (told.sentiment.tone, told.sentiment.texts) == ("POSITIVE", 1)


def test_articles_of_the_future_are_not_read() -> None:
    rows = [article(1, 1, "good"), {**article(2, 1, "bad"), "at": "2027-01-01T00:00:00Z"}]
    told = answer(Question(query="prices"), fake_ports(rows={"articles": rows})).answer
    assert [each.source for each in told.texts] == ["a1"]


def test_a_clear_turn_is_a_trend_and_chance_is_none() -> None:
    good, bad = feeling(0.9, 0.0), feeling(0.0, 0.9)
    months = [f"2025-{month:02}-01" for month in range(1, 11)]
    turned = trend(list(zip(months, [good] * 5 + [bad] * 5, strict=True)))
    assert turned.direction == "falling" and turned.change is not None and turned.change < -1
    assert trend(list(zip(months, [good, bad] * 5, strict=True))).direction == "no clear change"
    assert trend([(months[0], good)]).direction == "too few articles"
    assert [month.texts for month in turned.months] == [1] * 10


def test_simulated_rows_make_a_simulated_answer() -> None:
    ask, plain = Question(query="prices"), article(1, 1, "good")
    assert not answer(ask, fake_ports(rows={"articles": [plain]})).simulated
    assert answer(ask, fake_ports(rows={"articles": [{**plain, "simulated": True}]})).simulated
    paid = {**invoice("c", "s", 100, 1), "simulated": True}
    assert answer(ask, fake_ports(rows={"revenue": [paid]})).simulated


def test_own_price_is_what_a_seat_pays_for_all_services_in_the_last_full_month() -> None:
    rows = [
        invoice("a", "support", 1_000, 10),
        invoice("a", "backup", 300, 6),
        invoice("b", "support", 700, 10),
        invoice("b", "project", 9_000, None),
        invoice("a", "support", 5_000, 10, "01"),
        invoice("a", "support", 7_000, 10, "03"),
    ]
    told = answer(Question(query="x"), fake_ports(rows={"revenue": rows})).answer.price
    assert (told.own, told.month, told.clients, told.currency) == (100.0, "2026-02", 2, "USD")
    assert told.withheld == "not enough contributors" and told.p50 is None and told.position is None


def test_a_released_benchmark_places_the_own_price_within_its_segment() -> None:
    rows = {"revenue": [invoice("a", "support", 1_250, 10)]}
    ports = fake_ports(rows=rows, benchmarks=Released())
    assert answer(Question(query="x"), ports).answer.price.position == "p25 to p50"
    within = answer(Question(query="x", industry_segment="healthcare"), ports).answer.price
    assert (within.position, within.cohort, within.epsilon) == ("p50 to p75", 7, 0.5)
    assert within.withheld is None


def test_a_price_in_another_currency_is_not_placed_among_figures_in_dollars() -> None:
    rows = {"revenue": [{**invoice("a", "support", 1_250, 10), "currency": "EUR"}]}
    told = answer(Question(query="x"), fake_ports(rows=rows, benchmarks=Released())).answer.price
    assert told.p50 == 130.0 and told.position is None


def test_a_segment_is_compared_with_the_own_clients_in_it() -> None:
    clients = [{"id": "a", "name": "A", "industry": "Dental"}, {"id": "b", "name": "B", "industry": "legal"}]
    rows = {"revenue": [invoice("a", "support", 1_400, 10), invoice("b", "support", 900, 10)]}
    ports = fake_ports(rows={**rows, "clients": clients}, benchmarks=Released())
    told = answer(Question(query="x", industry_segment=" dental"), ports).answer.price
    assert (told.own, told.clients, told.position) == (140.0, 1, "p50 to p75")
    none = answer(Question(query="x", industry_segment="retail"), ports).answer.price
    assert none.own is None and none.position is None and none.p50 == 120.0


def test_peers_that_are_simulated_make_a_simulated_answer() -> None:
    class Simulated(Released):
        def percentiles(self, measure: str, **where: str | None) -> Percentiles:
            return replace(super().percentiles(measure), simulated=True)

    assert answer(Question(query="x"), fake_ports(benchmarks=Simulated())).simulated
    assert not answer(Question(query="x"), fake_ports(benchmarks=Released())).simulated


@pytest.mark.parametrize(
    ("text", "kind", "found", "amount"),
    [
        ("It cost US$1.5 million then", "money", "US$1.5 million", 1_500_000),
        ("a fee of 1,250.50 EUR a month", "money", "1,250.50 EUR", 1250.5),
        ("EUR131m in sales", "money", "EUR131m", 131_000_000),
        ("rose by 4.5 per cent", "percentage", "4.5 per cent", 4.5),
        ("on March 3, 2026 we", "date", "March 3, 2026", None),
        ("since 2026-03-01.", "date", "2026-03-01", None),
        ("in the third quarter of 2026", "date", "third quarter of 2026", None),
        ("Harbor Dental LLC signed", "organisation", "Harbor Dental LLC", None),
        ("they left Kaseya", "organisation", "Kaseya", None),
        ("all on Microsoft 365 now", "product", "Microsoft 365", None),
        ("clinics in New York, say", "place", "New York", None),
    ],
)
def test_an_entity_is_found_with_its_place(text: str, kind: str, found: str, amount: float | None) -> None:
    [entity] = entities(text)
    assert (entity.type, entity.text, entity.amount) == (kind, found, amount)
    assert text[entity.start : entity.end] == found


@pytest.mark.parametrize(
    "text", ["They may leave.", "a 5 star stay", "version 2.0 of it", "in turkey sandwiches", "We met Anna."]
)
def test_what_is_no_entity_is_not_made_one(text: str) -> None:
    assert entities(text) == []


def test_other_names_of_a_vendor_are_counted_as_one() -> None:
    texts = ["AWS rose.", "Amazon Web Services fell.", "Kaseya."]
    told = answer(Question(query="cloud", texts=texts), fake_ports(sentiment=WordSentiment())).answer
    assert [(each.name, each.texts) for each in told.mentions] == [("Amazon Web Services", 2), ("Kaseya", 1)]


def test_topics_are_found_by_whole_words_with_the_words_as_evidence() -> None:
    assert [(t.topic, t.evidence) for t in by_words("A ransomware wave")] == [("security", ["ransomware"])]
    assert by_words("the soccer coast") == []


def test_sentences_keep_their_places_and_say_something() -> None:
    text = "Acme Inc. grew.\n\n!!!\n " + "word " * 400
    cut = sentences(text)
    assert cut[0].text == "Acme Inc. grew."
    assert all(text[each.start : each.end] == each.text and len(each.text) <= 600 for each in cut)
    assert sentences("???") == []


def test_a_text_without_a_sentence_is_still_read() -> None:
    told = answer(Question(query="x", texts=["  ?!  "]), fake_ports(sentiment=WordSentiment())).answer
    assert told.texts[0].deciding is not None and told.texts[0].deciding.text == "?!"


@pytest.mark.parametrize(
    "wrong",
    [
        {"query": ""},
        {"query": "  "},
        {"query": "x" * 2_001},
        {"query": "x", "texts": [""]},
        {"query": "x", "texts": ["y" * 20_001]},
        {"query": "x", "texts": ["y"] * 1_001},
        {"query": "x", "text": "y"},
    ],
)
def test_a_question_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Question.model_validate(wrong)


def test_a_terminal_reads_one_text_a_line_and_wants_a_query() -> None:
    read = AGENT.terminal.read
    assert read({"query": "x", "input": "one\n\ntwo\n"}) == {"query": "x", "texts": ["one", "two"]}
    with pytest.raises(Invalid, match="--query"):
        read({"input": "one"})


def test_the_event_says_no_word_of_the_texts() -> None:
    ask = Question(query="prices", texts=["Harbor Dental LLC is good."])
    told = answer(ask, fake_ports(sentiment=WordSentiment())).answer
    assert "Harbor" not in str(AGENT.digest(told)) and AGENT.digest(told)["tone"] == "POSITIVE"
