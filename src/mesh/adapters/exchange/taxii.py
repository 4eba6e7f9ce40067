"""Indicators from a collection of a TAXII 2.1 server, page after page, with OASIS's own client."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from mesh.adapters.exchange import stix
from mesh.adapters.exchange.indicator import Reading
from mesh.kit.problem import FieldError, Invalid, Unavailable

PAGE = 500
MOST_PAGES = 400


def read(
    url: str, now: datetime, *, user: str = "", password: str = "", since: datetime | None = None
) -> Reading:
    """Everything of a collection, or what was added after `since`.

    `url` is the collection's own: https://server/root/collections/ID/. Raises Invalid for another URL,
    Unavailable when the server cannot be reached, refuses, or sends what is no TAXII.
    """
    if not url.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        reason = "must begin with https://: indicators and passwords are not sent in clear"
        raise Invalid("That is no address of a collection.", errors=[FieldError("url", reason)])
    objects: list[Any] = []
    for envelope in _pages(url, user, password, since):
        more = envelope.get("objects", [])
        if not isinstance(more, list):
            raise Unavailable(f"{url} sent what is no envelope of TAXII 2.1.")
        objects += more
    return stix.of_objects(objects, now)


def _pages(url: str, user: str, password: str, since: datetime | None) -> Iterator[Mapping[str, Any]]:
    import requests
    from taxii2client.exceptions import TAXIIServiceException  # type: ignore[import-untyped]
    from taxii2client.v21 import Collection, as_pages  # type: ignore[import-untyped]

    filters = {"added_after": since} if since else {}
    try:
        collection = Collection(url, user=user or None, password=password or None)
        pages = as_pages(collection.get_objects, per_request=PAGE, type="indicator", **filters)
        for number, envelope in enumerate(pages, start=1):
            if number > MOST_PAGES:
                raise Unavailable(f"{url} sent more than {MOST_PAGES} pages; ask with --since.")
            yield envelope if isinstance(envelope, Mapping) else {"objects": None}
    except requests.RequestException as error:
        raise Unavailable(f"{url} cannot be read ({type(error).__name__}).") from error
    except (TAXIIServiceException, ValueError) as error:
        raise Unavailable(f"{url} is no collection of TAXII 2.1 that may be read.") from error
