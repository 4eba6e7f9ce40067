"""A history and its path as text: bars of the past, the expected values, and the band around them."""

from collections.abc import Sequence

from mesh.agents.revenue_optimization.model import Answer, Band, Path

LABEL = 12
HEIGHT = 9
NARROWEST = 24
PAST, EXPECTED, INNER, OUTER = "█", "●", "▒", "░"


def plot(answer: Answer, width: int) -> str:
    """At most `width` columns: the past as bars, then each step as a dot in its 80 and 95 % bands.

    What does not fit is left out at the past's beginning, then at the path's end.
    """
    path = answer.total
    if path is None:
        return ""
    columns = max(width, NARROWEST) - LABEL - 1
    steps = path.steps[: max(columns * 2 // 3, 1)]
    past = [point.amount for point in answer.history][-max(columns - len(steps) - 1, 1) :]
    top = max([*past, *(_top(step.interval_95, step.expected) for step in steps), 0.0]) or 1.0
    rows = []
    for row in range(HEIGHT, 0, -1):
        low, high = top * (row - 1) / HEIGHT, top * row / HEIGHT
        bars = "".join(
            PAST if value > (low + high) / 2 or (row == 1 and value > 0) else " " for value in past
        )
        dots = "".join(_mark(step.expected, step.interval_80, step.interval_95, low, high) for step in steps)
        label = f"{high:,.0f}" if row in (HEIGHT, HEIGHT // 2 + 1) else ""
        rows.append(f"{label[:LABEL]:>{LABEL}} {bars}|{dots}".rstrip())
    return "\n".join([*rows, _ends(answer, path, len(past))])


def _top(band: Band | None, expected: float) -> float:
    return expected if band is None else band.high


def _mark(expected: float, inner: Band | None, outer: Band | None, low: float, high: float) -> str:
    if low < expected <= high or (low == 0.0 and expected <= 0.0):
        return EXPECTED
    for band, mark in ((inner, INNER), (outer, OUTER)):
        if band is not None and band.low < high and band.high > low:
            return mark
    return " "


def _ends(answer: Answer, path: Path, past: int) -> str:
    """The first day shown, and the first day of the path under it."""
    first, now = answer.history[-past].start, path.steps[0].start if path.steps else None
    if first is None or now is None:
        return ""
    left = f"{first:%Y-%m-%d}"
    return " " * (LABEL + 1) + (left.ljust(past) if past > len(left) else "") + f"|{now:%Y-%m-%d}"


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns side by side, the first to the left and the others to the right.

    >>> table([("step", "expected"), ("March", "12")])
    ['step   expected', 'March        12']
    """
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    ]
