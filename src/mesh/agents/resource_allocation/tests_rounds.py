"""On-site days: PyVRP's rounds are taken where they are worth more, and are held to the same rules."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from mesh.agents.resource_allocation import bound, improve, multipliers, on_site, planning, tables
from mesh.agents.resource_allocation.answer import answer
from mesh.agents.resource_allocation.dispatcher import dispatch
from mesh.agents.resource_allocation.formulate import formulate
from mesh.agents.resource_allocation.gather import gather
from mesh.agents.resource_allocation.model import Question
from mesh.agents.resource_allocation.planning import plan_work
from mesh.agents.resource_allocation.rounds import Stop, drive
from mesh.agents.resource_allocation.watch import Watch
from mesh.agents.resource_allocation.work import Work, faults, price
from mesh.kit.fakes import fake_ports

DAY = datetime(2026, 3, 2, 8, tzinfo=UTC)


def after(iterations: int) -> Callable[[], bool]:
    """Time that is over when it has been asked for so often, which is once an iteration."""
    asked = iter(range(iterations))
    return lambda: next(asked, None) is None


def at(hours: float) -> str:
    return (DAY + timedelta(hours=hours)).isoformat()


def visits(count: int, people: int, seed: int = 1, **more: Any) -> dict[str, Any]:
    """A day of visits round a town, for technicians with two of three skills and a break at noon."""
    rng = np.random.default_rng(seed)
    skills = ("network", "voice", "print")

    def place() -> dict[str, float]:
        return {"latitude": 52.3 + 0.4 * rng.random(), "longitude": 13.1 + 0.6 * rng.random()}

    tasks = [
        {"id": f"t{n}", "hours": float(rng.choice((0.5, 1, 1.5))), "skills": [str(rng.choice(skills))],
         "due_at": at(float(rng.integers(3, 10))), **place()}
        for n in range(count)
    ]  # fmt: skip
    technicians = [
        {"id": f"p{n}", "skills": [skills[n % 3], skills[(n + 1) % 3]], **place(),
         "shifts": [{"start": at(0), "end": at(8)}], "breaks": [{"start": "12:00", "end": "12:30"}]}
        for n in range(people)
    ]  # fmt: skip
    return {"tasks": tasks, "technicians": technicians, "starts_at": at(0), "time_window_hours": 10, **more}


def work_of(question: dict[str, Any]) -> Work:
    ask = Question.model_validate(question)
    return formulate(ask, gather(ask, fake_ports())).work


def test_rounds_are_worth_more_than_the_dispatchers_and_can_be_carried_out() -> None:
    work = work_of(visits(30, 5))
    plan = on_site.rounds(work, after(300))
    assert list(faults(work, plan)) == []
    assert price(work, plan).points > price(work, dispatch(work)).points


def test_the_same_work_has_the_same_rounds() -> None:
    work = work_of(visits(12, 3))
    assert on_site.rounds(work, after(100)) == on_site.rounds(work, after(100))


def test_an_answer_that_rests_on_rounds_names_the_solver_and_says_that_it_proves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(on_site, "MOST_ITERATIONS", 300)
    monkeypatch.setattr(planning, "TURNS", 0)
    found = answer(Question.model_validate(visits(12, 2, time_limit_s=25)), fake_ports())
    assert "pyvrp" in found.by.name and "pyvrp" in found.by.version
    assert any("proves no bound" in note for note in found.answer.notes)
    assert found.answer.plan.objective > found.answer.dispatcher.objective
    assert found.answer.objective <= found.answer.bound


def test_rounds_are_not_sought_where_work_is_remote_ordered_or_to_be_kept() -> None:
    question = visits(12, 3)
    assert on_site.suits(work_of(question))
    remote = [task | {"on_site": False} if n % 3 else task for n, task in enumerate(question["tasks"])]
    assert not on_site.suits(work_of(question | {"tasks": remote}))
    chain = [task | {"depends_on": [f"t{n - 1}"]} if n else task for n, task in enumerate(question["tasks"])]
    assert not on_site.suits(work_of(question | {"tasks": chain}))
    earlier = [{"task_id": f"t{n}", "technician_id": f"p{n % 3}", "start_at": at(1)} for n in range(12)]
    assert not on_site.suits(work_of(question | {"previous_plan": earlier}))


def test_a_part_is_worth_what_it_adds_to_what_is_held() -> None:
    """Loads that are held already count towards the steps of an even load, also of those above all steps."""
    question = visits(24, 4)
    remote = [task | {"on_site": False} for task in question["tasks"]]
    work = work_of(question | {"tasks": remote})
    plan = dispatch(work)
    shifts = [len(work.shifts) - 1]
    jobs = [job for job, visit in plan.items() if visit.shift in shifts]
    held = {job: visit for job, visit in plan.items() if job not in jobs}
    part = improve._part(work, jobs, shifts, held)
    here = {place: plan[job]._replace(shift=0) for place, job in enumerate(jobs)}
    assert price(part, here).points == price(work, plan).points - price(work, held).points
    slopes, constant = tables._tangents(part, {})
    assert constant == 0 and not any(slopes)


def remote_work(count: int, people: int) -> Work:
    question = visits(count, people)
    return work_of(question | {"tasks": [task | {"on_site": False} for task in question["tasks"]]})


def test_a_part_is_searched_from_what_is_known_of_the_whole_and_adds_to_it() -> None:
    """What is known of the part's shifts is offered in the part's own numbers, but not with others' jobs."""
    work, watch = remote_work(24, 4), Watch(60, lambda: 0.0)
    known = bound.bound(work, dispatch(work), watch)
    jobs, shifts = list(range(0, 24, 2)), [1, 2]
    part = improve._part(work, jobs, shifts, {})
    found = bound.columns(part, {}, watch, 10, 4, known.prices[jobs])
    known.columns[1] = {(0, 2): None, (0, 1): None}
    pooled = improve._pooled(known, jobs, shifts, found)
    assert (0, 1) in pooled[0], "jobs 0 and 2 of the whole"
    assert set(found.columns[0]) < set(pooled[0]) and len(pooled[0]) == len(found.columns[0]) + 1
    assert {tuple(jobs[job] for job in order) for order in found.columns[1]} <= set(known.columns[2])


