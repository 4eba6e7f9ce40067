from datetime import timedelta

from mesh.kit.fakes import NOON
from mesh.kit.platform import Platform, State, Tenant
from tests.ports.conftest import Place


def state(number: int, agent: str = "echo", detail: str = "") -> State:
    at = NOON + timedelta(seconds=number)
    return State(agent=agent, at=at, took_ms=number + 0.5, outcome="answered", detail=detail)


def settled(platform: Platform) -> Platform:
    """Notes are written with the next commit; a write that waits comes after them."""
    platform.tenants.put(Tenant(msp_id="msp-a", name="a"))
    return platform


def test_what_was_noted_is_read_newest_first(platform: Platform) -> None:
    for number in range(5):
        platform.states.note(state(number))
    assert list(settled(platform).states.recent("echo")) == [state(n) for n in (4, 3, 2, 1, 0)]
    assert list(platform.states.recent("echo", limit=2)) == [state(4), state(3)]


def test_each_agent_has_its_own_notes(platform: Platform) -> None:
    platform.states.note(state(1))
    platform.states.note(state(2, agent="other"))
    assert list(settled(platform).states.recent("echo")) == [state(1)]
    assert list(platform.states.recent("nobody")) == []


def test_notes_do_not_grow_without_end_and_the_newest_stay(platform: Platform) -> None:
    platform.states.note(state(0, agent="quiet"))
    for number in range(2_500):
        platform.states.note(state(number))
    kept = settled(platform).states.recent("echo", limit=10_000)
    assert 1_000 <= len(kept) < 1_200
    assert kept[0] == state(2_499)
    assert len(platform.states.recent("quiet")) == 1


def test_a_long_detail_is_cut_short(platform: Platform) -> None:
    platform.states.note(state(1, detail="x" * 100_000))
    (kept,) = settled(platform).states.recent("echo")
    assert 0 < len(kept.detail) <= 1_000


def test_notes_are_there_after_a_clean_restart(place: Place) -> None:
    place.platform.states.note(state(1))
    assert list(place.reopen().states.recent("echo")) == [state(1)]
