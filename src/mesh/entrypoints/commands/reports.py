"""./mesh cost and ./mesh security: what the templates of a deployment tell before it is deployed."""

import argparse

from mesh.entrypoints.commands.evals import of_checkout


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    for name, told in (
        ("cost", "what a month on AWS costs, and what would lower it"),
        ("security", "who may do what on AWS, what is encrypted, what is exposed; a picture"),
    ):
        # With another prefix than "-", flags are left to the package, which knows them.
        command = commands.add_parser(name, help=told, add_help=False, prefix_chars="\0")
        command.set_defaults(run=run, about=name)
        command.add_argument("rest", nargs=argparse.REMAINDER)


def run(options: argparse.Namespace) -> int:
    return of_checkout("reports", [options.about, *options.rest])
