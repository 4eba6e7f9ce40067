"""Asking over HTTP: now, again, later and in other formats; and what the agents say of themselves."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import httpx
import pytest

from mesh import registry
from mesh.kit.agent import Agent
from mesh.kit.platform import Job, Platform
from tests.contract.conftest import Msp, NewMsp, problem

PATIENCE_S = 30.0


def question(agent: Agent, number: int = 0) -> dict[str, Any]:
    return dict(agent.examples[number].question)


def ended(msp: Msp, href: str) -> dict[str, Any]:
    """The job once it is done or dead."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        job: dict[str, Any] = msp.http.get(href).raise_for_status().json()
        if job["state"] in ("done", "dead"):
            return job
        assert time.monotonic() < deadline, job
        time.sleep(0.05)


@pytest.mark.parametrize("agent", registry.names(), indirect=True)
class TestEveryAgent:
    def test_an_answer_comes_in_its_envelope_and_can_be_had_again(self, msp: Msp, agent: Agent) -> None:
        reply = msp.http.post(agent.route, json=question(agent))
        assert reply.status_code == 200 and reply.headers["content-type"] == "application/json"
        envelope = reply.json()
        assert (envelope["agent"], envelope["msp_id"]) == (agent.slug, msp.msp_id)
        assert envelope["took_ms"] > 0 and datetime.fromisoformat(envelope["answered_at"]).tzinfo
        assert envelope["model"]["name"] and envelope["model"]["version"]
        assert msp.http.get(reply.headers["location"]).json() == envelope
        (listed,) = msp.http.get("/results", params={"agent": agent.slug}).json()["items"]
        assert listed == envelope

    def test_every_alias_answers_as_the_route_does(self, msp: Msp, agent: Agent) -> None:
        first = msp.http.post(agent.route, json=question(agent)).json()
        for alias in agent.aliases:
            assert msp.http.post(alias, json=question(agent)).json()["answer"] == first["answer"]

    def test_every_format_is_served_at_once_and_later(self, msp: Msp, agent: Agent) -> None:
        for name, form in agent.formats.items():
            reply = msp.http.post(f"{agent.route}?format={name}", json=question(agent))
            assert reply.status_code == 200 and reply.headers["content-type"] == form.media_type
            later = msp.http.get(f"{reply.headers['location']}?format={name}")
            assert later.headers["content-type"] == form.media_type and later.content == reply.content

    def test_a_question_put_off_is_answered_as_it_would_have_been_at_once(
        self, msp: Msp, agent: Agent
    ) -> None:
        now = msp.http.post(agent.route, json=question(agent)).json()
        taken = msp.http.post(agent.route, json=question(agent), headers={"prefer": "respond-async, wait=5"})
        assert taken.status_code == 202 and taken.headers["preference-applied"] == "respond-async"
        assert taken.json()["href"] == taken.headers["location"]
        job = ended(msp, taken.headers["location"])
        assert (job["state"], job["agent"], job["attempts"]) == ("done", agent.slug, 1)
        later = msp.http.get(f"/results/{job['result_id']}").json()
        assert later["answer"] == now["answer"]

    def test_a_bad_question_is_refused_at_once_even_when_it_could_be_put_off(
        self, msp: Msp, agent: Agent
    ) -> None:
        problem(msp.http.post(agent.route, json={}, headers={"prefer": "respond-async"}), 422)
        assert msp.http.get("/jobs").json()["items"] == []


def test_the_same_idempotency_key_gives_the_first_reply_again(msp: Msp, agent: Agent) -> None:
    headers = {"idempotency-key": "one"}
    first = msp.http.post(agent.route, json=question(agent), headers=headers)
    again = msp.http.post(agent.route, json=question(agent), headers=headers)
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["idempotency-replayed"] == "true" and "idempotency-replayed" not in first.headers
    assert again.headers["location"] == first.headers["location"]
    assert len(msp.http.get("/results").json()["items"]) == 1


def test_an_idempotency_key_belongs_to_one_question_and_one_tenant(new_msp: NewMsp, agent: Agent) -> None:
    mine, theirs = new_msp(), new_msp()
    headers = {"idempotency-key": "one"}
    first = mine.http.post(agent.route, json=question(agent), headers=headers).json()
    other = mine.http.post(agent.route, json=question(agent, 1), headers=headers)
    problem(other, 422, "Idempotency-Key")
    elsewhere = mine.http.post("/records/clients", json={"name": "x"}, headers=headers)
    problem(elsewhere, 422, "Idempotency-Key")
    free = theirs.http.post(agent.route, json=question(agent, 1), headers=headers)
    assert free.status_code == 200 and free.json()["result_id"] != first["result_id"]


