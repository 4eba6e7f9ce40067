"""./mesh aws: the mesh in an AWS account. Each command can be run again, and needs only credentials."""

import argparse


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    aws = commands.add_parser(
        "aws", help="deploy the mesh to an AWS account, and look after it there", add_help=False
    )
    aws.set_defaults(run=run)
    # argparse leaves only what follows a word to REMAINDER.
    aws.add_argument("-h", "--help", action="store_const", const=["--help"], default=[], dest="asked")
    aws.add_argument("rest", nargs=argparse.REMAINDER)


def run(options: argparse.Namespace) -> int:
    chosen = parser().parse_args([*options.asked, *options.rest])
    status: int = chosen.run(chosen)
    return status


def parser() -> argparse.ArgumentParser:
    """All actions, which are loaded here and not before: other commands must not wait for them."""
    from mesh.entrypoints.commands.aws import (
        deploy,
        destroy,
        keys,
        local,
        redrive,
        seed,
        smoke,
        status,
        synth,
    )  # fmt: skip

    aws = argparse.ArgumentParser(prog="mesh aws", description="The mesh in an AWS account.")
    actions = aws.add_subparsers(required=True, metavar="ACTION")
    for command in (synth, deploy, seed, smoke, status, keys, redrive, destroy, local):
        command.add(actions)
    return aws
