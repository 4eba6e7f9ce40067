"""Takes a feed's articles into a tenant's records: from a file, or over the network where it changed."""

import hashlib
from pathlib import Path

from pydantic_core import from_json, to_json

from mesh.adapters.imports.news import MOST_BYTES, News, articles
from mesh.adapters.knowledge.fetch import Fetch
from mesh.adapters.knowledge.store import Stamp
from mesh.kit.ports import Ports
from mesh.kit.problem import TooLarge

ARTICLES = "articles"


def read_source(source: str, ports: Ports, fetch: Fetch) -> list[str]:
    """Stores what the feed at an address, or in a file, holds; lines that say what became of it.

    What the server said of the feed's state is kept among the tenant's files, so that a feed that did not
    change is not sent again. Raises Invalid for what is no feed, TooLarge, Unavailable, OSError of a file.
    """
    if not source.startswith(("https://", "http://")):
        path = Path(source)
        if path.stat().st_size > MOST_BYTES:
            raise TooLarge(f"{source} is larger than {MOST_BYTES // 1_000_000} MB.")
        return _store(articles(path.read_bytes(), path.name), source, ports)
    state = f"feeds/{hashlib.sha256(source.encode()).hexdigest()[:24]}.json"
    fetched = fetch(source, _known(ports.blobs.get(state), source), MOST_BYTES)
    if fetched is None:
        return [f"{source}: nothing new"]
    told = _store(articles(fetched.content, source), source, ports)
    kept = {"url": source, "etag": fetched.stamp.etag, "last_modified": fetched.stamp.last_modified}
    ports.blobs.put(state, to_json(kept))
    return told


def _store(news: News, source: str, ports: Ports) -> list[str]:
    known = sum(ports.records.find(ARTICLES, row["id"]) is not None for row in news.rows)
    if news.rows:
        ports.records.put(ARTICLES, news.rows)
    named = f" of {news.title!r}" if news.title else ""
    told = f"{source}: {len(news.rows) - known} new articles{named}, {known} known before"
    return [told, *(f"  left out: {reason}" for reason in news.refused[:20])]


def _known(kept: bytes | None, url: str) -> Stamp:
    told = from_json(kept) if kept else {}
    return Stamp(url, str(told.get("etag", "")), str(told.get("last_modified", "")))
