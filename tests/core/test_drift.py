"""Change points, and distances between fits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.drift import (
    DifferentItemsError,
    change_points,
    fit_distance,
    moved_items,
    strengths_distance,
)
from core.estimates import NotDeterminedError
from core.judgment import Floats


def test_a_change_is_found_and_its_intervals_hold() -> None:
    """60 studies; of 95 % intervals fewer than 52 hits have probability 1.2 %."""
    held = np.zeros(3)
    for seed in range(60):
        rng = np.random.default_rng(seed)
        values = (rng.random(600) < np.repeat([0.8, 0.55], [360, 240])).astype(float)
        change = change_points(values, np.arange(600) // 3, rng=rng)[0]
        held[0] += change.low <= 360 <= change.high
        held[1] += change.before.low <= 0.8 <= change.before.high
        held[2] += change.after.low <= 0.55 <= change.after.high
        assert change.p_value <= 0.025
    assert (held >= 52).all()


def test_several_changes_are_found_in_order() -> None:
    rng = np.random.default_rng(1)
    level = np.repeat([0.9, 0.5, 0.85], [300, 300, 300])
    changes = change_points((rng.random(900) < level).astype(float), np.arange(900), rng=rng)
    assert [change.place for change in changes] == pytest.approx([300, 600], abs=30)
    assert changes[0].after == changes[1].before


def test_where_nothing_changed_little_is_found() -> None:
    """200 studies in days that differ by chance: level / 2 at the top, less below; at most 5 %."""
    found = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        day = np.repeat(np.arange(40), 10)
        share = np.clip(0.7 + rng.normal(0, 0.15, 40), 0, 1)[day]
        values = (rng.random(400) < share).astype(float)
        found += bool(change_points(values, day, rng=rng))
    assert found <= 12  # of 200 at 3 %: more than 12 has probability 1 %


def test_too_short_a_time_shows_no_change() -> None:
    rng = np.random.default_rng(0)
    assert change_points(np.array([0.0] * 3 + [1.0] * 3), np.arange(6), rng=rng) == ()
    assert change_points(np.empty(0), np.empty(0, dtype=np.int64), rng=rng) == ()


strengths = st.lists(st.integers(-30, 30), min_size=3, max_size=3).map(
    lambda values: np.array(values) / 10
)


@given(strengths, strengths, strengths, st.floats(0.1, 9), st.floats(-9, 9))
def test_the_distance_is_a_pseudometric_that_knows_no_shift_and_no_scale(
    a: Floats, b: Floats, c: Floats, scale: float, shift: float
) -> None:
    assert strengths_distance(a, scale * a + shift) == pytest.approx(0, abs=1e-6)
    assert strengths_distance(a, b) == pytest.approx(strengths_distance(b, a))
    through = strengths_distance(a, c) + strengths_distance(c, b)
    assert strengths_distance(a, b) <= through + 1e-9
    assert 0 <= strengths_distance(a, b) <= 1 + 1e-12


def test_the_distance_is_half_the_chord_of_the_correlation() -> None:
    """numpy.corrcoef; the reverse order is at 1, no relation at the root of one half."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 50))
    r = np.corrcoef(a, b)[0, 1]
    assert strengths_distance(a, b) == pytest.approx(np.sqrt((1 - r) / 2), abs=1e-12)
    assert strengths_distance(a, -a) == pytest.approx(1)
    with pytest.raises(DifferentItemsError, match="50 and 49"):
        strengths_distance(a, b[1:])


def test_a_distance_worked_out_by_hand() -> None:
    """Errors of variance 1/4 and 1/8: traces 1/2 and 1/4. r = 1 / sqrt((2 - 1/2)(2 - 1/4))."""
    one, other = np.array([1.0, 0, -1]), np.array([0.0, 1, -1])
    found = fit_distance(one, np.eye(3) / 4, other, np.eye(3) / 8, rng=np.random.default_rng(0))
    r = 1 / np.sqrt(1.5 * 1.75)
    assert found.estimate.value == pytest.approx(np.sqrt((1 - r) / 2))
    assert found.as_seen == pytest.approx(np.sqrt(1 / 4))


def test_noise_is_taken_out_of_the_distance() -> None:
    """100 pairs of fits of 30 items whose true distance is known; and with none, p is uniform."""
    held, false_alarms, values = 0, 0, []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        one = rng.normal(size=30)
        other = 0.6 * one + 0.5 * rng.normal(size=30)
        noise = 0.16 * np.eye(30)
        seen = [part + rng.normal(0, 0.4, 30) for part in (one, other, 2 * one)]
        found = fit_distance(seen[0], noise, seen[1], noise, rng=rng)
        held += found.estimate.low <= strengths_distance(one, other) <= found.estimate.high
        values.append(found.estimate.value - strengths_distance(one, other))
        assert found.estimate.value <= found.as_seen
        false_alarms += fit_distance(seen[0], noise, seen[2], noise, rng=rng).p_value < 0.05
    assert held >= 88
    assert abs(np.median(values)) < 0.03
    assert false_alarms <= 12


def test_fits_of_nothing_but_noise_have_no_distance() -> None:
    with pytest.raises(NotDeterminedError, match="Collect more"):
        fit_distance(
            np.array([0.1, -0.1, 0.0]),
            np.eye(3),
            np.array([2.0, 0, -2]),
            0.01 * np.eye(3),
            rng=np.random.default_rng(0),
        )


def test_items_that_moved_are_named() -> None:
    """Two of forty moved by 2 nats, noise 0.3 each time; false discoveries on average below 5 %."""
    shares = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        one = rng.normal(size=40)
        other = one.copy()
        other[:2] += [2, -2]
        noise = 0.09 * np.eye(40)
        found = moved_items(
            one + rng.normal(0, 0.3, 40), noise, other + rng.normal(0, 0.3, 40), noise
        )
        shares.append(found.moved[2:].sum() / max(found.moved.sum(), 1))
        assert found.moved[:2].any()
    assert np.mean(shares) < 0.08
