"""What a run came to, in words: sentences of the playbook with numbers from answers, each with its source."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, Field

from mesh.workflows import mapping
from mesh.workflows.playbook import Line, Section
from mesh.workflows.run import Run, StepRun


class Source(BaseModel):
    """Where a sentence is from: a step and its stored answers; none where no agent but rows answered."""

    step: str
    result_ids: list[str]


class Sentence(BaseModel):
    text: str
    sources: list[Source]


class Told(BaseModel):
    title: str
    sentences: list[Sentence]
    not_known: list[str] = Field(default=[], description="Why parts of it are missing")


class Outcome(BaseModel):
    """How one step ended."""

    step: str
    title: str
    agent: str | None
    state: str
    reason: str
    attempts: int
    took_ms: float | None
    result_ids: list[str]


class Report(BaseModel):
    """The end of a run. What is not known stands as such; nothing is guessed."""

    playbook: str
    headline: str
    sections: list[Told]
    steps: list[Outcome]


def composed(run: Run) -> tuple[Report, bool]:
    """The report over what is stored of the run, and whether any of it rests on simulated rows."""
    steps = {step.name: step for step in run.steps()}
    context = run.context(frozenset(steps))
    headline = mapping.filled(run.playbook.headline, context)
    report = Report(
        playbook=run.playbook.name,
        headline=headline or f"{run.playbook.title}: too little is known for a summary",
        sections=[_section(section, context, steps) for section in run.playbook.report],
        steps=[_outcome(step) for step in steps.values()],
    )
    return report, any(step.simulated for step in steps.values())


def _section(section: Section, context: Mapping[str, Any], steps: Mapping[str, StepRun]) -> Told:
    sentences = [sentence for line in section.lines for sentence in _sentences(line, context, steps)]
    left_out = [steps[name] for name in section.of if steps[name].state != "done"]
    not_known = [f"{step.title}: {step.reason or 'not done'}" for step in left_out]
    return Told(title=section.title, sentences=sentences, not_known=not_known)


def _sentences(line: Line, context: Mapping[str, Any], steps: Mapping[str, StepRun]) -> Iterator[Sentence]:
    if line.when and not mapping.holds(line.when, context):
        return
    sources = [
        Source(step=name, result_ids=steps[name].result_ids)
        for name in steps
        if name in line.reads and steps[name].state == "done"
    ]
    items = [None] if line.each is None else mapping.found(line.each, context)
    for item in items[: line.most] if isinstance(items, list) else ():
        text = mapping.filled(line.text, context if line.each is None else {**context, "item": item})
        if text is not None:
            yield Sentence(text=mapping.written(text), sources=sources)


def _outcome(step: StepRun) -> Outcome:
    return Outcome(
        step=step.name,
        title=step.title,
        agent=step.agent,
        state=step.state,
        reason=step.reason,
        attempts=step.attempts,
        took_ms=step.took_ms,
        result_ids=step.result_ids,
    )
