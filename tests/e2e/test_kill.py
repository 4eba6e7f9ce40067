"""kill -9 at any instant: whatever was acknowledged is there after the next start."""

import random
import signal
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from mesh import registry
from tests.conftest import NewHome
from tests.server import Server

KILLS = 10
WRITERS = 4
PATIENCE_S = 30.0
KIND = "/records/metrics"


@dataclass
class Acknowledged:
    """What the server said it had stored, by id; replies by idempotency key."""

    records: set[str] = field(default_factory=set)
    results: set[str] = field(default_factory=set)
    jobs: set[str] = field(default_factory=set)
    replies: dict[str, bytes] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.records) + len(self.results) + len(self.jobs)


class Writer(threading.Thread):
    """Writes of all kinds, one after the other, until the server is gone."""

    def __init__(self, server: Server, key: str, name: str, told: Acknowledged):
        super().__init__(name=name, daemon=True)
        self.http = httpx.Client(base_url=server.url, headers={"x-api-key": key}, timeout=PATIENCE_S)
        self.told = told
        self.refused = ""
        self.agent = next(iter(registry.agents()), None)

    def run(self) -> None:
        turns = [self.record, self.rows, *([self.question, self.job] if self.agent else [])]
        number = 0
        try:
            while True:
                turns[number % len(turns)](f"{self.name}-{number}")
                number += 1
        except httpx.HTTPStatusError as error:
            self.refused = f"{error.request.url}: {error.response.text}"
        except httpx.TransportError:
            pass
        finally:
            self.http.close()

    def send(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return self.http.post(path, json=body, headers=headers).raise_for_status()

    def row(self, record_id: str) -> dict[str, Any]:
        return {"id": record_id, "at": "2026-03-02T10:00:00Z", "metric_type": "cpu", "value": 1}

    def record(self, name: str) -> None:
        reply = self.send(KIND, self.row(name), **{"idempotency-key": name})
        self.told.replies[name] = reply.content
        self.told.records.add(name)

    def rows(self, name: str) -> None:
        ids = [f"{name}-{place}" for place in range(20)]
        assert self.send(KIND, [self.row(record_id) for record_id in ids]).json()["stored"] == 20
        self.told.records.update(ids)

    def question(self, name: str) -> None:
        assert self.agent
        reply = self.send(self.agent.route, dict(self.agent.examples[1].question))
        self.told.results.add(reply.json()["result_id"])

    def job(self, name: str) -> None:
        assert self.agent
        reply = self.send(self.agent.route, dict(self.agent.examples[1].question), prefer="respond-async")
        self.told.jobs.add(reply.json()["job_id"])


def listed(http: httpx.Client, path: str, name: str, limit: int) -> list[str]:
    ids: list[str] = []
    params: dict[str, Any] = {"limit": limit}
    while True:
        page = http.get(path, params=params).raise_for_status().json()
        ids += [item[name] for item in page["items"]]
        if page["next_cursor"] is None:
            return ids
        params["cursor"] = page["next_cursor"]


def check(server: Server, key: str, told: Acknowledged) -> None:
    with httpx.Client(base_url=server.url, headers={"x-api-key": key}, timeout=PATIENCE_S) as http:
        found = listed(http, KIND, "id", 1_000)
        assert told.records <= set(found) and len(found) == len(set(found))
        assert told.results <= set(listed(http, "/results", "result_id", 200))
        assert told.jobs <= set(listed(http, "/jobs", "job_id", 200))
        for name in list(told.replies)[-3:]:
            again = http.post(
                KIND,
                json={"id": name, "at": "2026-03-02T10:00:00Z", "metric_type": "cpu", "value": 1},
                headers={"idempotency-key": name},
            )
            # Killed after the write and before the reply was kept, it is under way until its lease ends.
            assert again.status_code in (200, 409)
            if "idempotency-replayed" in again.headers:
                assert again.content == told.replies[name]


def finished(server: Server, key: str, told: Acknowledged) -> None:
    """Every job that was taken is done in the end; one that was running waits for its lease to end."""
    with httpx.Client(base_url=server.url, headers={"x-api-key": key}, timeout=PATIENCE_S) as http:
        deadline = time.monotonic() + PATIENCE_S
        while http.get("/jobs", params={"state": "waiting", "limit": 1}).json()["items"]:
            assert time.monotonic() < deadline, "jobs are left waiting"
            time.sleep(0.1)
        running = http.get("/jobs", params={"state": "running"}).json()["items"]
        # At most the one job of each killed worker is still leased.
        assert len(running) <= KILLS
        assert http.get("/jobs", params={"state": "dead"}).json()["items"] == []


def sound(server: Server) -> None:
    """The file is whole, and each answer has its event and each event its answer."""
    with closing(sqlite3.connect(server.home / "mesh.db")) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        results = {row[0] for row in file.execute("SELECT result_id FROM results")}
        events = [row[0] for row in file.execute("SELECT subject FROM events WHERE topic != 'jobs'")]
        assert results == set(events) and len(events) == len(set(events))
        done = {row[0] for row in file.execute("SELECT job_id FROM jobs WHERE state = 'done'")}
        assert done <= results


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_acknowledged_is_lost_when_the_server_is_killed(new_home: NewHome, seed: int) -> None:
    chance = random.Random(seed)
    server = Server(new_home(f"kill{seed}")).start()
    key = server.key("msp-kill")
    told = Acknowledged()
    try:
        for kill in range(KILLS):
            before = len(told)
            writers = [Writer(server, key, f"{kill}-{number}", told) for number in range(WRITERS)]
            for writer in writers:
                writer.start()
            deadline = time.monotonic() + PATIENCE_S
            while len(told) == before:
                assert time.monotonic() < deadline, "no write was acknowledged"
                time.sleep(0.005)
            time.sleep(chance.uniform(0, 0.6))
            assert server.end(signal.SIGKILL) == -signal.SIGKILL
            for writer in writers:
                writer.join(PATIENCE_S)
                assert not writer.is_alive() and not writer.refused, writer.refused
            server.start()
            check(server, key, told)
        finished(server, key, told)
    finally:
        server.end()
    sound(server)
    assert len(told.records) > 20 * KILLS
