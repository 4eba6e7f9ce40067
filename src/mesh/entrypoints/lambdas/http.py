"""One agent, or the platform's own routes, behind API Gateway: the same application as everywhere, under
Mangum.
"""

import asyncio
import logging
import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from mangum import Mangum
from mangum.types import ASGI
from starlette.types import ASGIApp, Receive, Scope, Send

from mesh import registry
from mesh.adapters.aws.cognito import token_ends
from mesh.entrypoints.endpoint import CSV, JSON, NDJSON
from mesh.entrypoints.guard import ROLE, ROOT, VOUCHED
from mesh.entrypoints.http import application
from mesh.entrypoints.lambdas.observed import known, observed
from mesh.entrypoints.lambdas.process import process
from mesh.kit.platform import Platform
from mesh.kit.problem import Problem
from mesh.kit.trace import know, working_for

log = logging.getLogger("mesh.lambdas")
# What API Gateway calls its own addresses.
OWN_ADDRESS = ".execute-api."
# Answers whose type has one of these in it are passed on as text; others would come as base64. Our PDF is of
# ASCII alone.
TEXT = ["text/", JSON, "+json", NDJSON, CSV, "application/pdf", "application/yaml"]


def handler(event: Any, context: Any) -> Any:
    """Answer a request of a REST API with proxy integration, a job that the queue's function hands on, or a
    step of a run that a state machine passes on.
    """
    # A request's own fields are further down in its event: no client can make one look like a job.
    if "job_id" in event:
        return _job(event, context)
    if "run_id" in event:
        from mesh.entrypoints.lambdas import workflows

        return workflows.handler(event, context)
    with working_for(**known(context)):
        return _served()(event, context)


@observed("job")
def _job(event: Any, context: Any) -> dict[str, bool]:  # noqa: ARG001
    from mesh.entrypoints.lambdas.queue import Message, answered

    message = Message.model_validate(event)
    know(msp_id=message.msp_id)
    return {"taken": answered(message, process())}


@cache
def _served() -> Mangum:
    at = process()
    return served(at.platform, os.environ.get("MESH_AGENT", ""), tokens=bool(at.settings.cognito_pool_id))


@cache
def _loop() -> None:
    """Mangum asks for the loop of its thread, and from Python 3.12 on asking for one that nobody set is
    warned of.
    """
    asyncio.set_event_loop(asyncio.new_event_loop())


def served(platform: Platform, agent: str, *, tokens: bool = False) -> Mangum:
    """The application with the routes of one agent alone; where `agent` is empty, the platform's own.
    `tokens`: whether a user pool's token is taken in place of a key.
    """
    of = [registry.find(agent)] if agent else []
    # A function is brought one event at a time: a thread for it would only have to be started.
    made = application(platform, of=of, alone=bool(agent), threads=False, tokens=tokens)
    _loop()
    return Mangum(_vouched(made), lifespan="off", text_mime_types=TEXT)


def _vouched(serve: ASGIApp) -> ASGI:
    """A request that came with a token is its tenant's, by the authorizer's word: API Gateway alone writes
    that into an event. A key is looked up again, so that one that was revoked opens nothing from then on.
    """

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        event = scope["aws.event"]
        who = event["requestContext"].get("authorizer") or {}
        known: dict[str, Any] = {ROOT: _stage(event)}
        if token_ends(who.get("key_id", "")) is not None:
            known |= {VOUCHED: who["msp_id"], ROLE: who.get("role", "")}
        await serve({**scope, **known}, receive, send)

    return served


def _stage(event: Mapping[str, Any]) -> str:
    """What API Gateway took off the path: `/live` at its own address, nothing behind a domain of ours."""
    context, headers = event["requestContext"], event.get("headers") or {}
    if OWN_ADDRESS not in (context.get("domainName") or headers.get("Host") or ""):
        return ""
    whole, path = context.get("path") or "", event.get("path") or ""
    return whole.removesuffix(path) if path and whole.endswith(path) and path != "/" else ""


def warmed(platform: Platform, name: str) -> None:
    """Load what an agent loads at its first question, by asking its first example for nobody: a snapshot that
    is taken afterwards holds its libraries and models.
    """
    from mesh.kit.fakes import fake_ports

    agent = registry.find(name)
    real = platform.ports("nobody")
    ports = fake_ports(knowledge=real.knowledge, models=real.models, embedder=real.embedder)
    try:
        agent.answer(registry.checked(agent, agent.examples[0].question), ports)
    except Problem as problem:
        # The models are uploaded after the first deployment of the functions.
        log.warning("%s starts without what it loads: %s", agent.slug, problem.detail)


if kind := os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE"):
    # A function has a whole processor while it starts, and a share of one when it answers.
    _served()
    _ = process().clients.dynamodb
    if kind == "snap-start" and os.environ.get("MESH_AGENT"):
        warmed(process().platform, os.environ["MESH_AGENT"])
