"""From a training to an answer: client health is asked before, after, after a roll-back and a withdrawal."""

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mesh.adapters.federation import kinds
from mesh.adapters.federation.here import FederationHere
from mesh.adapters.federation.kinds import SCALES, Brought, Kind
from mesh.kit.agent import Answered
from mesh.kit.fakes import MemoryCommons, fake_ports
from mesh.kit.federation import Outcome, TrainingPlan
from mesh.kit.ports import Ports
from mesh.kit.problem import NotFound, Unavailable
from mesh.sharing.federation_learner import Rows
from mesh.sharing.federation_versions import withdraw, withdrawn_in
from tests.federation.conftest import CheckoutModels

client_health = pytest.importorskip("mesh.agents.client_health", reason="client health is not here")

NAMES = ("alder", "birch", "cedar", "dogwood", "elm")
UNHAPPY = {"ticket_volume": 19.0, "satisfaction_score": 2.0, "sla_breach_rate": 0.4}


class Mesh:
    """Five MSPs whose clients leave for what the model in use does not look at; the last did not agree."""

    def __init__(self) -> None:
        self.commons = MemoryCommons()
        self.receipts: list[tuple[str, float, str]] = []
        self.held: dict[str, Ports] = {}
        for name in NAMES:
            self.held[name] = replace(
                fake_ports(msp_id=name, models=CheckoutModels()), federation=self.federation(name)
            )

    def federation(self, name: str) -> FederationHere:
        return FederationHere(
            name, lambda: NAMES, lambda other: self.held[other], set(NAMES[:4]).__contains__,
            lambda *line: self.receipts.append(line), withdrawn_in(self.commons),
        )  # fmt: skip

    def rows(self, ports: Ports, _now: Any) -> Brought:
        """Clients leave the more, the more services they buy: the opposite of what is usual."""
        draw = np.random.default_rng(NAMES.index(ports.msp_id))
        x = draw.uniform(-1, 1, (1500, len(SCALES)))
        place = list(SCALES).index("services")
        left = (draw.random(len(x)) < 1 / (1 + np.exp(1.5 - 4 * x[:, place]))).astype(np.int64)
        rows = Rows(x, left, np.arange(len(x)))
        held = rows.record % 4 == 0
        middle, spread = (np.array([SCALES[name][part] for name in SCALES]) for part in (0, 1))
        raw = middle + 2 * spread * np.arctanh(x * 0.999)
        return Brought(rows.part(~held), rows.part(held), raw[held], True)

    def ask(self, name: str) -> Answered[Any]:
        found: Answered[Any] = client_health.judge(client_health.Question(**UNHAPPY), self.held[name])
        return found

    def train(self, by: str = "alder") -> Outcome:
        plan = TrainingPlan(
            kind="churn", epsilon=4.0, rounds=12, strategy="fedavgm", secure_aggregation=True,
            defence="none",
        )  # fmt: skip
        return self.held[by].federation.train(plan, lambda _: None)


@pytest.fixture
def mesh(monkeypatch: pytest.MonkeyPatch) -> Mesh:
    made, real = Mesh(), kinds.KINDS["churn"]
    fields = {name: getattr(real, name) for name in Kind.__dataclass_fields__}
    monkeypatch.setitem(kinds.KINDS, "churn", Kind(**{**fields, "read": made.rows}))
    return made


def scope(of: Answered[Any]) -> str:
    return str(of.answer.learnt.scope)


def test_a_version_that_beats_the_one_in_use_answers_for_all_that_took_part(mesh: Mesh) -> None:
    assert scope(mesh.ask("alder")) == "network"
    told = mesh.train()
    assert told.kept and told.in_use.auc is not None, told.why
    for name in NAMES[:4]:
        done = mesh.ask(name)
        assert scope(done) == "shared" and done.by.version == told.version and done.simulated
        assert done.answer.learnt.sha256 == told.sha256 and done.answer.learnt.lineage.sites == 4
        assert "calibrated on 1500 of your clients" in done.answer.notes[0]
    assert scope(mesh.ask("elm")) == "network"


def test_a_version_that_does_no_better_leaves_the_answers_as_they_were(mesh: Mesh) -> None:
    mesh.train()
    before = mesh.ask("birch")
    again = mesh.train(by="birch")
    if not again.kept:
        assert mesh.ask("birch").by == before.by
    assert again.in_use.auc is not None and again.parent == before.by.version


def test_a_roll_back_goes_back_for_that_msp_alone(mesh: Mesh) -> None:
    mesh.train()
    assert mesh.held["birch"].federation.roll_back("churn") is None
    assert scope(mesh.ask("birch")) == "network" and scope(mesh.ask("cedar")) == "shared"


def test_an_update_that_is_taken_back_stops_its_versions_for_everyone_at_once(mesh: Mesh) -> None:
    told = mesh.train()
    _, _, run = mesh.receipts[0]
    withdraw(mesh.commons, run)
    assert {scope(mesh.ask(name)) for name in NAMES} == {"network"}
    (version,) = mesh.held["cedar"].federation.versions("churn")
    assert version.version == told.version and version.withdrawn and not version.in_use
    with pytest.raises(NotFound):
        mesh.held["cedar"].federation.roll_back("churn")


def test_a_training_after_it_starts_from_what_still_stands(mesh: Mesh) -> None:
    mesh.train()
    withdraw(mesh.commons, mesh.receipts[0][2])
    assert mesh.train(by="birch").parent is None and scope(mesh.ask("alder")) == "shared"


def test_an_altered_version_is_said_to_be_rather_than_served(mesh: Mesh) -> None:
    told = mesh.train()
    mesh.held["alder"].blobs.put(f"federated/churn/{told.sha256}.npy", b"other weights")
    with pytest.raises(Unavailable, match="damaged"):
        mesh.ask("alder")


def test_without_client_health_there_is_no_churn_to_train_and_nothing_else_breaks(
    mesh: Mesh, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("mesh.agents.client_health")]:
        monkeypatch.setitem(sys.modules, name, None)
    assert kinds.churn_in_use(mesh.held["alder"]) is None
    with pytest.raises(Unavailable, match="client health"):
        kinds.churn_rows(mesh.held["alder"], mesh.held["alder"].clock.now())
    assert mesh.train().kept, "a version is kept all the same; whoever brings the agent back serves it"
