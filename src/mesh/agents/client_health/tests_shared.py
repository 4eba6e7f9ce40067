"""A model that MSPs learnt together: who is answered by it, what is said of it, and how it is fitted here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from mesh.agents.client_health.answer import answer
from mesh.agents.client_health.chosen import keep
from mesh.agents.client_health.churn import probability
from mesh.agents.client_health.examples import CONTENT, UNHAPPY
from mesh.agents.client_health.features import NAMES
from mesh.agents.client_health.learning.together import fit, near
from mesh.agents.client_health.model import Answer, Question
from mesh.agents.client_health.ranking import RankingQuery, ranking
from mesh.agents.client_health.shared import SharedChurn, fit_of, name_of
from mesh.agents.client_health.tests import MODELS, HereModels, own_card, rows_of
from mesh.kit.absent import NoFederation
from mesh.kit.fakes import fake_ports
from mesh.kit.federation import ModelVersion, SharedModel
from mesh.kit.ports import Ports
from mesh.kit.problem import Unavailable
from mesh.kit.records import checked

DIGEST = "a" * 64


@dataclass
class Joined(NoFederation):
    """A mesh whose shared churn model is this one."""

    shared: SharedModel | None

    def kinds(self) -> Sequence[str]:
        return ("churn",)

    def serving(self, kind: str) -> SharedModel | None:
        return self.shared


def shared(inputs: tuple[str, ...] = NAMES, *, simulated: bool = False) -> SharedModel:
    told = ModelVersion(
        version="v7", sha256=DIGEST, parent="v6", made_at="2026-01-02T00:00:00+00:00", sites=9, epsilon=1.5,
        in_use=True, simulated=simulated,
    )  # fmt: skip
    weights = np.linspace(-1, 1, len(inputs) + 1)
    return SharedModel(told, inputs, ((4.0, 3.0),) * len(inputs), ("stays", "leaves"), weights)


def joined(of: SharedModel | None) -> Ports:
    rows = {
        kind: [checked(kind, row) for row in some]
        for kind, some in rows_of("acme", bad=True).items()
    }  # fmt: skip
    return fake_ports(rows=rows, models=HereModels(), federation=Joined(of))


def asked(ports: Ports, **question: object) -> Answer:
    return answer(Question.model_validate(question), ports).answer


def test_a_shared_model_answers_and_says_which_version_of_whom_at_what_price() -> None:
    done = answer(Question.model_validate(UNHAPPY), joined(shared()))
    learnt = done.answer.learnt
    assert (done.by.name, done.by.version, done.by.provider) == ("federated-churn", "v7", "statistics")
    assert learnt.scope == "shared" and learnt.sha256 == DIGEST and learnt.departures is None
    assert learnt.lineage and (learnt.lineage.parent, learnt.lineage.sites) == ("v6", 9)
    assert learnt.lineage.epsilon == 1.5 and "9 MSPs" in done.answer.notes[0]
    assert not done.simulated and len(done.answer.notes) == 1


def test_one_learnt_from_simulated_rows_says_so() -> None:
    done = answer(Question.model_validate(UNHAPPY), joined(shared(simulated=True)))
    assert done.simulated and done.answer.learnt.simulated and "simulated" in done.answer.learnt.trained_on
    assert any("simulated MSPs" in note for note in done.answer.notes)


def test_the_own_model_comes_first_then_the_shared_one_then_that_of_the_network() -> None:
    with_it, without = joined(shared()), joined(None)
    assert asked(without, **UNHAPPY).learnt.scope == "network"
    assert asked(with_it, **UNHAPPY).learnt.scope == "shared"
    content = (MODELS / "client_health" / "churn.onnx").read_bytes()
    keep(with_it.blobs, content, own_card(str(HereModels().card("client_health")["sha256"])))
    assert asked(with_it, **UNHAPPY).learnt.scope == "own"


def test_effects_are_exact_and_what_is_unknown_has_none() -> None:
    churn = SharedChurn(shared(), fit_of(joined(None).blobs, DIGEST))
    whole, part = churn.read([CONTENT, {"ticket_volume": 9.0}])
    for reading in (whole, part):
        told = churn.about.base + sum(reading.effects.values())
        assert reading.log_odds == pytest.approx(told, abs=1e-9)
    assert [name for name, effect in part.effects.items() if effect] == ["ticket_volume"]
    by_hand = shared().weights[0] + shared().weights[1] * np.tanh((9 - 4) / 6)
    assert part.log_odds == pytest.approx(by_hand)


def test_one_that_was_never_fitted_here_bounds_nothing_and_says_so() -> None:
    found = asked(joined(shared()), **UNHAPPY)
    assert found.interval and (found.interval.low, found.interval.high) == (0, 1)
    assert found.outlook and found.outlook.resembles == ["stays", "leaves"]
    assert "not calibrated on your clients" in found.notes[0]


def drawn(clients: int, shift: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Snapshots of an MSP whose clients leave more often, or less, than the shared model thinks."""
    draw = np.random.default_rng(3)
    x = draw.uniform(-1, 1, (clients, len(NAMES)))
    log_odds = shared().weights[0] + x @ shared().weights[1:] + shift
    left = (draw.random(clients) < 1 / (1 + np.exp(-log_odds))).astype(np.int64)
    return x, left, np.arange(clients)


