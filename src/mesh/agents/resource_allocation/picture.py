"""A plan as a picture (PNG): a row for each technician, a bar for each task, and the ways between them."""

import io
from datetime import timedelta

from mesh.agents.resource_allocation.model import Answer, Assignment, Question
from mesh.kit.agent import Envelope

# Colours that stay apart for colour-blind readers (Okabe, Ito 2008), by priority.
COLOURS = {"critical": "#D55E00", "high": "#E69F00", "medium": "#56B4E9", "low": "#009E73"}
WAY, BREACH = "#999999", "#000000"
MOST_LABELS = 80


def picture(ask: Question, envelope: Envelope) -> bytes:  # noqa: ARG001
    """The Gantt chart; breaches have a black edge, and simulated data is called so."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    answer = Answer.model_validate(envelope.answer)
    rows = {one.technician_id: row for row, one in enumerate(answer.utilisation)}
    figure = Figure(figsize=(12, max(2.5, 1.6 + 0.32 * len(rows))), layout="constrained")
    axes = figure.add_subplot()
    for one in answer.assignments:
        _bar(axes, one, rows[one.technician_id], len(answer.assignments) <= MOST_LABELS)
    axes.set_yticks(range(len(rows)), [_plain(one.technician)[:24] for one in answer.utilisation])
    axes.invert_yaxis()
    locator = AutoDateLocator()  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    if answer.assignments:
        first = min(one.start_at - timedelta(minutes=one.travel_minutes) for one in answer.assignments)
        axes.set_xlim(first, max(one.end_at for one in answer.assignments))  # type: ignore[arg-type]
    axes.grid(axis="x", alpha=0.3)
    handles = [Patch(color=colour, label=name) for name, colour in COLOURS.items()]
    handles.append(Patch(color=WAY, label="on the way"))
    handles.append(Patch(facecolor="white", edgecolor=BREACH, label="SLA breach"))
    axes.legend(handles=handles, ncols=6, loc="upper center", bbox_to_anchor=(0.5, -0.08), frameon=False)
    axes.set_title(answer.message + (" Simulated records." if envelope.simulated else ""), fontsize=10)
    drawn = io.BytesIO()
    FigureCanvasAgg(figure).print_png(drawn)  # type: ignore[no-untyped-call]
    return drawn.getvalue()


def _bar(axes: "Axes", one: Assignment, row: int, labelled: bool) -> None:  # type: ignore[name-defined] # noqa: F821
    edge = BREACH if one.sla == "breached" else "white"
    axes.barh(row, one.end_at - one.start_at, left=one.start_at, color=COLOURS[one.priority], edgecolor=edge)
    if one.travel_minutes:
        way = timedelta(minutes=one.travel_minutes)
        axes.barh(row, way, left=one.start_at - way, color=WAY, height=0.3)
    if labelled:
        where = (one.start_at, row)
        label = _plain(one.task_id)[:14]
        axes.annotate(label, where, (3, 0), textcoords="offset points", va="center", fontsize=7, clip_on=True)


def _plain(text: str) -> str:
    """Text that is shown as it is: a dollar sign would begin a formula, and a control has no shape."""
    return "".join(c if c.isprintable() else "?" for c in text).replace("$", "\\$")
