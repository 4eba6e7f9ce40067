from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from mesh.kit.fakes import NOON
from mesh.kit.platform import Job, Jobs, Platform
from mesh.kit.problem import Malformed
from tests.ports.conftest import Place

LEASE_S = 30.0
REFUSED = {"type": "/docs/problems#invalid", "title": "x", "status": 422, "detail": "y"}


def job(number: int, msp_id: str = "msp-a", after_s: float = 0) -> Job:
    due = NOON + timedelta(seconds=after_s)
    return Job(
        job_id=f"j{number:03}",
        msp_id=msp_id,
        agent="echo",
        question={"text": "naïve ✓", "n": number},
        created_at=NOON + timedelta(microseconds=number),
        not_before=due,
    )


def claimed(jobs: Jobs) -> Job:
    found = jobs.claim(LEASE_S)
    assert found is not None
    return found


def announced(platform: Platform) -> list[tuple[str, str]]:
    return [(event.type, event.subject) for event in platform.outbox.after("msp-a", None)]


def test_a_job_is_claimed_as_it_was_added(platform: Platform) -> None:
    platform.jobs.add(job(1))
    assert platform.jobs.find("msp-a", "j001") == job(1)
    found = claimed(platform.jobs)
    assert (found.job_id, found.question, found.state, found.attempts) == (
        "j001",
        job(1).question,
        "running",
        1,
    )
    assert platform.jobs.claim(LEASE_S) is None


def test_jobs_are_claimed_in_the_order_they_became_due(place: Place) -> None:
    jobs = place.platform.jobs
    for number, after_s in ((1, 20), (2, 0), (3, 10)):
        jobs.add(job(number, after_s=after_s))
    assert claimed(jobs).job_id == "j002"
    assert jobs.claim(LEASE_S) is None
    place.later(20)
    assert [claimed(jobs).job_id, claimed(jobs).job_id] == ["j003", "j001"]


def test_a_job_whose_lease_ended_is_due_again_and_its_first_worker_can_no_longer_end_it(place: Place) -> None:
    jobs = place.platform.jobs
    jobs.add(job(1))
    first = claimed(jobs)
    place.later(LEASE_S - 1)
    assert jobs.claim(LEASE_S) is None
    place.later(1)
    second = claimed(jobs)
    assert (second.job_id, second.attempts) == ("j001", 2)
    jobs.done(first, "late")
    jobs.failed(first, REFUSED, None)
    current = jobs.find("msp-a", "j001")
    assert current is not None and current.state == "running" and not announced(place.platform)
    jobs.done(second, "r1")
    current = jobs.find("msp-a", "j001")
    assert current is not None and (current.state, current.result_id) == ("done", "r1")
    assert announced(place.platform) == [("job.finished", "j001")]


def test_a_done_job_is_never_claimed_again(place: Place) -> None:
    jobs = place.platform.jobs
    jobs.add(job(1))
    jobs.done(claimed(jobs), "r1")
    place.later(LEASE_S * 10)
    assert jobs.claim(LEASE_S) is None


def test_a_failed_job_waits_until_its_time_and_keeps_count(place: Place) -> None:
    jobs = place.platform.jobs
    jobs.add(job(1))
    jobs.failed(claimed(jobs), REFUSED, NOON + timedelta(seconds=5))
    waiting = jobs.find("msp-a", "j001")
    assert waiting is not None and (waiting.state, waiting.problem) == ("waiting", REFUSED)
    assert jobs.claim(LEASE_S) is None
    place.later(5)
    assert claimed(jobs).attempts == 2
    assert announced(place.platform) == []


def test_a_dead_job_is_announced_once_listed_and_blocks_nothing(place: Place) -> None:
    jobs = place.platform.jobs
    jobs.add(job(1))
    jobs.add(job(2))
    poisoned = claimed(jobs)
    jobs.failed(poisoned, REFUSED, None)
    jobs.failed(poisoned, REFUSED, None)
    assert claimed(jobs).job_id == "j002"
    place.later(LEASE_S * 10)
    assert claimed(jobs).job_id == "j002", "a dead job came back by itself"
    assert [item.job_id for item in jobs.page("msp-a", state="dead").items] == ["j001"]
    assert announced(place.platform) == [("job.failed", "j001")]
    assert place.platform.outbox.after("msp-a", None)[0].data == {"problem": REFUSED}


