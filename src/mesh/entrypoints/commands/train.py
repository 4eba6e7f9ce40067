"""./mesh train AGENT --msp X: an agent learns from one MSP's own records."""

import argparse
import sys

from mesh import registry
from mesh.entrypoints.commands.up import say
from mesh.entrypoints.home import add_home, opened
from mesh.kit.problem import FieldError, Invalid, NotFound


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    train = commands.add_parser(
        "train",
        help="let an agent learn from an MSP's own records",
        description="Trains on the records of one MSP. The new model is kept only where it does better than "
        "the one in use on records it has not seen.",
    )
    train.set_defaults(run=run)
    train.add_argument("agent", metavar="AGENT", help="for instance client-health")
    train.add_argument("--msp", required=True, metavar="MSP_ID", help="whose records to learn from")
    add_home(train)


def run(options: argparse.Namespace) -> int:
    """0 when training ended, whether its model was kept or not."""
    agent = registry.find(options.agent)
    if agent.training is None:
        known = ", ".join(one.slug for one in registry.agents() if one.training)
        reason = f"learns nothing from an MSP's records; those that do: {known or 'none'}"
        raise Invalid(f"{agent.slug} {reason}.", errors=[FieldError("AGENT", reason)])
    with opened(options) as platform:
        if platform.tenants.find(options.msp) is None:
            raise NotFound(f"There is no MSP {options.msp!r} on this mesh.")
        trained = agent.training.run(platform.ports(options.msp), say)
    for measure, value in trained.scores.items():
        sys.stdout.write(f"{measure:<44} {value:.4f}\n")
    sys.stdout.write(f"{trained.message}\n")
    sys.stdout.write(f"Answers now come from {trained.by.name} {trained.by.version}.\n")
    return 0
