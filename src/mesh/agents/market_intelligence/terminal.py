"""How the agent is asked from a terminal, and how its answer is shown there."""

from collections.abc import Iterator, Mapping
from typing import Any

from mesh.agents.market_intelligence.model import Answer, Price, Question, Reading, Trend
from mesh.kit.agent import CommandLine, Envelope, Flag
from mesh.kit.problem import FieldError, Invalid

MOST_SHOWN = 20
BAR = 12


def read(given: Mapping[str, str]) -> Mapping[str, Any]:
    """The question from the flags; a file or standard input holds texts, one a line."""
    if "query" not in given:
        reason = "say what you want to know of the market"
        raise Invalid(f"--query: {reason}.", errors=[FieldError("--query", reason)])
    question: dict[str, Any] = {"query": given["query"]}
    if "segment" in given:
        question["industry_segment"] = given["segment"]
    lines = [line for line in given.get("input", "").splitlines() if line.strip()]
    return {**question, "texts": lines} if lines else question


def show(ask: Question, envelope: Envelope, width: int) -> str:  # noqa: ARG001
    """The answer as text of at most `width` columns."""
    answer = Answer.model_validate(envelope.answer)
    lines = [*_head(answer), ""]
    for reading in answer.texts[:MOST_SHOWN]:
        lines += _reading(reading, width)
    more = len(answer.texts) - MOST_SHOWN
    lines += [f"... and {more} more"] if more > 0 else []
    if answer.mentions:
        named = ", ".join(f"{each.name} ({each.texts})" for each in answer.mentions[:12])
        lines += ["", f"Named: {named}"]
    lines += _trend(answer.trend) if answer.trend else []
    lines += ["", _price(answer.price), "", *answer.not_known]
    lines += [f"Sentiment: {answer.instead_of}"] if answer.instead_of else []
    return "\n".join(cut(" ".join(line.split(" ")), width) for line in lines)


def cut(line: str, width: int) -> str:
    return line if len(line) <= width else line[: width - 3] + "..."


def _head(answer: Answer) -> Iterator[str]:
    topics = ", ".join(topic.topic for topic in answer.about) or "no topic known here"
    yield f"About {topics}; read: {answer.read}."
    if answer.sentiment:
        scores = "  ".join(f"{tone.lower()} {share:.2f}" for tone, share in answer.sentiment.scores.items())
        yield f"Overall {answer.sentiment.tone} over {answer.sentiment.texts}:  {scores}"
        yield f'  decided by: "{" ".join(answer.sentiment.deciding.text.split())}"'


def _reading(reading: Reading, width: int) -> Iterator[str]:
    mark = " " if reading.counts else "-"
    tone = reading.tone or "?"
    head = f"{mark}{cut(reading.source, 12):12} {tone:9} {_bar(reading)} "
    quote = reading.title or (reading.deciding.text if reading.deciding else "")
    yield head + cut(" ".join(quote.split()), max(10, width - len(head)))
    found = ", ".join(f"{each.type} {' '.join(each.text.split())}" for each in reading.entities[:6])
    if found:
        yield f"{'':14}{found}"


def _bar(reading: Reading) -> str:
    """Negative to the left, positive to the right of the middle."""
    side = BAR // 2
    left = round(side * reading.scores.get("NEGATIVE", 0.0))
    right = round(side * reading.scores.get("POSITIVE", 0.0))
    return "[" + ("-" * left).rjust(side) + "|" + ("+" * right).ljust(side) + "]"


def _trend(trend: Trend) -> Iterator[str]:
    yield ""
    change = "" if trend.change is None else f" ({trend.change:+.2f}, standard error {trend.error:.2f})"
    yield f"By month: {trend.direction}{change}"
    for month in trend.months[-12:]:
        place = round((month.net + 1) * 10)
        yield f"  {month.month}  {month.net:+.2f}  {'.' * place}o{'.' * (20 - place)}  {month.texts}"


def _price(price: Price) -> str:
    own = (
        "Own price: not known, no revenue with seats"
        if price.own is None
        else f"Own price a seat: {price.own:.2f} {price.currency} ({price.month}, {price.clients} clients)"
    )
    if price.withheld is not None:
        return f"{own}; peers: withheld, {price.withheld}"
    peers = f"peers p25 {price.p25:.2f}, p50 {price.p50:.2f}, p75 {price.p75:.2f} of {price.cohort}"
    return f"{own}; {peers}" + (f"; {price.position}" if price.position else "")


def why_not(answer: Answer) -> str | None:
    """Only a text that could not be judged is no answer; without a provider the rest still stands."""
    del answer
    return None


TERMINAL = CommandLine(
    read=read,
    show=show,
    why_not=why_not,
    flags=(
        Flag("query", "what you want to know of the market"),
        Flag("segment", "compare prices within this segment of MSPs only"),
    ),
)