def test_a_refusal_is_replayed_too(msp: Msp, agent: Agent) -> None:
    headers = {"idempotency-key": "one"}
    first = msp.http.post(agent.route, json={}, headers=headers)
    again = msp.http.post(agent.route, json={}, headers=headers)
    problem(again, 422)
    assert again.content == first.content and again.headers["idempotency-replayed"] == "true"


def test_of_many_at_once_with_one_key_one_is_answered(msp: Msp, agent: Agent) -> None:
    def send(_: int) -> httpx.Response:
        return msp.http.post(agent.route, json=question(agent), headers={"idempotency-key": "one"})

    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(send, range(8)))
    assert {reply.status_code for reply in replies} <= {200, 409}
    for reply in replies:
        if reply.status_code == 409:
            problem(reply, 409)
            assert int(reply.headers["retry-after"]) >= 1
    assert len({reply.json()["result_id"] for reply in replies if reply.status_code == 200}) == 1
    assert len(msp.http.get("/results").json()["items"]) == 1


def test_a_job_put_off_twice_with_one_key_is_one_job(msp: Msp, agent: Agent) -> None:
    headers = {"idempotency-key": "one", "prefer": "respond-async"}
    hrefs = {
        msp.http.post(agent.route, json=question(agent), headers=headers).json()["href"] for _ in range(3)
    }
    assert len(hrefs) == 1
    ended(msp, hrefs.pop())
    assert len(msp.http.get("/jobs").json()["items"]) == 1


def test_a_job_that_cannot_be_answered_ends_in_the_dead_letters_and_blocks_nothing(
    msp: Msp, agent: Agent, store: Platform
) -> None:
    now = store.clock.now()
    poisoned = Job(
        job_id=f"poison-{msp.msp_id}", msp_id=msp.msp_id, agent="no-such-agent", question={},
        created_at=now, not_before=now,
    )  # fmt: skip
    store.jobs.add(poisoned)
    dead = ended(msp, f"/jobs/{poisoned.job_id}")
    assert (dead["state"], dead["problem"]["status"]) == ("dead", 404)
    behind = msp.http.post(agent.route, json=question(agent), headers={"prefer": "respond-async"})
    assert ended(msp, behind.headers["location"])["state"] == "done"
    listed = msp.http.get("/jobs", params={"state": "dead"}).json()["items"]
    assert [job["job_id"] for job in listed] == [poisoned.job_id]
    again = msp.http.post(f"/jobs/{poisoned.job_id}/redrive")
    assert again.status_code == 200 and again.json()["attempts"] in (0, 1)
    assert ended(msp, f"/jobs/{poisoned.job_id}")["attempts"] == 1
    problem(msp.http.post(f"{behind.headers['location']}/redrive"), 409)
    problem(msp.http.post("/jobs/nothing/redrive"), 404)


def test_results_come_in_pages_newest_first(msp: Msp, agent: Agent) -> None:
    made = [msp.http.post(agent.route, json=question(agent)).json()["result_id"] for _ in range(5)]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        params: dict[str, Any] = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = msp.http.get("/results", params=params).json()
        seen += [envelope["result_id"] for envelope in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == made[::-1]
    since = msp.http.get(f"/results/{made[3]}").json()["answered_at"]
    assert len(msp.http.get("/results", params={"since": since}).json()["items"]) == 2


def test_the_status_of_the_agents_is_measured(msp: Msp, agent: Agent) -> None:
    def status() -> dict[str, Any]:
        listed = msp.http.get("/agents/status").json()["agents"]
        assert [one["agent"] for one in listed] == [known.slug for known in registry.agents()]
        return next(one for one in listed if one["agent"] == agent.slug)

    before = status()
    msp.http.post(agent.route, json=question(agent))
    after = status()
    assert after["answered"] == min(before["answered"] + 1, 200) and after["p95_ms"] >= after["p50_ms"] > 0
    assert after["last_asked_at"] != before["last_asked_at"]
    for model in after["models"]:
        assert (len(model["sha256"]) == 64) if model["loaded"] else model["problem"]
