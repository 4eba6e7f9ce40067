"""./mesh benchmarks: percentiles over MSPs, and bringing contributions up to date."""

import argparse
import json
import sys
from dataclasses import asdict

from mesh.entrypoints.commands.ask import LOCAL
from mesh.entrypoints.commands.up import say
from mesh.entrypoints.home import add_home, opened
from mesh.kit.platform import Platform, Tenant
from mesh.kit.problem import NotFound


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    benchmarks = commands.add_parser("benchmarks", help="how an MSP stands among its peers")
    add_home(benchmarks)
    actions = benchmarks.add_subparsers(required=True, metavar="ACTION")
    ask = actions.add_parser("ask", help="percentiles of a measure, or why they are withheld")
    ask.add_argument(
        "measure", metavar="MEASURE", help="price_per_seat, mrr_per_client, tickets_per_seat ..."
    )
    ask.add_argument("--segment", metavar="NAME", help="an industry of clients: dental")
    ask.add_argument("--region", metavar="NAME", help="where MSPs work: us-west")
    ask.add_argument("--msp", default=LOCAL.msp_id, metavar="MSP_ID", help="who asks")
    ask.add_argument("--json", action="store_true", help="for machines")
    ask.set_defaults(run=run)
    fresh = actions.add_parser(
        "refresh", help="compute contributions anew: of one MSP, or of all that agreed"
    )
    fresh.add_argument("--msp", metavar="MSP_ID")
    fresh.set_defaults(run=refresh)


def run(options: argparse.Namespace) -> int:
    """0 with percentiles, 1 where they are withheld."""
    from mesh.kit.ports import Withheld

    with opened(options) as platform:
        tenant = _tenant(platform, options.msp)
        found = platform.ports(options.msp).benchmarks.percentiles(
            options.measure, segment=options.segment, region=options.region
        )
    if options.json:
        sys.stdout.write(json.dumps({**asdict(found), "simulated": tenant.simulated}) + "\n")
    elif isinstance(found, Withheld):
        sys.stderr.write(f"mesh: withheld: {found.reason}\n")
    else:
        whose = "simulated MSPs" if found.simulated else "MSPs"
        sys.stdout.write(
            f"p25 {found.p25:g}   p50 {found.p50:g}   p75 {found.p75:g}\n"
            f"of about {found.cohort} {whose}, {found.as_of} at the latest,"
            f" with noise (epsilon {found.epsilon:g})\n"
        )
    return 1 if isinstance(found, Withheld) else 0


def refresh(options: argparse.Namespace) -> int:
    from mesh.sharing.benchmark_refreshing import Refreshed, refresh_all
    from mesh.sharing.benchmarks import benchmarking_of

    with opened(options) as platform:
        if options.msp:
            tenant = _tenant(platform, options.msp)
            records = platform.ports(tenant.msp_id).records
            contributions = benchmarking_of(platform).contributions
            counts = contributions.refresh(tenant.msp_id, records, simulated=tenant.simulated, force=True)
            done = Refreshed(int(counts), 1)
        else:
            done = refresh_all(platform, force=True)
    say(f"{done.contributing} of {done.msps} MSPs contribute to benchmarks.")
    if done.failed:
        say(f"The figures of {done.failed} MSPs could not be computed and stay as they were.")
    return 1 if done.failed else 0


def _tenant(platform: Platform, msp_id: str) -> Tenant:
    tenant = platform.tenants.find(msp_id)
    if tenant is None:
        raise NotFound(f"There is no MSP {msp_id!r} here; make one with ./mesh keys create {msp_id}")
    return tenant
