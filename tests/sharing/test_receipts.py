"""Every share leaves a signed line, in one chain for each tenant, that anyone can check without the mesh."""

import json
import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mesh.adapters.defaults import new_secret
from mesh.adapters.embedded.platform import open_platform
from mesh.adapters.embedded.secrets import HomeSecrets
from mesh.kit.fakes import MemoryCommons, StoppedClock
from mesh.kit.platform import Platform, Tenant
from mesh.kit.problem import Conflict, Invalid, NotFound, Unavailable
from mesh.sharing.chain import exported, public_key_of, verify
from mesh.sharing.receipts import Receipt, Receipts, receipts_of
from mesh.sharing.revoking import Revoking
from mesh.sharing.signing import Ed25519, canonical, secret_bytes


def made(secret: str = "") -> Receipts:
    text = secret or new_secret()
    return Receipts(MemoryCommons(), StoppedClock(), Ed25519(lambda: text))


def shared(receipts: Receipts, count: int, msp_id: str = "alder") -> list[Receipt]:
    return [
        receipts.issue(msp_id, "indicator", "mesh", "matching", 0.25 * n, f"sighting {n}", released=b"x")
        for n in range(count)
    ]


def lines_of(receipts: Receipts) -> tuple[list[bytes], bytes]:
    return list(exported(receipts, "alder")), public_key_of(receipts.public_key())


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    opened = open_platform(tmp_path / "home")
    opened.tenants.put(Tenant(msp_id="alder", name="Alder"))
    yield opened
    opened.close()


def test_a_chain_holds_and_each_line_names_the_one_before() -> None:
    receipts = made()
    one, two, three = shared(receipts, 3)
    assert [one.number, two.number, three.number] == [1, 2, 3]
    assert (two.previous, three.previous) == (one.hash, two.hash)
    lines, key = lines_of(receipts)
    verdict = verify(lines, key)
    assert (verdict.receipts, verdict.complete, verdict.broken) == (3, True, None)


def test_what_was_released_stands_as_its_digest_alone() -> None:
    line = made().issue("alder", "benchmark", "mesh", "benchmarks", released=b"the figures")
    assert len(line.released) == 64 and "figures" not in line.model_dump_json()


@pytest.mark.parametrize(
    ("field", "value"),
    [("epsilon", 0.0), ("recipient", "birch"), ("at", "2026-03-02T12:00:01Z"), ("msp_id", "birch"),
     ("what", "profile"), ("released", ""), ("consent_version", 7), ("signature", "AAAA"), ("hash", "0" * 64),
     ("previous", "0" * 64), ("number", 3), ("extra", 1), ("epsilon", "much")],
)  # fmt: skip
def test_a_line_that_was_changed_is_named(field: str, value: object) -> None:
    receipts = made()
    shared(receipts, 3)
    lines, key = lines_of(receipts)
    lines[1] = json.dumps({**json.loads(lines[1]), field: value}).encode()
    verdict = verify(lines, key)
    assert verdict.broken is not None and verdict.broken[0] == 2 and not verdict.complete


def test_lines_that_are_missing_doubled_or_swapped_are_named() -> None:
    receipts = made()
    shared(receipts, 4)
    lines, key = lines_of(receipts)
    broken = [
        verify(some, key).broken
        for some in (lines[1:], lines[:1] + lines[2:], [lines[0], *lines], [lines[1], lines[0], *lines[2:]])
    ]
    assert [place for place, _ in filter(None, broken)] == [1, 2, 2, 1]


def test_a_chain_cut_at_its_end_does_not_fit_its_checkpoint_and_without_one_is_not_complete() -> None:
    receipts = made()
    shared(receipts, 3)
    lines, key = lines_of(receipts)
    cut = verify([*lines[:2], lines[3]], key)
    assert cut.broken is not None and cut.broken[0] == 3 and "reached number 3" in cut.broken[1]
    assert verify(lines[:3], key) == verify(lines[:3], key) and not verify(lines[:3], key).complete
    assert verify([*lines, lines[0]], key).broken is not None


def test_another_key_does_not_verify_even_a_chain_that_is_whole() -> None:
    receipts, other = made(), made()
    shared(receipts, 1)
    shared(other, 1)
    lines, _ = lines_of(receipts)
    broken = verify(lines, public_key_of(other.public_key())).broken
    assert broken is not None and "another key" in broken[1]
    forged = {**json.loads(lines_of(other)[0][0]), "key_id": json.loads(lines[0])["key_id"]}
    broken = verify([json.dumps(forged)], public_key_of(receipts.public_key())).broken
    assert broken is not None and "signature does not hold" in broken[1]


@pytest.mark.parametrize("line", [b"\xff", b"[]", b"7", b'{"checkpoint": 1}', b'{"checkpoint": {}}', b"{"])
def test_what_is_no_receipt_is_named_and_not_raised(line: bytes) -> None:
    broken = verify([line], bytes(32)).broken
    assert broken is not None and broken[0] == 1


