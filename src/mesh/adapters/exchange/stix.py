"""Indicators as STIX 2.1 (OASIS, June 2021): a bundle read and written.

Of a pattern is taken what stands alone: one comparison, or several of which each is enough. What only a
combination shows would be wrong as single values, so it is left out and counted.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from mesh.adapters.exchange.indicator import Indicator, Reading
from mesh.kit import tlp
from mesh.kit.problem import FieldError, Invalid
from mesh.kit.records import Tlp

MEDIA_TYPE = "application/stix+json;version=2.1"
_NAMESPACE = UUID("1f5b7d3e-6c0d-4c55-9c0e-0f7d2d8c6a41")
_PATHS: Mapping[str, str] = {
    "ipv4": "ipv4-addr:value", "ipv6": "ipv6-addr:value", "domain": "domain-name:value", "url": "url:value",
    "email": "email-addr:value", "md5": "file:hashes.MD5", "sha1": "file:hashes.'SHA-1'",
    "sha256": "file:hashes.'SHA-256'", "sha512": "file:hashes.'SHA-512'", "ssdeep": "file:hashes.SSDEEP",
    "tlsh": "file:hashes.TLSH",
}  # fmt: skip
_KINDS = {path.replace("'", "").lower(): kind for kind, path in _PATHS.items()} | {
    "file:hashes.sha1": "sha1", "file:hashes.sha256": "sha256", "file:hashes.sha512": "sha512",
}  # fmt: skip
_TEXT = r"'(?:[^'\\]|\\.)*'"
_COMPARISON = re.compile(
    rf"(?P<path>[a-z0-9-]+:(?:{_TEXT}|[^\s=!<>'\[\]()])+)\s*(?P<how>=|ISSUBSET\b|IN\b)\s*"
    rf"(?P<values>{_TEXT}|\(\s*{_TEXT}(?:\s*,\s*{_TEXT})*\s*\))"
)
_BARE = re.compile(r"[\s\[\]()]|\bOR\b")


def read(text: str | bytes, now: datetime) -> Reading:
    """The indicators of a bundle, or of an envelope of TAXII. Raises Invalid for anything else."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid("The file is not JSON.", errors=[FieldError("file", "is no JSON text")]) from error
    objects = document.get("objects") if isinstance(document, dict) else None
    if not isinstance(objects, list):
        raise Invalid("That is no STIX bundle.", errors=[FieldError("objects", "must be a list")])
    return of_objects(objects, now)


def of_objects(objects: Sequence[Any], now: datetime) -> Reading:
    """The indicators among objects of STIX; what else there is counts as skipped by its type."""
    found = Reading()
    markings = {each.get("id"): each for each in objects if isinstance(each, dict)}
    for one in objects:
        if not isinstance(one, dict) or not isinstance(one.get("type"), str):
            found.skip("is no object of STIX")
        elif one["type"] != "indicator":
            found.skip(f"is a {one['type'][:40]}, no indicator")
        elif one.get("revoked") is True:
            found.skip("is revoked")
        else:
            _take(one, markings, found, now)
    return found


def _take(one: Mapping[str, Any], markings: Mapping[Any, Any], found: Reading, now: datetime) -> None:
    pattern = one.get("pattern")
    if one.get("pattern_type", "stix") != "stix" or not isinstance(pattern, str) or len(pattern) > 50_000:
        found.skip("has a pattern that is not of STIX")
        return
    pairs = list(compared(pattern))
    if not pairs:
        found.skip("has a pattern that no single value meets")
    confidence = one.get("confidence")
    for kind, value in pairs:
        found.take(
            Indicator(
                kind=kind, value=value, tlp=_tlp(one, markings), at=_moment(one.get("created")),
                valid_until=_moment(one.get("valid_until")), reference=str(one.get("id", ""))[:200],
                description=str(one.get("description") or one.get("name") or "")[:2_000],
                confidence=confidence if isinstance(confidence, int) and 0 <= confidence <= 100 else None,
            ),
            now,
        )  # fmt: skip


def compared(pattern: str) -> Iterator[tuple[str, str]]:
    """The values of which each is enough for the pattern; none where it takes more than one of them.

    >>> list(compared("[domain-name:value = 'evil.example'] OR [ipv4-addr:value IN ('1.2.3.4', '1.2.3.5')]"))
    [('domain', 'evil.example'), ('ipv4', '1.2.3.4'), ('ipv4', '1.2.3.5')]
    >>> list(compared("[domain-name:value = 'evil.example' AND url:value = 'http://a.example/']"))
    []
    """
    rest, pairs = _COMPARISON.sub(" ", pattern), []
    for match in _COMPARISON.finditer(pattern):
        path = match["path"].replace("'", "").lower()
        for value in re.findall(_TEXT, match["values"]):
            pairs.append((path, match["how"], re.sub(r"\\(.)", r"\1", value[1:-1])))
    # Several hashes of one file are each enough; other things joined by AND are not.
    if all(path.startswith("file:hashes.") for path, _, _ in pairs):
        rest = re.sub(r"\bAND\b", " ", rest)
    if _BARE.sub("", rest):
        return
    for path, how, value in pairs:
        kind = _KINDS.get(path)
        if kind in ("ipv4", "ipv6") and "/" in value:
            kind = f"{kind}_cidr"
        if kind and (how != "ISSUBSET" or kind.endswith("_cidr")):
            yield kind, value


