"""./mesh exchange: indicators come in as the tenant's own, and go out only as far as they may."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mesh.adapters.embedded.platform import open_platform
from mesh.adapters.exchange import taxii
from mesh.entrypoints.cli import main
from mesh.kit.fakes import NOON
from mesh.kit.platform import Platform, Tenant
from mesh.kit.ports import Sighted
from mesh.kit.problem import Invalid, Unavailable
from mesh.sharing.consent import FEED, MATCHING, Consents
from tests.exchange.taxii_server import Taxii, running
from tests.exchange.test_forms import GREEN, attribute, event, indicator


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def platform(home: Path) -> Iterator[Platform]:
    opened = open_platform(home)
    for name in ("alder", "birch", "cedar", "elm"):
        opened.tenants.put(Tenant(msp_id=name, name=name))
        granted = {("indicator", MATCHING): True, ("indicator", FEED): True}
        Consents(opened.commons, opened.clock).change(name, granted)  # type: ignore[arg-type]
    yield opened
    opened.close()


def run(home: Path, *words: str) -> int:
    return main(["exchange", "--home", str(home), *words])


def file_of(folder: Path, text: str) -> str:
    path = folder / "in.json"
    path.write_text(text)
    return str(path)


def many(count: int) -> Taxii:
    objects = [
        (f"2026-02-{number + 1:02}T00:00:00.000Z",
         indicator(f"[domain-name:value = 'c{number}.test']", object_marking_refs=[GREEN]))
        for number in range(count)
    ]  # fmt: skip
    return Taxii([*objects, ("2026-02-27T00:00:00.000Z", {"type": "malware", "id": "malware--x"})])


def test_a_file_of_misp_is_stored_as_the_tenants_own_and_told_to_nobody(
    home: Path, platform: Platform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = event(attribute("domain", "evil.test"), attribute("comment", "x"), Tag=[{"name": "tlp:green"}])
    assert run(home, "--msp", "alder", "import", file_of(tmp_path, text), "--source", "north") == 0
    (row,) = platform.ports("alder").records.scan("indicators")
    assert (row["type"], row["value"], row["source"], row["tlp"]) == (
        "domain", "evil.test", "north", "TLP:GREEN",
    )  # fmt: skip
    assert not list(platform.ports("birch").records.scan("indicators"))
    assert not list(platform.commons.scan("sightings"))
    told = capsys.readouterr().out
    assert "1 stored under 'north'" in told and "not taken: 1 is of type comment" in told


def test_what_was_imported_is_told_as_such_and_counts_for_nobody_as_seen(
    home: Path, platform: Platform, tmp_path: Path
) -> None:
    for name in ("alder", "birch", "cedar"):
        text = event(
            attribute("domain", "evil.test", Tag=[{"name": "tlp:green"}]),
            attribute("domain", "kept.test", Tag=[{"name": "tlp:amber"}]),
            attribute("domain", "unmarked.test"),
            attribute("domain", "group.test", Tag=[{"name": "tlp:green"}], distribution="4"),
            attribute("ip-dst", "10.0.0.4", Tag=[{"name": "tlp:green"}]),
        )
        assert run(home, "--msp", name, "import", file_of(tmp_path, text), "--tell", "--source", "north") == 0
    told = [(each.owner, each.body["imported_from"]) for each in platform.commons.scan("sightings")]
    assert sorted(told) == [("alder", "north"), ("birch", "north"), ("cedar", "north")]
    sightings, evil = platform.ports("elm").sightings, ("domain", "evil.test")
    assert not sightings.seen([evil, *(("domain", f"{name}.test") for name in ("kept", "unmarked", "group"))])
    assert platform.ports("alder").sightings.imported([evil]) == {evil: ["north"]}
    assert not sightings.imported([evil])


def test_a_dry_run_stores_nothing(home: Path, platform: Platform, tmp_path: Path) -> None:
    text = event(attribute("domain", "evil.test", Tag=[{"name": "tlp:green"}]))
    assert run(home, "--msp", "alder", "import", file_of(tmp_path, text), "--tell", "--dry-run") == 0
    assert not list(platform.ports("alder").records.scan("indicators"))
    assert not list(platform.commons.scan("sightings"))


def test_what_the_mesh_released_is_written_for_other_tools_without_a_name(
    home: Path, platform: Platform, tmp_path: Path
) -> None:
    for name in ("alder", "birch", "cedar"):
        platform.ports(name).sightings.tell([Sighted("domain", "evil.test", "TLP:GREEN")], "r")
    for form in ("stix", "misp"):
        out = tmp_path / form
        assert run(home, "--msp", "elm", "export", "--format", form, "--to", str(out)) == 0
        text = out.read_text()
        assert "evil.test" in text and not any(name in text for name in ("alder", "birch", "cedar"))
        assert run(home, "--msp", "elm", "import", str(out), "--source", form) == 0
    assert run(home, "--msp", "alder", "export", "--to", str(tmp_path / "none")) == 1


def test_of_ones_own_goes_out_what_may_go_on_and_its_words_are_scrubbed(
    home: Path, platform: Platform, tmp_path: Path
) -> None:
    platform.ports("alder").records.put("clients", [{"id": "c", "name": "Harbor Dental"}])
    text = event(
        attribute("domain", "evil.test", comment="Seen at Harbor Dental on 10.0.0.4"),
        attribute("domain", "harbordental-login.test"),
        attribute("domain", "kept.test", Tag=[{"name": "tlp:red"}]),
        Tag=[{"name": "tlp:green"}],
    )
    run(home, "--msp", "alder", "import", file_of(tmp_path, text))
    out = tmp_path / "out.json"
    run(home, "--msp", "alder", "export", "--what", "own", "--to", str(out))
    assert [one["name"] for one in json.loads(out.read_text())["objects"] if one["type"] == "indicator"] == [
        "domain evil.test"
    ]
    assert "Harbor" not in out.read_text() and "[client]" in out.read_text()
    run(home, "--msp", "alder", "export", "--what", "own", "--all", "--to", str(out))
    assert out.read_text().count('"indicator"') == 3


def test_a_collection_is_read_page_after_page_with_oasis_own_client(
    home: Path, platform: Platform, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEED_PASSWORD", "open sesame")
    feed = many(5)
    feed.user, feed.password = "reader", "open sesame"
    with running(feed):
        words = ("--user", "reader", "--password-from", "FEED_PASSWORD", "--source", "feed")
        assert run(home, "--msp", "alder", "taxii", feed.url, *words) == 0
        rows = list(platform.ports("alder").records.scan("indicators"))
        assert sorted(row["value"] for row in rows) == [f"c{n}.test" for n in range(5)]
        assert {row["tlp"] for row in rows} == {"TLP:GREEN"} and len(feed.asked) >= 3
        assert run(home, "--msp", "birch", "taxii", feed.url, *words, "--since", "2026-02-03") == 0
        assert len(list(platform.ports("birch").records.scan("indicators"))) == 2
        assert run(home, "--msp", "cedar", "taxii", feed.url) == 1
    assert "open sesame" not in capsys.readouterr().out


def test_a_server_that_is_none_is_said_to_be_none() -> None:
    with pytest.raises(Invalid, match="address"):
        taxii.read("http://feed.test/api/collections/x/", NOON)
    feed = many(1)
    with running(feed), pytest.raises(Unavailable):
        taxii.read(feed.url.replace("collections", "elsewhere"), NOON)
    with pytest.raises(Unavailable, match="cannot be read"):
        taxii.read(feed.url, NOON)


@pytest.mark.parametrize(
    "words",
    [
        ("import", "/nowhere.json"),
        ("taxii", "https://x.test/", "--password-from", "NOT_SET_ANYWHERE"),
        ("taxii", "https://x.test/", "--since", "yesterday"),
        ("--msp", "nobody", "export"),
    ],
)
def test_bad_use_is_one_line_that_says_what_to_do(
    home: Path, platform: Platform, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(home, *words) in (1, 2)
    told = capsys.readouterr().err
    assert told.startswith("mesh: ") and "Traceback" not in told
