"""A tenant's blobs as objects of the data bucket, and removing all that a tenant has there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mesh.adapters.aws.bodies import FOLDER as BODIES
from mesh.adapters.aws.clients import Clients
from mesh.adapters.aws.failures import call
from mesh.adapters.aws.items import tenant_key
from mesh.adapters.aws.settings import Settings
from mesh.kit import blob_name
from mesh.kit.problem import Unavailable

FOLDER = "blobs"


@dataclass(frozen=True, slots=True)
class S3Blobs:
    clients: Clients
    settings: Settings
    msp_id: str

    def put(self, name: str, content: bytes) -> None:
        call(self.clients.s3.put_object, Bucket=self._bucket, Key=self._key(name), Body=content)

    def get(self, name: str) -> bytes | None:
        from botocore.exceptions import ClientError

        key = self._key(name)
        try:
            return call(self.clients.s3.get_object, Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None
            raise
        except Unavailable:
            # S3 says "denied", not "absent", to who may list only a part of the bucket, as a tenant's
            # session.
            if self._is_there(key):
                raise
            return None

    def names(self, prefix: str = "") -> Sequence[str]:
        folder = self._folder
        keys = keys_under(self.clients, self._bucket, folder + prefix)
        # S3 lists by the bytes of UTF-8, which is the order of these names already.
        return [key.removeprefix(folder) for key in keys]

    def remove(self, name: str) -> bool:
        key = self._key(name)
        if not self._is_there(key):
            return False
        call(self.clients.s3.delete_object, Bucket=self._bucket, Key=key)
        return True

    def _is_there(self, key: str) -> bool:
        # The key itself comes first among those that start with it.
        found = call(self.clients.s3.list_objects_v2, Bucket=self._bucket, Prefix=key, MaxKeys=1)
        return any(one["Key"] == key for one in found.get("Contents", []))

    @property
    def _bucket(self) -> str:
        return self.settings.data_bucket

    @property
    def _folder(self) -> str:
        return f"{FOLDER}/{tenant_key(self.msp_id)}/"

    def _key(self, name: str) -> str:
        return self._folder + blob_name.checked(name)


def keys_under(clients: Clients, bucket: str, prefix: str) -> Iterator[str]:
    """Every key that starts so, page after page."""
    pages = clients.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    rest = iter(pages)
    while (page := call(lambda: next(rest, None))) is not None:
        yield from (found["Key"] for found in page.get("Contents", []))


def erase_objects(clients: Clients, settings: Settings, msp_id: str) -> int:
    """Remove a tenant's blobs and bodies; how many there were. Older versions go by the lifecycle."""
    gone = 0
    for folder in (FOLDER, BODIES):
        for key in keys_under(clients, settings.data_bucket, f"{folder}/{tenant_key(msp_id)}/"):
            call(clients.s3.delete_object, Bucket=settings.data_bucket, Key=key)
            gone += 1
    return gone
