"""One file over HTTPS: with time-outs, a size limit, and nothing sent twice that has not changed."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mesh.adapters.knowledge.store import Stamp
from mesh.kit.problem import TooLarge, Unavailable

_CONNECT_S, _READ_S, _WHOLE_S = 10.0, 30.0, 600.0
_MAX_REDIRECTS = 5


@dataclass(frozen=True, slots=True)
class Fetched:
    content: bytes
    stamp: Stamp


# url, what was said of it last time, the most bytes to take; None when it has not changed.
Fetch = Callable[[str, Stamp, int], Fetched | None]


def over_https(url: str, known: Stamp, limit: int) -> Fetched | None:
    """Fetch `url`, at most `limit` bytes of it.

    Raises Unavailable when the server cannot be reached or refuses, and TooLarge past the limit.
    """
    import httpx

    headers = {"User-Agent": "msp-intelligence-mesh"}
    if known.etag:
        headers["If-None-Match"] = known.etag
    if known.last_modified:
        headers["If-Modified-Since"] = known.last_modified
    timeout = httpx.Timeout(_READ_S, connect=_CONNECT_S)
    try:
        with (
            httpx.Client(timeout=timeout, follow_redirects=True, max_redirects=_MAX_REDIRECTS) as client,
            client.stream("GET", url, headers=headers) as response,
        ):
            if response.status_code == httpx.codes.NOT_MODIFIED:
                return None
            if response.status_code != httpx.codes.OK:
                raise Unavailable(f"{url} answered {response.status_code}.")
            content = _body(response.iter_bytes(), limit, url)
    except httpx.HTTPError as error:
        raise Unavailable(f"{url} cannot be reached ({type(error).__name__}).") from error
    stamp = Stamp(url, response.headers.get("etag", ""), response.headers.get("last-modified", ""))
    return Fetched(content, stamp)


def _body(chunks: Iterable[bytes], limit: int, url: str) -> bytes:
    # A server that drips bytes never runs into the read time-out, so the whole transfer has a limit as well.
    deadline = time.monotonic() + _WHOLE_S
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > limit:
            raise TooLarge(f"{url} sent more than {limit >> 20} MiB.")
        if time.monotonic() > deadline:
            raise Unavailable(f"{url} took longer than {_WHOLE_S:.0f} s.")
    return bytes(body)
