"""What to choose where nothing wins against everything: the maximal lottery."""

from dataclasses import dataclass

import numpy as np

from core.judgment import Floats

#: Weights that differ by less are the same: the linear program is solved to `FEASIBLE`, which
#: near-ties between items magnify.
WEIGHT_TOLERANCE, FEASIBLE = 1e-4, 1e-9
#: With more items that could share a tie, only one of several lotteries is looked for.
MAX_ITEMS_TIED = 200


@dataclass(frozen=True, slots=True, eq=False)
class Lottery:
    """A mixture of items against which no item is preferred more often than not.

    Attributes
    ----------
    weights : ndarray, shape (n_items,)
        Probabilities. Where several lotteries do, the mean of those that give one item as much
        as it can get.
    is_unique : bool
        Whether no other lottery does.
    condorcet_winner : int or None
        The item that is preferred to every other, if there is one; it then has all the weight.
    """

    weights: Floats
    is_unique: bool
    condorcet_winner: int | None


def maximal_lottery(probability: Floats) -> Lottery:
    r"""The von Neumann winner of a matrix of win probabilities [1]_ [2]_.

    The lottery p over items that maximises its worst expected win probability,

    .. math:: \max_{p \ge 0, \sum p = 1} \min_j \sum_i p_i P(i \succ j),

    which is one half: the game is symmetric, with :math:`P - \tfrac12` skew-symmetric. It is
    found by linear programming. A Condorcet winner gets all the weight; items that lose to one
    that is better against everything get none.

    Whether it is unique is told by pushing it in a random direction and back among all that are
    optimal: if it does not move there is no other. (In a random direction two vertices of the
    optimal set differ with probability one.)

    Parameters
    ----------
    probability : ndarray, shape (n_items, n_items)
        P(i is preferred to j), with P(i, j) + P(j, i) = 1; at least one item.

    References
    ----------
    .. [1] Fishburn, "Probabilistic social choice based on simple voting comparisons", Review of
       Economic Studies 51, 1984.
    .. [2] Dudík, Hofmann, Schapire, Slivkins and Zoghi, "Contextual dueling bandits", COLT 2015
       (the name von Neumann winner).
    """
    excess = (probability - probability.T) / 2
    n_items = len(excess)
    beats_all = ((excess > 0).sum(axis=1) == n_items - 1).nonzero()[0]
    if len(beats_all):
        winner = int(beats_all[0])
        return Lottery(np.eye(n_items)[winner], is_unique=True, condorcet_winner=winner)
    direction = np.random.default_rng(0).normal(size=n_items)
    one, other = _optimal(excess, direction), _optimal(excess, -direction)
    if np.abs(one - other).max() <= WEIGHT_TOLERANCE:
        return Lottery((one + other) / 2, is_unique=True, condorcet_winner=None)
    if n_items > MAX_ITEMS_TIED:
        return Lottery((one + other) / 2, is_unique=False, condorcet_winner=None)
    favouring = np.stack([_optimal(excess, row) for row in np.eye(n_items)])
    possible = np.diagonal(favouring) > WEIGHT_TOLERANCE
    return Lottery(favouring[possible].mean(axis=0), is_unique=False, condorcet_winner=None)


def _optimal(excess: Floats, direction: Floats) -> Floats:
    """The optimal lottery that lies farthest in a direction."""
    from scipy.optimize import linprog  # here, as scipy takes long to import

    n_items = len(excess)
    scale = float(np.abs(excess).max()) or 1.0
    found = linprog(
        -direction,
        A_ub=-excess.T / scale,
        b_ub=np.full(n_items, FEASIBLE),
        A_eq=np.ones((1, n_items)),
        b_eq=[1.0],
        bounds=(0, 1),
        method="highs",
        options={"primal_feasibility_tolerance": FEASIBLE},
    )
    if found.status != 0:  # the game always has a solution: anything else is a bug
        raise RuntimeError(f"The linear program of a lottery ended with: {found.message}")
    weights: Floats = np.clip(found.x, 0, None) / np.clip(found.x, 0, None).sum()
    return weights
