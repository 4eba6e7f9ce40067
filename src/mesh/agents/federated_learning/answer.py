"""From a question to a training, told of round by round; and what is stored of trainings."""

import hashlib
from datetime import datetime

from mesh.agents.federated_learning.model import (
    Answer,
    Progress,
    Question,
    RollBack,
    RolledBack,
    Status,
    StatusQuery,
)
from mesh.kit.agent import Answered, ModelUsed
from mesh.kit.federation import Outcome, RoundTold, TrainingPlan
from mesh.kit.ports import Ports
from mesh.kit.problem import Problem

FOLDER = "federated/trainings"
UNIT = "one client record: adding or leaving out one client of one MSP, with all its rows"
KEPT = 20


def answer(ask: Question, ports: Ports) -> Answered[Answer]:
    """Trains, and says what came of it. Raises what the port raises, with the reason."""
    plan = plan_of(ask)
    if plan.rehearsal is not None:
        outcome = ports.federation.train(plan, lambda _: None)
    else:
        outcome = _followed(ask, plan, ports)
    version = outcome.version or "rehearsal"
    by = ModelUsed(name=f"federated-{ask.model_type}", version=version, provider="statistics")
    return Answered(_answer(ask, outcome), by, simulated=outcome.simulated)


def plan_of(ask: Question) -> TrainingPlan:
    """The plan that a question stands for."""
    named = ask.participating_msps
    return TrainingPlan(
        kind=ask.model_type,
        sites=tuple(dict.fromkeys(named)) if isinstance(named, list) else (),
        least_sites=3 if isinstance(named, list) else named,
        epsilon=ask.privacy_epsilon,
        rounds=ask.rounds,
        strategy=ask.strategy,
        secure_aggregation=ask.secure_aggregation,
        defence=ask.defence,
        rehearsal=ask.rehearsal,
    )


def _followed(ask: Question, plan: TrainingPlan, ports: Ports) -> Outcome:
    """A training whose progress is stored after each round."""
    now = ports.clock.now()
    said = f"{now.isoformat()} {ask.model_dump_json()}"
    progress = Progress(
        training_id=f"{now:%Y%m%dT%H%M%S}-{hashlib.sha256(said.encode()).hexdigest()[:8]}",
        model_type=ask.model_type, state="running", started_at=now, updated_at=now,
        rounds_planned=plan.rounds, epsilon_asked=plan.epsilon,
    )  # fmt: skip
    _store(progress, ports)

    def tell(told: RoundTold) -> None:
        progress.rounds.append(told)
        progress.updated_at = ports.clock.now()
        _store(progress, ports)

    try:
        outcome = ports.federation.train(plan, tell)
    except Problem as problem:
        _store(_ended(progress, ports.clock.now(), state="failed", why=problem.detail), ports)
        raise
    told = ("sites", "federated", "in_use", "local_only", "pooled", "why")
    ended = {name: getattr(outcome, name) for name in told}
    state = "kept" if outcome.kept else "not_kept"
    _store(
        _ended(
            progress, ports.clock.now(), state=state, model_version=outcome.version,
            epsilon_spent=outcome.epsilon, **ended,
        ),
        ports,
    )  # fmt: skip
    return outcome


def _ended(progress: Progress, now: datetime, **more: object) -> Progress:
    return progress.model_copy(update={**more, "updated_at": now})


def _store(progress: Progress, ports: Ports) -> None:
    ports.blobs.put(f"{FOLDER}/{progress.training_id}.json", progress.model_dump_json().encode())
    for old in sorted(ports.blobs.names(f"{FOLDER}/"), reverse=True)[KEPT:]:
        ports.blobs.remove(old)


def _answer(ask: Question, outcome: Outcome) -> Answer:
    state = "rehearsed" if ask.rehearsal else ("kept" if outcome.kept else "not_kept")
    inside = [site for site in outcome.sites if site.why_out is None]
    return Answer(
        model_type=ask.model_type,
        status=state,  # type: ignore[arg-type]
        why=outcome.why,
        model_version=outcome.version,
        sha256=outcome.sha256,
        parent_version=outcome.parent,
        rounds=outcome.rounds,
        sites=outcome.sites,
        sites_in=len(inside),
        sites_out=len(outcome.sites) - len(inside),
        federated=outcome.federated,
        in_use=outcome.in_use,
        local_only=outcome.local_only,
        pooled=outcome.pooled,
        epsilon_spent=outcome.epsilon,
        delta=outcome.delta,
        privacy_unit=UNIT,
        noise_multiplier=outcome.noise_multiplier,
        strategy=ask.strategy,
        secure_aggregation=ask.secure_aggregation,
        defence=ask.defence,
    )


def status(asked: StatusQuery, ports: Ports) -> Status:
    """Trainings that this MSP asked for, and its versions."""
    stored = [ports.blobs.get(name) for name in ports.blobs.names(f"{FOLDER}/")]
    trainings = [Progress.model_validate_json(one) for one in stored if one]
    kinds = [asked.model_type] if asked.model_type else list(ports.federation.kinds())
    return Status(
        trainings=sorted(
            (one for one in trainings if one.model_type in kinds),
            key=lambda one: one.started_at,
            reverse=True,
        ),
        versions={kind: list(ports.federation.versions(kind)) for kind in kinds},
    )


def roll_back(asked: RollBack, ports: Ports) -> RolledBack:
    """Takes the version in use out of use. Raises NotFound where none is."""
    now = ports.federation.roll_back(asked.model_type)
    said = f"Version {now.version} is in use again." if now else "No shared model is in use any more."
    return RolledBack(model_type=asked.model_type, now_in_use=now, message=said)
