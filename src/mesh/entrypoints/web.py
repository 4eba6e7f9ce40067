"""The dashboard's files, as the embedded server hands them out: `web/dist`, built by `./mesh up`.

Pages live under `/app`, where no route of the API is, and all of them are one file; so a path that nobody has
stays a 404 of the API.
"""

import gzip
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from mesh.entrypoints.guard import no_route

DIST = Path(__file__).resolve().parents[3] / "web" / "dist"
# Scripts, styles, fonts and connections of this origin alone, nothing inline, and no frame around it.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
MEDIA = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
WORTH_PACKING = (".css", ".html", ".js", ".json", ".svg")
# A name in here carries a hash of its content, so what it names never changes.
FOREVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"


def routes(folder: Path = DIST) -> list[BaseRoute]:
    """`/`, every page under `/app`, and their files."""

    async def page(_: Request) -> Response:
        return _file(folder, "index.html", ASK_AGAIN) or RedirectResponse("/docs")

    async def asset(request: Request) -> Response:
        name = request.path_params["name"]
        found = _file(folder / "assets", name, FOREVER, "gzip" in request.headers.get("accept-encoding", ""))
        return found or await no_route(request, FileNotFoundError(name))

    async def plain(request: Request) -> Response:
        name = request.url.path.lstrip("/")
        return _file(folder, name, ASK_AGAIN) or await no_route(request, FileNotFoundError(name))

    return [
        Route("/", page),
        Route("/app", page),
        Route("/app/{page:path}", page),
        Route("/assets/{name}", asset),
        Route("/config.json", plain),
        Route("/favicon.svg", plain),
    ]


def docs() -> Route:
    """What `/` leads to where there is no dashboard."""

    async def start(_: Request) -> Response:
        return RedirectResponse("/docs")

    return Route("/", start)


def _file(folder: Path, name: str, cache: str, packed: bool = False) -> Response | None:
    """The file as a response; None where it is not one of the folder's own."""
    path = folder / name
    media = MEDIA.get(path.suffix)
    # A name is one part of a path: nothing leads out of the folder.
    if media is None or Path(name).name != name or not path.is_file():
        return None
    packed = packed and path.suffix in WORTH_PACKING
    headers = {**HEADERS, "cache-control": cache, "vary": "accept-encoding"}
    if packed:
        headers["content-encoding"] = "gzip"
    return Response(_bytes(path, path.stat().st_mtime_ns, packed), media_type=media, headers=headers)


@lru_cache(maxsize=256)
def _bytes(path: Path, _changed: int, packed: bool) -> bytes:
    content = path.read_bytes()
    return gzip.compress(content, 6) if packed else content
