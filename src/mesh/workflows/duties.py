"""Whom the law, or a contract, wants told of a breach, and by when; from `duties.toml`, with its sources.

No lawyer's advice: whether an incident is a breach, and which law applies, is for people to decide. What is
listed is what may apply to such a client, with the time it would have to be done by.
"""

import tomllib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Compared(BaseModel):
    """With what a duty was compared: the wording of the law (`text`), or what others write of it (`account`).

    `url` is the page as it was on that day, `beside` what else was looked at, or was not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    basis: Literal["text", "account"] = Field(validation_alias="with")
    section: str
    url: str
    on: date
    beside: str = ""


class Duty(BaseModel):
    """One duty. It applies where one of its frameworks, industries or regions is the client's; a duty with
    regions and industries needs both. `within_hours` counts from discovery; null: without undue delay.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    law: str
    tell: str = Field(description="Who is to be told")
    when: str = Field(description="What must be true of the incident")
    within_hours: float | None = None
    wording: str = Field(description="The time as the source has it, in our words")
    frameworks: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    source: str
    url: str
    compared: Compared | None = Field(default=None, description="None: nothing to compare with was found")


class _Held(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    written: date
    member_states: tuple[str, ...]
    duties: tuple[Duty, ...]


@cache
def held() -> _Held:
    """All duties, with the day on which they were written down."""
    text = files("mesh.workflows").joinpath("duties.toml").read_text(encoding="utf-8")
    return _Held.model_validate(tomllib.loads(text))


def duties(discovered_at: datetime, frameworks: Sequence[str], industry: str, region: str) -> dict[str, Any]:
    """`duties`, the most urgent first, each with `due_at`; `first_due_at`; `not_known`, what was not told.

    `region` is a country, or begins with one (`us-west`, `uk`, `de-by`).
    """
    wanted = {_plain(name) for name in frameworks}
    places = _places(region)
    apply = [duty for duty in held().duties if _applies(duty, wanted, _plain(industry), places)]
    found = [_due(duty, discovered_at) for duty in sorted(apply, key=_urgency)]
    dues = [one["due_at"] for one in found if one["due_at"]]
    not_known = [
        reason
        for known, reason in (
            (region, "The client's region is not stored: laws of a country or state are left out."),
            (frameworks or industry, "No framework or industry is stored for the client."),
        )
        if not known
    ]
    return {
        "duties": found,
        "count": len(found),
        "discovered_at": discovered_at.isoformat(),
        "first_due_at": min(dues) if dues else None,
        "written": held().written.isoformat(),
        "not_known": [*not_known, *_reservations(apply)],
    }


def _applies(duty: Duty, frameworks: set[str], industry: str, places: set[str]) -> bool:
    if duty.frameworks and not frameworks.isdisjoint(_plain(name) for name in duty.frameworks):
        return True
    if duty.industries and industry not in {_plain(name) for name in duty.industries}:
        return False
    if duty.regions and places.isdisjoint(duty.regions):
        return False
    return bool(duty.industries or duty.regions)


def _places(region: str) -> set[str]:
    """The region itself and what it lies in.

    >>> sorted(_places("us-ca")), sorted(_places("ie"))
    (['us', 'us-ca'], ['eu', 'ie'])
    """
    name = region.strip().lower().replace("_", "-")
    country = name.split("-")[0]
    country = {"gb": "uk"}.get(country, country)
    found = {name, country} - {""}
    return found | {"eu"} if country in (*held().member_states, "eu") else found


def _reservations(listed: Sequence[Duty]) -> list[str]:
    """What the reader has to know of how far these were compared with the laws."""
    accounts = [one.law for one in listed if one.compared and one.compared.basis == "account"]
    nothing = [one.law for one in listed if one.compared is None]
    told = [
        (accounts, "Compared with others' accounts of the law, not with its wording: "),
        (nothing, "Compared with nothing, since none was found: "),
    ]
    said = [f"{words}{'; '.join(dict.fromkeys(laws))}." for laws, words in told if laws]
    return [*said, "No lawyer has looked at these duties."] if listed else []


def _urgency(duty: Duty) -> tuple[bool, float, str]:
    """What is to be done without delay comes before what has a time."""
    return duty.within_hours is not None, duty.within_hours or 0.0, duty.id


def _due(duty: Duty, discovered_at: datetime) -> dict[str, Any]:
    due = None if duty.within_hours is None else discovered_at + timedelta(hours=duty.within_hours)
    told = duty.model_dump(include={"id", "law", "tell", "when", "wording", "source", "url"})
    compared = duty.compared.model_dump(mode="json") if duty.compared else None
    return {**told, "compared": compared, "due_at": due.isoformat() if due else None}


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
