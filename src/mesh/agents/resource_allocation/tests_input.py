"""What cannot be is refused by the name of its field, or told as a reason."""

from typing import Any

import pytest
from pydantic import ValidationError

from mesh.agents.resource_allocation.answer import answer
from mesh.agents.resource_allocation.model import Question
from mesh.kit.fakes import fake_ports
from mesh.kit.problem import Invalid, from_validation

START = "2026-03-02T08:00Z"


def refused(tasks: Any = None, technicians: Any = None, **more: Any) -> str:
    """The fields and reasons of the problem."""
    question = {
        "tasks": [{"id": "a", "hours": 1}] if tasks is None else tasks,
        "technicians": [{"id": "x"}] if technicians is None else technicians,
        "starts_at": START,
        **more,
    }
    try:
        answer(Question.model_validate(question), fake_ports())
    except ValidationError as error:
        problem = from_validation(error)
    except Invalid as error:
        problem = error
    else:
        pytest.fail("was not refused")
    return " | ".join(f"{e.field}: {e.reason}" for e in problem.errors)


@pytest.mark.parametrize(
    ("task", "named"),
    [
        ({"hours": -1}, "hours: Input should be greater than 0"),
        ({"hours": float("nan")}, "hours: Input should be a finite number"),
        (
            {"hours": 1, "release_at": "2026-03-02T10:00Z", "deadline": "2026-03-02T09:00Z"},
            "deadline lies before",
        ),
        (
            {"hours": 1, "release_at": "2026-03-02T10:00Z", "due_at": "2026-03-02T09:00Z"},
            "due_at lies before",
        ),
        ({"hours": 1, "priority": "whenever"}, "priority"),
        ({"hours": 1, "latitude": 91, "longitude": 0}, "latitude"),
        ({"hours": 1, "latitude": 51}, "latitude and longitude"),
        ({"hours": 1, "technician_id": "nobody"}, "technician_id: is no technician"),
        ({"hours": 1, "depends_on": ["ghost"]}, "depends_on.0: is no task"),
        ({"hours": 1, "depends_on": ["a"]}, "tasks wait for each other: a -> a"),
        ({"hours": 1, "skils": ["x"]}, "skils"),
    ],
)
def test_an_impossible_task_is_named(task: dict[str, Any], named: str) -> None:
    found = refused([{"id": "a", **task}])
    assert found.startswith("tasks.0") and named in found and "|" not in found


def test_a_ring_of_dependencies_is_shown() -> None:
    ring = [{"id": n, "hours": 1, "depends_on": [m]} for n, m in (("a", "b"), ("b", "c"), ("c", "a"))]
    assert "a -> b -> c -> a" in refused(ring)


def test_two_of_one_id_are_told_apart_by_their_places() -> None:
    twice = [{"id": "a", "hours": 1}, {"id": "b", "hours": 1}, {"id": "a", "hours": 2}]
    assert refused(twice) == "tasks.2: has the same id as tasks.0"
    assert (
        refused(technicians=[{"id": "x"}, {"id": "x"}]) == "technicians.1: has the same id as technicians.0"
    )


@pytest.mark.parametrize(
    ("technician", "named"),
    [
        ({"timezone": "Mars/Base"}, "technicians.0.timezone: is not an IANA time zone"),
        ({"shifts": [{"start": START, "end": START}]}, "end must be after start"),
        ({"breaks": [{"start": "13:00", "end": "12:00"}]}, "end must be after start"),
        ({"shift_start": "25:00"}, "shift_start"),
        ({"hourly_cost": -3}, "hourly_cost"),
    ],
)
def test_an_impossible_technician_is_named(technician: dict[str, Any], named: str) -> None:
    assert named in refused(technicians=[{"id": "x", **technician}])


def test_too_many_tasks_are_refused_with_the_limit() -> None:
    assert "at most 1000" in refused([{"id": str(n), "hours": 1} for n in range(10_000)])
    assert "less than or equal to 1000" in refused(10_000)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("time_window_hours", 0),
        ("time_window_hours", 1e9),
        ("priority_mode", "fast"),
        ("time_limit_s", 600),
        ("starts_at", "9999-12-31T23:00Z"),
    ],
)
def test_a_setting_out_of_range_is_named(name: str, value: Any) -> None:
    assert refused(**{name: value}).startswith(name)


def test_no_tasks_and_no_technicians_are_answered() -> None:
    for tasks, technicians in (([], [{"id": "x"}]), ([{"id": "a", "hours": 1}], [])):
        question = Question.model_validate({"tasks": tasks, "technicians": technicians, "starts_at": START})
        found = answer(question, fake_ports()).answer
        assert found.status == "no_data" and found.assignments == []
