"""From a question to an answer: read the history, look ahead, split it up, and say how sure that is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from mesh.agents.revenue_optimization import ensemble
from mesh.agents.revenue_optimization.backtest import backtest
from mesh.agents.revenue_optimization.history import History, read
from mesh.agents.revenue_optimization.holdings import holdings
from mesh.agents.revenue_optimization.model import Answer, Method, Outcome, Path, Question, Status
from mesh.agents.revenue_optimization.opportunity import offers
from mesh.agents.revenue_optimization.outlook import SHORT, Outlook, outlooks
from mesh.agents.revenue_optimization.panel import panel
from mesh.agents.revenue_optimization.parts import Part, reconciled, split
from mesh.agents.revenue_optimization.path import past, path
from mesh.agents.revenue_optimization.rhythm import RHYTHMS
from mesh.agents.revenue_optimization.scenario import changed
from mesh.agents.revenue_optimization.season import seasons
from mesh.agents.revenue_optimization.steps import shares
from mesh.kit.agent import Answered, ModelUsed
from mesh.kit.ports import Ports, Row
from mesh.kit.problem import FieldError, Invalid

BY = ModelUsed(name=ensemble.NAME, version=ensemble.VERSION, provider="statistics")
MOST_AHEAD = 400
MOST_BEHIND = 12


@dataclass(frozen=True)
class _Ahead:
    """The forecast of a history: of the whole, and of its parts where they were asked for."""

    history: History
    shares: list[float]
    whole: Outlook
    parts: list[tuple[Part, Outlook]]


def answer(ask: Question, ports: Ports) -> Answered[Answer]:
    """Forecast revenue. Pure: reads stored rows and the clock through ports."""
    history = read(ask, ports)
    if not history.values.size:
        return Answered(_empty(ask, history), BY, simulated=history.simulated)
    reply = _foreseen(ask, _look_ahead(ask, history), ports)
    if ask.opportunities:
        clients = _clients(ask, ports)
        found = offers(holdings(history, clients), ask.limit)
        reply = reply.model_copy(update={"opportunities": found.found, "opportunities_reason": found.reason})
    return Answered(reply, BY, simulated=history.simulated)


def _clients(ask: Question, ports: Ports) -> list[Row]:
    """The stored clients; a history that was given is compared by what it says alone."""
    return list(ports.records.scan("clients")) if ask.history is None else []


def _look_ahead(ask: Question, history: History) -> _Ahead:
    share = shares(history.frequency, ask.period_days)
    history = replace(history, behind=history.behind if history.behind <= MOST_BEHIND else 0)
    count = len(share) + history.behind
    if count > MOST_AHEAD:
        reason = f"is {count} steps of a {history.frequency}; {MOST_AHEAD} at most"
        raise Invalid(f"period_days: {reason}.", errors=[FieldError("period_days", reason)])
    parts = [] if ask.by == "total" else split(history, ask.by)
    living = [part for part in parts if not part.ended]
    rhythm = RHYTHMS[history.frequency]
    whole = outlooks([history.values], rhythm, count)[0]
    ahead = outlooks([part.values for part in living], rhythm, count, most_origins=3)
    moved = iter(reconciled(whole, ahead))
    found = [(part, _none(part, count) if part.ended else next(moved)) for part in parts]
    return _Ahead(history, share, whole, found)


def _none(part: Part, count: int) -> Outlook:
    """The path of a part that has ended: nothing, and nothing to be unsure of."""
    nothing = np.zeros(count)
    empty = np.zeros((0, count))
    return Outlook(nothing, nothing, part.values, np.zeros(0, dtype=np.int64), empty, empty, short=False)


def _foreseen(ask: Question, ahead: _Ahead, ports: Ports) -> Answer:
    history, whole = ahead.history, ahead.whole
    total = path("total", whole, history, ahead.shares, _reason(whole))
    status: Status = "short_history" if whole.short else "ok"
    return Answer(
        status=status,
        message=_message(ask, history, total, whole),
        currency=history.currency,
        frequency=history.frequency,
        period_days=ask.period_days,
        method=_method(history, whole),
        total=total,
        parts=[_part_path(part, outlook, ahead) for part, outlook in ahead.parts],
        history=past(history),
        backtest=backtest(whole, RHYTHMS[history.frequency]),
        scenarios=_outcomes(ask, ahead, total, ports),
        opportunities=[],
        opportunities_reason="Not asked for.",
        issues=history.issues,
        notes=_notes(ask, history),
    )


def _part_path(part: Part, outlook: Outlook, ahead: _Ahead) -> Path:
    found = path(part.name, outlook, ahead.history, ahead.shares, _reason(outlook))
    if not part.ended:
        return found
    return found.model_copy(
        update={"status": "ended", "reason": "Nothing was invoiced in the last two steps."}
    )


def _reason(outlook: Outlook) -> str:
    if not outlook.short:
        return ""
    banded = "the width is that of its steps so far" if outlook.spread is not None else "too few for a width"
    return f"{outlook.values.size} values, fewer than {SHORT}: the last ones go on as they are; {banded}."


def _outcomes(ask: Question, ahead: _Ahead, total: Path, ports: Ports) -> list[Outcome]:
    renewals = _renewal_dates(ports) if ask.scenarios and ask.history is None else {}
    found = []
    for number, scenario in enumerate(ask.scenarios):
        done = changed(number, scenario, ahead.whole, ahead.history, renewals)
        moved = path(scenario.name, done.outlook, ahead.history, ahead.shares)
        difference = moved.expected - total.expected
        found.append(
            Outcome(
                name=scenario.name,
                path=moved,
                difference=difference,
                difference_percent=100 * difference / total.expected if total.expected > 0 else None,
                assumptions=done.assumptions,
            )
        )
    return found


def _renewal_dates(ports: Ports) -> Mapping[str, datetime]:
    return {
        row["id"]: datetime.fromisoformat(row["renews_at"])
        for row in ports.records.scan("clients")
        if row.get("renews_at")
    }


def _method(history: History, whole: Outlook) -> Method:
    given = panel([history.values])
    season = [p for p in RHYTHMS[history.frequency].periods if seasons(given, p).present[0]]
    if whole.short:
        return Method(
            name="mean of the last three steps",
            members=[],
            combination="none",
            season=[],
            intervals="from the steps so far" if whole.spread is not None else "none: too few values",
        )
    return Method(
        name=ensemble.NAME,
        members=list(ensemble.members(RHYTHMS[history.frequency], history.values.size)),
        combination=ensemble.COMBINATION,
        season=season,
        intervals=ensemble.INTERVALS,
    )


def _message(ask: Question, history: History, total: Path, whole: Outlook) -> str:
    money = history.currency or "of revenue"
    told = f"{total.expected:,.0f} {money} expected over {ask.period_days} days"
    if total.interval_80 is not None:
        told += f", with 80 % between {total.interval_80.low:,.0f} and {total.interval_80.high:,.0f}"
    if whole.short:
        told += f". The history has {whole.values.size} values only, too few for more than their level"
    return told + "."


def _notes(ask: Question, history: History) -> list[str]:
    notes = []
    if history.simulated:
        notes.append("The stored invoices are simulated.")
    if ask.by != "total" and not history.cells:
        notes.append(f"Nothing names a {ask.by}, so there are no parts.")
    if history.behind > MOST_BEHIND:
        notes.append("The history ends long ago: the path starts at its end, not now.")
    return notes


def _empty(ask: Question, history: History) -> Answer:
    where = "history holds no amount" if ask.history is not None else "no invoices are stored"
    detail = f"There is nothing to forecast from: {where} up to the {history.frequency} under way."
    return Answer(
        status="no_data",
        message=detail,
        currency=history.currency,
        frequency=history.frequency,
        period_days=ask.period_days,
        method=None,
        total=None,
        parts=[],
        history=[],
        backtest=None,
        scenarios=[],
        opportunities=[],
        opportunities_reason="There is no history of who buys what.",
        issues=history.issues,
        notes=["Scenarios need a forecast."] if ask.scenarios else [],
    )
