"""Careless and inverted annotators: how likely each is one, and whom to look at."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize

from core.annotator_models import (
    FALSE_DISCOVERY_RATE,
    AnnotatorModel,
    Population,
    Suspicions,
    grid,
    rao_kupper,
)
from core.fitting.annotators.likelihood import Sheets, add_up, slopes
from core.judgment import Floats, Indices

#: Scales at which each annotator's likelihood is computed.
SCALES = np.linspace(-4.0, 4.0, 81)
#: What is believed before any data: as if so many honest, careless and inverted had been seen.
BELIEVED_KINDS = np.array([8.0, 1.0, 1.0])
#: Mean and spread of the honest's scale, and log spread of the latter.
HONEST_SCALE, HONEST_SCALE_BELIEF = 1.0, 0.25
HONEST_SD, HONEST_SD_LOG_SPREAD = 0.3, 0.5
N_THRESHOLDS = 5
#: Nodes for the honest's scale.
N_HONEST = 9
#: With fewer judgments careless people cannot be told from honest ones, and would only make the
#: test of the others weaker [Bourgon, Gentleman and Huber, PNAS 107(21), 2010].
MIN_TESTED = 20
#: Everybody is simulated as honest so often: at least, at most, and people in all.
N_ROUNDS, MOST_ROUNDS, N_SIMULATED = 20, 200, 40_000


def recognise(sheets: Sheets, odds: Floats, model: AnnotatorModel, *, seed: int = 0) -> Suspicions:
    r"""Weigh three explanations of each annotator's answers, and choose whom to look at.

    Honest: :math:`c_k \sim N(m, s^2)`, above 0. Careless: :math:`c_k = 0`, so that the answer does
    not depend on the items. Inverted: the mirror image of the honest. Thresholds are integrated
    out, strengths taken as known. :math:`m, s` and the shares of the three kinds maximise the
    likelihood of all annotators under weak priors; from them follow the posterior probabilities.

    The flags are a test of "honest". An annotator's agreement :math:`U_k = \sum_n y_n s_n` (the
    differences of strengths, signed by the answers) is compared with its mean and standard
    deviation among honest annotators judging the same pairs; low values speak against honesty. The
    p-value is the share of simulated honest annotators, of all sheets together, that are lower
    still. Benjamini and Hochberg's procedure at 5 % [1]_ chooses, and of its choice those stay who
    are more likely than not to be careless or inverted. The annotator's own judgments have helped
    to find the strengths, which makes everybody look a little more honest than they are.
    People with fewer than `MIN_TESTED` judgments are not tested.

    Parameters
    ----------
    odds : ndarray, shape (n,)
        Differences of strengths for the judgments of `sheets`, nats.
    seed : int
        For the simulated honest annotators.

    References
    ----------
    .. [1] Benjamini and Hochberg, "Controlling the false discovery rate", JRSS B 57(1), 1995.
    """
    kinds = _Mixture(likelihood_of_scales(sheets, odds, model))
    shares, honest, sd = kinds.fit()
    joint = kinds.log_likelihoods(honest, sd) + np.log(shares)
    posterior = np.exp(joint - np.logaddexp.reduce(joint, axis=1)[:, None])
    p_value = _Honesty(sheets, odds, model, honest, sd).p_values(np.random.default_rng(seed))
    tested = ~np.isnan(p_value)
    flagged = posterior[:, 0] < 0.5  # noqa: PLR2004, more likely than not
    flagged[tested] &= step_up(p_value[tested], FALSE_DISCOVERY_RATE)
    flagged &= tested
    return Suspicions(posterior[:, 1], posterior[:, 2], p_value, flagged, honest, sd)


def step_up(p: Floats, rate: float) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Benjamini and Hochberg: reject the k least p-values, k the largest with p_(k) <= rate k/m."""
    order = np.argsort(p, kind="stable")
    passing = np.flatnonzero(p[order] <= rate * np.arange(1, len(p) + 1) / len(p))
    chosen = np.zeros(len(p), dtype=np.bool_)
    if len(passing):
        chosen[order[: passing[-1] + 1]] = True
    return chosen


def likelihood_of_scales(sheets: Sheets, odds: Floats, model: AnnotatorModel) -> Floats:
    """Log-likelihood of each annotator at `SCALES`, thresholds integrated out; (n_people, 81)."""
    population = model.population
    one, log_weights = grid(N_THRESHOLDS, both=False)
    point = one[:, 0] if population.ties else np.zeros(1)
    sd = np.sqrt(model.deviation_covariance[:, 1, 1])
    # Nodes lie where the annotator's threshold is likely, and are weighed by the population's.
    deviation = model.deviation[:, 1, None] + sd[:, None] * point
    weights = log_weights + point**2 / 2 - deviation**2 / 2 + np.log(sd)[:, None]
    weights = weights if population.ties else np.zeros((len(sheets.people), 1))
    result = np.empty((len(sheets.people), len(SCALES)))
    for group, rows in sheets.portions():
        person, outcome = sheets.person[rows] - group.start, sheets.outcome[rows]
        begin = sheets.starts[group] - rows.start
        x = odds[rows, None] * SCALES
        parts = []
        for node in range(deviation.shape[1]):
            threshold = _thresholds(population, deviation[group, node])[person]
            value = slopes(x, np.broadcast_to(threshold[:, None], x.shape), outcome).value
            summed = np.add.reduceat(value, begin, axis=0)
            parts.append(summed + weights[group, node, None])
        result[group] = np.logaddexp.reduce(parts, axis=0)
    return result


def _thresholds(population: Population, deviation: Floats) -> Floats:
    return population.at(np.stack([np.zeros_like(deviation), deviation], axis=1))[1]


