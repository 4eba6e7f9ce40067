"""A training over MSPs of one mesh, of which some have their rows on machines of their own."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from mesh.adapters.embedded.platform import open_platform
from mesh.adapters.federation import invited, kinds, outcome
from mesh.adapters.federation.door import certificates
from mesh.adapters.federation.elsewhere import DID_NOT_COME, NO_DOOR
from mesh.adapters.federation.invited import Mesh, enrol, follow
from mesh.adapters.federation.kinds import Brought, Kind
from mesh.adapters.federation.own_site import app_of
from mesh.adapters.federation.rehearsal import INPUTS, made_up
from mesh.adapters.federation.supernode import new_key, public_key
from mesh.entrypoints.http import application
from mesh.kit.federation import Outcome, Rehearsal, TrainingPlan
from mesh.kit.platform import Platform
from mesh.kit.ports import Ports
from mesh.kit.problem import Invalid, Unavailable
from mesh.sharing import federation_ledger as ledger
from mesh.sharing.consent import TRAINING, Consents
from mesh.sharing.federation_sites import Invitation, Sites
from mesh.sharing.receipts import receipts_of
from mesh.sharing.withdrawals import revoking
from tests.federation.own_homes import agree
from tests.server import mesh as command

HERE, AWAY = ("alder", "birch"), ("cedar", "dogwood")
NAMES = (*HERE, *AWAY)
PLAN = TrainingPlan(
    kind="churn", epsilon=8.0, rounds=2, strategy="fedavgm", secure_aggregation=True, defence="none"
)


@dataclass
class Network:
    """The mesh in the middle, and a mesh of its own for each MSP whose rows are elsewhere."""

    folder: Path
    middle: Platform
    own: dict[str, Platform] = field(default_factory=dict)
    said: dict[str, list[str]] = field(default_factory=dict)
    running: list[threading.Thread] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def asked(self, msp_id: str) -> Mesh:
        """The mesh in the middle, with the MSP's key to it."""
        key = self.middle.keys.create(msp_id)
        # It speaks as httpx's client does, and is none.
        http: Any = TestClient(application(self.middle), headers={"x-api-key": key})
        return Mesh(http)

    def key(self, msp_id: str) -> Path:
        path = self.folder / f"{msp_id}.key"
        if not path.exists():
            new_key(path)
        return path

    def start(self, msp_id: str) -> None:
        """A site that follows the mesh in the middle, as ./mesh site does."""
        self.own[msp_id] = open_platform(self.folder / msp_id)
        agree(self.own[msp_id], [msp_id])
        told = self.said.setdefault(msp_id, [])
        app, mesh = app_of(msp_id, self.own[msp_id], told.append), self.asked(msp_id)
        enrol(mesh, self.key(msp_id), register=True, say=told.append)
        more = (self.over.wait, self.over.is_set)
        site = threading.Thread(target=follow, args=(mesh, app, self.key(msp_id), told.append, *more))
        site.start()
        self.running.append(site)

    def train(self, msp_id: str = "alder") -> Outcome:
        return self.middle.ports(msp_id).federation.train(PLAN, lambda _: None)

    def end(self) -> None:
        self.over.set()
        for site in self.running:
            site.join(60)
            assert not site.is_alive()
        for platform in (self.middle, *self.own.values()):
            platform.close()


def rows(ports: Ports, _now: Any) -> Brought:
    fit, held = made_up(Rehearsal(sites=4, records=4000, seed=4))[NAMES.index(ports.msp_id)]
    return Brought(fit, held, held.x, True)


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    names = [f"input-{n}" for n in range(INPUTS)]
    kind = Kind("churn", lambda _: names, lambda _: ("stays", "leaves"), rows, lambda _: None)
    monkeypatch.setitem(kinds.KINDS, "churn", kind)
    monkeypatch.setattr(invited, "EVERY_S", 0.1)
    monkeypatch.setattr(invited, "STILL_S", 0.5)
    monkeypatch.setattr(invited, "GONE_S", 1.0)
    monkeypatch.setenv("MESH_SITES_ADDRESS", "127.0.0.1")
    monkeypatch.setenv("MESH_SITES_LISTEN", "127.0.0.1:0")
    monkeypatch.setenv("MESH_SITES_WAIT_S", "60")
    made = Network(tmp_path, open_platform(tmp_path / "middle"))
    agree(made.middle, NAMES)
    yield made
    made.end()


def test_rows_here_and_elsewhere_make_one_model_that_serves_where_the_rows_are_until_one_takes_back(
    network: Network,
) -> None:
    for name in AWAY:
        network.start(name)
    told = network.train()
    assert told.kept and told.version and told.simulated
    assert [site.rounds_in for site in told.sites] == [2, 2, 2, 2] and sum(s.you for s in told.sites) == 1
    assert told.why.endswith("It came to 2 of 2 sites elsewhere.")
    places = {name: network.own.get(name, network.middle) for name in NAMES}
    for name, platform in places.items():
        (version,) = platform.ports(name).federation.versions("churn")
        assert (version.version, version.in_use, version.sites) == (told.version, True, 4)
        (paid,) = ledger.read(platform.ports(name).blobs).entries
        assert 0 < paid.epsilon <= 8
    for name in AWAY:
        mine = network.middle.ports(name)
        assert mine.federation.versions("churn") == [] and ledger.read(mine.blobs).entries == []
        assert "is in use now" in " ".join(network.said[name])
    receipts = receipts_of(network.middle)
    assert all([line.what for line in receipts.after(name, 0)] == ["model-update"] for name in NAMES)
    # One of them takes its part back: the version serves nobody here any more.
    revoking(network.middle).revoke("cedar", 1)
    assert network.middle.ports("alder").federation.serving("churn") is None


