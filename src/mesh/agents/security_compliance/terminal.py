"""How the agent is asked from a terminal, and how its answer is shown there."""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from mesh.agents.security_compliance.model import Answer, Judged, Question, Status
from mesh.kit.agent import CommandLine, Envelope, Flag
from mesh.kit.problem import FieldError, Invalid

MARKS: Mapping[Status, str] = {
    "met": "met",
    "partial": "partial",
    "missing": "missing",
    "no_evidence": "no evid.",
}
MOST_OPEN = 12


def read(given: Mapping[str, str]) -> Mapping[str, Any]:
    """The question from the flags; the policy may also be a file or standard input."""
    if "framework" not in given:
        reason = "name one, such as HIPAA or SOC2"
        raise Invalid(f"--framework: {reason}.", errors=[FieldError("--framework", reason)])
    question: dict[str, Any] = {"framework": given["framework"]}
    words = given.get("text", given.get("input"))
    if words is not None:
        question["policy_text"] = words
    for flag, name in (("baseline", "baseline"), ("as-of", "as_of"), ("title", "title")):
        if flag in given:
            question[name] = given[flag]
    return question


def show(ask: Question, envelope: Envelope, width: int) -> str:  # noqa: ARG001
    """The answer as text of at most `width` columns."""
    answer = Answer.model_validate(envelope.answer)
    lines = [*_head(answer, width), ""]
    proven = [each for each in answer.requirements if each.status in ("met", "partial")]
    for each in proven:
        lines += _judged(each, width)
    known = {each.id: each for each in answer.requirements}
    lines += ["", "Next:"] if answer.next else []
    for name in answer.next[:MOST_OPEN]:
        lines += _to_do(known[name], width)
    lines += ["", *_wrapped(answer.not_known, width, "")]
    if envelope.simulated:
        lines.append("Some of this rests on simulated rows.")
    return "\n".join(line[:width] for line in lines)


def _head(answer: Answer, width: int) -> Iterator[str]:
    level = f", {answer.baseline} baseline" if answer.baseline else ""
    yield from _wrapped([f"{answer.name} ({answer.edition}){level}, as of {answer.as_of}"], width, "")
    counts = answer.counts
    bar = max(10, min(50, width - 30))
    filled = round(bar * answer.score / 100)
    yield f"score {answer.score:5.1f} of 100  {'█' * filled}{'░' * (bar - filled)}"
    seen = round(bar * answer.examined / 100)
    yield f"examined {answer.examined:4.1f} %    {'█' * seen}{'░' * (bar - seen)}"
    yield f"{counts.met} met, {counts.partial} partial, {counts.missing} missing, {counts.no_evidence} unseen"


def _judged(each: Judged, width: int) -> Iterator[str]:
    yield f"{MARKS[each.status]:8} {each.id:12} {each.title}"
    if each.status == "partial":
        yield from _wrapped([each.reason], width, " " * 9)
    for quote in each.evidence[:2]:
        age = f", {quote.dated}" if quote.dated else ""
        yield from _wrapped(
            [f"“{' '.join(quote.quote.split())}” ({quote.document}:{quote.start}{age})"], width, " " * 9
        )


def _to_do(each: Judged, width: int) -> Iterator[str]:
    yield f"{MARKS[each.status]:8} {each.id:12} {each.title}"
    yield from _wrapped(each.write[:2] or [each.reason], width, " " * 9)


def _wrapped(texts: list[str], width: int, indent: str) -> Iterator[str]:
    for text in texts:
        yield from textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent) or [""]


def why_not(answer: Answer) -> str | None:
    """Why nothing was judged, or None."""
    return None if answer.documents else answer.not_known[0]


TERMINAL = CommandLine(
    read=read,
    show=show,
    why_not=why_not,
    flags=(
        Flag("framework", "SOC2, ISO27001, HIPAA, NIST-CSF, NIST-800-53, PCI-DSS or CIS"),
        Flag("text", "the policy in words; else a file or standard input; else what is stored"),
        Flag("title", "what the policy is called"),
        Flag("baseline", "low or moderate, for NIST-800-53"),
        Flag("as-of", "judge as at this day, such as 2026-03-31"),
    ),
)
