"""How the agent is asked from a terminal, and how its answer is shown there."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import from_json

from mesh.agents.federated_learning.model import Answer, Question
from mesh.kit.agent import CommandLine, Envelope, Flag
from mesh.kit.federation import Measured
from mesh.kit.problem import FieldError, Invalid

BARS = "▁▂▃▄▅▆▇█"
REHEARSAL = ("sites", "records", "seed", "dropping", "poisoning")
FIGURES = (
    ("shared model", "federated"), ("in use today", "in_use"), ("each for itself", "local_only"),
    ("pooled", "pooled"),
)  # fmt: skip


def read(given: Mapping[str, str]) -> Mapping[str, Any]:
    """The question from the flags, or from JSON in a file."""
    question: dict[str, Any] = {}
    if "input" in given:
        question = _object(given["input"])
    for flag, name in (
        ("model", "model_type"), ("epsilon", "privacy_epsilon"), ("rounds", "rounds"),
        ("strategy", "strategy"), ("defence", "defence"),
    ):  # fmt: skip
        if flag in given:
            question[name] = given[flag]
    if "with" in given:
        question["participating_msps"] = [one.strip() for one in given["with"].split(",") if one.strip()]
    if given.get("masks") == "no":
        question["secure_aggregation"] = False
    if "rehearse" in given:
        question["rehearsal"] = _rehearsal(given["rehearse"])
    if not question:
        reason = "say what to train (churn or threat_techniques), or give a file with the question"
        raise Invalid(f"--model: {reason}.", errors=[FieldError("--model", reason)])
    return question


def _object(text: str) -> dict[str, Any]:
    try:
        found = from_json(text)
    except ValueError as fault:
        raise Invalid("The file is not JSON.", errors=[FieldError("FILE", str(fault)[:200])]) from fault
    if not isinstance(found, dict):
        raise Invalid("The file holds no question.", errors=[FieldError("FILE", "must be a JSON object")])
    return found


def _rehearsal(text: str) -> dict[str, int]:
    found = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        name, _, value = part.partition("=")
        if name not in REHEARSAL or not value.isdecimal() or len(value) > 9:
            reason = f"takes {', '.join(f'{each}=N' for each in REHEARSAL)}"
            raise Invalid(f"--rehearse {reason}.", errors=[FieldError("--rehearse", reason)])
        found[name] = int(value)
    return found


def show(ask: Question, envelope: Envelope, width: int) -> str:  # noqa: ARG001
    """The answer as text of at most `width` columns."""
    answer = Answer.model_validate(envelope.answer)
    lines = [*_head(answer, envelope), "", *_figures(answer), "", *_rounds(answer), "", *_sites(answer)]
    return "\n".join(part for line in lines for part in (_cut(line, width) or [""]))


def _head(answer: Answer, envelope: Envelope) -> Iterator[str]:
    mark = "  (simulated)" if envelope.simulated else ""
    version = f"  version {answer.model_version}" if answer.model_version else ""
    yield f"{answer.model_type}  {answer.status.replace('_', ' ').upper()}{version}{mark}"
    yield answer.why
    how = "masked sums" if answer.secure_aggregation else f"updates seen, defence: {answer.defence}"
    yield (
        f"{answer.sites_in} sites, {len(answer.rounds)} rounds, {answer.strategy}, {how}; epsilon "
        f"{answer.epsilon_spent:g} at delta {answer.delta:g}, noise {answer.noise_multiplier:.2f} clips"
    )


def _figures(answer: Answer) -> Iterator[str]:
    yield "AUC on held-out records"
    for words, name in FIGURES:
        figure: Measured = getattr(answer, name)
        value = "     -" if figure.auc is None else f"{figure.auc:6.3f}"
        yield f"  {words:<16}{value}  {figure.note}"


def _rounds(answer: Answer) -> Iterator[str]:
    known = [told for told in answer.rounds if told.auc is not None]
    drawn = "".join(BARS[max(0, min(7, int(16 * (told.auc or 0) - 8)))] for told in known)
    if known:
        at = ", ".join(f"{told.auc:.3f} after {told.round}" for told in known)
        yield f"AUC by round  {drawn}  {at} (noise added)"
    lost = sum(told.repeated for told in answer.rounds)
    dropped = sum(told.sites_dropped for told in answer.rounds)
    yield f"{dropped} times a site fell silent, {lost} rounds were lost and begun again"


def _sites(answer: Answer) -> Iterator[str]:
    yield "  site       rounds  silent  epsilon"
    for site in answer.sites:
        name = f"{site.site}{' *' if site.you else ''}"
        if site.why_out:
            yield f"  {name:<10} out: {site.why_out}"
        else:
            yield f"  {name:<10} {site.rounds_in:>6}  {site.rounds_dropped:>6}  {site.epsilon:>7.4f}"
    if any(site.you for site in answer.sites):
        yield "  * yours"


def _cut(line: str, width: int) -> list[str]:
    import textwrap

    return textwrap.wrap(line, width, subsequent_indent="  " if line.startswith(" ") else "")


def why_not(answer: Answer) -> str | None:
    """A training that ended is an answer, whether its model was kept or not."""
    return None if answer.rounds else answer.why


TERMINAL = CommandLine(
    read=read,
    show=show,
    why_not=why_not,
    flags=(
        Flag("model", "what to train: churn or threat_techniques"),
        Flag("with", "ids of MSPs to invite, with commas between them; without, all that agreed"),
        Flag("epsilon", "what a client record may pay, 1 by default"),
        Flag("rounds", "how many rounds, 60 by default"),
        Flag("strategy", "fedavg, fedavgm (default), fedprox or fedadam"),
        Flag("masks", "no: without secure aggregation"),
        Flag("defence", "trimmed_mean or krum, without masks"),
        Flag("rehearse", "on made-up sites: sites=5,records=400,seed=0,dropping=1"),
    ),
)
