"""The coordinator gets the sum to the last digit, and nothing else."""

import secrets
from collections.abc import Mapping
from contextlib import suppress

import numpy as np
import pytest
from numpy.typing import NDArray

from mesh.sharing import federation_masking as masking

LABEL = b"round 1"
Vectors = Mapping[int, NDArray[np.int64]]


class Round:
    """One round among sites, step by step."""

    def __init__(self, vectors: Vectors, least: int) -> None:
        self.vectors, self.least = vectors, least
        self.held = {node: masking.new_secrets(secrets.token_bytes) for node in vectors}
        self.public = {node: masking.public_keys(one) for node, one in self.held.items()}
        self.boxes = {
            node: masking.sealed_shares(node, one, self.public, least, LABEL)
            for node, one in self.held.items()
        }

    def sent(self, *, without: frozenset[int] = frozenset()) -> dict[int, masking.Words]:
        return {
            node: masking.masked(node, self.held[node], vector, self.public, LABEL)
            for node, vector in self.vectors.items()
            if node not in without
        }

    def shown(self, node: int, left: list[int]) -> dict[int, bytes]:
        sealed = {giver: boxes[node] for giver, boxes in self.boxes.items()}
        return masking.opened_shares(node, self.held[node], sealed, self.public, left, self.least, LABEL)


@pytest.fixture
def vectors() -> Vectors:
    return {n: np.random.default_rng(n).integers(-(2**50), 2**50, 30) for n in range(1, 11)}


@pytest.mark.parametrize("silent", [(), (4,), (1, 5, 10)])
def test_the_sum_is_exact_whoever_falls_silent(vectors: Vectors, silent: tuple[int, ...]) -> None:
    going = Round(vectors, least=7)
    sent = going.sent(without=frozenset(silent))
    shown = {node: going.shown(node, list(sent)) for node in sent}
    total = masking.unmasked(sent, going.public, shown, 7, LABEL)
    assert (total == sum(vectors[node] for node in sent)).all()


def test_a_site_may_fall_silent_after_its_vector_too(vectors: Vectors) -> None:
    going = Round(vectors, least=7)
    sent = going.sent()
    shown = {node: going.shown(node, list(sent)) for node in list(sent)[:7]}
    assert (masking.unmasked(sent, going.public, shown, 7, LABEL) == sum(vectors.values())).all()


def test_too_few_shares_open_nothing(vectors: Vectors) -> None:
    going = Round(vectors, least=7)
    sent = going.sent()
    shown = {node: going.shown(node, list(sent)) for node in list(sent)[:6]}
    with pytest.raises(masking.LostRound):
        masking.unmasked(sent, going.public, shown, 7, LABEL)


def test_a_masked_vector_says_nothing_and_never_the_same(vectors: Vectors) -> None:
    zeros = {node: np.zeros(4000, dtype=np.int64) for node in vectors}
    one, other = Round(zeros, least=7).sent()[1], Round(zeros, least=7).sent()[1]
    bits = np.unpackbits(one.view(np.uint8)).mean()
    assert abs(bits - 0.5) < 0.01 and (one != other).all()


def test_of_each_site_one_lock_is_opened_never_both(vectors: Vectors) -> None:
    going = Round(vectors, least=7)
    left = list(range(1, 8))
    shown = {node: going.shown(node, left) for node in left}
    for owner in vectors:
        found = masking.joined({n: shares[owner] for n, shares in shown.items()}, 7)
        expected = going.held[owner].own if owner in left else going.held[owner].masking
        assert found == expected


def test_a_site_does_not_help_to_open_a_round_with_too_few_sites(vectors: Vectors) -> None:
    going = Round(vectors, least=7)
    for left in ([1, 2, 3], [2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4, 5, 6, 99]):
        with pytest.raises(masking.LostRound):
            going.shown(1, left)


def test_fewer_shares_than_the_threshold_give_another_secret() -> None:
    secret = secrets.token_bytes(32)
    shares = masking.split(secret, 3, [1, 2, 3, 4, 5])
    assert masking.joined({n: shares[n] for n in (1, 3, 5)}, 3) == secret
    with suppress(masking.LostRound):  # what comes out may be no key of 32 bytes at all
        assert masking.joined({n: shares[n] for n in (1, 3)}, 2) != secret


def test_a_box_opens_for_its_taker_alone(vectors: Vectors) -> None:
    from cryptography.exceptions import InvalidTag

    going = Round(vectors, least=7)
    going.boxes[2][1] = going.boxes[2][3]
    with pytest.raises(InvalidTag):
        going.shown(1, list(vectors))


@pytest.mark.parametrize(("sites", "least"), [(3, 3), (10, 7), (40, 27)])
def test_a_secret_is_joined_as_the_library_that_split_it_would(sites: int, least: int) -> None:
    import shamirs

    secret = secrets.token_bytes(32)
    shares = masking.split(secret, least, range(1, sites + 1))
    some = dict(list(shares.items())[-least:])
    points = [
        shamirs.share(int.from_bytes(s[:4], "big"), int.from_bytes(s[4:], "big")) for s in some.values()
    ]
    theirs = shamirs.interpolate(points, modulus=masking._PRIME, threshold=least)
    assert masking.joined(some, least) == theirs.to_bytes(32, "big") == secret


def test_two_shares_of_one_site_or_too_few_join_nothing() -> None:
    shares = masking.split(secrets.token_bytes(32), 3, [1, 2, 3])
    with pytest.raises(masking.LostRound):
        masking.joined({1: shares[1], 2: shares[2]}, 3)
    with pytest.raises(masking.LostRound):
        masking.joined({1: shares[1], 2: shares[2], 3: shares[2]}, 3)
