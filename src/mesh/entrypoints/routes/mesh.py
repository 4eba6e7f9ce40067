"""What an MSP shares with the mesh, and what the mesh knows: consent."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from mesh.entrypoints.endpoint import JSON, Call, Endpoint, reply_json
from mesh.kit.platform import Reply
from mesh.kit.problem import validated
from mesh.kit.records import Tlp
from mesh.sharing import profiles
from mesh.sharing.benchmarks import benchmarking_of
from mesh.sharing.consent import BENCHMARKS, MATCHING, SWITCHES, Consents, Purpose, Reach, Version
from mesh.sharing.policy import What
from mesh.sharing.sighting_withdrawal import forget

TAG = "mesh"
PROFILE_MEANS = (
    "Other MSPs see the fields of your profile that its own `shared` names, while its `tlp` is TLP:CLEAR or"
    " TLP:GREEN; change it there (POST /records/profile)."
)


class SwitchState(BaseModel):
    """One thing that can be agreed to, what it means, and whether it is agreed to now."""

    what: What
    purpose: Purpose
    granted: bool
    means: str
    set_by: str = Field(description="Which route changes it")


class ConsentState(BaseModel):
    """What you share with other MSPs; without your word, nothing."""

    version: int = Field(description="Counts the changes; 0: nothing was ever agreed to")
    since: datetime | None
    unmarked_tlp: Tlp | None = Field(
        description="TLP of indicators in questions that give none; null: such indicators are not shared"
    )
    indicator_reach: Reach = Field(
        description="mesh: every MSP that the TLP reaches; partners: those alone that you agreed to meet"
    )
    switches: Sequence[SwitchState]
    versions: Sequence[Version] = Field(description="This one and earlier ones, newest first")


class Change(BaseModel):
    model_config = ConfigDict(extra="forbid")

    what: What
    purpose: Purpose
    granted: bool = Field(strict=True)


class Changes(BaseModel):
    """Switches that are not named stay as they are."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "switches": [{"what": "indicator", "purpose": "matching", "granted": True}],
                    "unmarked_tlp": "TLP:GREEN",
                },
                {"switches": [{"what": "indicator", "purpose": "feed", "granted": False}]},
            ]
        },
    )

    switches: list[Change] = Field(default=[], max_length=20, description="The last word on a switch counts")
    unmarked_tlp: Tlp | None = Field(
        default=None, description="TLP:CLEAR or TLP:GREEN; null withdraws it, leaving it out leaves it"
    )
    indicator_reach: Reach | None = Field(default=None, description="Leaving it out leaves it")


def get_consent(call: Call) -> Reply:
    return _state(call)


def change_consent(call: Call) -> Reply:
    """Withdrawals hold when this returns: whatever serves shared things asks for consent each time."""
    asked = validated(Changes, call.json_object())
    changes = {(each.what, each.purpose): each.granted for each in asked.switches}
    told: dict[str, str | None] = {"indicator_reach": asked.indicator_reach} if asked.indicator_reach else {}
    if "unmarked_tlp" in asked.model_fields_set:
        told["unmarked_tlp"] = asked.unmarked_tlp
    after = _consents(call).change(call.tenant.msp_id, changes, **told)
    if any(not granted for granted in changes.values()):
        forget(call.platform.commons, call.tenant.msp_id, after)
    if ("benchmark", BENCHMARKS) in changes:
        # What an MSP contributes is computed when it agrees, and goes when it withdraws.
        contributions = benchmarking_of(call.platform).contributions
        contributions.refresh(call.tenant.msp_id, call.ports.records, simulated=call.tenant.simulated)
    return _state(call)


def _state(call: Call) -> Reply:
    versions = _consents(call).versions(call.tenant.msp_id)
    now = versions[0]
    switches = [
        SwitchState(
            what=each.what, purpose=each.purpose, granted=(each.what, each.purpose) in now.granted,
            means=each.means, set_by="/mesh/consent",
        )
        for each in SWITCHES
    ]  # fmt: skip
    shown = any(profiles.card(row, call.tenant.msp_id) for row in call.ports.records.scan(profiles.PROFILE))
    profile = SwitchState(
        what="profile", purpose=MATCHING, granted=shown, means=PROFILE_MEANS, set_by="/records/profile"
    )
    return reply_json(
        ConsentState(
            version=now.version,
            since=now.at,
            unmarked_tlp=now.unmarked_tlp,
            indicator_reach=now.indicator_reach,
            switches=[*switches, profile],
            versions=versions,
        )
    )


def _consents(call: Call) -> Consents:
    return Consents(call.platform.commons, call.platform.clock)


ROUTES = [
    Endpoint("GET", "/mesh/consent", "What you agreed to share, in plain words", TAG, get_consent,
             reply=ConsentState, problems=(401, 429)),
    Endpoint("POST", "/mesh/consent", "Agree to share something, or withdraw; in force at once", TAG,
             change_consent, takes={JSON: Changes}, reply=ConsentState,
             problems=(400, 401, 409, 413, 415, 422, 429)),
]  # fmt: skip
