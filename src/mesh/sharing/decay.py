"""How a sighting fades. An address changes hands in days, a file's hash stays what it is.

The half-lives are a judgement after two readings: indicators that are cheap for an attacker to change lose
their worth soonest (Bianco 2013, "The Pyramid of Pain"), and a sighting should fade by type rather than stop
at one age (Mokaddem et al. 2019, "Taxonomy driven indicator scoring in MISP", arXiv:1902.03914).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import log2

HALF_LIFE_DAYS: Mapping[str, float] = {
    "ipv4": 7, "ipv6": 7, "ipv4_cidr": 14, "ipv6_cidr": 14, "url": 14, "domain": 30, "onion": 60,
    "ja3": 60, "ja3s": 60, "jarm": 60, "bitcoin": 180, "ethereum": 180, "monero": 180, "md5": 180,
    "sha1": 180, "sha224": 180, "sha256": 180, "sha384": 180, "sha512": 180, "imphash": 180,
    "authentihash": 180, "ssdeep": 180, "tlsh": 180, "technique": 30,
}  # fmt: skip
OTHERWISE_DAYS = 14.0
# After three half-lives a sighting no longer counts.
FLOOR = 1 / 8


def weight(kind: str, last_seen: datetime, now: datetime) -> float:
    """1 when it was seen just now, half after each half-life of its kind.

    >>> from datetime import UTC
    >>> now = datetime(2026, 3, 15, tzinfo=UTC)
    >>> weight("ipv4", now - timedelta(days=7), now), weight("sha256", now - timedelta(days=180), now)
    (0.5, 0.5)
    """
    age = max((now - last_seen) / timedelta(days=1), 0.0)
    return float(2 ** (-age / HALF_LIFE_DAYS.get(kind, OTHERWISE_DAYS)))


def fades(kind: str, last_seen: datetime) -> datetime:
    """When it begins to count no more.

    >>> from datetime import UTC
    >>> fades("ipv4", datetime(2026, 3, 1, tzinfo=UTC)).date().isoformat()
    '2026-03-22'
    """
    return last_seen - timedelta(days=HALF_LIFE_DAYS.get(kind, OTHERWISE_DAYS)) * log2(FLOOR)


def is_alive(kind: str, last_seen: datetime, now: datetime) -> bool:
    """Whether it still counts."""
    return weight(kind, last_seen, now) >= FLOOR
