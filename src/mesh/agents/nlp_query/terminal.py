"""How the agent is asked from a terminal, and how its answer is shown there."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mesh.agents.nlp_query.layer import layer
from mesh.agents.nlp_query.model import Answer, Plan, Question, Row
from mesh.agents.nlp_query.wording import amount
from mesh.kit.agent import CommandLine, Envelope, Flag
from mesh.kit.problem import FieldError, Invalid

MOST_ROWS = 40


def read(given: Mapping[str, str]) -> Mapping[str, Any]:
    """The question from the flags, a file or standard input."""
    words = given.get("query", given.get("input"))
    if words is None:
        reason = "say what you want to know"
        raise Invalid(f"--query: {reason}.", errors=[FieldError("--query", reason)])
    question: dict[str, Any] = {"query": words}
    if "conversation" in given:
        question["conversation_id"] = given["conversation"]
    return question


def show(ask: Question, envelope: Envelope, width: int) -> str:  # noqa: ARG001
    """The answer as text of at most `width` columns, with a bar for every row."""
    answer = Answer.model_validate(envelope.answer)
    lines = textwrap.wrap(answer.answer, width) or [""]
    if answer.plan is not None:
        lines += ["", *_plan(answer.plan)]
        if answer.plan.group_by:
            lines += ["", *_bars(answer.rows, answer.plan, width)]
    lines += [""] + [
        f"from {c.kind}: {c.title or ', '.join(c.ids[:3])}{' ...' if c.of > 3 else ''} ({c.of})"
        for c in answer.citations
    ]
    lines += [line for note in answer.notes for line in textwrap.wrap(note, width)]
    if envelope.simulated:
        lines.append("Rests on simulated rows.")
    return "\n".join(line[:width] for line in lines).rstrip()


def _plan(plan: Plan) -> Iterator[str]:
    yield f"plan: {plan.form} of {plan.metric or plan.search} from {plan.source}"
    if plan.filters:
        yield "  only " + ", ".join(f"{f.dimension} {f.label}" for f in plan.filters)
    for name, window in (("in", plan.window), ("against", plan.against)):
        if window is not None:
            yield f"  {name} {window.words}: {window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M}"


def _bars(rows: Sequence[Row], plan: Plan, width: int) -> Iterator[str]:
    metric = layer().metrics[str(plan.metric)]
    names = [", ".join(row.group.values())[: width // 3] for row in rows[:MOST_ROWS]]
    told = [amount(row.value, metric, row) for row in rows[:MOST_ROWS]]
    wide, long = max(map(len, names), default=0), max(map(len, told), default=0)
    most = max((abs(row.value or 0) for row in rows), default=0) or 1
    room = max(4, width - wide - long - 4)
    for row, name, value in zip(rows, names, told, strict=False):
        yield f"{name:<{wide}}  {value:>{long}}  {'#' * round(room * abs(row.value or 0) / most)}"


def why_not(answer: Answer) -> str | None:
    """Why there is no answer, or None."""
    return answer.abstained.why if answer.abstained else None


TERMINAL = CommandLine(
    read=read,
    show=show,
    why_not=why_not,
    flags=(
        Flag("query", "the question in plain words"),
        Flag("conversation", "a name for the conversation, so that a question can lean on the one before"),
    ),
)