@pytest.mark.parametrize("shift", [-1.5, 1.5])
def test_fitting_brings_the_rates_to_those_of_the_own_clients(shift: float) -> None:
    ports = joined(shared())
    x, left, client = drawn(1500, shift)
    fit(ports.blobs, shared(), x, left, client)
    churn = SharedChurn(shared(), fit_of(ports.blobs, DIGEST))
    values = 4 + 6 * np.arctanh(x)
    readings = churn.read_table(values)
    assert np.mean([one.probability for one in readings]) == pytest.approx(left.mean(), abs=0.02)
    covered = [one.may_leave if gone else one.may_stay for one, gone in zip(readings, left, strict=True)]
    assert np.mean(covered) >= 0.89
    assert np.mean([one.high - one.low for one in readings]) < 0.2
    assert "calibrated on 1500 of your clients" in asked(ports, **UNHAPPY).notes[0]


def test_few_departures_move_the_rates_little_and_a_client_counts_once_in_however_many_months() -> None:
    x, left, client = drawn(1500, 1.5)
    scores = shared().weights[0] + x @ shared().weights[1:]
    many, few = near(scores, left, client), near(scores[:12], left[:12], client[:12])
    assert abs(few[1]) < abs(many[1]) and many[1] == pytest.approx(1.5, abs=0.3)
    months: Callable[[np.ndarray], np.ndarray] = lambda of: np.repeat(of, 12)  # noqa: E731
    repeated = near(months(scores), months(left), months(client))
    assert repeated == pytest.approx(many, abs=1e-3)


def test_too_few_snapshots_leave_it_as_it_came() -> None:
    ports = joined(shared())
    assert fit(ports.blobs, shared(), *drawn(20, 0)) is None and ports.blobs.names() == []


def test_without_a_single_departure_it_is_fitted_still() -> None:
    ports = joined(shared())
    x, left, client = drawn(60, 0)
    found = fit(ports.blobs, shared(), x, np.zeros_like(left), client)
    assert found and found.departures == 0
    reading = SharedChurn(shared(), found).read([CONTENT])[0]
    assert 0 <= reading.low <= reading.probability <= reading.high <= 1 and reading.may_leave


def test_a_version_over_unknown_inputs_is_not_served() -> None:
    with pytest.raises(Unavailable, match="inputs"):
        asked(joined(shared(("shoe_size", "ticket_volume"))), **UNHAPPY)


def test_a_damaged_fit_is_said_to_be() -> None:
    ports = joined(shared())
    ports.blobs.put(name_of(DIGEST), b"{")
    with pytest.raises(Unavailable, match="damaged"):
        asked(ports, **UNHAPPY)


def test_the_ranking_goes_by_the_shared_model_too() -> None:
    found = ranking(RankingQuery(), joined(shared()))
    assert found.learnt.scope == "shared" and found.total == 1 and found.notes
    assert probability(found.clients[0].drivers[0].effect) > 0.5