def test_a_site_that_does_not_come_is_told_of_and_a_model_that_is_not_worth_it_is_sent_to_nobody(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MESH_SITES_WAIT_S", "3")
    monkeypatch.setattr(outcome, "worth", lambda _trained: (False, "Not kept."))
    network.start("cedar")
    Sites(network.middle.commons, network.middle.clock).register(
        "dogwood", public_key(network.key("dogwood"))
    )
    told = network.train()
    assert sorted(str(site.why_out) for site in told.sites) == ["None", "None", "None", DID_NOT_COME]
    assert len(told.rounds) == 2 and told.rounds[-1].sites_in == 3 and told.why == "Not kept."
    for platform in (network.middle, network.own["cedar"]):
        assert platform.ports("cedar").federation.versions("churn") == []


def test_without_a_door_a_site_elsewhere_stays_out_and_its_rows_here_do_not_count(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MESH_SITES_ADDRESS")
    Sites(network.middle.commons, network.middle.clock).register("cedar", public_key(network.key("cedar")))
    told = network.train()
    assert [site.why_out for site in told.sites if site.why_out] == [NO_DOOR]
    assert ledger.read(network.middle.ports("cedar").blobs).entries == []


def test_a_site_that_did_not_agree_at_home_says_no_more_than_that(network: Network) -> None:
    for name in AWAY:
        network.start(name)
    platform = network.own["cedar"]
    Consents(platform.commons, platform.clock).change("cedar", {("model-update", TRAINING): False})
    told = network.train("dogwood")
    assert [site.why_out for site in told.sites if site.why_out] == ["does not take part"]
    # Who asks may have its rows elsewhere: only there can it be said what they would make of it alone.
    assert [site.why_out for site in told.sites if site.you] == [None]
    assert told.local_only.auc is None and "your site compares there" in told.local_only.note


def test_a_mesh_knows_a_site_by_its_key_once_it_was_told_to(network: Network) -> None:
    mesh, key, other = network.asked("cedar"), network.key("cedar"), network.key("other")
    said: list[str] = []
    with pytest.raises(Invalid, match="knows no site of yours"):
        enrol(mesh, key, register=False, say=said.append)
    enrol(mesh, key, register=True, say=said.append)
    enrol(mesh, key, register=False, say=said.append)
    with pytest.raises(Invalid, match="knows another site of yours"):
        enrol(mesh, other, register=False, say=said.append)
    enrol(mesh, other, register=True, say=said.append)
    assert [("in place of" in line) for line in said] == [False, True]
    with pytest.raises(Invalid, match="no key of a site"):
        enrol(network.asked("dogwood"), other, register=True, say=said.append)


def test_a_mesh_that_does_not_answer_is_asked_again_and_said_so_once(network: Network) -> None:
    said: list[str] = []
    turns = iter([Unavailable("It does not answer."), Unavailable("It does not answer."), None])

    class Away(Mesh):
        def invitations(self) -> list[Any]:
            if fault := next(turns):
                raise fault
            network.over.set()
            return []

    app, http = app_of("alder", network.middle), httpx.Client(base_url="https://mesh.example")
    follow(Away(http), app, network.key("alder"), said.append,
           lambda _: None, network.over.is_set)  # fmt: skip
    assert len(said) == 1 and "does not answer" in said[0]


def test_a_site_that_is_not_let_in_says_so_and_waits_for_the_next_training(network: Network) -> None:
    """Nobody listens there; and Flower would end the whole process for it."""
    gone = Invitation(
        training_id="t1", model_type="churn", superlink="127.0.0.1:9", until=network.middle.clock.now(),
        certificates=certificates("127.0.0.1", network.middle.clock.now())[0],
    )  # fmt: skip
    said: list[str] = []

    class Inviting(Mesh):
        def invitations(self) -> list[Invitation]:
            found = [] if said else [gone]
            if said:
                network.over.set()
            return found

    app, http = app_of("alder", network.middle), httpx.Client(base_url="https://mesh.example")
    follow(Inviting(http), app, network.key("alder"), said.append, lambda _: None, network.over.is_set)
    assert "could not be reached" in said[1] and "is over for this site" in said[2]


WRONG = [
    ([], "--msp: is missing"),
    (["--msp", "a"], "--mesh: is missing"),
    (["--msp", "a", "--mesh", "http://mesh.example", "--key", "k"], "--mesh: must be an https:// address"),
    (["--msp", "a", "--mesh", "mesh.example", "--key", "k"], "--mesh: must be an https:// address"),
    (["--msp", "a", "--mesh", "https://mesh.example", "--key", "k"], "--key: there is no file k"),
    (["--msp", "a", "--mesh", "http://[::1]:1", "--key", __file__], "there is no MESH_KEY in"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "said"), WRONG)
def test_what_a_site_is_started_with_is_looked_at_first(
    tmp_path: Path, options: list[str], said: str
) -> None:
    ended = command("site", "--home", str(tmp_path), *options)
    assert ended.returncode == 2 and said in ended.stderr and "Traceback" not in ended.stderr


def test_a_new_key_is_the_owners_alone_and_takes_no_files_place(tmp_path: Path) -> None:
    path = tmp_path / "site.key"
    made = command("site", "--home", str(tmp_path), "--new-key", str(path))
    assert made.returncode == 0 and made.stdout == public_key(path) + "\n"
    assert path.stat().st_mode & 0o077 == 0
    held = path.read_bytes()
    again = command("site", "--home", str(tmp_path), "--new-key", str(path))
    assert again.returncode == 2 and "is there already" in again.stderr and path.read_bytes() == held
