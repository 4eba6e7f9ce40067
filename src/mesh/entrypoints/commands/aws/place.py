"""What the commands have in common: which account, how it is opened, and how progress is told."""

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mesh.adapters.aws.deployment.account import Account, sign_in
from mesh.adapters.aws.deployment.found import Found, find
from mesh.entrypoints.commands.up import say
from mesh.kit.platform import Platform


def add_place(command: argparse.ArgumentParser) -> None:
    """The options that say where; without them boto3's own rules hold (environment, ~/.aws)."""
    command.add_argument("--profile", metavar="NAME", help="a profile of ~/.aws/config (or AWS_PROFILE)")
    command.add_argument("--region", metavar="REGION", help="an AWS region (or AWS_REGION)")


@contextmanager
def account_of(options: argparse.Namespace) -> Iterator[Account]:
    """The account of the options, said on stderr. AWS_ENDPOINT_URL leads to an emulator instead of AWS."""
    # boto3 itself reads AWS_DEFAULT_REGION alone.
    region = options.region or os.environ.get("AWS_REGION")
    account = sign_in(options.profile, region, endpoint_url=os.environ.get("AWS_ENDPOINT_URL"))
    where = f" at {account.endpoint}" if account.endpoint else ""
    say(f"Account {account.account_id}, {account.region}{where}")
    try:
        yield account
    finally:
        account.close()


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployment and the platform over it."""

    account: Account
    found: Found
    platform: Platform


@contextmanager
def deployed(options: argparse.Namespace) -> Iterator[Deployed]:
    """The deployment of the options, opened with the rights of whoever runs the command."""
    with account_of(options) as account:
        found = find(account)
        with opened(account, found) as platform:
            yield Deployed(account, found, platform)


@contextmanager
def opened(account: Account, found: Found) -> Iterator[Platform]:
    """The platform over what was found."""
    from mesh.adapters.aws.platform import open_platform

    clients = account.clients()
    platform = open_platform(found.settings(), clients=clients)
    try:
        yield platform
    finally:
        platform.close()
        clients.close()


@contextmanager
def step(what: str) -> Iterator[None]:
    """Says what is done, and how long it took."""
    say(f"{what} ...")
    started = time.monotonic()
    yield
    say(f"{what}: done in {took(time.monotonic() - started)}")


def took(seconds: float) -> str:
    """A duration for people.

    >>> took(4.2), took(75)
    ('4 s', '1 min 15 s')
    """
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"
