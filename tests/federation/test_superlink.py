"""The door that sites on other machines come in by: who is let in, by what, and to do what."""

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPSConnection
from pathlib import Path

import httpx
import pytest
from flwr.supercore.inflatable.inflatable_object import get_object_tree

from mesh.adapters.federation.door import Door, Open, certificates, door_of, opened
from mesh.adapters.federation.superlink import MOST_BYTES
from mesh.adapters.federation.supernode import Link, NotLetIn, attend, new_key, public_key
from mesh.kit.problem import Unavailable

HERE = Door(lambda: "127.0.0.1", "127.0.0.1", 0, 5)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    new_key(tmp_path / "cedar.key")
    return tmp_path / "cedar.key"


@pytest.fixture
def door(key: Path) -> Iterator[Open]:
    with opened(HERE, {"cedar": public_key(key)}) as found:
        yield found


@pytest.fixture
def http(door: Open) -> Iterator[httpx.Client]:
    """A stranger that knows the place and its certificate."""
    context = ssl.create_default_context(cadata=door.certificates)
    with httpx.Client(base_url=f"https://{door.superlink}", verify=context) as client:
        yield client


def come(door: Open, key: Path) -> list[str]:
    """What a site says that comes and is gone at once."""
    said: list[str] = []
    attend(lambda message, context: message, Link(door.superlink, door.certificates, key, 1.0), said.append,  # type: ignore[arg-type]
           lambda: True)  # fmt: skip
    return said


def test_the_site_with_the_key_comes_in_and_a_stranger_does_not(
    door: Open, key: Path, tmp_path: Path
) -> None:
    assert door.link.online() == set()
    assert "connected to" in come(door, key)[0]
    new_key(tmp_path / "stranger.key")
    # Flower's own way out would end this process within seconds.
    with pytest.raises(NotLetIn):
        come(door, tmp_path / "stranger.key")
    assert set(door.link.nodes) == {"cedar"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/control/start-run", 404), ("/v1/control/register-node", 404), ("/v1/runtime/acquire-task", 404),
        ("/docs", 404), ("/openapi.json", 404), ("/v1/fleet/pull-messages", 401),
        ("/v1/fleet/register-node", 401), ("/v1/fleet/push-object", 401),
    ],
)  # fmt: skip
def test_a_stranger_can_start_nothing_register_nothing_and_read_nothing(
    http: httpx.Client, path: str, status: int
) -> None:
    protobuf = {"content-type": "application/protobuf"}
    assert http.post(path, content=b"", headers=protobuf).status_code == status


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [("content-length", str(MOST_BYTES + 1), 413), ("transfer-encoding", "chunked", 411)],
)
def test_a_body_without_a_size_or_too_large_is_refused_unread(
    door: Open, header: str, value: str, status: int
) -> None:
    context = ssl.create_default_context(cadata=door.certificates)
    stranger = HTTPSConnection(door.superlink, context=context, timeout=10)
    stranger.putrequest("POST", "/v1/fleet/push-object")
    stranger.putheader(header, value)
    stranger.endheaders()
    assert stranger.getresponse().status == status
    stranger.close()


def test_the_place_is_known_by_its_own_certificate_and_by_no_other(door: Open, key: Path) -> None:
    other, _, _ = certificates("127.0.0.1", datetime.now(UTC))
    with pytest.raises(NotLetIn):
        attend(None, Link(door.superlink, other, key, 0.1), lambda _: None)  # type: ignore[arg-type]
    host, port = door.superlink.split(":")
    trusted = ssl.create_default_context()
    with socket.create_connection((host, int(port))) as plain, pytest.raises(ssl.SSLError):
        trusted.wrap_socket(plain, server_hostname=host)


@pytest.mark.parametrize("name", ["mesh.example", "203.0.113.7", "2001:db8::7"])
def test_a_certificate_is_for_one_day_and_the_name_or_address_that_sites_use(name: str) -> None:
    from cryptography import x509

    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    authority, server, _ = (text.encode() for text in certificates(name, now))
    root, mine = x509.load_pem_x509_certificate(authority), x509.load_pem_x509_certificate(server)
    mine.verify_directly_issued_by(root)
    names = mine.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(one.value) for one in names] == [name]
    assert mine.not_valid_after_utc == now + timedelta(days=1)


def test_a_port_that_is_taken_is_said(key: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        door = Door(lambda: "127.0.0.1", "127.0.0.1", port)
        with pytest.raises(Unavailable, match=f"port {port}"), opened(door, {"cedar": public_key(key)}):
            pass


def test_the_door_is_shut_after_the_training(key: Path) -> None:
    with opened(HERE, {"cedar": public_key(key)}) as found:
        host, port = found.superlink.split(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=2)


def test_a_reply_counts_when_all_of_it_is_there(door: Open, key: Path) -> None:
    """A site tells of its reply first and sends the parts afterwards; one may die in between."""
    from flwr.app import ConfigRecord, Message, RecordDict
    from flwr.app.message import remove_content_from_message

    link, node = door.link, door.link.nodes["cedar"]
    link.grid.state.activate_node(node, 30.0)
    asked = Message(RecordDict({"config": ConfigRecord({"a": 1})}), node, "query.willing")
    (name,) = link.grid.push_messages([asked])
    (received,) = link.grid.state.get_message_ins(node, 1)
    reply = Message(RecordDict({"config": ConfigRecord({"b": 2})}), reply_to=received)
    reply.metadata.__dict__["_message_id"] = reply.object_id
    session = link.grid.state.start_session(link.grid.run.run_id)
    alone, tree = remove_content_from_message(reply), get_object_tree(reply)
    stored, missing = link.grid.state.store_message_and_object_tree(alone, tree, session)
    assert stored and missing and link.grid.replies([name], 0.3) == []


@pytest.mark.parametrize(
    ("told", "door"),
    [
        ({}, None),
        ({"MESH_SITES_ADDRESS": "mesh.example"}, ("mesh.example", "0.0.0.0", 9092, 180)),
        (
            {"MESH_SITES_ADDRESS": "2001:db8::7", "MESH_SITES_LISTEN": "[::1]:99", "MESH_SITES_WAIT_S": "9"},
            ("2001:db8::7", "::1", 99, 9),
        ),
    ],
)
def test_a_door_is_where_the_environment_says(told: dict[str, str], door: tuple[object, ...] | None) -> None:
    found = door_of(told)
    assert (found and (found.address(), found.host, found.port, found.wait_s)) == door


@pytest.mark.parametrize("wrong", ["MESH_SITES_LISTEN", "MESH_SITES_WAIT_S"])
def test_a_door_that_cannot_be_is_named(wrong: str) -> None:
    with pytest.raises(Unavailable, match=wrong):
        door_of({"MESH_SITES_ADDRESS": "mesh.example", wrong: "soon"})
