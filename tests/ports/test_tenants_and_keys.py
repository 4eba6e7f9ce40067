import pytest

from mesh.kit.event import Draft
from mesh.kit.fakes import NOON
from mesh.kit.platform import Job, Platform, Reply, Tenant
from mesh.kit.problem import NotFound
from tests.ports.conftest import Place
from tests.ports.test_results import result


def test_a_tenant_is_found_by_its_id_and_can_be_renamed(platform: Platform) -> None:
    platform.tenants.put(Tenant(msp_id="msp-c", name="Cedar", simulated=True))
    assert platform.tenants.find("msp-c") == Tenant(msp_id="msp-c", name="Cedar", simulated=True)
    key = platform.keys.create("msp-c")
    platform.tenants.put(Tenant(msp_id="msp-c", name="Cedar IT"))
    assert platform.tenants.find("msp-c") == Tenant(msp_id="msp-c", name="Cedar IT")
    assert platform.keys.tenant_of(key) == Tenant(msp_id="msp-c", name="Cedar IT")
    assert platform.tenants.find("nobody") is None
    assert [tenant.msp_id for tenant in platform.tenants.listing()] == ["msp-a", "msp-b", "msp-c"]


def test_a_key_opens_its_own_tenant(platform: Platform) -> None:
    mine, theirs = platform.keys.create("msp-a"), platform.keys.create("msp-b")
    assert mine != theirs
    found = platform.keys.tenant_of(mine)
    assert found is not None and found.msp_id == "msp-a"


def test_a_key_for_a_tenant_that_is_not_there_is_refused(platform: Platform) -> None:
    with pytest.raises(NotFound):
        platform.keys.create("nobody")


def test_a_key_that_is_changed_anywhere_opens_nothing(platform: Platform) -> None:
    key = platform.keys.create("msp-a")
    for place in range(len(key)):
        changed = key[:place] + ("x" if key[place] != "x" else "y") + key[place + 1 :]
        assert platform.keys.tenant_of(changed) is None


@pytest.mark.parametrize("key", ["", "_", "__", "mesh", "mesh_", "mesh__", "é" * 50, "\x00", "a" * 100_000])
def test_nonsense_opens_nothing(platform: Platform, key: str) -> None:
    assert platform.keys.tenant_of(key) is None


def test_a_secret_does_not_open_with_another_keys_id(platform: Platform) -> None:
    mine, theirs = platform.keys.create("msp-a").split("_", 2), platform.keys.create("msp-b").split("_", 2)
    assert platform.keys.tenant_of("_".join([mine[0], mine[1], theirs[2]])) is None


def test_a_revoked_key_is_dead_at_once(place: Place) -> None:
    keys = place.platform.keys
    first, second = keys.create("msp-a", "laptop"), keys.create("msp-a")
    (info,) = [info for info in keys.listing() if info.label == "laptop"]
    assert info.revoked_at is None and info.created_at == NOON
    assert keys.revoke(info.key_id)
    assert keys.tenant_of(first) is None
    assert keys.tenant_of(second) is not None
    assert not keys.revoke(info.key_id) and not keys.revoke("nothing")
    assert place.reopen().keys.tenant_of(first) is None


def test_a_key_has_the_role_it_was_made_with_and_is_found_by_its_id(place: Place) -> None:
    keys = place.platform.keys
    plain, admin = keys.create("msp-a"), keys.create("msp-a", "mine", "admin")
    keys.create("msp-b")
    found = keys.find(admin.split("_")[1])
    assert found is not None and (found.role, found.label, found.msp_id) == ("admin", "mine", "msp-a")
    assert {info.key_id: info.role for info in keys.listing("msp-a")} == {
        plain.split("_")[1]: "member",
        admin.split("_")[1]: "admin",
    }
    assert list(keys.listing("nobody")) == []
    assert keys.find("nothing") is None and keys.find("") is None and keys.find("x" * 5_000) is None
    assert [info.role for info in place.reopen().keys.listing("msp-a")].count("admin") == 1


def test_a_key_revoked_by_another_process_is_dead_here_too(place: Place) -> None:
    key = place.platform.keys.create("msp-a")
    assert place.platform.keys.tenant_of(key) is not None
    other = place.open(place.home, place.clock)
    try:
        other.keys.revoke(other.keys.listing()[0].key_id)
    finally:
        other.close()
    assert place.platform.keys.tenant_of(key) is None


def test_no_secret_is_stored_or_listed(place: Place) -> None:
    keys = [place.platform.keys.create("msp-a", label=f"label{n}") for n in range(3)]
    place.reopen()
    stored = place.stored()
    assert b"label2" in stored, "the search looks at the wrong files"
    listed = "".join(info.model_dump_json() for info in place.platform.keys.listing())
    for key in keys:
        secret = key.split("_", 2)[2]
        assert len(secret) >= 43
        assert secret.encode() not in stored and secret not in listed


def test_keys_open_after_a_restart(place: Place) -> None:
    key = place.platform.keys.create("msp-a")
    found = place.reopen().keys.tenant_of(key)
    assert found is not None and found.msp_id == "msp-a"


def fill(platform: Platform, msp_id: str) -> str:
    """Something of every kind for a tenant; its key."""
    ports = platform.ports(msp_id)
    ports.records.put("clients", [{"id": "c1", "name": "Harbor"}])
    ports.results.keep(result(1, msp_id=msp_id), [Draft(type="a.b", topic="echo", subject="r", data={})])
    job = Job(
        job_id=f"job-{msp_id}", msp_id=msp_id, agent="echo", question={}, created_at=NOON, not_before=NOON
    )
    platform.jobs.add(job)
    platform.replies.begin(msp_id, "idem", "print", 60)
    platform.replies.finish(msp_id, "idem", Reply(200, {}, b""))
    return platform.keys.create(msp_id)


def test_erasing_a_tenant_leaves_nothing_of_it_and_all_of_the_others(place: Place) -> None:
    platform = place.platform
    gone, stays = fill(platform, "msp-a"), fill(platform, "msp-b")
    assert platform.tenants.erase("msp-a") > 0
    assert platform.tenants.find("msp-a") is None and platform.keys.tenant_of(gone) is None
    assert [info.msp_id for info in platform.keys.listing()] == ["msp-b"]
    platform.tenants.put(Tenant(msp_id="msp-a", name="Another"))
    mine, theirs = platform.ports("msp-a"), platform.ports("msp-b")
    assert mine.records.find("clients", "c1") is None and mine.results.find("r001") is None
    assert platform.jobs.find("msp-a", "job-msp-a") is None and not platform.outbox.after("msp-a", None)
    assert platform.replies.begin("msp-a", "idem", "other", 60) is None
    assert platform.keys.tenant_of(stays) is not None
    assert theirs.records.find("clients", "c1") and theirs.results.find("r001")
    assert platform.jobs.find("msp-b", "job-msp-b") and platform.outbox.after("msp-b", None)
    assert platform.tenants.erase("msp-a") > 0 and platform.tenants.erase("nobody") == 0
