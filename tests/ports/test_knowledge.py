from pathlib import Path

from mesh.adapters.knowledge.content import Content
from mesh.adapters.knowledge.feeds import open_store
from mesh.kit.ports import Ports
from tests.ports.conftest import Place


def test_a_set_that_nobody_loaded_is_said_to_be_missing(ports: Ports) -> None:
    assert ports.knowledge.edition("kev") is None
    assert ports.knowledge.find("kev", "CVE-2021-44228") is None
    assert list(ports.knowledge.rows("kev")) == []
    assert ports.knowledge.edition("no-such-set") is None


def load(home: Path, version: str) -> None:
    store = open_store(home)
    try:
        store.load("kev", Content(version, "2026-03-01", {"CVE-1": {"id": "CVE-1", "of": version}}), "a file")
    finally:
        store.close()


def test_every_tenant_reads_the_edition_that_was_loaded_and_then_the_next(place: Place) -> None:
    for version in ("1", "2"):
        load(place.home, version)
        place.publish_knowledge()
        for msp_id in ("msp-a", "msp-b"):
            knowledge = place.platform.ports(msp_id).knowledge
            edition = knowledge.edition("kev")
            assert edition is not None and (edition.version, edition.rows) == (version, 1)
            assert knowledge.find("kev", "CVE-1") == {"id": "CVE-1", "of": version}
            assert [row["of"] for row in knowledge.rows("kev")] == [version]
