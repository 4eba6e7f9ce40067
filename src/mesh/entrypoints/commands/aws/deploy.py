"""./mesh aws deploy: all of it, from whatever state the account is in. Run again, it brings up to date."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from mesh.adapters.aws.deployment import assembly, entries, models, website
from mesh.adapters.aws.deployment.account import Account
from mesh.adapters.aws.deployment.assembly import Plan
from mesh.adapters.aws.deployment.found import Found, find
from mesh.adapters.aws.deployment.stacks import Stacks
from mesh.adapters.aws.deployment.uploads import upload
from mesh.entrypoints import web_build
from mesh.entrypoints.commands.aws.place import account_of, add_place, step, took
from mesh.entrypoints.commands.aws.synth import OUT, ROOT, add_size, synthesised
from mesh.entrypoints.commands.up import say
from mesh.entrypoints.home import add_home, home_of

# The dashboard, or the page that stands in its place until it is built.
WEB = (ROOT / "web" / "dist", ROOT / "infra" / "web_placeholder")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    deploy = commands.add_parser("deploy", help="make or update everything in an account")
    add_place(deploy)
    add_size(deploy)
    deploy.add_argument(
        "--from", dest="assembly", type=Path, metavar="DIR", help="templates made by aws synth"
    )
    add_home(deploy)
    deploy.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    started = time.monotonic()
    with account_of(options) as account:
        folder = options.assembly or synthesised(
            options.size, OUT, [*options.switches, f"region={account.region}"]
        )
        web_build.ready(say)
        bring_up(assembly.read(folder), account)
        found = find(account)
        fill(found, account, home_of(options))
    say(f"The mesh is deployed ({took(time.monotonic() - started)} in all).")
    say("Next: ./mesh aws seed (two simulated MSPs) or ./mesh aws keys create MSP_ID, then ./mesh aws smoke.")
    sys.stdout.write("".join(f"{line}\n" for line in addresses(found)))
    return 0


def bring_up(plans: Sequence[Plan], account: Account) -> None:
    """Uploads and stacks, in the order in which they need each other."""
    stacks = Stacks(account, say, poll_s=0.3 if account.endpoint else 3.0)
    for number, plan in enumerate(plans, start=1):
        with step(f"[{number}/{len(plans)}] {plan.name}"):
            upload(plan.uploads, account, say)
            if not stacks.deploy(plan):
                say(f"  {plan.name} is up to date")


def fill(found: Found, account: Account, home: Path) -> None:
    """Models and public knowledge into the models bucket, the mesh's own keys into the secret, the dashboard
    into its bucket.
    """
    settings, clients = found.settings(), account.clients()
    if secret := found.optional("Secret"):
        with step("The mesh's own keys"):
            added = entries.ensure(secret, account, say)
            say(f"  {len(added)} made" if added else "  all there")
    try:
        with step("Models and public knowledge"):
            models.publish_models(home, clients, settings, say)
            models.publish_knowledge(clients, settings, say)
    finally:
        clients.close()
    bucket = found.optional("FrontendBucket")
    folder = next((folder for folder in WEB if folder.is_dir()), None)
    if bucket and folder:
        with step("Dashboard"):
            made = {"config.json": web_config(found)} if (folder / "config.json").is_file() else {}
            changed = website.publish(folder, bucket, found.optional("DistributionId"), account, made)
            say(f"  {changed} files changed")


def web_config(found: Found) -> bytes:
    """Where the dashboard finds the API and the socket of this deployment."""
    where = {"api": found.optional("ApiUrl").rstrip("/"), "socket": found.optional("SocketUrl")}
    return (json.dumps(where) + "\n").encode()


def addresses(found: Found) -> list[str]:
    """Where the mesh is, a line each."""
    named = {"API": "ApiUrl", "WebSocket": "SocketUrl", "Dashboard": "WebUrl"}
    return [
        f"{label:<10} {found.optional(output)}" for label, output in named.items() if found.optional(output)
    ]
