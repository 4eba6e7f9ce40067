"""A deployment's tables, buckets and queues in MiniStack, made from the same data as the CDK stack."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from mesh.adapters.aws.backoff import Backoff
from mesh.adapters.aws.blobs import keys_under
from mesh.adapters.aws.clients import Clients
from mesh.adapters.aws.dynamo import Dynamo
from mesh.adapters.aws.knowledge import publish
from mesh.adapters.aws.platform import open_platform
from mesh.adapters.aws.settings import Settings
from mesh.adapters.aws.tables import TABLES, Index, Key, Table
from mesh.adapters.defaults import new_secret
from mesh.kit.platform import Platform
from mesh.kit.ports import Clock
from mesh.sharing.benchmarks import NOISE_KEY
from mesh.sharing.matching import HASH_KEY
from mesh.sharing.receipts import SIGNING_KEY
from tests.aws import ministack

THERE = {"ResourceInUseException", "BucketAlreadyOwnedByYou", "QueueAlreadyExists", "ResourceExistsException"}


def settings_of(home: Path) -> Settings:
    """The settings of the deployment that belongs to a home folder."""
    name = hashlib.sha256(str(home).encode()).hexdigest()[:12]
    queues = f"{ministack.clients().sqs.meta.endpoint_url}/000000000000"
    return Settings(
        table_prefix=f"{name}-",
        data_bucket=f"{name}-data",
        models_bucket=f"{name}-models",
        jobs_queue_url=f"{queues}/{name}-msp-async-processing",
        dead_letters_url=f"{queues}/{name}-msp-async-dlq",
        events_stream=f"{name}-events",
        secret=f"{name}-credentials",
        scratch=home / "scratch",
        knowledge_fresh_s=0,
    )


def deploy(settings: Settings, clients: Clients) -> None:
    """Make everything, once."""
    if _is_there(settings, clients):
        return
    for table in TABLES:
        create(table, settings, clients)
    for url in (settings.jobs_queue_url, settings.dead_letters_url):
        ensured(clients.sqs.create_queue, QueueName=url.rsplit("/", 1)[1])
    ensured(clients.s3.create_bucket, Bucket=settings.models_bucket)
    entries = {name: new_secret() for name in (HASH_KEY, NOISE_KEY, SIGNING_KEY)}
    ensured(clients.secrets.create_secret, Name=settings.secret, SecretString=json.dumps(entries))
    # Last: it says that the rest is there.
    ensured(clients.s3.create_bucket, Bucket=settings.data_bucket)


def ensured(create: Callable[..., Any], **asked: Any) -> None:
    """Creates it. On a busy machine MiniStack may answer after the client asked a second time, and the first
    call had made it by then: names are this home's own, so what is there already is ours.
    """
    try:
        create(**asked)
    except ClientError as error:
        if error.response["Error"]["Code"] not in THERE:
            raise


def _is_there(settings: Settings, clients: Clients) -> bool:
    return settings.data_bucket in [bucket["Name"] for bucket in clients.s3.list_buckets()["Buckets"]]


def create(table: Table, settings: Settings, clients: Clients) -> None:
    """One table as its specification says."""
    indexed = [key for i in table.indexes for key in (i.partition, i.sort)]
    keys = {key.name: key for key in (table.partition, table.sort, *indexed) if key}
    asked: dict[str, Any] = {
        "TableName": settings.table(table.name),
        "KeySchema": _schema(table.partition, table.sort),
        "AttributeDefinitions": [{"AttributeName": k.name, "AttributeType": k.type} for k in keys.values()],
        "BillingMode": "PAY_PER_REQUEST",
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": table.stream},
    }
    for kind, wanted in (("GlobalSecondaryIndexes", True), ("LocalSecondaryIndexes", False)):
        if made := [_index(table, i) for i in table.indexes if bool(i.partition) == wanted]:
            asked[kind] = made
    # No time to live: MiniStack looks at the wall clock, and tests whose clock stands still would lose rows.
    ensured(clients.dynamodb.create_table, **asked)


def _index(table: Table, index: Index) -> dict[str, Any]:
    return {
        "IndexName": index.name,
        "KeySchema": _schema(index.partition or table.partition, index.sort),
        "Projection": {"ProjectionType": index.projection},
    }


def _schema(partition: Key, sort: Key | None) -> list[dict[str, str]]:
    schema = [{"AttributeName": partition.name, "KeyType": "HASH"}]
    return schema + ([{"AttributeName": sort.name, "KeyType": "RANGE"}] if sort else [])


def open_deployed(home: Path, clock: Clock) -> Platform:
    """The platform on MiniStack that belongs to a home folder, deployed at the first opening."""
    clients, settings = ministack.clients(), settings_of(home)
    home.mkdir(parents=True, exist_ok=True)
    deploy(settings, clients)
    return open_platform(settings, clock=clock, clients=clients, backoff=Backoff())


def publish_knowledge(home: Path) -> None:
    """What was loaded into the home's own knowledge file becomes the deployment's."""
    publish(ministack.clients(), settings_of(home), home / "knowledge.db")


def stored(home: Path) -> bytes:
    """Every attribute of every item, and every object."""
    clients, settings = ministack.clients(), settings_of(home)
    parts: list[bytes] = []
    for table in TABLES:
        for item in Dynamo(clients, settings).scan(table):
            parts += [v if isinstance(v, bytes) else str(v).encode() for v in item.values()]
    for bucket in (settings.data_bucket, settings.models_bucket):
        for key in keys_under(clients, bucket, ""):
            parts.append(clients.s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    return b"".join(parts)
