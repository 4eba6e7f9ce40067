"""What the agent promises of its own: plans, progress, status, roll-back. Trainings themselves are tested in
tests/federation."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from mesh.agents.federated_learning import AGENT
from mesh.agents.federated_learning.answer import answer, plan_of, roll_back, status
from mesh.agents.federated_learning.model import Question, RollBack, StatusQuery
from mesh.kit.fakes import fake_ports
from mesh.kit.federation import (
    Measured,
    ModelVersion,
    Outcome,
    RoundTold,
    SharedModel,
    SiteTold,
    TrainingPlan,
)
from mesh.kit.ports import Ports
from mesh.kit.problem import Invalid, NotFound, Unavailable, validated

NOT = Measured(auc=None, note="not measured")


@dataclass
class Played:
    """A federation whose trainings go as told."""

    kept: bool = True
    fails: bool = False
    plans: list[TrainingPlan] = field(default_factory=list)
    seen: list[Mapping[str, Any]] = field(default_factory=list)
    ports: Ports | None = None

    def kinds(self) -> Sequence[str]:
        return ("churn", "threat_techniques")

    def train(self, plan: TrainingPlan, tell: Callable[[RoundTold], None]) -> Outcome:
        self.plans.append(plan)
        rounds = [RoundTold(round=n, sites_in=4, sites_dropped=n % 2) for n in (1, 2)]
        for told in rounds:
            tell(told)
            if self.ports:
                self.seen.append(status(StatusQuery(), self.ports).model_dump())
        if self.fails:
            raise Unavailable("Round after round was lost.")
        return Outcome(
            kept=self.kept, why="because", version="v1", sha256="0" * 64, rounds=rounds,
            sites=[
                SiteTold(site="site-1", you=True, rounds_in=2, rounds_dropped=0, epsilon=0.9),
                SiteTold(site="site-2", rounds_in=0, rounds_dropped=0, epsilon=0, why_out="did not answer"),
            ],
            federated=Measured(auc=0.8, note="noisy"), in_use=NOT, local_only=NOT, pooled=NOT, epsilon=0.9,
            delta=1e-5, noise_multiplier=20.0, simulated=True,
        )  # fmt: skip

    def versions(self, kind: str) -> Sequence[ModelVersion]:
        return ()

    def serving(self, kind: str) -> SharedModel | None:
        return None

    def roll_back(self, kind: str) -> ModelVersion | None:
        raise NotFound("No shared churn model is in use here.")


def asked(**more: Any) -> Question:
    return validated(Question, {"model_type": "churn", **more})


@pytest.fixture
def played() -> Played:
    return Played()


@pytest.fixture
def ports(played: Played) -> Ports:
    made = fake_ports(federation=played)
    played.ports = made
    return made


def test_a_training_over_msps_is_a_job_and_a_rehearsal_is_not() -> None:
    assert AGENT.as_job(asked()) and not AGENT.as_job(asked(rehearsal={"sites": 4}))


def test_named_msps_are_invited_and_a_number_is_a_least_number() -> None:
    assert plan_of(asked(participating_msps=["b", "a", "b"])).sites == ("b", "a")
    assert plan_of(asked(participating_msps=5)).least_sites == 5


def test_progress_is_seen_while_rounds_go_on(played: Played, ports: Ports) -> None:
    answer(asked(), ports)
    running = [one["trainings"][0] for one in played.seen]
    assert [len(one["rounds"]) for one in running] == [1, 2]
    assert {one["state"] for one in running} == {"running"}


def test_what_came_of_it_stays_in_the_status(ports: Ports) -> None:
    told = answer(asked(), ports)
    (one,) = status(StatusQuery(), ports).trainings
    assert (one.state, one.model_version, one.epsilon_spent) == ("kept", "v1", 0.9)
    assert told.simulated and told.answer.sites_in == 1 and told.answer.sites_out == 1
    assert status(StatusQuery(model_type="threat_techniques"), ports).trainings == []


def test_a_training_that_fails_says_so_in_the_status(played: Played, ports: Ports) -> None:
    played.fails = True
    with pytest.raises(Unavailable):
        answer(asked(), ports)
    (one,) = status(StatusQuery(), ports).trainings
    assert one.state == "failed" and "lost" in one.why


def test_a_rehearsal_leaves_no_trace(ports: Ports) -> None:
    answer(asked(rehearsal={"sites": 4}), ports)
    assert status(StatusQuery(), ports).trainings == [] and ports.blobs.names() == []


def test_the_event_names_no_site(ports: Ports) -> None:
    assert "site-" not in json.dumps(AGENT.digest(answer(asked(), ports).answer))


def test_there_is_nothing_to_go_back_from_without_a_version(ports: Ports) -> None:
    with pytest.raises(NotFound):
        roll_back(RollBack(model_type="churn"), ports)


@pytest.mark.parametrize(
    "wrong",
    [
        {"privacy_epsilon": 0}, {"privacy_epsilon": 11}, {"rounds": 1}, {"participating_msps": 2},
        {"participating_msps": []}, {"strategy": "best"}, {"rehearsal": {"sites": 4, "dropping": 2}},
        {"model_type": "prices"}, {"participating_msps": ["m"] * 201},
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        validated(Question, {"model_type": "churn", **wrong})


def test_a_rehearsal_is_described_by_a_flag() -> None:
    read = AGENT.terminal.read({"model": "churn", "rehearse": "sites=6,seed=3", "masks": "no"})
    assert read["rehearsal"] == {"sites": 6, "seed": 3} and read["secure_aggregation"] is False
    with pytest.raises(Invalid):
        AGENT.terminal.read({"model": "churn", "rehearse": "sites=many"})
