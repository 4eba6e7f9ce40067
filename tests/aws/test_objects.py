"""Models, knowledge and secrets: fetched once, checked, and said to be missing where they are."""

import json
from pathlib import Path
from typing import Any

import pytest

from mesh.adapters.aws import models as s3_models
from mesh.adapters.aws.blobs import S3Blobs
from mesh.adapters.aws.knowledge import S3Knowledge
from mesh.adapters.aws.models import S3Models
from mesh.adapters.aws.relay import Relay
from mesh.adapters.aws.secrets import FRESH_S, Secrets
from mesh.adapters.knowledge.content import Content
from mesh.adapters.knowledge.feeds import open_store
from mesh.adapters.models.store import Card, ModelMismatch, ModelMissing, ModelStore, digest
from mesh.kit.event import Event
from mesh.kit.fakes import NOON
from mesh.kit.problem import Unavailable
from tests.aws import deployed
from tests.aws.conftest import Deployment
from tests.aws.stubs import SETTINGS, Scripted, Slept, no_wait


class Seconds:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def model(folder: Path, content: bytes, version: str = "1") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "m.bin").write_bytes(content)
    (folder / "more.txt").write_text("more")
    also = {"more.txt": digest(folder / "more.txt")}
    sha256 = digest(folder / "m.bin")
    Card("m", version, "m.bin", sha256, "here", "MIT", "this test", also).write(folder)
    return folder


def stores(deployment: Deployment, name: str = "scratch") -> S3Models:
    settings = deployment.settings.model_copy(update={"scratch": deployment.home / name})
    return S3Models(deployment.clients, settings, ModelStore([deployment.home / "packaged"]))


def test_a_model_is_fetched_checked_and_kept(deployment: Deployment) -> None:
    s3_models.publish(deployment.clients, deployment.settings, model(deployment.home / "made", b"weights"))
    models = stores(deployment)
    path = models.path("m")
    assert (path / "m.bin").read_bytes() == b"weights" and (path / "more.txt").read_text() == "more"
    assert models.card("m")["version"] == "1"
    deployment.clients.s3.delete_object(Bucket=deployment.settings.models_bucket, Key="models/m/card.json")
    assert models.path("m") == path and stores(deployment).path("m") == path


def test_a_new_version_reaches_new_functions_and_leaves_the_old_ones_alone(deployment: Deployment) -> None:
    for version, content in (("1", b"old"), ("2", b"new")):
        made = model(deployment.home / version, content, version)
        s3_models.publish(deployment.clients, deployment.settings, made)
        found = stores(deployment, f"scratch{version}")
        assert (found.path("m") / "m.bin").read_bytes() == content
    assert (stores(deployment, "scratch1").path("m") / "m.bin").read_bytes() == b"old"


def test_a_packaged_model_is_not_fetched(deployment: Deployment) -> None:
    packaged = model(deployment.home / "packaged" / "m", b"weights")
    assert stores(deployment).path("m") == packaged


def test_a_model_that_was_altered_in_the_bucket_is_refused(deployment: Deployment) -> None:
    card = s3_models.publish(
        deployment.clients, deployment.settings, model(deployment.home / "made", b"weights")
    )
    key = f"models/m/{card.sha256}"
    deployment.clients.s3.put_object(Bucket=deployment.settings.models_bucket, Key=key, Body=b"others")
    with pytest.raises(ModelMismatch):
        stores(deployment).path("m")


@pytest.mark.parametrize("name", ["nothing", "../m", ".hidden", "a/b"])
def test_a_model_that_is_nowhere_is_said_to_be_missing(deployment: Deployment, name: str) -> None:
    with pytest.raises(ModelMissing):
        stores(deployment).path(name)


@pytest.mark.parametrize("card", [b"", b"[]", b"{}", b"\xff", b'{"file": "x", "sha256": "y", "also": 3}'])
def test_a_card_that_cannot_be_read_is_unavailable(deployment: Deployment, card: bytes) -> None:
    bucket = deployment.settings.models_bucket
    deployment.clients.s3.put_object(Bucket=bucket, Key="models/m/card.json", Body=card)
    with pytest.raises(Unavailable):
        stores(deployment).path("m")


def load(home: Path, version: str) -> None:
    home.mkdir(exist_ok=True)
    store = open_store(home)
    store.load("kev", Content(version, "2026-03-01", {"CVE-1": {"id": "CVE-1", "of": version}}), "a file")
    store.close()
    deployed.publish_knowledge(home)


def version_of(knowledge: S3Knowledge) -> str | None:
    edition = knowledge.edition("kev")
    return edition.version if edition else None


def test_a_newer_edition_is_looked_for_only_so_often(deployment: Deployment) -> None:
    settings = deployment.settings.model_copy(update={"knowledge_fresh_s": 300.0})
    seconds = Seconds()
    knowledge = S3Knowledge(deployment.clients, settings, seconds)
    assert version_of(knowledge) is None
    load(deployment.home, "1")
    assert version_of(knowledge) is None
    seconds.now += 300
    assert version_of(knowledge) == "1"
    load(deployment.home, "2")
    seconds.now += 299
    assert version_of(knowledge) == "1"
    seconds.now += 1
    assert version_of(knowledge) == "2"
    seconds.now += 300
    assert version_of(knowledge) == "2", "nothing changed since"
    knowledge.close()


