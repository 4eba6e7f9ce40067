"""How two MSPs find that they saw the same thing without showing it: a keyed hash of one written form."""

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit, urlunsplit

from mesh.sharing.signing import secret_bytes

HASH_KEY = "sightings_hash_key"  # the secret's name
TECHNIQUE = "technique"
_TECHNIQUE_ID = re.compile(r"T\d{4}(\.\d{3})?")
_DEFAULT_PORTS = {"http": 80, "https": 443, "ftp": 21}
_DIGESTS = frozenset(
    ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "imphash", "authentihash", "ja3", "ja3s", "jarm")
)
_ADDRESSES = frozenset(("ipv4", "ipv6"))
_NETWORKS = frozenset(("ipv4_cidr", "ipv6_cidr"))
_FOLDED = _DIGESTS | {"ethereum", "onion"}


def canonical(kind: str, value: str) -> str | None:
    """The one form in which a value is compared; None when it is no value of its kind.

    >>> canonical("domain", "Evil.Example."), canonical("ipv6", "2001:DB8:0::1")
    ('evil.example', '2001:db8::1')
    >>> canonical("url", "HTTPS://Evil.Example:443/Pay?id=1#top")
    'https://evil.example/Pay?id=1'
    """
    text = value.strip()
    if not text or len(text) > 4_096:
        return None
    try:
        if kind in _ADDRESSES:
            return str(ipaddress.ip_address(text))
        if kind in _NETWORKS:
            return str(ipaddress.ip_network(text, strict=False))
        if kind == "domain":
            return _host(text)
        if kind == "url":
            return _url(text)
    except ValueError:
        return None
    if kind == TECHNIQUE:
        return text.upper() if _TECHNIQUE_ID.fullmatch(text.upper()) else None
    return text.lower() if kind in _FOLDED else text


def host_of(url: str) -> str:
    """The host of a URL, folded; empty where there is none. Raises ValueError for no URL."""
    return _host(urlsplit(url).hostname or "")


def _host(text: str) -> str:
    host = text.rstrip(".").lower()
    return host if host.isascii() else host.encode("idna").decode("ascii")


def _url(text: str) -> str:
    parts = urlsplit(text)
    if not parts.scheme or not parts.hostname:
        raise ValueError("no address")
    host = _host(parts.hostname)
    host = f"[{host}]" if ":" in host else host
    scheme = parts.scheme.lower()
    port = parts.port if parts.port != _DEFAULT_PORTS.get(scheme) else None
    whose = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    place = f"{whose}{host}{f':{port}' if port else ''}"
    return urlunsplit(SplitResult(scheme, place, parts.path or "/", parts.query, ""))


@dataclass(frozen=True, slots=True)
class Marks:
    """Marks of values: HMAC-SHA-256 (RFC 2104) under the mesh's own key.

    Who holds the marks without the key cannot try out values, as with a plain hash of an address.
    """

    secret: Callable[[str], str]

    def of(self, kind: str, value: str) -> str | None:
        """64 hexadecimal digits; None for what is no value of its kind. Raises Unavailable without a key."""
        form = canonical(kind, value)
        if form is None:
            return None
        message = f"{kind}\0{form}".encode()
        return hmac.new(secret_bytes(self.secret(HASH_KEY)), message, hashlib.sha256).hexdigest()
