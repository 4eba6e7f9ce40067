"""How the agent is asked from a terminal, and how its answer is shown there."""

from collections.abc import Iterator, Mapping
from typing import Any

from mesh.agents.collaboration.model import Answer, Match, Question
from mesh.kit.agent import CommandLine, Envelope, Flag
from mesh.kit.problem import FieldError, Invalid


def read(given: Mapping[str, str]) -> Mapping[str, Any]:
    """The question from the flags; the requirements may also be a file or standard input."""
    words = given.get("requirements", given.get("input"))
    if words is None:
        reason = "say what is needed, or give a file"
        raise Invalid(f"--requirements: {reason}.", errors=[FieldError("--requirements", reason)])
    question: dict[str, Any] = {"requirements": words}
    if "region" in given:
        question["region"] = given["region"]
    if "certifications" in given:
        question["certifications"] = [
            name.strip() for name in given["certifications"].split(",") if name.strip()
        ]
    for flag, name in (("hours", "capacity_hours"), ("limit", "limit")):
        if flag in given:
            question[name] = given[flag]
    return question


def show(ask: Question, envelope: Envelope, width: int) -> str:  # noqa: ARG001
    """The answer as text of at most `width` columns."""
    answer = Answer.model_validate(envelope.answer)
    lines = [f"{answer.fitting} of {answer.considered} partners meet every constraint."]
    lines += [f"  {each.partners} without {each.constraint}" for each in answer.excluded]
    for place, match in enumerate(answer.partners, start=1):
        lines += ["", *_match(place, match)]
    lines += ["", *answer.not_known] if answer.not_known else []
    return "\n".join(line[:width] for line in lines)


def _match(place: int, match: Match) -> Iterator[str]:
    card = match.card
    mark = "  (simulated)" if match.simulated else ""
    yield f"{place}. {match.partner}  {match.score:.2f}  {card.get('region', '')}{mark}".rstrip()
    for each in match.covers:
        yield f"   covers {each.need}: {each.quote}"
    for need in match.lacks:
        yield f"   lacks  {need}"


def why_not(answer: Answer) -> str | None:
    """Why there is no partner, or None."""
    if answer.partners:
        return None
    if not answer.considered:
        return answer.not_known[0]
    return "no partner meets every constraint: " + ", ".join(each.constraint for each in answer.excluded)


TERMINAL = CommandLine(
    read=read,
    show=show,
    why_not=why_not,
    flags=(
        Flag("requirements", "the work in plain words"),
        Flag("region", "only partners of this region"),
        Flag("certifications", "only partners that hold all of these, with commas between them"),
        Flag("hours", "only partners with so many free hours a month"),
        Flag("limit", "how many partners to show, 10 by default"),
    ),
)
