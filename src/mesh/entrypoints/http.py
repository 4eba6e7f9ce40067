"""The route table as an application: uvicorn serves it on one machine, Mangum on Lambda."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mesh.entrypoints.endpoint import Endpoint
from mesh.entrypoints.guard import Guard, no_route
from mesh.entrypoints.routes import agents
from mesh.kit.agent import Agent
from mesh.kit.platform import Platform

# Kept out of caches and frames; the pages the mesh serves load nothing from elsewhere.
ALLOWED_HEADERS = ["authorization", "content-type", "idempotency-key", "prefer", "traceparent", "x-api-key"]
SHOWN_HEADERS = ["idempotency-replayed", "link", "location", "preference-applied", "retry-after"]


def application(
    platform: Platform,
    *,
    more: Sequence[BaseRoute] = (),
    of: Sequence[Agent] | None = None,
    alone: bool = False,
    lifespan: Callable[..., object] | None = None,
    threads: bool = True,
    tokens: bool = False,
) -> Starlette:
    """The ASGI application over a platform. `more` are routes of one runtime alone: the socket, the web.

    `alone`: with the routes of the agents `of` and no others; what serves those is not even imported.
    Without `threads`, requests are answered one after the other, which is quicker where they come so.
    """
    cors = Middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=ALLOWED_HEADERS,
        expose_headers=SHOWN_HEADERS,
        max_age=600,
    )
    handlers = {404: no_route, 405: no_route}
    made = Starlette(
        routes=[*_routes(platform, _table(of, alone, tokens), threads), *more],
        middleware=[cors],
        exception_handlers=handlers,
        lifespan=lifespan,  # type: ignore[arg-type]
    )
    # DELETE /records/tickets/ with a forgotten id must not be led to DELETE /records/tickets.
    made.router.redirect_slashes = False
    return made


def _table(of: Sequence[Agent] | None, alone: bool, tokens: bool) -> list[Endpoint]:
    if alone:
        return [endpoint for agent in of or () for endpoint in agents.of(agent)]
    from mesh.entrypoints.table import endpoints

    return endpoints(of, tokens=tokens)


def _routes(platform: Platform, table: Sequence[Endpoint], threads: bool) -> list[Route]:
    """One route per path, so that a 405 lists every method the path takes."""
    by_path: dict[str, dict[str, Guard]] = {}
    for endpoint in table:
        # An id of a record is the tenant's own and may hold a slash.
        path = endpoint.path.replace("{record_id}", "{record_id:path}")
        by_path.setdefault(path, {})[endpoint.method] = Guard(platform, endpoint, threads)
    return [Route(path, _by_method(guards), methods=list(guards)) for path, guards in by_path.items()]


def _by_method(guards: Mapping[str, Guard]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return await guards["GET" if request.method == "HEAD" else request.method](request)

    return answer
