"""Tor onion services: version 2 by its length, version 3 by the checksum in its name (rend-spec-v3, section
6)."""

import base64
import binascii
from hashlib import sha3_256


def is_onion_v3(label: str) -> bool:
    """Whether 56 characters are a version 3 name: public key, checksum, version byte."""
    if len(label) != 56 or not label.isascii() or not label.lower().endswith("d"):
        return False
    try:
        raw = base64.b32decode(label.upper())
    except binascii.Error:
        return False
    key, check, version = raw[:32], raw[32:34], raw[34:]
    return sha3_256(b".onion checksum" + key + version).digest()[:2] == check


def is_onion_v2(label: str) -> bool:
    return len(label) == 16 and set(label.lower()) <= set("abcdefghijklmnopqrstuvwxyz234567")


def onion_kind(host: str) -> str:
    """`v3`, `v2` or empty for a host name that ends in `.onion`."""
    names, _, top = host.lower().rpartition(".")
    if top != "onion":
        return ""
    label = names.rpartition(".")[2]
    return "v3" if is_onion_v3(label) else "v2" if is_onion_v2(label) else ""
