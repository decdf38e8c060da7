"""How criteria are weighed against the overall answer: a sparse model with honest intervals."""

from collections.abc import Sequence

import numpy as np

from core.criteria import CriteriaReport, Criterion, agreement_alone
from core.errors import DiscernError
from core.estimates import Estimate, NotDeterminedError, clustered_mean, clustered_share
from core.judgment import Floats, Indices
from core.predictions import logistic
from core.uncertainty.verdicts import discoveries

N_FOLDS = 5
N_PENALTIES = 20
#: Judged pairs that a criterion needs; with fewer the normal is not to be trusted.
PAIRS_EACH = 5
MIN_CLUSTERS = 25


class TooManyCriteriaError(DiscernError):
    """There are more criteria than the judgments can hold apart."""

    def __init__(self, n_criteria: int, n_clusters: int) -> None:
        super().__init__(
            f"{n_criteria} criteria need judgments of {PAIRS_EACH * n_criteria} pairs or more, "
            f"there are {n_clusters}. Judge more pairs, or leave criteria out."
        )


def weigh_criteria(
    names: Sequence[str],
    criteria: Floats,
    outcome_first: Floats,
    cluster: Indices,
    *,
    level: float = 0.95,
    seed: int = 0,
) -> CriteriaReport:
    r"""Predict the overall answer from criteria, sparsely, and say how much each of them weighs.

    The model is logistic without offset, :math:`P(\text{first}) = \sigma(x'\beta)`, as naming the
    items the other way round flips x. :math:`\hat\beta` minimises the mean log loss plus
    :math:`\lambda \sum_k s_k |\beta_k|` with the root mean square :math:`s_k` of a criterion; λ is
    chosen on folds by pair, the largest within one standard error of the best. What the penalty
    selects and draws in would make ordinary intervals wrong; so each weight is freed of it by one
    Newton step [1]_ from the sparse model with the best λ,

    .. math::
        b = \hat\beta + H^{-1} \frac1n X'(y - \hat p), \quad H = \frac1n X' \hat W X, \quad
        \mathrm{cov}\, b = H^{-1} \Bigl(\frac{1}{n^2} \sum_g u_g u_g'\Bigr) H^{-1},

    :math:`u_g` being the score of a pair's judgments, H and the scores taken at b for the
    covariance, and :math:`G / (G - k)` for few pairs. The interval does not depend on whether the
    criterion was selected, and holds for all criteria asked, not for those picked afterwards.

    Parameters
    ----------
    names : sequence of str, length k
    criteria : ndarray, shape (n, k)
        Above zero where the criterion prefers the first item, below where the second, 0 where
        neither or not answered.
    outcome_first : ndarray, shape (n,)
        1 where the first was preferred overall, 0 where the second was.
    cluster : ndarray of int64, shape (n,)
        The pair, or the person.

    Raises
    ------
    NotDeterminedError
        If there are fewer than `MIN_CLUSTERS` pairs, or a criterion never prefers an item, or is
        the sum of others.
    TooManyCriteriaError
        If there are fewer than `PAIRS_EACH` pairs a criterion.

    References
    ----------
    .. [1] van de Geer, Bühlmann, Ritov and Dezeure, "On asymptotically optimal confidence regions
       and tests for high-dimensional models", Annals of Statistics 42(3), 2014; with the sandwich
       of Liang and Zeger, Biometrika 73(1), 1986.
    """
    _, number = np.unique(cluster, return_inverse=True)
    n_clusters = int(number.max()) + 1 if len(number) else 0
    _check(names, criteria, n_clusters)
    scale = np.sqrt((criteria**2).mean(axis=0))
    x = criteria / scale
    penalties = _penalties(x, outcome_first)
    fold = np.random.default_rng(seed).permutation(n_clusters)[number] % N_FOLDS
    losses, odds = _held_out(x, outcome_first, fold, penalties)
    chosen = _chosen(losses, number, n_clusters)
    sparse = _sparse(x, outcome_first, penalties[chosen])
    start = _sparse(x, outcome_first, penalties[int(losses.mean(axis=1).argmin())], sparse)
    free, covariance = _freed(x, outcome_first, number, start)
    weights = _intervals(
        free / scale, np.sqrt(np.diag(covariance)) / scale, n_clusters, level, len(x)
    )
    p_values = _p_values(free / np.sqrt(np.diag(covariance)), n_clusters)
    counts = discoveries(p_values, 1 - level)
    hits = (1 + np.sign(odds[chosen]) * (2 * outcome_first - 1)) / 2
    return CriteriaReport(
        criteria=tuple(
            Criterion(
                names[k],
                weights[k],
                float(p_values[k]),
                bool(counts[k]),
                bool(sparse[k] != 0),
                agreement_alone(criteria[:, k], outcome_first, cluster),
            )
            for k in np.argsort(-np.abs(free), kind="stable")
        ),
        gain=clustered_mean(np.log(2) - losses[chosen], cluster),
        accuracy=clustered_share(hits, cluster),
        penalty=float(penalties[chosen]),
    )


