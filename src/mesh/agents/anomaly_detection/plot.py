"""A series as text: a line of braille dots, its anomalies marked underneath."""

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import pairwise

BLANK = 0x2800
# Bits of a braille cell by column and row, top to bottom (Unicode, "Braille Patterns").
DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
LABEL = 11  # columns for the numbers at the left
NARROWEST = 24


def plot(
    values: Sequence[float | None],
    marked: Collection[int] = (),
    *,
    width: int = 80,
    height: int = 8,
    times: Sequence[datetime] = (),
) -> str:
    """Draw a series at most `width` columns wide; `marked` are indices, shown as ^ (several in one: #).

    Missing values leave a hole. Two readings or more fall into one column of dots when there are more of
    them than dots: then the column shows their whole range, so that no spike is lost.

    >>> print(plot([1, 1, 1, 9, 1, 1], {3}, width=24, height=2))
              9 ⠀⠀⠀⠀⠀⠀⡰⠱⡀⠀⠀⠀
              1 ⣀⣀⣀⣀⣀⠜⠀⠀⠘⢄⣀⣀
                       ^
    """
    known = [v for v in values if v is not None]
    columns = max(width, NARROWEST) - LABEL - 1
    if not known:
        return "no readings"
    low, high = min(known), max(known)
    spans = _spans(values, 2 * columns, low, (high - low) or 1.0, 4 * height - 1)
    cells = [[BLANK] * columns for _ in range(height)]
    for x, span in enumerate(spans):
        for y in range(span[0], span[1] + 1) if span else ():
            row, dot = divmod(4 * height - 1 - y, 4)
            cells[row][x // 2] |= DOTS[x % 2][dot]
    labels = [f"{high:.6g}"] + [""] * (height - 2) + [f"{low:.6g}"] if height > 1 else [f"{high:.6g}"]
    drawn = ["".join(map(chr, row)) for row in cells]
    lines = [f"{label[:LABEL]:>{LABEL}} {row}" for label, row in zip(labels, drawn, strict=True)]
    lines.append(" " * (LABEL + 1) + _marks(marked, len(values), columns))
    if times:
        lines.append(" " * (LABEL + 1) + _ends(times, columns))
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _spans(
    values: Sequence[float | None], dots: int, low: float, span: float, top: int
) -> list[tuple[int, int] | None]:
    """For each column of dots the lowest and highest dot to set, joined with the column before."""
    levels: list[list[int]] = [[] for _ in range(dots)]
    for x, value in _placed(values, dots):
        if value is not None:
            levels[x].append(round((value - low) / span * top))
    spans = [(min(column), max(column)) if column else None for column in levels]
    joined = list(spans)
    for x, (left, right) in enumerate(pairwise(spans), start=1):
        if left and right:
            joined[x] = (min(right[0], left[1] + 1), max(right[1], left[0] - 1))
    return joined


def _placed(values: Sequence[float | None], dots: int) -> list[tuple[int, float | None]]:
    """Readings with their column of dots: spread by index, and drawn through where there are few."""
    n = len(values)
    if n >= dots:
        return [(i * dots // n, value) for i, value in enumerate(values)]
    placed: list[tuple[int, float | None]] = []
    for x in range(dots):
        at = x * (n - 1) / max(dots - 1, 1)
        left, right = values[int(at)], values[min(int(at) + 1, n - 1)]
        share = at - int(at)
        between = None if left is None or right is None else left + share * (right - left)
        placed.append((x, left if share == 0 else between))
    return placed


def _marks(marked: Collection[int], n: int, columns: int) -> str:
    count = [0] * columns
    for index in marked:
        if 0 <= index < n:
            few = n < 2 * columns
            x = index * (columns - 1) / max(n - 1, 1) if few else index * columns // n
            count[round(x)] += 1
    return "".join(" ^#"[min(c, 2)] for c in count)


def _ends(times: Sequence[datetime], columns: int) -> str:
    first, last = (f"{t:%Y-%m-%d %H:%M}" for t in (min(times), max(times)))
    return first + last.rjust(columns - len(first)) if columns >= len(first) + len(last) + 1 else first
