"""Models on AWS: in the package where they are small, else in the models bucket and cached on the scratch
disk.

A model's card is at `models/<name>/card.json`; its files are beside it under their SHA-256, so that a new
version is uploaded whole before the card names it, and an older card still finds its files.
"""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mesh.adapters.aws.clients import Clients
from mesh.adapters.aws.failures import call
from mesh.adapters.aws.settings import Settings
from mesh.adapters.models.store import CARD, Card, ModelMissing, ModelStore, check
from mesh.kit.problem import Unavailable

FOLDER = "models"
ABSENT = ("NoSuchKey", "404", "NotFound")


@dataclass(slots=True)
class S3Models:
    """The Models port; `packaged` are the folders searched first. Every file is checked against its card."""

    clients: Clients
    settings: Settings
    packaged: ModelStore
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _cached: ModelStore | None = None

    def path(self, name: str) -> Path:
        return self._holding(name).path(name)

    def card(self, name: str) -> Mapping[str, Any]:
        return self._holding(name).card(name)

    def _holding(self, name: str) -> ModelStore:
        try:
            self.packaged.path(name)
        except ModelMissing:
            with self._lock:
                self._cached = self._cached or ModelStore([self._scratch])
                if not (self._scratch / name / CARD).is_file():
                    self._fetch(name)
                return self._cached
        return self.packaged

    @property
    def _scratch(self) -> Path:
        return self.settings.scratch / FOLDER

    def _fetch(self, name: str) -> None:
        if name != Path(name).name or name.startswith("."):
            raise ModelMissing(f"There is no model {name!r}.")
        folder = self._scratch / name
        folder.mkdir(parents=True, exist_ok=True)
        raw = self._object(name, CARD)
        for file, sha256 in _files(raw).items():
            (folder / Path(file).name).write_bytes(self._object(name, sha256))
        # Last, since a folder with a card is taken for a whole model; the store then checks every file.
        (folder / CARD).write_bytes(raw)

    def _object(self, name: str, file: str) -> bytes:
        from botocore.exceptions import ClientError

        key = f"{FOLDER}/{name}/{file}"
        try:
            return call(self.clients.s3.get_object, Bucket=self.settings.models_bucket, Key=key)[
                "Body"
            ].read()
        except ClientError as error:
            if error.response["Error"]["Code"] not in ABSENT:
                raise
            detail = f"The model {name!r} is not in the models bucket; ./mesh aws deploy puts it there."
            raise ModelMissing(detail) from error


def publish(clients: Clients, settings: Settings, folder: Path) -> Card:
    """Upload a model's folder: its files first, then the card that names them. Raises ModelMismatch."""
    from boto3.s3.transfer import S3Transfer

    card = check(folder)
    upload, bucket = S3Transfer(clients.s3).upload_file, settings.models_bucket
    for file, sha256 in {card.file: card.sha256, **card.also}.items():
        call(upload, str(folder / file), bucket, f"{FOLDER}/{card.name}/{sha256}")
    call(upload, str(folder / CARD), bucket, f"{FOLDER}/{card.name}/{CARD}")
    return card


def _files(raw: bytes) -> dict[str, str]:
    """Names of a card's files with their SHA-256."""
    try:
        card = json.loads(raw)
        files = {card["file"]: card["sha256"], **card.get("also", {})}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unavailable("A model's card in the models bucket cannot be read.") from error
    return files
