"""Articles out of RSS and Atom, read by feedparser: of hostile markup nothing is left but words.

feedparser takes out document types, so that no entity is expanded or fetched; it is given bytes, so that it
never fetches anything itself. What it leaves of HTML is taken off here.
"""

import calendar
import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

from pydantic import ValidationError

from mesh.kit.problem import Invalid, from_validation
from mesh.kit.records import checked

MOST_BYTES = 5_000_000
MOST_ARTICLES = 500
LONGEST_TITLE, LONGEST_TEXT = 300, 20_000
# What these hold is not said to a reader.
_SILENT = frozenset({"script", "style", "template", "head", "svg", "math", "iframe", "object"})
_APART = frozenset({"p", "br", "div", "li", "ul", "ol", "tr", "h1", "h2", "h3", "h4", "blockquote"})


@dataclass(slots=True)
class News:
    """Rows of the kind `articles`, and why entries were left out."""

    title: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def articles(content: bytes, source: str) -> News:
    """The entries of a feed, newest as the feed has them, at most 500. Raises Invalid where it is no feed.

    An entry's id is made from its own id or address, so that a feed read twice stores each once.
    """
    import feedparser  # type: ignore[import-untyped]

    found = feedparser.parse(
        io.BytesIO(content[:MOST_BYTES]), sanitize_html=True, resolve_relative_uris=False
    )
    entries = list(found.get("entries") or [])
    if not entries and not found.get("version"):
        raise Invalid(f"{source} is neither RSS nor Atom.")
    news = News(_plain(str(found.get("feed", {}).get("title", "")))[:LONGEST_TITLE])
    for number, entry in enumerate(entries[:MOST_ARTICLES], start=1):
        try:
            news.rows.append(checked("articles", _article(entry, source)))
        except ValidationError as error:
            wrong = from_validation(error).errors[0]
            news.refused.append(f"entry {number}: {wrong.field}: {wrong.reason}")
    if len(entries) > MOST_ARTICLES:
        news.refused.append(f"{len(entries) - MOST_ARTICLES} entries beyond the first {MOST_ARTICLES}")
    return news


def _article(entry: Mapping[str, Any], source: str) -> dict[str, Any]:
    link = str(entry.get("link") or "")
    own = str(entry.get("id") or link or entry.get("title") or "")
    told = next((str(part.get("value") or "") for part in entry.get("content") or []), "")
    text = _plain(max(told, str(entry.get("summary") or ""), key=len))
    row: dict[str, Any] = {
        "id": "feed-" + hashlib.sha256(f"{source}\0{own}".encode("utf-8", "replace")).hexdigest()[:24],
        "title": _plain(str(entry.get("title") or ""))[:LONGEST_TITLE],
        "text": text[:LONGEST_TEXT],
    }
    if link.startswith(("https://", "http://")):
        row["url"] = link[:2_000]
    at = entry.get("published_parsed") or entry.get("updated_parsed")
    if at:
        row["at"] = datetime.fromtimestamp(calendar.timegm(at), UTC).isoformat()
    return row


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:  # noqa: ARG002
        self._silent += tag in _SILENT
        if tag in _APART:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def _plain(markup: str) -> str:
    """What a reader sees of it, a paragraph a line, without control signs."""
    words = _Words()
    words.feed(markup.encode("utf-8", "replace").decode("utf-8")[:200_000])
    words.close()
    return "\n".join(_lines("".join(words.parts)))


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        kept = " ".join("".join(c if c.isprintable() else " " for c in line).split())
        if kept:
            yield kept
