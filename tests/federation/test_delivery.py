"""The end of a training that is coordinated elsewhere: what the sites get, look at, and serve."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mesh.adapters.embedded.platform import open_platform
from mesh.adapters.federation import kinds, sums
from mesh.adapters.federation.delivery import GONE, deliver, packed
from mesh.adapters.federation.grid import InProcessGrid
from mesh.adapters.federation.kinds import SCALES, Brought
from mesh.adapters.federation.own_site import app_of
from mesh.adapters.federation.training import Trained, terms_of
from mesh.adapters.federation.version import Made
from mesh.kit.agent import Answered
from mesh.kit.fakes import NOON
from mesh.kit.federation import ModelVersion, TrainingPlan
from mesh.kit.platform import Platform, Tenant
from mesh.kit.ports import Ports
from mesh.sharing.consent import TRAINING, Consents
from mesh.sharing.federation_learner import Rows
from mesh.sharing.federation_rules import with_noise
from mesh.sharing.receipts import receipts_of
from mesh.sharing.withdrawals import revoking

client_health = pytest.importorskip("mesh.agents.client_health", reason="client health is not here")

NAMES = ("alder", "birch", "cedar", "dogwood")
RECORDS = 1500
SERVICES = list(SCALES).index("services")
UNHAPPY = {"ticket_volume": 19.0, "satisfaction_score": 2.0, "sla_breach_rate": 0.4}
PLAN = TrainingPlan(
    kind="churn", epsilon=4.0, rounds=3, strategy="fedavgm", secure_aggregation=True, defence="none"
)
TERMS = with_noise(replace(terms_of("churn", len(SCALES), 2, PLAN), sites=len(NAMES)))


class Mesh:
    """Four MSPs whose clients leave the more, the more services they buy: unlike what is usual."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.said: dict[str, list[str]] = {name: [] for name in NAMES}
        self.silent: set[tuple[int, str]] = set()
        for name in NAMES:
            platform.tenants.put(Tenant(msp_id=name, name=name))
            self.agree(name, to=True)

    def agree(self, name: str, *, to: bool) -> None:
        consents = Consents(self.platform.commons, self.platform.clock)
        consents.change(name, {("model-update", TRAINING): to})

    def rows(self, ports: Ports, _now: Any) -> Brought:
        draw = np.random.default_rng(NAMES.index(ports.msp_id))
        x = draw.uniform(-1, 1, (RECORDS, len(SCALES)))
        left = (draw.random(len(x)) < 1 / (1 + np.exp(1.5 - 4 * x[:, SERVICES]))).astype(np.int64)
        rows = Rows(x, left, np.arange(len(x)))
        held = rows.record % 4 == 0
        middle, spread = (np.array([SCALES[name][part] for name in SCALES]) for part in (0, 1))
        raw = middle + 2 * spread * np.arctanh(x * 0.999)
        return Brought(rows.part(~held), rows.part(held), raw[held], True)

    def grid(self) -> InProcessGrid:
        """The sites as a coordinator reaches them in a new run."""

        def answers(node: int, message_type: str) -> bool:
            return (node, message_type) not in self.silent

        apps = {
            node: app_of(name, self.platform, self.said[name].append)
            for node, name in enumerate(NAMES, start=1)
        }
        return InProcessGrid(apps, answers)

    def enrolled(self) -> sums.Sites:
        sites = sums.Sites(self.grid(), range(1, len(NAMES) + 1), TERMS)
        assert sums.agreed(sites)[0] == [1, 2, 3, 4]
        return sites

    def versions(self, name: str) -> list[ModelVersion]:
        return list(self.platform.ports(name).federation.versions("churn"))

    def ask(self, name: str) -> Answered[Any]:
        ports = self.platform.ports(name)
        found: Answered[Any] = client_health.judge(client_health.Question(**UNHAPPY), ports)
        return found

    def scopes(self) -> list[str]:
        return [str(self.ask(name).answer.learnt.scope) for name in NAMES]


@pytest.fixture
def mesh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mesh]:
    platform = open_platform(tmp_path / "home")
    made = Mesh(platform)
    monkeypatch.setitem(kinds.KINDS, "churn", replace(kinds.KINDS["churn"], read=made.rows))
    yield made
    platform.close()


def model(services: float = 4.0) -> Made:
    """A model that was not trained: whether clients with more services leave more is in its sign."""
    weights = np.zeros(len(SCALES) + 1)
    weights[0], weights[SERVICES + 1] = -1.5, services
    return Made(weights, NOON, sites=4, epsilon=2.0, score=0.9, doubt=0.01, simulated=True)


