"""Figures as a table, and where they are kept: the agent's model card and docs/scores.md."""

from collections.abc import Sequence

from evals.data import ROOT
from evals.figure import Figure

SCORES = ROOT / "docs" / "scores.md"
START, END = "<!-- scores -->", "<!-- /scores -->"
HEAD = ("measure", "measured", "aim", "rows", "published or measured elsewhere", "note")


def table(figures: Sequence[Figure]) -> str:
    """A Markdown table; a figure that could not be measured says so and why."""
    rows = [HEAD, tuple("---" for _ in HEAD), *(_row(figure) for figure in figures)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def write(agent: str, figures: Sequence[Figure], card: str = "") -> None:
    """Replaces what stands between the markers in the model card, and the agent's part of docs/scores.md.

    `card` is the path of the document of what is no agent.
    """
    command = f"Measured with `./mesh eval {agent.replace('_', '-')}`."
    block = f"{START}\n{command}\n\n{table(figures)}\n{END}"
    place = ROOT / (card or f"src/mesh/agents/{agent}/README.md")
    text = place.read_text(encoding="utf-8")
    if START not in text:
        text = f"{text.rstrip()}\n\n## Scores\n\n{START}\n{END}\n"
    place.write_text(_replaced(text, START, END, block), encoding="utf-8")
    start, end = f"<!-- {agent} -->", f"<!-- /{agent} -->"
    whole = SCORES.read_text(encoding="utf-8")
    if start not in whole:
        whole = f"{whole.rstrip()}\n\n## {agent.replace('_', ' ').capitalize()}\n\n{start}\n{end}\n"
    SCORES.write_text(
        _replaced(whole, start, end, f"{start}\n{command}\n\n{table(figures)}\n{end}"), encoding="utf-8"
    )


def _replaced(text: str, start: str, end: str, block: str) -> str:
    before, _, rest = text.partition(start)
    return before + block + rest.partition(end)[2]


def _row(figure: Figure) -> tuple[str, ...]:
    aim = "" if figure.aim is None else f"{'≥' if figure.higher_is_better else '≤'} {figure.aim:g}"
    if figure.reached is False:
        aim += " (short)"
    measured = "not measured" if figure.value is None else f"{figure.value:.4g}"
    rows = f"{figure.rows:,}" if figure.rows else ""
    return tuple(
        cell.replace("|", "\\|")
        for cell in (figure.measure, measured, aim, rows, figure.anchors, figure.note)
    )
