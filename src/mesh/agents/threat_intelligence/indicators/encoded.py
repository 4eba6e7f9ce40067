"""Read base64 in text: PowerShell's `-EncodedCommand`, links hidden in scripts and mails."""

import base64
import re
from collections.abc import Iterator

# "http" at the start of an encoded text, where spaces and line breaks may be strewn in between.
_GAP = r"\s{0,30}"
_HIDDEN_HTTP = re.compile(
    rf"a(?<![A-Za-z0-9+/].){_GAP}{_GAP.join('HR0c')}(?:{_GAP}[A-Za-z0-9+/])*+(?:{_GAP}=){{0,2}}"
)
_BLOB = re.compile(
    r"[A-Za-z0-9+/](?<![A-Za-z0-9+/=_.%\\-].)[A-Za-z0-9+/]{23,200000}+={0,2}(?![A-Za-z0-9+/=_-])"
)
_HEX = re.compile(r"[0-9A-Fa-f]+\Z")


def decoded_texts(text: str) -> Iterator[tuple[str, int, int]]:
    """Readable texts that stand in base64 in a text, each with the span of its encoded form."""
    done = 0
    for found in _HIDDEN_HTTP.finditer(text):
        if found.start() >= done and (plain := _decode(found.group())):
            done = found.end()
            yield plain, found.start(), found.end()
    for found in _BLOB.finditer(text):
        if found.start() < done or _HEX.match(found.group()):
            continue
        if plain := _decode(found.group()):
            yield plain, *found.span()


def _decode(blob: str) -> str:
    """The text in a base64 string whose padding may be wrong; empty where it is not text."""
    packed = re.sub(r"[\s=]", "", blob)
    packed = packed[:-1] if len(packed) % 4 == 1 else packed
    raw = base64.b64decode(packed + "=" * (-len(packed) % 4))
    encoding = "utf-16-le" if len(raw) > 8 and not any(raw[1:40:2]) else "utf-8"
    plain = raw[: len(raw) // 2 * 2 if encoding == "utf-16-le" else None].decode(encoding, errors="replace")
    readable = sum(character.isprintable() or character in "\r\n\t" for character in plain[:400])
    broken = plain[:400].count("\ufffd")
    return plain if readable - 2 * broken >= 0.95 * min(len(plain), 400) else ""
