"""Secure aggregation: the coordinator learns the sum of the sites' vectors and none of them.

The protocol of Bonawitz et al., "Practical secure aggregation for privacy-preserving machine learning", CCS
2017, over all pairs of sites: every vector goes out under masks agreed with each other site, which cancel in
the sum, and under a mask of its own. Shares of the keys let those that stay take out the masks of one that
fell silent. All arithmetic is modulo 2^64 on integers, so that the sum is exact.

Masks are ChaCha20 key streams. (Flower's own SecAgg+ folds each agreed key to 32 bits before it makes a mask
of it, which can be searched through; its protocol is followed here, its mask generator is not.)
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
RandomBytes = Callable[[int], bytes]
KEY = 32
# The least prime above 2^256, so that a key of 32 bytes is one secret.
_PRIME = 2**256 + 297
_WIDTH = 33


class LostRound(Exception):
    """Too few sites are left to take the masks out: nothing was learnt, and the round can begin again."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What one site keeps to itself for one round. Two keys: one seals shares, one makes masks."""

    sealing: bytes
    masking: bytes
    own: bytes


def new_secrets(random_bytes: RandomBytes) -> Secrets:
    return Secrets(random_bytes(KEY), random_bytes(KEY), random_bytes(KEY))


def public_keys(secrets: Secrets) -> tuple[bytes, bytes]:
    """What the others may know: the public halves of both keys."""
    return _public(secrets.sealing), _public(secrets.masking)


def sealed_shares(
    me: int, secrets: Secrets, others: Mapping[int, tuple[bytes, bytes]], threshold: int, label: bytes
) -> dict[int, bytes]:  # fmt: skip
    """A share of the masking key and of the own mask for each site, sealed so that only it can read them.

    `others` are the public keys of all sites of the round, this one included; `label` names the round.
    """
    sites = sorted(others)
    of_key = split(secrets.masking, threshold, sites)
    of_own = split(secrets.own, threshold, sites)
    return {
        site: _seal(_agreed(secrets.sealing, others[site][0], label), of_key[site] + of_own[site], me, site)
        for site in sites
    }


def masked(
    me: int, secrets: Secrets, vector: NDArray[np.int64], others: Mapping[int, tuple[bytes, bytes]],
    label: bytes,
) -> Words:  # fmt: skip
    """The vector under its masks. `others` are the public keys of the sites whose shares arrived."""
    total = vector.astype(np.uint64) + stream(secrets.own, len(vector), label)
    for site, (_, public) in others.items():
        if site != me:
            mask = stream(_agreed(secrets.masking, public, label), len(vector), label)
            total = total + mask if me < site else total - mask
    return total


def opened_shares(
    me: int, secrets: Secrets, sealed: Mapping[int, bytes], others: Mapping[int, tuple[bytes, bytes]],
    left: Sequence[int], threshold: int, label: bytes,
) -> dict[int, bytes]:  # fmt: skip
    """What this site gives away at the end: of each site that is `left` a share of its own mask, of each that
    fell silent a share of its masking key; never both of one. Raises LostRound when too few are left."""
    if me not in left or len(set(left)) < threshold or set(left) - set(sealed):
        raise LostRound("too few sites are left, or this one is not among them")
    shown = {}
    for site, box in sealed.items():
        shares = _unseal(_agreed(secrets.sealing, others[site][0], label), box, site, me)
        half = len(shares) // 2
        shown[site] = shares[half:] if site in left else shares[:half]
    return shown


