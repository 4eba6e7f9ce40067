"""Bringing the figures of every MSP that agreed up to date, as a clock asks for it."""

from collections.abc import Callable
from dataclasses import dataclass

from mesh.kit.platform import Platform
from mesh.kit.problem import Problem
from mesh.sharing.benchmark_contributions import Contributions
from mesh.sharing.consent import Consents


@dataclass(frozen=True, slots=True)
class Refreshed:
    """How many MSPs contribute now, of all; `failed` were left as they were, `left` there was no time for."""

    contributing: int
    msps: int
    failed: int = 0
    left: int = 0


def refresh_all(
    platform: Platform, *, force: bool = False, enough: Callable[[], bool] = lambda: False
) -> Refreshed:
    """Compute anew what is a day old (with `force`: everything), each MSP's from its own rows.

    Whose figures cannot be had now keeps those it has, and the next goes on. `enough` ends it early; called
    again it takes up what was left, since what was done is fresh. Two at once do no harm: each writes only
    over what it read.
    """
    contributions = Contributions(
        platform.commons, Consents(platform.commons, platform.clock), platform.clock
    )
    tenants, done, contributing, failed = platform.tenants.listing(), 0, 0, 0
    for tenant in tenants:
        if enough():
            break
        done += 1
        try:
            records = platform.ports(tenant.msp_id).records
            contributing += contributions.refresh(
                tenant.msp_id, records, simulated=tenant.simulated, force=force
            )
        except Problem:
            failed += 1
    return Refreshed(contributing, len(tenants), failed, len(tenants) - done)
