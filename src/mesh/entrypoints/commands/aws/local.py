"""./mesh aws local: the templates of infra/, deployed into an AWS that runs on this machine."""

import argparse
import shutil
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

from mesh.adapters.aws.deployment import assembly, copy_here, ministack
from mesh.adapters.aws.deployment.account import Account, sign_in
from mesh.adapters.aws.deployment.found import Found, find
from mesh.entrypoints.commands.aws import seed
from mesh.entrypoints.commands.aws.deploy import bring_up, fill
from mesh.entrypoints.commands.aws.place import opened, step, took
from mesh.entrypoints.commands.aws.synth import add_size, synthesised
from mesh.entrypoints.commands.up import say
from mesh.entrypoints.home import add_home, home_of

PORT = 4566


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    local = commands.add_parser(
        "local", help="deploy the same templates into MiniStack on this machine, and serve"
    )
    local.add_argument("--port", type=int, default=PORT, help=f"of the emulated AWS (default: {PORT})")
    add_size(local)
    add_home(local)
    local.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    started = time.monotonic()
    with step("Starting MiniStack (installed at first)"):
        running = ministack.start(options.port)
    work = Path(tempfile.mkdtemp(prefix="mesh-aws-local-"))
    try:
        synthesised(options.size, work / "out", options.switches, built=False)
        _serve(work / "out", running, home_of(options))
        say(f"The mesh is served ({took(time.monotonic() - started)}). Ctrl-C ends it, and what it stored.")
        _wait()
    finally:
        running.stop()
        shutil.rmtree(work, ignore_errors=True)
    return 0


def deploy(folder: Path, account: Account, running: ministack.Running, home: Path) -> Found:
    """What ./mesh aws deploy does, in MiniStack, with templates that were made fit for it."""
    for left in copy_here.adapt(folder, running, account):
        say(f"  left out, since MiniStack has no {left}")
    bring_up(assembly.read(folder), account)
    found = find(account)
    fill(found, account, home)
    return found


def _serve(folder: Path, running: ministack.Running, home: Path) -> None:
    account = sign_in(None, ministack.REGION, endpoint_url=running.url, **ministack.CREDENTIALS)
    try:
        found = deploy(folder, account, running, home)
        copy_here.front(found, account, running)
        with opened(account, found) as platform:
            names = seed.load(platform, 1, 3)
            key = platform.keys.create(names[0], "local")
    finally:
        account.close()
    places = {
        "API": found.output("ApiUrl"),
        "WebSocket": found.output("SocketUrl"),
        "Docs": f"{running.front}/docs",
        "Key": key,
    }
    sys.stdout.write("".join(f"{what:<10} {place}\n" for what, place in places.items()))
    sys.stdout.flush()
    say(f"Other commands reach it with AWS_ENDPOINT_URL={running.url} and any credentials.")


def _wait() -> None:
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    try:
        ended.wait()
    except KeyboardInterrupt:
        say("")
