"""How the agent is asked from a terminal, and how its answer is shown there."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mesh.agents.revenue_optimization import from_csv
from mesh.agents.revenue_optimization.model import Answer, Band, Opportunity, Path, Question
from mesh.agents.revenue_optimization.picture import draw
from mesh.agents.revenue_optimization.plot import plot, table
from mesh.kit.agent import CommandLine, Envelope, Flag
from mesh.kit.problem import FieldError, Invalid

DEFAULT_DAYS = 90
MOST_ROWS = 24
COLUMNS = ("value", "time", "client", "service")


def read(given: Mapping[str, str]) -> Mapping[str, Any]:
    """The question from the flags: a table of amounts, or none, and then the stored invoices are meant."""
    text = given.get("csv", given.get("input"))
    question: dict[str, Any] = {"period_days": _number("days", given.get("days", str(DEFAULT_DAYS)), int)}
    if text is not None:
        named = {flag: given[flag] for flag in COLUMNS if flag in given}
        question["history"] = from_csv.history(text, named)
    for name in ("by", "frequency", "currency"):
        if name in given:
            question[name] = given[name]
    if "current" in given:
        question["current_revenue"] = _number("current", given["current"], float)
    changes = [*_price(given.get("price", "")), *_churn(given.get("churn", ""))]
    if changes:
        question["scenarios"] = [{"name": "as asked", "changes": changes}]
    return question


def _number(flag: str, text: str, kind: type) -> Any:
    try:
        return kind(text)
    except ValueError:
        raise _refused(flag, f"{text[:40]!r} is not a number") from None


def _price(text: str) -> Iterator[dict[str, Any]]:
    for part in filter(None, text.split(",")):
        service, percent, starts = _three("price", part, "SERVICE:PERCENT:DATE")
        change = {"kind": "price_change", "percent": _number("price", percent, float), "starts": starts}
        yield {**change, "service": service} if service else change


def _churn(text: str) -> Iterator[dict[str, Any]]:
    for part in filter(None, text.split(",")):
        client, found, starts = part.rpartition(":")
        if not found or not client:
            raise _refused("churn", f"{part[:40]!r} is not CLIENT:DATE")
        yield {"kind": "churn", "client_ids": [client], "starts": starts}


def _three(flag: str, text: str, form: str) -> tuple[str, str, str]:
    parts = text.rsplit(":", 2)
    if len(parts) != 3:
        raise _refused(flag, f"{text[:40]!r} is not {form}")
    return parts[0], parts[1], parts[2]


def _refused(flag: str, reason: str) -> Invalid:
    return Invalid(f"--{flag}: {reason}.", errors=[FieldError(f"--{flag}", reason)])


def show(ask: Question, envelope: Envelope, width: int) -> str:  # noqa: ARG001
    """The answer as text of at most `width` columns: a plot, the steps, how sure, scenarios, what to sell."""
    answer = Answer.model_validate(envelope.answer)
    blocks = [answer.message, plot(answer, width)]
    if answer.total is not None:
        blocks += [_path(answer.total), "\n".join(_sure(answer))]
    blocks += ["\n".join(_parts(answer.parts)), "\n".join(_scenarios(answer))]
    blocks += ["\n".join(_opportunities(answer.opportunities)) or answer.opportunities_reason]
    blocks += ["\n".join([*(issue.detail for issue in answer.issues), *answer.notes])]
    if envelope.simulated:
        blocks.append("SIMULATED data was used.")
    return "\n\n".join("\n".join(line[:width] for line in block.splitlines()) for block in blocks if block)


def _path(path: Path) -> str:
    rows = [("step", "expected", "80 % from", "to", "95 % from", "to")]
    for number, step in enumerate(path.steps[:MOST_ROWS], start=1):
        when = f"{step.start:%Y-%m-%d}" if step.start else f"+{number}"
        rows.append((when, _money(step.expected), *_ends(step.interval_80), *_ends(step.interval_95)))
    rows.append(("the period", _money(path.expected), *_ends(path.interval_80), *_ends(path.interval_95)))
    return "\n".join(table(rows))


def _money(amount: float) -> str:
    return f"{amount:,.0f}" if abs(amount) >= 1000 else f"{amount:,.2f}"


def _ends(band: Band | None) -> tuple[str, str]:
    return ("unknown", "unknown") if band is None else (_money(band.low), _money(band.high))


def _sure(answer: Answer) -> Iterator[str]:
    method, tested = answer.method, answer.backtest
    if method is not None:
        season = f", repeating every {method.season[-1]} {answer.frequency}s" if method.season else ""
        yield f"Method: {method.name}{season}."
    if tested is None:
        yield "Too short to be tested on its own past."
        return
    yield (
        f"At {tested.origins} earlier times it was off by {_percent(tested.smape)} (sMAPE), a naive forecast "
        f"by {_percent(tested.naive_smape)};"
    )
    if tested.coverage_80 is not None and tested.coverage_95 is not None:
        yield (
            f"{tested.coverage_80:.0%} of {tested.values} later values lay in the 80 % interval and "
            f"{tested.coverage_95:.0%} in the 95 % one."
        )


def _percent(value: float | None) -> str:
    return "an unknown amount" if value is None else f"{value:.1f} %"


def _parts(parts: Sequence[Path]) -> Iterator[str]:
    if not parts:
        return
    rows = [("part", "last step", "expected", "80 % from", "to")]
    for part in parts[:MOST_ROWS]:
        name = f"{part.name[:40]}{' (ended)' if part.status == 'ended' else ''}"
        rows.append((name, _money(part.last), _money(part.expected), *_ends(part.interval_80)))
    yield from table(rows)
    if len(parts) > MOST_ROWS:
        yield f"and {len(parts) - MOST_ROWS} smaller ones"


def _scenarios(answer: Answer) -> Iterator[str]:
    for one in answer.scenarios:
        share = "" if one.difference_percent is None else f" ({one.difference_percent:+.1f} %)"
        difference = f"{_money(one.difference)}{share} against the above"
        yield f"Scenario {one.name}: {_money(one.path.expected)}, {difference}."
        yield from (f"  {line}" for line in one.assumptions)


def _opportunities(found: Sequence[Opportunity]) -> Iterator[str]:
    if not found:
        return
    rows = [("client", "service", "chance", "a month", "worth", "buying")]
    rows += [
        (
            one.client_name[:30],
            one.service[:24],
            f"{one.probability:.0%}",
            _money(one.expected_monthly),
            _money(one.expected_value),
            f"{one.buying} of {one.similar}",
        )
        for one in found[:MOST_ROWS]
    ]
    # Text columns are easier to read from the left.
    widest = max(len(row[1]) for row in rows)
    yield from table([(row[0], row[1].ljust(widest), *row[2:]) for row in rows])


def why_not(answer: Answer) -> str | None:
    """Why there is no forecast, or None."""
    return answer.message if answer.status == "no_data" else None


TERMINAL = CommandLine(
    read=read,
    show=show,
    why_not=why_not,
    picture=draw,
    flags=(
        Flag("csv", "a CSV file with a header line; without it the stored invoices are used", file=True),
        Flag("value", "the column of the amounts (else: amount, revenue, mrr or value)"),
        Flag("time", "the column of the dates (else: date, month, at or time)"),
        Flag("client", "the column of the clients (else: client_id or client)"),
        Flag("service", "the column of the services (else: service)"),
        Flag("days", f"how many days ahead, by default {DEFAULT_DAYS}"),
        Flag("frequency", "hour, day, week, month, quarter or year; else found from the dates"),
        Flag("by", "total, service or client"),
        Flag("currency", "the currency to forecast in"),
        Flag("current", "what the step under way brings as a whole"),
        Flag("price", "what if: SERVICE:PERCENT:DATE, several with commas; no service means all"),
        Flag("churn", "what if: CLIENT:DATE, several with commas"),
    ),
)