class _Honesty:
    """How far honest annotators agree with the strengths, on everybody's own pairs."""

    def __init__(
        self, sheets: Sheets, odds: Floats, model: AnnotatorModel, honest: float, sd: float
    ) -> None:
        self.sheets, self.odds, self.model = sheets, odds, model
        self.honest, self.sd = honest, sd

    def p_values(self, rng: np.random.Generator) -> Floats:
        """Of everybody with `MIN_TESTED` judgments or more; NaN for the rest."""
        tested = np.flatnonzero(self.sheets.n_judgments >= MIN_TESTED)
        p_values = np.full(len(self.sheets.people), np.nan)
        if len(tested) == 0:
            return p_values
        mean, spread = self._moments()

        def standardised(agreement: Floats) -> Floats:
            values: Floats = ((agreement - mean) / spread)[tested]
            return values

        n_rounds = int(np.clip(N_SIMULATED // len(tested), N_ROUNDS, MOST_ROUNDS))
        simulated = [standardised(self._simulate(rng)) for _ in range(n_rounds)]
        null = np.sort(np.concatenate(simulated))
        observed = standardised(self._agreement(self.sheets.outcome))
        lower = np.searchsorted(null, observed, side="right")
        p_values[tested] = (1 + lower) / (1 + len(null))
        return p_values

    def _agreement(self, outcome: Indices) -> Floats:
        return self._by_person(outcome * self.odds)

    def _by_person(self, values: Floats) -> Floats:
        return add_up(self.sheets.person, values, len(self.sheets.people))

    def _shares(self, scale: Floats, deviation: Floats) -> Floats:
        """Probabilities of the outcomes (n, 3) for scales and threshold deviations of people."""
        threshold = _thresholds(self.model.population, deviation)
        person = self.sheets.person
        return rao_kupper(scale[person] * self.odds, threshold[person])

    def _moments(self) -> tuple[Floats, Floats]:
        nodes, log_weights = grid(N_HONEST, both=False)
        means, variances = [], []
        for node in nodes[:, 0]:
            scale = np.full(len(self.sheets.people), abs(self.honest + self.sd * node))
            first, _, second = self._shares(scale, self.model.deviation[:, 1]).T
            lean = first - second
            means.append(self._by_person(self.odds * lean))
            variances.append(self._by_person(self.odds**2 * (first + second - lean**2)))
        weights, mean = np.exp(log_weights), np.exp(log_weights) @ np.array(means)
        variance = weights @ (np.array(variances) + (np.array(means) - mean) ** 2)
        # Somebody who only judged pairs of equals shows nothing: an agreement of 0 out of 0.
        return mean, np.sqrt(np.maximum(variance, np.finfo(float).tiny))

    def _simulate(self, rng: np.random.Generator) -> Floats:
        """Agreement of honest annotators with the same pairs; nobody honest is below 0."""
        n_people, sd = len(self.sheets.people), self.model.deviation_covariance[:, 1, 1] ** 0.5
        scale = np.abs(self.honest + self.sd * rng.normal(size=n_people))
        deviation = self.model.deviation[:, 1] + sd * rng.normal(size=n_people)
        shares = self._shares(scale, deviation)
        drawn = rng.random(len(shares))
        outcome = (drawn < shares[:, 0]).astype(np.int64) - (drawn > shares[:, 0] + shares[:, 1])
        return self._agreement(outcome)


class _Mixture:
    """Three kinds of annotators, on the grid of scales."""

    def __init__(self, log_likelihood: Floats) -> None:
        self.top = log_likelihood.max(axis=1, keepdims=True)
        self.likelihood = np.exp(log_likelihood - self.top)
        self.careless = log_likelihood[:, len(SCALES) // 2]

    def log_likelihoods(self, honest: float, sd: float) -> Floats:
        """Of honest, careless and inverted; shape (n_people, 3)."""
        density = np.where(SCALES > 0, np.exp(-(((SCALES - honest) / sd) ** 2) / 2), 0.0)
        density /= density.sum()
        both = self.likelihood @ np.stack([density, density[::-1]], axis=1)
        # A likelihood that underflows is as good as one in e^700.
        of_both = np.log(np.maximum(both, 1e-304)) + self.top
        return np.stack([of_both[:, 0], self.careless, of_both[:, 1]], axis=1)

    def fit(self) -> tuple[Floats, float, float]:
        """Shares of the kinds, and mean and spread of the honest's scale."""
        found = minimize(
            self._loss(),
            np.array([np.log(0.1), np.log(0.1), HONEST_SCALE, np.log(HONEST_SD)]),
            method="L-BFGS-B",
            bounds=[(-15, 5), (-15, 5), (0.3, 3.0), (np.log(0.05), np.log(2.0))],
        )
        return _shares(found.x), float(found.x[2]), float(np.exp(found.x[3]))

    def _loss(self) -> Callable[[Floats], float]:
        def loss(at: Floats) -> float:
            log_shares = np.log(_shares(at))
            joint = self.log_likelihoods(at[2], np.exp(at[3])) + log_shares
            belief = BELIEVED_KINDS @ log_shares
            belief -= ((at[2] - HONEST_SCALE) / HONEST_SCALE_BELIEF) ** 2 / 2
            belief -= ((at[3] - np.log(HONEST_SD)) / HONEST_SD_LOG_SPREAD) ** 2 / 2
            return -float(np.logaddexp.reduce(joint, axis=1).sum() + belief)

        return loss


def _shares(at: Floats) -> Floats:
    weights = np.exp(np.array([0.0, at[0], at[1]]))
    shares: Floats = weights / weights.sum()
    return shares
