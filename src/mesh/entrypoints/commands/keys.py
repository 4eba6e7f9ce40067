"""./mesh keys: make, list and revoke API keys."""

import argparse
import re
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import get_args

from mesh.entrypoints import key_ring
from mesh.entrypoints.commands.up import say
from mesh.entrypoints.home import add_home, opened
from mesh.kit.platform import Platform, Role, Tenant
from mesh.kit.problem import FieldError, Invalid, NotFound

# Opens the platform that holds the keys: the home folder's here, a deployment's for ./mesh aws keys.
Open = Callable[[argparse.Namespace], AbstractContextManager[Platform]]
MSP_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    keys = commands.add_parser("keys", help="make, list and revoke API keys")
    add_home(keys)
    add_actions(keys, opened)


def add_actions(keys: argparse.ArgumentParser, open_platform: Open) -> None:
    """Create, list and revoke, over the platform that `open_platform` opens."""
    keys.set_defaults(open=open_platform)
    actions = keys.add_subparsers(required=True, metavar="ACTION")
    create_key = actions.add_parser("create", help="print a new key of an MSP, alone on stdout")
    create_key.add_argument("msp_id", metavar="MSP_ID")
    create_key.add_argument("--label", default="", help="what the key is for")
    create_key.add_argument(
        "--role", choices=get_args(Role), help="default: admin for an MSP's first live key, then member"
    )
    create_key.set_defaults(run=create)
    actions.add_parser("list", help="list keys, never the secrets").set_defaults(run=listing)
    revoke_key = actions.add_parser("revoke", help="make a key invalid at once")
    revoke_key.add_argument("key_id", metavar="KEY_ID")
    revoke_key.set_defaults(run=revoke)


def create(options: argparse.Namespace) -> int:
    if not MSP_ID.fullmatch(options.msp_id):
        reason = "use lower-case letters, digits and '-', 63 at most, starting with a letter or digit"
        raise Invalid("The MSP's id is not valid.", errors=[FieldError("MSP_ID", reason)])
    with options.open(options) as platform:
        if platform.tenants.find(options.msp_id) is None:
            platform.tenants.put(Tenant(msp_id=options.msp_id, name=options.msp_id))
            say(f"{options.msp_id} is a new MSP of this mesh.")
        role = options.role or key_ring.usual_role(platform, options.msp_id)
        text, made = key_ring.make(platform, options.msp_id, options.label, role)
        say(f"{made.key_id} has the role {made.role}.")
        sys.stdout.write(text + "\n")
    return 0


def listing(options: argparse.Namespace) -> int:
    with options.open(options) as platform:
        keys = platform.keys.listing()
    if not keys:
        say("There are no keys yet: ./mesh keys create MSP_ID")
    for key in keys:
        state = f"revoked {key.revoked_at:%Y-%m-%d %H:%M}" if key.revoked_at else "live"
        made = f"{key.created_at:%Y-%m-%d %H:%M}"
        used = f"used {key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never used"
        told = f"{key.key_id}  {key.msp_id:<24}  {key.role:<6}  made {made}  {used:<21}  {state:<24}"
        sys.stdout.write(f"{told}  {key.label}".rstrip() + "\n")
    return 0


def revoke(options: argparse.Namespace) -> int:
    with options.open(options) as platform:
        if not platform.keys.revoke(options.key_id):
            raise NotFound(f"There is no live key {options.key_id!r}; see ./mesh keys list.")
    say(f"{options.key_id} is revoked.")
    return 0
