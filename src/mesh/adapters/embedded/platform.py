"""Puts the embedded platform together from one home folder."""

from pathlib import Path

from mesh.adapters.defaults import SystemClock, new_id
from mesh.adapters.embedded.blobs import FolderBlobs
from mesh.adapters.embedded.commons import SqliteCommons
from mesh.adapters.embedded.database import Database
from mesh.adapters.embedded.directory import SqliteDirectory
from mesh.adapters.embedded.jobs import SqliteJobs
from mesh.adapters.embedded.outbox import OutboxBus, SqliteOutbox
from mesh.adapters.embedded.records import SqliteRecords, SqliteResults
from mesh.adapters.embedded.replies import SqliteReplies
from mesh.adapters.embedded.secrets import HomeSecrets
from mesh.adapters.embedded.states import SqliteStates, TokenBucket
from mesh.adapters.embedded.tenants import SqliteKeys, SqliteTenants
from mesh.adapters.federation.here import federation
from mesh.adapters.knowledge.feeds import open_store
from mesh.adapters.lines import Lines
from mesh.adapters.models.embedder import OnnxEmbedder
from mesh.adapters.models.generator_choice import chosen_generator
from mesh.adapters.models.sentiment_choice import chosen_sentiment
from mesh.adapters.models.store import ModelStore, standard_folders
from mesh.kit.platform import Platform
from mesh.kit.ports import Clock, Ports
from mesh.sharing.benchmarks import NOISE_KEY, Benchmarking, MeshBenchmarks
from mesh.sharing.consent import Consents
from mesh.sharing.introductions import DirectoryPartners
from mesh.sharing.matching import Marks
from mesh.sharing.profiles import PublishedRecords
from mesh.sharing.receipts import SIGNING_KEY, Receipts
from mesh.sharing.sightings import SharedSightings
from mesh.sharing.signing import Ed25519


def open_platform(home: Path, *, clock: Clock | None = None) -> Platform:
    """All adapters over `home`, which is created when it is not there. Call `close` when done."""
    time = clock or SystemClock()
    database = Database(home / "mesh.db")
    bus = OutboxBus(database)
    database.on_commit = bus.wake
    knowledge = open_store(home)
    models = ModelStore(standard_folders(home))
    embedder = OnnxEmbedder(models)
    sentiment = chosen_sentiment(models)
    commons, observer = SqliteCommons(database), Lines()
    generator = chosen_generator(models, commons, time, observer)
    directory = SqliteDirectory(database)

    tenants = SqliteTenants(database, time)
    secrets = HomeSecrets(home / "secrets").read
    receipts = Receipts(commons, time, Ed25519(lambda: secrets(SIGNING_KEY)))
    benchmarking = Benchmarking(commons, time, tenants, receipts, lambda: secrets(NOISE_KEY))
    consents = Consents(commons, time)

    def ports(msp_id: str) -> Ports:
        records = PublishedRecords(SqliteRecords(database, msp_id), directory, msp_id, new_id, receipts)
        return Ports(
            msp_id=msp_id,
            clock=time,
            records=records,
            results=SqliteResults(database, msp_id, time),
            blobs=FolderBlobs(home / "blobs" / msp_id),
            knowledge=knowledge,
            models=models,
            embedder=embedder,
            sightings=SharedSightings(
                msp_id, commons, directory, tenants, records, receipts, Marks(secrets), time
            ),
            sentiment=sentiment,
            generator=generator(msp_id),
            benchmarks=MeshBenchmarks(msp_id, benchmarking),
            partners=DirectoryPartners(msp_id, directory, time, new_id),
            federation=federation(msp_id, tenants, ports, consents, receipts, home=home / "flower"),
        )

    def close() -> None:
        bus.close()
        database.close()
        knowledge.close()

    return Platform(
        clock=time,
        tenants=tenants,
        keys=SqliteKeys(database, time),
        jobs=SqliteJobs(database, time),
        outbox=SqliteOutbox(database, time),
        bus=bus,
        replies=SqliteReplies(database, time),
        throttle=TokenBucket(),
        states=SqliteStates(database),
        directory=directory,
        commons=commons,
        secrets=secrets,
        knowledge=knowledge,
        models=models,
        observer=observer,
        ids=new_id,
        ports=ports,
        close=close,
    )
