"""Flower's SuperLink, with the time that a training's program may take to start as a setting.

    python -m mesh.adapters.federation.superlink --host 0.0.0.0 --port 9092 --ssl-ca-certfile ca.pem ...

A SuperLink hands a task out with a token, and only then is the process started that shows it. The token is
good for 30 s: on a busy machine the process is still importing by then, the task is handed out anew, and each
process in turn finds its token refused. Flower 1.41 has no option for this time; its one constant is set here
before anything reads it. A program that dies without a word is noticed after twice the time.
"""

import os
from importlib import import_module

from mesh.adapters.federation.flower import QUIET

# Seconds; ten times what a start takes on two cores that eight others share.
STARTING_S = "MESH_SUPERLINK_STARTING_S"
DEFAULT_S = 300
CONSTANT = "HEARTBEAT_DEFAULT_INTERVAL"
READ_BY = ("flwr.supercore.corestate.sql_corestate", "flwr.supercore.corestate.in_memory_corestate")


def give_time(seconds: int) -> None:
    """Let programs take so long to start. Raises RuntimeError where Flower read the constant before."""
    vars(import_module("flwr.common.constant"))[CONSTANT] = seconds
    for name in READ_BY:
        if getattr(import_module(name), CONSTANT) != seconds:
            raise RuntimeError(f"{name} has read {CONSTANT} already: set it before Flower is loaded")


def main() -> None:
    """The command `flower-superlink`, silent and patient; its options are Flower's."""
    os.environ.update(QUIET)
    give_time(int(os.environ.get(STARTING_S, DEFAULT_S)))
    from flwr.superlink.cli import flower_superlink

    flower_superlink()


if __name__ == "__main__":
    main()
