"""The answer as a fan chart."""

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from mesh.agents.revenue_optimization.model import Answer, Path
from mesh.kit.agent import Envelope

INCHES = (10.0, 5.0)
DOTS_PER_INCH = 120
SHADES = ((95, 0.15), (80, 0.3))


def draw(ask: Any, envelope: Envelope) -> bytes:  # noqa: ARG001
    """A PNG of the history, the path with its 80 and 95 % bands, and each scenario's path."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    answer = Answer.model_validate(envelope.answer)
    figure = Figure(figsize=INCHES, dpi=DOTS_PER_INCH, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    if answer.total is None:
        axes.text(0.5, 0.5, answer.message, ha="center", va="center", wrap=True)
    else:
        _fan(axes, answer, answer.total)
    simulated = " (simulated data)" if envelope.simulated else ""
    axes.set_title(f"Revenue, {answer.period_days} days ahead{simulated}", parse_math=False)
    written = io.BytesIO()
    figure.savefig(written, format="png", metadata={"Software": None})
    return written.getvalue()


def _fan(axes: Any, answer: Answer, total: Path) -> None:
    count = len(answer.history)
    before = _places([point.start for point in answer.history], 0)
    after = _places([step.start for step in total.steps], count)
    axes.plot(before, [point.amount for point in answer.history], color="black", label="invoiced")
    for level, shade in SHADES:
        bands = [step.interval_80 if level == 80 else step.interval_95 for step in total.steps]
        if all(band is not None for band in bands):
            low, high = ([getattr(band, end) for band in bands] for end in ("low", "high"))
            axes.fill_between(after, low, high, color="tab:blue", alpha=shade, lw=0, label=f"{level} %")
    axes.plot(after, [step.expected for step in total.steps], color="tab:blue", label="expected", marker=".")
    for one in answer.scenarios:
        # A name is text: matplotlib would set what stands between two $ as a formula.
        label = one.name[:40].replace("$", r"\$")
        axes.plot(after, [step.expected for step in one.path.steps], ls="--", label=label)
    axes.set_ylim(bottom=0)
    axes.set_ylabel(answer.currency or "amount")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.legend(loc="upper left")
    axes.figure.autofmt_xdate()


def _places(starts: Sequence[datetime | None], first: int) -> list[Any]:
    """Dates where there are any, else places in the list."""
    dated = [start for start in starts if start is not None]
    return dated if len(dated) == len(starts) else list(range(first, first + len(starts)))
