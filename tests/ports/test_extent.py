"""How much is stored of a kind, without reading it."""

from datetime import UTC, datetime, timedelta

from mesh.kit.fakes import NOON
from mesh.kit.ports import Extent, Ports
from tests.ports.conftest import PortsOf


def test_nothing_stored_has_no_extent(ports: Ports) -> None:
    assert ports.records.extent("tickets") == Extent(0, None, None)


def test_rows_are_counted_and_the_ends_of_their_times_are_named(ports: Ports) -> None:
    rows = [{"id": f"t{n}", "at": (NOON + timedelta(hours=n)).isoformat()} for n in range(130)]
    ports.records.put("tickets", [*reversed(rows), {"id": "undated"}])
    last = NOON + timedelta(hours=129)
    assert ports.records.extent("tickets") == Extent(131, NOON.astimezone(UTC), last.astimezone(UTC))
    ports.records.remove("tickets", "t0")
    assert ports.records.extent("tickets").first == NOON + timedelta(hours=1)


def test_rows_without_a_time_have_no_ends(ports: Ports) -> None:
    ports.records.put("clients", [{"id": "c1"}, {"id": "~"}, {"id": "1999"}])
    assert ports.records.extent("clients") == Extent(3, None, None)


def test_times_are_compared_and_not_how_they_are_written(ports: Ports) -> None:
    ports.records.put(
        "metrics",
        [{"id": "a", "at": "2026-03-02T12:00:00+02:00"}, {"id": "b", "at": "2026-03-02T11:00:00+00:00"}],
    )
    assert ports.records.extent("metrics").first == datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_neither_another_kind_nor_another_tenant_is_counted(ports_of: PortsOf) -> None:
    ports_of("msp-a").records.put("clients", [{"id": "c1"}])
    assert ports_of("msp-a").records.extent("tickets").rows == 0
    assert ports_of("msp-b").records.extent("clients").rows == 0