def unmasked(
    vectors: Mapping[int, Words], public: Mapping[int, tuple[bytes, bytes]],
    shown: Mapping[int, Mapping[int, bytes]], threshold: int, label: bytes,
) -> NDArray[np.int64]:  # fmt: skip
    """The sum of the vectors of the sites that sent one, from the shares (by giver, then by owner).

    `public` are the keys of all sites whose shares went out. Raises LostRound when there are too few shares.
    """
    if len(shown) < threshold:
        raise LostRound(f"{len(shown)} sites answered to the end; it takes {threshold}")
    size = len(next(iter(vectors.values())))
    total = np.zeros(size, dtype=np.uint64)
    for vector in vectors.values():
        total = total + vector
    for owner in public:
        secret = joined({giver: shares[owner] for giver, shares in shown.items()}, threshold)
        if owner in vectors:
            total = total - stream(secret, size, label)
            continue
        for site in vectors:
            mask = stream(_agreed(secret, public[site][1], label), size, label)
            total = total - mask if site < owner else total + mask
    return total.astype(np.int64)


def split(secret: bytes, threshold: int, sites: Sequence[int]) -> dict[int, bytes]:
    """Shares of a secret of 32 bytes, by site: any `threshold` of them give it back, fewer say nothing.

    Shamir, "How to share a secret", CACM 1979, by the library shamirs. (pycryptodome's takes 20 ms for half
    of such a secret and ten sites, this one .2 ms.)
    """
    import shamirs

    made = shamirs.shares(int.from_bytes(secret, "big"), len(sites), _PRIME, threshold, compact=True)
    return {
        site: share.index.to_bytes(4, "big") + share.value.to_bytes(_WIDTH, "big")
        for site, share in zip(sites, made, strict=True)
    }


def joined(shares: Mapping[int, bytes], threshold: int) -> bytes:
    """The secret from at least `threshold` of its shares. Raises LostRound for shares that do not belong
    together."""
    given = list(shares.values())[:threshold]
    places = tuple(int.from_bytes(share[:4], "big") for share in given)
    if len(places) < threshold or len(set(places)) < len(places) or 0 in places:
        raise LostRound("there are too few shares, or two of one site")
    values = (int.from_bytes(share[4:], "big") for share in given)
    secret = sum(part * value for part, value in zip(_parts(places), values, strict=True)) % _PRIME
    if secret >= 1 << (8 * KEY):
        raise LostRound("the shares do not belong together")
    return secret.to_bytes(KEY, "big")


@lru_cache(maxsize=16)
def _parts(places: tuple[int, ...]) -> tuple[int, ...]:
    """What each share counts for in the secret: Lagrange's polynomials of these places, at 0.

    The same givers join the secrets of all sites of a round; shamirs would invert anew for each pair of them,
    which took five sixths of a round's time at forty sites. A test holds both together.
    """
    found = []
    for mine in places:
        above = below = 1
        for other in places:
            if other != mine:
                above, below = above * other % _PRIME, below * (other - mine) % _PRIME
        found.append(above * pow(below, -1, _PRIME) % _PRIME)
    return tuple(found)


def stream(key: bytes, size: int, label: bytes) -> Words:
    """Mask (size,) from a key of 32 bytes."""
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20

    encryptor = Cipher(ChaCha20(_derived(key, b"mask" + label), bytes(16)), mode=None).encryptor()
    return np.frombuffer(encryptor.update(bytes(8 * size)), dtype="<u8").astype(np.uint64)


def _public(private: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def _agreed(private: bytes, public: bytes, label: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

    shared = X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(public))
    return _derived(shared, b"pair" + label)


def _derived(key: bytes, info: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(algorithm=SHA256(), length=KEY, salt=None, info=info).derive(key)


def _seal(key: bytes, content: bytes, giver: int, taker: int) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    # A key seals one box in each direction, told apart by the nonce.
    return ChaCha20Poly1305(key).encrypt(_nonce(giver, taker), content, _name(giver, taker))


def _unseal(key: bytes, box: bytes, giver: int, taker: int) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    return ChaCha20Poly1305(key).decrypt(_nonce(giver, taker), box, _name(giver, taker))


def _nonce(giver: int, taker: int) -> bytes:
    return bytes(11) + bytes([giver < taker])


def _name(giver: int, taker: int) -> bytes:
    return f"{giver}>{taker}".encode()
