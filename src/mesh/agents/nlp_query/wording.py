"""The answer in words, written from the rows and from nothing else."""

from collections.abc import Sequence

from mesh.agents.nlp_query.layer import TIMES, Metric
from mesh.agents.nlp_query.model import Plan, Row
from mesh.agents.nlp_query.running import Ran

MOST_NAMED = 5


def worded(plan: Plan, metric: Metric, ran: Ran, now: str) -> str:
    """One to three sentences. What is not stored is said not to be stored."""
    about = _about(plan, metric, now)
    if not ran.stored:
        kind = (
            f"answers of {metric.source} are"
            if metric.source in _AGENTS
            else f"{metric.source.replace('-', ' ')} are"
        )
        zero = "0: no " if metric.measure == "count" else "not known: no "
        return f"{about}: {zero}{kind} stored."
    if not ran.rows or all(
        row.records == 0 and row.value in (None, 0) and not row.before for row in ran.rows
    ):
        return f"{about}: {'0' if metric.measure in ('count', 'sum') else 'nothing to compute it from'}."
    if plan.form == "why":
        return f"{about}: " + _moved(plan, metric, ran.rows)
    if len(ran.rows) == 1 and not plan.group_by:
        return f"{about}: {_one(ran.rows[0], metric, plan)}."
    if plan.group_by and plan.group_by[0] in TIMES and plan.order == "time":
        return f"{about}: {_trend(ran.rows, metric)}"
    return f"{about}: {_several(ran.rows, metric, plan)}"


_AGENTS = ("client-health", "threat-intelligence", "anomaly-detection", "security-compliance")


def _about(plan: Plan, metric: Metric, now: str) -> str:
    words = metric.label[0].upper() + metric.label[1:]
    named = [
        f"with {f.label!r} in the title" if f.dimension == "text" else f"for {f.label}" for f in plan.filters
    ]
    grouped = [f"by {d.replace('_', ' ')}" for d in plan.group_by]
    when = (
        f"{plan.window.words} ({plan.window.start:%Y-%m-%d} to {plan.window.end:%Y-%m-%d})"
        if plan.window
        else ""
    )
    return " ".join(filter(None, [words, *named, *grouped, f"in {when}" if when else f"as of {now}"]))


def amount(value: float | None, metric: Metric, row: Row | None = None) -> str:
    """A number with its unit; None is said to be unknown."""
    if value is None:
        return "not known"
    if metric.unit == "money":
        currency = row.group.get("currency", "") if row else ""
        return f"{value:,.2f} {currency}".strip()
    if metric.unit == "probability":
        return f"{100 * value:.0f} %"
    number = f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"
    return f"{number} {metric.unit}".strip()


def _one(row: Row, metric: Metric, plan: Plan) -> str:
    said = amount(row.value, metric, row)
    if plan.against is None:
        return said
    return f"{said}, {_against(row, metric)} in {plan.against.words}"


def _against(row: Row, metric: Metric) -> str:
    if row.before is None or row.value is None:
        return f"against {amount(row.before, metric, row)}"
    change = row.value - row.before
    share = f" ({100 * change / row.before:+.0f} %)" if row.before else ""
    way = "up from" if change > 0 else "down from" if change < 0 else "as before,"
    return f"{way} {amount(row.before, metric, row)}{share}"


def _name(row: Row) -> str:
    return ", ".join(row.group.values())


def _several(rows: Sequence[Row], metric: Metric, plan: Plan) -> str:
    named = [
        f"{_name(row)} {amount(row.value, metric, row)}"
        + (f" ({_against(row, metric)})" if plan.against else "")
        for row in rows[:MOST_NAMED]
    ]
    more = f"; {len(rows) - MOST_NAMED} more in the rows" if len(rows) > MOST_NAMED else ""
    return "; ".join(named) + more + "."


def _trend(rows: Sequence[Row], metric: Metric) -> str:
    known = [row for row in rows if row.value is not None]
    if len(known) < 2:
        return _several(rows, metric, Plan(form="breakdown", metric=None, source=""))
    first, last = known[0], known[-1]
    high, low = max(known, key=lambda r: r.value or 0), min(known, key=lambda r: r.value or 0)
    told = [f"{amount(row.value, metric, row)} in {_name(row)}" for row in (first, last, high, low)]
    return f"from {told[0]} to {told[1]}; highest {told[2]}, lowest {told[3]}."


def _moved(plan: Plan, metric: Metric, rows: Sequence[Row]) -> str:
    """Where the change was: this says where, and leaves what caused it to whoever knows."""
    if plan.against is None:
        return _several(rows, metric, plan)
    head = ""
    if metric.measure in ("count", "sum"):
        total = Row(value=sum(r.value or 0 for r in rows), before=sum(r.before or 0 for r in rows), records=0)
        head = f"{amount(total.value, metric)}, {_against(total, metric)} in {plan.against.words}. "
    moved = [f"{_name(r)} {amount(r.value, metric, r)}, {_against(r, metric)}" for r in rows[:MOST_NAMED]]
    return f"{head}Most of the change was in: " + "; ".join(moved) + "."