def test_a_redriven_job_starts_over(place: Place) -> None:
    jobs = place.platform.jobs
    jobs.add(job(1))
    jobs.failed(claimed(jobs), REFUSED, None)
    place.later(3600)
    assert jobs.redrive("msp-a", "j001")
    assert not jobs.redrive("msp-a", "j001"), "it is no longer dead"
    again = claimed(jobs)
    assert (again.job_id, again.attempts) == ("j001", 1)
    jobs.done(again, "r1")
    ended = jobs.find("msp-a", "j001")
    assert ended is not None and (ended.state, ended.problem) == ("done", None)
    assert not jobs.redrive("msp-a", "j001") and not jobs.redrive("msp-a", "nothing")


def test_no_tenant_sees_lists_or_redrives_another_ones_job(platform: Platform) -> None:
    platform.jobs.add(job(1))
    platform.jobs.failed(claimed(platform.jobs), REFUSED, None)
    assert platform.jobs.find("msp-b", "j001") is None
    assert list(platform.jobs.page("msp-b").items) == []
    assert not platform.jobs.redrive("msp-b", "j001")
    assert not platform.outbox.after("msp-b", None)


def test_jobs_are_listed_newest_first_and_no_page_skips_or_repeats_one(platform: Platform) -> None:
    for number in range(7):
        platform.jobs.add(
            job(number).model_copy(update={"created_at": NOON + timedelta(seconds=number // 3)})
        )
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = platform.jobs.page("msp-a", limit=2, cursor=cursor)
        seen += [item.job_id for item in page.items]
        if (cursor := page.cursor) is None:
            break
    assert seen == [f"j{number:03}" for number in reversed(range(7))]
    assert list(platform.jobs.page("msp-a", state="done").items) == []
    with pytest.raises(Malformed):
        platform.jobs.page("msp-a", cursor="WzEsMl0")


def test_a_job_is_given_to_one_of_many_workers(place: Place) -> None:
    count = 40
    for number in range(count):
        place.platform.jobs.add(job(number))
    other = place.open(place.home, place.clock)

    def drain(jobs: Jobs) -> list[str]:
        got: list[str] = []
        while found := jobs.claim(LEASE_S):
            got.append(found.job_id)
        return got

    try:
        with ThreadPoolExecutor(4) as pool:
            stores = [place.platform.jobs, place.platform.jobs, other.jobs, other.jobs]
            got = [job_id for part in pool.map(drain, stores) for job_id in part]
    finally:
        other.close()
    assert sorted(got) == [f"j{number:03}" for number in range(count)]


def test_jobs_are_there_after_a_restart_and_a_running_one_is_due_again(place: Place) -> None:
    for number in (1, 2, 3):
        place.platform.jobs.add(job(number))
    place.platform.jobs.failed(claimed(place.platform.jobs), REFUSED, None)
    claimed(place.platform.jobs)
    jobs = place.reopen().jobs

    def state(number: int) -> Any:
        found = jobs.find("msp-a", f"j{number:03}")
        return found and found.state

    assert [state(1), state(2), state(3)] == ["dead", "running", "waiting"]
    assert claimed(jobs).job_id == "j003"
    place.later(LEASE_S)
    assert {claimed(jobs).job_id, claimed(jobs).job_id} == {"j002", "j003"}


def test_jobs_of_one_agent_are_claimed_and_listed_by_themselves(platform: Platform) -> None:
    jobs = platform.jobs
    for number, agent in ((1, "echo"), (2, "workflows"), (3, "echo"), (4, "federated-learning")):
        jobs.add(job(number).model_copy(update={"agent": agent}))
    assert [one.job_id for one in jobs.page("msp-a", agent="echo").items] == ["j003", "j001"]
    page = jobs.page("msp-a", agent="echo", limit=1)
    rest = jobs.page("msp-a", agent="echo", limit=1, cursor=page.cursor)
    assert [one.job_id for one in (*page.items, *rest.items)] == ["j003", "j001"]
    assert not jobs.page("msp-a", agent="workflows", state="done").items
    alone = jobs.claim(LEASE_S, of="workflows")
    assert alone and alone.job_id == "j002" and jobs.claim(LEASE_S, of="workflows") is None
    others = [jobs.claim(LEASE_S, but=("workflows", "federated-learning")) for _ in range(3)]
    assert sorted(one.job_id for one in others if one) == ["j001", "j003"]
