"""./mesh demo: load the simulated world, take it out, or film it."""

import argparse
import sys

from mesh.entrypoints.commands import video
from mesh.entrypoints.commands.up import say
from mesh.entrypoints.home import add_home, home_of, opened


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    demo = commands.add_parser("demo", help="load, remove or film the simulated MSPs")
    actions = demo.add_subparsers(required=True, metavar="ACTION")
    load_world = actions.add_parser("load", help="load simulated MSPs in place of those that are there")
    load_world.add_argument("--msps", type=int, default=40, help="how many (default: 40)")
    load_world.add_argument("--months", type=int, default=24, help="whole months of history (default: 24)")
    load_world.add_argument(
        "--seed", type=int, default=7, help="the same seed gives the same world (default: 7)"
    )
    add_home(load_world)
    load_world.set_defaults(run=load)
    remove_world = actions.add_parser("remove", help="take every simulated MSP out, keys and answers too")
    add_home(remove_world)
    remove_world.set_defaults(run=remove)
    video.add(actions)


def load(options: argparse.Namespace) -> int:
    from mesh.demo import first_start
    from mesh.demo import load as demo

    home, world = home_of(options), (options.msps, options.months, options.seed)
    with opened(options) as platform:
        demo.allow(platform, *world)
        first_start.unmark(home)
        done = demo.load(platform, *world, say=say)
    first_start.mark(home, *world, done.until.isoformat())
    for kind, count in sorted(done.rows.items()):
        sys.stdout.write(f"{kind:<16} {count:>9,} rows\n")
    sys.stdout.write(
        f"{done.msps} simulated MSPs, {done.rows.total():,} rows in {done.seconds:.1f} s"
        f" ({done.processor_s:.1f} s of processor time).\n"
    )
    return 0


def remove(options: argparse.Namespace) -> int:
    from mesh.demo import first_start
    from mesh.demo import load as demo

    with opened(options) as platform:
        gone = demo.remove(platform, say)
    first_start.mark(home_of(options), 0, 0, 0, "")
    sys.stdout.write(f"Removed {gone:,} rows of simulated MSPs.\n")
    return 0
