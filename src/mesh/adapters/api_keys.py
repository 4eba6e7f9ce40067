"""API keys as both platforms make and check them. A key is stored as its SHA-256: 256 random bits need no
slow hash.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

PREFIX = "mesh"
# Compared against when the key id is unknown, so that an unknown id takes as long as a wrong secret.
NOBODY = bytes(32)


@dataclass(frozen=True, slots=True)
class NewKey:
    """`text` is what the tenant gets, once; `key_id` and `hash` are what is stored."""

    key_id: str
    text: str
    hash: bytes


def make() -> NewKey:
    """A key that did not exist before."""
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    return NewKey(key_id, f"{PREFIX}_{key_id}_{secret}", _hash(secret))


def key_id(text: str) -> str:
    """The id inside a key; any text for what is not a key."""
    return text.partition("_")[2].partition("_")[0]


def opens(text: str, stored: bytes | None) -> bool:
    """Whether the key is the one whose hash is stored, compared in constant time; None when there is none."""
    prefix, _, rest = text.partition("_")
    same = hmac.compare_digest(stored if stored is not None else NOBODY, _hash(rest.partition("_")[2]))
    return same and stored is not None and prefix == PREFIX


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
