"""./mesh aws destroy: takes the deployment down. What tenants stored stays unless --remove-data is given."""

import argparse
import sys

from mesh.adapters.aws.deployment import entries, leftovers, removal
from mesh.adapters.aws.deployment.account import Account
from mesh.adapters.aws.deployment.found import find
from mesh.adapters.aws.deployment.stacks import Stacks
from mesh.adapters.aws.settings import Settings
from mesh.entrypoints.commands.aws.place import account_of, add_place, step
from mesh.entrypoints.commands.up import say
from mesh.kit.problem import FieldError, Invalid, Unavailable


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    destroy = commands.add_parser("destroy", help="remove the deployment; keeps what tenants stored")
    add_place(destroy)
    destroy.add_argument("--remove-data", action="store_true", help="erase tables, buckets and logs as well")
    destroy.add_argument("--yes", action="store_true", help="do not ask")
    destroy.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    with account_of(options) as account:
        try:
            found = find(account)
        except Unavailable:
            if not options.remove_data:
                raise
            return _erase_leftovers(account, sure=options.yes)
        names = ", ".join(stack.name for stack in found.stacks)
        if not options.yes and not _agreed(names, account.account_id, options.remove_data):
            say("Nothing was removed.")
            return 1
        secret = found.optional("Secret")
        aside = "" if options.remove_data or not secret else entries.put_aside(secret, account)
        stacks = Stacks(account, say, poll_s=0.3 if account.endpoint else 3.0)
        with step("Removing the stacks"):
            kept = removal.remove(found, account, stacks, say)
        if options.remove_data:
            with step("Erasing what tenants stored"):
                removal.erase(kept, account, say)
                removal.erase_uploads(account, say)
                if secret:
                    entries.erase(secret, account)
    if kept and not options.remove_data:
        say("Kept, and billed for what they hold; ./mesh aws deploy takes them up again:")
        for thing in kept:
            say(f"  {thing.name} ({thing.kind})")
        if aside:
            say(f"  {aside} (the mesh's own keys, which what is kept was signed and hashed with)")
    return 0


def _erase_leftovers(account: Account, *, sure: bool) -> int:
    """What a deployment left that was taken down before. Raises Unavailable where nothing is left."""
    left = leftovers.find(account)
    if not left:
        where = f"account {account.account_id}, {account.region}"
        raise Unavailable(f"There is no mesh in {where}, nor data of one.")
    say("The stacks were removed before; what they left:")
    for thing in left:
        say(f"  {thing.name} ({thing.kind})")
    if not sure and not _agreed("it", account.account_id, remove_data=True):
        say("Nothing was removed.")
        return 1
    with step("Erasing what tenants stored"):
        removal.erase(left, account, say)
        removal.erase_uploads(account, say)
        # Its name is always the same; who lists tags may not list those of secrets.
        entries.erase(str(Settings.model_fields["secret"].default), account)
    return 0


def _agreed(what: str, account_id: str, remove_data: bool) -> bool:
    """Asks for the account's number, so that nobody says yes to the wrong one."""
    say(f"This removes {what}.")
    say("ERASED FOR GOOD: tables, buckets and logs." if remove_data else "Tables, buckets and logs stay.")
    if not sys.stdin.isatty():
        errors = [FieldError("--yes", "is needed where nobody can be asked")]
        raise Invalid("Nothing was removed.", errors=errors)
    say(f"Type the account's number, {account_id}, to go on:")
    return sys.stdin.readline().strip() == account_id
