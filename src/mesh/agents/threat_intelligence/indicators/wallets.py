"""Find cryptocurrency addresses: by prefix and length first, then by the checksum each of them carries."""

import re
import zlib
from collections.abc import Callable, Iterator
from functools import lru_cache

from . import checksums
from .indicator import Indicator, Source
from .onions import is_onion_v3

_WORD = re.compile(r"[A-Za-z0-9](?<![A-Za-z0-9].)[A-Za-z0-9]{24,119}+(?![A-Za-z0-9])")
# Keccak and curve arithmetic cost about half a millisecond: beyond this many different values in one text
# the shape decides, and the indicator says so.
_COSTLY_CHECKS = 400
_UNCHECKED = "checksum not checked: too many addresses in one text"


def _version(*versions: bytes, length: int = 21, alphabet: str = checksums.BASE58) -> Callable[[str], bool]:
    """A base58check payload of `length` bytes that starts with one of the version bytes."""

    def holds(text: str) -> bool:
        payload = checksums.base58check(text, alphabet)
        return payload is not None and len(payload) == length and payload.startswith(versions)

    return holds


def _is_byron(text: str) -> bool:
    """Cardano's older addresses: CBOR [tag 24 (bytes), CRC-32 of the bytes] in base58."""
    raw = checksums.base58_bytes(text) or b""
    if raw[:3] != b"\x82\xd8\x18" or len(raw) < 12:
        return False
    start, size = (5, raw[4]) if raw[3] == 0x58 else (4, raw[3] & 0x1F)
    body, check = raw[start : start + size], raw[start + size :]
    return check[:1] == b"\x1a" and int.from_bytes(check[1:5], "big") == zlib.crc32(body)


def _is_stellar(text: str) -> bool:
    """StrKey: version byte, Ed25519 key, CRC-16/XModem, in base32."""
    import base64
    import binascii

    try:
        raw = base64.b32decode(text)
    except binascii.Error:
        return False
    return raw[:1] == b"\x30" and binascii.crc_hqx(raw[:-2], 0) == int.from_bytes(raw[-2:], "little")


def _is_solana(text: str) -> bool:
    raw = checksums.base58_bytes(text)
    return raw is not None and len(raw) == 32 and checksums.on_ed25519(raw)


_B58 = "[1-9A-HJ-NP-Za-km-z]"
_B32 = "[02-9ac-hj-np-z]"
_KINDS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("bitcoin", re.compile(rf"[13]{_B58}{{25,34}}"), _version(b"\x00", b"\x05")),
    ("bitcoin", re.compile(rf"(?i:bc1){_B32}{{11,71}}|BC1[02-9AC-HJ-NP-Z]{{11,71}}"), checksums.bech32_holds),
    ("bitcoin_cash", re.compile(rf"[pq]{_B32}{{41}}"), checksums.cashaddr_holds),
    ("litecoin", re.compile(rf"[LM3]{_B58}{{26,33}}"), _version(b"\x30", b"\x32")),
    ("litecoin", re.compile(rf"ltc1{_B32}{{11,71}}"), checksums.bech32_holds),
    ("dogecoin", re.compile(rf"[DA9]{_B58}{{33}}"), _version(b"\x1e", b"\x16")),
    ("dash", re.compile(rf"[X7]{_B58}{{33}}"), _version(b"\x4c", b"\x10")),
    ("zcash", re.compile(rf"t[13]{_B58}{{33}}"), _version(b"\x1c\xb8", b"\x1c\xbd", length=22)),
    ("tron", re.compile(rf"T{_B58}{{33}}"), _version(b"\x41")),
    ("ripple", re.compile(rf"r{_B58}{{24,34}}"), _version(b"\x00", alphabet=checksums.RIPPLE58)),
    (
        "tezos",
        re.compile(rf"(?:tz[1-4]|KT1){_B58}{{33}}"),
        lambda text: checksums.base58check(text) is not None,
    ),
    ("cardano", re.compile(rf"addr1{_B32}{{50,110}}"), checksums.bech32_holds),
    ("cardano", re.compile(rf"(?:Ae2{_B58}{{56}}|DdzFF{_B58}{{99}})"), _is_byron),
    ("stellar", re.compile(r"G[A-Z2-7]{55}"), _is_stellar),
    ("monero", re.compile(rf"[48][0-9AB]{_B58}{{93}}|4{_B58}{{105}}"), checksums.monero_holds),
    ("ethereum", re.compile(r"0[xX][0-9A-Fa-f]{40}"), checksums.eip55_holds),
    ("solana", re.compile(rf"{_B58}{{43,44}}"), _is_solana),
)
_COSTLY = frozenset({"monero", "ethereum", "solana"})


@lru_cache(maxsize=2048)
def _holds(index: int, word: str) -> bool:
    return _KINDS[index][2](word)


def find_wallets(source: Source) -> Iterator[Indicator]:
    """Wallet addresses, and version 3 onion names written without `.onion` (they carry a checksum as
    well)."""
    costly: set[str] = set()
    for found in _WORD.finditer(source.raw):
        word = found.group()
        if (
            len(word) == 56
            and word.endswith("d")
            and is_onion_v3(word)
            and source.raw[found.end() :][:6] != ".onion"
        ):
            yield Indicator("onion", f"{word.lower()}.onion", *found.span())
            continue
        for index, (kind, shape, _) in enumerate(_KINDS):
            if not shape.fullmatch(word):
                continue
            reason = ""
            if source.lenient:
                holds = True
            elif kind in _COSTLY and word not in costly and len(costly) >= _COSTLY_CHECKS:
                holds, reason = kind != "solana", _UNCHECKED
            else:
                costly |= {word} if kind in _COSTLY else set()
                holds = _holds(index, word)
            if holds:
                value = word.lower() if word.startswith("BC1") else word
                yield Indicator(kind, value, *found.span(), reason=reason)
                break
