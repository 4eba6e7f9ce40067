"""./mesh aws smoke: asks the deployment everything once, as a tenant that is made for it and erased after."""

import argparse
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from mesh.adapters.aws.deployment import gateway_keys
from mesh.entrypoints.commands.aws import checks
from mesh.entrypoints.commands.aws.place import Deployed, add_place, deployed
from mesh.entrypoints.commands.up import say
from mesh.entrypoints.lambdas.authorizer import usage_key
from mesh.kit.platform import Tenant


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    smoke = commands.add_parser("smoke", help="try every route, the socket, and each queue and stream once")
    add_place(smoke)
    smoke.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0 when all went well; what did not is told with what came instead."""
    failed = tried = 0
    with deployed(options) as here, visitor(here) as (msp_id, key):
        for check in checks.all_of(here, msp_id, key):
            tried += 1
            failed += not check.good
            words = f"{'ok' if check.good else 'FAILED':<7} {check.took_s:6.2f} s  {check.what}"
            sys.stdout.write(words + (f": {check.reason}" if check.reason else "") + "\n")
            sys.stdout.flush()
    say(f"{tried - failed} of {tried} checks went well.")
    return 1 if failed else 0


@contextmanager
def visitor(here: Deployed) -> Iterator[tuple[str, str]]:
    """A tenant of its own with a key, erased with all it left behind."""
    msp_id = f"smoke-{uuid.uuid4().hex[:12]}"
    plan = here.found.optional("UsagePlanId")
    here.platform.tenants.put(Tenant(msp_id=msp_id, name="Smoke test (simulated)", simulated=True))
    try:
        if plan:
            gateway_keys.ensure(here.account, plan, msp_id, usage_key(msp_id))
        # Some routes take an administrator's key, which opens the others as well.
        yield msp_id, here.platform.keys.create(msp_id, "smoke test", "admin")
    finally:
        here.platform.tenants.erase(msp_id)
        if plan:
            gateway_keys.remove(here.account, msp_id, usage_key(msp_id))
