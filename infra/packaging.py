"""Which code each function gets: a zip made before synthesis, or a stand-in where only templates count."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from aws_cdk import AssetHashType
from aws_cdk import aws_lambda as lambda_

# Packages that are no agent's: the platform's routes; keys and tokens; what works behind them; the feeds.
PLATFORM, AUTHORIZER, PLAIN, FEEDS = "platform", "authorizer", "plain", "feeds"
SHARED = (PLATFORM, AUTHORIZER, PLAIN, FEEDS)


class Packages(Protocol):
    """Code by a package's name: an agent's slug, or one of SHARED."""

    def code(self, package: str) -> lambda_.Code: ...


class StandIns:
    """No code at all, for tests and for reading templates; what it deploys says so when called."""

    def code(self, package: str) -> lambda_.Code:
        return lambda_.Code.from_inline(f"raise SystemExit('the package {package} was not built')")


@dataclass(frozen=True)
class Zips:
    """Packages that were built: a zip each, with the fingerprint of what went into it."""

    built: Mapping[str, Path]
    fingerprints: Mapping[str, str]

    def code(self, package: str) -> lambda_.Code:
        # Not CDK's own hash of the zip: .pyc files may differ in bytes between machines that mean the same.
        return lambda_.Code.from_asset(
            str(self.built[package]),
            asset_hash_type=AssetHashType.CUSTOM,
            asset_hash=self.fingerprints[package],
        )
