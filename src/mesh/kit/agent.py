"""What an agent declares. The registry, the routes, the Lambdas and the dashboard are all made from it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from mesh.kit.ports import Ports, Sighted

AnswerT = TypeVar("AnswerT", bound=BaseModel)
Provider = Literal["onnx", "bedrock", "comprehend", "rules", "solver", "statistics"]


class ModelUsed(BaseModel):
    """Which model gave an answer; `version` changes when the same question may be answered differently."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    name: str
    version: str
    provider: Provider


@dataclass(frozen=True, slots=True)
class Answered(Generic[AnswerT]):
    """What an agent's `answer` returns. `simulated` is true when any stored row it used was simulated."""

    answer: AnswerT
    by: ModelUsed
    simulated: bool = False


class Envelope(BaseModel):
    """The reply to one question, as stored and as sent."""

    model_config = ConfigDict(protected_namespaces=())

    result_id: str
    agent: str
    msp_id: str
    answered_at: datetime
    took_ms: float
    model: ModelUsed
    simulated: bool = False
    answer: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Example:
    """A question that can be sent as it is; shown in OpenAPI and asked by `tests/test_every_agent.py`."""

    title: str
    question: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Format:
    """Another way to write an answer, chosen by `?format=`. `render` gets the envelope's parts."""

    media_type: str
    render: Callable[[Envelope], str]


@dataclass(frozen=True, slots=True)
class View:
    """A GET route of an agent over what is stored. `query` names and checks its parameters."""

    path: str
    summary: str
    query: type[BaseModel]
    reply: type[BaseModel]
    read: Callable[[Any, Ports], BaseModel]


@dataclass(frozen=True, slots=True)
class Act:
    """A POST route of an agent that changes what is stored, beside its question. `do` raises a Problem
    when it cannot be done.
    """

    path: str
    summary: str
    ask: type[BaseModel]
    reply: type[BaseModel]
    do: Callable[[Any, Ports], BaseModel]


@dataclass(frozen=True, slots=True)
class Flag:
    """An option of `./mesh ask`. With `file`, its value is a path and the agent gets the file's text."""

    name: str
    help: str
    file: bool = False


@dataclass(frozen=True, slots=True)
class CommandLine:
    """How an agent is asked from a terminal.

    `read` makes the question from the flags by name, plus `input`: the text of the file named without a
    flag, or of standard input. It raises a Problem that names the flag. `show` writes an envelope, given
    the question and a width in columns. `why_not` says why an answer is none (exit status 1), else None.
    `picture`, where there is one, draws an envelope as PNG for `--plot FILE`.
    """

    read: Callable[[Mapping[str, str]], Mapping[str, Any]]
    show: Callable[[Any, Envelope, int], str]
    why_not: Callable[[Any], str | None]
    flags: tuple[Flag, ...] = ()
    picture: Callable[[Any, Envelope], bytes] | None = None


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of training on a tenant's own records: whether its model changed, and why or why not.

    `scores` are on held-out time; `by` is the model that answers from now on.
    """

    kept: bool
    message: str
    by: ModelUsed
    scores: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Training:
    """How an agent learns from one tenant's own records (`./mesh train AGENT --msp X`).

    `run` says how far it is, line by line; it stores what it made among the tenant's blobs, and only where
    that does better than the model in use. It raises Invalid with the reason when there is too little to
    learn from, and Unavailable when what it takes is not installed.
    """

    summary: str
    run: Callable[[Ports, Callable[[str], None]], Trained]


@dataclass(frozen=True, slots=True)
class Size:
    """What its Lambda gets."""

    memory_mb: int
    timeout_s: int


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent, whole. `name` is its folder, its Lambda's suffix and its page.

    `answer(ask, ports)` is pure: it reads time, stored rows, models and knowledge through `ports` only,
    and the same question over the same ports gives the same answer.
    `event` is published after each answer, with `digest(answer)` (small, no client names) as its data.
    """

    name: str
    title: str
    summary: str
    route: str
    ask: type[BaseModel]
    reply: type[BaseModel]
    answer: Callable[[Any, Ports], Answered[Any]]
    examples: tuple[Example, Example]
    event: str
    digest: Callable[[Any], Mapping[str, Any]]
    terminal: CommandLine
    size: Size
    aliases: tuple[str, ...] = ()
    formats: Mapping[str, Format] = field(default_factory=dict)
    views: tuple[View, ...] = ()
    acts: tuple[Act, ...] = ()
    # Which of its questions take so long that they are always jobs, whatever the asker prefers.
    as_job: Callable[[Any], bool] = lambda _question: False
    # Whether its acts introduce MSPs to one another, for which it writes into the rows of both.
    introduces: bool = False
    # Models it loads, by their names in the model store; reported with their hashes by /agents/status.
    models: tuple[str, ...] = ()
    # Paid services that its providers may ask: on AWS it gets leave to call these and no others.
    services: tuple[Literal["bedrock", "comprehend"], ...] = ()
    # How it learns from a tenant's own records; None for an agent that does not.
    training: Training | None = None
    # What of an answer other MSPs should know of, told to the port `Sightings` once the answer is kept:
    # seen(question, answer). None for an agent that sees nothing that others could meet.
    seen: Callable[[Any, Any], Sequence[Sighted]] | None = None

    @property
    def slug(self) -> str:
        """The name as it stands in routes, topics and replies: `threat-intelligence`."""
        return self.name.replace("_", "-")
