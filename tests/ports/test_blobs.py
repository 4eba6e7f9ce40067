from collections.abc import Callable

import pytest

from mesh.kit.ports import Ports
from mesh.kit.problem import Invalid
from tests.ports.conftest import Place, PortsOf

HOSTILE = [
    "", "/", "..", "../x", "a/../b", "/etc/passwd", "a//b", "a/", ".hidden", "a/.b", "a\\b", "a b", "a\x00b",
    "a\n",
    "ключ", "a%2fb", "%", "C:x", "~", "x" * 201, "a:b",
    "a*b", "\u202ea",
]  # fmt: skip


def test_a_blob_comes_back_byte_for_byte(ports: Ports) -> None:
    content = bytes(range(256)) * 1_000
    ports.blobs.put("policies/2026/soc2.txt", content)
    assert ports.blobs.get("policies/2026/soc2.txt") == content
    assert ports.blobs.get("policies/2026") is None
    ports.blobs.put("empty", b"")
    assert ports.blobs.get("empty") == b""


def test_putting_again_replaces_the_content(ports: Ports) -> None:
    ports.blobs.put("a", b"long content")
    ports.blobs.put("a", b"short")
    assert ports.blobs.get("a") == b"short"


def test_a_name_may_also_begin_another_name(ports: Ports) -> None:
    ports.blobs.put("a", b"1")
    ports.blobs.put("a/b", b"2")
    ports.blobs.put("a/b/c", b"3")
    assert [ports.blobs.get(name) for name in ("a", "a/b", "a/b/c")] == [b"1", b"2", b"3"]


def test_names_are_sorted_and_chosen_by_how_they_begin(ports: Ports) -> None:
    for name in ("b/2", "a", "b/1", "bc"):
        ports.blobs.put(name, b"")
    assert list(ports.blobs.names()) == ["a", "b/1", "b/2", "bc"]
    assert list(ports.blobs.names("b/")) == ["b/1", "b/2"]
    assert list(ports.blobs.names("z")) == []


@pytest.mark.parametrize("name", HOSTILE)
def test_an_unsafe_name_is_refused(ports: Ports, name: str) -> None:
    attempts: list[Callable[[], object]] = [
        lambda: ports.blobs.put(name, b"x"),
        lambda: ports.blobs.get(name),
    ]
    for attempt in attempts:
        with pytest.raises(Invalid) as refused:
            attempt()
        assert refused.value.errors[0].field == "name"
    assert list(ports.blobs.names()) == []


def test_remove_says_whether_there_was_something(ports: Ports) -> None:
    ports.blobs.put("a", b"x")
    assert ports.blobs.remove("a")
    assert not ports.blobs.remove("a")
    assert ports.blobs.get("a") is None


def test_no_tenant_sees_another_ones_blobs(ports_of: PortsOf) -> None:
    ports_of("msp-a").blobs.put("a", b"secret")
    theirs = ports_of("msp-b").blobs
    assert theirs.get("a") is None and list(theirs.names()) == [] and not theirs.remove("a")
    assert ports_of("msp-a").blobs.get("a") == b"secret"


def test_blobs_are_there_after_a_restart(place: Place) -> None:
    place.platform.ports("msp-a").blobs.put("kept/here", b"x")
    assert place.reopen().ports("msp-a").blobs.get("kept/here") == b"x"
