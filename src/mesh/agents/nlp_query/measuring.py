"""Which metric is asked for, and whether its most or its least."""

from mesh.agents.nlp_query.cues import DOWN, MIXED, UP
from mesh.agents.nlp_query.layer import Metric, layer
from mesh.agents.nlp_query.said import Read, Unread


def metric_of(found: Read, hint: Metric | None) -> Metric | None:
    """The highest in rank of those named; two measures at once are asked back."""
    named: dict[str, Metric] = {}
    for each in found.matched.matches:
        for meaning in each.meanings:
            if meaning.kind == "metric":
                named[meaning.value] = layer().metrics[meaning.value]
    if {"sla_breaches", "open_tickets"} <= set(named):
        return layer().metrics["overdue_tickets"]
    if "device_max" in named and not {"device_mean"} & set(named):
        del named["device_max"]
    if named.keys() & {"mrr", "revenue_per_seat"}:
        named.pop("revenue", None)
    if "churn_risk" in named:
        named.pop("clients_left", None)
    if "work_hours" in named and "resolution_hours" in named:
        del named["work_hours"]
    if "device_mean" in named and _has_superlative(found) and found.matched.words:
        named["device_max"] = layer().metrics["device_max"]
    if not named:
        return hint or _thing(found)
    rank = max(metric.rank for metric in named.values())
    best = [metric for metric in named.values() if metric.rank == rank]
    if len(best) > 1 and not (rank < 3):
        labels = [metric.label for metric in best]
        why = f"Two things are asked at once: {' and '.join(labels)}. Ask for one at a time."
        found.unread = Unread("ambiguous", why, tuple(metric.question for metric in best), best[0].name)
    return best[-1] if rank == 2 else best[0]


def _has_superlative(found: Read) -> bool:
    grouped = {"which", "what"} & set(found.matched.words[:1]) and len(found.matched.words) > 1
    return not grouped and bool(set(found.matched.words) & {"highest", "largest", "most"})


def _thing(found: Read) -> Metric | None:
    """`How many clients`: a dimension that is counted itself."""
    for each in found.matched.matches:
        for meaning in each.meanings:
            if (
                meaning.kind == "dimension"
                and meaning.value in ("client", "technician")
                and each.words != ("who",)
            ):
                return layer().metrics["clients" if meaning.value == "client" else "technicians"]
    return None


def superlative(found: Read, top: int | None) -> None:
    assert found.metric is not None
    own = (
        {word for phrase in found.metric.phrases for word in phrase.split()}
        if found.metric.name == "device_max"
        else ()
    )
    named = {
        word
        for each in found.matched.matches
        for word in each.words
        if all(m.kind == "value" for m in each.meanings)
    }
    for word in found.matched.words:
        if word in named:
            continue
        if word in own and found.matched.words[0] != "which":
            continue
        if word in MIXED:
            found.order = MIXED[word][found.metric.good]
        elif word in DOWN and found.order is None:
            found.order = "down"
        elif word in UP:
            found.order = "up"
    if top is not None:
        found.top, found.order = top, found.order or "down"
