"""What a clock calls: newer public facts, figures for benchmarks, and jobs whose messages were lost."""

import logging
import time
from collections.abc import Iterable
from dataclasses import asdict, astuple
from typing import Any

from mesh.adapters.aws.knowledge import working_copy
from mesh.adapters.knowledge.feeds import refresh
from mesh.adapters.knowledge.fetch import Fetch, over_https
from mesh.entrypoints.lambdas.observed import observed
from mesh.entrypoints.lambdas.process import Process, process
from mesh.entrypoints.lambdas.queue import Message, answered
from mesh.sharing.benchmark_refreshing import refresh_all

# A function has a job for two minutes at most; what is due for longer than two leases was forgotten.
OVERDUE_S = 240.0
# As long as the feeds' function may run, and a little more.
FEEDS_LEASE_S = 660.0
# Less than the function may run, by what one MSP's rows take at most.
BENCHMARKS_S = 780.0
log = logging.getLogger("mesh.lambdas")


@observed("schedule")
def refresh_feeds(event: Any, context: Any) -> Any:  # noqa: ARG001
    """Once a day; `{"feeds": [...]}` limits it to some. Or a job that asked for one, which it takes up."""
    if "job_id" in (event or {}):
        return {"taken": answered(Message.model_validate(event), process(), FEEDS_LEASE_S)}
    return refreshed(process(), (event or {}).get("feeds", []), over_https)


def refreshed(at: Process, names: Iterable[str], fetch: Fetch) -> list[str]:
    """What was done, a line for each feed. A feed that fails leaves its edition as it is."""
    with working_copy(at.clients, at.settings) as store:
        lines = list(refresh(store, names, fetch))
    for line in lines:
        log.info(line)
    return lines


@observed("schedule")
def refresh_benchmarks(event: Any, context: Any) -> Any:  # noqa: ARG001
    """Every few hours: figures that are a day old are computed anew, as many as there is time for."""
    until = time.monotonic() + BENCHMARKS_S
    done = refresh_all(process().platform, enough=lambda: time.monotonic() > until)
    log.info("figures of %d of %d MSPs count; %d failed, %d are left", *astuple(done))
    return asdict(done)


@observed("schedule")
def remind_of_jobs(event: Any, context: Any) -> Any:  # noqa: ARG001
    """Every few minutes."""
    return {"reminded": reminded(process())}


def reminded(at: Process) -> int:
    """Sends a message for each job that nobody took; how many there were."""
    jobs = list(at.jobs.overdue(OVERDUE_S))
    for job in jobs:
        at.jobs.remind(job)
    return len(jobs)
