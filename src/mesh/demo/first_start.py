"""What a fresh home folder needs: the models built, and two simulated MSPs to look at."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from mesh.demo.rows import clients, metrics, security_events
from mesh.kit.platform import Platform, Tenant
from mesh.kit.problem import Unavailable

DEMO = (
    Tenant(msp_id="demo-cedar", name="Cedar IT (simulated)", simulated=True),
    Tenant(msp_id="demo-harbor", name="Harbor Systems (simulated)", simulated=True),
)
DAYS = 14


def prepare(home: Path, say: Callable[[str], None]) -> None:
    """Make what is missing, once. A model that cannot be built is said, and the agents will say it too."""
    from mesh.adapters.embedded.platform import open_platform

    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(
            f"Cannot write to {home}: {error.strerror}; name another folder with --home."
        ) from error
    prepare_models(home, say)
    platform = open_platform(home)
    try:
        if platform.tenants.find(DEMO[0].msp_id) is None:
            _load(platform, say)
    finally:
        platform.close()


def prepare_models(home: Path, say: Callable[[str], None]) -> None:
    """Build the embedding model into the home folder unless it is there."""
    from mesh.adapters.models.embedder import ready_embedder
    from mesh.adapters.models.store import ModelStore, standard_folders

    try:
        ready_embedder(ModelStore(standard_folders(home)), home, say)
    except Unavailable as problem:
        say(f"Going on without sentence embeddings: {problem.detail}")


def _load(platform: Platform, say: Callable[[str], None]) -> None:
    until = platform.clock.now().replace(minute=0, second=0, microsecond=0)
    since = until - timedelta(days=DAYS)
    for seed, tenant in enumerate(DEMO):
        ports = platform.ports(tenant.msp_id)
        ports.records.put("clients", clients(seed))
        ports.records.put("metrics", metrics(seed, since, until))
        ports.records.put("security-events", security_events(seed, until))
        # The tenant comes last: a start that was cut off before loads everything again.
        platform.tenants.put(tenant)
    say(f"Loaded two simulated MSPs: {DEMO[0].msp_id} and {DEMO[1].msp_id}.")
    say(f"To ask as one of them: export MESH_KEY=$(./mesh keys create {DEMO[0].msp_id})")
