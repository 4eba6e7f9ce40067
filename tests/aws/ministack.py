"""The MiniStack of the tests that make their own tables: started once a process, shared by all of it."""

import atexit
from functools import cache
from typing import Any

import pytest

from mesh.adapters.aws.clients import Clients
from mesh.adapters.aws.deployment import ministack


def clients() -> Clients:
    """Clients of the running MiniStack, shared by all tests of a process. Skips the test where it cannot
    run.
    """
    started = _started()
    if isinstance(started, ministack.NotHere):
        pytest.skip(
            f"MiniStack {ministack.VERSION} is not here, so nothing was tested against AWS's interfaces: "
            f"{started.detail}"
        )
    return started


@cache
def _started() -> Clients | ministack.NotHere:
    """Clients, or why there are none: tried once, since trying takes long where there is no network."""
    try:
        running = ministack.start()
    except ministack.NotHere as reason:
        return reason
    atexit.register(running.stop)
    keys: Any = ministack.CREDENTIALS
    return Clients(endpoint_url=running.url, region_name=ministack.REGION, **keys)
