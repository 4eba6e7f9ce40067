"""Ed25519 signatures (RFC 8032) over canonical JSON (RFC 8785), and what stands for a key in a text."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from mesh.kit.problem import Unavailable

SECRET_BYTES = 32


class Signer(Protocol):
    def public_key(self) -> bytes:
        """32 bytes. Raises Unavailable where there is no key to sign with."""

    def sign(self, message: bytes) -> bytes:
        """64 bytes. Raises Unavailable where there is no key to sign with."""


@dataclass(frozen=True, slots=True)
class Ed25519:
    """Signs with the key that the secret (base64 of 32 bytes) is the seed of."""

    secret: Callable[[], str]

    def public_key(self) -> bytes:
        return self._key().public_key().public_bytes_raw()  # type: ignore[no-any-return]

    def sign(self, message: bytes) -> bytes:
        return self._key().sign(message)  # type: ignore[no-any-return]

    def _key(self) -> Any:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(secret_bytes(self.secret()))


def secret_bytes(text: str) -> bytes:
    """The 32 bytes that a secret's text stands for. Raises Unavailable, without the text, for any other."""
    try:
        seed = base64.b64decode(text, validate=True)
    except ValueError:
        seed = b""
    if len(seed) != SECRET_BYTES:
        raise Unavailable(f"A secret of the mesh must be base64 of {SECRET_BYTES} bytes.")
    return seed


def is_signed(message: bytes, signature: bytes, public_key: bytes) -> bool:
    """Whether the holder of the key's other half signed exactly these bytes."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def canonical(value: Mapping[str, Any]) -> bytes:
    """The one way to write a value whose numbers are whole or have at most 4 decimals (RFC 8785).

    >>> canonical({"b": 0.5, "a": 2.0, "c": None})
    b'{"a":2,"b":0.5,"c":null}'
    """
    whole = {
        name: int(part) if isinstance(part, float) and part.is_integer() else part
        for name, part in value.items()
    }
    return json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def key_text(public_key: bytes) -> str:
    """A public key as it is handed out: base64."""
    return base64.b64encode(public_key).decode()


def key_id(public_key: bytes) -> str:
    """Short name of a public key."""
    return digest(public_key)[:16]
