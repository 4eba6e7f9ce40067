"""What a playbook says: what it takes, its steps, what flows between them, and what is told at the end.

All of it is data, checked when it is loaded: a name that nothing gives, or an expression that cannot be
read, is found then and not in the middle of a run.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from mesh.workflows import mapping

# A run ends within the lease of its job: nobody else takes it up while it goes on.
LONGEST_S = 100.0
# What every expression may begin with, besides the names of earlier steps.
ALWAYS = frozenset({"input", "run"})
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,49}$")]


def _readable(expression: str) -> str:
    mapping.compiled(expression)
    return expression


def _filled_in(form: Any) -> Any:
    for expression in mapping.expressions(form):
        mapping.compiled(expression)
    return form


Expression = Annotated[str, AfterValidator(_readable)]
Form = Annotated[Any, AfterValidator(_filled_in)]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Input(Part):
    """One field of what a run takes. `client` is the id of a stored client, `result` that of a stored answer
    of the agent named in `agent`."""

    type: Literal["text", "name", "names", "number", "whole", "moment", "events", "client", "result"]
    about: str
    required: bool = False
    default: Any = None
    least: float | None = None
    most: float | None = None
    agent: Slug | None = None


class Example(Part):
    """An input that can be sent as it is."""

    title: str
    input: Mapping[str, Any]


class Trigger(Part):
    """The event that starts the playbook by itself, where the tenant wants it. Expressions see the event."""

    event: str
    when: Expression
    input: Form


class Step(Part):
    """One thing to do: to ask an agent, to read an agent's `view`, or to look something up.

    It comes after the steps that its expressions name, and those in `needs`, without which it is left out.
    With `each`, it is done once for every thing the expression finds, which is called `item`. `instead` is
    the id of a stored answer that is taken, where there is one, and the agent is not asked again.
    """

    name: Name
    title: str
    agent: Slug | None = None
    view: str | None = None
    lookup: Slug | None = None
    question: Form = Field(default_factory=dict)
    needs: tuple[Name, ...] = ()
    when: Expression | None = None
    otherwise: str = ""
    each: Expression | None = None
    most: Annotated[int, Field(ge=1, le=20)] = 6
    instead: Form = None
    attempts: Annotated[int, Field(ge=1, le=5)] = 2
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 30.0

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if (self.agent is None) == (self.lookup is None):
            raise ValueError(f"step {self.name}: give an agent or a lookup")
        if self.view is not None and self.agent is None:
            raise ValueError(f"step {self.name}: a view is an agent's")
        if (self.when is None) != (not self.otherwise):
            raise ValueError(f"step {self.name}: `when` and `otherwise`, which says why not, go together")
        return self

    @property
    def asks(self) -> bool:
        """Whether an agent answers, so that its answer is a stored result."""
        return self.agent is not None and self.view is None

    @cached_property
    def reads(self) -> frozenset[str]:
        """What its expressions begin with."""
        given = [*mapping.expressions(self.question), *mapping.expressions(self.instead)]
        asked = [self.when, self.each]
        return frozenset().union(*(mapping.roots(e) for e in [*given, *(e for e in asked if e)]))


class Line(Part):
    """A sentence of the report; left out where a part of it is not known, or `when` does not hold."""

    text: Form
    when: Expression | None = None
    each: Expression | None = None
    most: Annotated[int, Field(ge=1, le=50)] = 5

    @property
    def reads(self) -> frozenset[str]:
        expressions = [*mapping.expressions(self.text), *(e for e in (self.when, self.each) if e)]
        return frozenset().union(*(mapping.roots(e) for e in expressions))


class Section(Part):
    """Part of the report. Without `of` it always stands; else what is said where no such step was done."""

    title: str
    of: tuple[Name, ...] = ()
    lines: tuple[Line, ...]


class Playbook(Part):
    name: Slug
    version: str
    title: str
    summary: str
    deadline_s: Annotated[float, Field(gt=0, le=LONGEST_S)] = 90.0
    input: Mapping[Name, Input] = {}
    any_of: tuple[Name, ...] = Field(default=(), description="At least one of these inputs is given")
    examples: Annotated[tuple[Example, ...], Field(min_length=1)]
    trigger: Trigger | None = None
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=30)]
    headline: Form
    report: Annotated[tuple[Section, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        known: set[str] = set()
        for step in self.steps:
            if step.name in known or step.name in ALWAYS or step.name == "item":
                raise ValueError(f"step {step.name}: the name is taken")
            allowed = {*known, *ALWAYS, *(["item"] if step.each else [])}
            _only(f"step {step.name}", {*step.reads, *step.needs}, allowed)
            known.add(step.name)
        for section in self.report:
            _only(f"section {section.title}", section.of, known)
            for line in section.lines:
                allowed = {*known, *ALWAYS, *(["item"] if line.each else [])}
                _only(f"section {section.title}", line.reads, allowed)
        _only("any_of", self.any_of, set(self.input))
        return self

    @cached_property
    def stages(self) -> tuple[tuple[Step, ...], ...]:
        """Steps in the order they come; those of one stage wait for none of each other, and run side by
        side."""
        level: dict[str, int] = {}
        for step in self.steps:
            before = (step.reads | set(step.needs)) & set(level)
            level[step.name] = 1 + max((level[name] for name in before), default=-1)
        deepest = max(level.values())
        return tuple(
            tuple(step for step in self.steps if level[step.name] == depth) for depth in range(deepest + 1)
        )

    def step(self, name: str) -> Step:
        """The step of that name. Raises StopIteration when there is none."""
        return next(step for step in self.steps if step.name == name)


def _only(where: str, names: Iterable[str], allowed: set[str]) -> None:
    unknown = sorted(set(names) - allowed)
    if unknown:
        raise ValueError(f"{where}: {unknown[0]} is neither an input nor an earlier step")
