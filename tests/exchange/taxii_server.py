"""A TAXII 2.1 server as far as a reader of one collection meets it (OASIS TAXII 2.1, section 5)."""

import base64
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

MEDIA_TYPE = "application/taxii+json;version=2.1"
COLLECTION = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"


@dataclass
class Taxii:
    """`objects` are (time added, object); `page` is the most that a reply holds, whatever is asked for."""

    objects: Sequence[tuple[str, dict[str, Any]]]
    page: int = 2
    user: str = ""
    password: str = ""
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def application(self) -> Starlette:
        at = f"/api/collections/{COLLECTION}/"
        return Starlette(routes=[Route(at, self.collection), Route(f"{at}objects/", self.envelope)])

    def collection(self, request: Request) -> Response:
        return self._guarded(
            request, {"id": COLLECTION, "title": "Feed", "can_read": True, "can_write": False,
                      "media_types": ["application/stix+json;version=2.1"]},
        )  # fmt: skip

    def envelope(self, request: Request) -> Response:
        self.asked.append(str(request.url.query))
        query = request.query_params
        chosen = [
            one for added, one in self.objects
            if added > query.get("added_after", "") and query.get("match[type]", one["type"]) == one["type"]
        ]  # fmt: skip
        start = int(query.get("next", "0"))
        end = start + min(self.page, int(query.get("limit", self.page)))
        reply: dict[str, Any] = {"objects": chosen[start:end], "more": end < len(chosen)}
        if reply["more"]:
            reply["next"] = str(end)
        return self._guarded(request, reply)

    def _guarded(self, request: Request, reply: dict[str, Any]) -> Response:
        wanted = "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        if self.user and request.headers.get("authorization") != wanted:
            return JSONResponse({"title": "Unauthorized"}, 401, media_type=MEDIA_TYPE)
        return JSONResponse(reply, media_type=MEDIA_TYPE)


@contextmanager
def running(taxii: Taxii) -> Iterator[Taxii]:
    """The server on a free port of this machine, ended when the block is left."""
    # No sockets are spoken here, and the library for them warns of itself. Setting up its log would close the
    # handlers of others, and with them what pytest captures into.
    settings = uvicorn.Config(
        taxii.application(), port=0, log_config=None, lifespan="off", ws="none", loop="asyncio"
    )
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
        assert thread.is_alive(), "the server did not start"
    port = server.servers[0].sockets[0].getsockname()[1]
    taxii.url = f"http://127.0.0.1:{port}/api/collections/{COLLECTION}/"
    try:
        yield taxii
    finally:
        server.should_exit = True
        thread.join(10)
