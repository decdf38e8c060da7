import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.blocks import Layout
from core.comparison_graph import components
from core.hodge import HodgeDecomposition, empirical_log_odds
from core.judgment import Floats, PairCounts
from tests.strategies import comparisons_of

Edges = list[tuple[int, int]]


def decomposition(n_items: int, edges: Edges, weights: Floats) -> HodgeDecomposition:
    first, second = np.array(edges).T
    ones = np.ones(len(edges))
    counts = PairCounts(n_items, first, second, ones, 0 * ones, ones)
    layout = Layout.of(components(n_items, first, second), 1)
    return HodgeDecomposition(counts, layout, weights)


def brute_force(n_items: int, edges: Edges, weights: Floats, flow: Floats) -> tuple[float, float]:
    """Energies of gradient and curl by least squares on every slope and every triangle."""
    index = {edge: k for k, edge in enumerate(edges)}
    slopes = np.zeros((len(edges), n_items))
    for k, (i, j) in enumerate(edges):
        slopes[k, i], slopes[k, j] = 1, -1
    rounds = []
    for i in range(n_items):
        for j in range(i + 1, n_items):
            for k in range(j + 1, n_items):
                if {(i, j), (j, k), (i, k)} <= index.keys():
                    row = np.zeros(len(edges))
                    row[index[i, j]], row[index[j, k]], row[index[i, k]] = 1, 1, -1
                    rounds.append(row / weights)
    root = np.sqrt(weights)

    def energy(columns: Floats) -> float:
        whitened = columns * root[:, None]
        fitted = whitened @ np.linalg.lstsq(whitened, root * flow, rcond=None)[0]
        return float(fitted @ fitted)

    return energy(slopes), energy(np.array(rounds).T) if rounds else 0.0


def test_a_triangle_that_runs_round_is_all_curl() -> None:
    found = decomposition(3, [(0, 1), (1, 2), (0, 2)], np.ones(3)).energies(np.array([1.0, 1, -1]))
    assert (found.gradient, found.curl, found.harmonic) == pytest.approx((0, 3, 0), abs=1e-12)


def test_a_square_that_runs_round_is_all_harmonic() -> None:
    edges = [(0, 1), (1, 2), (2, 3), (0, 3)]
    found = decomposition(4, edges, np.ones(4)).energies(np.array([1.0, 1, 1, -1]))
    assert (found.gradient, found.curl, found.harmonic) == pytest.approx((0, 0, 4), abs=1e-12)


def test_differences_of_numbers_are_all_gradient() -> None:
    numbers, edges = np.array([3.0, 1, 0, -2]), [(0, 1), (1, 2), (2, 3), (0, 3), (0, 2)]
    flow = np.array([numbers[i] - numbers[j] for i, j in edges])
    found = decomposition(4, edges, np.arange(1.0, 6)).energies(flow)
    assert found.curl == pytest.approx(0, abs=1e-9)
    assert found.harmonic == pytest.approx(0, abs=1e-9)


@given(st.integers(0, 2**32 - 1), st.integers(4, 8), st.floats(0.3, 1.0))
def test_the_parts_are_those_of_least_squares_and_add_up(
    seed: int, n_items: int, density: float
) -> None:
    """Also on graphs in pieces, and with items that nobody compared."""
    rng = np.random.default_rng(seed)
    edges = [
        (i, j)
        for i in range(n_items)
        for j in range(i + 1, n_items)
        if rng.random() < density or (i, j) == (0, 1)
    ]
    weights, flow = rng.uniform(0.2, 5, len(edges)), rng.normal(size=len(edges))
    found = decomposition(n_items, edges, weights).energies(flow)
    gradient, curl = brute_force(n_items, edges, weights, flow)
    assert found.gradient == pytest.approx(gradient, abs=1e-8)
    assert found.curl == pytest.approx(curl, abs=1e-8)
    assert found.total == pytest.approx(float(weights @ flow**2))


def test_where_pairs_are_too_many_what_runs_round_is_said_in_one() -> None:
    n_items = 60
    edges = [(i, j) for i in range(n_items) for j in range(i + 1, n_items) if (i, j) != (0, 1)]
    found = decomposition(n_items, edges, np.ones(len(edges))).energies(np.ones(len(edges)))
    assert np.isnan(found.harmonic)
    assert found.total == pytest.approx(len(edges))


def test_log_odds_of_counts_by_hand() -> None:
    """Three wins, one loss, two ties: 4.5 against 2.5."""
    counts = comparisons_of(2, [(0, 1, 1)] * 3 + [(0, 1, -1)] + [(0, 1, 0)] * 2).counts()
    assert empirical_log_odds(counts) == pytest.approx([np.log(4.5 / 2.5)])
