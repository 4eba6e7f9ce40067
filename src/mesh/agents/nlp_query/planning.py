"""From what was read to a plan, with what was left unsaid filled in."""

from collections.abc import Sequence
from datetime import datetime

from mesh.agents.nlp_query.cues import COMPARE, YEAR_OVER
from mesh.agents.nlp_query.layer import TIMES, Metric
from mesh.agents.nlp_query.model import Filter, Plan, Window
from mesh.agents.nlp_query.said import Read, Unread
from mesh.agents.nlp_query.windows import Found, before, find, year_before


def planned(found: Read, now: datetime, last: Plan | None = None) -> Plan | Unread:
    """The plan: what the words say, then what the turn before said, then the metric's own defaults."""
    metric = found.metric
    assert metric is not None
    windows = [f.window for f in found.windows]
    window = windows[0] if windows else None
    against = _against(found)
    if found.compare and len(windows) == 1 and _after_cue(found) and not found.trend:
        window, against = _current(found.windows[0], now), windows[0]
    group_by, filters = list(found.group_by), list(found.filters)
    if found.order and not group_by and metric.name != "device_max":
        choices = tuple(d.replace("_", " ") for d in metric.dimensions if d not in ("text", "time"))
        why = f"The {'most' if found.order == 'down' else 'least'} by what? By {', '.join(choices)} is known."
        return Unread("ambiguous", why, choices, metric.name)
    if found.trend and not set(group_by) & set(TIMES) and metric.takes("month"):
        group_by.insert(0, "month")
    if last is not None:
        window = window or (last.window if not (found.ever or found.trend) else None)
        against = against or (last.against if found.compare else None)
        replaced = {f.dimension for f in filters}
        filters = [
            f for f in last.filters if f.dimension not in replaced and metric.takes(f.dimension)
        ] + filters
        group_by = group_by or [d for d in last.group_by if metric.takes(d) and d not in replaced]
    if window is None and not found.ever:
        window = _default(metric, group_by, now)
    if found.windows and not metric.at:
        return Unread(
            "not_combinable",
            f"{metric.label.capitalize()} is known as of its last reckoning only, not by time.",
            metric=metric.name,
        )
    if window is not None and window.start >= now and not metric.future:
        why = f"{metric.label.capitalize()} of the future is not in the records."
        why += " A forecast is under /revenue/forecast." if metric.source == "revenue" else ""
        return Unread("future", why, metric=metric.name)
    if (
        (found.why or found.compare or found.moved)
        and against is None
        and window is not None
        and metric.name != "churn_risk"
        and not found.trend
    ):
        step = (
            found.windows[0] if found.windows and found.windows[0].window == window else _found(window, now)
        )
        against = before(step, now)
    if found.why and metric.why and not group_by:
        known = {f.dimension for f in filters}
        group_by = [metric.why if metric.why not in known else "client" if "client" not in known else "month"]
        group_by = [d for d in group_by if metric.takes(d)]
    return _made(found, metric, group_by, filters, window, against)


def _made(
    found: Read,
    metric: Metric,
    group_by: list[str],
    filters: list[Filter],
    window: Window | None,
    against: Window | None,
) -> Plan:
    timed = bool(group_by) and group_by[0] in TIMES
    form = (
        "why"
        if found.why
        else "comparison"
        if against
        else "trend"
        if timed
        else "breakdown"
        if group_by
        else "value"
    )
    order = found.order if group_by else None
    if group_by and order is None:
        order = "time" if timed else "down"
    return Plan.model_validate(
        {"form": form, "metric": metric.name, "source": metric.source, "filters": filters,
         "group_by": group_by[:3], "window": window, "against": against, "order": order,
         "top": found.top if group_by else None}
    )  # fmt: skip


def _against(found: Read) -> Window | None:
    if not found.compare:
        return None
    if len(found.windows) > 1:
        return found.windows[1].window
    if YEAR_OVER.search(found.text) and found.windows:
        return year_before(found.windows[0].window)
    return None


def _after_cue(found: Read) -> bool:
    cue = COMPARE.search(found.text)
    return cue is not None and found.windows[0].first > cue.start()


def _current(found: Found, now: datetime) -> Window:
    """`Compared with last month` speaks of this month."""
    unit = found.unit or "month"
    return find(f"this {unit}", now)[0].window


def _found(window: Window, now: datetime) -> Found:
    again = find(window.words, now)
    return Found(window, 0, 0, again[0].unit if again and again[0].window == window else "")


def _default(metric: Metric, group_by: Sequence[str], now: datetime) -> Window | None:
    words_ = metric.window
    times = set(group_by) & set(TIMES)
    if times and not metric.future:
        words_ = {"hour": "past 2 days", "day": "past 30 days", "week": "past 12 weeks"}.get(
            next(iter(times)), "past 12 months" if "year" not in times else ""
        )
    if not words_:
        return None
    found = find(words_, now)[0]
    window = found.window
    if times and not metric.future and times & {"month", "quarter"}:
        from mesh.agents.nlp_query.windows import floor

        window = Window(start=floor(window.start, "month"), end=window.end, words=window.words)
    return window