def sent(mesh: Mesh, told: Mapping[str, Any], to: sums.Sites | None = None) -> list[str]:
    """What the four sites answer to a finished model."""
    sites = to or mesh.enrolled()
    answers = sites.ask("query.version", dict.fromkeys(sites.nodes, told))
    return [str(each.config_records["config"]["why"]) for each in answers.values()]


def trained(in_use: float = 0.5) -> Trained:
    """What a training left whose model scores .9, where what is in use scores `in_use`."""
    return Trained(
        weights=model().weights, terms=TERMS, rounds=[], left=dict.fromkeys(range(1, 5), 3), dropped={},
        why_out={}, score=0.9, score_in_use=in_use, doubt=0.02, held_out=100.0,
    )  # fmt: skip


def test_a_model_that_does_worse_here_than_what_is_in_use_is_refused_and_only_the_msp_is_told(
    mesh: Mesh,
) -> None:
    better, worse = sent(mesh, packed(model())), sent(mesh, packed(model(services=-4.0)))
    assert better == worse == [""] * 4
    for name in NAMES:
        (kept,) = mesh.versions(name)
        assert kept.in_use and mesh.ask(name).by.version == kept.version
        assert "is refused" in mesh.said[name][1] and "which stays" in mesh.said[name][1]


BROKEN = [
    ("SHA-256", {"weights": packed(model(3.0))["weights"]}),
    ("19 weights", {"weights": packed(model())["weights"] + b"\0" * 8}),
    ("no number", packed(model(float("nan")))),
    ("more sites", {"sites": 5}),
    ("cost more", {"epsilon": 4.1}),
]


@pytest.mark.parametrize(("reason", "change"), BROKEN)
def test_a_model_that_is_not_what_was_agreed_is_refused_and_both_are_told(
    mesh: Mesh, reason: str, change: Mapping[str, Any]
) -> None:
    answers = sent(mesh, {**packed(model()), **change})
    assert len(answers) == 4 and all(reason in each for each in answers)
    assert all(reason in mesh.said[name][0] and mesh.versions(name) == [] for name in NAMES)


def test_a_training_brings_one_model_and_no_second(mesh: Mesh) -> None:
    sites = mesh.enrolled()
    assert sent(mesh, packed(model()), sites) == [""] * 4
    again = sent(mesh, packed(model(5.0)), sites)
    assert len(again) == 4 and all("came before" in each for each in again)
    assert all(len(mesh.versions(name)) == 1 for name in NAMES)


def test_a_site_that_is_gone_goes_without_and_the_coordinator_is_told(mesh: Mesh) -> None:
    sites = mesh.enrolled()
    mesh.silent = {(3, "query.version")}
    assert deliver(sites.grid, trained(), model(), 9.0) == {1: "", 2: "", 3: GONE, 4: ""}
    assert mesh.scopes() == ["shared", "shared", "network", "shared"]


def test_who_did_not_enrol_or_takes_part_no_more_is_given_nothing(mesh: Mesh) -> None:
    stranger = sums.Sites(mesh.grid(), range(1, 5), TERMS)
    assert sent(mesh, packed(model()), stranger) == []
    sites = mesh.enrolled()
    mesh.agree("birch", to=False)
    assert len(sent(mesh, packed(model()), sites)) == 3
    assert mesh.versions("birch") == [] and mesh.versions("cedar")


def test_a_damaged_version_in_use_gives_way_to_the_one_that_comes(mesh: Mesh) -> None:
    sent(mesh, packed(model(1.0)))
    (old,) = mesh.versions("alder")
    mesh.platform.ports("alder").blobs.put(f"federated/churn/{old.sha256}.npy", b"other weights")
    new = replace(model(), made_at=NOON + timedelta(days=1))
    sent(mesh, packed(new))
    assert mesh.ask("alder").answer.learnt.scope == "shared"
    assert mesh.ask("alder").by.version != old.version


def test_revoking_the_receipt_of_a_training_elsewhere_ends_its_version_here(mesh: Mesh) -> None:
    sites = mesh.enrolled()
    sites.sum("query.count")
    sent(mesh, packed(model()), sites)
    (line,) = receipts_of(mesh.platform).before("cedar")
    assert line.what == "model-update" and line.epsilon == 4
    assert mesh.ask("cedar").answer.learnt.scope == "shared"
    revoking(mesh.platform).revoke("cedar", line.number)
    assert mesh.ask("cedar").answer.learnt.scope == "network"
