"""A playbook on the deployed mesh: taken by the API, run by its state machine, done by the functions."""

import time
from typing import Any

import pytest

from tests.deployed.conftest import Msp

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("deployed")]
PATIENCE_S = 400.0
TEXT = "Files were encrypted and a ransom note asks for payment; vssadmin delete shadows ran before."


def ended(msp: Msp, href: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        reply = msp.http.get(href)
        assert reply.status_code == 200, (href, reply.text)
        run: dict[str, Any] = reply.json()
        if run["state"] in ("finished", "failed"):
            return run
        assert time.monotonic() < deadline, run
        time.sleep(1)


def test_a_run_goes_through_the_functions_of_its_agents(msp: Msp) -> None:
    taken = msp.http.post("/workflows/threat-response", json={"text": TEXT})
    assert taken.status_code == 202, taken.text
    run = ended(msp, f"/workflows/runs/{taken.json()['run_id']}")
    assert run["state"] == "finished", run
    states = {step["name"]: (step["state"], step["reason"]) for step in run["steps"]}
    assert states["threat"][0] == "done", states
    assert states["visit"][0] == "skipped" and "no client was named" in states["visit"][1]
    assert "ransomware" in run["report"]["headline"]
    threat = next(step for step in run["steps"] if step["name"] == "threat")
    assert msp.http.get(f"/results/{threat['result_ids'][0]}").json()["agent"] == "threat-intelligence"
