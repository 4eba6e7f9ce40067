"""Trainings over the tenants of one mesh: who takes part, what it leaves behind, and for whom."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from mesh.adapters.federation import here, kinds
from mesh.adapters.federation.here import FederationHere
from mesh.adapters.federation.kinds import Brought, Kind
from mesh.adapters.federation.outcome import worth
from mesh.adapters.federation.rehearsal import INPUTS, made_up
from mesh.adapters.federation.training import Trained
from mesh.kit.fakes import NOON, fake_ports
from mesh.kit.federation import Outcome, Rehearsal, RoundTold, TrainingPlan
from mesh.kit.ports import Ports
from mesh.kit.problem import Invalid, NotFound, Unavailable
from mesh.sharing import federation_ledger as ledger
from mesh.sharing import federation_versions as versions

NAMES = ("alder", "birch", "cedar", "dogwood", "elm")


@dataclass
class Mesh:
    """Five MSPs with made-up rows, of which those in `agreed` take part."""

    agreed: set[str] = field(default_factory=lambda: set(NAMES[:4]))
    held: dict[str, Ports] = field(default_factory=lambda: {n: fake_ports(msp_id=n) for n in NAMES})
    receipts: list[tuple[str, float, str]] = field(default_factory=list)
    records: int = 4000

    def of(self, msp_id: str) -> FederationHere:
        return FederationHere(
            msp_id, lambda: NAMES, self.held.__getitem__, self.agreed.__contains__,
            lambda *line: self.receipts.append(line),
        )  # fmt: skip

    def rows(self, ports: Ports, _now: Any) -> Brought:
        parts = made_up(Rehearsal(sites=5, records=self.records, seed=4))
        fit, held = parts[NAMES.index(ports.msp_id)]
        return Brought(fit, held, held.x, True)


@pytest.fixture
def mesh(monkeypatch: pytest.MonkeyPatch) -> Mesh:
    made = Mesh()
    names = [f"input-{n}" for n in range(INPUTS)]
    kind = Kind("churn", lambda _: names, lambda _: ("stays", "leaves"), made.rows, lambda _: None)
    monkeypatch.setitem(kinds.KINDS, "churn", kind)
    return made


def plan(**more: Any) -> TrainingPlan:
    given = {"kind": "churn", "epsilon": 4.0, "rounds": 12, "strategy": "fedavgm", "defence": "none"}
    return TrainingPlan(**{**given, "secure_aggregation": True, **more})


def trained(mesh: Mesh, msp_id: str = "alder", **more: Any) -> Outcome:
    return mesh.of(msp_id).train(plan(**more), lambda _: None)


def test_only_those_that_agreed_take_part_and_the_answer_names_none(mesh: Mesh) -> None:
    told = trained(mesh)
    assert len(told.sites) == 4 and sum(site.you for site in told.sites) == 1
    assert not any(name in told.model_dump_json() for name in NAMES)
    assert ledger.read(mesh.held["elm"].blobs).entries == []


def test_who_is_invited_but_did_not_agree_does_not_show(mesh: Mesh) -> None:
    asked, unknown = (
        pytest.raises(Invalid, match="2 MSPs that were asked have agreed"),
        pytest.raises(Invalid, match="2 MSPs that were asked have agreed"),
    )
    with asked:
        trained(mesh, sites=("alder", "birch", "elm"))
    with unknown:
        trained(mesh, sites=("alder", "birch", "no-such-msp"))


def test_a_good_model_becomes_a_version_with_everyone_that_took_part(mesh: Mesh) -> None:
    told = trained(mesh)
    assert told.kept and told.version and told.simulated
    for name in NAMES[:4]:
        (one,) = mesh.of(name).versions("churn")
        assert (one.version, one.in_use, one.sites, one.parent) == (told.version, True, 4, None)
    assert mesh.of("elm").versions("churn") == []


def test_the_next_model_is_compared_with_the_one_in_use_and_must_beat_it(mesh: Mesh) -> None:
    first = trained(mesh)
    mesh.held = {n: replace(p, clock=p.clock) for n, p in mesh.held.items()}
    second = trained(mesh)
    assert second.in_use.auc is not None and second.parent == first.version
    assert "model in use" in second.why
    # Noise decides which of two models of the same rows looks better; whichever is kept is the one in use.
    serving = second.version if second.kept else first.version
    assert [v.version for v in mesh.of("alder").versions("churn") if v.in_use] == [serving]


@pytest.mark.parametrize(
    ("new", "old", "doubt", "kept"),
    [
        (0.85, 0.80, 0.02, True),
        (0.85, 0.82, 0.02, False),
        (0.80, 0.85, 0.02, False),
        (0.60, None, 0.04, True),
        (0.57, None, 0.04, False),
        (0.90, 0.80, math.inf, False),
        (None, 0.80, 0.01, False),
    ],
)
def test_a_model_is_kept_where_it_does_better_by_more_than_noise_explains(
    new: float | None, old: float | None, doubt: float, kept: bool
) -> None:
    told = Trained(
        weights=np.zeros(1), terms=None, rounds=[], left={}, dropped={}, why_out={},  # type: ignore[arg-type]
        score=new, score_in_use=old, doubt=doubt, held_out=100.0,
    )  # fmt: skip
    assert worth(told)[0] is kept


def test_a_roll_back_is_each_msps_own(mesh: Mesh) -> None:
    trained(mesh)
    assert mesh.of("birch").roll_back("churn") is None
    assert not any(one.in_use for one in mesh.of("birch").versions("churn"))
    assert all(one.in_use for one in mesh.of("cedar").versions("churn"))
    with pytest.raises(NotFound):
        mesh.of("birch").roll_back("churn")


def test_an_altered_model_is_not_used(mesh: Mesh) -> None:
    told = trained(mesh)
    mesh.held["alder"].blobs.put(f"federated/churn/{told.sha256}.npy", b"something else")
    with pytest.raises(Unavailable, match="damaged"):
        versions.in_use(mesh.held["alder"].blobs, "churn", lambda _: False)


def test_every_site_pays_is_given_a_receipt_and_stops_when_its_budget_is_spent(mesh: Mesh) -> None:
    told = trained(mesh)
    assert sorted(line[0] for line in mesh.receipts) == list(NAMES[:4])
    assert {line[1] for line in mesh.receipts} == {site.epsilon for site in told.sites}
    for name in NAMES[:4]:
        (entry,) = ledger.read(mesh.held[name].blobs).entries
        assert 3.9 < entry.epsilon <= 4.0
    trained_again = 0
    with pytest.raises(Invalid, match="privacy budget"):
        for hour in range(1, 5):
            for name, ports in mesh.held.items():
                mesh.held[name] = replace(ports, clock=fake_ports(now=NOON + timedelta(hours=hour)).clock)
            trained(mesh)
            trained_again += 1
    assert trained_again == 1


def test_a_training_that_is_cut_short_is_paid_in_full(mesh: Mesh) -> None:
    def cut(told: RoundTold) -> None:
        if told.round == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mesh.of("alder").train(plan(), cut)
    assert [entry.epsilon for entry in ledger.read(mesh.held["birch"].blobs).entries] == [4.0]


def test_a_place_where_flower_cannot_be_says_what_to_do_instead(
    mesh: Mesh, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = replace(mesh.of("alder"), why_not="A task trains.")
    told = function.train(plan(rehearsal=Rehearsal(sites=4), rounds=2), lambda _: None)
    assert told.simulated and told.pooled.auc is not None and not mesh.receipts
    monkeypatch.setattr(here, "find_spec", lambda name: None)
    for asked in (plan(), plan(rehearsal=Rehearsal(sites=4))):
        with pytest.raises(Unavailable, match="A task trains"):
            function.train(asked, lambda _: None)


def test_a_pooled_model_is_not_computed_over_msps(mesh: Mesh) -> None:
    told = trained(mesh)
    assert told.pooled.auc is None and told.local_only.auc is not None
    assert trained(mesh, msp_id="elm").local_only.auc is None


def test_the_same_rehearsal_says_the_same_and_another_seed_does_not() -> None:
    run: Callable[[int], Outcome] = lambda seed: FederationHere(  # noqa: E731
        "a", lambda: (), lambda _: fake_ports(), lambda _: True, lambda *_: None
    ).train(plan(rounds=3, rehearsal=Rehearsal(sites=4, records=200, seed=seed)), lambda _: None)
    assert run(1) == run(1) != run(2)


def test_churn_rows_are_one_record_a_client_scaled_and_parted_the_same_way_each_time() -> None:
    pytest.importorskip("mesh.agents.client_health", reason="client health is not here")
    from mesh.demo.world import msp

    made = msp(0, until=NOON)
    ports = fake_ports(rows={kind: made.rows[kind] for kind in ("clients", "tickets", "revenue")})
    brought = kinds.KINDS["churn"].read(ports, NOON)
    assert brought.simulated and len(brought.train) and np.abs(brought.train.x).max() <= 1
    assert not set(brought.train.record) & set(brought.held_out.record)
    assert brought.train.records + brought.held_out.records <= len(made.rows["clients"])
    again = kinds.KINDS["churn"].read(ports, NOON)
    assert (again.held_out.record == brought.held_out.record).all()
