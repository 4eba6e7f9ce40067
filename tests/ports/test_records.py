from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mesh.kit.fakes import NOON
from mesh.kit.ports import Ports, Row
from mesh.kit.problem import Malformed
from tests.ports.conftest import Place, PortsOf

GARBAGE = ["x", "!!", "\x00", "ключ", "W10", "WyJhIl0", "bnVsbA", "WzEsMl0", "=" * 9, "a" * 5_000]


def metric(number: int, at: datetime | None = NOON, **more: Any) -> Row:
    time = {"at": at.isoformat()} if at else {}
    return {"id": f"m{number:03}", **time, "metric_type": "cpu", "value": float(number), **more}


def ids(rows: Any) -> list[str]:
    return [row["id"] for row in rows]


def walk(ports: Ports, kind: str, limit: int, **filters: Any) -> list[str]:
    """Ids of all rows, a page at a time; no page but the last may be short."""
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = ports.records.page(kind, limit=limit, cursor=cursor, **filters)
        seen += ids(page.items)
        if page.cursor is None:
            return seen
        assert len(page.items) == limit
        cursor = page.cursor


def test_a_row_comes_back_as_it_was_put(ports: Ports) -> None:
    row = metric(1, note="naïve ✓ \U0001f600", nested={"a": [1, None, True, 1.5]}, empty="")
    ports.records.put("metrics", [row])
    assert ports.records.find("metrics", "m001") == row
    assert ports.records.find("metrics", "m002") is None
    assert ports.records.find("tickets", "m001") is None


def test_a_row_with_a_known_id_replaces_the_old_one(ports: Ports) -> None:
    ports.records.put("metrics", [metric(1, old="yes")])
    ports.records.put("metrics", [metric(1, NOON + timedelta(days=1))])
    assert ports.records.find("metrics", "m001") == metric(1, NOON + timedelta(days=1))
    assert walk(ports, "metrics", 10) == ["m001"]


def test_changing_a_row_that_was_put_or_found_changes_nothing_stored(ports: Ports) -> None:
    nested = {"place": "here"}
    ports.records.put("metrics", [metric(1, nested=nested)])
    nested["place"] = "elsewhere"
    found = ports.records.find("metrics", "m001")
    assert found is not None
    found["nested"]["place"] = "gone"
    again = ports.records.find("metrics", "m001")
    assert again is not None and again["nested"] == {"place": "here"}