def test_lines_that_are_issued_at_once_from_many_threads_make_one_chain(platform: Platform) -> None:
    receipts = receipts_of(platform)
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda n: shared(receipts, 1)[0].number, range(48)))
    assert sorted(numbers) == list(range(1, 49))
    lines, key = lines_of(receipts)
    assert verify(lines, key).receipts == 48 and verify(lines, key).complete


def test_a_lost_hint_costs_a_walk_and_no_line() -> None:
    receipts = made()
    shared(receipts, 3)
    receipts.commons.remove("receipt-heads", "alder")
    assert shared(receipts, 1)[0].number == 4
    lines, key = lines_of(receipts)
    assert verify(lines, key).complete


def test_chains_of_tenants_are_apart_even_where_one_name_begins_like_another() -> None:
    receipts = made()
    for name in ("alder", "alder#0", "ald"):
        shared(receipts, 2, name)
    assert [line.number for line in receipts.chain("alder")] == [1, 2]
    assert {line.msp_id for line in receipts.before("alder#0")} == {"alder#0"}


def test_receipts_are_read_newest_first_from_any_number_over_blocks() -> None:
    receipts = made()
    shared(receipts, 205)
    assert [line.number for line in receipts.before("alder")] == list(range(205, 0, -1))
    assert [line.number for line in receipts.before("alder", 101)] == list(range(100, 0, -1))
    assert list(receipts.before("birch")) == []


def test_revoking_stops_the_share_first_and_leaves_a_receipt_once() -> None:
    receipts, stopped = made(), []
    line = shared(receipts, 1)[0]
    revoking = Revoking(receipts, {"indicator": lambda shared: stopped.append(shared.reference)})
    first = revoking.revoke("alder", line.number)
    assert (first.what, first.revokes, stopped) == ("revocation", 1, ["sighting 0"])
    assert revoking.revoke("alder", 1) == first and len(list(receipts.chain("alder"))) == 2
    assert receipts.is_revoked("alder", 1) and receipts.revocations("alder") == {1: 2}
    lines, key = lines_of(receipts)
    assert verify(lines, key).complete


def test_a_revocation_that_was_cut_short_is_finished_by_the_next_try() -> None:
    receipts = made()
    shared(receipts, 1)

    def fails(line: Receipt) -> None:
        raise Unavailable("The store does not answer.")

    with pytest.raises(Unavailable):
        Revoking(receipts, {"indicator": fails}).revoke("alder", 1)
    assert receipts.is_revoked("alder", 1)
    assert Revoking(receipts, {"indicator": lambda line: None}).revoke("alder", 1).number == 2


def test_only_ones_own_receipts_of_a_kind_that_can_be_taken_back_are_revoked() -> None:
    receipts = made()
    shared(receipts, 1)
    revoking = Revoking(receipts, {"indicator": lambda line: None})
    for msp_id, number in (("birch", 1), ("alder", 2), ("alder", 0), ("alder", 10**12)):
        with pytest.raises(NotFound):
            revoking.revoke(msp_id, number)
    revocation = revoking.revoke("alder", 1)
    with pytest.raises(Conflict):
        revoking.revoke("alder", revocation.number)
    with pytest.raises(Conflict):
        Revoking(receipts).revoke("alder", 1)


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    secrets = HomeSecrets(tmp_path / "secrets")
    with ThreadPoolExecutor(8) as pool:
        texts = set(pool.map(lambda n: secrets.read("key"), range(16)))
    assert len(texts) == 1 and secrets.read("other") not in texts
    assert len(list((tmp_path / "secrets").iterdir())) == 2
    if os.name == "posix":
        modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "secrets").iterdir()}
        assert modes == {0o600}


@pytest.mark.parametrize("text", ["", "not base64!", "AAAA"])
def test_a_key_that_cannot_be_read_is_said_without_its_text(text: str) -> None:
    with pytest.raises(Unavailable) as told:
        secret_bytes(text)
    assert not text or text not in told.value.detail
    with pytest.raises(Invalid):
        public_key_of(text)


def test_the_signed_form_is_the_one_of_rfc_8785_whatever_order_and_letters_it_has() -> None:
    value = {"z": 'ü\n\u001f"', "a": 0.0001, "m": True, "b": 3.0}
    assert canonical(value) == '{"a":0.0001,"b":3,"m":true,"z":"ü\\n\\u001f\\""}'.encode()


def test_receipts_outlive_the_process_and_go_with_their_tenant(platform: Platform, tmp_path: Path) -> None:
    shared(receipts_of(platform), 2)
    key = receipts_of(platform).public_key()
    platform.close()
    again = open_platform(tmp_path / "home")
    try:
        assert receipts_of(again).public_key() == key
        assert shared(receipts_of(again), 1)[0].number == 3
        again.tenants.erase("alder")
        assert receipts_of(again).last("alder") is None
    finally:
        again.close()
