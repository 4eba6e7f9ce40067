"""Which code each function gets: a zip made before synthesis, or a stand-in where only templates count."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from aws_cdk import AssetHashType, Aws
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

# Packages that are no agent's: the platform's routes; keys and tokens; what works behind them; the feeds.
PLATFORM, AUTHORIZER, PLAIN, FEEDS = "platform", "authorizer", "plain", "feeds"
SHARED = (PLATFORM, AUTHORIZER, PLAIN, FEEDS)
# The task's that trains; no function has it.
TRAINING = "training"


@dataclass(frozen=True)
class Stored:
    """Where a package lies for whatever is no function, and the SHA-256 of its bytes."""

    bucket: str
    key: str
    sha256: str


class Packages(Protocol):
    """Code by a package's name: an agent's slug, or one of SHARED."""

    def code(self, package: str) -> lambda_.Code: ...

    def stored(self, scope: Construct, package: str) -> Stored: ...


class StandIns:
    """No code at all, for tests and for reading templates; what it deploys says so when called."""

    def code(self, package: str) -> lambda_.Code:
        return lambda_.Code.from_inline(f"raise SystemExit('the package {package} was not built')")

    def stored(self, scope: Construct, package: str) -> Stored:  # noqa: ARG002
        return Stored(f"not-built-{Aws.ACCOUNT_ID}", f"{package}.zip", "0" * 64)


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

    def stored(self, scope: Construct, package: str) -> Stored:
        content = self.built[package].read_bytes()
        asset = assets.Asset(
            scope, "Code", path=str(self.built[package]), asset_hash_type=AssetHashType.CUSTOM,
            asset_hash=self.fingerprints[package],
        )  # fmt: skip
        return Stored(asset.s3_bucket_name, asset.s3_object_key, hashlib.sha256(content).hexdigest())
