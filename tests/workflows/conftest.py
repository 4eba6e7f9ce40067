"""Small playbooks over agents made for tests, on an embedded platform under a clock that is set by hand."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from mesh.adapters.embedded.platform import open_platform
from mesh.kit.agent import Agent, Answered, Envelope
from mesh.kit.fakes import StoppedClock
from mesh.kit.platform import Job, Platform, Tenant
from mesh.kit.ports import Ports
from mesh.kit.problem import NotFound
from mesh.workflows import engine
from mesh.workflows.playbook import Playbook
from mesh.workflows.run import Run, StepRun, of_job
from tests.acting import BY, Said, acting

MSP = "msp-a"


def playbook(*steps: Mapping[str, Any], **more: Any) -> Playbook:
    """A playbook of these steps over the input `text`, which reports what the last of them said."""
    last = steps[-1]["name"]
    lines = [{"text": f"{{{{ {last}.said }}}}"}]
    form = {
        "name": "tested",
        "version": "1",
        "title": "Tested",
        "summary": "Made for a test.",
        "input": {"text": {"type": "text", "about": "Anything", "default": "hello"}},
        "examples": [{"title": "One", "input": {"text": "one"}}],
        "steps": steps,
        "headline": "{{ input.text }}",
        "report": [{"title": "The end", "of": [step["name"] for step in steps], "lines": lines}],
        **more,
    }
    return Playbook.model_validate(form)


def step(name: str, agent: str = "echo", text: str = "{{ input.text }}", **more: Any) -> dict[str, Any]:
    return {"name": name, "title": name, "agent": agent, "question": {"text": text}, **more}


class Anything(BaseModel):
    """Takes whatever a playbook asks."""

    model_config = ConfigDict(extra="allow")


def easy(name: str, answer: Callable[[Any, Ports], Answered[Any]] | None = None) -> Agent:
    """An agent of that name that takes any question and says so, or answers as told."""
    said = answer or (lambda ask, ports: Answered(Said(said=str(ask.model_extra), total=0), BY))
    return replace(acting(said, name), ask=Anything)


@dataclass
class Stage:
    """A platform on which playbooks are played by these agents."""

    platform: Platform
    clock: StoppedClock
    pauses: list[float] = field(default_factory=list)

    def open(self, book: Playbook, given: Mapping[str, Any] | None = None, **more: Any) -> Job:
        return engine.opened(book, given or {"text": "hello"}, self.platform, MSP, mine=True, **more)

    def play(
        self, book: Playbook, agents: Sequence[Agent], given: Mapping[str, Any] | None = None
    ) -> Envelope:
        return self.go_on(self.open(book, given), book, agents)

    def go_on(self, job: Job, book: Playbook, agents: Sequence[Agent]) -> Envelope:
        return engine.perform(
            job, self.platform, cast(agents), known=lambda _: book, sleep=self.pauses.append
        )

    def run(self, job_id: str, book: Playbook) -> Run:
        job = self.platform.jobs.find(MSP, job_id)
        assert job
        return of_job(job, book, self.platform)

    def steps(self, envelope: Envelope, book: Playbook) -> dict[str, StepRun]:
        return {one.name: one for one in self.run(envelope.result_id, book).steps()}

    def events(self) -> list[tuple[str, str]]:
        return [(event.topic, event.type) for event in self.platform.outbox.after(MSP, None)]


def cast(agents: Sequence[Agent]) -> Callable[[str], Agent]:
    """Knows these agents and no others."""

    def find(name: str) -> Agent:
        for agent in agents:
            if agent.slug == name:
                return agent
        raise NotFound(f"There is no agent {name!r}.")

    return find


def said(envelope: Envelope) -> list[str]:
    """All sentences of the report."""
    return [one["text"] for section in envelope.answer["sections"] for one in section["sentences"]]


def not_known(envelope: Envelope) -> list[str]:
    return [reason for section in envelope.answer["sections"] for reason in section["not_known"]]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    clock = StoppedClock()
    platform = open_platform(tmp_path / "home", clock=clock)
    platform.tenants.put(Tenant(msp_id=MSP, name="A"))
    yield Stage(platform, clock)
    platform.close()
