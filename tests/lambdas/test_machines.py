"""A state machine of MiniStack that calls a function, a process of its own: a run comes to its end by nothing
else.
"""

import io
import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.state_machines import definition
from mesh.adapters.aws.deployment import ministack as emulator
from mesh.adapters.aws.settings import PREFIX
from mesh.adapters.defaults import SystemClock
from mesh.entrypoints.lambdas.process import Process
from mesh.entrypoints.lambdas.queue import take_up
from mesh.kit.platform import Tenant
from mesh.workflows import engine, library
from mesh.workflows.run import of_job
from tests.aws import deployed, ministack
from tests.lambdas import events
from tests.lambdas.conftest import waiting

pytestmark = pytest.mark.timeout(400)
MSP, BOOK = "msp-a", library.find("threat-response")
ACCOUNT = f"{emulator.REGION}:{emulator.ACCOUNT}"
PATIENCE_S = 300.0


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Process]:
    """Starts a machine of MiniStack; its steps are all done by one function that has every agent."""
    home = tmp_path / "home"
    platform, clients = deployed.open_deployed(home, SystemClock()), ministack.clients()
    settings, name = deployed.settings_of(home), f"run-{tmp_path.name}"[:60]
    platform.tenants.put(Tenant(msp_id=MSP, name="Cedar IT"))
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as package:
        package.writestr("empty.py", "")
    told = {PREFIX + field.upper(): str(value) for field, value in settings.model_dump().items() if value}
    role = f"arn:aws:iam::{emulator.ACCOUNT}:role/run"
    clients.functions.create_function(
        FunctionName=name, Runtime="python3.13", Role=role, Timeout=300,
        Handler="mesh.entrypoints.lambdas.workflows.handler", Code={"ZipFile": code.getvalue()},
        Environment={"Variables": {**told, "PYTHONPATH": emulator.python_path()}},
    )  # fmt: skip
    steps = definition(BOOK, lambda _: f"arn:aws:lambda:{ACCOUNT}:function:{name}")
    machine = clients.machines.create_state_machine(
        name=f"{name}-{BOOK.name}", definition=json.dumps(_patient(steps)), roleArn=role, type="STANDARD"
    )["stateMachineArn"]
    which = machine.replace(BOOK.name, "{playbook}")
    yield Process(platform, clients, settings.model_copy(update={"state_machine": which}))
    clients.machines.delete_state_machine(stateMachineArn=machine)
    clients.functions.delete_function(FunctionName=name)
    platform.close()


def _patient(node: Any) -> Any:
    """The same with time for functions that share this machine's processors with all other tests."""
    if isinstance(node, list):
        return [_patient(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    return {name: PATIENCE_S if name == "TimeoutSeconds" else _patient(inner) for name, inner in node.items()}


def test_a_run_goes_through_every_step_and_its_report_is_stored(running: Process) -> None:
    text = "Files were encrypted and a ransom note asks for payment; vssadmin delete shadows ran before."
    job = engine.opened(BOOK, {"text": text}, running.platform, MSP)
    (body,) = [body for body in waiting(running) if job.job_id in body]
    take_up(events.messages(body)["Records"][0], running)
    machine = running.settings.state_machine.format(playbook=BOOK.name)
    (found,) = running.clients.machines.list_executions(stateMachineArn=machine)["executions"]
    deadline = time.monotonic() + PATIENCE_S
    while (told := _looked_at(running, found["executionArn"]))["status"] == "RUNNING":
        assert time.monotonic() < deadline, _history(running, found["executionArn"])
        time.sleep(0.5)
    history = _history(running, found["executionArn"])
    assert told["status"] == "SUCCEEDED", history
    ended = running.platform.jobs.find(MSP, job.job_id)
    assert ended and (ended.state, ended.result_id, ended.attempts) == ("done", job.job_id, 1), history
    states = {step.name: step.state for step in of_job(ended, BOOK, running.platform).steps()}
    assert states["threat"] == "done" and set(states.values()) <= {"done", "skipped"}, states
    report = running.platform.ports(MSP).results.find(job.job_id)
    assert report is not None and report.model.name == BOOK.name
    kinds = [event.type for event in running.platform.outbox.after(MSP, None)]
    assert kinds[0] == "workflow.started" and {"step.done", "workflow.finished"} <= set(kinds)


def _looked_at(at: Process, execution: str) -> dict[str, Any]:
    found: dict[str, Any] = at.clients.machines.describe_execution(executionArn=execution)
    return found


def _history(at: Process, execution: str) -> str:
    """What the machine did, a line for each event."""
    told = at.clients.machines.get_execution_history(executionArn=execution, maxResults=1_000)["events"]
    details = ({name: value for name, value in event.items() if name.endswith("Details")} for event in told)
    return "\n".join(f"{event['type']} {one}" for event, one in zip(told, details, strict=True))
