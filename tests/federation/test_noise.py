"""Noise is what it is said to be, and its price is reckoned as others reckon it."""

import math

import numpy as np
import pytest

from mesh.sharing.federation_noise import ORDERS, Release, epsilon_of, least_multiplier, skellam


@pytest.mark.parametrize("noise", [0.5, 1.0, 5.0, 40.0])
@pytest.mark.parametrize("times", [1, 60])
def test_epsilon_is_what_dp_accounting_makes_of_the_same_divergences(noise: float, times: int) -> None:
    accountant = pytest.importorskip("dp_accounting.rdp.rdp_privacy_accountant")
    release = Release(100.0, 400.0, (100 * noise) ** 2, times)
    curve = [release.rdp(order) for order in ORDERS]
    theirs, _ = accountant.compute_epsilon(ORDERS, curve, 1e-5)
    assert epsilon_of([release], 1e-5) == pytest.approx(theirs, rel=1e-12)


@pytest.mark.parametrize("order", [2, 3, 8])
def test_the_bound_is_above_the_divergence_it_bounds(order: int) -> None:
    half, shift = 40.0, 3
    count = np.arange(0, 400)
    logs = np.array([-half + k * math.log(half) - math.lgamma(k + 1) for k in count])
    chance = np.convolve(np.exp(logs), np.exp(logs)[::-1])
    moved = np.roll(chance, shift)
    # Around a difference of none, where all that counts is.
    inside = slice(399 - 70, 399 + 70)
    exact = math.log(float((chance[inside] ** order * moved[inside] ** (1 - order)).sum())) / (order - 1)
    bound = Release(shift, shift, 2 * half).rdp(order)
    assert exact <= bound <= 1.2 * exact


def test_shares_of_noise_add_up_to_noise_of_the_whole() -> None:
    generator = np.random.default_rng(3)
    whole = np.sum([skellam(generator, 250.0, 20_000) for _ in range(4)], axis=0)
    assert whole.dtype == np.int64 and abs(whole.mean()) < 1
    assert whole.var() == pytest.approx(1000, rel=0.05)


def test_no_noise_costs_without_end_and_no_release_costs_nothing() -> None:
    assert epsilon_of([Release(1, 1, 0)], 1e-5) == math.inf
    assert epsilon_of([Release(1, 1, 4, times=0)], 1e-5) == 0


def test_the_least_noise_just_keeps_to_its_epsilon() -> None:
    def releases(noise: float) -> list[Release]:
        return [Release(1000, 5000, (1000 * noise) ** 2, 40)]

    noise = least_multiplier(1.0, 1e-5, releases)
    assert epsilon_of(releases(noise), 1e-5) <= 1.0 < epsilon_of(releases(0.999 * noise), 1e-5)


def test_more_rounds_cost_more_but_less_than_their_sum() -> None:
    once, often = (epsilon_of([Release(1, 1, 100.0**2, times)], 1e-5) for times in (1, 100))
    assert once < often < 100 * once
