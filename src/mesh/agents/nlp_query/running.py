"""Runs a plan over the tenant's rows: filter, group, reduce, compare, order."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mesh.agents.nlp_query.facts import CONDITIONS, Fact, Source, Span, facts
from mesh.agents.nlp_query.layer import TIMES, Metric, layer
from mesh.agents.nlp_query.model import Citation, Filter, Plan, Row, Window
from mesh.agents.nlp_query.places import period, value
from mesh.agents.nlp_query.vocabulary import RECENT, Vocabulary, words
from mesh.agents.nlp_query.windows import floor, stepped
from mesh.kit.ports import Ports

MOST_CITED = 20
MOST_ROWS = 1_000
Key = tuple[str, ...]
Groups = dict[Key, list[Fact]]


@dataclass
class Ran:
    """Rows in their order, what they were computed from, and what is to be said of it."""

    rows: list[Row]
    citations: list[Citation] = field(default_factory=list)
    stored: bool = False
    simulated: bool = False
    notes: list[str] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)


def run(plan: Plan, ports: Ports, known: Vocabulary) -> Ran:
    """The plan's rows. Numbers of money are of one currency each: several are told apart."""
    metric = layer().metrics[str(plan.metric)]
    seen = Source()
    every = _read(plan, metric, ports, seen)
    group_by = [*plan.group_by, *_told_apart(metric, plan, every)]

    def groups(window: Window | None) -> Groups:
        within = _of_month([f for f in every if _within(f, window)], metric, group_by, ports.clock.now())
        return _grouped(
            [f for f in within if _passes(f, metric, plan.filters, known)], group_by, metric, known
        )

    now = groups(plan.window)
    then = groups(plan.against) if plan.against else {}
    if not group_by:
        now = now or {(): []}
    if plan.order == "time" and group_by[:1] and group_by[0] in TIMES and plan.window and len(group_by) == 1:
        now = _without_gaps(now, group_by[0], plan.window, ports.clock.now())
    reduce = _reducer(metric, plan, known, ports.clock.now())
    rows = [
        Row(
            group={d: _label(d, v, known) for d, v in zip(group_by, key, strict=True)},
            value=_rounded(reduce(now.get(key, []), plan.window)),
            before=_rounded(reduce(then.get(key, []), plan.against)) if plan.against else None,
            records=len(now.get(key, [])),
        )
        for key in dict.fromkeys([*now, *then])
    ]
    rows = _ordered(rows, plan)
    used = [fact for facts_ in now.values() for fact in facts_]
    ran = Ran(
        rows, _citations(metric, used), seen.stored, any(f.row.get("simulated") for f in used), facts=used
    )
    if group_by != plan.group_by:
        more = " and ".join(group_by[len(plan.group_by) :]).replace("_", " ")
        ran.notes.append(f"There is more than one {more}: each is told apart.")
    if len(rows) > MOST_ROWS:
        ran.rows = rows[:MOST_ROWS]
        ran.notes.append(f"Of {len(rows)} rows the first {MOST_ROWS} are shown.")
    return ran


def _read(plan: Plan, metric: Metric, ports: Ports, seen: Source) -> list[Fact]:
    """The facts of the plan's windows; of what is told by the latest month, recent ones if there are any."""
    windows = [w for w in (plan.window, plan.against) if w is not None]
    span: Span = (
        (min(w.start for w in windows), max(w.end for w in windows))
        if windows and plan.window
        else (None, None)
    )
    if not windows and metric.measure in ("latest_month", "per_seat") and not plan.group_by:
        recent = list(facts(metric, ports, plan.filters, (ports.clock.now() - RECENT, None), seen))
        if recent:
            return recent
    return list(facts(metric, ports, plan.filters, span, seen))


