"""The one route table. uvicorn serves it on one machine, Mangum on Lambda; nothing else defines a route."""

from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Route

from mesh import registry
from mesh.entrypoints import openapi
from mesh.entrypoints.endpoint import Endpoint
from mesh.entrypoints.guard import Guard, no_route
from mesh.entrypoints.routes import agents, docs, health, records, results, tenant
from mesh.kit.agent import Agent
from mesh.kit.platform import Platform

# Kept out of caches and frames; the pages the mesh serves load nothing from elsewhere.
ALLOWED_HEADERS = ["content-type", "idempotency-key", "prefer", "x-api-key"]
SHOWN_HEADERS = ["idempotency-replayed", "link", "location", "preference-applied", "retry-after"]


def endpoints(of: Sequence[Agent] | None = None) -> list[Endpoint]:
    """Every route of the mesh; `of` limits the agents (a Lambda serves one)."""
    served = registry.agents() if of is None else of
    asked = [endpoint for agent in served for endpoint in agents.of(agent)]
    table = [*health.ROUTES, agents.STATUS, *asked, *results.ROUTES, *records.ROUTES, *tenant.ROUTES]
    return [*table, *docs.routes(lambda: openapi.document(table))]


def application(
    platform: Platform,
    *,
    more: Sequence[BaseRoute] = (),
    of: Sequence[Agent] | None = None,
    lifespan: Callable[..., object] | None = None,
) -> Starlette:
    """The ASGI application over a platform. `more` are routes of one runtime alone: the socket, the web."""
    routes = [
        Route(e.path, Guard(platform, e).__call__, methods=[e.method], name=f"{e.method} {e.path}")
        for e in endpoints(of)
    ]
    cors = Middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=ALLOWED_HEADERS,
        expose_headers=SHOWN_HEADERS,
        max_age=600,
    )
    handlers = {404: no_route, 405: no_route}
    return Starlette(
        routes=[*routes, *more],
        middleware=[cors],
        exception_handlers=handlers,
        lifespan=lifespan,  # type: ignore[arg-type]
    )
