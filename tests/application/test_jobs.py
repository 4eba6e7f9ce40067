"""Jobs whose agents fail: retried, then dead, never in the way of others, never answered twice."""

from datetime import timedelta
from typing import Any

import pytest

from mesh.entrypoints.work import ATTEMPTS, LEASE_S, work_off
from mesh.kit.agent import Agent, Answered
from mesh.kit.platform import Job
from mesh.kit.ports import Ports
from mesh.kit.problem import Invalid, NotFound, Unavailable
from tests.acting import acting, failing, say_again
from tests.application.conftest import House


class Line:
    """Jobs put off over HTTP and worked off by hand."""

    def __init__(self, house: House, agent: Agent):
        self.house, self.agent = house, agent
        self.client = house.serve(agent)

    def put_off(self, text: str = "hello") -> str:
        reply = self.client.post("/echo/ask", json={"text": text}, headers={"prefer": "respond-async"})
        assert reply.status_code == 202
        job_id: str = reply.json()["job_id"]
        return job_id

    def work(self) -> bool:
        return work_off(self.house.platform, self.find)

    def find(self, name: str) -> Agent:
        if name != self.agent.slug:
            raise NotFound(f"There is no agent {name!r}.")
        return self.agent

    def job(self, job_id: str) -> Job:
        return Job.model_validate(self.client.get(f"/jobs/{job_id}").json())

    def later(self, seconds: float) -> None:
        self.house.clock.moment += timedelta(seconds=seconds)

    def events(self) -> list[str]:
        return [event.type for event in self.house.platform.outbox.after("msp-a", None)]


def test_a_job_is_answered_once_and_its_result_has_its_id(house: House) -> None:
    line = Line(house, acting())
    job_id = line.put_off()
    assert line.job(job_id).state == "waiting"
    assert line.work() and not line.work()
    job = line.job(job_id)
    assert (job.state, job.result_id, job.problem) == ("done", job_id, None)
    assert line.client.get(f"/results/{job_id}").json()["answer"]["said"] == "hello"
    assert line.events() == ["echo.said", "job.finished"]


@pytest.mark.parametrize("error", [RuntimeError("a defect"), Unavailable("The model is not here.")])
def test_a_job_that_may_succeed_later_is_tried_again_with_growing_pauses(
    house: House, error: Exception
) -> None:
    line = Line(house, failing(error, times=2))
    job_id = line.put_off()
    assert line.work()
    assert line.job(job_id).state == "waiting" and line.job(job_id).problem
    assert not line.work(), "it is not due yet"
    line.later(2)
    assert line.work() and not line.work()
    line.later(2)
    assert not line.work()
    line.later(2)
    assert line.work()
    assert (line.job(job_id).state, line.job(job_id).attempts) == ("done", 3)


def test_a_job_that_never_succeeds_is_dead_after_three_attempts_and_told_once(house: House) -> None:
    line = Line(house, failing(RuntimeError("password=hunter2")))
    poisoned = line.put_off()
    for _ in range(10):
        line.work()
        line.later(10)
    dead = line.job(poisoned)
    assert (dead.state, dead.attempts) == ("dead", ATTEMPTS)
    assert dead.problem and dead.problem["status"] == 500 and "hunter2" not in str(dead.problem)
    assert line.events() == ["job.failed"]


def test_a_job_that_can_never_be_answered_is_not_tried_again(house: House) -> None:
    line = Line(house, failing(Invalid("Not that.")))
    job_id = line.put_off()
    assert line.work() and not line.work()
    assert (line.job(job_id).state, line.job(job_id).attempts) == ("dead", 1)


def test_a_dead_job_that_is_redriven_can_succeed(house: House) -> None:
    line = Line(house, failing(Invalid("Not yet."), times=1))
    job_id = line.put_off()
    line.work()
    assert line.client.post(f"/jobs/{job_id}/redrive").json()["state"] == "waiting"
    assert line.work()
    assert line.job(job_id).state == "done"
    assert line.events() == ["job.failed", "echo.said", "job.finished"]


def test_a_job_that_ends_its_process_each_time_does_not_end_it_for_ever(house: House) -> None:
    line = Line(house, acting())
    job_id = line.put_off()
    for _ in range(ATTEMPTS):
        assert house.platform.jobs.claim(LEASE_S) is not None
        line.later(LEASE_S)
    assert line.work()
    dead = line.job(job_id)
    assert dead.state == "dead" and dead.problem and "process" in dead.problem["detail"]
    assert house.platform.ports("msp-a").results.find(job_id) is None


def test_a_job_answered_by_a_process_that_died_before_it_said_so_is_not_answered_again(house: House) -> None:
    asked: list[str] = []

    def counting(ask: Any, ports: Ports) -> Answered[Any]:
        asked.append(ask.text)
        return say_again(ask, ports)

    line = Line(house, acting(counting))
    job_id = line.put_off()
    first = house.platform.jobs.find("msp-a", job_id)
    line.work()
    assert first and asked == ["hello"]
    house.platform.jobs.add(first.model_copy(update={"job_id": "twin"}))
    house.platform.ports("msp-a").results.keep(
        house.platform.ports("msp-a").results.page().items[0].model_copy(update={"result_id": "twin"})
    )
    assert line.work()
    assert asked == ["hello"] and line.job("twin").state == "done"


def test_a_poisoned_job_blocks_nothing_behind_it(house: House) -> None:
    def picky(ask: Any, ports: Ports) -> Answered[Any]:
        if ask.text == "poison":
            raise RuntimeError("poison")
        return say_again(ask, ports)

    line = Line(house, acting(picky))
    poisoned, good = line.put_off("poison"), [line.put_off(f"good {n}") for n in range(3)]
    while line.work():
        pass
    assert [line.job(job_id).state for job_id in good] == ["done"] * 3
    assert line.job(poisoned).state == "waiting"