def test_an_answer_that_reads_on_keeps_the_edition_it_began_with(deployment: Deployment) -> None:
    load(deployment.home, "1")
    knowledge = deployment.platform.knowledge
    rows = knowledge.rows("kev")
    load(deployment.home, "2")
    assert knowledge.find("kev", "CVE-1") == {"id": "CVE-1", "of": "2"}
    assert [row["of"] for row in rows] == ["1"]


def test_a_secret_is_read_once_and_again_after_a_while(deployment: Deployment) -> None:
    seconds, vault, name = Seconds(), deployment.clients.secrets, deployment.settings.secret
    vault.put_secret_value(SecretId=name, SecretString=json.dumps({"signing": "old"}))
    secrets = Secrets(deployment.clients, deployment.settings, seconds)
    assert secrets.read("signing") == "old"
    vault.put_secret_value(SecretId=name, SecretString=json.dumps({"signing": "new"}))
    assert secrets.read("signing") == "old"
    seconds.now += FRESH_S
    assert secrets.read("signing") == "new"
    with pytest.raises(Unavailable, match="no entry 'other'"):
        secrets.read("other")


@pytest.mark.parametrize("text", ["{", "top secret", "[1]", '{"a": 1}'])
def test_a_secret_of_another_form_is_refused_without_showing_it(text: str) -> None:
    script = Scripted("secrets")
    script.answers("get_secret_value", {"SecretString": text})
    with pytest.raises(Unavailable, match="JSON object") as refused:
        Secrets(script.clients, SETTINGS).read("a")
    assert "top" not in refused.value.detail


def test_a_secret_that_is_not_there_is_said_to_need_a_deploy(deployment: Deployment) -> None:
    deployment.clients.secrets.delete_secret(
        SecretId=deployment.settings.secret, ForceDeleteWithoutRecovery=True
    )
    with pytest.raises(Unavailable, match="deploy"):
        Secrets(deployment.clients, deployment.settings).read("a")


def event(number: int) -> Event:
    return Event(
        id=str(number), type="threat.detected", subject="r", time=NOON, mspid="msp-a", topic="t",
        data={"severity": "HIGH"},
    )  # fmt: skip


def test_events_are_passed_on_to_the_stream_and_to_the_bus(deployment: Deployment) -> None:
    clients, name = deployment.clients, deployment.settings.events_stream
    clients.kinesis.create_stream(StreamName=name, ShardCount=1)
    relay = Relay(clients, deployment.settings, no_wait())
    relay.to_stream([event(n) for n in range(600)])
    relay.to_bus([event(n) for n in range(12)])
    shard = clients.kinesis.describe_stream(StreamName=name)["StreamDescription"]["Shards"][0]["ShardId"]
    place = clients.kinesis.get_shard_iterator(
        StreamName=name, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = clients.kinesis.get_records(ShardIterator=place, Limit=1_000)["Records"]
    assert [Event.model_validate_json(r["Data"]).id for r in records] == [str(n) for n in range(600)]
    clients.kinesis.delete_stream(StreamName=name)


def test_what_the_stream_refused_is_sent_again_and_nothing_else() -> None:
    """MiniStack takes every record; Kinesis refuses single ones beyond a megabyte a second."""
    script, slept = Scripted("kinesis"), Slept()
    taken, refused = (
        {"SequenceNumber": "1", "ShardId": "s"},
        {"ErrorCode": "ProvisionedThroughputExceededException"},
    )
    script.answers("put_records", {"FailedRecordCount": 1, "Records": [taken, refused, taken]})
    again = [{"Data": event(1).model_dump_json().encode(), "PartitionKey": "msp-a"}]
    script.answers(
        "put_records", {"Records": [taken]}, {"StreamName": SETTINGS.events_stream, "Records": again}
    )
    Relay(script.clients, SETTINGS, no_wait(slept)).to_stream([event(n) for n in range(3)])
    script.is_done()
    assert len(slept) == 1


def test_a_bus_that_goes_on_refusing_is_unavailable() -> None:
    script = Scripted("events")
    for _ in range(4):
        script.answers("put_events", {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]})
    with pytest.raises(Unavailable):
        Relay(script.clients, SETTINGS, no_wait()).to_bus([event(1)])
    script.is_done()


def test_more_blobs_than_one_page_lists_are_all_named() -> None:
    script = Scripted("s3")
    for names, following in ((["a", "b"], "next"), (["c"], None)):
        page: dict[str, Any] = {"Contents": [{"Key": f"blobs/msp-a/{name}"} for name in names]}
        script.answers(
            "list_objects_v2",
            page | ({"IsTruncated": True, "NextContinuationToken": following} if following else {}),
        )
    assert list(S3Blobs(script.clients, SETTINGS, "msp-a").names()) == ["a", "b", "c"]
    script.is_done()


@pytest.mark.parametrize("there", [True, False])
def test_a_blob_that_s3_denies_is_absent_only_when_it_is_not_listed(there: bool) -> None:
    """Real S3 denies what is absent to a session that may list its own folder only; MiniStack does not."""
    key = "blobs/msp-a/x"
    script = Scripted("s3").refuses("get_object", "AccessDenied")
    listed = {"Contents": [{"Key": key}]} if there else {}
    script.answers("list_objects_v2", listed, {"Bucket": "data", "Prefix": key, "MaxKeys": 1})
    blobs = S3Blobs(script.clients, SETTINGS, "msp-a")
    if there:
        with pytest.raises(Unavailable, match="refused GetObject"):
            blobs.get("x")
    else:
        assert blobs.get("x") is None
    script.is_done()
