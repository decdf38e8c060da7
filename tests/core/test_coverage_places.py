from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from core.coverage import (
    CoverageGoal,
    Kernel,
    Want,
    how_far,
    pair_coverage,
    principal_plane,
    quality_grid,
    triplets_of_answers,
    value_coverage,
    what_next,
)
from core.coverage.similarity import closer_log_odds
from core.estimates import NotDeterminedError
from core.fitting.triplets import fit_triplets, triplet_loss
from core.judgment import Floats, Indices


@pytest.mark.parametrize("shape", [(40, 7), (6, 30), (9, 1)])
def test_the_plane_is_that_of_sklearn(shape: tuple[int, int]) -> None:
    """sklearn 1.9.1, PCA; axes may point the other way."""
    features = np.random.default_rng(0).normal(size=shape) * np.linspace(3, 1, shape[1])
    plane = principal_plane(features)
    n = min(2, shape[1])
    theirs = PCA(n).fit(features)
    assert np.abs(plane.points[:, :n]) == pytest.approx(
        np.abs(theirs.transform(features)), abs=1e-6
    )
    assert plane.explained[:n] == pytest.approx(theirs.explained_variance_ratio_, abs=1e-6)
    assert plane.place(features) == pytest.approx(plane.points, abs=1e-9)
    with pytest.raises(NotDeterminedError, match="three items"):
        principal_plane(np.ones((5, 2)))


def test_a_grid_by_hand() -> None:
    """2 x 2 cells; two items lower left, one upper right, nobody elsewhere."""
    points = np.array([[0.0, 0.0], [0.1, 0.1], [1.0, 1.0]])
    grid = quality_grid(
        points, np.array([2, 3, 9]), np.array([0.5, 0.2, -1.0]), np.full(3, 0.3), n_cells=2
    )
    assert grid.n_items.tolist() == [[2, 0], [0, 1]]
    assert grid.n_judgments.tolist() == [[5, 0], [0, 9]]
    assert grid.best.tolist() == [[0, -1], [-1, 2]]
    assert grid.filled == 0.5
    assert grid.filled_at_random == pytest.approx(1 - 0.75**3)
    assert grid.score == pytest.approx(1.5)
    wanted = what_next(grid, points, enough=4)
    assert [(one.want, one.row, one.column, one.missing) for one in wanted] == [
        (Want.JUDGE, 0, 0, 3),
        (Want.WRITE, 0, 1, 1),
        (Want.WRITE, 1, 0, 1),
    ]
    assert wanted[1].neighbours == 2
    assert set(wanted[0].nearest[:2]) == {0, 1}


@given(st.integers(1, 60), st.integers(1, 9))
def test_no_item_and_no_judgment_is_lost_on_a_grid(n: int, n_cells: int) -> None:
    rng = np.random.default_rng(n)
    shown = rng.integers(5, size=n)
    strengths = rng.normal(size=n)
    grid = quality_grid(rng.normal(size=(n, 2)), shown, strengths, np.ones(n), n_cells=n_cells)
    assert grid.n_items.sum() == n
    assert grid.n_judgments.sum() == shown.sum()
    assert np.nanmax(grid.quality) == strengths.max()
    assert ((grid.best >= 0) == (grid.n_items > 0)).all()


def test_answers_become_triplets() -> None:
    """Of 4, 5, 6 the last is left over: 5 is nearer to 4 than 6, and 4 nearer to 5 than 6."""
    triplets = triplets_of_answers(np.array([[4, 5, 6]]), np.array([2]))
    assert triplets.tolist() == [[4, 5, 6], [5, 4, 6]]


def test_both_kernels_by_hand() -> None:
    """Squared distances 1 and 4: Student in two dimensions log 5 / 2; crowd log 4.05 / 1.05."""
    points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]])
    triplet = np.array([[0, 1, 2]])
    assert closer_log_odds(points, triplet, Kernel.STUDENT) == pytest.approx([np.log(5 / 2)])
    assert closer_log_odds(points, triplet, Kernel.CROWD) == pytest.approx([np.log(4.05 / 1.05)])


@pytest.mark.parametrize("kernel", list(Kernel))
def test_the_gradient_is_that_of_the_loss(kernel: Kernel) -> None:
    rng = np.random.default_rng(0)
    triplets = np.array([rng.permutation(6)[:3] for _ in range(40)])
    loss, place = triplet_loss(triplets, 6, 2, kernel), rng.normal(size=12)
    steps = np.eye(12) * 1e-6
    numeric = [(loss(place + step)[0] - loss(place - step)[0]) / 2e-6 for step in steps]
    assert loss(place)[1] == pytest.approx(numeric, abs=1e-5)
    chosen = closer_log_odds(place.reshape(6, 2), triplets, kernel)
    expected = np.logaddexp(0, -chosen).sum() + 1e-3 / 2 * place @ place
    assert loss(place)[0] == pytest.approx(expected)


def similar(
    rng: np.random.Generator, n_items: int, n: int, noise: float
) -> tuple[Floats, Indices, Indices]:
    """A true map, triplets of the nearest two of three drawn items, and their questions."""
    truth = rng.normal(size=(n_items, 2))
    items = np.sort(rng.permuted(np.tile(np.arange(n_items), (n, 1)), axis=1)[:, :3], axis=1)
    ends = truth[items]
    apart = ((ends[:, [1, 2, 0]] - ends[:, [2, 0, 1]]) ** 2).sum(axis=2)
    left_over = np.argmin(np.log(apart) + rng.gumbel(size=(n, 3)) * noise, axis=1)
    question = np.repeat((items @ np.array([n_items**2, n_items, 1])), 2)
    return truth, triplets_of_answers(items, left_over), question