def _check(names: Sequence[str], criteria: Floats, n_clusters: int) -> None:
    if n_clusters < MIN_CLUSTERS:
        raise NotDeterminedError(
            f"Weighing criteria needs judgments of {MIN_CLUSTERS} pairs, there are {n_clusters}. "
            "Judge more pairs first."
        )
    if PAIRS_EACH * len(names) > n_clusters:
        raise TooManyCriteriaError(len(names), n_clusters)
    silent = [name for name, column in zip(names, criteria.T, strict=True) if not column.any()]
    if silent:
        raise NotDeterminedError(
            f"The criterion {silent[0]!r} never prefers an item. Leave it out, or ask for it."
        )
    if np.linalg.matrix_rank(criteria) < len(names):
        raise NotDeterminedError(
            f"Of the {len(names)} criteria one is always the sum of others, so that their weights "
            "cannot be told apart. Leave one out."
        )


def _penalties(x: Floats, y: Floats) -> Floats:
    """From the least that leaves all criteria out to a thousandth of it."""
    most = float(np.abs(x.T @ (y - 0.5)).max()) / len(y)
    return np.geomspace(most, most / 1000, N_PENALTIES)


def _sparse(
    x: Floats, y: Floats, penalty: float, start: Floats | None = None, tolerance: float = 1e-10
) -> Floats:
    """Proximal gradient with momentum (FISTA of Beck and Teboulle, 2009); tolerance in nats."""
    n, step = len(y), 4 * len(y) / float(np.linalg.norm(x, 2)) ** 2
    beta = np.zeros(x.shape[1]) if start is None else start
    ahead, momentum = beta, 1.0
    for _ in range(5000):
        moved = ahead - step * (x.T @ (logistic(x @ ahead) - y)) / n
        after = np.sign(moved) * np.maximum(np.abs(moved) - step * penalty, 0)
        if (ahead - after) @ (after - beta) > 0:  # it overshot: start anew
            momentum = 1.0
        further = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = after + (momentum - 1) / further * (after - beta)
        change, beta, momentum = float(np.abs(after - beta).max()), after, further
        if change < tolerance:
            break
    return beta


def _held_out(x: Floats, y: Floats, fold: Indices, penalties: Floats) -> tuple[Floats, Floats]:
    """Losses and log-odds of each judgment by models without its fold; (n_penalties, n)."""
    losses, odds = (np.empty((len(penalties), len(y))) for _ in range(2))
    for part in range(N_FOLDS):
        rest, held = fold != part, fold == part
        beta = np.zeros(x.shape[1])
        for k, penalty in enumerate(penalties.tolist()):
            beta = _sparse(x[rest], y[rest], penalty, beta, tolerance=1e-6)
            odds[k, held] = x[held] @ beta
            losses[k, held] = np.logaddexp(0, -(2 * y[held] - 1) * odds[k, held])
    return losses, odds


def _chosen(losses: Floats, number: Indices, n_clusters: int) -> int:
    """The largest penalty within one standard error (of the difference) of the best."""
    best = losses[int(losses.mean(axis=1).argmin())]
    for k, loss in enumerate(losses):
        behind = loss - best
        sums = np.bincount(number, behind - behind.mean())
        error = np.sqrt(n_clusters / (n_clusters - 1) * (sums**2).sum())
        if behind.sum() <= error:
            return k
    return len(losses) - 1


def _freed(x: Floats, y: Floats, number: Indices, start: Floats) -> tuple[Floats, Floats]:
    """Weights without the penalty, and their covariance clustered by pair."""
    n = len(y)
    free = start + _inverse_curvature(x, start) @ (x.T @ (y - logistic(x @ start))) / n
    inverse, gap = _inverse_curvature(x, free), y - logistic(x @ free)
    scores = np.stack([np.bincount(number, column * gap) for column in x.T], axis=1)
    n_clusters, k = scores.shape
    # Residuals are smaller than errors by the weights that they were fitted with.
    middle = n_clusters / (n_clusters - k) * scores.T @ scores / n**2
    return free, inverse @ middle @ inverse


def _inverse_curvature(x: Floats, weights: Floats) -> Floats:
    share = logistic(x @ weights)
    curvature = (x * (share * (1 - share))[:, None]).T @ x / len(x)
    return np.asarray(np.linalg.inv(curvature), dtype=np.float64)


def _intervals(
    weight: Floats, deviation: Floats, n_clusters: int, level: float, n: int
) -> list[Estimate]:
    from scipy.special import stdtrit

    reach = float(stdtrit(n_clusters - 1, 0.5 + level / 2)) * deviation
    return [
        Estimate(float(middle), float(middle - off), float(middle + off), n)
        for middle, off in zip(weight, reach, strict=True)
    ]


def _p_values(z: Floats, n_clusters: int) -> Floats:
    from scipy.special import stdtr

    p_values: Floats = 2 * stdtr(n_clusters - 1, -np.abs(z))
    return p_values
