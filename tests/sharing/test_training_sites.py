"""Sites on other machines: known by their keys, each told of its own trainings alone."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.testclient import TestClient

from mesh.adapters.embedded.platform import open_platform
from mesh.entrypoints.http import application
from mesh.kit.fakes import NOON, MemoryCommons, StoppedClock
from mesh.kit.platform import Platform, Tenant
from mesh.kit.problem import Invalid
from mesh.sharing.federation_sites import Invitation, Sites


def a_key(curve: ec.EllipticCurve | None = None) -> str:
    made = ec.generate_private_key(curve or ec.SECP256R1()).public_key()
    return made.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


@pytest.fixture
def sites() -> Sites:
    return Sites(MemoryCommons(), StoppedClock())


def invitation(training_id: str = "t1", hours: float = 1) -> Invitation:
    return Invitation(
        training_id=training_id, model_type="churn", superlink="203.0.113.7:9092", certificates="PEM",
        until=NOON + timedelta(hours=hours),
    )  # fmt: skip


def test_a_site_is_known_by_its_key_without_what_else_stands_in_the_file(sites: Sites) -> None:
    key = a_key()
    kept = sites.register("cedar", f"{key} someone@laptop\n")
    assert kept.public_key == key and kept.since == NOON and kept.fingerprint.startswith("SHA256:")
    assert sites.all() == {"cedar": kept} and sites.of("alder") is None


def test_a_new_key_takes_the_place_of_the_one_before_and_can_be_forgotten(sites: Sites) -> None:
    sites.register("cedar", a_key())
    new = a_key(ec.SECP384R1())
    assert sites.register("cedar", new) == sites.of("cedar")
    assert sites.forget("cedar") and not sites.forget("cedar") and sites.all() == {}


def rsa_key() -> str:
    made = rsa.generate_private_key(65537, 2048).public_key()
    return made.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


@pytest.mark.parametrize(
    "wrong",
    ["", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256 AAAA", "ecdsa-sha2-nistp256 \u00e4\u00f6", rsa_key()],
)
def test_what_is_no_key_of_a_site_is_refused_with_the_reason(sites: Sites, wrong: str) -> None:
    with pytest.raises(Invalid) as refused:
        sites.register("cedar", wrong)
    assert refused.value.errors[0].field == "public_key"


def test_two_msps_cannot_have_one_key(sites: Sites) -> None:
    key = a_key()
    sites.register("cedar", key)
    sites.register("cedar", key)
    with pytest.raises(Invalid, match="no key of a site"):
        sites.register("alder", key)


def test_who_is_invited_is_told_and_nobody_else_until_it_is_over(sites: Sites) -> None:
    sites.invite(["cedar", "dogwood"], invitation())
    sites.invite(["cedar"], invitation("t2"))
    assert [one.training_id for one in sites.invitations("cedar")] == ["t1", "t2"]
    assert sites.invitations("alder") == [] and sites.invitations("ced") == []
    sites.dismiss(["cedar", "dogwood"], "t1")
    assert [one.training_id for one in sites.invitations("cedar")] == ["t2"]
    assert sites.invitations("dogwood") == []


def test_an_invitation_that_nobody_took_away_ends_by_itself(sites: Sites) -> None:
    sites.invite(["cedar"], invitation(hours=-1))
    assert sites.invitations("cedar") == [] and sites.ends() > NOON


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    opened = open_platform(tmp_path / "home")
    for name in ("cedar", "dogwood"):
        opened.tenants.put(Tenant(msp_id=name, name=name))
    yield opened
    opened.close()


def test_a_tenant_registers_reads_and_forgets_its_own_site(platform: Platform) -> None:
    clients = {
        name: TestClient(application(platform, of=[]), headers={"x-api-key": platform.keys.create(name)})
        for name in ("cedar", "dogwood")
    }
    assert clients["cedar"].get("/mesh/site").json() == {"site": None, "invitations": []}
    assert clients["cedar"].delete("/mesh/site").status_code == 404
    key = a_key()
    told = clients["cedar"].post("/mesh/site", json={"public_key": key})
    assert told.status_code == 200 and told.json()["site"]["public_key"] == key
    later = invitation().model_copy(update={"until": platform.clock.now() + timedelta(hours=1)})
    Sites(platform.commons, platform.clock).invite(["cedar"], later)
    assert clients["cedar"].get("/mesh/site").json()["invitations"][0]["superlink"] == later.superlink
    assert clients["dogwood"].get("/mesh/site").json() == {"site": None, "invitations": []}
    taken = clients["dogwood"].post("/mesh/site", json={"public_key": key})
    assert taken.status_code == 422 and taken.json()["errors"][0]["field"] == "public_key"
    assert clients["cedar"].delete("/mesh/site").json()["site"] is None


def test_an_erased_tenant_leaves_no_site_and_no_invitation(platform: Platform) -> None:
    sites = Sites(platform.commons, platform.clock)
    sites.register("cedar", a_key())
    sites.invite(["cedar"], invitation().model_copy(update={"until": sites.ends()}))
    platform.tenants.erase("cedar")
    assert sites.all() == {} and sites.invitations("cedar") == []
