"""What a warm request costs beside the agent itself: the mesh's handler, FastAPI under Mangum, and the bare
functions, in turns in one process over a platform in memory. Prints the medians as JSON.

Run by `bench coldstart` with the function's own Python and package: AGENT SECONDS MODELS_FOLDER ...
"""

import io
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from mangum import Mangum

from mesh import registry
from mesh.adapters.aws.telemetry import Telemetry
from mesh.adapters.models.embedder import OnnxEmbedder
from mesh.adapters.models.store import ModelStore
from mesh.entrypoints.lambdas.http import served
from mesh.kit.fakes import fake_ports
from mesh.kit.platform import Platform, Tenant

KEY = "mesh_a1b2c3d4e5f6_secret"


def platform(folders: list[Path]) -> Platform:
    """One tenant, whose key is KEY; what is told of requests is written and thrown away."""
    models = ModelStore(folders)
    ports = fake_ports(msp_id="bench", models=models, embedder=OnnxEmbedder(models))
    tenant = Tenant(msp_id="bench", name="Bench")
    parts: dict[str, Any] = dict.fromkeys(Platform.__dataclass_fields__)
    parts |= {
        "keys": SimpleNamespace(tenant_of=lambda key: tenant if key == KEY else None),
        "throttle": SimpleNamespace(take=lambda _: 0.0),
        "states": SimpleNamespace(note=lambda _: None),
        "observer": Telemetry(io.StringIO()),
        "models": models,
        "ids": lambda: "0" * 32,
        "ports": lambda _: ports,
        "clock": ports.clock,
    }
    return Platform(**parts)


def event(route: str, question: Any) -> dict[str, Any]:
    headers = {"Host": "bench", "content-type": "application/json", "x-api-key": KEY}
    return {
        "resource": route, "path": route, "httpMethod": "POST", "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None, "multiValueQueryStringParameters": None, "pathParameters": None,
        "stageVariables": None, "isBase64Encoded": False, "body": json.dumps(question),
        "requestContext": {"httpMethod": "POST", "path": route, "stage": "live", "identity": {}},
    }  # fmt: skip


def main(name: str, seconds: float, folders: list[Path]) -> dict[str, Any]:
    from bench.peer import application

    agent, at = registry.find(name), platform(folders)
    question = dict(agent.examples[0].question)
    asked, context = event(agent.route, question), SimpleNamespace(aws_request_id="r")
    ours, theirs = served(at, name), Mangum(application(at, name), lifespan="off")
    ways: dict[str, Callable[[], Any]] = {
        "agent": lambda: agent.answer(registry.checked(agent, question), at.ports("bench")),
        "ask": lambda: registry.ask(agent, registry.checked(agent, question), at, "bench"),
        "mesh": lambda: ours(asked, context),
        "fastapi": lambda: theirs(asked, context),
    }
    for way in ("mesh", "fastapi"):
        answer = ways[way]()
        if answer["statusCode"] != 200:
            raise RuntimeError(f"{way} answered {answer['statusCode']}: {answer['body'][:300]}")
    took: dict[str, list[float]] = {way: [] for way in ways}
    used: dict[str, list[float]] = {way: [] for way in ways}
    ends = time.monotonic() + seconds
    while time.monotonic() < ends or len(took["mesh"]) < 5:
        for way, call in ways.items():
            began, cpu = time.perf_counter(), time.process_time()
            call()
            took[way].append((time.perf_counter() - began) * 1000)
            used[way].append((time.process_time() - cpu) * 1000)
    return {
        "ms": {way: round(statistics.median(times), 3) for way, times in took.items()},
        "cpu_ms": {way: round(statistics.median(times), 3) for way, times in used.items()},
        "rounds": len(took["mesh"]),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], float(sys.argv[2]), [Path(f) for f in sys.argv[3:]])))
