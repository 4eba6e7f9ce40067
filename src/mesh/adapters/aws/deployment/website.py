"""The built dashboard in its bucket, and CloudFront told that it changed."""

import hashlib
import mimetypes
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

from mesh.adapters.aws.deployment.account import Account, plainly

# Names of built assets hold a hash of their content: these never change, all others may.
HASHED_FOLDER = "assets"
FOREVER, ASK = "public, max-age=31536000, immutable", "no-cache"


def publish(
    folder: Path, bucket: str, distribution: str, account: Account, made: Mapping[str, bytes] | None = None
) -> int:
    """Uploads what differs, removes what is gone, and has the copies at the edge dropped; how many changed.

    `made` are files of this deployment alone: they stand in the place of those of the same name.
    New files go up before old ones are removed, so that a page that is open finds what it refers to.
    """
    s3 = account.client("s3")
    with plainly(f"uploading the dashboard to {bucket}"):
        held = dict(_held(account, bucket))
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in _shown(folder)}
        files |= made or {}
        changed = [name for name, content in files.items() if held.get(name) != _etag(content)]
        # The page comes last: it names the others.
        for name in sorted(changed, key=lambda name: (not name.startswith(HASHED_FOLDER), name)):
            more = {"ContentType": _type(name), "CacheControl": _cached(name)}
            s3.put_object(Bucket=bucket, Key=name, Body=files[name], **more)
        gone = [name for name in held if name not in files]
        for name in gone:
            s3.delete_object(Bucket=bucket, Key=name)
    if (changed or gone) and distribution:
        invalidate(distribution, account)
    return len(changed) + len(gone)


def invalidate(distribution: str, account: Account) -> None:
    """All is fetched anew from the bucket. One wildcard counts as one path of the free thousand."""
    batch = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": uuid.uuid4().hex}
    with plainly("telling CloudFront of the new dashboard"):
        cloudfront = account.client("cloudfront")
        cloudfront.create_invalidation(DistributionId=distribution, InvalidationBatch=batch)


def _held(account: Account, bucket: str) -> Iterator[tuple[str, str]]:
    for page in account.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for one in page.get("Contents", []):
            yield one["Key"], one["ETag"].strip('"')


def _shown(folder: Path) -> Iterator[Path]:
    """All files but those whose name starts with a dot: they are the builder's own."""
    return (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def _etag(content: bytes) -> str:
    # S3's tag of an object that was put whole and is encrypted by S3's own keys.
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _type(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _cached(name: str) -> str:
    return FOREVER if name.startswith(f"{HASHED_FOLDER}/") else ASK
