"""A plan proposed by a language model where the rules find none; the same checks decide over it."""

from dataclasses import dataclass
from typing import Any

from mesh.agents.nlp_query.layer import TIMES, layer
from mesh.agents.nlp_query.model import Plan
from mesh.agents.nlp_query.planning import planned
from mesh.agents.nlp_query.reading import read
from mesh.agents.nlp_query.said import Unread
from mesh.agents.nlp_query.vocabulary import Vocabulary
from mesh.kit.agent import ModelUsed
from mesh.kit.ports import Ports
from mesh.kit.problem import Unanswered, Unavailable

TASK = (
    "Choose the metric that the question asks for, its time in words, the dimensions it is grouped by, and "
    "names as they stand in the question. Use `none` when no metric fits."
)


@dataclass(frozen=True, slots=True)
class Offer:
    plan: Plan
    by: ModelUsed
    note: str


def form() -> dict[str, Any]:
    """The JSON schema of a proposal: names of the layer, and short texts that the rules read again."""
    dimensions = [*layer().dimensions]
    return {
        "type": "object",
        "properties": {
            "metric": {"type": "string", "enum": [*layer().metrics, "none"]},
            "group_by": {"type": "array", "items": {"type": "string", "enum": dimensions}, "maxItems": 2},
            "window": {
                "type": "string",
                "maxLength": 60,
                "description": "For instance: last month, since March",
            },
            "names": {"type": "array", "items": {"type": "string", "maxLength": 100}, "maxItems": 3},
        },
        "required": ["metric"],
        "additionalProperties": False,
    }


def proposed(query: str, unread: Unread, known: Vocabulary, ports: Ports) -> Offer | None:
    """A checked plan, or None: no provider, none that fits, or one that the checks refuse.

    Raises Unanswered when a provider that is set up fails.
    """
    if unread.reason != "not_understood":
        return None
    try:
        provided = ports.generator.propose(TASK, query, form())
    except Unanswered:
        raise
    except Unavailable:
        return None
    row = provided.value
    metric = layer().metrics.get(str((row or {}).get("metric")))
    if row is None or metric is None:
        return None
    names = [str(n) for n in row.get("names") or [] if str(n).casefold() in query.casefold()]
    groups = [str(d) for d in row.get("group_by") or []]
    if any(not metric.takes(d) for d in groups) or len(names) < len(row.get("names") or []):
        return None
    words = " ".join([*names, str(row.get("window") or ""), *(f"by {d.replace('_', ' ')}" for d in groups)])
    found = read(words, known, ports.clock.now(), metric)
    if (
        found.unread is not None
        or found.metric is not metric
        or set(groups) - set(found.group_by) - set(TIMES)
    ):
        return None
    plan = planned(found, ports.clock.now())
    if isinstance(plan, Unread):
        return None
    told = f"The plan was proposed by {provided.by.name} and passed the checks."
    return Offer(plan, provided.by, f"{told} {provided.instead_of}".strip())
