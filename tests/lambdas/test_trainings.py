"""A training on AWS: the queue tells the function, the function starts a task, the task ends the job."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mesh.adapters.aws.trainings import JOB, TrainingJob
from mesh.entrypoints.lambdas import trainings
from mesh.entrypoints.lambdas.queue import Message, take_up
from mesh.entrypoints.tasks import training
from mesh.entrypoints.work import LEARNING
from mesh.kit.platform import Job
from mesh.kit.problem import Unavailable
from tests.lambdas.conftest import TestedProcess
from tests.lambdas.test_feed_jobs import Functions, replace_clients

pytest.importorskip("mesh.agents.federated_learning", reason="the agent is not here")
MSP = "msp-a"
ENVIRONMENT = {
    "MESH_TRAINING_CLUSTER": "mesh", "MESH_TRAINING_TASK": "arn:task", "MESH_TRAINING_SUBNETS": "subnet-a",
    "MESH_TRAINING_GROUP": "sg-1", "MESH_TRAINING_CODE_BUCKET": "code", "MESH_TRAINING_CODE_KEY": "t.zip",
}  # fmt: skip
REHEARSAL = {
    "model_type": "churn", "rounds": 2, "privacy_epsilon": 4, "rehearsal": {"sites": 3, "records": 120},
}  # fmt: skip


class Ecs:
    """ECS, as far as it is asked here; it may have no capacity."""

    def __init__(self, *, full: bool = False) -> None:
        self.full, self.asked = full, list[dict[str, Any]]()

    def run_task(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        if self.full:
            return {"tasks": [], "failures": [{"reason": "RESOURCE:CPU"}]}
        return {"tasks": [{"taskArn": "arn:aws:ecs:::task/1"}], "failures": []}

    def detail(self, reason: str) -> dict[str, Any]:
        """What ECS tells when the newest task has stopped."""
        said = {"stopCode": reason, "stoppedReason": f"{reason} of arn:aws:iam::1:role/x"}
        return {**said, "overrides": self.asked[-1]["overrides"]}

    def environment(self) -> dict[str, str]:
        (container,) = self.asked[-1]["overrides"]["containerOverrides"]
        return {one["name"]: one["value"] for one in container["environment"]}


@pytest.fixture
def new_job(at: TestedProcess) -> Callable[..., Job]:
    def new(question: dict[str, Any] = REHEARSAL) -> Job:
        now = at.clock.now()
        job = Job(
            job_id=f"j{len(list(at.platform.jobs.page(MSP).items))}", msp_id=MSP, agent=LEARNING,
            question=question, created_at=now, not_before=now,
        )  # fmt: skip
        at.platform.jobs.add(job)
        return job

    return new


def with_ecs(at: TestedProcess, ecs: Ecs) -> TestedProcess:
    clients = type(at.clients)(region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    clients._made = {"ecs": ecs}
    return replace(at, clients=clients)


def found(at: TestedProcess, job: Job) -> Job:
    kept = at.platform.jobs.find(MSP, job.job_id)
    assert kept is not None
    return kept


def message(job: Job) -> Message:
    return Message(msp_id=MSP, job_id=job.job_id)


def test_the_queue_tells_the_function_that_starts_trainings(
    at: TestedProcess, new_job: Callable[..., Job]
) -> None:
    job, functions = new_job(), Functions()
    named = at.settings.model_copy(update={"trainings_function": "mesh-trainings"})
    told = replace(at, clients=replace_clients(at, functions), settings=named)
    take_up({"body": message(job).model_dump_json()}, told)
    assert functions.told == [("mesh-trainings", "Event", {"msp_id": MSP, "job_id": job.job_id})]


def test_a_job_is_running_from_when_its_task_is_started_and_starts_no_second_one(
    at: TestedProcess, new_job: Callable[..., Job]
) -> None:
    job, ecs = new_job(), Ecs()
    here = with_ecs(at, ecs)
    assert trainings.started(message(job), here, ENVIRONMENT)
    assert found(at, job).state == "running" and len(ecs.asked) == 1
    assert not trainings.started(message(job), here, ENVIRONMENT) and len(ecs.asked) == 1


def test_the_task_ends_the_job_with_its_answer(at: TestedProcess, new_job: Callable[..., Job]) -> None:
    pytest.importorskip("flwr", reason="federated learning's packages are not installed")
    job, ecs = new_job(), Ecs()
    trainings.started(message(job), with_ecs(at, ecs), ENVIRONMENT)
    assert training.work(training.asked(ecs.environment()), at) == 0
    ended = found(at, job)
    assert ended.state == "done" and ended.result_id
    kept = at.platform.ports(MSP).results.find(ended.result_id)
    assert kept and kept.answer["status"] == "rehearsed" and len(kept.answer["rounds"]) == 2
    # ECS tells of every task that stops, also of those that were done.
    assert not trainings.stopped(ecs.detail("EssentialContainerExited"), at)
    assert found(at, job).state == "done"


def test_a_training_that_is_refused_ends_with_the_reason(
    at: TestedProcess, new_job: Callable[..., Job]
) -> None:
    pytest.importorskip("flwr", reason="federated learning's packages are not installed")
    job, ecs = new_job({"model_type": "churn"}), Ecs()
    trainings.started(message(job), with_ecs(at, ecs), ENVIRONMENT)
    training.work(training.asked(ecs.environment()), at)
    ended = found(at, job)
    assert ended.state == "dead" and ended.problem and ended.problem["status"] == 422
    assert "have agreed to take part" in ended.problem["detail"]


def test_a_task_that_dies_gives_the_job_its_next_try_and_at_last_the_reason(
    at: TestedProcess, new_job: Callable[..., Job]
) -> None:
    job, ecs = new_job(), Ecs()
    here = with_ecs(at, ecs)
    for attempt in (1, 2, 3):
        assert trainings.started(message(job), here, ENVIRONMENT)
        old = ecs.detail("TaskFailedToStart")
        assert trainings.stopped(old, at) and not trainings.stopped(old, at)
        assert found(at, job).state == ("dead" if attempt == 3 else "waiting")
        at.clock.moment += timedelta(minutes=1)
    problem = found(at, job).problem
    assert problem and "TaskFailedToStart" in problem["detail"] and "arn:" not in problem["detail"]
    assert len({one["clientToken"] for one in ecs.asked}) == 3


def test_late_word_of_an_earlier_task_does_not_end_the_attempt_that_runs(
    at: TestedProcess, new_job: Callable[..., Job]
) -> None:
    job, ecs = new_job(), Ecs()
    here = with_ecs(at, ecs)
    trainings.started(message(job), here, ENVIRONMENT)
    earlier = ecs.detail("TaskFailedToStart")
    trainings.stopped(earlier, at)
    at.clock.moment += timedelta(minutes=1)
    trainings.started(message(job), here, ENVIRONMENT)
    assert not trainings.stopped(earlier, at) and found(at, job).state == "running"


@pytest.mark.parametrize("environment", [ENVIRONMENT, {}], ids=["no capacity", "nothing set up"])
def test_what_cannot_be_started_is_said_in_the_job(
    at: TestedProcess, new_job: Callable[..., Job], environment: dict[str, str]
) -> None:
    job = new_job()
    assert trainings.started(message(job), with_ecs(at, Ecs(full=True)), environment)
    kept = found(at, job)
    assert kept.state == "waiting" and kept.problem
    assert "could not be started" in kept.problem["detail"] or "cannot be started" in kept.problem["detail"]


def test_a_task_leaves_an_attempt_alone_that_is_not_its_own(
    at: TestedProcess, new_job: Callable[..., Job]
) -> None:
    job = new_job()
    old = TrainingJob(msp_id=MSP, job_id=job.job_id, attempt=1)
    assert training.work(old, at) == 0 and found(at, job).state == "waiting"
    assert not trainings.stopped({"overrides": {}}, at)
    with pytest.raises(Unavailable, match=JOB):
        training.asked({})


def test_without_the_task_the_job_says_that_a_function_cannot_train(
    at: TestedProcess, new_job: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a deployment whose switch is off: the agent's function, which has no Flower, is asked."""
    from mesh.adapters.federation import here

    monkeypatch.setattr(here, "find_spec", lambda name: None)
    job = new_job()
    for _ in range(3):
        take_up({"body": json.dumps({"msp_id": MSP, "job_id": job.job_id})}, at)
        at.clock.moment += timedelta(minutes=1)
    ended = found(at, job)
    assert ended.state == "dead" and ended.problem and "no training task" in ended.problem["detail"]