@pytest.mark.parametrize("kernel", list(Kernel))
def test_the_true_map_is_found_again(kernel: Kernel) -> None:
    rng = np.random.default_rng(2)
    truth, triplets, question = similar(rng, 15, 500, 0.1)
    found = fit_triplets(triplets, 15, question, kernel=kernel, rng=rng)
    assert found.accuracy.low > 0.85
    assert found.accuracy.n == 1000
    assert found.log_loss < 0.4
    # Without noise, of all triplets that there are, including those never asked.
    every = np.array(list(permutations(range(15), 3)))
    nearer = [np.linalg.norm(truth[every[:, 0]] - truth[every[:, k]], axis=1) for k in (1, 2)]
    right = (closer_log_odds(found.points, every, kernel) > 0) == (nearer[0] < nearer[1])
    # Answers are about the nearest two of three, so that long distances stay less sure.
    assert right.mean() > 0.9


def test_answers_at_random_give_a_map_no_better_than_chance() -> None:
    rng = np.random.default_rng(3)
    _, triplets, question = similar(rng, 15, 300, 100.0)
    found = fit_triplets(triplets, 15, question, rng=rng)
    assert found.accuracy.low < 0.5 < found.accuracy.high + 0.05
    assert found.log_loss > np.log(2)
    with pytest.raises(NotDeterminedError, match="more often"):
        fit_triplets(triplets[:8], 15, question[:8], rng=rng)


def test_contexts_cards_and_votes_by_hand() -> None:
    """Context 0 holds cards 0 to 3, voted on 0-1 (twice) and 1-2; context 1 holds 5 and 6."""
    held = np.array([0, 0, 0, 0, 1, 1, 1]), np.array([0, 1, 2, 3, 5, 6, 5])
    votes = np.array([0, 0, 0]), np.array([0, 1, 2]), np.array([1, 0, 1]), np.array([7, 8, 7])
    coverage = value_coverage(2, held, votes)
    assert coverage.n_cards.tolist() == [4, 2]
    assert coverage.edges_possible.tolist() == [6, 1]
    assert coverage.edges_asked.tolist() == [2, 0]
    assert coverage.n_votes.tolist() == [3, 0]
    assert coverage.n_voters.tolist() == [2, 0]
    assert coverage.share == 2 / 7
    edges = zip(coverage.edge_one, coverage.edge_other, coverage.edge_votes, strict=True)
    assert [tuple(map(int, edge)) for edge in edges] == [(0, 1, 2), (1, 2, 1)]
    unasked = zip(
        coverage.unasked_context, coverage.unasked_one, coverage.unasked_other, strict=True
    )
    # Votes on both cards: 5-6 none, 2-3 one, 0-3 two, 0-2 and 1-3 three (1-3 with three on one).
    assert [tuple(map(int, edge)) for edge in unasked] == [
        (1, 5, 6), (0, 2, 3), (0, 0, 3), (0, 0, 2), (0, 1, 3),
    ]  # fmt: skip


def test_nothing_voted_and_nothing_held() -> None:
    nothing = np.empty(0, dtype=np.int64)
    coverage = value_coverage(1, (nothing, nothing), (nothing, nothing, nothing, nothing))
    assert coverage.share is None
    assert len(coverage.unasked_context) == 0


def test_how_far_a_goal_is() -> None:
    """Four items, six pairs; pairs have 3, 1 and 0 judgments. Four pairs of two need 1 + 2 + 2."""
    coverage = pair_coverage(
        np.zeros(4, dtype=int), np.array([0, 0, 0, 1]), np.array([1, 1, 1, 2]), np.arange(4)
    )
    goal = CoverageGoal(judgments_per_pair=2, share_of_pairs=0.6, half_width=0.5, n_people=10)
    pairs, width, people = how_far(goal, coverage, half_width=1.0)
    assert (pairs.reached, pairs.is_met, pairs.takes) == (1 / 6, False, 5)
    assert (width.is_met, width.takes) == (False, 12)  # four times the judgments: twelve more
    assert (people.reached, people.takes) == (4, 6)
    assert how_far(CoverageGoal(half_width=0.5), coverage)[0].takes is None
    assert how_far(CoverageGoal(n_people=3), coverage)[0].is_met
    assert how_far(CoverageGoal(), coverage) == ()


def test_both_losses_are_those_of_cblearn() -> None:
    """cblearn 0.4.0, _ste_x_grad (heavy tailed) and _ckl_x_loss (mu .05), which have no ridge."""
    points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0], [1.5, 1.0], [-1.0, 0.5]])
    triplets = np.array([[0, 1, 2], [1, 3, 2], [2, 0, 4], [3, 1, 0], [4, 0, 3]])
    ridge = 1e-3 / 2 * float((points**2).sum())
    for kernel, loss, slope in (
        (Kernel.STUDENT, 2.119877994769077, 0.16375781),
        (Kernel.CROWD, 1.7735503901512464, 0.1195372),
    ):
        value, gradient = triplet_loss(triplets, 5, 2, kernel)(points.ravel())
        assert value - ridge == pytest.approx(loss, abs=1e-6)
        assert gradient[0] == pytest.approx(slope, abs=1e-6)
