"""A training's task over what is deployed: rows of the deployment's tables, and a site that comes in.

MiniStack runs a task by Docker alone, so the task's program is run here, in the environment that its
definition gives it.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mesh.adapters.aws.trainings import JOB, TrainingJob
from mesh.adapters.federation.door import ADDRESS
from mesh.entrypoints.lambdas.trainings import LEASE_S
from mesh.kit.platform import Job, Platform
from mesh.sharing.receipts import receipts_of
from tests.deployed.served import Deployed, environment
from tests.federation.own_homes import Processes, agree, own_home, put_clients, until
from tests.server import CLEAN

pytest.importorskip("flwr", reason="federated learning's packages are not installed")
for name in ("federated_learning", "client_health"):
    pytest.importorskip(
        f"mesh.agents.{name}", reason="the agent that trains, or whose model it is, is not here"
    )
pytestmark = pytest.mark.timeout(900)
HERE, AWAY = ("larch", "maple"), "nutmeg"
MEMBERS = [*HERE, AWAY]
QUESTION = {"model_type": "churn", "participating_msps": MEMBERS, "privacy_epsilon": 8, "rounds": 2}


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    made = Processes(tmp_path)
    yield made
    made.close()


def of_task(copy: Deployed) -> dict[str, str]:
    """The environment that ECS would give the container."""
    ecs = copy.account.client("ecs")
    told = ecs.describe_task_definition(taskDefinition="msp-intelligence-training")["taskDefinition"]
    return {one["name"]: one["value"] for one in told["containerDefinitions"][0]["environment"]}


def test_the_task_trains_over_rows_of_the_tables_and_a_site_that_comes_in(
    copy: Deployed, store: Platform, processes: Processes, tmp_path: Path
) -> None:
    agree(store, MEMBERS)
    for seed, msp_id in enumerate(HERE):
        put_clients(store.ports(msp_id), seed)
    home = tmp_path / AWAY
    key = own_home(home, AWAY, 2)
    processes.start(
        AWAY, "--home", str(home), "--msp", AWAY, "--mesh", copy.url, "--key", str(key), "--register",
        MESH_KEY=store.keys.create(AWAY),
    )  # fmt: skip
    until(lambda: "Waiting for" in processes.log(AWAY), processes.logs)

    now = store.clock.now()
    job = Job(
        job_id="training-1", msp_id="larch", agent="federated-learning", question=QUESTION, created_at=now,
        not_before=now,
    )  # fmt: skip
    store.jobs.add(job)
    taken = store.jobs.take("larch", job.job_id, LEASE_S)  # type: ignore[attr-defined]
    assert taken
    of = TrainingJob(msp_id="larch", job_id=job.job_id, attempt=taken.attempts)
    told = {
        **CLEAN, **environment(copy.running), **of_task(copy), JOB: of.model_dump_json(),
        "HOME": str(tmp_path), ADDRESS: "127.0.0.1", "MESH_SITES_LISTEN": "127.0.0.1:0",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "mesh.entrypoints.tasks.training"], env=told, capture_output=True, text=True,
        timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr + processes.logs()
    ended = store.jobs.find("larch", job.job_id)
    assert ended and ended.state == "done" and ended.result_id, json.dumps(ended and ended.problem)
    result = store.ports("larch").results.find(ended.result_id)
    assert result and result.answer["sites_in"] == 3 and len(result.answer["rounds"]) == 2
    assert [site["why_out"] for site in result.answer["sites"]] == [None] * 3
    # The price is booked where the rows are, and each has a receipt of the deployment's.
    assert all([line.what for line in receipts_of(store).after(m, 0)] == ["model-update"] for m in MEMBERS)
    assert store.ports(AWAY).blobs.names("federated/") == []
    assert result.answer["status"] != "kept" or "is in use now" in processes.log(AWAY)
