"""How recalibration maps are fitted and chosen, on judgments that the model had not seen."""

from collections.abc import Callable

import numpy as np

from core.calibration.decomposition import Rule, losses
from core.calibration.pooling import grouped, pooled_shares
from core.errors import DiscernError
from core.estimates import NotDeterminedError, clustered_mean
from core.judgment import Floats, Indices
from core.predictions import logistic
from core.recalibration.calibrators import (
    BetaCalibrator,
    Calibrator,
    IdentityCalibrator,
    IsotonicCalibrator,
    ScaleCalibrator,
    VennAbersCalibrator,
    beta_features,
)
from core.recalibration.comparison import CalibrationChoice, Candidate
from core.recalibration.venn_abers import augmented_shares

N_FOLDS = 5
#: A scale beyond this, or below its inverse, is one that the judgments do not determine.
WIDEST = 1e3
#: Fewer pairs than this cannot be split into folds that say anything.
MIN_CLUSTERS = 25


class CannotScaleError(DiscernError):
    """No finite scale of log-odds above zero makes the judgments likeliest."""

    def __init__(self, n: int) -> None:
        super().__init__(
            f"The {n} held-out judgments do not determine a temperature: the model is always "
            "right, or no better than a coin. Judge more pairs first, or look at the model."
        )


def fit_temperature(log_odds: Floats, outcome_first: Floats, cluster: Indices) -> ScaleCalibrator:
    r"""Fit the scale a that makes the judgments likeliest.

    The zero of :math:`\sum_i s_i (y_i - \sigma(a s_i))`, which falls with a. The standard error
    is the sandwich, clustered.

    Parameters
    ----------
    log_odds : ndarray, shape (n,)
        Of the model that the first is preferred, nats; of judgments that it had not seen.
    outcome_first : ndarray, shape (n,)
        1 where it was, 0 where the second was.
    cluster : ndarray of int64, shape (n,)
        The pair.

    Raises
    ------
    CannotScaleError
        If there is no such scale: all judgments go as predicted, or the model is no better than
        a coin.

    References
    ----------
    .. [1] Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks", ICML 2017.
    """
    return _scale(log_odds, outcome_first, cluster, "temperature")


def fit_platt(log_odds: Floats, outcome_first: Floats, cluster: Indices) -> ScaleCalibrator:
    r"""Fit Platt's scaling, each judgment said both ways round.

    Said both ways there are as many answers of either kind, n, so that his targets are
    :math:`(n + 1) / (n + 2)` and :math:`1 / (n + 2)`, and the offset is zero. Parameters and
    errors as in `fit_temperature`, but that a model that is always right has a finite scale.

    References
    ----------
    .. [1] Platt, "Probabilistic outputs for support vector machines", 1999, section 2.2.
    """
    n = len(outcome_first)
    return _scale(log_odds, (outcome_first * n + 1) / (n + 2), cluster, "platt")


def _scale(log_odds: Floats, target: Floats, cluster: Indices, name: str) -> ScaleCalibrator:
    from scipy.optimize import brentq

    def slope(log_scale: float) -> float:
        return float(log_odds @ (target - logistic(np.exp(log_scale) * log_odds)))

    reach = float(np.log(WIDEST))
    if slope(-reach) <= 0 or slope(reach) >= 0:
        raise CannotScaleError(len(target))
    scale = float(np.exp(brentq(slope, -reach, reach, xtol=1e-13)))
    share = logistic(scale * log_odds)
    _, number = np.unique(cluster, return_inverse=True)
    scores = np.bincount(number, log_odds * (target - share))
    n_clusters = len(scores)
    curvature = float(log_odds**2 @ (share * (1 - share)))
    spread = float((scores**2).sum()) * n_clusters / max(n_clusters - 1, 1)
    deviation = np.sqrt(spread) / curvature if n_clusters > 1 else np.inf
    return ScaleCalibrator(scale, float(deviation), name)


