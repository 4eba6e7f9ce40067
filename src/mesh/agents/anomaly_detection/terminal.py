"""How the agent is asked from a terminal, and how its answer is shown there."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mesh.agents.anomaly_detection import from_csv
from mesh.agents.anomaly_detection.model import Anomaly, Answer, Question, Readings, SeriesReport
from mesh.agents.anomaly_detection.plot import plot
from mesh.kit.agent import CommandLine, Envelope, Flag
from mesh.kit.columns import aligned
from mesh.kit.problem import FieldError, Invalid

MOST_ROWS = 20
MOST_PLOTS = 4
COLUMNS = ("when", "value", "expected", "score", "kind", "why")


def read(given: Mapping[str, str]) -> Mapping[str, Any]:
    """The question from the flags: a table, or the client whose stored metrics are meant."""
    text = given.get("csv", given.get("input"))
    question = _stored(given) if text is None else _tabled(given, text)
    if "metric" in given:
        question["metric_type"] = given["metric"]
    if "client" in given:
        question["client_id"] = given["client"]
    for flag, name in (("hours", "time_range_hours"), ("sensitivity", "sensitivity")):
        if flag in given:
            question[name] = _number(flag, given[flag])
    return question


def _tabled(given: Mapping[str, str], text: str) -> dict[str, Any]:
    names = from_csv.header(text)
    wanted = given.get("value", "")
    columns = [wanted] if wanted in names else [name.strip() for name in wanted.split(",") if name.strip()]
    if not columns:
        reason = f"name the column of the values; the columns are: {', '.join(names) or 'none'}"
        raise Invalid(f"--value: {reason}.", errors=[FieldError("--value", reason)])
    return from_csv.question(text, columns, given.get("time"))


def _stored(given: Mapping[str, str]) -> dict[str, Any]:
    if "client" not in given or "metric" not in given:
        raise Invalid(
            "Give a table with --csv and --value, or a stored series with --client and --metric.",
            errors=[FieldError("--csv", "is missing, and so are --client and --metric")],
        )
    return {}


def _number(flag: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        reason = f"{text!r} is not a number"
        raise Invalid(f"--{flag}: {reason}.", errors=[FieldError(f"--{flag}", reason)]) from None


def show(ask: Question, envelope: Envelope, width: int) -> str:
    """The answer as text of at most `width` columns: plots, a table of anomalies, what belongs together."""
    answer = Answer.model_validate(envelope.answer)
    blocks = [_plotted(ask, report, answer.anomalies, width) for report in answer.series[:MOST_PLOTS]]
    blocks += ["\n".join(_summary(answer)), "\n".join(_table(answer.anomalies, len(answer.series)))]
    blocks += [
        f"Together from {_when(one.start, one.first_index)}: likely origin {one.likely_origin}. {one.reason}"
        for one in answer.incidents[:MOST_ROWS]
    ]
    blocks += answer.notes
    return "\n\n".join("\n".join(line[:width] for line in b.splitlines()) for b in blocks if b)


def _plotted(ask: Question, report: SeriesReport, anomalies: Sequence[Anomaly], width: int) -> str:
    """One series with its anomalies marked; empty for a stored series, which the question does not hold."""
    readings = _given(ask, report.name)
    if readings is None:
        return ""
    marked = {a.index for a in anomalies if a.series == report.name}
    if readings.points is None:
        return report.name + "\n" + plot(readings.values or [], marked, width=width)
    order = sorted(range(len(readings.points)), key=lambda i: readings.points[i].time)  # type: ignore[index]
    points = [readings.points[i] for i in order]
    placed = {place for place, i in enumerate(order) if i in marked}
    times = [point.time for point in points]
    return report.name + "\n" + plot([p.value for p in points], placed, width=width, times=times)


def _given(ask: Question, name: str) -> Readings | None:
    if ask.series is not None:
        return ask.series.get(name)
    if ask.values is None and ask.points is None:
        return None
    return Readings(values=ask.values, points=ask.points)


def _summary(answer: Answer) -> Iterator[str]:
    yield answer.message
    for report in answer.series:
        season = report.season
        every = "" if season is None else f" Repeats every {_period(season.steps, season.seconds)}."
        missing = f" {report.missing} missing." if report.missing else ""
        yield f"{report.name}: {report.detail}{missing}{every}"


def _period(steps: float, seconds: float | None) -> str:
    if seconds is None:
        return f"{steps:g} readings"
    for name, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= length:
            return f"{seconds / length:.3g} {name}"
    return f"{seconds:.3g} seconds"


def _table(anomalies: Sequence[Anomaly], series: int) -> Iterator[str]:
    """The strongest anomalies in order of time."""
    if not anomalies:
        return
    strongest = sorted(anomalies, key=lambda a: (not a.alert, -a.score))[:MOST_ROWS]
    rows = [
        ((a.series,) if series > 1 else ())
        + (
            _when(a.time, a.index),
            f"{a.value:.6g}",
            f"{a.expected:.6g}",
            f"{a.score:.2f}{'!' if a.alert else ''}",
            a.kind.replace("_", " "),
            ", ".join(a.why),
        )
        for a in anomalies
        if a in strongest
    ]
    head = (("series",) if series > 1 else ()) + COLUMNS
    yield from aligned([head, *rows])
    if len(anomalies) > len(rows):
        yield f"and {len(anomalies) - len(rows)} weaker ones. An alert has a mark (!)."
    else:
        yield "An alert has a mark (!)."


def _when(time: Any, index: int) -> str:
    return f"{time:%Y-%m-%d %H:%M}" if time else f"#{index}"


def why_not(answer: Answer) -> str | None:
    """Why nothing could be judged, or None."""
    return None if answer.status == "ok" else answer.message


TERMINAL = CommandLine(
    read=read,
    show=show,
    why_not=why_not,
    flags=(
        Flag("csv", "a CSV file with a header line", file=True),
        Flag("value", "the column of the values, or several with commas between them"),
        Flag("time", "the column of the times: ISO 8601, or seconds since 1970"),
        Flag("metric", "what is measured; by default the column's name"),
        Flag("client", "the client whose stored metrics to read instead"),
        Flag("hours", "report only the last so many hours"),
        Flag("sensitivity", "0 (next to nothing) to 1 (nearly everything), by default 0.5"),
    ),
)