def _passes(fact: Fact, metric: Metric, filters: Iterable[Filter], known: Vocabulary) -> bool:
    """Of one dimension any value will do; every dimension must hold."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for each in filters:
        wanted[each.dimension].add(each.value.casefold())
    for dimension, values in wanted.items():
        if dimension == "text":
            title = words(str(fact.row.get("title") or ""))
            if not all(any(_same(w, t) for t in title) for text in values for w in words(text)):
                return False
        else:
            held = value(dimension, fact.row, fact.at, known.clients, metric.source == "clients")
            if values.isdisjoint(each.casefold() for each in held):
                return False
    return True


def _same(wanted: str, word: str) -> bool:
    return wanted.removesuffix("s") == word.removesuffix("s")


def _within(fact: Fact, window: Window | None) -> bool:
    return window is None or (fact.at is not None and window.start <= fact.at < window.end)


def _of_month(found: list[Fact], metric: Metric, group_by: Sequence[str], now: datetime) -> list[Fact]:
    """Of what is told by month, the latest that anybody was invoiced for: who left has none in it."""
    if metric.measure not in ("latest_month", "per_seat"):
        return found
    there = [fact for fact in found if fact.at is not None and fact.at <= now]
    return there if set(group_by) & set(TIMES) else _latest(there)


def _told_apart(metric: Metric, plan: Plan, kept: Sequence[Fact]) -> list[str]:
    """What must not be added up: amounts in several currencies, readings of several things."""
    dimension = {"money": "currency"}.get(metric.unit, "metric_type" if metric.source == "metrics" else "")
    if not dimension or dimension in plan.group_by:
        return []
    return [dimension] if len({fact.row.get(dimension) for fact in kept}) > 1 else []


def _grouped(found: Iterable[Fact], group_by: Sequence[str], metric: Metric, known: Vocabulary) -> Groups:
    groups: Groups = defaultdict(list)
    for fact in found:
        keys: list[Key] = [()]
        for dimension in group_by:
            held = value(dimension, fact.row, fact.at, known.clients, metric.source == "clients")
            keys = [(*key, each) for key in keys for each in held]
        for key in keys:
            groups[key].append(fact)
    return dict(groups)


def _without_gaps(groups: Groups, unit: str, window: Window, now: datetime) -> Groups:
    at, whole = floor(window.start, unit), dict(groups)
    while at < min(window.end, now) and len(whole) < MOST_ROWS:
        whole.setdefault((period(at, unit),), [])
        at = stepped(at, unit, 1)
    return whole


Reduce = Callable[[Sequence[Fact], Window | None], float | None]


def _reducer(metric: Metric, plan: Plan, known: Vocabulary, now: datetime) -> Reduce:
    if metric.measure == "utilisation":
        staff = _staff(plan, known)
        return lambda found, window: _utilisation(found, window, staff, now)
    reduce = REDUCERS[metric.measure]
    if metric.measure == "share":
        holds = CONDITIONS[metric.holds]
        return lambda found, window: _share([holds(f.row, now) for f in found])  # noqa: ARG005
    return lambda found, window: reduce(found)  # noqa: ARG005


def _numbers(found: Iterable[Fact]) -> list[float]:
    return [fact.number for fact in found if fact.number is not None]


def _mean(found: Sequence[Fact]) -> float | None:
    numbers = _numbers(found)
    return sum(numbers) / len(numbers) if numbers else None


def _share(held: Sequence[bool]) -> float | None:
    return 100 * sum(held) / len(held) if held else None


def _latest_month(found: Sequence[Fact]) -> float | None:
    return sum(_numbers(_latest(found)))


def _latest(found: Sequence[Fact]) -> list[Fact]:
    months = [period(fact.at, "month") for fact in found if fact.at]
    last = max(months, default="")
    return [fact for fact in found if fact.at and period(fact.at, "month") == last]


def _per_seat(found: Sequence[Fact]) -> float | None:
    """Amounts of the latest month over seats: of each client the most that any of its services has."""
    latest = _latest(found)
    seats: Counter[str] = Counter()
    for fact in latest:
        client = str(fact.row.get("client_id"))
        seats[client] = max(seats[client], int(fact.row.get("seats") or 0))
    return sum(_numbers(latest)) / seats.total() if seats.total() else None


def _staff(plan: Plan, known: Vocabulary) -> Mapping[str, float]:
    """Weekly hours of those asked about; whoever has none on record does not count."""
    wanted = {f.value for f in plan.filters if f.dimension == "technician"} or set(known.technicians)
    return {
        who: float(row["hours_per_week"])
        for who, row in known.technicians.items()
        if who in wanted and row.get("hours_per_week")
    }


def _utilisation(
    found: Sequence[Fact], window: Window | None, staff: Mapping[str, float], now: datetime
) -> float | None:
    who = {str(fact.row.get("technician_id")) for fact in found} & set(staff)
    weeks = (min(window.end, now) - window.start).total_seconds() / 604_800 if window else 0
    # Grouped by technician each group has one; without groups everybody's hours count.
    there = sum(staff[each] for each in (who if len(who) == 1 else staff)) * weeks
    worked = sum(_numbers(fact for fact in found if fact.row.get("technician_id") in who))
    return 100 * worked / there if there > 0 else None


REDUCERS: Mapping[str, Callable[[Sequence[Fact]], float | None]] = {
    "count": lambda found: float(len(found)),
    "sum": lambda found: float(sum(_numbers(found))),
    "mean": _mean,
    "max": lambda found: max(_numbers(found), default=None),
    "latest_month": _latest_month,
    "per_seat": _per_seat,
    "share": lambda found: None,  # noqa: ARG005
}


def _ordered(rows: list[Row], plan: Plan) -> list[Row]:
    rows.sort(key=lambda row: tuple(row.group.values()))
    if plan.form == "why":
        rows.sort(key=lambda row: -abs((row.value or 0) - (row.before or 0)))
    elif plan.order in ("up", "down"):
        sign = 1 if plan.order == "up" else -1
        rows = [r for r in rows if r.value is not None] + [r for r in rows if r.value is None]
        rows.sort(key=lambda row: (row.value is None, sign * (row.value or 0)))
    return rows[: plan.top] if plan.top else rows


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 4)


def _label(dimension: str, held: str, known: Vocabulary) -> str:
    rows = {"client": known.clients, "technician": known.technicians}.get(dimension, {})
    return str(rows.get(held, {}).get("name") or held)


def _citations(metric: Metric, used: Sequence[Fact]) -> list[Citation]:
    ids = list(dict.fromkeys(fact.cited for fact in used))
    return [Citation(kind=metric.source, ids=ids[:MOST_CITED], of=len(ids))] if ids else []
