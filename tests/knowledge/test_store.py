from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from mesh.adapters.knowledge.content import Content
from mesh.adapters.knowledge.store import KnowledgeStore, Stamp


def numbered(version: str, count: int, published: str = "2026-01-01") -> Content:
    return Content(version, published, {f"K{n:05}": {"key": f"K{n:05}", "of": version} for n in range(count)})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[KnowledgeStore]:
    opened = KnowledgeStore(tmp_path / "knowledge.db")
    yield opened
    opened.close()


def test_a_set_that_was_never_loaded_has_no_edition_and_no_rows(store: KnowledgeStore) -> None:
    assert store.edition("kev") is None
    assert store.find("kev", "K00001") is None
    assert list(store.rows("kev")) == []


def test_an_edition_says_its_version_date_rows_and_source(store: KnowledgeStore) -> None:
    store.load("kev", numbered("7", 3), "file kev.json")
    edition = store.edition("kev")
    assert edition is not None
    assert (edition.version, edition.published, edition.rows, edition.source) == (
        "7", "2026-01-01", 3, "file kev.json",
    )  # fmt: skip
    assert edition.loaded_at.tzinfo is not None


def test_a_load_replaces_the_whole_edition(store: KnowledgeStore) -> None:
    store.load("kev", numbered("old", 5), "a")
    assert store.find("kev", "K00004") is not None
    store.load("kev", numbered("new", 2), "b")
    assert store.find("kev", "K00004") is None
    assert [row["of"] for row in store.rows("kev")] == ["new", "new"]


def test_parts_add_up_and_the_newest_part_names_the_edition(store: KnowledgeStore) -> None:
    store.load("cvss", numbered("2026", 2, "2026-02-01"), "a", merge=True)
    older = Content("2025", "2025-12-31", {"K00001": {"of": "2025"}, "K00009": {"of": "2025"}})
    store.load("cvss", older, "b", merge=True)
    edition = store.edition("cvss")
    assert edition is not None and (edition.version, edition.rows) == ("2026", 3)
    assert store.find("cvss", "K00001") == {"of": "2025"}


def test_rows_that_only_fill_gaps_never_replace_better_ones(store: KnowledgeStore) -> None:
    store.load("cvss", Content("a", "2026-01-01", {"K1": {"vector": "full"}}), "a", merge=True)
    gaps = Content("b", "", {"K1": {"vector": ""}, "K2": {"vector": ""}}, fills_gaps=True)
    store.load("cvss", gaps, "b", merge=True)
    assert store.find("cvss", "K1") == {"vector": "full"}
    assert store.find("cvss", "K2") == {"vector": ""}


def test_a_load_that_fails_half_way_leaves_the_old_edition(store: KnowledgeStore) -> None:
    store.load("kev", numbered("old", 3), "a")
    broken = Content("new", "", {"K00000": {"of": "new"}, "K00001": {"of": object()}})
    with pytest.raises(TypeError):
        store.load("kev", broken, "b")
    assert {row["of"] for row in store.rows("kev")} == {"old"}


def test_a_load_by_another_process_is_seen_at_once(tmp_path: Path, store: KnowledgeStore) -> None:
    store.load("kev", numbered("old", 1), "a")
    assert store.find("kev", "K00000") == {"key": "K00000", "of": "old"}
    other = KnowledgeStore(tmp_path / "knowledge.db")
    other.load("kev", numbered("new", 1), "b")
    other.close()
    assert store.find("kev", "K00000") == {"key": "K00000", "of": "new"}


def test_readers_in_other_threads_see_one_edition_or_the_next_and_never_a_mixture(
    store: KnowledgeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mesh.adapters.knowledge.store._WHOLE_SET_ROWS", 100)
    store.load("epss", numbered("0", 500), "start")
    mixtures: list[set[str]] = []

    def read() -> None:
        for _ in range(30):
            seen = [row["of"] for row in store.rows("epss")]
            if len(set(seen)) != 1 or len(seen) != 500:
                mixtures.append(set(seen))

    readers = [Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for version in range(1, 15):
        store.load("epss", numbered(str(version), 500), "next")
    for reader in readers:
        reader.join()
    assert mixtures == []


def test_rows_cannot_be_changed_through_the_cache(store: KnowledgeStore) -> None:
    store.load("kev", numbered("1", 1), "a")
    row = store.find("kev", "K00000")
    with pytest.raises(TypeError):
        row["of"] = "else"  # type: ignore[index]


def test_a_seed_is_made_once_and_only_when_asked_for(tmp_path: Path) -> None:
    made: list[int] = []

    def make() -> Content:
        made.append(1)
        return numbered("seeded", 2)

    store = KnowledgeStore(tmp_path / "knowledge.db", {"attack": ("package", make)})
    assert store.editions() == [] and made == []
    threads = [Thread(target=store.find, args=("attack", "K00001")) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [1]
    edition = store.edition("attack")
    assert edition is not None and edition.source == "package"
    store.close()


def test_a_loaded_edition_is_kept_over_a_seed(tmp_path: Path) -> None:
    def fail() -> Content:
        raise AssertionError("the seed was made over a loaded edition")

    store = KnowledgeStore(tmp_path / "knowledge.db", {"attack": ("package", fail)})
    store.load("attack", numbered("loaded", 1), "file")
    assert store.find("attack", "K00000") is not None
    store.close()


def test_a_load_from_a_file_forgets_what_the_server_said(store: KnowledgeStore) -> None:
    store.load("kev", numbered("1", 1), "u", stamps=[Stamp("https://u.example/k", '"e1"', "Mon")])
    assert store.stamp("https://u.example/k").etag == '"e1"'
    store.load("kev", numbered("2", 1), "file")
    assert store.stamp("https://u.example/k") == Stamp("https://u.example/k")