def test_a_page_ends_exactly_where_the_next_begins(ports: Ports) -> None:
    moments = [NOON + timedelta(minutes=n // 3) for n in range(20)]
    ports.records.put("metrics", [metric(n, at) for n, at in enumerate(moments)])
    for limit in (1, 2, 3, 7, 19, 20, 21):
        assert walk(ports, "metrics", limit) == [f"m{n:03}" for n in range(20)]


def test_rows_of_the_same_time_are_ordered_by_id_and_none_is_lost_between_pages(ports: Ports) -> None:
    ports.records.put("metrics", [metric(n) for n in (5, 3, 9, 1, 7)])
    assert walk(ports, "metrics", 2) == ["m001", "m003", "m005", "m007", "m009"]


def test_order_is_by_time_and_not_by_how_the_time_is_written(ports: Ports) -> None:
    rows = [
        {"id": "third", "at": "2026-03-02T13:00:00+02:00"},
        {"id": "first", "at": "2026-03-02T10:59:59.999999+00:00"},
        {"id": "fourth", "at": "2026-03-02T11:00:00.5Z"},
        {"id": "second", "at": "2026-03-02T11:00:00+00:00"},
    ]
    ports.records.put("tickets", rows)
    # Equal moments are ordered by id.
    assert walk(ports, "tickets", 1) == ["first", "second", "third", "fourth"]


def test_rows_without_a_time_come_first_and_are_in_no_window(ports: Ports) -> None:
    ports.records.put("policies", [{"id": "timeless"}, {"id": "dated", "at": NOON.isoformat()}])
    assert walk(ports, "policies", 1) == ["timeless", "dated"]
    assert walk(ports, "policies", 5, since=datetime(1, 1, 1, tzinfo=UTC)) == ["dated"]
    assert walk(ports, "policies", 5, until=datetime(9999, 1, 1, tzinfo=UTC)) == ["dated"]


def test_a_window_holds_its_start_and_not_its_end(ports: Ports) -> None:
    ports.records.put("metrics", [metric(n, NOON + timedelta(hours=n)) for n in range(5)])
    window = {"since": NOON + timedelta(hours=1), "until": NOON + timedelta(hours=3)}
    assert walk(ports, "metrics", 1, **window) == ["m001", "m002"]


def test_scan_gives_what_the_pages_give(ports: Ports) -> None:
    ports.records.put("metrics", [metric(n, client_id=f"c{n % 2}") for n in range(50)])
    where = {"client_id": "c1"}
    assert ids(ports.records.scan("metrics", where=where)) == walk(ports, "metrics", 7, where=where)
    assert len(list(ports.records.scan("metrics"))) == 50


def test_filters_are_equality_on_text(ports: Ports) -> None:
    rows = [metric(1, client_id="7"), metric(2, client_id=7), metric(3, client_id="77"), metric(4)]
    ports.records.put("metrics", rows)
    assert walk(ports, "metrics", 5, where={"client_id": "7"}) == ["m001"]
    assert walk(ports, "metrics", 5, where={"client_id": "7", "metric_type": "cpu"}) == ["m001"]
    assert walk(ports, "metrics", 5, where={"client_id": "7", "metric_type": "disk"}) == []
    assert walk(ports, "metrics", 5, where={"client_id": ""}) == []


def test_a_clients_rows_come_in_order_of_time_page_by_page_and_within_a_window(ports: Ports) -> None:
    rows = [metric(n, NOON + timedelta(hours=n // 2), client_id=f"c{n % 3}") for n in range(18)]
    ports.records.put("metrics", [*reversed(rows), metric(90, None, client_id="c1"), metric(91)])
    theirs = ["m090", *(f"m{n:03}" for n in range(1, 18, 3))]
    for limit in (1, 3, 7, 8):
        assert walk(ports, "metrics", limit, where={"client_id": "c1"}) == theirs
    window = {"since": NOON + timedelta(hours=2), "until": NOON + timedelta(hours=6)}
    assert walk(ports, "metrics", 2, where={"client_id": "c1"}, **window) == ["m004", "m007", "m010"]
    assert ids(ports.records.scan("metrics", where={"client_id": "c1"}, **window)) == ["m004", "m007", "m010"]


def test_a_row_that_changes_its_client_is_the_new_ones_alone(ports: Ports) -> None:
    ports.records.put("metrics", [metric(1, client_id="old"), metric(2, client_id="old")])
    ports.records.put("metrics", [metric(1, client_id="new")])
    assert walk(ports, "metrics", 5, where={"client_id": "new"}) == ["m001"]
    assert walk(ports, "metrics", 5, where={"client_id": "old"}) == ["m002"]
    ports.records.put("metrics", [metric(2)])
    assert walk(ports, "metrics", 5, where={"client_id": "old"}) == []
    assert walk(ports, "metrics", 5) == ["m001", "m002"]


@pytest.mark.parametrize("client", ["a#b*", "имя ☃" * 30, "x" * 200, " ", "c1#2026-03-02"])
def test_a_client_may_have_any_name(ports: Ports, client: str) -> None:
    ports.records.put("metrics", [metric(1, client_id=client), metric(2, client_id=client + "x")])
    assert walk(ports, "metrics", 1, where={"client_id": client}) == ["m001"]


@pytest.mark.parametrize(
    "name", ['quo"te', "apo'strophe", "back\\slash", "a.b", "$", "[0]", "имя", "", " ", "x%", "a\nb", "#-1"]
)
def test_a_filter_may_name_any_field(ports: Ports, name: str) -> None:
    rows: list[Row] = [{"id": "yes", name: "wanted"}, {"id": "no", name: "other"}, {"id": "without"}]
    ports.records.put("clients", rows)
    assert walk(ports, "clients", 5, where={name: "wanted"}) == ["yes"]


@pytest.mark.parametrize("value", ["' OR 1=1 --", '"', "\\", "%", "_", "null", "☃", ""])
def test_a_filter_may_look_for_any_text(ports: Ports, value: str) -> None:
    ports.records.put("clients", [{"id": "yes", "name": value}, {"id": "no", "name": value + "x"}])
    assert walk(ports, "clients", 5, where={"name": value}) == ["yes"]


def test_a_filter_finds_no_text_inside_objects_and_lists(ports: Ports) -> None:
    ports.records.put("clients", [{"id": "o", "tags": {"a": 1}}, {"id": "l", "tags": ["a"]}])
    assert walk(ports, "clients", 5, where={"tags": '{"a":1}'}) == []
    assert walk(ports, "clients", 5, where={"tags": '["a"]'}) == []


@pytest.mark.parametrize("cursor", GARBAGE)
def test_a_cursor_that_is_not_ours_is_malformed(ports: Ports, cursor: str) -> None:
    ports.records.put("metrics", [metric(1)])
    with pytest.raises(Malformed) as refused:
        ports.records.page("metrics", cursor=cursor)
    assert refused.value.errors[0].field == "cursor"


@pytest.mark.parametrize(
    "record_id", ["a/b", "..", "'; DROP TABLE records; --", "идентификатор", " ", "a\x00"]
)
def test_any_text_can_be_an_id(ports: Ports, record_id: str) -> None:
    ports.records.put("clients", [{"id": record_id, "name": "x"}])
    assert ports.records.find("clients", record_id) == {"id": record_id, "name": "x"}
    assert ports.records.remove("clients", record_id)
    assert ports.records.find("clients", record_id) is None


@pytest.mark.parametrize("bad", [{"no": "id"}, {"id": "x", "at": "yesterday"}, {"id": "x", "odd": object()}])
def test_when_one_row_cannot_be_stored_none_is(ports: Ports, bad: Row) -> None:
    with pytest.raises((KeyError, ValueError, TypeError)):
        ports.records.put("metrics", [metric(1), bad, metric(2)])
    assert walk(ports, "metrics", 5) == []


def test_remove_says_whether_there_was_something(ports: Ports) -> None:
    ports.records.put("metrics", [metric(1), metric(2)])
    assert ports.records.remove("metrics", "m001")
    assert not ports.records.remove("metrics", "m001")
    assert ports.records.find("metrics", "m001") is None
    assert walk(ports, "metrics", 5) == ["m002"]


def test_rows_are_found_by_how_their_ids_start(ports: Ports) -> None:
    names = ("a-1", "a-2", "ab", "b-1")
    ports.records.put("metrics", [{**metric(0), "id": name} for name in names])
    ports.records.put("clients", [{"id": "a-3", "name": "Harbor"}])
    found = ports.records.starting("metrics", ["a-", "b", "c", "a-"])
    assert {start: ids(rows) for start, rows in found.items()} == {"a-": ["a-1", "a-2"], "b": ["b-1"]}
    assert not ports.records.starting("metrics", [])


def test_clear_removes_one_kind_and_counts(ports: Ports) -> None:
    ports.records.put("metrics", [metric(n) for n in range(5)])
    ports.records.put("tickets", [metric(9)])
    assert ports.records.clear("metrics") == 5
    assert ports.records.clear("metrics") == 0
    assert walk(ports, "metrics", 5) == [] and walk(ports, "tickets", 5) == ["m009"]


def test_no_tenant_sees_another_ones_rows_even_by_id(ports_of: PortsOf) -> None:
    mine, theirs = ports_of("msp-a").records, ports_of("msp-b").records
    mine.put("clients", [{"id": "c1", "name": "secret"}])
    assert theirs.find("clients", "c1") is None
    assert list(theirs.scan("clients")) == []
    assert not theirs.remove("clients", "c1") and theirs.clear("clients") == 0
    theirs.put("clients", [{"id": "c1", "name": "other"}])
    assert mine.find("clients", "c1") == {"id": "c1", "name": "secret"}


def test_a_cursor_of_one_tenant_opens_nothing_of_another(ports_of: PortsOf) -> None:
    ports_of("msp-a").records.put("metrics", [metric(n) for n in range(3)])
    cursor = ports_of("msp-a").records.page("metrics", limit=1).cursor
    assert list(ports_of("msp-b").records.page("metrics", cursor=cursor).items) == []


def test_rows_are_there_after_a_restart(place: Place) -> None:
    place.platform.ports("msp-a").records.put("metrics", [metric(n) for n in range(10)])
    place.platform.ports("msp-a").records.remove("metrics", "m003")
    again = place.reopen().ports("msp-a")
    assert walk(again, "metrics", 3) == [f"m{n:03}" for n in range(10) if n != 3]
