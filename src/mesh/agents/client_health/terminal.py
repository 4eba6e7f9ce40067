"""How the agent is asked from a terminal, and how its answer is shown there."""

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any

from mesh.agents.client_health import from_table
from mesh.agents.client_health.model import Answer, Driver, Health, Question
from mesh.agents.client_health.picture import picture
from mesh.kit.agent import CommandLine, Envelope, Flag
from mesh.kit.problem import FieldError, Invalid

MOST_DRIVERS = 10
MOST_CLIENTS = 40
WHOSE = {
    "own": "this MSP's own model", "shared": "the shared model", "network": "the network's model",
}  # fmt: skip
OUTLOOK = {
    ("stays",): "like clients that stay",
    ("leaves",): "like clients that leave",
    ("stays", "leaves"): "like either: it cannot be told",
}


def read(given: Mapping[str, str]) -> Mapping[str, Any]:
    """The question from the flags: a stored client, features, or a file with one client or several."""
    question: dict[str, Any] = dict(from_table.question(given["input"])) if "input" in given else {}
    if "features" in given:
        question.update(from_table.pairs(given["features"]))
    if "client" in given:
        question["client_id"] = given["client"]
    if not question:
        reason = "name a stored client, or give --features or a JSON or CSV file"
        raise Invalid(f"--client: {reason}.", errors=[FieldError("--client", reason)])
    return question


def show(ask: Question, envelope: Envelope, width: int) -> str:  # noqa: ARG001
    """The answer as text of at most `width` columns: the chance, what drives it, what to do."""
    answer = Answer.model_validate(envelope.answer)
    lines = [*_head(answer, width), ""]
    if answer.clients:
        lines += _several(answer.clients, width)
    elif answer.status == "ok":
        lines += _one(answer, answer.base_log_odds, width)
    lines += ["", *_foot(answer, width)]
    return "\n".join(line[:width] for line in lines)


def _head(answer: Health, width: int) -> Iterator[str]:
    who = " ".join(filter(None, (answer.name, f"({answer.client_id})" if answer.client_id else "")))
    yield from wrap(f"{who}: {answer.message}" if who else answer.message, width)


def _one(answer: Health, base: float, width: int) -> Iterator[str]:
    chance, interval, outlook = answer.churn_probability, answer.interval, answer.outlook
    assert chance is not None and interval is not None and outlook is not None
    yield f"probability  {chance:.3f}  ({interval.low:.3f} to {interval.high:.3f})"
    yield f"health       {answer.health_score:.0f} of 100  (50: a client of whom nothing is known)"
    yield f"it is        {OUTLOOK[tuple(outlook.resembles)]}  (so are {outlook.coverage:.0%} of them)"
    yield ""
    yield from _bars(answer.drivers, base, answer.log_odds or 0.0, width)
    if answer.actions:
        yield ""
        for action in answer.actions:
            text = f"{action.action}. (If typical: {action.probability_if_typical:.3f})"
            yield from wrap(text, width, initial_indent="- ", subsequent_indent="  ")
    if answer.missing:
        yield ""
        yield from wrap(f"Not known, so without effect: {', '.join(answer.missing)}.", width)


def _bars(drivers: Sequence[Driver], base: float, total: float, width: int) -> Iterator[str]:
    """Effects as bars to both sides of a line, in log-odds."""
    shown, rest = drivers[:MOST_DRIVERS], drivers[MOST_DRIVERS:]
    rows = [(f"{d.words} {_number(d.value)}", d.effect) for d in shown]
    if rest:
        rows.append((f"{len(rest)} more", sum(d.effect for d in rest)))
    label = min(max(len(name) for name, _ in rows), width // 2 - 4)
    half = max((width - label - 12) // 2, 4)
    most = max(*(abs(effect) for _, effect in rows), 0.1)
    yield f"{'in log-odds':<{label}}  {'stays':>{half}} leaves"
    for name, effect in rows:
        bar = "#" * round(half * abs(effect) / most)
        left, right = (bar, "") if effect < 0 else ("", bar)
        yield f"{name[:label]:<{label}}  {left:>{half}}|{right:<{half}} {effect:+.2f}"
    yield f"start {base:+.2f}, all together {total:+.2f}"


def _number(value: float) -> str:
    return f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"


def _several(clients: Sequence[Health], width: int) -> Iterator[str]:
    label = max(12, min(max(len(one.client_id or "") for one in clients), width - 50))
    yield f"{'client':<{label}}  chance  health  most of all"
    for one in clients[:MOST_CLIENTS]:
        name = f"{(one.client_id or '')[:label]:<{label}}"
        if one.churn_probability is None:
            yield f"{name}       -       -  {one.message}"
            continue
        most = one.drivers[0].sentence if one.drivers else ""
        yield f"{name}  {one.churn_probability:6.3f}  {one.health_score:6.0f}  {most}"
    if len(clients) > MOST_CLIENTS:
        yield f"and {len(clients) - MOST_CLIENTS} more"


def _foot(answer: Answer, width: int) -> Iterator[str]:
    yield from wrap(f"By {WHOSE[answer.learnt.scope]}: {answer.learnt.trained_on}.", width)
    for note in answer.notes:
        yield from wrap(note, width)


def why_not(answer: Answer) -> str | None:
    """Why there are no numbers, or None."""
    return None if answer.status == "ok" else answer.message


TERMINAL = CommandLine(
    read=read,
    show=show,
    why_not=why_not,
    flags=(
        Flag("client", "a stored client"),
        Flag("features", "features of a client: ticket_volume=12,satisfaction_score=3.5"),
    ),
    picture=picture,
)
