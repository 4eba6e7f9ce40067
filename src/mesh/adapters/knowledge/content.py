"""What a feed's file holds once parsed, and the checks that every parser shares."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

from mesh.kit.ports import Row
from mesh.kit.problem import Invalid, Malformed

# CVE ids have four or more digits after the year (CVE id syntax of 2014).
CVE = re.compile(r"CVE-\d{4}-\d{4,19}")
# Feeds write null where they mean nothing.
Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]


class Camel(BaseModel):
    """Part of a feed's JSON. Only the fields named are kept; `cvss_data` reads `cvssData`."""

    model_config = ConfigDict(alias_generator=to_camel)


@dataclass(frozen=True, slots=True)
class Content:
    """A feed's file once parsed: rows by key, and what it calls itself.

    `published` is "" where nobody said. `fills_gaps` marks rows poorer than those of the feed's own home:
    merged, they are taken only for keys that have no row yet.
    """

    version: str
    published: str
    rows: Mapping[str, Row]
    fills_gaps: bool = False


def unexpected(name: str, expected: str) -> Malformed:
    """The problem of a file that is not what was asked for."""
    return Malformed(f"{name} is not what this feed reads. Expected: {expected}.")


def content(version: str, published: str, rows: Mapping[str, Row], name: str, expected: str) -> Content:
    """The parsed file. Raises Invalid where the form was right and nothing in it could be used."""
    if not rows:
        raise Invalid(f"{name} has the right form and not one usable row. Expected: {expected}.")
    return Content(version or published or "unnamed", published, rows)


def number(value: str) -> float | None:
    """A finite number, or None."""
    try:
        found = float(value)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def share(value: str) -> float | None:
    """A number from 0 to 1, or None."""
    found = number(value)
    return found if found is not None and 0 <= found <= 1 else None


def by_lower_case(names: list[str]) -> dict[str, str]:
    """Column names as they stand in the file, by their lower-case form."""
    return {name.strip().lower(): name for name in names}
