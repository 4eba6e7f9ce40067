"""What an item holds beside its keys: JSON, compressed where that pays, in S3 where it is too large for a
table.

DynamoDB bills writes by the kilobyte, and answers in JSON shrink to a third: compressing is the cheaper
half of what a stored answer costs. An item is 400 KB at most, together with its copies in local indexes.
"""

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mesh.adapters.aws.clients import Clients
from mesh.adapters.aws.failures import call
from mesh.adapters.aws.items import tenant_key
from mesh.adapters.aws.settings import Settings
from mesh.kit.problem import Unavailable

COMPRESSED_FROM = 1_000
# Three times this, the item and its copies in two local indexes, stays below 400 KB.
INLINE = 120_000
PLAIN, ZLIB = b"j", b"z"
FOLDER = "bodies"


@dataclass(frozen=True, slots=True)
class Bodies:
    """Attributes are `body` (one byte that says how it is written, then the bytes) or `body_at` (a name in
    S3).
    """

    clients: Clients
    settings: Settings

    def write(self, msp_id: str, body: bytes) -> dict[str, bytes | str]:
        """The attributes for a body; a large one is in S3 when this returns, under its own hash."""
        packed = PLAIN + body if len(body) < COMPRESSED_FROM else ZLIB + zlib.compress(body)
        if len(packed) <= INLINE:
            return {"body": packed}
        name = hashlib.sha256(packed).hexdigest()
        call(self.clients.s3.put_object, Bucket=self._bucket, Key=place(msp_id, name), Body=packed)
        return {"body_at": name}

    def read(self, msp_id: str, item: Mapping[str, Any]) -> bytes:
        """The body of an item. Raises Unavailable when it was in S3 and is gone from there."""
        packed: bytes = item["body"] if "body" in item else self._fetched(place(msp_id, item["body_at"]))
        return zlib.decompress(packed[1:]) if packed[:1] == ZLIB else packed[1:]

    def forget(self, msp_id: str, item: Mapping[str, Any]) -> None:
        """Remove what of an item is in S3, after the item itself is gone."""
        if "body_at" in item:
            call(self.clients.s3.delete_object, Bucket=self._bucket, Key=place(msp_id, item["body_at"]))

    @property
    def _bucket(self) -> str:
        return self.settings.data_bucket

    def _fetched(self, key: str) -> bytes:
        from botocore.exceptions import ClientError

        try:
            return call(self.clients.s3.get_object, Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchKey":
                raise
            raise Unavailable("A stored body is missing from the data bucket.") from error


def place(msp_id: str, name: str) -> str:
    """The key of a body in the data bucket; a tenant's all start alike, for a policy to fence."""
    return f"{FOLDER}/{tenant_key(msp_id)}/{name}"
