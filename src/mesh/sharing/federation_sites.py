"""MSPs whose rows stand elsewhere: the key that each one's site proves itself by, and where it is awaited.

A site asks for its invitations with its MSP's own key to the mesh: whoever is not invited is told nothing.
"""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel, Field

from mesh.kit.platform import Commons, Entry
from mesh.kit.ports import Clock
from mesh.kit.problem import FieldError, Invalid

KEYS, INVITATIONS = "training-sites", "training-invitations"
# What nobody took away because its process died goes by itself; no training takes longer.
OPEN_S = 6 * 3600
KINDS_OF_KEY = ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521")


class Site(BaseModel):
    """An MSP's site elsewhere."""

    public_key: str = Field(description="As OpenSSH writes it, without a comment")
    fingerprint: str = Field(description="SHA-256 of it, as ssh-keygen -l shows it")
    since: datetime


class Invitation(BaseModel):
    """A training that awaits a site: where, and the certificate to know the place by."""

    training_id: str
    model_type: str
    superlink: str = Field(description="host:port of Flower's Fleet API, over TLS")
    certificates: str = Field(description="PEM; made for this training, and no other one counts")
    until: datetime


@dataclass(frozen=True, slots=True)
class Sites:
    """Sites and invitations of all MSPs, over the commons."""

    commons: Commons
    clock: Clock

    def of(self, msp_id: str) -> Site | None:
        entry = self.commons.find(KEYS, msp_id)
        return _site(entry) if entry else None

    def all(self) -> Mapping[str, Site]:
        """By MSP."""
        return {entry.key: _site(entry) for entry in self.commons.scan(KEYS)}

    def register(self, msp_id: str, public_key: str) -> Site:
        """From now on the MSP takes part through whoever has the private key, in place of its rows here.

        Raises Invalid for what is no elliptic curve key of OpenSSH, or another MSP's.
        """
        key = checked_key(public_key)
        if any(site.public_key == key and other != msp_id for other, site in self.all().items()):
            raise _wrong("is registered already; make a new one: ./mesh site --new-key FILE")
        body = {"public_key": key, "since": self.clock.now().isoformat()}
        self.commons.put(Entry(shelf=KEYS, key=msp_id, owner=msp_id, body=body))
        found = self.of(msp_id)
        assert found, "it was just stored"
        return found

    def forget(self, msp_id: str) -> bool:
        """The MSP's rows here count again; whether there was a site."""
        return self.commons.remove(KEYS, msp_id)

    def invite(self, msp_ids: Sequence[str], invitation: Invitation) -> None:
        for msp_id in msp_ids:
            self.commons.put(
                Entry(
                    shelf=INVITATIONS, key=_place(msp_id, invitation.training_id), owner=msp_id,
                    body=invitation.model_dump(mode="json"), until=invitation.until,
                )
            )  # fmt: skip

    def dismiss(self, msp_ids: Sequence[str], training_id: str) -> None:
        for msp_id in msp_ids:
            self.commons.remove(INVITATIONS, _place(msp_id, training_id))

    def invitations(self, msp_id: str) -> list[Invitation]:
        """Where the MSP's site is awaited now."""
        held = [Invitation.model_validate(each.body) for each in self.commons.scan(INVITATIONS, f"{msp_id}/")]
        return [each for each in held if each.until > self.clock.now()]

    def ends(self) -> datetime:
        """Until when an invitation that goes out now holds at most."""
        return self.clock.now() + timedelta(seconds=OPEN_S)


def checked_key(text: str) -> str:
    """A public key in OpenSSH's form without its comment. Raises Invalid.

    >>> checked_key("ssh-rsa AAAA")
    Traceback (most recent call last):
    ...
    mesh.kit.problem.Invalid: This is no key of a site.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_ssh_public_key

    parts = text.split()
    if len(parts) < 2 or parts[0] not in KINDS_OF_KEY:
        raise _wrong(f"must be a public key as OpenSSH writes it, of one of {', '.join(KINDS_OF_KEY)}")
    key = f"{parts[0]} {parts[1]}"
    try:
        load_ssh_public_key(key.encode("ascii"))
    except (ValueError, UnsupportedAlgorithm) as fault:
        raise _wrong("cannot be read as a public key") from fault
    return key


def _site(entry: Entry) -> Site:
    content = b64decode(entry.body["public_key"].split()[1])
    fingerprint = b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
    return Site(fingerprint=f"SHA256:{fingerprint}", **entry.body)


def _place(msp_id: str, training_id: str) -> str:
    return f"{msp_id}/{training_id}"


def _wrong(reason: str) -> Invalid:
    return Invalid("This is no key of a site.", errors=[FieldError("public_key", reason)])
