"""An answer for a terminal: the verdict, why, what was found, what to do. Plain text at any width."""

import unicodedata
from collections.abc import Iterator, Sequence
from textwrap import wrap

from mesh.agents.threat_intelligence.model import Answer, IndicatorFound, Question, VulnerabilityFound
from mesh.agents.threat_intelligence.severity import is_malicious
from mesh.kit.agent import Envelope

_NARROWEST = 40
_MOST_ROWS = 15
_GAP = 2
_WHEN = {"now": "Now", "soon": "Then", "lasting": "To last"}


def show(_ask: Question, envelope: Envelope, width: int) -> str:
    """The answer as lines of at most `width` columns."""
    answer = Answer.model_validate(envelope.answer)
    width = max(width, _NARROWEST)
    sections = [
        _verdict(answer, width),
        _reasons(answer, width),
        _indicators(answer, width),
        _techniques(answer, width),
        _detections(answer, width),
        _vulnerabilities(answer, width),
        _mitigations(answer, width),
        _knowledge(answer, width),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _verdict(answer: Answer, width: int) -> list[str]:
    bar = "#" * round(answer.severity_score / 5)
    sure = "" if answer.confidence is None else f"confidence {answer.confidence:.2f}   "
    parts = [
        f"{answer.severity}  {answer.threat_type}",
        f"[{bar:<20}] {answer.severity_score:g}/100",
        f"{sure}TLP:{answer.tlp}",
    ]
    whole = "   ".join(parts)
    return [*([whole] if len(whole) <= width else parts), *wrap(answer.summary, width)]


def _reasons(answer: Answer, width: int) -> list[str]:
    rows = [(f"{reason.points:g}", reason.what, reason.evidence) for reason in answer.reasons]
    return _section("Why", ("points", "what", "evidence"), rows, width)


def _indicators(answer: Answer, width: int) -> list[str]:
    rows = [
        (
            one.type,
            one.value,
            _verdict_on(one),
            _seen(one),
            one.reason,
        )
        for one in answer.indicators
        if one.type != "cve"  # these have a table of their own
    ]
    return _section("Indicators", ("type", "value", "verdict", "seen by", "list"), rows, width)


def _seen(one: IndicatorFound) -> str:
    """What others saw, and what only a list says."""
    said = [f"imported from {source}" for source in one.imported_from]
    if not one.seen_by:
        return "; ".join(said)
    made_up = "simulated " if one.seen_simulated else ""
    by = f"{one.seen_by} {made_up}MSPs since {one.seen_since}" if one.seen_since else str(one.seen_by)
    return "; ".join([by, *said])


def _verdict_on(one: IndicatorFound) -> str:
    if one.benign or one.negated:
        return "harmless" if one.benign else "denied"
    return "suspect" if is_malicious(one) else "seen"


def _techniques(answer: Answer, width: int) -> list[str]:
    rows = [
        (
            t.id,
            t.name,
            ", ".join(t.tactics),
            f"{t.confidence:.2f} {t.source}",
            t.evidence[0].text if t.evidence else "",
        )
        for t in answer.techniques
    ]
    return _section("Techniques", ("id", "name", "tactics", "confidence", "shown by"), rows, width)


def _detections(answer: Answer, width: int) -> list[str]:
    rows = [
        (d.level, d.title, str(d.count), ", ".join(d.techniques), ", ".join(d.events[:3]))
        for d in answer.detections
    ]
    return _section("Detections", ("level", "rule", "times", "techniques", "events"), rows, width)


def _vulnerabilities(answer: Answer, width: int) -> list[str]:
    rows = [_vulnerability(one) for one in answer.vulnerabilities]
    return _section("Vulnerabilities", ("id", "CVSS", "known exploited", "EPSS", "name"), rows, width)


def _vulnerability(one: VulnerabilityFound) -> tuple[str, ...]:
    known = {None: "not known", False: "no", True: "yes"}[one.in_kev]
    if one.kev:
        known = f"since {one.kev.date_added}" + (", ransomware" if one.kev.ransomware else "")
    return (
        one.cve or "(vector alone)",
        f"{one.cvss.score} {one.cvss.rating}" if one.cvss else "not known",
        "denied by the text" if one.negated else known,
        f"{one.epss.score:.3f}" if one.epss else "not known",
        one.kev.name if one.kev else "",
    )


def _mitigations(answer: Answer, width: int) -> list[str]:
    if not answer.mitigations:
        return []
    lines = ["What to do"]
    for one in answer.mitigations:
        head = f"  {_WHEN[one.when]:<8}"
        because = ", ".join(one.because[:4]) + (
            f" and {len(one.because) - 4} more" if len(one.because) > 4 else ""
        )
        text = _clean(f"{one.action} ({because})")
        lines += wrap(
            text, width, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False
        )
    return lines


def _knowledge(answer: Answer, width: int) -> list[str]:
    used = ", ".join(f"{e.name} {e.version} ({e.published or 'undated'})" for e in answer.knowledge)
    lines = wrap(f"Rests on: {used}." if used else "Rests on no public knowledge.", width)
    for sentence in answer.not_known:
        lines += wrap(_clean(sentence), width, initial_indent="Not known: ", subsequent_indent=" " * 11)
    return lines


def _section(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[str]:
    if not rows:
        return []
    left = len(rows) - _MOST_ROWS
    more = [f"  ... and {left} more; --json gives all"] if left > 0 else []
    return [title, *_table(head, [[_clean(cell) for cell in row] for row in rows[:_MOST_ROWS]], width), *more]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    kept = [at for at in range(len(head)) if any(row[at] for row in rows)]
    table = [[row[at] for at in kept] for row in (head, *rows)]
    sizes = _fitted([max(len(row[at]) for row in table) for at in range(len(kept))], width - 2)
    for row in table:
        cells = [_cut(cell, size).ljust(size) for cell, size in zip(row, sizes, strict=True)]
        yield ("  " + (" " * _GAP).join(cells)).rstrip()


def _fitted(sizes: list[int], width: int) -> list[int]:
    """Column widths that fit: the widest column gives way first."""
    sizes = list(sizes)
    while sum(sizes) + _GAP * (len(sizes) - 1) > width and max(sizes) > 4:
        sizes[sizes.index(max(sizes))] -= 1
    return sizes


def _cut(cell: str, size: int) -> str:
    return cell if len(cell) <= size else cell[: max(1, size - 2)] + ".."


def _clean(text: str) -> str:
    """One line without control or direction characters: hostile text must not steer the terminal."""
    shown = (c if c == " " or unicodedata.category(c)[0] not in "CZ" else " " for c in text)
    return " ".join("".join(shown).split())