def test_the_search_from_known_prices_ends_with_the_same_plan_each_time() -> None:
    work = remote_work(30, 4)
    plans = []
    for _ in range(2):
        watch = Watch(60, lambda: 0.0)
        known = bound.bound(work, dispatch(work), watch)
        plans.append(improve.improve(work, dispatch(work), 2, watch, lambda _: False, known))
    assert plans[0] == plans[1] and list(faults(work, plans[0])) == []
    assert price(work, dispatch(work)).points < price(work, plans[0]).points <= known.points


def test_a_linear_programme_that_fails_is_solved_afresh() -> None:
    work = work_of(visits(8, 2))
    plan, watch = dispatch(work), Watch(60, lambda: 0.0)
    search = multipliers.searched(work, plan, watch, 40, 4)
    value = search.programme.solve()
    statuses = [4]  # abnormal, once
    run = search.programme._run
    search.programme._run = lambda: statuses.pop() if statuses else run()
    assert search.programme.solve()[0] == pytest.approx(value[0])


def test_a_search_that_has_no_time_gives_the_dispatchers_plan_and_says_so() -> None:
    work = work_of(visits(30, 5))
    found = plan_work(work, 0.1, lambda: 0.0)
    assert found.plan == found.greedy and found.stopped_by == "time_limit" and found.bound >= found.points


def test_fewer_rounds_come_before_shorter_ones() -> None:
    """Two vehicles would travel less than one that has to come back for the far stop."""
    travel = [[0, 10, 10], [10, 0, 25], [10, 25, 0]]
    stops = [Stop(1, 5, 0, 100), Stop(2, 5, 0, 100)]
    ticks = iter(range(10_000))
    found = drive(stops, travel, 0, (0, 200), 2, 0, seconds=40, clock=lambda: next(ticks))
    assert found.feasible and sorted(map(len, found.routes)) == [2] and found.distance == 45
