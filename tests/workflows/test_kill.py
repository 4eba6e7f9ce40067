"""kill -9 in the middle of a run: another process takes it up, and no step that ended is done again."""

import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

from mesh.adapters.defaults import SystemClock
from mesh.adapters.embedded.platform import open_platform
from mesh.entrypoints.work import LEASE_S, work_off
from mesh.kit.fakes import StoppedClock
from mesh.kit.platform import Tenant
from mesh.workflows import library
from mesh.workflows.run import WORKFLOWS, of_job
from tests.server import CLEAN
from tests.workflows.conftest import MSP, cast, easy

HANGS = """
import threading
from pathlib import Path
from mesh import registry
from mesh.adapters.embedded.platform import open_platform
from mesh.workflows import engine, library
from tests.workflows.conftest import MSP, cast, easy

def hang(ask, ports):
    print("hangs", flush=True)
    threading.Event().wait()

platform = open_platform(Path({home!r}))
agents = [easy("market-intelligence"), easy("collaboration", hang)]
book = library.find("full-intelligence")
job = engine.opened(book, {{"help_wanted": "x"}}, platform, MSP, run_id="killed", mine=True)
engine.perform(job, platform, cast(agents))
"""


def test_a_run_whose_process_was_killed_is_taken_up_after_its_lease_and_ends_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    platform = open_platform(home)
    platform.tenants.put(Tenant(msp_id=MSP, name="A"))
    platform.close()
    root = str(Path(__file__).parents[2])
    program = HANGS.format(home=str(home))
    environment = {**CLEAN, "PYTHONPATH": f"{root}/src:{root}"}
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment) as dying:
        assert dying.stdout and dying.stdout.readline() == b"hangs\n"
        dying.send_signal(signal.SIGKILL)
        assert dying.wait(20) == -signal.SIGKILL

    clock = StoppedClock(SystemClock().now())
    platform = open_platform(home, clock=clock)
    find = cast([easy("market-intelligence"), easy("collaboration")])
    assert not work_off(platform, find, of=WORKFLOWS), "its lease has not ended: somebody may be at it"
    clock.moment += timedelta(seconds=LEASE_S + 1)
    started = time.monotonic()
    assert work_off(platform, find, of=WORKFLOWS)
    assert time.monotonic() - started < 60
    job = platform.jobs.find(MSP, "killed")
    assert job and (job.state, job.attempts) == ("done", 2)
    run = of_job(job, library.find("full-intelligence"), platform)
    steps = {step.name: step for step in run.steps()}
    assert steps["events"].state == "done" and steps["events"].attempts == 1
    assert steps["partners"].attempts == 2
    told = [event.type for event in platform.outbox.after(MSP, None) if event.subject == "killed"]
    assert told.count("workflow.finished") == 1 and "workflow.resumed" in told
    platform.close()
