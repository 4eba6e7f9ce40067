"""What every request passes before its route: size, key, throttle, idempotency; and how errors are told."""

import hashlib
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from mesh.adapters import api_keys
from mesh.entrypoints.endpoint import Call, Endpoint
from mesh.kit.platform import Platform, Reply, Tenant
from mesh.kit.problem import (
    MEDIA_TYPE,
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    NotAllowed,
    NotFound,
    Problem,
    Throttled,
    TooLarge,
    Unauthorized,
    Unsupported,
)
from mesh.kit.trace import Work, correlation_of, know, origin, working_for

P = ParamSpec("P")
T = TypeVar("T")
BODY_LIMIT = 1_000_000
IDEMPOTENCY_LEASE_S = 120.0
KEY_LENGTH = 255
NOBODY = Tenant(msp_id="", name="")
# Where in a request's scope the id of a tenant stands whose token was checked before the request got here.
VOUCHED = "mesh.vouched"
# What such a token lets its bearer do: a role of `mesh.kit.platform.Role`.
ROLE = "mesh.role"
# And what stands before every path outside of this process (see Call.root).
ROOT = "mesh.root"
SHOWN = Conflict("This was done, and its reply was shown once. Where it got lost, do it anew.")
log = logging.getLogger("mesh.http")


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets one request through to one endpoint.

    `threads`: whether it waits in a thread of its own, so that other requests go on meanwhile.
    """

    platform: Platform
    endpoint: Endpoint
    threads: bool = True

    async def __call__(self, request: Request) -> Response:
        trace = correlation_of(request.headers) or origin().correlation_id or self.platform.ids()
        with working_for(correlation_id=trace):
            return await self._observed(request)

    async def _observed(self, request: Request) -> Response:
        started = time.perf_counter()
        tenant = NOBODY
        try:
            if not self.endpoint.public:
                tenant = await self._run(self._tenant, request)
                know(msp_id=tenant.msp_id)
                self._throttle(tenant)
                if self.endpoint.admin:
                    await self._run(self._authorise, request)
            body = await read_body(request)
            call = Call(
                platform=self.platform,
                tenant=tenant,
                path=request.path_params,
                query=_query(request),
                headers={name.lower(): value for name, value in request.headers.items()},
                body=body,
                root=request.scope.get(ROOT, ""),
            )
            reply = await self._run(self._answer, call, request)
        except Problem as problem:
            reply = told(problem, request.url.path)
        self.platform.observer.worked(self._work(request, reply, started))
        return Response(reply.body, reply.status, dict(reply.headers))

    async def _run(self, act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await run_in_threadpool(act, *args, **kwargs) if self.threads else act(*args, **kwargs)

    def _work(self, request: Request, reply: Reply, started: float) -> Work:
        return Work(
            kind="request",
            what=f"{request.method} {self.endpoint.path}",
            outcome="done" if reply.status < 400 else "refused" if reply.status < 500 else "failed",
            took_ms=(time.perf_counter() - started) * 1000,
            counts={"status": reply.status},
        )

    def _tenant(self, request: Request) -> Tenant:
        # Set by a runtime that has checked a token of the tenant's before; nothing a client sends gets there.
        vouched = request.scope.get(VOUCHED)
        key = request.headers.get("x-api-key", "")
        if vouched:
            tenant = self.platform.tenants.find(vouched)
        else:
            tenant = self.platform.keys.tenant_of(key) if key else None
        if tenant is None:
            reason = "is not a live key" if key else "is missing"
            errors = [FieldError("x-api-key", reason)]
            raise Unauthorized("Send a key made with ./mesh keys create MSP_ID in x-api-key.", errors=errors)
        return tenant

    def _authorise(self, request: Request) -> None:
        """Read for these routes alone, so that no other request pays for it."""
        if request.scope.get(VOUCHED):
            role = request.scope.get(ROLE, "")
        else:
            found = self.platform.keys.find(api_keys.key_id(request.headers["x-api-key"]))
            role = found.role if found else ""
        if role != "admin":
            errors = [FieldError("x-api-key", "has not the role admin")]
            raise Forbidden(
                "This takes a key with the role admin. Ask whoever holds one, or make one where the mesh "
                "runs: ./mesh keys create MSP_ID --role admin.",
                errors=errors,
            )

    def _throttle(self, tenant: Tenant) -> None:
        wait = self.platform.throttle.take(tenant.msp_id)
        if wait:
            raise Throttled("Slow down, then send the request again.", retry_after_s=wait)

    def _answer(self, call: Call, request: Request) -> Reply:
        key = call.headers.get("idempotency-key")
        if key is None or request.method in ("GET", "HEAD"):
            return self._handled(call, request)
        if not 0 < len(key) <= KEY_LENGTH:
            errors = [FieldError("Idempotency-Key", f"must have 1 to {KEY_LENGTH} characters")]
            raise Invalid("The idempotency key is not valid.", errors=errors)
        msp_id = call.tenant.msp_id
        asked = (
            f"{request.method} {request.url.path}?{request.url.query}\n{call.media_type}\n".encode()
            + call.body
        )
        first = self.platform.replies.begin(
            msp_id, key, hashlib.sha256(asked).hexdigest(), IDEMPOTENCY_LEASE_S
        )
        if first:
            return Reply(first.status, {**first.headers, "idempotency-replayed": "true"}, first.body)
        reply = self._handled(call, request)
        if reply.status >= 500 or reply.status == 429:
            self.platform.replies.abandon(msp_id, key)
        else:
            kept = told(SHOWN, request.url.path) if self.endpoint.shown_once and reply.status < 300 else reply
            self.platform.replies.finish(msp_id, key, kept)
        return reply

    def _handled(self, call: Call, request: Request) -> Reply:
        try:
            return self.endpoint.handle(call)
        except Problem as problem:
            return told(problem, request.url.path)
        except Exception:  # a defect of ours must not end the server, nor leak what it was
            incident = self.platform.ids()
            log.exception("incident %s on %s %s", incident, request.method, self.endpoint.path)
            return told(Problem(f"Report incident {incident} to whoever runs this mesh."), request.url.path)


def _query(request: Request) -> dict[str, str]:
    doubled = [name for name in request.query_params if len(request.query_params.getlist(name)) > 1]
    if doubled:
        raise Invalid(
            "Give each parameter once.", errors=[FieldError(name[:50], "given twice") for name in doubled]
        )
    return dict(request.query_params)


async def read_body(request: Request) -> bytes:
    """The body, refused as soon as it is known to be too large. Compressed bodies are not taken."""
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding != "identity":
        errors = [FieldError("Content-Encoding", f"{encoding[:50]} is not taken")]
        raise Unsupported("Send the body as it is, not compressed.", errors=errors)
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared[:20]) > BODY_LIMIT:
        raise _too_large()
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_LIMIT:
                raise _too_large()
    except ClientDisconnect:
        raise Problem("The client went away before the request was read.") from None
    return bytes(body)


def _too_large() -> TooLarge:
    reason = f"has more than {BODY_LIMIT:,} bytes"
    return TooLarge("Send less at once.", errors=[FieldError("body", reason)])


def told(problem: Problem, path: str) -> Reply:
    """The problem as a reply."""
    headers = {"content-type": MEDIA_TYPE}
    if problem.retry_after_s is not None:
        headers["retry-after"] = str(max(1, round(problem.retry_after_s)))
    if problem.status == 401:
        headers["www-authenticate"] = 'ApiKey realm="msp-intelligence-mesh"'
    return Reply(problem.status, headers, json.dumps(problem.document(path)).encode())


async def no_route(request: Request, error: Exception) -> Response:
    """Starlette's own 404 and 405 as problem documents."""
    status = error.status_code if isinstance(error, HTTPException) else 404
    problem: Problem = NotFound("This path is not one of the mesh's. GET /openapi.json lists them.")
    headers = dict(getattr(error, "headers", None) or {})
    if status == 405:
        problem = NotAllowed(f"{request.method[:20]} is not taken here; see the Allow header.")
    reply = told(problem, request.url.path)
    return Response(reply.body, reply.status, {**headers, **reply.headers})
