"""./mesh aws seed: simulated MSPs with their rows, and for every tenant its key at the gateway."""

import argparse
import sys
import time

from mesh.adapters.aws.deployment import gateway_keys
from mesh.adapters.aws.deployment.account import Account
from mesh.adapters.aws.deployment.found import Found
from mesh.entrypoints.commands.aws.place import add_place, deployed, step
from mesh.entrypoints.commands.up import say
from mesh.entrypoints.lambdas.authorizer import usage_key
from mesh.kit.platform import Platform


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    seed = commands.add_parser("seed", help="load simulated MSPs into the deployment")
    add_place(seed)
    seed.add_argument("--msps", type=int, default=2, metavar="N", help="how many (default: 2)")
    seed.add_argument("--months", type=int, default=3, metavar="N", help="of history (default: 3)")
    seed.add_argument("--again", action="store_true", help="put rows up to now in the place of those there")
    seed.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    with deployed(options) as here:
        names = load(here.platform, options.msps, options.months, again=options.again)
        rates(here.account, here.found, here.platform)
    sys.stdout.write("".join(f"{name}\n" for name in names))
    say(f"To ask as one of them: export MESH_KEY=$(./mesh aws keys create {names[0]})")
    return 0


def load(platform: Platform, msps: int, months: int, *, again: bool = False) -> list[str]:
    """The ids of that many simulated tenants. The world is loaded where one of them is missing, or `again`:
    then simulated tenants beyond that number go. Raises as `demo.load.allow` does.
    """
    from mesh.demo import load as demo
    from mesh.demo.company import tenant
    from mesh.demo.world import SEED

    demo.allow(platform, msps, months, SEED)
    names = [tenant(number).msp_id for number in range(msps)]
    missing = [name for name in names if platform.tenants.find(name) is None]
    if not missing and not again:
        say(f"{', '.join(names)}: there already (--again loads them up to now)")
        return names
    with step(f"Loading {msps} simulated MSPs, {months} months"):
        done = demo.load(platform, msps, months, say=lambda line: say(f"  {line}"))
        say(f"  {done.rows.total():,} simulated rows")
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
