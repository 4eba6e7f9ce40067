"""A playbook on the deployed mesh: taken by the API, begun by the queue, carried from function to function by
a state machine, and ended by the last of them.
"""

import json
import time
from typing import Any

import pytest

from mesh.workflows import library
from tests.deployed.conftest import Msp
from tests.deployed.served import Deployed

pytestmark = pytest.mark.timeout(900)
PATIENCE_S = 400.0
TEXT = "Files were encrypted and a ransom note asks for payment; vssadmin delete shadows ran before."
PLAYBOOK = "threat-response"


def history(copy: Deployed) -> list[str]:
    """What the state machine did, a line for each event: what a person looks at when a run hangs."""
    machines = copy.account.client("stepfunctions")
    lines = []
    for machine in machines.list_state_machines()["stateMachines"]:
        for run in machines.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]:
            lines.append(f"{run['name']} of {machine['name']}: {run['status']}")
            told = machines.get_execution_history(executionArn=run["executionArn"], maxResults=1_000)[
                "events"
            ]
            for event in told:
                details = {name: value for name, value in event.items() if name.endswith("Details")}
                lines.append(f"  {event['timestamp']:%H:%M:%S} {event['type']} {json.dumps(details)[:300]}")
    return lines


def ended(copy: Deployed, msp: Msp, href: str) -> dict[str, Any]:
    """The run once it came to its end."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        reply = msp.http.get(href)
        assert reply.status_code == 200, (href, reply.text)
        run: dict[str, Any] = reply.json()
        if run["state"] not in ("waiting", "running"):
            return run
        assert time.monotonic() < deadline, "\n".join([str(run), *history(copy)])
        time.sleep(1)


def test_a_run_goes_from_function_to_function_and_its_report_is_stored(copy: Deployed, msp: Msp) -> None:
    taken = msp.http.post(f"/workflows/{PLAYBOOK}", json={"text": TEXT})
    assert taken.status_code == 202, taken.text
    run_id = taken.json()["run_id"]
    run = ended(copy, msp, f"/workflows/runs/{run_id}")
    told = "\n".join([str(run), *history(copy)])
    assert (run["state"], run["attempts"]) == ("finished", 1), told
    steps = {step["name"]: step["state"] for step in run["steps"]}
    assert set(steps) == {step.name for step in library.find(PLAYBOOK).steps}
    assert steps["threat"] == "done" and not set(steps.values()) & {"waiting", "running"}, told
    report = msp.http.get(f"/results/{run_id}").raise_for_status().json()
    assert report["agent"] == "workflows" and report["model"]["name"] == PLAYBOOK
    assert "SUCCEEDED" in told
