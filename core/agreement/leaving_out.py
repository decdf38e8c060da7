"""What leaving one annotator out does to agreement, with its interval."""

from dataclasses import dataclass

import numpy as np

from core.agreement.coefficients import STATISTICS, Coefficient, Weighing
from core.agreement.coincidences import Coincidences, influence, kinds_of
from core.agreement.ratings import Ratings
from core.estimates import Estimate
from core.judgment import Floats


@dataclass(frozen=True, slots=True)
class Without:
    """A coefficient among everybody else.

    Attributes
    ----------
    value : float
    change : Estimate
        Value less that of everybody, 95 % for other pairs judged by these people; n is the
        answers about pairs that two others judged.
    """

    value: float
    change: Estimate


def agreement_without(
    ratings: Ratings, annotator: int, which: Coefficient, weighing: Weighing, level: float = 0.95
) -> Without | None:
    r"""Hold a coefficient among everybody else against that of all; None where it has no value.

    Both are of mostly the same answers, so that their difference is surer than either: with
    :math:`\phi_u` and :math:`\phi'_u` the first-order influence of unit u on both, its variance is
    :math:`\frac{U}{U - 1} \sum_u (\phi'_u - \phi_u - \bar d)^2`, Student's t [1]_.

    Parameters
    ----------
    annotator : int
        The number that was given.
    which : Coefficient
        Any but Cohen's.

    References
    ----------
    .. [1] Efron, "The jackknife, the bootstrap and other resampling plans", SIAM 1982, chapter 6.
    """
    rest = ratings.without_annotator(annotator)
    n_units = int((ratings.people > 1).sum())
    if not rest.n_pairable or n_units == 1:
        return None
    value, moved = _moved(rest, which, weighing)
    of_all, moved_of_all = _moved(ratings, which, weighing)
    if not np.isfinite([value, of_all]).all():
        return None
    from scipy.special import stdtrit  # here, as scipy takes long to import

    difference = -moved_of_all
    difference[np.searchsorted(ratings.units, rest.units)] += moved
    spread = float(((difference - difference.mean()) ** 2).sum())
    reach = float(stdtrit(n_units - 1, 0.5 + level / 2)) * (n_units / (n_units - 1) * spread) ** 0.5
    change = value - of_all
    return Without(value, Estimate(change, change - reach, change + reach, rest.n_pairable))


def _moved(ratings: Ratings, which: Coefficient, weighing: Weighing) -> tuple[float, Floats]:
    """A coefficient, and by how much each unit moves it; shape (n_units,)."""

    def statistic(sums: Coincidences) -> Floats:
        return STATISTICS[which](sums, weighing)

    kinds, place = kinds_of(ratings.counts)
    sums = Coincidences.of(kinds, np.bincount(place).astype(np.float64))
    return float(statistic(sums)), influence(statistic, sums, kinds)[place]
