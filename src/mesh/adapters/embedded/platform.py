"""Puts the embedded platform together from one home folder."""

from pathlib import Path

from mesh.adapters.defaults import SystemClock, new_id
from mesh.adapters.embedded.blobs import FolderBlobs
from mesh.adapters.embedded.commons import SqliteCommons
from mesh.adapters.embedded.counting import RequestCount
from mesh.adapters.embedded.database import Database
from mesh.adapters.embedded.directory import SqliteDirectory
from mesh.adapters.embedded.jobs import SqliteJobs
from mesh.adapters.embedded.outbox import OutboxBus, SqliteOutbox
from mesh.adapters.embedded.records import SqliteRecords, SqliteResults
from mesh.adapters.embedded.replies import SqliteReplies
from mesh.adapters.embedded.secrets import HomeSecrets
from mesh.adapters.embedded.states import SqliteStates, TokenBucket
from mesh.adapters.embedded.tenants import SqliteKeys, SqliteTenants
from mesh.adapters.knowledge.feeds import open_store, refresh
from mesh.adapters.knowledge.fetch import over_https
from mesh.adapters.lines import Lines
from mesh.adapters.models.chosen import generators, sentiments
from mesh.adapters.models.embedder import OnnxEmbedder
from mesh.adapters.models.store import ModelStore, standard_folders
from mesh.adapters.sharing import Sharing
from mesh.kit.platform import Platform
from mesh.kit.ports import Clock, Ports


def open_platform(home: Path, *, clock: Clock | None = None) -> Platform:
    """All adapters over `home`, which is created when it is not there. Call `close` when done."""
    time = clock or SystemClock()
    database = Database(home / "mesh.db")
    bus = OutboxBus(database)
    database.on_commit = bus.wake
    knowledge = open_store(home)
    models = ModelStore(standard_folders(home))
    embedder = OnnxEmbedder(models)
    commons, observer = SqliteCommons(database, time), Lines()
    generator = generators(models, commons, time, observer)
    feelings = sentiments(models, commons, time, observer)
    directory = SqliteDirectory(database)

    tenants, count = SqliteTenants(database, time), RequestCount(database, time.now)
    secrets = HomeSecrets(home / "secrets").read
    sharing = Sharing(time, commons, tenants, directory, secrets)

    def ports(msp_id: str) -> Ports:
        records = sharing.records(msp_id, SqliteRecords(database, msp_id))
        return Ports(
            msp_id=msp_id,
            clock=time,
            records=records,
            results=SqliteResults(database, msp_id, time),
            blobs=FolderBlobs(home / "blobs" / msp_id),
            knowledge=knowledge,
            models=models,
            embedder=embedder,
            sightings=sharing.sightings(msp_id, records, directory),
            sentiment=feelings(msp_id),
            generator=generator(msp_id),
            benchmarks=sharing.benchmarks(msp_id),
            partners=sharing.partners(msp_id),
            federation=sharing.federation(msp_id, ports, home=home / "flower"),
        )

    def close() -> None:
        bus.close()
        count.flush()
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
        throttle=TokenBucket(count=count),
        states=SqliteStates(database),
        directory=directory,
        commons=commons,
        secrets=secrets,
        knowledge=knowledge,
        refresh=lambda names: refresh(knowledge, names, over_https),
        rates=lambda: None,
        models=models,
        observer=observer,
        ids=new_id,
        ports=ports,
        close=close,
    )
