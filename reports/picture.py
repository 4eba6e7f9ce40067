"""The architecture as one page of SVG, drawn from `reports.overview`."""

from html import escape

from reports.overview import Box, arrows, boxes
from reports.template import Assembly

WIDTH, HEIGHT, TOP = 1280, 800, 86
COLUMNS, BOX_W, ROW_H, GAP = (24, 270, 530, 800, 1056), 200, 84, 14
LANES = ("Asks", "Lets in", "Answers", "Carries", "Keeps")
SHADES = {"ask": "#eef2f7", "front": "#e6effb", "work": "#fdf0dc", "carry": "#f3e8fb", "keep": "#e5f3e8"}
EDGES = {"ask": "#5c6b7f", "front": "#3b6fb6", "work": "#c07a1b", "carry": "#7d4aa5", "keep": "#3d8a52"}
# From so many lines on, a box's text is smaller and spread over its height.
FEW = 3
WATCHING = {
    "AWS::CloudWatch::Alarm": "alarms", "AWS::CloudWatch::Dashboard": "dashboards",
    "AWS::Logs::LogGroup": "log groups", "AWS::IAM::Role": "roles", "AWS::Budgets::Budget": "budgets",
    "AWS::Config::ConfigRule": "Config rules",
}  # fmt: skip


def draw(assembly: Assembly, size: str) -> str:
    """The page."""
    there = boxes(assembly)
    parts = [_head(size), *(_lane(number, title) for number, title in enumerate(LANES))]
    parts += [_arrow(there[a], there[b], what) for a, b, what in arrows(assembly)]
    parts += [_drawn(box) for box in there.values()]
    parts += [_watching(assembly), "</svg>\n"]
    return "\n".join(parts)


def _head(size: str) -> str:
    markers = "".join(
        f'<marker id="{kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"'
        f' orient="auto"><path d="M0 0L8 4L0 8z" fill="{colour}"/></marker>'
        for kind, colour in EDGES.items()
    )
    title = f"MSP Intelligence Mesh on AWS, size {escape(size)}"
    subtitle = (
        "Drawn from the synthesised templates. Orange: functions. Purple: carries events. Green: keeps data."
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' aria-label="{title}" font-family="Helvetica, Arial, sans-serif">'
        f"<title>{title}</title><defs>{markers}</defs>"
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
        + _text(24, 36, title, size=21, bold=True)
        + _text(24, 58, subtitle)
    )


def _text(x: float, y: float, text: str, *, size: int = 12, bold: bool = False) -> str:
    weight, colour = (' font-weight="bold"', "#1d2733") if bold else ("", "#3a4655")
    place = f'x="{x:.0f}" y="{y:.0f}" font-size="{size}"'
    return f'<text {place}{weight} fill="{colour}" xml:space="preserve">{escape(text)}</text>'


def _lane(number: int, title: str) -> str:
    return _text(COLUMNS[number], TOP + 14, title, size=13, bold=True)


def _frame(box: Box) -> tuple[float, float, float, float]:
    """x, y, width, height."""
    column, row = box.at
    return COLUMNS[column], TOP + 28 + row * ROW_H, BOX_W, box.rows * ROW_H - GAP


def _drawn(box: Box) -> str:
    x, y, w, h = _frame(box)
    many = len(box.lines) > FEW
    step = (h - 34) / len(box.lines) if many else 16
    lines = [
        _text(x + 10, y + 39 + number * step, line, size=11 if many else 12)
        for number, line in enumerate(box.lines)
    ]
    return (
        f'<g><rect x="{x}" y="{y:.0f}" width="{w}" height="{h:.0f}" rx="6" fill="{SHADES[box.kind]}"'
        f' stroke="{EDGES[box.kind]}" stroke-width="1.2"/>'
        + _text(x + 10, y + 21, box.title, size=14, bold=True)
        + "".join(lines)
        + "</g>"
    )


def _arrow(start: Box, end: Box, what: str) -> str:
    path = _within(start, end) if start.at[0] == end.at[0] else _across(start, end)
    return (
        f'<path d="{path}" fill="none" stroke="{EDGES[start.kind]}" stroke-width="1.3" opacity="0.75"'
        f' marker-end="url(#{start.kind})"><title>{escape(what)}</title></path>'
    )


def _within(start: Box, end: Box) -> str:
    """Between boxes of one column: straight to a neighbour, else around what stands between them."""
    (x1, y1, w1, h1), (_, y2, _, h2) = _frame(start), _frame(end)
    down = y2 > y1
    if (y2 - y1 - h1 if down else y1 - y2 - h2) < ROW_H / 2:
        x = x1 + w1 * 0.8
        return f"M{x:.0f} {y1 + h1 if down else y1:.0f}L{x:.0f} {y2 if down else y2 + h2:.0f}"
    x, a, b = x1 + w1, y1 + h1 / 2, y2 + h2 - 12
    return f"M{x:.0f} {a:.0f}C{x + 26:.0f} {a:.0f} {x + 26:.0f} {b:.0f} {x:.0f} {b:.0f}"


def _across(start: Box, end: Box) -> str:
    """Between columns: level where the boxes overlap in height."""
    (x1, y1, w1, h1), (x2, y2, w2, h2) = _frame(start), _frame(end)
    top, bottom = max(y1, y2), min(y1 + h1, y2 + h2)
    level = (top + bottom) / 2
    a, b = (level, level) if bottom - top > GAP else (y1 + h1 / 2, y2 + h2 / 2)
    from_x, to_x = (x1 + w1, x2) if end.at[0] > start.at[0] else (x1, x2 + w2)
    middle = (from_x + to_x) / 2
    return f"M{from_x:.0f} {a:.0f}C{middle:.0f} {a:.0f} {middle:.0f} {b:.0f} {to_x:.0f} {b:.0f}"


def _watching(assembly: Assembly) -> str:
    """The strip at the foot."""
    counted = {name: len(assembly.of(kind)) for kind, name in WATCHING.items()}
    told = "   ".join(f"{name}: {number}" for name, number in counted.items() if number)
    y = HEIGHT - 52
    return (
        f'<rect x="24" y="{y}" width="{WIDTH - 48}" height="34" rx="6" fill="#f4f4f4" stroke="#777"/>'
        + _text(36, y + 22, f"Watches over all of it:   {told}", size=13)
    )
