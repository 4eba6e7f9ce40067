"""Making and revoking a tenant's keys, as the routes and ./mesh keys both do it."""

from collections.abc import Sequence

from mesh.adapters import api_keys
from mesh.kit.platform import KeyInfo, Platform, Role
from mesh.kit.problem import Conflict, NotFound


def make(platform: Platform, msp_id: str, label: str, role: Role) -> tuple[str, KeyInfo]:
    """A new key, which is shown this once, and what may be shown of it later. Raises NotFound."""
    text = platform.keys.create(msp_id, label, role)
    made = platform.keys.find(api_keys.key_id(text))
    if made is None:
        raise Conflict("The key was removed while it was made.")
    return text, made


def usual_role(platform: Platform, msp_id: str) -> Role:
    """An MSP's first live key may look after the others; those after it may not, unless that is asked for."""
    return "member" if _live(platform.keys.listing(msp_id)) else "admin"


def end(platform: Platform, msp_id: str, key_id: str) -> KeyInfo:
    """Revoke one of the tenant's keys; how it stands now. One that was revoked before stays as it is.

    Raises NotFound for a key that is not the tenant's, Conflict for its last live admin key.
    """
    found = platform.keys.find(key_id)
    if found is None or found.msp_id != msp_id:
        raise NotFound("You have no key with that id.")
    if found.revoked_at is None and found.role == "admin":
        # An index may lack a key made a moment ago: then this refuses once too often, never once too few.
        others = [k for k in _live(platform.keys.listing(msp_id)) if k.role == "admin" and k.key_id != key_id]
        if not others:
            raise Conflict("This is your only admin key. Make another one first, then revoke this one.")
    platform.keys.revoke(key_id)
    return platform.keys.find(key_id) or found


def _live(keys: Sequence[KeyInfo]) -> list[KeyInfo]:
    return [key for key in keys if key.revoked_at is None]
