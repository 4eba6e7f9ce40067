"""Find file hashes: digests told apart by length, and those that only the words before them name."""

import re
from collections.abc import Iterator

from .indicator import Indicator, Source

_DIGESTS = {32: "md5", 40: "sha1", 56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
_HEX = re.compile(r"[0-9A-Fa-f](?<![A-WYZa-wyz0-9].)[0-9A-Fa-f]{31,127}+(?![A-Za-z0-9])")
_NAMED = re.compile(
    r"(?P<name>imp(?:ort)?[ _-]?hash|authenti[ _-]?hash|ja3s?|jarm)[^A-Za-z0-9]{0,12}"
    r"(?:md5[^A-Za-z0-9]{1,3}|sha-?256[^A-Za-z0-9]{1,3})?"
    r"(?P<digest>[0-9A-Fa-f]{32,64}+)(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_NAMED_LENGTHS = {"imphash": 32, "authentihash": 64, "ja3": 32, "ja3s": 32, "jarm": 62}
_SSDEEP = re.compile(
    r"([0-9](?<![A-Za-z0-9].)[0-9]{0,9}):([A-Za-z0-9/+]{3,64}+):([A-Za-z0-9/+]{3,64}+)(?![A-Za-z0-9/+:])"
)
_COMMIT_BEFORE = re.compile(r"\bcommits?[\s:/#(]{1,3}\Z", re.IGNORECASE)
_TLSH = re.compile(r"T1(?<![A-Za-z0-9]T1)[0-9A-Fa-f]{70}(?![A-Za-z0-9])")


def find_hashes(source: Source) -> Iterator[Indicator]:
    """MD5 to SHA-512, imphash, Authentihash, JA3, JARM, ssdeep, TLSH; hexadecimal values in lower case."""
    raw = source.raw
    named = any(word in source.lowered for word in ("hash", "ja3", "jarm"))
    for found in _NAMED.finditer(raw) if named else ():
        name = re.sub("[ _-]", "", found["name"].lower()).replace("importhash", "imphash")
        if len(found["digest"]) == _NAMED_LENGTHS[name]:
            yield Indicator(name, found["digest"].lower(), *found.span("digest"))
    for found in _HEX.finditer(raw):
        kind = _DIGESTS.get(len(found.group()))
        if kind and (source.lenient or _is_digest(raw, found)):
            yield Indicator(kind, found.group().lower(), *found.span())
    for found in _TLSH.finditer(raw):
        yield Indicator("tlsh", found.group().upper(), *found.span())
    for found in _SSDEEP.finditer(raw):
        if len(found[2]) >= len(found[3]) and (source.lenient or _is_ssdeep(*found.groups())):
            yield Indicator("ssdeep", found.group(), *found.span())


def _is_digest(raw: str, found: re.Match[str]) -> bool:
    """Neither a filler (`0000...`) nor the name of a commit."""
    before = raw[max(0, found.start() - 12) : found.start()]
    return len(set(found.group().lower())) > 4 and not _COMMIT_BEFORE.search(before)


def _is_ssdeep(block: str, first: str, second: str) -> bool:
    """A block size is 3 times a power of two. The second part was cut with twice the block size: it is no
    longer than the first one."""
    size, odd = divmod(int(block), 3)
    return not odd and size > 0 and size & (size - 1) == 0 and len(first) + len(second) > 8
