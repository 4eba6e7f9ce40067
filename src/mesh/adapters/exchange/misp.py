"""Indicators as MISP's JSON (its core format, draft-dulaunoy-misp-core-format): events read and written.

An attribute that MISP does not mean for detection (`to_ids` false) is context, not an indicator. What stays
in an organisation or a sharing group there (distribution 0 and 4) is marked TLP:AMBER+STRICT here, so that
it goes no further either.
"""

import ipaddress
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from mesh.adapters.exchange.indicator import Indicator, Reading
from mesh.kit import tlp
from mesh.kit.problem import FieldError, Invalid
from mesh.kit.records import Tlp

# None is registered; this one keeps it apart from our own JSON.
MEDIA_TYPE = "application/x-misp+json"
_NAMESPACE = UUID("9a0a1c52-7f0b-4e0e-8a55-5f4f8a7a5d11")
_PLAIN: Mapping[str, str] = {
    "domain": "domain", "hostname": "domain", "url": "url", "uri": "url", "link": "url", "md5": "md5",
    "sha1": "sha1", "sha224": "sha224", "sha256": "sha256", "sha384": "sha384", "sha512": "sha512",
    "imphash": "imphash", "ssdeep": "ssdeep", "tlsh": "tlsh", "authentihash": "authentihash",
    "email": "email", "email-src": "email", "email-dst": "email", "btc": "bitcoin", "xmr": "monero",
    "ja3-fingerprint-md5": "ja3", "jarm-fingerprint": "jarm", "regkey": "registry_key",
}  # fmt: skip
_ADDRESSES = frozenset(("ip-src", "ip-dst", "ip"))
_WRITTEN: Mapping[str, tuple[str, str]] = {
    "domain": ("domain", "Network activity"), "url": ("url", "Network activity"),
    "onion": ("domain", "Network activity"), "ipv4": ("ip-dst", "Network activity"),
    "ipv6": ("ip-dst", "Network activity"), "ipv4_cidr": ("ip-dst", "Network activity"),
    "ipv6_cidr": ("ip-dst", "Network activity"), "ja3": ("ja3-fingerprint-md5", "Network activity"),
    "jarm": ("jarm-fingerprint", "Network activity"), "email": ("email-src", "Payload delivery"),
    "bitcoin": ("btc", "Financial fraud"), "monero": ("xmr", "Financial fraud"),
    **{kind: (kind, "Payload delivery") for kind in (
        "md5", "sha1", "sha224", "sha256", "sha384", "sha512", "imphash", "ssdeep", "tlsh", "authentihash",
    )},
}  # fmt: skip
_NARROW = frozenset(("0", "4"))
_INHERIT = "5"


def is_misp(document: Any) -> bool:
    """Whether a JSON document has the form of MISP's events."""
    first = document[0] if isinstance(document, list) and document else document
    return isinstance(first, dict) and ("Event" in first or "response" in first)


def read(text: str | bytes, now: datetime) -> Reading:
    """The indicators of one event, a list of events or a search's response. Raises Invalid for else."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid("The file is not JSON.", errors=[FieldError("file", "is no JSON text")]) from error
    if not is_misp(document):
        raise Invalid("That is no event of MISP.", errors=[FieldError("Event", "is missing")])
    found = Reading()
    for event in _events(document):
        for attribute in _attributes(event):
            _take(attribute, event, found, now)
    return found


def _events(document: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(document, list):
        for each in document:
            yield from _events(each)
    elif isinstance(document, dict):
        if isinstance(document.get("Event"), dict):
            yield document["Event"]
        elif "response" in document:
            yield from _events(document["response"])


def _attributes(event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Those of the event and those of its objects, save what was deleted."""
    objects = [one for one in _list(event.get("Object")) if not one.get("deleted")]
    for each in (event, *objects):
        yield from (one for one in _list(each.get("Attribute")) if not one.get("deleted"))


