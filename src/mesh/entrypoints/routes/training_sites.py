"""Where an MSP's rows stand elsewhere: the key of its site there, and the trainings that await it."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from mesh.entrypoints.endpoint import JSON, Call, Endpoint, reply_json
from mesh.kit.platform import Reply
from mesh.kit.problem import NotFound, validated
from mesh.sharing.federation_sites import Invitation, Site, Sites

TAG = "mesh"


class SiteState(BaseModel):
    """Your site on another machine, if you have one, and where it is awaited now."""

    site: Site | None = Field(description="null: in trainings, your rows here count")
    invitations: Sequence[Invitation] = Field(description="Trainings that began and wait for your site")


class Registration(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "public_key": "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBB"
                    "HZ7TiJiCsDqzsjbUnfbe1WRkGk4TJwwrHJFi3zAbqimhYivqEPOgY3QFZ2Krhcro6xVdb35NgnsrwWvhgUNvhA="
                }
            ]
        },
    )

    public_key: str = Field(max_length=1000, description="As ./mesh site --new-key prints it, or OpenSSH")


def state(call: Call) -> Reply:
    return _told(call)


def register(call: Call) -> Reply:
    """In place of an earlier one, which no training lets in any more."""
    asked = validated(Registration, call.json_object())
    _sites(call).register(call.tenant.msp_id, asked.public_key)
    return _told(call)


def forget(call: Call) -> Reply:
    if not _sites(call).forget(call.tenant.msp_id):
        raise NotFound("You have no site on another machine.")
    return _told(call)


def _told(call: Call) -> Reply:
    sites, msp_id = _sites(call), call.tenant.msp_id
    return reply_json(SiteState(site=sites.of(msp_id), invitations=sites.invitations(msp_id)))


def _sites(call: Call) -> Sites:
    return Sites(call.platform.commons, call.platform.clock)


ROUTES = [
    Endpoint("GET", "/mesh/site", "Your site on another machine, and which trainings await it", TAG, state,
             reply=SiteState, problems=(401, 429)),
    Endpoint("POST", "/mesh/site", "Take part in trainings by a site on another machine", TAG, register,
             takes={JSON: Registration}, reply=SiteState, problems=(400, 401, 409, 413, 415, 422, 429)),
    Endpoint("DELETE", "/mesh/site", "Forget your site: your rows here count again", TAG, forget,
             reply=SiteState, problems=(401, 404, 409, 422, 429)),
]  # fmt: skip
