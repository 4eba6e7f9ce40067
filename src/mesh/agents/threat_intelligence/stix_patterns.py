"""Indicators as STIX 2.1 patterns (section 9) and as cyber-observable objects (section 6)."""

from collections.abc import Mapping
from typing import Any

from mesh.agents.threat_intelligence.model import IndicatorFound

_PATHS: Mapping[str, str] = {
    "ipv4": "ipv4-addr:value", "ipv6": "ipv6-addr:value", "domain": "domain-name:value",
    "onion": "domain-name:value",
    "url": "url:value", "email": "email-addr:value", "mac_address": "mac-addr:value",
    "registry_key": "windows-registry-key:key", "md5": "file:hashes.MD5", "sha1": "file:hashes.'SHA-1'",
    "sha256": "file:hashes.'SHA-256'", "sha512": "file:hashes.'SHA-512'", "ssdeep": "file:hashes.SSDEEP",
    "tlsh": "file:hashes.TLSH", "imphash": "file:extensions.'windows-pebinary-ext'.imphash",
    "user_agent": "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'",
}  # fmt: skip
_HASHES = {
    "md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256", "sha512": "SHA-512", "ssdeep": "SSDEEP",
    "tlsh": "TLSH",
}  # fmt: skip
_HIVES = {
    "HKLM": "HKEY_LOCAL_MACHINE", "HKCU": "HKEY_CURRENT_USER", "HKCR": "HKEY_CLASSES_ROOT",
    "HKU": "HKEY_USERS",
    "HKCC": "HKEY_CURRENT_CONFIG",
}  # fmt: skip


def pattern(one: IndicatorFound) -> str | None:
    """The comparison that finds it, or None where STIX has no object for its type."""
    value = _quoted(_whole_key(one.value) if one.type == "registry_key" else one.value)
    if one.type in _PATHS:
        return f"[{_PATHS[one.type]} = {value}]"
    if one.type in ("ipv4_cidr", "ipv6_cidr"):
        return f"[{one.type[:4]}-addr:value ISSUBSET {value}]"
    if one.type == "asn" and one.value.removeprefix("AS").isdigit():
        return f"[autonomous-system:number = {one.value.removeprefix('AS')}]"
    if one.type == "file_path":
        folder, name = _split(one.value)
        if not name:
            return f"[directory:path = {_quoted(folder)}]" if folder else None
        parent = f" AND file:parent_directory_ref.path = {_quoted(folder)}" if folder else ""
        return f"[file:name = {_quoted(name)}{parent}]"
    return None


def observable(one: IndicatorFound, marking: str) -> Any | None:
    """The object that was observed, with the id STIX recommends; None where there is no such kind."""
    import stix2.v21 as stix

    simple = {
        "ipv4": stix.IPv4Address, "ipv6": stix.IPv6Address, "ipv4_cidr": stix.IPv4Address,
        "ipv6_cidr": stix.IPv6Address, "domain": stix.DomainName, "onion": stix.DomainName, "url": stix.URL,
        "mac_address": stix.MACAddress, "email": stix.EmailAddress,
    }  # fmt: skip
    if one.type in simple:
        return simple[one.type](value=one.value, object_marking_refs=[marking])
    if one.type in _HASHES:
        return stix.File(hashes={_HASHES[one.type]: one.value}, object_marking_refs=[marking])
    if one.type == "registry_key":
        return stix.WindowsRegistryKey(key=_whole_key(one.value), object_marking_refs=[marking])
    if one.type == "asn" and one.value.removeprefix("AS").isdigit():
        return stix.AutonomousSystem(number=int(one.value.removeprefix("AS")), object_marking_refs=[marking])
    return None


def _whole_key(key: str) -> str:
    """The key with its hive written out: STIX takes no abbreviation (6.17)."""
    hive, slash, rest = key.partition("\\")
    return _HIVES.get(hive.upper(), hive) + slash + rest


def _quoted(value: str) -> str:
    """A string literal of the pattern language: backslash and quote escaped (STIX 2.1, 9.2)."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _split(path: str) -> tuple[str, str]:
    """Folder and name of a Windows or Unix path."""
    cut = max(path.rfind("\\"), path.rfind("/"))
    return path[:cut], path[cut + 1 :]
