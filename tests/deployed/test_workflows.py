"""A playbook on the deployed mesh: taken by the API, begun by the function of the queue."""

import time
from typing import Any

import pytest

from tests.deployed.conftest import Msp

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("deployed")]
PATIENCE_S = 400.0
TEXT = "Files were encrypted and a ransom note asks for payment; vssadmin delete shadows ran before."


def taken_up(msp: Msp, href: str) -> dict[str, Any]:
    """The run once the queue's function has begun it."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        reply = msp.http.get(href)
        assert reply.status_code == 200, (href, reply.text)
        run: dict[str, Any] = reply.json()
        if run["state"] != "waiting":
            return run
        assert time.monotonic() < deadline, run
        time.sleep(1)


def test_a_run_is_taken_by_the_api_and_begun_by_the_queues_function(msp: Msp) -> None:
    taken = msp.http.post("/workflows/threat-response", json={"text": TEXT})
    assert taken.status_code == 202, taken.text
    run = taken_up(msp, f"/workflows/runs/{taken.json()['run_id']}")
    assert run["state"] in ("running", "finished") and run["attempts"] >= 1, run
