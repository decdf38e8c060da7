import networkx as nx  # type: ignore[import-untyped]
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.comparison_graph import components
from core.coverage import (
    attainable_efficiency,
    determined_differences,
    heat_map,
    prompt_designs,
)
from core.coverage.design import efficiency_of
from core.estimates import NotDeterminedError
from core.fitting import fit_bradley_terry
from core.judgment import Comparisons
from tests.strategies import comparisons, comparisons_of


def test_every_pair_equally_often_is_the_best_design() -> None:
    one, other = np.triu_indices(6, 1)
    assert efficiency_of(6, one, other, np.full(15, 4.0)) == pytest.approx((1, 1, 1))


def test_a_star_and_a_line_by_hand() -> None:
    """Four items, three judgments: the best has eigenvalues 2 x 3 / 3 = 2.

    Star: 1, 1, 4: harmonic mean 3 / 2.25, geometric 4^(1/3). Line: 2 - √2, 2, 2 + √2: harmonic mean
    3 / 2.5, geometric (2 x 2)^(1/3).
    """
    star = efficiency_of(4, np.array([0, 0, 0]), np.array([1, 2, 3]), np.ones(3))
    assert star == pytest.approx((3 / 2.25 / 2, 4 ** (1 / 3) / 2, 1 / 2))
    line = efficiency_of(4, np.array([0, 1, 2]), np.array([1, 2, 3]), np.ones(3))
    assert line == pytest.approx((3 / 2.5 / 2, 4 ** (1 / 3) / 2, (2 - 2**0.5) / 2))


@given(comparisons())
def test_degrees_pieces_and_connectivity_are_those_of_networkx(data: Comparisons) -> None:
    """networkx 3.6.1."""
    for design in prompt_designs(data.prompts, data.second, data.first):
        items = np.flatnonzero(data.prompts == design.prompt).tolist()
        graph = nx.Graph()
        graph.add_nodes_from(items)
        inside = data.prompts[data.first] == design.prompt
        for one, other in zip(data.first[inside], data.second[inside], strict=True):
            known = graph.get_edge_data(int(one), int(other), {"weight": 0})["weight"]
            graph.add_edge(int(one), int(other), weight=known + 1)
        assert design.n_components == nx.number_connected_components(graph)
        degrees = [degree for _, degree in graph.degree()]
        assert (design.degree_least, design.degree_most) == (min(degrees), max(degrees))
        assert (design.pairs_asked, design.n_judgments) == (len(graph.edges), inside.sum())
        if inside.any():
            level = 2 * inside.sum() / (len(items) - 1)
            found = nx.laplacian_spectrum(graph).real[1] / level if len(items) > 1 else np.nan
            assert design.connectivity == pytest.approx(found, abs=1e-8)
            assert 0 <= design.a_efficiency <= design.d_efficiency + 1e-12
            assert design.d_efficiency <= 1 + 1e-12
        else:
            assert np.isnan(design.a_efficiency)


def test_efficiency_is_the_ratio_of_mean_variances_of_differences() -> None:
    rng = np.random.default_rng(0)
    one, other = np.triu_indices(8, 1)
    times = rng.integers(0, 4, len(one)).astype(float)
    laplacian = np.zeros((8, 8))
    for i, j, weight in zip(one, other, times, strict=True):
        step = np.eye(8)[i] - np.eye(8)[j]
        laplacian += weight * np.outer(step, step)
    inverse = np.linalg.pinv(laplacian)
    variance = inverse[one, one] + inverse[other, other] - 2 * inverse[one, other]
    best = 2 * 7 / (2 * times.sum())  # 2 / eigenvalue
    assert efficiency_of(8, one, other, times)[0] == pytest.approx(best / variance.mean())


def test_what_can_be_asked_comes_near_the_best() -> None:
    rng = np.random.default_rng(1)
    assert attainable_efficiency(10, 45, rng) == pytest.approx((1, 1, 1))
    sparse = attainable_efficiency(50, 150, rng)
    dense = attainable_efficiency(50, 600, rng)
    assert 0.5 < sparse[0] < dense[0] < 1
    # A random choice of the same size leaves some items out or judges them unequally.
    first = rng.integers(50, size=150)
    drawn = efficiency_of(50, first, (first + rng.integers(1, 50, 150)) % 50, np.ones(150))
    assert drawn[0] < sparse[0]
    with pytest.raises(NotDeterminedError, match="connect"):
        attainable_efficiency(50, 40, rng)


def test_differences_between_pieces_are_not_determined() -> None:
    """0 beats 1 nine times of ten; 2 and 3 are apart from them."""
    rows = [(0, 1, 1)] * 90 + [(0, 1, -1)] * 10 + [(2, 3, 1), (2, 3, -1)]
    data = comparisons_of(4, rows)
    model = fit_bradley_terry(data)
    found = determined_differences(
        model, components(4, data.first, data.second), 0, np.random.default_rng(0)
    )
    assert (found.n_pairs, found.n_looked_at) == (6, 6)
    assert found.connected == pytest.approx(2 / 6)
    assert found.determined == pytest.approx(1 / 6)
    assert found.half_width[0] < found.half_width[2]
    assert set(found.widest) not in ({0, 1}, {2, 3})


@given(st.integers(1, 90), st.integers(0, 400), st.integers(2, 20))
def test_heat_maps_lose_no_judgment(n_items: int, n: int, max_cells: int) -> None:
    rng = np.random.default_rng(n)
    n = n if n_items > 1 else 0
    first = rng.integers(n_items, size=n)
    second = (first + rng.integers(1, max(n_items, 2), size=n)) % n_items
    for along in (None, rng.normal(size=n_items)):
        drawn = heat_map(n_items, first, second, along=along, max_cells=max_cells)
        assert sorted(drawn.order.tolist()) == list(range(n_items))
        upper = np.triu(np.ones_like(drawn.judgments, dtype=bool))
        assert drawn.judgments[upper].sum() == n
        assert drawn.possible[upper].sum() == n_items * (n_items - 1) / 2
        assert (drawn.judgments == drawn.judgments.T).all()
        assert (drawn.asked <= drawn.possible).all()
        assert len(drawn.edges) <= max_cells + 1


def test_pieces_lie_one_after_the_other_in_a_heat_map() -> None:
    """Two groups of 30 items, mixed up: every judgment is near the diagonal of 2 x 2 cells."""
    rng = np.random.default_rng(5)
    mixed = rng.permutation(60)
    one = rng.integers(30, size=600)
    other = (one + rng.integers(1, 30, size=600)) % 30
    group = rng.integers(2, size=600) * 30
    drawn = heat_map(60, mixed[one + group], mixed[other + group], max_cells=2)
    assert drawn.judgments[0, 1] == 0
    assert drawn.judgments.trace() == 600