def fit_beta(log_odds: Floats, outcome_first: Floats, cluster: Indices) -> BetaCalibrator:
    """Fit the beta map of the item held better, by maximum likelihood with both shapes >= 0.

    Parameters as in `fit_temperature`; `cluster` is not needed for the values.

    Raises
    ------
    CannotScaleError
        If the likeliest shapes are infinite or both zero.

    References
    ----------
    .. [1] Kull, Silva Filho and Flach, "Beta calibration", AISTATS 2017.
    """
    from scipy.optimize import minimize

    del cluster
    sure, right = _of_the_better(log_odds, outcome_first)
    features = np.stack(beta_features(sure), axis=1)
    sign = 2 * right - 1

    def loss(shape: Floats) -> tuple[float, Floats]:
        odds = features @ shape
        miss = -sign * logistic(-sign * odds)
        return float(np.logaddexp(0, -sign * odds).mean()), miss @ features / len(sure)

    found = minimize(
        loss,
        np.ones(2),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, WIDEST)] * 2,
        options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 1000},
    )
    if found.x.max() >= WIDEST or found.x.max() <= 1 / WIDEST:
        raise CannotScaleError(len(sure))
    return BetaCalibrator(float(found.x[0]), float(found.x[1]))


def fit_isotonic(log_odds: Floats, outcome_first: Floats, cluster: Indices) -> IsotonicCalibrator:
    """Fit the best monotone map of the item held better, not below one half.

    Said both ways round it is the isotonic regression of the answers on the log-odds. Where the
    surest judgments were all hits, half a miss is added to them (of Krichevsky and Trofimov):
    nothing is certain of other pairs. Parameters as in `fit_temperature`.

    References
    ----------
    .. [1] Zadrozny and Elkan, "Transforming classifier scores into accurate multiclass
       probability estimates", KDD 2002.
    """
    del cluster
    sure, right = _of_the_better(log_odds, outcome_first)
    level, share, size = grouped(logistic(sure), right)
    pooled = np.maximum(0.5, pooled_shares(share, size))
    certain = pooled >= 1
    if certain.any():
        below = pooled[~certain].max(initial=0.5)
        pooled[certain] = max(float(below), 1 - 0.5 / (size[certain].sum() + 1))
    return IsotonicCalibrator(level, pooled)


def fit_venn_abers(
    log_odds: Floats, outcome_first: Floats, cluster: Indices
) -> VennAbersCalibrator:
    """Fit both isotonic maps of Venn-Abers, of the item held better.

    Judgments with even odds say nothing of an item held better and are left out. Parameters as
    in `fit_temperature`.

    Raises
    ------
    NotDeterminedError
        If the model holds no item better.

    References
    ----------
    .. [1] Vovk, Petej and Fedorova, "Large-scale probabilistic predictors with and without
       guarantees of validity", NIPS 2015, algorithms 1 to 4.
    """
    del cluster
    sure, right = _of_the_better(log_odds[log_odds != 0], outcome_first[log_odds != 0])
    if len(sure) == 0:
        raise NotDeterminedError(
            "Venn-Abers has nothing to learn from: the model gives even odds to all held-out "
            "pairs. Judge more pairs, then fit again."
        )
    level, share, size = grouped(sure, right)
    if_missed, if_hit = augmented_shares(share, size)
    return VennAbersCalibrator(level, if_missed, if_hit)


Fit = Callable[[Floats, Floats, Indices], Calibrator]


def _as_it_is(log_odds: Floats, outcome_first: Floats, cluster: Indices) -> IdentityCalibrator:
    del log_odds, outcome_first, cluster
    return IdentityCalibrator()


#: From the simplest; a later one is taken only if it is better by more than its standard error.
FITS: dict[str, Fit] = {
    "none": _as_it_is,
    "temperature": fit_temperature,
    "platt": fit_platt,
    "beta": fit_beta,
    "venn-abers": fit_venn_abers,
    "isotonic": fit_isotonic,
}


