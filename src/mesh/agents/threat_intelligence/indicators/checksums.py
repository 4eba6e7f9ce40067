"""Encodings with a checksum: base58check, bech32, CashAddr, Monero's base58, Keccak-256, Ed25519 points.

Sources: Bitcoin's base58check; BIP 173 and BIP 350 (bech32, bech32m); the CashAddr specification; EIP-55;
RFC 8032 (Ed25519).
All of them work on strings of at most a few hundred characters.
"""

from hashlib import sha256

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
RIPPLE58 = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CASH_GENERATORS = (0x98F2BC8E61, 0x79B76D99E2, 0xF33E5FB3C4, 0xAE2EABE2A8, 0x1E4F43E470)
_CURVE_PRIME = 2**255 - 19
_CURVE_D = -121665 * pow(121666, -1, _CURVE_PRIME) % _CURVE_PRIME
# Characters of a block of Monero's base58 -> bytes it stands for.
_MONERO_BLOCKS = {2: 1, 3: 2, 5: 3, 6: 4, 7: 5, 9: 6, 10: 7, 11: 8}


def base58_bytes(text: str, alphabet: str = BASE58) -> bytes | None:
    """Decode base58; None where a character is not of the alphabet."""
    number = 0
    for character in text:
        digit = alphabet.find(character)
        if digit < 0:
            return None
        number = number * 58 + digit
    zeros = len(text) - len(text.lstrip(alphabet[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def base58check(text: str, alphabet: str = BASE58) -> bytes | None:
    """Payload (version and data) of a base58check string, None where the checksum does not hold."""
    raw = base58_bytes(text, alphabet)
    if raw is None or len(raw) < 5:
        return None
    return raw[:-4] if sha256(sha256(raw[:-4]).digest()).digest()[:4] == raw[-4:] else None


def bech32_holds(text: str) -> bool:
    """Whether a bech32 or bech32m string's checksum holds. Cardano's addresses exceed BIP 173's 90
    characters."""
    prefix, mark, data = text.lower().rpartition("1")
    values = [_BECH32.find(character) for character in data]
    if (
        not mark
        or not prefix
        or len(values) < 6
        or min(values) < 0
        or text not in {text.lower(), text.upper()}
    ):
        return False
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = 1
    for value in expanded + values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_BECH32_GENERATORS):
            check ^= generator if top >> bit & 1 else 0
    return check in {1, 0x2BC830A3}


def cashaddr_holds(data: str) -> bool:
    """Whether the part of a Bitcoin Cash address after `bitcoincash:` has a checksum that holds."""
    values = [_BECH32.find(character) for character in data.lower()]
    if min(values) < 0:
        return False
    check = 1
    for value in [ord(c) & 31 for c in "bitcoincash"] + [0, *values]:
        top = check >> 35
        check = (check & 0x07FFFFFFFF) << 5 ^ value
        for bit, generator in enumerate(_CASH_GENERATORS):
            check ^= generator if top >> bit & 1 else 0
    return check ^ 1 == 0


def monero_bytes(text: str) -> bytes | None:
    """Decode Monero's base58: blocks of eleven characters for eight bytes, the last one shorter."""
    decoded = b""
    for start in range(0, len(text), 11):
        block = text[start : start + 11]
        size = _MONERO_BLOCKS.get(len(block))
        number = 0
        for character in block:
            digit = BASE58.find(character)
            if digit < 0:
                return None
            number = number * 58 + digit
        if size is None or number >> (8 * size):
            return None
        decoded += number.to_bytes(size, "big")
    return decoded


def monero_holds(text: str) -> bool:
    """Whether a Monero address (standard, subaddress or integrated) has a checksum that holds."""
    raw = monero_bytes(text)
    return raw is not None and len(raw) > 4 and keccak256(raw[:-4])[:4] == raw[-4:]


def eip55_holds(address: str) -> bool:
    """Whether an Ethereum address in mixed case carries the case that its Keccak hash demands (EIP-55)."""
    digits = address[2:]
    if digits in {digits.lower(), digits.upper()}:
        return True
    nibbles = keccak256(digits.lower().encode()).hex()
    return all((int(n, 16) >= 8) == c.isupper() for c, n in zip(digits, nibbles, strict=False) if c.isalpha())


def on_ed25519(encoded: bytes) -> bool:
    """Whether 32 bytes are a point of Ed25519 (RFC 8032, 5.1.3): true of keys, of half of all other
    strings."""
    y = int.from_bytes(encoded, "little") & (2**255 - 1)
    if len(encoded) != 32 or y >= _CURVE_PRIME:
        return False
    above, below = (y * y - 1) % _CURVE_PRIME, (_CURVE_D * y * y + 1) % _CURVE_PRIME
    square = above * below % _CURVE_PRIME  # has a root exactly where above / below has one
    return square == 0 or pow(square, (_CURVE_PRIME - 1) // 2, _CURVE_PRIME) == 1


def keccak256(message: bytes) -> bytes:
    """Keccak-256 as Ethereum and Monero use it; hashlib's SHA3-256 pads differently.

    >>> keccak256(b"").hex()[:16]
    'c5d2460186f7233c'
    """
    from Crypto.Hash import keccak

    return keccak.new(digest_bits=256, data=message).digest()
