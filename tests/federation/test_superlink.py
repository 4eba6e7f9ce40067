"""A SuperLink of ours gives a training's program time to start; Flower's own refuses it after 30 s."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
from mesh.adapters.federation.superlink import give_time
give_time(77)
import flwr.superlink.cli
from flwr.common.constant import HEARTBEAT_DEFAULT_INTERVAL
from flwr.supercore.corestate import in_memory_corestate, sql_corestate
print(*(module.HEARTBEAT_DEFAULT_INTERVAL for module in (in_memory_corestate, sql_corestate)))
try:
    give_time(99)
except RuntimeError as late:
    print("refused" if "already" in str(late) else late)
"""


def test_a_claim_lasts_as_long_as_was_asked_and_cannot_be_set_too_late() -> None:
    """In a process of its own: Flower reads the constant once, for good."""
    environment = {
        **os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2] / "src"),
        "FLWR_TELEMETRY_ENABLED": "0", "FLWR_DISABLE_UPDATE_CHECK": "1",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["77", "77", "refused"], done.stdout


def test_the_constant_is_still_what_a_claim_lasts() -> None:
    """A newer Flower may give it another name or an option: then our launcher has to follow."""
    import inspect

    from flwr.supercore.corestate.in_memory_corestate import InMemoryCoreState
    from flwr.supercore.corestate.sql_corestate import SqlCoreState

    for state in (InMemoryCoreState, SqlCoreState):
        assert "HEARTBEAT_DEFAULT_INTERVAL" in inspect.getsource(state.claim_task)