def choose_calibrator(
    log_odds: Floats, outcome_first: Floats, cluster: Indices, *, seed: int = 0
) -> CalibrationChoice:
    """Choose a map on inner folds by pair, "none" being a candidate, and fit it to everything.

    Of the ways whose log loss on held-out pairs is within one standard error (of the difference,
    clustered by pair) of the lowest, the simplest is taken [1]_: a model that needs no
    recalibration is left alone.

    Parameters
    ----------
    log_odds, outcome_first, cluster : ndarray, shape (n,)
        As in `fit_temperature`; of judgments that the model had not seen.

    Raises
    ------
    NotDeterminedError
        If there are fewer than `MIN_CLUSTERS` pairs.

    References
    ----------
    .. [1] Breiman, Friedman, Olshen and Stone, "Classification and Regression Trees", 1984,
       section 3.4.3 (the rule of one standard error).
    """
    _, number = np.unique(cluster, return_inverse=True)
    n_clusters = int(number.max()) + 1 if len(number) else 0
    if n_clusters < MIN_CLUSTERS:
        raise NotDeterminedError(
            f"Choosing a recalibration needs held-out judgments of {MIN_CLUSTERS} pairs, there "
            f"are {n_clusters}. Judge more pairs first."
        )
    fold = _folds(number, n_clusters, seed)
    loss = {
        name: losses(logistic(odds), outcome_first, Rule.LOG)
        for name, fit in FITS.items()
        if (odds := _held_out(fit, log_odds, outcome_first, cluster, fold)) is not None
    }
    candidates = tuple(
        Candidate(
            name,
            clustered_mean(values, cluster),
            clustered_mean(values - loss["none"], cluster, level=0.95),
        )
        for name, values in loss.items()
    )
    best = min(loss, key=lambda name: float(loss[name].mean()))
    simplest = next(
        name for name in loss if _within_one_error(loss[name] - loss[best], number, n_clusters)
    )
    return CalibrationChoice(
        FITS[simplest](log_odds, outcome_first, cluster), candidates, len(number), n_clusters
    )


def cross_fit_calibration(
    log_odds: Floats, outcome_first: Floats, cluster: Indices, *, seed: int = 0
) -> Floats:
    """Recalibrated log-odds, each with a map chosen and fitted without its pair; shape (n,).

    What `core.recalibration.compare` wants as "after": the choice too is made anew inside each
    training part. Parameters and errors as in `choose_calibrator`.
    """
    _, number = np.unique(cluster, return_inverse=True)
    fold = _folds(number, int(number.max()) + 1, seed + 1)
    after = np.empty(len(log_odds))
    for part in range(N_FOLDS):
        rest, held = fold != part, fold == part
        choice = choose_calibrator(log_odds[rest], outcome_first[rest], cluster[rest], seed=seed)
        after[held] = choice.calibrator.log_odds(log_odds[held])
    return after


def _folds(number: Indices, n_clusters: int, seed: int) -> Indices:
    order = np.random.default_rng(seed).permutation(n_clusters)
    fold: Indices = order[number] % N_FOLDS
    return fold


def _held_out(
    fit: Fit, log_odds: Floats, outcome_first: Floats, cluster: Indices, fold: Indices
) -> Floats | None:
    """Log-odds by maps fitted to the other folds; None where one could not be determined."""
    after = np.empty(len(log_odds))
    for part in range(N_FOLDS):
        rest, held = fold != part, fold == part
        try:
            calibrator = fit(log_odds[rest], outcome_first[rest], cluster[rest])
        except DiscernError:
            return None
        after[held] = calibrator.log_odds(log_odds[held])
    return after


def _within_one_error(difference: Floats, number: Indices, n_clusters: int) -> bool:
    sums = np.bincount(number, difference - difference.mean())
    variance = n_clusters / (n_clusters - 1) * float((sums**2).sum())
    return float(difference.sum()) <= float(np.sqrt(variance))


def _of_the_better(log_odds: Floats, outcome_first: Floats) -> tuple[Floats, Floats]:
    """Log-odds of the item held better, and whether it was preferred."""
    return np.abs(log_odds), (1 + np.sign(log_odds) * (2 * outcome_first - 1)) / 2
