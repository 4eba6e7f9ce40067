"""Rows of text as a terminal shows them."""

from collections.abc import Iterator, Sequence


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A line a row, each column as wide as its widest cell; all rows have as many cells as the first.

    >>> list(aligned([("id", "way"), ("t-17", "9")]))
    ['id    way', 't-17  9']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
