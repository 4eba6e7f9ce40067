"""./mesh receipts: list, export, verify and revoke what was shared."""

import argparse
import sys
from pathlib import Path

from mesh.entrypoints.commands.ask import LOCAL
from mesh.entrypoints.commands.up import say
from mesh.entrypoints.home import add_home, home_of, opened
from mesh.kit.problem import FieldError, Invalid, NotFound


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    receipts = commands.add_parser("receipts", help="list, export, verify and revoke what was shared")
    add_home(receipts)
    actions = receipts.add_subparsers(required=True, metavar="ACTION")
    for name, run, about in (
        ("list", listing, "an MSP's receipts, newest first"),
        ("export", export, "an MSP's whole chain as NDJSON, on stdout"),
        ("key", key, "the public key that receipts are verified with"),
    ):
        action = actions.add_parser(name, help=about)
        action.add_argument("--msp", default=LOCAL.msp_id, metavar="MSP_ID", help="whose receipts")
        action.set_defaults(run=run)
    check = actions.add_parser("verify", help="check a chain with the public key alone")
    check.add_argument("file", nargs="?", metavar="FILE", help="an export, or - for standard input")
    check.add_argument("--msp", metavar="MSP_ID", help="an MSP's chain as it is stored here")
    check.add_argument(
        "--key", metavar="KEY", help="public key: base64, or a file (default: this mesh's own)"
    )
    check.set_defaults(run=verify)
    take_back = actions.add_parser("revoke", help="take back what a receipt tells of")
    take_back.add_argument("number", type=int, metavar="NUMBER")
    take_back.add_argument("--msp", default=LOCAL.msp_id, metavar="MSP_ID", help="whose receipt")
    take_back.set_defaults(run=revoke)


def listing(options: argparse.Namespace) -> int:
    from mesh.sharing.receipts import receipts_of

    with opened(options) as platform:
        receipts = receipts_of(platform)
        revoked = receipts.revocations(options.msp)
        for line in receipts.before(options.msp):
            state = f"revokes {line.revokes}" if line.revokes else "revoked" if line.number in revoked else ""
            spent = f"epsilon {line.epsilon:g}" if line.epsilon else ""
            sys.stdout.write(
                f"{line.number:>6}  {line.at:%Y-%m-%d %H:%M}  {line.what:<12} to {line.recipient:<10}"
                f" for {line.purpose:<10}  {spent:<13} {line.reference}  {state}".rstrip()
                + "\n"
            )
        if receipts.last(options.msp) is None:
            say(f"Nothing of {options.msp} was shared.")
    return 0


def export(options: argparse.Namespace) -> int:
    from mesh.sharing.chain import exported
    from mesh.sharing.receipts import receipts_of

    with opened(options) as platform:
        for line in exported(receipts_of(platform), options.msp):
            sys.stdout.write(line.decode())
    return 0


def key(options: argparse.Namespace) -> int:
    from mesh.sharing.receipts import receipts_of

    with opened(options) as platform:
        sys.stdout.write(receipts_of(platform).public_key() + "\n")
    return 0


def verify(options: argparse.Namespace) -> int:
    """0 where the chain holds, 1 where it does not, naming the first broken line."""
    from mesh.sharing.chain import exported, verify
    from mesh.sharing.receipts import receipts_of

    if (options.file is None) == (options.msp is None):
        raise Invalid("Nothing was verified.", errors=[FieldError("FILE", "give a file, or --msp")])
    lines: list[bytes]
    if options.msp:
        with opened(options) as platform:
            lines = list(exported(receipts_of(platform), options.msp))
    elif options.file == "-":
        lines = sys.stdin.buffer.read().splitlines()
    else:
        lines = Path(options.file).read_bytes().splitlines()
    verdict = verify(lines, _public_key(options))
    if verdict.broken:
        place, reason = verdict.broken
        sys.stdout.write(f"broken: line {place} {reason}\n")
        return 1
    end = "" if verdict.complete else "; without a checkpoint, later lines may be missing"
    sys.stdout.write(f"holds: {verdict.receipts} receipts{end}\n")
    return 0


def _public_key(options: argparse.Namespace) -> bytes:
    """What was given, else this home's own: a key that stands in the file itself would prove nothing."""
    from mesh.sharing.chain import public_key_of
    from mesh.sharing.receipts import receipts_of

    if options.key:
        named = Path(options.key)
        return public_key_of(named.read_text(encoding="utf-8") if named.is_file() else options.key)
    if not (home_of(options) / "mesh.db").exists():
        reason = (
            "give the public key of the mesh that issued them: ./mesh receipts key, or GET /mesh/receipts"
        )
        raise Invalid("There is no mesh here.", errors=[FieldError("--key", reason)])
    with opened(options) as platform:
        return public_key_of(receipts_of(platform).public_key())


def revoke(options: argparse.Namespace) -> int:
    from mesh.sharing.withdrawals import revoking

    with opened(options) as platform:
        if platform.tenants.find(options.msp) is None:
            raise NotFound(f"There is no MSP {options.msp!r} here.")
        line = revoking(platform).revoke(options.msp, options.number)
    say(f"Receipt {options.number} of {options.msp} is revoked, by receipt {line.number}.")
    return 0
