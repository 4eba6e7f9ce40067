"""What the metric is narrowed to: clients, categories and the like that a question names."""

from collections.abc import Sequence

from mesh.agents.nlp_query.layer import Metric
from mesh.agents.nlp_query.model import Filter
from mesh.agents.nlp_query.said import Read, Unread
from mesh.agents.nlp_query.vocabulary import Meaning


def values(found: Read, about: Sequence[str]) -> None:
    metric = found.metric
    assert metric is not None
    for each in found.matched.matches:
        if (
            any(m.kind == "metric" and m.value == metric.name for m in each.meanings)
            and metric.source != "metrics"
        ):
            continue
        values = [m for m in each.meanings if m.kind == "value"]
        if not values:
            continue
        fitting = _fitting(values, metric)
        people = [m for m in fitting if m.dimension in ("client", "technician")]
        whole = [m for m in people if m.whole]
        if len({m.value for m in whole or people}) > 1 and len(people) == len(fitting):
            labels = sorted({m.label for m in whole or people})
            why = f"{' '.join(each.words)!r} may be {' or '.join(labels[:6])}. Which one?"
            found.unread = found.unread or Unread("ambiguous", why, tuple(labels[:10]), metric.name)
        elif fitting:
            chosen = (whole or fitting)[0]
            found.filters.append(Filter(dimension=chosen.dimension, value=chosen.value, label=chosen.label))
        elif not any(m.kind != "value" for m in each.meanings):
            cannot(found, values[0].dimension)
    for words_ in about:
        if "text" in metric.dimensions and words_ not in {w for m in found.matched.matches for w in m.words}:
            found.filters.append(Filter(dimension="text", value=words_, label=words_))
    found.filters = list({(f.dimension, f.value): f for f in found.filters}.values())


def _fitting(values: Sequence[Meaning], metric: Metric) -> list[Meaning]:
    """Those of the first dimension that the metric takes; names that stand in the tenant's rows first."""
    takes = [m for m in values if metric.takes(m.dimension)]
    if not takes:
        return []
    order = [*metric.dimensions]
    first = min(takes, key=lambda m: (not m.whole, order.index(m.dimension))).dimension
    return [m for m in takes if m.dimension == first]


def cannot(found: Read, dimension: str) -> None:
    metric = found.metric
    assert metric is not None
    by = dimension.replace("_", " ")
    why = f"{metric.label.capitalize()} cannot be told by {by}; by {_listed(metric)} they can."
    found.unread = found.unread or Unread("not_combinable", why, metric=metric.name)


def _listed(metric: Metric) -> str:
    names = ["month" if d == "time" else d.replace("_", " ") for d in metric.dimensions if d != "text"]
    return ", ".join(names)
