"""Sort keys of lists in order of a time and then of an id, and the cursors that lead through them."""

from mesh.adapters.aws.items import can_be_key
from mesh.kit import cursor as cursors
from mesh.kit.problem import FieldError, Malformed

# Sorts before every digit, so that rows without a time come first.
GAP = " "
FIRST_YEAR, END = "0", "\U0010ffff"


def place(at: str, name: str) -> str:
    """The sort key. `at` is a text that sorts as its time does, or empty.

    >>> place("", "b") < place("2026-03-02", "a") < place("2026-03-02", "a/1") < place("2026-03-03", "a")
    True
    """
    return at + GAP + name


def written(at_place: str) -> str:
    """A cursor for the row at a place."""
    return cursors.write(*at_place.split(GAP, 1))


def read(cursor: str) -> str:
    """The place of a cursor. Raises Malformed when it is not one of ours, or no key at all."""
    found = place(*cursors.read(cursor, 2))
    # One letter is left for the next place, see `behind`.
    if not can_be_key(behind(found)):
        errors = [FieldError("cursor", "not a cursor this list gave out")]
        raise Malformed("Ask again without a cursor.", errors=errors)
    return found


def behind(at_place: str) -> str:
    """The least text that sorts behind a place."""
    return at_place + "\x00"
