"""Data Shapley."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.data_value import TooManyPlayersError, exact_values, monte_carlo_values
from core.fitting import fit_bradley_terry
from core.fitting.data_value import held_out_value
from core.judgment import Comparisons, Floats
from core.simulation import simulate


def gloves(marked: NDArray[np.bool_]) -> Floats:
    """Players 0 and 1 have a left glove, player 2 the right one; a pair is worth 1."""
    return np.full(3, float(marked[2] and (marked[0] or marked[1])))


def additive(marked: NDArray[np.bool_]) -> Floats:
    """Player k adds k, on each of four judgments."""
    return np.full(4, float(np.arange(len(marked)) @ marked))


def test_the_glove_game() -> None:
    """Its known values are 1/6, 1/6 and 2/3."""
    found = exact_values(gloves, 3, np.arange(3))
    assert [one.value for one in found.values] == pytest.approx([1 / 6, 1 / 6, 2 / 3])
    assert (found.total, found.n_fits) == (1, 8)
    drawn = monte_carlo_values(
        gloves, 3, np.arange(3), rng=np.random.default_rng(0), tolerance=0.02, max_orders=2000
    )
    assert drawn.converged
    for one, known in zip(drawn.values, [1 / 6, 1 / 6, 2 / 3], strict=True):
        assert one.low <= known <= one.high


@given(st.integers(0, 300), st.integers(1, 5))
def test_values_add_up_and_equal_players_have_equal_ones(seed: int, n_players: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(1 << n_players, 6))
    twins: dict[tuple[int, ...], Floats] = {}

    def value(marked: NDArray[np.bool_]) -> Floats:
        key = (int(marked[:2].sum()), *marked[2:].astype(int).tolist())
        if key not in twins:
            twins[key] = table[len(twins)]
        return twins[key]

    exact = exact_values(value, n_players, np.arange(6))
    assert sum(one.value for one in exact.values) == pytest.approx(exact.total)
    if n_players > 1:
        assert exact.values[0].value == pytest.approx(exact.values[1].value)
    drawn = monte_carlo_values(value, n_players, np.arange(6), rng=rng, max_orders=12)
    assert sum(one.value for one in drawn.values) == pytest.approx(drawn.total)


def test_truncation_saves_fits_and_is_said() -> None:
    """Player 3 is worth all: whoever comes after adds nothing."""

    def dictator(marked: NDArray[np.bool_]) -> Floats:
        return np.full(2, float(marked[3]))

    rng = np.random.default_rng(0)
    found = monte_carlo_values(dictator, 6, np.arange(2), rng=rng, negligible=1e-9)
    assert found.truncated > 0.2
    assert [one.value for one in found.values] == pytest.approx([0, 0, 0, 1, 0, 0])
    known = monte_carlo_values(additive, 5, np.arange(4), rng=rng)
    assert [one.value for one in known.values] == pytest.approx(range(5))
    assert (known.n_orders, known.converged) == (10, True)


def test_intervals_hold_the_value_on_all_judgments() -> None:
    """Gains differ between judgments; 100 test sets, exact values known on average."""
    held = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        gains = rng.normal([0.2, 0.0, -0.1], 0.5, size=(80, 3))

        def value(marked: NDArray[np.bool_], gains: Floats = gains) -> Floats:
            return gains @ marked.astype(np.float64)

        found = monte_carlo_values(value, 3, np.arange(80), rng=rng)
        held += found.values[0].low <= 0.2 <= found.values[0].high
    assert 88 <= held <= 100


def test_who_answers_at_random_is_worth_least() -> None:
    """Six people, one of whom tosses coins; all others are worth something above zero."""
    rng = np.random.default_rng(0)
    data = simulate(np.linspace(-2, 2, 12), rng=rng, n_judgments=900, n_annotators=6)
    coin = (data.annotator == 4) & (rng.random(900) < 0.5)
    data = Comparisons(
        data.items,
        data.prompts,
        data.first,
        data.second,
        np.where(coin, -data.outcome, data.outcome),
        data.annotator,
    )
    pair = data.first * 12 + data.second
    held = (pair % 4 == 0) & (data.annotator != 4)
    training, rest = data.where(~held), data.where(held)
    scale = fit_bradley_terry(training).prior_scale
    value = held_out_value(training, training.annotator, rest, prior_scale=scale)
    exact = exact_values(value, 6, pair[held])
    worth = [one.value for one in exact.values]
    assert worth.index(min(worth)) == 4
    assert sum(worth) == pytest.approx(exact.total)
    drawn = monte_carlo_values(value, 6, pair[held], rng=rng, tolerance=0.01, max_orders=30)
    assert [one.value for one in drawn.values] == pytest.approx(worth, abs=0.04)
    assert min(one.low for k, one in enumerate(exact.values) if k != 4) > worth[4]


def test_all_subsets_of_many_are_refused() -> None:
    with pytest.raises(TooManyPlayersError, match="13 people"):
        exact_values(additive, 13, np.arange(4))
