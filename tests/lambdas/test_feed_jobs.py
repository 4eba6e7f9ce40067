"""A feed that was asked for on AWS: the queue's function tells the feeds' function, which takes it up."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from mesh.entrypoints import feed_jobs
from mesh.entrypoints.lambdas import schedule
from mesh.entrypoints.lambdas.queue import take_up
from tests.lambdas.conftest import TestedProcess


class Functions:
    """Lambda, as far as the queue's function calls it."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, dict[str, Any]]] = []

    def invoke(self, FunctionName: str, InvocationType: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        self.told.append((FunctionName, InvocationType, json.loads(Payload)))
        return {"StatusCode": 202}


def fetched(names: Sequence[str]) -> Iterator[str]:
    yield f"{names[0]}: loaded 1 of 2026-11-22, 5 rows"


def test_the_queue_hands_a_feed_on_without_waiting_and_the_feeds_function_ends_its_job(
    at: TestedProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = feed_jobs.requested(at.platform, "msp-a", "kev")
    functions, named = Functions(), at.settings.model_copy(update={"feeds_function": "mesh-feeds"})
    clients = replace_clients(at, functions)
    take_up(
        {"body": json.dumps({"msp_id": "msp-a", "job_id": job.job_id})},
        replace(at, clients=clients, settings=named),
    )
    message = {"msp_id": "msp-a", "job_id": job.job_id}
    assert functions.told == [("mesh-feeds", "Event", message)]
    found = at.platform.jobs.find("msp-a", job.job_id)
    assert found is not None and found.state == "waiting"
    here = replace(at, platform=replace(at.platform, refresh=fetched))
    monkeypatch.setattr(schedule, "process", lambda: here)
    assert schedule.refresh_feeds(message, None) == {"taken": True}
    ended = at.platform.jobs.find("msp-a", job.job_id)
    assert ended is not None and ended.state == "done"
    # The message may come a second time: it is done.
    assert schedule.refresh_feeds(message, None) == {"taken": False}


def replace_clients(at: TestedProcess, functions: Functions) -> Any:
    clients = type(at.clients)()
    clients._made = {**at.clients._made, "lambda": functions}
    return clients
