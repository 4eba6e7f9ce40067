"""Feeds of news as articles: what an entry becomes, and that hostile ones do nothing."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mesh.adapters.imports.news import MOST_ARTICLES, MOST_BYTES, articles
from mesh.adapters.imports.news_reading import read_source
from mesh.adapters.knowledge.fetch import Fetched
from mesh.adapters.knowledge.store import Stamp
from mesh.entrypoints.cli import main
from mesh.kit.fakes import fake_ports
from mesh.kit.ports import Ports
from mesh.kit.problem import Invalid, TooLarge, Unavailable

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ATOM = b"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Vendor news</title>
<entry><id>urn:1</id><title>Prices rise</title><updated>2026-11-20T10:00:00+02:00</updated>
<link href="https://example.test/1"/>
<content type="html">
&lt;p&gt;Seats cost &lt;b&gt;more&lt;/b&gt;.&lt;/p&gt;&lt;script&gt;steal()&lt;/script&gt;
</content></entry>
<entry><id>urn:2</id><title>No date</title><content>Nothing.</content></entry></feed>"""


def rss(items: str, head: str = "") -> bytes:
    start = f'<?xml version="1.0"?>{head}<rss version="2.0"><channel><title>T</title>'
    return f"{start}{items}</channel></rss>".encode()


def item(number: int, title: str = "News", text: str = "Words.", link: str = "https://example.test/") -> str:
    return (
        f"<item><guid>{number}</guid><title>{title}</title><link>{link}{number}</link>"
        f"<pubDate>Fri, 20 Nov 2026 08:00:00 GMT</pubDate><description>{text}</description></item>"
    )


def mine() -> Ports:
    return fake_ports(rows={}, now=NOW)


def unasked(url: str, known: Stamp, limit: int) -> Fetched | None:
    raise AssertionError(f"{url} was fetched")


def test_an_entry_becomes_an_article_in_plain_words_with_its_time_in_utc() -> None:
    news = articles(ATOM, "vendor")
    (row,) = news.rows
    assert (row["title"], row["text"], row["url"]) == (
        "Prices rise",
        "Seats cost more.",
        "https://example.test/1",
    )
    assert row["at"].startswith("2026-11-20T08:00:00") and news.title == "Vendor news"
    assert len(news.refused) == 1 and news.refused[0].startswith("entry 2: at:")


def test_a_feed_read_twice_stores_each_article_once(tmp_path: Path) -> None:
    ports, file = mine(), tmp_path / "feed.xml"
    file.write_bytes(rss(item(1) + item(2)))
    assert "2 new articles of 'T', 0 known before" in read_source(str(file), ports, unasked)[0]
    file.write_bytes(rss(item(2) + item(3)))
    assert "1 new articles of 'T', 1 known before" in read_source(str(file), ports, unasked)[0]
    assert len(list(ports.records.scan("articles"))) == 3


def test_a_feed_that_did_not_change_is_not_sent_again() -> None:
    ports, asked = mine(), list[Stamp]()

    def fetch(url: str, known: Stamp, limit: int) -> Fetched | None:
        asked.append(known)
        return None if known.etag == "v1" else Fetched(rss(item(1)), Stamp(url, "v1", "yesterday"))

    assert "1 new" in read_source("https://example.test/feed", ports, fetch)[0]
    assert read_source("https://example.test/feed", ports, fetch) == [
        "https://example.test/feed: nothing new"
    ]
    assert (asked[0].etag, asked[1].etag, asked[1].last_modified) == ("", "v1", "yesterday")


def test_a_feed_that_is_none_changes_nothing_and_is_asked_for_again() -> None:
    ports = mine()
    for _ in range(2):
        with pytest.raises(Invalid, match="neither RSS nor Atom"):
            read_source(
                "https://example.test/f",
                ports,
                lambda url, known, limit: Fetched(b"<html>", Stamp(url, "v1")),
            )
    assert ports.blobs.names() == []


BOMB = (
    "<!DOCTYPE rss [<!ENTITY a 'ha'>"
    + "".join(
        f"<!ENTITY {new} '{'&' + old + ';' * 1}{('&' + old + ';') * 9}'>"
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)


def test_entities_are_neither_expanded_nor_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret", encoding="utf-8")
    outside = f"<!DOCTYPE rss [<!ENTITY x SYSTEM 'file://{secret}'>]>"
    for head, name in ((BOMB, "i"), (outside, "x")):
        news = articles(rss(item(1, text=f"Words &{name};"), head), "hostile")
        told = str(news.rows)
        assert "the secret" not in told and len(told) < 2_000


@pytest.mark.parametrize(
    ("title", "text"),
    [
        (
            "News",
            "&lt;img src=x onerror=alert(1)&gt;Fine&lt;iframe src='https://evil.test'&gt;in&lt;/iframe&gt;",
        ),
        ("&lt;script&gt;alert(1)&lt;/script&gt;News", "Fine"),
        ("News\x1b[31m", "Fine\x07"),
        ("News", "Fine" + "&lt;div&gt;" * 20_000),
    ],
)
def test_markup_and_control_signs_leave_words_alone(title: str, text: str) -> None:
    for row in articles(rss(item(1, title, text)), "hostile").rows:
        assert row["title"].startswith("News") and row["text"].startswith("Fine")
        assert not set("<>\x1b\x07") & set(row["title"] + row["text"]) and "alert" not in str(row)


def test_an_address_that_is_no_web_page_is_left_out() -> None:
    (row,) = articles(rss(item(1, link="javascript:alert(1)//")), "hostile").rows
    assert "url" not in row


def test_what_is_too_large_or_too_much_is_said(tmp_path: Path) -> None:
    large = tmp_path / "large.xml"
    large.write_bytes(b" " * (MOST_BYTES + 1))
    with pytest.raises(TooLarge):
        read_source(str(large), mine(), unasked)
    news = articles(rss("".join(item(n) for n in range(MOST_ARTICLES + 3))), "many")
    assert len(news.rows) == MOST_ARTICLES and "3 entries" in news.refused[-1]


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"<rss", b"{}", b"http://127.0.0.1:1/feed", b"\x00" * 99]
)
def test_bytes_that_are_no_feed_are_refused_and_nothing_is_fetched_for_them(content: bytes) -> None:
    with pytest.raises(Invalid):
        articles(content, "odd")


def test_one_source_that_fails_does_not_keep_the_others_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(url: str, known: Stamp, limit: int) -> Fetched | None:
        raise Unavailable(f"{url} cannot be reached.")

    monkeypatch.setattr("mesh.adapters.knowledge.fetch.over_https", down)
    good = tmp_path / "feed.xml"
    good.write_bytes(rss(item(1)))
    status = main(["feeds", "--home", str(tmp_path / "home"), "read", "https://example.test/f", str(good)])
    said = capsys.readouterr().out.splitlines()
    assert status == 1 and said == ["https://example.test/f: https://example.test/f cannot be reached.",
                                    f"{good}: 1 new articles of 'T', 0 known before"]  # fmt: skip


def test_feedparser_is_loaded_by_the_first_feed_alone() -> None:
    import subprocess

    code = "import sys, mesh.entrypoints.cli; print('feedparser' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
