"""./mesh aws seed: simulated MSPs with their rows, and for every tenant its key at the gateway."""

import argparse
import time

from mesh.adapters.aws.deployment import gateway_keys
from mesh.adapters.aws.deployment.account import Account
from mesh.adapters.aws.deployment.found import Found
from mesh.entrypoints.commands.aws.place import add_place, deployed, step
from mesh.entrypoints.commands.up import say
from mesh.entrypoints.lambdas.authorizer import usage_key
from mesh.kit.platform import Platform

AT_ONCE = 2_000


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    seed = commands.add_parser("seed", help="load simulated MSPs into the deployment")
    add_place(seed)
    seed.add_argument(
        "--msps", type=int, default=2, choices=range(1, 41), metavar="N", help="how many (default: 2)"
    )
    seed.add_argument(
        "--months", type=int, default=3, choices=range(1, 37), metavar="N", help="of history (default: 3)"
    )
    seed.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    with deployed(options) as here:
        names = load(here.platform, options.msps, options.months)
        rates(here.account, here.found, here.platform)
    say(f"To ask as one of them: export MESH_KEY=$(./mesh aws keys create {names[0]})")
    return 0


def load(platform: Platform, msps: int, months: int) -> list[str]:
    """The simulated tenants, made where they are not there yet; their ids."""
    from mesh.demo.world import world

    names = []
    for msp in world(msps, months, until=platform.clock.now()):
        names.append(msp.tenant.msp_id)
        if platform.tenants.find(msp.tenant.msp_id):
            say(f"  {msp.tenant.name} is there already")
            continue
        with step(f"{msp.tenant.name}: {sum(map(len, msp.rows.values())):,} simulated rows"):
            records = platform.ports(msp.tenant.msp_id).records
            for kind, rows in msp.rows.items():
                for start in range(0, len(rows), AT_ONCE):
                    records.put(kind, rows[start : start + AT_ONCE])
            # The tenant comes last: a run that was cut off before loads everything again.
            platform.tenants.put(msp.tenant)
    return names


def rates(account: Account, found: Found, platform: Platform) -> None:
    """A key in the API's usage plan for every tenant there is."""
    plan = found.optional("UsagePlanId")
    if not plan:
        return
    tenants = platform.tenants.listing()
    started = time.monotonic()
    for tenant in tenants:
        gateway_keys.ensure(account, plan, tenant.msp_id, usage_key(tenant.msp_id))
    say(f"{len(tenants)} tenants have their rate at the API ({time.monotonic() - started:.0f} s)")
