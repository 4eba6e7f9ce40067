"""The mesh deployed into MiniStack from the synthesised templates: a server for suites to run against."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from mesh import registry
from mesh.adapters.aws.clients import Clients
from mesh.adapters.aws.deployment import ministack
from mesh.adapters.aws.deployment.account import Account, sign_in
from mesh.adapters.aws.deployment.found import Found, find
from mesh.adapters.aws.platform import open_platform
from mesh.entrypoints.commands.aws import local, synth
from mesh.kit.platform import Platform, Tenant
from tests.server import mesh

# Making templates takes CDK ten seconds and more.
CACHE = ministack.TOOLS / "test-assemblies"
FIRST, COLD_S = "first", 240.0
CDK_MISSING = "CDK is not installed (the aws extra)"


def require_cdk() -> None:
    """Skips the test where templates cannot be made."""
    # Looked for, not imported: the stacks' own package says first which Node it runs on.
    if find_spec("aws_cdk") is None:
        pytest.skip(CDK_MISSING)


def assembly() -> Path:
    """The lean size's templates without packages; made again when the sources have changed since."""
    require_cdk()
    with ministack.alone(ministack.TOOLS / ".synthesising"):
        out = CACHE / _sources()
        if not (out / "manifest.json").exists():
            shutil.rmtree(CACHE, ignore_errors=True)
            synth.synthesised("lean", out, built=False)
    return out


def _sources() -> str:
    """A name for the sources as they are."""
    made = hashlib.sha256()
    for folder in ("infra", "src/mesh"):
        for path in sorted((ministack.ROOT / folder).rglob("*.py")):
            made.update(path.read_bytes())
    return made.hexdigest()[:16]


@dataclass
class Deployed:
    """As tests.server.Server: where it is, and how its store and its commands are reached."""

    running: ministack.Running
    account: Account
    found: Found
    folder: Path
    home: Path
    opened: list[Clients] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.found.output("ApiUrl").rstrip("/")

    @property
    def socket_url(self) -> str:
        return self.found.output("SocketUrl")

    def open(self) -> Platform:
        """The platform over what is deployed; its clients are closed with the deployment."""
        clients = self.account.clients()
        self.opened.append(clients)
        return open_platform(self.found.settings(), clients=clients)

    def clients(self) -> Clients:
        self.opened.append(self.account.clients())
        return self.opened[-1]

    def revoke(self, key_id: str) -> None:
        """By the command line, as a person does it."""
        ended = self.command("keys", "revoke", key_id)
        assert ended.returncode == 0, ended.stderr

    @contextmanager
    def opened_store(self) -> Iterator[Platform]:
        opened = self.open()
        yield opened
        opened.close()

    def command(self, *arguments: str, timeout_s: float = 120.0) -> "subprocess.CompletedProcess[str]":
        """One of ./mesh aws, with MiniStack in the place of AWS."""
        return mesh("aws", *arguments, timeout_s=timeout_s, environment=environment(self.running))


def environment(running: ministack.Running) -> dict[str, str]:
    """What leads every command to MiniStack, and nowhere else."""
    nowhere = dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), os.devnull)
    return {
        **nowhere,
        "AWS_ENDPOINT_URL": running.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": ministack.REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@contextmanager
def deployed(home: Path) -> Iterator[Deployed]:
    """A fresh copy, taken down at the end. Skips the test where MiniStack cannot run."""
    source = assembly()
    with empty_aws() as (running, account), tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "out"
        shutil.copytree(source, folder)
        made = Deployed(running, account, local.deploy(folder, account, running, home), folder, home)
        warm(made)
        yield made
        for clients in made.opened:
            clients.close()


def warm(copy: Deployed) -> None:
    """Starts every function that answers somebody, so that no test waits for that."""
    with copy.opened_store() as store:
        store.tenants.put(Tenant(msp_id=FIRST, name=FIRST))
        headers = {"x-api-key": store.keys.create(FIRST)}
        # One after the other: many at once would start a function of each kind for each.
        for agent in registry.agents():
            httpx.post(copy.url + agent.route, json={}, headers=headers, timeout=COLD_S)
        with connect(copy.socket_url, additional_headers=headers, open_timeout=COLD_S) as line:
            line.send(json.dumps({"action": "subscribe"}))
            line.recv(COLD_S)
            later = {**headers, "prefer": "respond-async"}
            agent = registry.agents()[0]
            body = dict(agent.examples[0].question)
            httpx.post(copy.url + agent.route, json=body, headers=later, timeout=COLD_S).raise_for_status()
            line.recv(COLD_S)


@contextmanager
def empty_aws() -> Iterator[tuple[ministack.Running, Account]]:
    """MiniStack with nothing in it."""
    try:
        running = ministack.start()
    except ministack.NotHere as reason:
        pytest.skip(f"MiniStack is not here, so nothing was deployed: {reason}")
    account = sign_in(None, ministack.REGION, endpoint_url=running.url, **ministack.CREDENTIALS)
    try:
        yield running, account
    finally:
        account.close()
        running.stop()


__all__ = ["Deployed", "deployed", "empty_aws", "environment", "find"]
