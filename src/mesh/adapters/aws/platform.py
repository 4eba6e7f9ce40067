"""Puts the platform on AWS together from its settings. Nothing is called until something is asked."""

from dataclasses import replace
from pathlib import Path

from mesh.adapters.aws.backoff import Backoff
from mesh.adapters.aws.blobs import S3Blobs
from mesh.adapters.aws.bodies import Bodies
from mesh.adapters.aws.bus import StreamBus
from mesh.adapters.aws.clients import Clients
from mesh.adapters.aws.commons import DynamoCommons
from mesh.adapters.aws.directory import DynamoDirectory
from mesh.adapters.aws.dynamo import Dynamo
from mesh.adapters.aws.fence import Fence
from mesh.adapters.aws.jobs import DynamoJobs
from mesh.adapters.aws.knowledge import S3Knowledge, refreshed
from mesh.adapters.aws.models import S3Models
from mesh.adapters.aws.outbox import DynamoOutbox
from mesh.adapters.aws.rates import rates_of
from mesh.adapters.aws.records import DynamoRecords
from mesh.adapters.aws.replies import DynamoReplies
from mesh.adapters.aws.results import DynamoResults
from mesh.adapters.aws.secrets import Secrets
from mesh.adapters.aws.settings import Settings
from mesh.adapters.aws.states import DynamoStates
from mesh.adapters.aws.telemetry import Telemetry
from mesh.adapters.aws.tenants import DynamoKeys, DynamoTenants
from mesh.adapters.aws.throttle import GatewayThrottle
from mesh.adapters.defaults import SystemClock, new_id
from mesh.adapters.models.chosen import generators, sentiments
from mesh.adapters.models.embedder import OnnxEmbedder
from mesh.adapters.models.store import ModelStore, standard_folders
from mesh.adapters.sharing import Sharing
from mesh.kit.platform import Platform
from mesh.kit.ports import Clock, Ports

NOT_IN_A_FUNCTION = (
    "Flower does not fit into a function: on AWS a task trains, and this question came to a function. Ask"
    " with `Prefer: respond-async`; where that ends here too, this deployment has no training task (its"
    " switch `training` is off), and an MSP can take part in trainings that are coordinated elsewhere:"
    " ./mesh site."
)


def open_platform(
    settings: Settings,
    *,
    clock: Clock | None = None,
    clients: Clients | None = None,
    backoff: Backoff | None = None,
) -> Platform:
    """All adapters over the deployment that `settings` names. Call `close` when done.

    `clients` that are given are not closed: they may be shared.
    """
    time = clock or SystemClock()
    aws = clients or Clients()
    dynamo = Dynamo(aws, settings, backoff or Backoff())
    bodies = Bodies(aws, settings)
    outbox = DynamoOutbox(dynamo, bodies, time)
    states = DynamoStates(dynamo)
    bus = StreamBus(dynamo, outbox)
    knowledge = S3Knowledge(aws, settings)
    models = S3Models(aws, settings, ModelStore(_packaged(settings.scratch)))
    embedder = OnnxEmbedder(models)
    commons, observer = DynamoCommons(dynamo), Telemetry()
    generator = generators(models, commons, time, observer)
    feelings = sentiments(models, commons, time, observer)
    fence = Fence(aws, settings)
    directory = DynamoDirectory(dynamo)

    tenants = DynamoTenants(dynamo, time)
    secrets = Secrets(aws, settings).read
    sharing = Sharing(time, commons, tenants, directory, secrets)

    def ports(msp_id: str) -> Ports:
        mine = fence.clients(msp_id)
        fenced, held = replace(dynamo, clients=mine), replace(bodies, clients=mine)
        told = replace(outbox, dynamo=fenced, bodies=held)
        records = sharing.records(msp_id, DynamoRecords(fenced, held, msp_id))
        return Ports(
            msp_id=msp_id,
            clock=time,
            records=records,
            results=DynamoResults(fenced, held, told, msp_id),
            blobs=S3Blobs(mine, settings, msp_id),
            knowledge=knowledge,
            models=models,
            embedder=embedder,
            # Of meetings it reads the tenant's own alone.
            sightings=sharing.sightings(msp_id, records, DynamoDirectory(fenced)),
            sentiment=feelings(msp_id),
            generator=generator(msp_id),
            benchmarks=sharing.benchmarks(msp_id),
            partners=sharing.partners(msp_id),
            federation=sharing.federation(msp_id, ports, why_not=NOT_IN_A_FUNCTION),
        )

    def close() -> None:
        bus.close()
        states.flush()
        knowledge.close()
        fence.close()
        if clients is None:
            aws.close()

    return Platform(
        clock=time,
        tenants=tenants,
        keys=DynamoKeys(dynamo, time),
        jobs=DynamoJobs(dynamo, bodies, outbox),
        outbox=outbox,
        bus=bus,
        replies=DynamoReplies(dynamo, bodies, time),
        throttle=GatewayThrottle(aws, settings),
        states=states,
        directory=directory,
        commons=commons,
        secrets=secrets,
        knowledge=knowledge,
        refresh=lambda names: refreshed(aws, settings, names),
        rates=lambda: rates_of(settings.size),
        models=models,
        observer=observer,
        ids=new_id,
        ports=ports,
        close=close,
    )


def _packaged(scratch: Path) -> list[Path]:
    """The folders of a package; the scratch disk's own is filled from the bucket."""
    return [folder for folder in standard_folders(scratch) if scratch not in folder.parents]
