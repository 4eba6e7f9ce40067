"""A chart of the rows as data: the part of Vega-Lite 5 that a page can draw without any code from here."""

from collections.abc import Sequence
from typing import Any

from mesh.agents.nlp_query.layer import TIMES, Metric
from mesh.agents.nlp_query.model import Plan, Row

MOST_BARS = 50


def chart(plan: Plan, metric: Metric, rows: Sequence[Row]) -> dict[str, Any] | None:
    """`mark`, `encoding` and `data.values`; None where there is nothing to draw beside one number."""
    if not plan.group_by or len(rows) < 2:
        return None
    x = plan.group_by[0]
    timed = x in TIMES
    values = [
        {**row.group, "value": row.value, **({"before": row.before} if plan.against else {})} for row in rows
    ]
    encoding: dict[str, Any] = {
        "x": {
            "field": x,
            "type": "ordinal" if timed else "nominal",
            "sort": None,
            "title": x.replace("_", " "),
        },
        "y": {"field": "value", "type": "quantitative", "title": f"{metric.label} {metric.unit}".strip()},
    }
    if len(plan.group_by) > 1:
        encoding["color"] = {"field": plan.group_by[1], "type": "nominal"}
    return {"mark": "line" if timed else "bar", "encoding": encoding, "data": {"values": values[:MOST_BARS]}}
