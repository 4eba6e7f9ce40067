"""./mesh site: an MSP takes part in trainings that are coordinated elsewhere; its rows stay here."""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mesh.entrypoints.commands.up import say
from mesh.entrypoints.home import add_home, home_of, opened
from mesh.kit.problem import FieldError, Invalid, NotFound

if TYPE_CHECKING:
    from flwr.clientapp import ClientApp

HERE = ("127.0.0.1", "localhost", "::1")
API_KEY = "MESH_KEY"


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    site = commands.add_parser(
        "site",
        help="take part in trainings over several MSPs",
        description="Asks a mesh on another machine for trainings, and answers there for one MSP: with sums"
        " over its records, clipped, noisy and masked. It takes part while its consent stands, there as well"
        " as here. A finished model that comes is used, unless what is in use does better on this MSP's own"
        " held-out records; which of the two, is said.",
    )
    site.set_defaults(run=run)
    site.add_argument("--msp", metavar="MSP_ID", help="for whom to answer, as it is called here")
    site.add_argument("--mesh", metavar="URL", help="the mesh that invites; its key is the MSP's there")
    site.add_argument(
        "--api-key-from", default=API_KEY, metavar="VARIABLE",
        help=f"environment variable with that key (default: {API_KEY})",
    )  # fmt: skip
    site.add_argument("--register", action="store_true", help="let the mesh know this site by its key")
    site.add_argument("--key", type=Path, metavar="FILE", help="this site's private key (OpenSSH)")
    site.add_argument(
        "--new-key", type=Path, metavar="FILE", help="make a private key and print the public one"
    )
    add_home(site)


def run(options: argparse.Namespace) -> int:
    """0 when stopped; the answers go on until then."""
    from mesh.adapters.federation.flower import prepare

    home = home_of(options)
    home.mkdir(parents=True, exist_ok=True)
    prepare(home / "flower")
    from mesh.adapters.federation.supernode import new_key

    if options.new_key:
        if options.new_key.exists():
            raise _wrong("--new-key", f"{options.new_key} is there already; choose another name")
        sys.stdout.write(new_key(options.new_key) + "\n")
        return 0
    _check(options)
    with opened(options) as platform:
        if platform.tenants.find(options.msp) is None:
            raise NotFound(f"There is no MSP {options.msp!r} on this mesh.")
        from mesh.adapters.federation.own_site import app_of

        _follow(options, app_of(options.msp, platform, say))
    return 0


def _follow(options: argparse.Namespace, app: "ClientApp") -> None:
    import httpx

    from mesh.adapters.federation.invited import Mesh, enrol, follow

    key = {"x-api-key": os.environ[options.api_key_from]}
    with httpx.Client(base_url=options.mesh.rstrip("/") + "/", headers=key, timeout=30) as http:
        mesh = Mesh(http)
        enrol(mesh, options.key, register=options.register, say=say)
        say(f"Waiting for trainings of {options.mesh}")
        follow(mesh, app, options.key, say)


def _check(options: argparse.Namespace) -> None:
    for name in ("msp", "mesh", "key"):
        if not getattr(options, name):
            raise _wrong(f"--{name}", "is missing")
    mesh = urlsplit(options.mesh)
    if not mesh.hostname or not (mesh.scheme == "https" or (mesh.scheme == "http" and mesh.hostname in HERE)):
        raise _wrong("--mesh", "must be an https:// address: the MSP's key is sent there")
    if not options.key.is_file():
        raise _wrong("--key", f"there is no file {options.key}; --new-key makes one")
    if not os.environ.get(options.api_key_from):
        raise _wrong("--api-key-from", f"there is no {options.api_key_from} in the environment")


def _wrong(option: str, reason: str) -> Invalid:
    return Invalid(f"{option}: {reason}.", errors=[FieldError(option, reason)])
