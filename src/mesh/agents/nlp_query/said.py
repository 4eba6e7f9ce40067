"""What the words of a question say: why it has no plan, or what one is made of."""

from dataclasses import dataclass, field

from mesh.agents.nlp_query.layer import Metric
from mesh.agents.nlp_query.matching import Matched
from mesh.agents.nlp_query.model import Filter, Reason
from mesh.agents.nlp_query.windows import Found


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a question has no plan."""

    reason: Reason
    why: str
    choices: tuple[str, ...] = ()
    metric: str = ""


@dataclass
class Read:
    """What the words of a question say, before anything is left to defaults."""

    text: str
    matched: Matched
    windows: list[Found]
    metric: Metric | None = None
    filters: list[Filter] = field(default_factory=list)
    group_by: list[str] = field(default_factory=list)
    order: str | None = None
    top: int | None = None
    notes: list[str] = field(default_factory=list)
    unread: Unread | None = None
    trend: bool = False
    compare: bool = False
    moved: bool = False
    why: bool = False
    ever: bool = False
