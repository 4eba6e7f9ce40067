"""The drivers as a waterfall, from what is known of nobody to this client."""

import io
from math import exp
from typing import Any

from mesh.agents.client_health.model import Answer, Driver, Question
from mesh.kit.agent import Envelope
from mesh.kit.problem import FieldError, Invalid, Unavailable

MOST_BARS = 11
WORSE, BETTER, SUM = "#b4413c", "#2f7d5b", "#4a5568"


def picture(ask: Question, envelope: Envelope) -> bytes:  # noqa: ARG001
    """PNG. Raises Invalid for an answer without drivers, Unavailable without matplotlib."""
    answer = Answer.model_validate(envelope.answer)
    if answer.log_odds is None:
        reason = "there are no drivers of one client to draw"
        raise Invalid("Nothing can be drawn.", errors=[FieldError("--plot", reason)])
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as missing:
        raise Unavailable("Pictures need matplotlib: install the extra 'plot'.") from missing
    bars = _bars(answer)
    figure = Figure(figsize=(9, 1.6 + 0.42 * len(bars)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    _draw(axes, bars)
    who = answer.name or answer.client_id or "A client"
    simulated = " (simulated data)" if envelope.simulated else ""
    chance, horizon = answer.churn_probability or 0.0, answer.horizon_days
    axes.set_title(f"{who}: {chance:.1%} to leave within {horizon} days{simulated}", loc="left", fontsize=11)
    written = io.BytesIO()
    figure.savefig(written, format="png", dpi=120)
    return written.getvalue()


def _bars(answer: Answer) -> list[tuple[str, float, float, str]]:
    """Label, from, to (log-odds) and colour of each bar, top to bottom."""
    at = answer.base_log_odds
    bars = [("nothing known", at, at, SUM)]
    for driver in answer.drivers[:MOST_BARS]:
        bars.append((_label(driver), at, at + driver.effect, WORSE if driver.effect > 0 else BETTER))
        at += driver.effect
    rest = answer.drivers[MOST_BARS:]
    if rest:
        end = at + sum(driver.effect for driver in rest)
        bars.append((f"{len(rest)} more", at, end, WORSE if end > at else BETTER))
        at = end
    return [*bars, ("all together", at, at, SUM)]


def _label(driver: Driver) -> str:
    return f"{driver.words} {driver.value:,.4g}"


def _draw(axes: Any, bars: list[tuple[str, float, float, str]]) -> None:
    for place, (_, start, end, colour) in enumerate(bars):
        if start == end:
            axes.plot([start, start], [place - 0.4, place + 0.4], color=colour, linewidth=3)
        else:
            axes.barh(place, end - start, left=start, height=0.62, color=colour)
        if place:
            axes.plot([start, start], [place - 1, place], color="#cbd5e0", linewidth=0.8, zorder=0)
    axes.set_yticks(range(len(bars)), [label for label, *_ in bars], fontsize=9)
    axes.invert_yaxis()
    ends = [edge for _, start, end, _ in bars for edge in (start, end)]
    room = 0.1 * (max(ends) - min(ends)) or 0.5
    axes.set_xlim(min(ends) - room, max(ends) + room)
    ticks = axes.get_xticks()
    low, high = axes.get_xlim()
    ticks = [tick for tick in ticks if low <= tick <= high]
    axes.set_xticks(ticks, [f"{1 / (1 + exp(-tick)):.2%}" for tick in ticks], fontsize=8)
    axes.set_xlabel("probability of leaving (scale of log-odds)", fontsize=9)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
