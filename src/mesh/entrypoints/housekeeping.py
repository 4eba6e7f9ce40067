"""What a lasting process does by itself, every few hours: what a clock does on AWS."""

import logging
import threading
from collections.abc import Callable

from mesh.kit.platform import Platform
from mesh.sharing.benchmark_refreshing import refresh_all

# What is a day old is computed anew; looked for more often, so that nothing grows two days old.
EVERY_S = 6 * 3_600.0
# A start is busy enough.
FIRST_S = 60.0
log = logging.getLogger("mesh.housekeeping")


def keep_house(
    platform: Platform, stopping: threading.Event, *, first_s: float = FIRST_S, every_s: float = EVERY_S
) -> threading.Thread:
    """Begins in a thread of its own, which ends when `stopping` is set."""
    chores = threading.Thread(
        target=_keep, args=(lambda: chores_of(platform, stopping), stopping, first_s, every_s),
        name="housekeeping", daemon=True,
    )  # fmt: skip
    chores.start()
    return chores


def chores_of(platform: Platform, stopping: threading.Event) -> None:
    """One round."""
    done = refresh_all(platform, enough=stopping.is_set)
    if done.failed:
        log.warning("the figures of %d MSPs could not be computed and stay as they were", done.failed)


def _keep(chores: Callable[[], None], stopping: threading.Event, first_s: float, every_s: float) -> None:
    wait = first_s
    while not stopping.wait(wait):
        try:
            chores()
        except Exception:  # a store that is locked or full now may not be so later
            log.exception("the housekeeping could not go on")
        wait = every_s