def _take(attribute: Mapping[str, Any], event: Mapping[str, Any], found: Reading, now: datetime) -> None:
    kind, value = attribute.get("type"), attribute.get("value")
    if not isinstance(kind, str) or not isinstance(value, str):
        found.skip("has no type or no value")
        return
    if attribute.get("to_ids") not in (True, "1", 1):
        found.skip("is context, not meant for detection")
        return
    pairs = list(_values(kind, value))
    if not pairs:
        found.skip(f"is of type {kind[:40]}, which is not taken")
    for ours, written in pairs:
        found.take(
            Indicator(
                kind=ours, value=written, tlp=_tlp(attribute, event), at=_moment(attribute.get("timestamp")),
                reference=str(attribute.get("uuid", ""))[:200],
                description=str(attribute.get("comment") or event.get("info") or "")[:2_000],
            ),
            now,
        )  # fmt: skip


def _values(kind: str, value: str) -> Iterator[tuple[str, str]]:
    """What an attribute says: the halves of a pair (`domain|ip`, `filename|sha256`) one by one."""
    kinds, values = kind.split("|"), value.split("|")
    if len(kinds) != len(values):
        return
    for name, part in zip(kinds, values, strict=True):
        if name in _ADDRESSES:
            yield from _address(part)
        elif name in _PLAIN:
            yield _PLAIN[name], part


def _address(value: str) -> Iterator[tuple[str, str]]:
    try:
        version = ipaddress.ip_network(value, strict=False).version
    except ValueError:
        return
    yield f"ipv{version}{'_cidr' if '/' in value else ''}", value


def _tlp(attribute: Mapping[str, Any], event: Mapping[str, Any]) -> Tlp | None:
    """The attribute's own tags before the event's; and whom its distribution keeps it to."""
    levels = _tagged(attribute) or _tagged(event)
    own = str(attribute.get("distribution", _INHERIT))
    reach = str(event.get("distribution", "")) if own == _INHERIT else own
    # An event that stays inside keeps what is in it inside as well.
    if reach in _NARROW or str(event.get("distribution", "")) in _NARROW:
        levels.append("TLP:AMBER+STRICT")
    return tlp.strictest(levels)


def _tagged(of: Mapping[str, Any]) -> list[Tlp]:
    named = (tlp.named(str(tag.get("name", ""))) for tag in _list(of.get("Tag")))
    return [level for level in named if level]


def event(indicators: Iterable[Indicator], now: datetime, owner: str) -> dict[str, Any]:
    """One event with an attribute for each indicator that MISP has a type for."""
    listed = [one for one in indicators if one.kind in _WRITTEN]
    level = tlp.strictest([one.tlp for one in listed if one.tlp])
    return {
        "Event": {
            "uuid": _uuid(f"event {owner} {now.isoformat()}"),
            "info": f"Indicators of {owner}",
            "date": now.date().isoformat(),
            "timestamp": str(int(now.timestamp())),
            # Undefined, complete, and for whoever imports it alone until that person says else.
            "threat_level_id": "4", "analysis": "2", "distribution": "0", "published": False,
            "Orgc": {"name": owner, "uuid": _uuid(f"organisation {owner}")},
            "Tag": [{"name": level.lower()}] if level else [],
            "Attribute": [_attribute(one, now, owner) for one in listed],
        }
    }  # fmt: skip


def _attribute(one: Indicator, now: datetime, owner: str) -> dict[str, Any]:
    kind, category = _WRITTEN[one.kind]
    comment = f"seen by {one.seen_by} MSPs" if one.seen_by else one.description
    return {
        "uuid": _uuid(f"attribute {owner} {one.kind} {one.value}"), "type": kind, "category": category,
        "value": one.value, "to_ids": True, "distribution": _INHERIT,
        "timestamp": str(int((one.at or now).timestamp())),
        "comment": f"simulated; {comment}" if one.simulated else comment,
        "Tag": [{"name": one.tlp.lower()}] if one.tlp else [],
    }  # fmt: skip


def _list(value: Any) -> Sequence[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else ()


def _moment(value: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(value), UTC) if value is not None else None
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _uuid(of: str) -> str:
    return str(uuid5(_NAMESPACE, of))
