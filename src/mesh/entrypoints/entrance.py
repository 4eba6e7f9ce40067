"""The one-time link by which a person on this machine enters the dashboard as a simulated MSP.

The link holds a code in its fragment, which browsers do not send; the page trades the code for a key. A
code is good once, while the server runs, for a simulated MSP only, and only where the server listens on the
loopback interface and is asked by that name: neither another machine nor a page of another origin can use it.
"""

import hmac
import ipaddress
import json
import secrets
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mesh.entrypoints.endpoint import parse_json
from mesh.entrypoints.guard import read_body, told
from mesh.kit.platform import Platform, Tenant
from mesh.kit.problem import FieldError, NotFound, Problem, Unauthorized

PATH = "/app/enter"
LABEL = "dashboard, by the link of ./mesh up"


def is_loopback(host: str) -> bool:
    """Whether an address or name is this machine's own and no other's.

    >>> is_loopback("127.0.0.1"), is_loopback("[::1]"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    bare = host.strip("[]")
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return bare == "localhost"


class Entrance:
    """Holds the code that is good now. `say` is told the next link once one was used."""

    def __init__(self, platform: Platform, address: str, say: Callable[[str], None]) -> None:
        self.platform, self.address, self.say = platform, address, say
        self.code = secrets.token_urlsafe(24)

    @property
    def link(self) -> str:
        return f"{self.address}/#enter={self.code}"

    def tenant(self) -> Tenant | None:
        """The simulated MSP it opens: the first by name; None where there is none."""
        simulated = [one for one in self.platform.tenants.listing() if one.simulated]
        return min(simulated, key=lambda one: one.msp_id, default=None)

    def key_for(self, code: str) -> str:
        """A new key for the code, which is spent. Raises Unauthorized, NotFound."""
        if not hmac.compare_digest(code.encode(), self.code.encode()):
            errors = [FieldError("code", "was used, or is none of this server's")]
            raise Unauthorized("The terminal in which the mesh runs shows a fresh link.", errors=errors)
        tenant = self.tenant()
        if tenant is None:
            raise NotFound("There is no simulated MSP here: ./mesh keys create MSP_ID makes a key.")
        self.code = secrets.token_urlsafe(24)
        # Whoever reads this terminal could make any key with ./mesh keys: nothing more is given here.
        key = self.platform.keys.create(tenant.msp_id, LABEL, "admin")
        self.say(f"The dashboard was opened as {tenant.name}. For another browser: {self.link}")
        return key

    def route(self) -> Route:
        async def enter(request: Request) -> Response:
            try:
                self._refuse_strangers(request)
                sent = parse_json(await read_body(request))
                code = sent.get("code") if isinstance(sent, dict) else None
                key = await run_in_threadpool(self.key_for, code if isinstance(code, str) else "")
            except Problem as problem:
                reply = told(problem, PATH)
                return Response(reply.body, reply.status, dict(reply.headers))
            headers = {"content-type": "application/json", "cache-control": "no-store"}
            return Response(json.dumps({"key": key}), headers=headers)

        return Route(PATH, enter, methods=["POST"])

    def _refuse_strangers(self, request: Request) -> None:
        """A page of another origin, or a name that was pointed at this machine, gets nothing."""
        named = request.headers.get("host", "")
        origin = request.headers.get("origin", f"http://{named}")
        near = is_loopback(request.client.host if request.client else "")
        host = urlsplit(f"http://{named}").hostname or ""
        if not (near and is_loopback(host) and origin == f"http://{named}"):
            raise Unauthorized("Links are for the machine that the mesh runs on, and for its own page.")
