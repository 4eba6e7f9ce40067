"""Feeds that somebody asked for: one job at a time, told as it goes, and a failure that says why."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from mesh.entrypoints import feed_jobs
from mesh.entrypoints.work import work_off
from mesh.kit.platform import Platform
from mesh.kit.problem import Conflict, Invalid, NotFound, Throttled
from tests.application.conftest import House


def fetching(house: House, fetch: Callable[[Sequence[str]], Iterator[str]]) -> Platform:
    return replace(house.platform, refresh=fetch)


def well(names: Sequence[str]) -> Iterator[str]:
    yield f"{names[0]}: loaded 2026.11.22 of 2026-11-22, 5 rows (https://home.example)"


def badly(names: Sequence[str]) -> Iterator[str]:
    yield f"{names[0]}: failed: nobody answers at home.example. Nothing is loaded."


def broken(names: Sequence[str]) -> Iterator[str]:
    raise RuntimeError(f"a defect in {names[0]}")
    yield ""


def unknown(names: Sequence[str]) -> Iterator[str]:
    raise Invalid(f"There is no feed called {names[0]}.")
    yield ""


def test_a_feed_that_was_fetched_is_done_and_its_lines_were_told(house: House) -> None:
    job = feed_jobs.requested(house.platform, "msp-a", "kev")
    assert work_off(fetching(house, well)) and not work_off(fetching(house, well))
    found = house.platform.jobs.find("msp-a", job.job_id)
    assert found is not None and (found.state, found.problem) == ("done", None)
    told = house.platform.outbox.after("msp-a", None)
    assert [event.type for event in told] == ["feed.fetched", "job.finished"]
    assert told[0].data["feed"] == "kev" and "5 rows" in told[0].data["line"]


@pytest.mark.parametrize(
    "fetch, says", [(badly, "nobody answers"), (broken, "Report job"), (unknown, "no feed called")]
)
def test_a_feed_that_failed_is_a_dead_letter_that_says_why_and_can_be_put_back(
    house: House, fetch: Callable[[Sequence[str]], Iterator[str]], says: str
) -> None:
    job = feed_jobs.requested(house.platform, "msp-a", "kev")
    assert work_off(fetching(house, fetch))
    found = house.platform.jobs.find("msp-a", job.job_id)
    assert found is not None and found.state == "dead" and found.problem is not None
    assert says in found.problem["detail"] and "defect" not in found.problem["detail"]
    assert house.platform.jobs.redrive("msp-a", job.job_id) and work_off(fetching(house, well))
    again = house.platform.jobs.find("msp-a", job.job_id)
    assert again is not None and again.state == "done"


def test_a_feed_is_asked_for_once_at_a_time_and_not_again_at_once(house: House) -> None:
    job = feed_jobs.requested(house.platform, "msp-a", "kev")
    with pytest.raises(Conflict, match=job.job_id):
        feed_jobs.requested(house.platform, "msp-a", "kev")
    feed_jobs.requested(house.platform, "msp-a", "epss")
    while work_off(fetching(house, well)):
        pass
    with pytest.raises(Throttled) as soon:
        feed_jobs.requested(house.platform, "msp-a", "kev")
    assert soon.value.retry_after_s == feed_jobs.AGAIN_AFTER.total_seconds()
    house.clock.moment += timedelta(seconds=soon.value.retry_after_s)
    feed_jobs.requested(house.platform, "msp-a", "kev")


def test_after_a_failure_it_may_be_asked_for_at_once(house: House) -> None:
    feed_jobs.requested(house.platform, "msp-a", "kev")
    work_off(fetching(house, badly))
    feed_jobs.requested(house.platform, "msp-a", "kev")


def test_there_is_no_job_for_a_feed_that_there_is_not(house: House) -> None:
    with pytest.raises(NotFound, match="attack"):
        feed_jobs.requested(house.platform, "msp-a", "nothing")
