"""Strengths before and since, judged by people who have tastes of their own."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import t

from core.drift import fit_distance, moved_items
from core.fitting.bradley_terry import fit_bradley_terry
from core.judgment import Comparisons, Floats, Indices
from trainer.noise_of_two import NoiseOfTwo

N_ITEMS = 8


def judged(rng: np.random.Generator, own: Floats, people: Indices, n: int) -> Comparisons:
    """So many judgments of two items by people who have the strengths in their row of `own`."""
    one = rng.integers(N_ITEMS, size=n)
    other = (one + rng.integers(1, N_ITEMS, size=n)) % N_ITEMS
    first, second = np.minimum(one, other), np.maximum(one, other)
    who = rng.choice(people, size=n)
    odds = own[who, first] - own[who, second]
    outcome = np.where(rng.random(n) < 1 / (1 + np.exp(-odds)), 1, -1)
    items = tuple(f"i{k}" for k in range(N_ITEMS))
    return Comparisons(items, np.zeros(N_ITEMS, np.int64), first, second, outcome, who)


def noise_of(seed: int, before: Indices, since: Indices, n: int = 800) -> NoiseOfTwo:
    """Tastes of one nat around strengths that do not change."""
    rng = np.random.default_rng(seed)
    own = rng.normal(size=N_ITEMS) + rng.normal(size=(24, N_ITEMS))
    parts = [judged(rng, own, people, n) for people in (before, since)]
    fits = [fit_bradley_terry(part, prior_scale=1.0, ties=False) for part in parts]
    return NoiseOfTwo.of(fits, parts)


def changed(noise: NoiseOfTwo) -> bool:
    one, other, shared = noise.between(np.arange(N_ITEMS))
    strengths = [fit.strengths for fit in noise.fits]
    rng = np.random.default_rng(0)
    found = fit_distance(
        strengths[0], one, strengths[1], other, shared=shared, freedom=noise.freedom, rng=rng
    )
    return found.p_value < 0.05


def test_other_people_are_no_change_of_the_strengths() -> None:
    """Forty studies, twelve people before and twelve others since: at 5 %, five have p = 5 %."""
    found = [noise_of(seed, np.arange(12), np.arange(12, 24)) for seed in range(40)]
    assert sum(map(changed, found)) <= 5
    # As if every judgment were of its own person, most studies would show a change.
    assert sum(changed(replace(noise, clustered=None)) for noise in found) > 20


def test_a_taste_that_somebody_keeps_is_shared_and_cancels() -> None:
    same = noise_of(0, np.arange(12), np.arange(12))
    one, other, shared = same.between(np.arange(N_ITEMS))
    assert shared is not None
    assert np.trace(one + other - shared - shared.T) < 0.6 * np.trace(one + other)
    apart = noise_of(0, np.arange(12), np.arange(12, 24)).between(np.arange(N_ITEMS))[2]
    assert apart is not None
    assert not apart.any()


def test_what_is_shared_is_what_leaving_a_person_out_of_both_moves() -> None:
    """Strengths fitted anew without each person: one Newton step is off by few percent."""
    rng = np.random.default_rng(3)
    own = rng.normal(size=N_ITEMS) + rng.normal(size=(24, N_ITEMS))
    parts = [judged(rng, own, np.arange(8), 800) for _ in range(2)]

    def strengths(part: Comparisons, person: int) -> Floats:
        rest = part.where(part.annotator != person)
        return fit_bradley_terry(rest, prior_scale=1.0, ties=False).strengths

    moved = [np.stack([strengths(part, person) for person in range(8)], axis=1) for part in parts]
    moved = [each - each.mean(axis=1, keepdims=True) for each in moved]
    by_hand = 7 / 8 * moved[0] @ moved[1].T
    fits = [fit_bradley_terry(part, prior_scale=1.0, ties=False) for part in parts]
    shared = NoiseOfTwo.of(fits, parts).between(np.arange(N_ITEMS))[2]
    assert shared is not None
    assert np.linalg.norm(shared - by_hand) < 0.15 * np.linalg.norm(by_hand)


def test_few_people_are_said_to_be_few() -> None:
    noise = noise_of(1, np.arange(12), np.arange(4))
    assert noise.between(np.arange(3))[2] is None
    assert noise.people() == {
        "older": 12,
        "newer": 4,
        "both": 4,
        "needed": 5,
        "clustered": False,
    }
    assert noise.freedom == np.inf
    assert noise_of(1, np.arange(12), np.arange(6)).freedom == 5


def test_shared_errors_by_hand() -> None:
    """Variance of the change of each of two items, centred: (1 + 1 - 2 x 0.5) / 2 = 1/2."""
    one, other = np.array([1.0, -1.0]), np.array([0.0, 0.0])
    shared = 0.5 * np.eye(2)
    found = moved_items(one, np.eye(2), other, np.eye(2), shared=shared, freedom=4)
    assert found.change == pytest.approx([-1, 1])
    assert found.high - found.change == pytest.approx([t(4).ppf(0.975) * np.sqrt(0.5)] * 2)
    assert found.p_value == pytest.approx([2 * t(4).sf(1 / np.sqrt(0.5))] * 2)


def test_shared_errors_are_taken_out_of_the_correlation() -> None:
    """Centred traces 1/2, 1/4 and 1/5: r = (1 - 1/5) / sqrt((2 - 1/2)(2 - 1/4))."""
    one, other = np.array([1.0, 0, -1]), np.array([0.0, 1, -1])
    found = fit_distance(
        one, np.eye(3) / 4, other, np.eye(3) / 8, shared=np.eye(3) / 10,
        rng=np.random.default_rng(0),
    )  # fmt: skip
    assert found.estimate.value == pytest.approx(np.sqrt((1 - 0.8 / np.sqrt(1.5 * 1.75)) / 2))
