"""The tenant's keys, without their secrets, and how much of its rate it uses."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from mesh.entrypoints import key_ring
from mesh.entrypoints.endpoint import JSON, Call, Endpoint, reply_json
from mesh.kit.platform import KeyInfo, Reply, Role, Use
from mesh.kit.problem import validated

TAG = "admin"
PRINTED = r"^[^\x00-\x1f\x7f]*$"
Label = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100, pattern=PRINTED)]


class Keys(BaseModel):
    items: list[KeyInfo] = Field(description="By age, revoked ones too; never a secret")


class NewKey(BaseModel):
    model_config = ConfigDict(extra="forbid")

    label: Label = Field(default="", description="What the key is for")
    role: Role = Field(default="member", description="admin: may look after keys, feeds and cost as well")


class MadeKey(BaseModel):
    key: str = Field(description="The key itself. It is shown this once and is not stored")
    info: KeyInfo


def listing(call: Call) -> Reply:
    return reply_json(Keys(items=list(call.platform.keys.listing(call.tenant.msp_id))))


def make(call: Call) -> Reply:
    asked = validated(NewKey, call.json_object())
    text, info = key_ring.make(call.platform, call.tenant.msp_id, asked.label, asked.role)
    return reply_json(MadeKey(key=text, info=info), 201, cache_control="no-store")


def revoke(call: Call) -> Reply:
    return reply_json(key_ring.end(call.platform, call.tenant.msp_id, call.path["key_id"]))


def throttle(call: Call) -> Reply:
    return reply_json(call.platform.throttle.use(call.tenant.msp_id, call.platform.clock.now()))


ROUTES = [
    Endpoint("GET", "/admin/keys", "Your keys, never their secrets", TAG, listing, reply=Keys,
             problems=(401, 403, 429), admin=True),
    Endpoint("POST", "/admin/keys", "Make a key, which is shown this once", TAG, make, takes={JSON: NewKey},
             reply=MadeKey, status=201, problems=(400, 401, 403, 409, 413, 415, 422, 429), admin=True,
             shown_once=True),
    Endpoint("DELETE", "/admin/keys/{key_id}", "Revoke a key; its sockets end", TAG, revoke, reply=KeyInfo,
             problems=(401, 403, 404, 409, 422, 429), admin=True),
    Endpoint("GET", "/admin/throttle", "Your rate as it is set, and what you used", TAG, throttle, reply=Use,
             problems=(401, 403, 429), admin=True),
]  # fmt: skip
