"""An answer as a PDF that an auditor can file, by ReportLab: the same facts as the page in HTML.

The file is of ASCII alone (its streams are written in ASCII85), so that it passes as text wherever texts
pass. The fonts are those every reader has, which hold Latin letters: others are shown as "?", and it is said.
"""

import io
from collections.abc import Iterator
from functools import partial
from typing import Any
from xml.sax.saxutils import escape

from mesh.agents.security_compliance.model import Answer, Judged
from mesh.kit.agent import Envelope
from mesh.kit.problem import Unavailable

COLOURS = {"met": "#17643a", "partial": "#8a5a00", "missing": "#a3231b", "no_evidence": "#555e6b"}
INK, GREY, LINE = "#1b2330", "#4a5563", "#ccd3dd"
MARGIN, LONGEST_QUOTE = 54.0, 1_200
# Signs of the texts' own that the fonts' Windows-1252 lacks, and what is read for them.
_PLAIN = str.maketrans({"\u2264": "<=", "\u2265": ">=", "\u2212": "-", "\u00ad": "", "\u2011": "-"})


def render(envelope: Envelope) -> str:
    """The PDF, ASCII; the same answer gives the same bytes. Raises Unavailable where ReportLab is missing."""
    try:
        from reportlab import rl_config  # type: ignore[import-untyped]
        from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]
        from reportlab.platypus import SimpleDocTemplate  # type: ignore[import-untyped]
    except ImportError as missing:
        raise Unavailable("PDF is written by ReportLab, which is not installed.") from missing
    answer = Answer.model_validate(envelope.answer)
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN,
        title=_shown(f"{answer.name}: what the evidence shows"), author="MSP Intelligence Mesh", invariant=1,
        pageCompression=rl_config.pageCompression, lang="en",
    )  # fmt: skip
    foot = partial(_foot, text=_foot_words(envelope))
    document.build(list(_story(answer, envelope)), onFirstPage=foot, onLaterPages=foot)
    return _ascii(out.getvalue())


def _ascii(raw: bytes) -> str:
    """The comment that marks a file as binary is not needed of one that is none; no place in it moves."""
    return raw.decode("latin-1").encode("ascii", "replace").decode("ascii")


def _foot_words(envelope: Envelope) -> str:
    by = envelope.model
    return (
        f"Result {envelope.result_id}, {envelope.answered_at:%Y-%m-%d %H:%M} UTC, by {by.name} {by.version}"
    )


def _foot(canvas: Any, document: Any, text: str) -> None:
    canvas.setFont("Helvetica", 8)
    canvas.setFillColor(GREY)
    canvas.drawString(MARGIN, MARGIN / 2, _plain(text))
    canvas.drawRightString(document.pagesize[0] - MARGIN, MARGIN / 2, f"{document.page}")


def _story(answer: Answer, envelope: Envelope) -> Iterator[Any]:
    from reportlab.platypus import Spacer

    baseline = f", {answer.baseline} baseline" if answer.baseline else ""
    yield _text(f"{answer.name}: what the evidence shows", size=17, bold=True)
    yield _text(f"{answer.edition}{baseline}. As of {answer.as_of}. {answer.scope}.")
    if envelope.simulated:
        yield _text("Some of what this rests on is simulated.", bold=True)
    yield Spacer(1, 6)
    yield _table(_summary(answer), (110, 377))
    yield _text("How to read this", size=13, bold=True)
    for note in (*answer.not_known, f"Requirements are told in our own words; the publisher's text is what "
                 f"counts: {answer.url}", *_letters(answer)):  # fmt: skip
        yield _text(f"- {note}")
    yield _text("Documents", size=13, bold=True)
    yield _table(_documents(answer), (227, 70, 90, 100))
    yield _text("Requirements", size=13, bold=True)
    titles = {each.id: each.title for each in answer.documents}
    for each in answer.requirements:
        yield from _requirement(each, titles)


