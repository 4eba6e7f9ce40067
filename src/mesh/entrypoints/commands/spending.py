"""./mesh spending: what each MSP's questions to paid models took, by day."""

import argparse
import sys
from collections.abc import Sequence

from mesh.adapters.models.spending import Spent, month_of, spent
from mesh.entrypoints.commands.up import say
from mesh.entrypoints.home import add_home, opened


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    spending = commands.add_parser("spending", help="show what paid models cost each MSP")
    add_home(spending)
    spending.add_argument("--msp", default="", metavar="MSP_ID", help="of this one alone")
    spending.add_argument(
        "--since", default="", metavar="DAY", help="2026-11-01; default: this month's first"
    )
    spending.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    with opened(options) as platform:
        since = options.since or month_of(platform.clock.now())
        ids = [options.msp] if options.msp else [tenant.msp_id for tenant in platform.tenants.listing()]
        days = [day for msp_id in sorted(ids) for day in spent(platform.commons, msp_id, since)]
    if not days:
        say(f"No paid model was asked since {since}.")
        return 0
    for line in lines(days):
        sys.stdout.write(line + "\n")
    return 0


def lines(days: Sequence[Spent]) -> list[str]:
    """A line for each day and model, and the sum of what is known to have been paid."""
    told = [
        f"{d.day}  {d.msp_id:<24}  {d.model:<34}  {d.calls:>6,} calls  {d.read:>10,} {d.unit} read  "
        f"{d.written:>9,} written  {'price not known' if d.usd is None else f'{d.usd:.4f} USD'}"
        for d in days
    ]
    return [*told, f"in all {sum(d.usd or 0 for d in days):.4f} USD, at the prices that are configured"]
