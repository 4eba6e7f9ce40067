"""./mesh site: an MSP takes part in trainings that are coordinated elsewhere; its rows stay here."""

import argparse
import sys
from pathlib import Path

from mesh.entrypoints.commands.up import say
from mesh.entrypoints.home import add_home, home_of, opened
from mesh.kit.problem import FieldError, Invalid, NotFound

HERE = ("127.0.0.1", "localhost", "[::1]")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    site = commands.add_parser(
        "site",
        help="take part in trainings over several MSPs",
        description="Connects to a coordinator (Flower's SuperLink) and answers for one MSP: with sums over"
        " its records, clipped, noisy and masked. It takes part while its consent stands. A finished model"
        " that comes is used, unless what is in use does better on this MSP's own held-out records; which of"
        " the two, is said.",
    )
    site.set_defaults(run=run)
    site.add_argument("--msp", metavar="MSP_ID", help="for whom to answer")
    site.add_argument("--superlink", metavar="HOST:PORT", help="the coordinator's Fleet API")
    site.add_argument("--ca", type=Path, metavar="FILE", help="certificates to know the coordinator by (PEM)")
    site.add_argument("--key", type=Path, metavar="FILE", help="this site's private key (OpenSSH)")
    site.add_argument(
        "--new-key", type=Path, metavar="FILE", help="make a private key and print the public one"
    )
    site.add_argument("--insecure", action="store_true", help="no TLS; to this machine alone")
    add_home(site)


def run(options: argparse.Namespace) -> int:
    """0 when stopped; the answers go on until then."""
    from mesh.adapters.federation.flower import prepare

    home = home_of(options)
    home.mkdir(parents=True, exist_ok=True)
    prepare(home / "flower")
    from mesh.adapters.federation.supernode import Link, attend, new_key

    if options.new_key:
        sys.stdout.write(new_key(options.new_key).decode())
        return 0
    _check(options)
    with opened(options) as platform:
        if platform.tenants.find(options.msp) is None:
            raise NotFound(f"There is no MSP {options.msp!r} on this mesh.")
        from mesh.adapters.federation.own_site import app_of

        link = Link(options.superlink, options.ca, options.key, options.insecure)
        attend(app_of(options.msp, platform, say), link, say)
    return 0


def _check(options: argparse.Namespace) -> None:
    for name in ("msp", "superlink"):
        if not getattr(options, name):
            raise Invalid(f"--{name} is missing.", errors=[FieldError(f"--{name}", "is missing")])
    if options.insecure and options.superlink.rpartition(":")[0] not in HERE:
        reason = "goes with a coordinator on this machine only; give --ca"
        raise Invalid(f"--insecure {reason}.", errors=[FieldError("--insecure", reason)])
    for name in ("ca", "key"):
        path = getattr(options, name)
        if path is not None and not path.is_file():
            raise Invalid(
                f"--{name}: there is no file {path}.", errors=[FieldError(f"--{name}", "is no file")]
            )