def _summary(answer: Answer) -> list[list[str]]:
    counts = answer.counts
    return [
        ["Score", f"{answer.score} of 100 (by weight: met counts whole, partial half)"],
        ["Examined", f"{answer.examined} % by weight have any evidence at all"],
        [
            "Requirements",
            f"{counts.met} met, {counts.partial} partial, {counts.missing} missing, "
            f"{counts.no_evidence} without evidence",
        ],
    ]


def _documents(answer: Answer) -> list[list[str]]:
    rows = [["Document", "Kind", "Date", "Passages that claim"]]
    for each in answer.documents:
        kind = f"{each.kind}, simulated" if each.simulated else each.kind
        dated = f"{each.dated or 'none'}{', too old' if each.stale else ''}"
        rows.append([f"{each.title} ({each.id})", kind, dated, f"{each.passages}"])
    return rows if answer.documents else [*rows, ["None.", "", "", ""]]


def _requirement(each: Judged, titles: dict[str, str]) -> Iterator[Any]:
    from reportlab.platypus import HRFlowable, KeepTogether

    said = each.status.replace("_", " ")
    yield HRFlowable(width="100%", color=LINE, spaceBefore=6)
    head = _text(
        f"{each.id} {each.title} - {said} (weight {each.weight})", bold=True, colour=COLOURS[each.status]
    )
    yield KeepTogether([head, _text(f"{each.wording} {each.reason}")])
    for quote in each.evidence:
        words = " ".join(quote.quote.split())
        cut = f"{words[:LONGEST_QUOTE]} ..." if len(words) > LONGEST_QUOTE else words
        dated = f", {quote.dated}" if quote.dated else ""
        old = ", too old" if quote.stale else ""
        place = f"{titles[quote.document]}, characters {quote.start} to {quote.end}{dated}{old}: {quote.why}"
        yield _text(f'"{cut}"', indent=14)
        yield _text(place, indent=14, size=8, colour=GREY)
    if each.write:
        yield _text(f"To do. {' '.join(each.write)} To show: {'; '.join(each.show)}.")
    if each.same_as:
        alike = ", ".join(f"{a.framework} {a.id} ({a.likeness})" for a in each.same_as)
        yield _text(f"Alike: {alike}.", size=8, colour=GREY)


def _letters(answer: Answer) -> list[str]:
    """Whether something is shown otherwise than it was written."""
    quotes = [quote.quote for each in answer.requirements for quote in each.evidence]
    if all(_latin(text) for text in [*quotes, *(each.title for each in answer.documents)]):
        return []
    return ['Letters that are not Latin are shown as "?" here; the answer in JSON or HTML holds them.']


def _latin(text: str) -> bool:
    return "?" not in _plain(text.replace("?", ""))


def _plain(text: str) -> str:
    """Without control signs, in letters that the fonts hold."""
    kept = "".join(c if c.isprintable() else " " for c in text.translate(_PLAIN))
    return kept.encode("cp1252", "replace").decode("cp1252")


def _shown(text: str) -> str:
    """Never markup, whatever it holds."""
    return escape(_plain(text))


def _text(text: str, *, size: float = 9.5, bold: bool = False, colour: str = INK, indent: float = 0.0) -> Any:
    from reportlab.lib.styles import ParagraphStyle  # type: ignore[import-untyped]
    from reportlab.platypus import Paragraph

    style = ParagraphStyle(
        "text", fontName="Helvetica-Bold" if bold else "Helvetica", fontSize=size, leading=size * 1.4,
        textColor=colour, leftIndent=indent, spaceBefore=size / 2, splitLongWords=1,
    )  # fmt: skip
    return Paragraph(_shown(text), style)


def _table(rows: list[list[str]], widths: tuple[float, ...]) -> Any:
    from reportlab.platypus import Table

    style = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, -1), 0.5, LINE)]
    return Table([[_text(cell) for cell in row] for row in rows], colWidths=widths, style=style, repeatRows=0)
