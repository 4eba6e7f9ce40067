"""What ./mesh aws smoke tries: each route, the socket, and one message through each queue and stream."""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from mesh import registry
from mesh.adapters.aws.dynamo import Dynamo
from mesh.adapters.aws.items import tenant_key
from mesh.adapters.aws.outbox import DynamoOutbox
from mesh.adapters.aws.tables import NETWORK
from mesh.entrypoints.commands.aws.place import Deployed
from mesh.entrypoints.endpoint import Endpoint
from mesh.entrypoints.table import endpoints
from mesh.kit.agent import Agent
from mesh.kit.platform import Job
from mesh.kit.problem import Problem
from mesh.workflows import library

PATIENCE_S, POLL_S = 60.0, 0.5
PLAYBOOK = "threat-response"
# What a route that is read must be asked.
ASKED = {"/mesh/benchmarks": {"measure": "price_per_seat"}}
# A path's parameters as the smoke test's own tenant can name them.
STORED = {"kind": "clients", "record_id": "smoke", "result_id": "", "job_id": ""}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried; `reason` says what came instead, or what is worth knowing."""

    what: str
    good: bool
    took_s: float
    reason: str = ""


class Wrong(Exception):
    """Something else came than was asked for."""


def all_of(here: Deployed, msp_id: str, key: str) -> Iterator[Check]:
    """Every check in turn. What one leaves behind, later ones use."""
    import httpx

    url = here.found.output("ApiUrl").rstrip("/")
    with httpx.Client(base_url=url, headers={"x-api-key": key}, timeout=PATIENCE_S) as http:
        yield from _routes(http)
        yield from _socket(here, http, msp_id, key)
        yield from _streams(here, http, msp_id)
        yield _tried("a question put off: queue, function, result", lambda: _later(http))
        yield _tried("a job that cannot be answered: dead letters", lambda: _poison(here, http, msp_id))
        yield _tried("a playbook: state machine, functions, report", lambda: _run(http))


def _tried(what: str, attempt: Callable[[], str | None]) -> Check:
    import httpx

    started = time.monotonic()
    try:
        reason, good = attempt() or "", True
    except Wrong as wrong:
        reason, good = str(wrong), False
    except Problem as problem:
        reason, good = problem.detail, False
    except (httpx.HTTPError, OSError, KeyError, ValueError) as error:
        reason, good = f"{type(error).__name__}: {error}", False
    return Check(what, good, time.monotonic() - started, reason)


def _routes(http: Any) -> Iterator[Check]:
    """Every route of the table but those that erase: with its example, or as the smallest request."""
    agents = {path: agent for agent in registry.agents() for path in (agent.route, *agent.aliases)}
    body = {"id": STORED["record_id"], "name": "Smoke test (simulated)", "simulated": True}
    yield _tried("POST /records/{kind}", lambda: _expect(http.post("/records/clients", json=body)))
    tried = {*agents, "/records/{kind}"}
    for path, agent in agents.items():
        yield _tried(f"POST {path}", lambda path=path, agent=agent: _answered(http, path, agent))  # type: ignore[misc]
    for endpoint in endpoints():
        if endpoint.method == "GET" or (endpoint.method == "POST" and endpoint.path not in tried):
            yield _route(http, endpoint)
    gone = f"/records/clients/{STORED['record_id']}"
    yield _tried("DELETE /records/clients/{record_id}", lambda: _expect(http.delete(gone)))
    yield _tried(
        "without a key: refused", lambda: _expect(http.get("/results", headers={"x-api-key": ""}), 401)
    )


def _route(http: Any, endpoint: Endpoint) -> Check:
    """A route that is read; one that acts is sent nothing, and must refuse that as a question."""
    what = f"{endpoint.method} {endpoint.path}"
    unknown = [name for name in re.findall(r"{(\w+)}", endpoint.path) if name not in STORED]
    if unknown:
        return Check(what, True, 0.0, f"not tried: nothing here has a {unknown[0]}")
    if endpoint.method == "POST" and endpoint.path in {f"/workflows/{name}" for name in library.names()}:
        return Check(what, True, 0.0, f"not tried: it would start a run, as {PLAYBOOK} does below")
    if endpoint.method == "GET":
        asked = ASKED.get(endpoint.path, {})
        return _tried(what, lambda: _expect(http.get(_filled(endpoint.path, http), params=asked)))
    return _tried(what, lambda: _refused(http.post(_filled(endpoint.path, http), json={})))


def _refused(reply: Any) -> str:
    if reply.status_code >= 500:
        raise Wrong(f"{reply.status_code}: {reply.text[:200]}")
    return f"{reply.status_code} for an empty body"


def _filled(path: str, http: Any) -> str:
    """A path with the tenant's own things in the place of its parameters."""
    if "{result_id}" in path:
        path = path.replace("{result_id}", http.get("/results").json()["items"][0]["result_id"])
    if "{job_id}" in path:
        path = path.replace("{job_id}", _put_off(http)["job_id"])
    for name, value in STORED.items():
        path = path.replace(f"{{{name}}}", value)
    return path