def bundle(indicators: Iterable[Indicator], now: datetime, owner: str) -> dict[str, Any]:
    """A bundle of indicators with their markings; those of the mesh with how many saw them, nameless.

    `owner` (the mesh, or a tenant) keeps the ids of two makers apart.
    """
    listed = [one for one in indicators if _pattern(one)]
    identity = {
        "type": "identity", "spec_version": "2.1", "id": _id("identity", owner), "created": tlp.CREATED,
        "modified": tlp.CREATED, "name": owner, "identity_class": "organization",
    }  # fmt: skip
    levels = sorted({one.tlp for one in listed if one.tlp})
    objects: list[dict[str, Any]] = [*(_marking(level) for level in levels), identity]
    for one in listed:
        made = _indicator(one, identity["id"], owner, now)
        objects.append(made)
        if one.seen_by:
            objects.append(_sighting(one, made))
    return {"type": "bundle", "id": _id("bundle", f"{owner} {_written(now)}"), "objects": objects}


def _indicator(one: Indicator, author: str, owner: str, now: datetime) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": "indicator", "spec_version": "2.1", "id": _id("indicator", f"{owner} {one.kind} {one.value}"),
        "created_by_ref": author, "created": _written(one.at or now),
        "modified": _written(max(one.last_seen or one.at or now, one.at or now)),
        "name": f"{one.kind} {one.value}"[:250], "indicator_types": ["malicious-activity"],
        "pattern": _pattern(one), "pattern_type": "stix", "pattern_version": "2.1",
        "valid_from": _written(one.at or now),
    }  # fmt: skip
    if one.valid_until and one.valid_until > (one.at or now):
        made["valid_until"] = _written(one.valid_until)
    if one.description:
        made["description"] = one.description
    if one.confidence is not None:
        made["confidence"] = one.confidence
    if one.tlp:
        made["object_marking_refs"] = [tlp.MARKINGS[one.tlp]]
    if one.simulated:
        made["labels"] = ["simulated"]
    return made


def _sighting(one: Indicator, indicator: Mapping[str, Any]) -> dict[str, Any]:
    made = {
        "type": "sighting", "spec_version": "2.1", "id": _id("sighting", indicator["id"]),
        "created_by_ref": indicator["created_by_ref"], "created": indicator["created"],
        "modified": indicator["modified"], "count": one.seen_by, "summary": True,
        "first_seen": indicator["created"], "last_seen": indicator["modified"],
        "sighting_of_ref": indicator["id"],
    }  # fmt: skip
    if marked := indicator.get("object_marking_refs"):
        made["object_marking_refs"] = marked
    return made


def _marking(level: Tlp) -> dict[str, Any]:
    extension = {"extension_type": "property-extension", "tlp_2_0": level.removeprefix("TLP:").lower()}
    return {
        "type": "marking-definition", "spec_version": "2.1", "id": tlp.MARKINGS[level],
        "created": tlp.CREATED, "name": level, "extensions": {tlp.EXTENSION: extension},
    }  # fmt: skip


def _pattern(one: Indicator) -> str | None:
    literal = "'" + one.value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    if one.kind in ("ipv4_cidr", "ipv6_cidr"):
        return f"[{_PATHS[one.kind[:4]]} ISSUBSET {literal}]"
    path = _PATHS.get("domain" if one.kind == "onion" else one.kind)
    return f"[{path} = {literal}]" if path else None


def _tlp(one: Mapping[str, Any], markings: Mapping[Any, Any]) -> Tlp | None:
    """The strictest of its TLP markings, of either edition, by id or as the bundle defines them."""
    by_id = {marking: level for level, marking in tlp.MARKINGS.items()} | dict(tlp.FIRST_EDITION)
    refs = one.get("object_marking_refs")
    levels = []
    for ref in refs if isinstance(refs, list) else ():
        given = by_id.get(ref) if isinstance(ref, str) else None
        defined = markings.get(ref) if isinstance(ref, str) else None
        level = given or (tlp.named(str(defined.get("name", ""))) if isinstance(defined, dict) else None)
        levels += [level] if level else []
    return tlp.strictest(levels)


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _id(kind: str, of: str) -> str:
    return f"{kind}--{uuid5(_NAMESPACE, f'{kind} {of}')}"
