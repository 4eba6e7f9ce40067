"""The catalogues: seven frameworks, their requirements in our own words, and the control topics they share.

Requirements keep the ids of their publishers, so that the publishers' texts can be laid beside them; names,
wordings, weights (1 to 3) and topics are ours (`catalogues/*.tsv`; editions in `catalogues/references.tsv`).
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

LEVELS = ("low", "moderate")


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing that frameworks ask for, under whatever id: when it is met, what shows it, what to write."""

    id: str
    name: str
    met_when: str
    evidence: str
    write: str


@dataclass(frozen=True, slots=True)
class Requirement:
    """`level` is the lowest NIST baseline that holds it; empty in the other frameworks."""

    framework: str
    id: str
    weight: int
    topics: tuple[str, ...]
    title: str
    wording: str
    level: str = ""

    @property
    def text(self) -> str:
        return f"{self.title}. {self.wording}"


@dataclass(frozen=True, slots=True)
class Framework:
    id: str
    name: str
    edition: str
    publisher: str
    url: str
    scope: str
    requirements: tuple[Requirement, ...]

    def within(self, baseline: str | None) -> tuple[Requirement, ...]:
        """The requirements of a baseline: `low` is part of `moderate`."""
        if baseline is None:
            return self.requirements
        held = LEVELS[: LEVELS.index(baseline) + 1]
        return tuple(each for each in self.requirements if each.level in held)


def rows(name: str) -> list[dict[str, str]]:
    """The rows of one of the agent's own tables."""
    text = (files("mesh.agents.security_compliance") / "catalogues" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))


@cache
def topics() -> Mapping[str, Topic]:
    """The control topics, by id."""
    return {
        row["topic"]: Topic(row["topic"], row["name"], row["met_when"], row["evidence"], row["write"])
        for row in rows("topics.tsv")
    }


@cache
def frameworks() -> Mapping[str, Framework]:
    """The frameworks, by id."""
    return {
        row["framework"]: Framework(
            id=row["framework"],
            name=row["name"],
            edition=row["edition"],
            publisher=row["publisher"],
            url=row["url"],
            scope=row["scope"],
            requirements=_requirements(row["framework"], row["file"]),
        )
        for row in rows("references.tsv")
    }


def everything() -> Sequence[Requirement]:
    """Every requirement of every framework, in a fixed order."""
    return [each for framework in frameworks().values() for each in framework.requirements]


def framework_named(name: str) -> str | None:
    """The id of the framework that is called so, or None.

    >>> framework_named("iso/iec 27001:2022"), framework_named("Soc 2 Type II"), framework_named("COBIT")
    ('ISO27001', 'SOC2', None)
    """
    return _names().get(_folded(name))


@cache
def _names() -> Mapping[str, str]:
    known = {}
    for row in rows("references.tsv"):
        for name in (row["framework"], row["name"], *row["aliases"].split(";")):
            known[_folded(name)] = row["framework"]
    return known


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _requirements(framework: str, file: str) -> tuple[Requirement, ...]:
    return tuple(
        Requirement(
            framework=framework,
            id=row["id"],
            weight=int(row["weight"]),
            topics=tuple(row["topics"].split(",")),
            title=row["title"],
            wording=row["wording"],
            level=row.get("level") or "",
        )
        for row in rows(file)
    )