def _answered(http: Any, path: str, agent: Agent) -> str:
    envelope = _json(http.post(path, json=dict(agent.examples[0].question)))
    if envelope["agent"] != agent.slug or not envelope["answer"]:
        raise Wrong(f"the envelope is not {agent.slug}'s")
    return f"{envelope['model']['name']}, {envelope['took_ms']:.0f} ms inside"


def _expect(reply: Any, status: int = 200) -> None:
    if reply.status_code != status:
        raise Wrong(f"{reply.status_code} instead of {status}: {reply.text[:200]}")


def _json(reply: Any) -> dict[str, Any]:
    _expect(reply)
    read: dict[str, Any] = reply.json()
    return read


def _socket(here: Deployed, http: Any, msp_id: str, key: str) -> Iterator[Check]:
    from websockets.exceptions import WebSocketException
    from websockets.sync.client import connect

    def attempt() -> None:
        agent = registry.agents()[0]
        url = here.found.output("SocketUrl")
        try:
            with connect(url, additional_headers={"x-api-key": key}, open_timeout=PATIENCE_S) as line:
                line.send(json.dumps({"action": "subscribe", "topics": [agent.slug]}))
                if json.loads(line.recv(PATIENCE_S))["type"] != "subscribed":
                    raise Wrong("the subscription was not confirmed")
                result = _json(http.post(agent.route, json=dict(agent.examples[0].question)))
                # Questions that were put off before may be answered meanwhile.
                while (event := json.loads(line.recv(PATIENCE_S))).get("subject") != result["result_id"]:
                    pass
        except (WebSocketException, TimeoutError) as error:
            raise Wrong(f"{type(error).__name__}: {error}") from error
        if event.get("mspid") != msp_id:
            raise Wrong(f"another tenant's event came: {event}")

    yield _tried("an answer: events table, its stream, socket", attempt)


def _streams(here: Deployed, http: Any, msp_id: str) -> Iterator[Check]:
    outbox = here.platform.outbox
    assert isinstance(outbox, DynamoOutbox)
    dynamo = outbox.dynamo

    def attempt() -> str:
        agent = registry.agents()[0]
        before = _counted(dynamo, msp_id)
        _json(http.post(agent.route, json=dict(agent.examples[0].question)))
        _until(lambda: _counted(dynamo, msp_id) > before, "the event was not counted in NetworkIntelligence")
        return f"{_counted(dynamo, msp_id)} events counted"

    yield _tried("an answer: Kinesis, event processor, NetworkIntelligence", attempt)


def _counted(dynamo: Dynamo, msp_id: str) -> int:
    rows = dynamo.query(NETWORK, "#msp_id = :m", {"m": tenant_key(msp_id)})
    return sum(int(row["count"]) for row in rows)


def _put_off(http: Any) -> dict[str, Any]:
    agent = registry.agents()[0]
    reply = http.post(agent.route, json=dict(agent.examples[0].question), headers={"prefer": "respond-async"})
    _expect(reply, 202)
    taken: dict[str, Any] = reply.json()
    return taken


def _later(http: Any) -> str:
    taken = _put_off(http)
    path = f"/jobs/{taken['job_id']}"
    # At API Gateway's own address it is named with the stage before it.
    if not taken["href"].endswith(path):
        raise Wrong(f"the job is said to be at {taken['href']}")
    _until(lambda: _json(http.get(path))["state"] in ("done", "dead"), "the job was not taken up")
    job = _json(http.get(path))
    if job["state"] != "done":
        raise Wrong(f"the job died: {job['problem']}")
    _expect(http.get(f"/results/{job['result_id']}"))
    return f"attempt {job['attempts']}"


def _poison(here: Deployed, http: Any, msp_id: str) -> None:
    from mesh.entrypoints.commands.aws.redrive import taken_away

    now = here.platform.clock.now()
    job = Job(
        job_id=here.platform.ids(), msp_id=msp_id, agent="no-such-agent", question={}, created_at=now,
        not_before=now,
    )  # fmt: skip
    here.platform.jobs.add(job)
    _until(lambda: _json(http.get(f"/jobs/{job.job_id}"))["state"] == "dead", "the job did not die")
    url = here.found.output("DeadLettersUrl")
    _until(lambda: taken_away(url, here.account, job.job_id), "its letter is not in the dead letters")


def _run(http: Any) -> str:
    playbook = library.find(PLAYBOOK)
    reply = http.post(f"/workflows/{playbook.name}", json=dict(playbook.examples[0].input))
    _expect(reply, 202)
    path = f"/workflows/runs/{reply.json()['run_id']}"
    longest_s = playbook.deadline_s + PATIENCE_S
    _until(lambda: _json(http.get(path))["state"] == "finished", "the run did not come to its end", longest_s)
    run = _json(http.get(path))
    done = sum(step["state"] == "done" for step in run["steps"])
    if not done:
        raise Wrong("no step of the run was done")
    return f"{done} of {len(run['steps'])} steps done, the others skipped"


def _until(happened: Callable[[], bool], reason: str, longest_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + longest_s
    while not happened():
        if time.monotonic() > deadline:
            raise Wrong(f"{reason} within {longest_s:.0f} s")
        time.sleep(POLL_S)
