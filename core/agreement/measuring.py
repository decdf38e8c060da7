"""Every coefficient of agreement with its intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.agreement import annotators, cohen
from core.agreement.coefficients import STATISTICS, Coefficient, Scale, Weighing
from core.agreement.coincidences import (
    Coincidences,
    draw_rows,
    draw_units,
    influence,
    kinds_of,
    percentile_interval,
)
from core.agreement.ratings import Ratings
from core.estimates import Estimate, normal_quantile
from core.judgment import Floats

NOT_DETERMINED = (
    "It is not determined: everybody gave the same answer to every pair, so that there is no "
    "disagreement by chance to compare with. Look at raw agreement."
)


#: Variances below are rounding.
NO_SPREAD = 1e-20


@dataclass(frozen=True, slots=True)
class Agreement:
    """One coefficient; all intervals are about the same value.

    Attributes
    ----------
    by_pair : Estimate
        Analytic: what other pairs, judged by these people, would change.
    by_annotator : Estimate
        Analytic (dyadic jackknife): what other people, judging these pairs, would change.
        Infinite with fewer than three people. Where everybody agrees about everything there is no
        spread to see: of the raw agreement Wilson's interval is given, of the others none.
    by_both : Estimate
        Other pairs and other people, the variances added.
    by_pair_drawn, by_annotator_drawn : Estimate or None
        The first two by bootstrap; None where none was asked for. Infinite where there are fewer
        than two pairs or five people.
    """

    coefficient: Coefficient
    scale: Scale
    by_pair: Estimate
    by_annotator: Estimate
    by_both: Estimate
    by_pair_drawn: Estimate | None
    by_annotator_drawn: Estimate | None

    @property
    def value(self) -> float:
        return self.by_pair.value


@dataclass(frozen=True, slots=True)
class AgreementReport:
    """How far people agree, by every coefficient that the answers determine.

    Attributes
    ----------
    found : mapping of Coefficient to Agreement
    not_determined : mapping of Coefficient to str
        Why there is no value.
    n_answers, n_units, n_annotators : int
        Answers about units that two people or more judged, those units, and people in all.
    """

    found: Mapping[Coefficient, Agreement]
    not_determined: Mapping[Coefficient, str]
    n_answers: int
    n_units: int
    n_annotators: int


def measure_agreement(
    ratings: Ratings,
    *,
    scale: Scale = Scale.NOMINAL,
    values: Floats | None = None,
    only: Sequence[Coefficient] = tuple(Coefficient),
    level: float = 0.95,
    n_rounds: int = 1000,
    seed: int = 0,
) -> AgreementReport:
    r"""Measure agreement by every coefficient, each with intervals by pair and by annotator.

    By pair, analytic: with :math:`\phi_u` the first-order influence of unit u on the coefficient,
    the variance is :math:`\frac{U}{U - 1} \sum_u (\phi_u - \bar\phi)^2` [1]_, Student's t. By
    annotator: `annotators.variance`, t with A - 1 degrees of freedom for A annotators [2]_. By
    both: the sum of both variances, which is a little too wide, as what a person says of one pair
    is in both; degrees of freedom are the smaller ones. By bootstrap: percentile intervals;
    pairs are drawn in at most `coincidences.MAX_BLOCKS` random blocks, annotators one by one,
    each pair of them counting with the product of how often both were drawn.

    Parameters
    ----------
    ratings : Ratings
    scale : Scale
        Ordinal and interval only where the answers have an order: leave out the others first.
    values : ndarray, shape (n_categories,), or None
        What answers stand for on an interval scale.
    only : sequence of Coefficient
        Those that are wanted.
    n_rounds : int
        Of the bootstraps; 0: none.

    Raises
    ------
    NotDeterminedError
        If no unit was judged by two people.

    References
    ----------
    .. [1] Gwet, "Large-sample variance of Fleiss generalized kappa", Educational and Psychological
       Measurement 81(4), 2021; Efron, "The jackknife, the bootstrap and other resampling plans",
       SIAM 1982, chapter 6.
    .. [2] Efron and Stein, "The jackknife estimate of variance", Annals of Statistics 9(3), 1981;
       Gwet 2014 (see `coefficients`), chapter 5, for adding the variances.
    """
    ratings.check_pairable()
    measuring = _Measuring(ratings, Weighing.of(scale, ratings.n_categories, values), level)
    rng = np.random.default_rng(seed)
    drawn = measuring.drawn(rng, n_rounds) if n_rounds else None
    found, missing = {}, {}
    for which in only:
        value = measuring.value(which)
        if np.isfinite(value):
            found[which] = measuring.agreement(which, value, drawn)
        else:
            missing[which] = NOT_DETERMINED
    return AgreementReport(
        found,
        missing,
        ratings.n_pairable,
        int((ratings.people > 1).sum()),
        len(ratings.annotators),
    )


def coefficient_of(
    ratings: Ratings, which: Coefficient, scale: Scale, values: Floats | None
) -> float:
    """One coefficient without intervals, nan where it is not determined: a fraction of the work."""
    if not ratings.n_pairable:
        return np.nan
    weighing = Weighing.of(scale, ratings.n_categories, values)
    return _Measuring(ratings, weighing, level=np.nan).value(which)


class _Measuring:
    """What the coefficients of one table of answers share."""

    def __init__(self, ratings: Ratings, weighing: Weighing, level: float) -> None:
        self.ratings, self.weighing, self.level = ratings, weighing, level
        self.kinds, place = kinds_of(ratings.counts)
        self.times = np.bincount(place).astype(np.float64)
        self.sums = Coincidences.of(self.kinds, self.times)
        self._pairs: annotators.PairsOfAnnotators | None = None
        self._parts: Floats | None = None

    @property
    def pairs(self) -> annotators.PairsOfAnnotators:
        if self._pairs is None:
            self._pairs = annotators.PairsOfAnnotators.of(self.ratings, self.weighing)
        return self._pairs

    @property
    def parts(self) -> Floats:
        if self._parts is None:
            self._parts = cohen.unit_parts(self.ratings, self.pairs)
        return self._parts

    def statistic(self, which: Coefficient, sums: Coincidences) -> Floats:
        return STATISTICS[which](sums, self.weighing)

    def value(self, which: Coefficient) -> float:
        if which is Coefficient.COHEN:
            return float(cohen.cohen_of_sums(self.parts.sum(axis=0)))
        return float(self.statistic(which, self.sums))

    def agreement(self, which: Coefficient, value: float, drawn: "_Drawn | None") -> Agreement:
        one, one_freedom = self._variance_by_pair(which)
        other = annotators.variance(self.pairs, which, value)
        other_freedom = self.pairs.n_annotators - 1
        return Agreement(
            coefficient=which,
            scale=self.weighing.scale,
            by_pair=self._estimate(which, value, one, one_freedom),
            by_annotator=self._estimate(which, value, other, other_freedom),
            by_both=self._estimate(which, value, one + other, min(one_freedom, other_freedom)),
            by_pair_drawn=None if drawn is None else drawn.by_pair(self, which, value),
            by_annotator_drawn=None if drawn is None else drawn.by_annotator(self, which, value),
        )

    def drawn(self, rng: np.random.Generator, n_rounds: int) -> "_Drawn":
        sums = parts = people = None
        if (self.ratings.people > 1).sum() > 1:
            sums = draw_units(self.ratings.counts, rng, n_rounds)
            parts = draw_rows(self.parts, rng, n_rounds)
        if self.pairs.n_annotators >= annotators.MIN_ANNOTATORS:
            people = annotators.drawn(self.pairs, rng, n_rounds)
        return _Drawn(sums, parts, people)

    def _variance_by_pair(self, which: Coefficient) -> tuple[float, int]:
        n_units = int((self.ratings.people > 1).sum())
        if n_units == 1:
            return np.inf, 0
        if which is Coefficient.COHEN:
            moved, times = cohen.influence(self.parts), np.ones(len(self.parts))
        else:
            moved, times = self._influence(which), self.times
        spread = float(times @ (moved - times @ moved / times.sum()) ** 2)
        return n_units / (n_units - 1) * spread, n_units - 1

    def _influence(self, which: Coefficient) -> Floats:
        """By how much a unit of each kind moves a coefficient."""
        return influence(lambda sums: self.statistic(which, sums), self.sums, self.kinds)

    def _estimate(
        self, which: Coefficient, value: float, variance: float, freedom: int
    ) -> Estimate:
        """Student's interval; where all agree, which shows no spread, Wilson's of the share."""
        n = self.ratings.n_pairable
        if variance < NO_SPREAD:
            if which is not Coefficient.PERCENT:
                return Estimate(value, -np.inf, np.inf, n)
            z = normal_quantile(self.level)
            unseen = z**2 / (freedom + 1 + z**2)
            return Estimate(value, value - unseen * value, value + unseen * (1 - value), n)
        if not np.isfinite(variance):
            return Estimate(value, -np.inf, np.inf, n)
        from scipy.special import stdtrit  # here, as scipy takes long to import

        reach = float(stdtrit(freedom, 0.5 + self.level / 2)) * variance**0.5
        return Estimate(value, value - reach, min(value + reach, 1.0), n)

    def percentiles(self, value: float, rounds: Floats | None, n_drawn: int | None) -> Estimate:
        n = self.ratings.n_pairable
        if rounds is None:
            return Estimate(value, -np.inf, np.inf, n)
        low, high = percentile_interval(rounds, n_drawn, self.level)
        if low == high:  # no round shows how it could be otherwise
            low, high = -np.inf, np.inf
        return Estimate(value, low, high, n)


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    """Sums of units drawn anew, and of people; None where there are too few of them."""

    sums: Coincidences | None
    parts: Floats | None
    people: annotators.Weighted | None

    def by_pair(self, measuring: _Measuring, which: Coefficient, value: float) -> Estimate:
        n_units = int((measuring.ratings.people > 1).sum())
        if self.sums is None or self.parts is None:
            return measuring.percentiles(value, None, n_units)
        if which is Coefficient.COHEN:
            return measuring.percentiles(value, cohen.cohen_of_sums(self.parts), n_units)
        return measuring.percentiles(value, measuring.statistic(which, self.sums), n_units)

    def by_annotator(self, measuring: _Measuring, which: Coefficient, value: float) -> Estimate:
        # Copies of one person are left out of each round, which widens it enough by itself.
        if self.people is None:
            return measuring.percentiles(value, None, None)
        rounds = self.people.coefficient(which)
        return measuring.percentiles(value, rounds, None)
