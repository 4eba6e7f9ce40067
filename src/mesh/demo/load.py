"""Puts the simulated world into a platform, and takes it out again. Only tenants marked as simulated are
touched."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mesh.demo.company import tenant
from mesh.demo.first_start import MOST_MSPS
from mesh.demo.sharing import agree
from mesh.demo.world import MONTHS, MSPS, SEED, Msp, world
from mesh.kit.platform import Platform, Tenant
from mesh.kit.ports import Records, Row
from mesh.kit.problem import Conflict, FieldError, Invalid
from mesh.kit.records import KINDS

# As many rows at once as are quickly written: others may want to write in between.
BATCH = 5_000
SAID_EVERY = 10
PREFIX = "demo-"
MOST_MONTHS = 120


@dataclass
class Loaded:
    """What was put in: rows by kind, and how long it took."""

    until: datetime
    msps: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    processor_s: float = 0.0


def load(
    platform: Platform,
    msps: int = MSPS,
    months: int = MONTHS,
    seed: int = SEED,
    *,
    until: datetime | None = None,
    say: Callable[[str], None],
) -> Loaded:
    """Load the world of that seed up to `until` (now, where none is given) in place of the one that is there.

    Rows in a simulated tenant that do not say that they are simulated stay. Raises as `allow` does.
    """
    allow(platform, msps, months, seed)
    until = (until or platform.clock.now()).replace(minute=0, second=0, microsecond=0)
    done, begun, used = Loaded(until), time.monotonic(), time.process_time()
    for one in world(msps, months, seed, until=until):
        _store(platform, one)
        done.msps += 1
        done.rows.update({kind: len(rows) for kind, rows in one.rows.items()})
        if done.msps % SAID_EVERY == 0 and done.msps < msps:
            say(f"Simulated MSPs loaded: {done.msps} of {msps}, {done.rows.total():,} rows.")
    wanted = {tenant(number).msp_id for number in range(msps)}
    for other in _simulated(platform):
        if other.msp_id not in wanted:
            _take_out(platform, other, say)
    done.seconds, done.processor_s = time.monotonic() - begun, time.process_time() - used
    return done


def remove(platform: Platform, say: Callable[[str], None]) -> int:
    """Take every simulated MSP out, with its keys and answers; how many rows went.

    Where such an MSP was given rows that do not say that they are simulated, it stays with these, its
    answers and its keys.
    """
    for one in platform.tenants.listing():
        if one.msp_id.startswith(PREFIX) and not one.simulated:
            say(f"{one.msp_id} is not a simulated MSP: left as it is.")
    return sum(_take_out(platform, one, say) for one in _simulated(platform))


def allow(platform: Platform, msps: int, months: int, seed: int) -> None:
    """Raises Invalid for a world that is too small or large, and Conflict when one of its names belongs to a
    tenant that is not simulated."""
    limits = (
        ("--msps", msps, 1, MOST_MSPS),
        ("--months", months, 3, MOST_MONTHS),
        ("--seed", seed, 0, 2**31),
    )
    errors = [
        FieldError(name, f"must be {low} to {high}")
        for name, value, low, high in limits
        if not low <= value <= high
    ]
    if errors:
        raise Invalid("There is no such simulated world.", errors=errors)
    for msp_id in (tenant(number).msp_id for number in range(msps)):
        there = platform.tenants.find(msp_id)
        if there and not there.simulated:
            raise Conflict(
                f"{msp_id} is an MSP of this mesh that is not simulated: nothing was loaded or changed."
            )


def _simulated(platform: Platform) -> list[Tenant]:
    return [one for one in platform.tenants.listing() if one.simulated and one.msp_id.startswith(PREFIX)]


def _take_out(platform: Platform, one: Tenant, say: Callable[[str], None]) -> int:
    ports = platform.ports(one.msp_id)
    if any(_real(ports.records, kind) for kind in KINDS):
        say(f"{one.msp_id} holds rows that are not simulated: it stays with these.")
        return sum(_replace(ports.records, kind, ()) for kind in KINDS)
    for name in ports.blobs.names():
        ports.blobs.remove(name)
    return platform.tenants.erase(one.msp_id)


def _store(platform: Platform, one: Msp) -> None:
    records = platform.ports(one.tenant.msp_id).records
    for kind, rows in one.rows.items():
        _replace(records, kind, rows)
    # The tenant comes last: where it is there, so are its rows.
    platform.tenants.put(one.tenant)
    agree(platform, one.tenant)


def _replace(records: Records, kind: str, rows: Sequence[Row]) -> int:
    """Put these in the place of the simulated rows of a kind; how many rows went and were not replaced."""
    kept = {row["id"] for row in _real(records, kind)}
    fresh = [row for row in rows if row["id"] not in kept] if kept else rows
    ids = {row["id"] for row in fresh}
    gone = 0
    if kept:
        # One by one, so that what is not ours is never out of the store.
        for row in [row for row in records.scan(kind) if row["id"] not in kept and row["id"] not in ids]:
            gone += records.remove(kind, row["id"])
    else:
        gone = records.clear(kind)
    for start in range(0, len(fresh), BATCH):
        records.put(kind, fresh[start : start + BATCH])
    return gone


def _real(records: Records, kind: str) -> list[Row]:
    return [row for row in records.scan(kind) if not row.get("simulated")]
