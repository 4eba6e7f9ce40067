"""./mesh aws keys: make, list and revoke API keys of a deployment."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from mesh.adapters.aws.deployment import gateway_keys
from mesh.entrypoints.commands import keys
from mesh.entrypoints.commands.aws.place import add_place, deployed
from mesh.entrypoints.lambdas.authorizer import usage_key
from mesh.kit.platform import Platform


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("keys", help="make, list and revoke API keys of the deployment")
    add_place(parser)
    keys.add_actions(parser, opened)


@contextmanager
def opened(options: argparse.Namespace) -> Iterator[Platform]:
    """The deployment's platform. An MSP that gets a key gets its rate at the gateway first."""
    with deployed(options) as here:
        plan = here.found.optional("UsagePlanId")
        if options.run is keys.create and plan:
            gateway_keys.ensure(here.account, plan, options.msp_id, usage_key(options.msp_id))
        yield here.platform
