"""Models and public knowledge, brought to the models bucket when they are not there as they are here."""

from pathlib import Path

from mesh.adapters.aws import knowledge
from mesh.adapters.aws.clients import Clients
from mesh.adapters.aws.deployment.account import plainly
from mesh.adapters.aws.deployment.uploads import Say
from mesh.adapters.aws.models import FOLDER, publish
from mesh.adapters.aws.settings import Settings
from mesh.adapters.models.build_sentiment import ready_hearing
from mesh.adapters.models.embedder import ready_embedder
from mesh.adapters.models.local_reader import ready_reader
from mesh.adapters.models.store import CARD, ModelStore, standard_folders
from mesh.kit.problem import Unavailable


def publish_models(home: Path, clients: Clients, settings: Settings, say: Say) -> list[str]:
    """Uploads each model whose card differs from the bucket's; their names. What cannot be built is said."""
    store = ModelStore(standard_folders(home))
    for ready, what in (
        (ready_embedder, "sentence embeddings"),
        (ready_hearing, "sentiment"),
        (ready_reader, "a reader of texts"),
    ):
        try:
            ready(store, home, say)
        except Unavailable as problem:
            say(f"  going on without {what}: {problem.detail}")
    changed = []
    for name in store.names():
        folder = store.path(name)
        with plainly(f"uploading the model {name}"):
            if _card(clients, settings, name) != (folder / CARD).read_bytes():
                say(f"  uploading the model {name}")
                publish(clients, settings, folder)
                changed.append(name)
    return changed


def publish_knowledge(clients: Clients, settings: Settings, say: Say) -> None:
    """What the packages ship, unless an edition is there: that one may be newer; a schedule renews it."""
    with plainly("looking for public knowledge in the models bucket"):
        there = clients.s3.list_objects_v2(Bucket=settings.models_bucket, Prefix=knowledge.KEY)
        if there.get("KeyCount", 0):
            return
        say("  loading public knowledge from the packages that ship it")
        with knowledge.working_copy(clients, settings):
            pass


def _card(clients: Clients, settings: Settings, name: str) -> bytes | None:
    from botocore.exceptions import ClientError

    try:
        key = f"{FOLDER}/{name}/{CARD}"
        return clients.s3.get_object(Bucket=settings.models_bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return None
        raise
