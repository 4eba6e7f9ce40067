"""What a plan promises: nothing impossible in it, a reason for what is not, and a bound that holds."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from mesh.agents.resource_allocation.answer import answer
from mesh.agents.resource_allocation.examples import EXAMPLES
from mesh.agents.resource_allocation.model import Answer, Question
from mesh.kit.fakes import fake_ports

DAY = datetime(2026, 3, 2, 8, tzinfo=UTC)


def at(hours: float) -> str:
    return (DAY + timedelta(hours=hours)).isoformat()


def task(name: str, hours: float = 1, **more: Any) -> dict[str, Any]:
    return {"id": name, "hours": hours, **more}


def person(name: str, *skills: str, hours: float = 8, **more: Any) -> dict[str, Any]:
    return {"id": name, "skills": list(skills), "shifts": [{"start": at(0), "end": at(hours)}], **more}


def planned(tasks: Any, technicians: Any, rows: Any = None, **more: Any) -> Answer:
    question = {
        "tasks": tasks,
        "technicians": technicians,
        "starts_at": at(0),
        "time_window_hours": 10,
        "time_limit_s": 25,
        **more,
    }
    return answer(Question.model_validate(question), fake_ports(rows=rows)).answer


def who(found: Answer) -> dict[str, str]:
    return {one.task_id: one.technician_id for one in found.assignments}


def starts(found: Answer) -> dict[str, float]:
    return {one.task_id: (one.start_at - DAY).total_seconds() / 3600 for one in found.assignments}


def why(found: Answer) -> dict[str, str]:
    return {one.task_id: one.constraint for one in found.left_out}


def test_work_goes_to_whoever_has_every_skill_it_needs() -> None:
    found = planned(
        [task("a", skills=["network", "voice"]), task("b", skill="Network")],
        [person("x", "network"), person("y", "VOICE", "network")],
    )
    assert who(found) == {"a": "y", "b": "x"} and found.status == "optimal" and found.gap == 0


def test_a_skill_is_needed_at_its_level() -> None:
    people = [person("x") | {"skills": {"voice": 2}}, person("y") | {"skills": {"voice": 7}}]
    found = planned([task("a", skills={"voice": 6}), task("b", skills={"voice": 9})], people)
    assert who(found) == {"a": "y"}
    assert "needs voice at level 9; the best technician has level 7" in found.left_out[0].reason


def test_nobody_works_outside_the_shift_through_a_break_or_while_away() -> None:
    someone = person(
        "x",
        hours=6,
        breaks=[{"start": "10:00", "end": "10:30"}],
        away=[{"start": at(4), "end": at(5)}],
    )
    found = planned([task(str(n), 1) for n in range(9)], [someone])
    spans = sorted((s, s + 1) for s in starts(found).values())
    assert len(spans) == 4 and all(a[1] <= b[0] for a, b in pairwise(spans))
    for start, end in spans:
        assert any(low <= start and end <= high for low, high in ((0, 2), (2.5, 4), (5, 6)))
    assert set(why(found).values()) == {"capacity"}


def test_the_sla_is_kept_where_the_dispatcher_breaks_it() -> None:
    """Earliest deadline first takes the trifle that is due first, and the outage breaks its SLA for it."""
    tasks = [
        task("trifle", 2, priority="low", due_at=at(2.5)),
        task("outage", 2, priority="critical", due_at=at(3)),
    ]
    found = planned(tasks, [person("x")], priority_mode="sla")
    assert starts(found)["outage"] == 0 and found.dispatcher.objective < found.objective
    assert found.plan.sla_breaches == found.dispatcher.sla_breaches == 1
    crowded = [task(f"q{n}", 1, due_at=at(4)) for n in range(3)] + [task("long", 3, due_at=at(3.5))]
    better = planned(crowded, [person("x")], priority_mode="sla")
    assert (better.plan.sla_breaches, better.dispatcher.sla_breaches) == (1, 2)
    assert better.sla_breaches_avoided == 1


def test_a_deadline_is_never_passed_but_a_due_time_may_be() -> None:
    tasks = [task("first", 3, priority="critical", due_at=at(3)), task("hard", 3, deadline=at(5)),
             task("soft", 3, due_at=at(5))]  # fmt: skip
    found = planned(tasks, [person("x")])
    assert "hard" not in who(found) and why(found)["hard"] == "capacity"
    assert next(one.sla for one in found.assignments if one.task_id == "soft") == "breached"


def test_a_deadline_before_the_window_or_too_close_to_it_is_the_reason() -> None:
    tasks = [task("over", 1, deadline=at(-1)), task("close", 2, release_at=at(1), deadline=at(2.5))]
    found = planned(tasks, [person("x")])
    assert set(why(found).values()) == {"deadline"} and not found.assignments
    reasons = {one.task_id: one.reason for one in found.left_out}
    assert reasons["over"] == "Its deadline lies before the window begins."
    assert "takes 120 minutes" in reasons["close"] and "until its deadline there are 90" in reasons["close"]


def test_pinned_work_stays_where_it_was_pinned() -> None:
    found = planned(
        [task("a", 1, technician_id="y", start_at=at(3)), task("b", 4)], [person("x"), person("y")]
    )
    assert who(found)["a"] == "y" and starts(found)["a"] == 3
    clash = planned([task("a", 2, start_at=at(3)), task("b", 2, start_at=at(4))], [person("x")])
    assert set(why(clash).values()) == {"pinned_start"} and len(clash.assignments) == 1


def test_work_waits_for_what_it_depends_on_and_is_left_out_with_it() -> None:
    tasks = [task("c", depends_on=["b"]), task("b", depends_on=["a"]), task("a")]
    found = starts(planned(tasks, [person("x"), person("y"), person("z")]))
    assert found["a"] + 1 <= found["b"] and found["b"] + 1 <= found["c"]
    without = planned([task("a", skill="fax"), task("b", depends_on=["a"])], [person("x")])
    assert why(without) == {"a": "no_skill", "b": "dependency_left_out"}


def test_travel_between_sites_takes_its_time_and_remote_work_takes_none() -> None:
    far, near = {"latitude": 52.0, "longitude": 13.0}, {"latitude": 52.2, "longitude": 13.0}
    tasks = [task("one", on_site=True, **far), task("two", on_site=True, **near), task("remote", latitude=10,
             longitude=10, on_site=False)]  # fmt: skip
    found = planned(tasks, [person("x", **far)])
    ways = {one.task_id: one.travel_minutes for one in found.assignments}
    assert ways == {"one": 0, "two": 44, "remote": 0}  # 22.24 km by line of sight, times 1.3, at 40 km/h
    ends = {one.task_id: one.end_at for one in found.assignments}
    for one in found.assignments:
        left = one.start_at - timedelta(minutes=one.travel_minutes)
        assert all(end <= left or end >= one.end_at for end in ends.values())


def test_a_round_is_travelled_in_the_order_that_is_shortest() -> None:
    places = [0.3, 0.1, 0.5, 0.2, 0.4]
    tasks = [task(f"at{p}", 0.5, latitude=50 + p, longitude=8.0) for p in places]
    found = planned(tasks, [person("x", latitude=50.0, longitude=8.0)])
    assert [one.task_id for one in found.assignments] == ["at0.1", "at0.2", "at0.3", "at0.4", "at0.5"]
    assert found.status == "optimal"


def test_overtime_is_worked_where_it_is_worth_its_price() -> None:
    tasks = [task("a", 8, priority="high"), task("b", 1, priority="critical"), task("c", 1, priority="low")]
    dear = person("x", overtime_hours=2, overtime_hourly_cost=60)
    found = planned(tasks, [dear])
    assert found.plan.overtime_minutes == 120 and found.points["overtime"] == -120
    dearer = planned(tasks, [person("x", overtime_hours=2, overtime_hourly_cost=150)])
    assert why(dearer) == {"c": "not_worth_overtime"}


def test_load_is_shared_evenly_where_nothing_else_speaks_against_it() -> None:
    people = [person(name, breaks=[]) for name in "xyz"]
    tasks = [task(str(n), 1, release_at=at(n)) for n in range(6)]
    found = planned(tasks, people)
    assert sorted(one.tasks for one in found.utilisation) == [2, 2, 2]
    assert found.fairness.jain_index == 1.0


def test_quality_asks_for_the_best_hands_and_speed_for_the_first_free() -> None:
    people = [person("ace") | {"skills": {"db": 10}}, person("new") | {"skills": {"db": 1}}]
    tasks = [task("a", 2, skill="db"), task("b", 2, skill="db")]
    assert set(who(planned(tasks, people, priority_mode="quality")).values()) == {"ace"}
    assert set(who(planned(tasks, people, priority_mode="speed")).values()) == {"ace", "new"}


def test_when_a_technician_falls_ill_only_his_work_moves() -> None:
    people = [person(name) for name in "xyz"]
    tasks = [task(str(n), 1) for n in range(9)]
    before = planned(tasks, people)
    lines = [one.model_dump(mode="json") for one in before.assignments]
    ill = [people[0] | {"away": [{"start": at(-1), "end": at(20)}]}, *people[1:]]
    after = planned(tasks, ill, previous_plan=lines)
    his = {one.task_id for one in before.assignments if one.technician_id == "x"}
    assert after.plan.done == 9 and {one.task_id for one in after.changes} == his
    assert {one.kind for one in after.changes} == {"reassigned"}


def test_an_emergency_comes_first_and_the_rest_keeps_its_people() -> None:
    people = [person("x"), person("y")]
    tasks = [task(str(n), 2, priority="low") for n in range(6)]
    before = planned(tasks, people)
    lines = [one.model_dump(mode="json") for one in before.assignments]
    outage = task("outage", 1, priority="critical", due_at=at(1))
    after = planned([*tasks, outage], people, previous_plan=lines)
    assert starts(after)["outage"] == 0
    assert "reassigned" not in {one.kind for one in after.changes}
    assert [one.task_id for one in after.changes if one.kind == "added"] == ["outage"]


def test_what_is_under_way_stays_and_what_has_ended_is_not_done_again() -> None:
    lines = [
        {"task_id": "done", "technician_id": "x", "start_at": at(0)},
        {"task_id": "running", "technician_id": "x", "start_at": at(1)},
    ]
    tasks = [task("done"), task("running", 2), task("next")]
    people = [person("x"), person("y", hours=1.5)]
    found = planned(tasks, people, starts_at=at(2), previous_plan=lines)
    assert who(found) == {"running": "x", "next": "x"} and starts(found) == {"running": 1, "next": 3}
    assert found.plan.left_out == 0 and "done had ended" in " ".join(found.notes)


def test_the_parts_of_the_objective_add_up_and_never_pass_the_bound() -> None:
    for example in EXAMPLES:
        found = answer(Question.model_validate(example.question), fake_ports()).answer
        assert sum(found.points.values()) == pytest.approx(found.objective, abs=1e-6)
        assert found.dispatcher.objective <= found.objective <= found.bound + 1e-6


def test_counts_alone_draw_on_stored_tickets_and_technicians() -> None:
    rows: dict[str, list[dict[str, Any]]] = {
        "clients": [{"id": "c", "name": "C", "latitude": 50.0, "longitude": 8.0}],
        "tickets": [
            {"id": f"t{n}", "at": at(-n), "client_id": "c", "title": "x", "priority": p, "skill": "m365",
             "hours": 1, "on_site": n == 0, "simulated": n == 1}
            for n, p in enumerate(["low", "P1", "high", None])
        ]
        + [{"id": "shut", "at": at(-9), "client_id": "c", "status": "Closed", "hours": 2},
           {"id": "solved", "at": at(-9), "client_id": "c", "resolved_at": at(-1), "hours": 4}],
        "technicians": [{"id": "p", "name": "Pat", "skills": "m365;voice", "workdays": "mon, tue",
                         "shift_start": "08:00", "shift_end": "16:00", "hourly_cost": 40}],
    }  # fmt: skip
    question = Question.model_validate({"tasks": 3, "technicians": 4, "starts_at": at(0)})
    answered = answer(question, fake_ports(rows=rows))
    assert set(who(answered.answer)) == {"t1", "t2", "t3"} and answered.simulated
    assert answered.answer.notes == ["4 technicians were asked for; 1 are stored."]
    every = answer(Question.model_validate({"tasks": 9, "starts_at": at(0)}), fake_ports(rows=rows)).answer
    assert {one.task_id: one.latitude for one in every.assignments}["t0"] == 50.0


def test_without_stored_rows_it_says_so() -> None:
    found = answer(Question.model_validate({"tasks": 40, "technicians": 6}), fake_ports()).answer
    assert found.status == "no_data" and "no open ticket is stored" in found.message


def test_a_window_in_which_nobody_works_leaves_everything_out_with_that_reason() -> None:
    sunday = {"id": "x", "workdays": ["sun"]}
    found = planned([task("a")], [sunday])
    assert why(found) == {"a": "no_shift"} and found.objective == 0 and found.gap == 0
