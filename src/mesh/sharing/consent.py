"""What each MSP agreed to share: kept by version, and in force from the moment it is stored.

Whoever serves something of an owner's asks here first, every time: nothing of it is cached, so what was
withdrawn is not served again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from mesh.kit.platform import Commons, Entry
from mesh.kit.ports import Clock
from mesh.kit.problem import Conflict, FieldError, Invalid
from mesh.kit.records import Tlp
from mesh.sharing.policy import COMMUNITY, Consent, Distribution, What

SHELF = "consents"
Purpose = Literal["matching", "feed", "benchmarks", "training"]
Reach = Literal["mesh", "partners"]
MATCHING: Purpose = "matching"
FEED: Purpose = "feed"
BENCHMARKS: Purpose = "benchmarks"
TRAINING: Purpose = "training"
# Earlier versions that are kept beside the one in force.
KEPT_VERSIONS = 100
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Switch:
    """One thing that an MSP can agree to, and what that means in plain words."""

    what: What
    purpose: Purpose
    means: str


SWITCHES: tuple[Switch, ...] = (
    Switch(
        "indicator", MATCHING,
        "Indicators and techniques of your threat answers are counted with those of other MSPs. Indicators"
        " leave only as keyed hashes, never as values; others learn how many MSPs saw one, from three up, and"
        " never who. Addresses and names inside your network, e-mail addresses, accounts and your clients'"
        " names never leave.",
    ),
    Switch(
        "indicator", FEED,
        "Values of the indicators that are counted are stored as well, and handed to other MSPs once three"
        " MSPs saw them: in campaigns, as STIX and in MISP's form, without a name.",
    ),
    Switch(
        "benchmark", BENCHMARKS,
        "Your figures (price per seat, revenue per client, tickets, resolution time, churn, utilisation)"
        " count in percentiles over at least five MSPs, with noise added and a privacy budget kept for you.",
    ),
    Switch(
        "model-update", TRAINING,
        "Your site takes part in joint training: your rows stay with you, a clipped, noisy and masked change"
        " of the model leaves.",
    ),
)  # fmt: skip
_KNOWN = {(switch.what, switch.purpose) for switch in SWITCHES}


class Version(BaseModel):
    """One version of a consent: what was granted from `at` on."""

    version: int = Field(default=0, ge=0)
    at: datetime | None = Field(description="Since when; null where nothing was ever granted")
    granted: tuple[tuple[What, Purpose], ...] = ()
    unmarked_tlp: Tlp | None = None
    indicator_reach: Reach = Field(
        default="mesh", description="partners: MSPs alone that agreed to an introduction with you"
    )


@dataclass(frozen=True, slots=True)
class Consents:
    """Consents of all MSPs over the commons."""

    commons: Commons
    clock: Clock

    def of(self, msp_id: str) -> Consent:
        """What the MSP agrees to now; nothing where it never said anything."""
        return _consent(self.commons.find(SHELF, msp_id))

    def all(self) -> Mapping[str, Consent]:
        """The consent of every MSP that ever gave one, by its id, in one reading."""
        return {entry.key: _consent(entry) for entry in self.commons.scan(SHELF)}

    def versions(self, msp_id: str) -> Sequence[Version]:
        """The version in force and the 100 before it, newest first; version 0 stands for nothing said."""
        entry = self.commons.find(SHELF, msp_id)
        if entry is None:
            return [Version(at=None)]
        held = [Version.model_validate(each) for each in entry.body["versions"]]
        return [each.model_copy(update={"version": entry.version - n}) for n, each in enumerate(held)]

    def change(
        self, msp_id: str, changes: Mapping[tuple[What, Purpose], bool], **more: str | None
    ) -> Consent:
        """Grant what is True, withdraw what is False, leave the rest; in force on return, as a new version.

        `unmarked_tlp=` sets the TLP of indicators that come without one, `indicator_reach=` how far they go.
        What changes nothing makes no version. Raises Invalid for what cannot be switched, Conflict where
        others keep changing it.
        """
        _check(changes, more)
        for _ in range(_TRIES):
            before = self.commons.find(SHELF, msp_id)
            held = before.body["versions"] if before else []
            now = Version.model_validate(held[0]) if held else Version(at=None)
            granted = set(now.granted) | {key for key, given in changes.items() if given}
            granted -= {key for key, given in changes.items() if not given}
            told = {"at": self.clock.now(), "granted": tuple(sorted(granted)), **more}
            after = Version.model_validate(now.model_dump() | told)
            if after.model_copy(update={"at": now.at, "granted": now.granted}) == now and granted == set(
                now.granted
            ):
                return _consent(before)
            kept = [after.model_dump(mode="json", exclude={"version"}), *held][: KEPT_VERSIONS + 1]
            entry = Entry(shelf=SHELF, key=msp_id, owner=msp_id, body={"versions": kept})
            if self.commons.put(entry, before.version if before else 0):
                return self.of(msp_id)
        raise Conflict("The consent was changed at the same time; read it and change it again.")


def _consent(entry: Entry | None) -> Consent:
    if entry is None:
        return Consent()
    now = entry.body["versions"][0]
    granted = frozenset((what, purpose) for what, purpose in now["granted"])
    reach: Distribution = "mesh" if now["indicator_reach"] == "mesh" else "group"
    return Consent(entry.version, granted, now["unmarked_tlp"], reach)


def _check(changes: Mapping[tuple[What, Purpose], bool], more: Mapping[str, Any]) -> None:
    assert set(more) <= {"unmarked_tlp", "indicator_reach"}, more
    for what, purpose in changes:
        if (what, purpose) not in _KNOWN:
            choices = ", ".join(f"{each.what} for {each.purpose}" for each in SWITCHES)
            errors = [FieldError("switches", f"{what} for {purpose} is none of: {choices}")]
            raise Invalid("That cannot be agreed to.", errors=errors)
    if more.get("unmarked_tlp") not in (None, *COMMUNITY):
        reason = f"must be one of {', '.join(sorted(COMMUNITY))}, or null: others reach no other MSP"
        raise Invalid("Nothing would be shared.", errors=[FieldError("unmarked_tlp", reason)])
