"""Opaque cursors for lists: where the last page ended, safe to hand to a client and to take back."""

import base64
import binascii

from pydantic_core import from_json, to_json

from mesh.kit.problem import FieldError, Malformed


def write(*place: str) -> str:
    """A cursor for the row at `place`, the texts that order the list."""
    return base64.urlsafe_b64encode(to_json(place)).decode().rstrip("=")


def read(cursor: str, width: int) -> list[str]:
    """The `width` texts `write` was given. Raises Malformed when the cursor is not one of ours."""
    try:
        place = from_json(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        place = None
    if not isinstance(place, list) or len(place) != width or not all(isinstance(p, str) for p in place):
        reason = "not a cursor this list gave out"
        raise Malformed("Ask again without a cursor.", errors=[FieldError("cursor", reason)])
    return place
