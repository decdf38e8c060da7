"""Results with and without an annotator, side by side."""

from dataclasses import dataclass

import numpy as np

from core.errors import DiscernError
from core.estimates import normal_quantile
from core.judgment import Floats


class DifferentItemsError(DiscernError):
    """Two fits were to be compared that are not about the same items."""

    def __init__(self, n_one: int, n_other: int) -> None:
        super().__init__(
            f"Results with and without an annotator must be about the same items, got {n_one} and "
            f"{n_other}. Fit both on the same snapshot."
        )


@dataclass(frozen=True, slots=True, eq=False)
class SideBySide:
    """Figures with everybody and without somebody; arrays have shape (n_items,).

    Attributes
    ----------
    everybody, without, change : ndarray
        `change` is without minus everybody.
    low, high : ndarray
        Of the change; nan where it is not determined.
    rank_everybody, rank_without : ndarray
        1 is the largest.
    n_beyond : int
        Changes whose interval does not hold zero.
    n_reversed : int
        Pairs of items whose order turns around.
    """

    everybody: Floats
    without: Floats
    change: Floats
    low: Floats
    high: Floats
    rank_everybody: Floats
    rank_without: Floats
    n_beyond: int
    n_reversed: int


def side_by_side(
    everybody: Floats,
    variance: Floats,
    without: Floats,
    variance_without: Floats,
    *,
    level: float = 0.95,
) -> SideBySide:
    r"""Compare two estimates of which one was made from part of the other's judgments.

    Where leaving a person out only takes information away (the person answers by the same
    strengths), :math:`\mathrm{var}(\hat\theta_{without} - \hat\theta) =
    \mathrm{var}(\hat\theta_{without}) - \mathrm{var}(\hat\theta)` [1]_, as the fit of all is
    efficient. A change beyond its interval speaks against that. Where the variances do not
    differ the other way round there is no interval.

    Parameters
    ----------
    everybody, without : ndarray, shape (n_items,)
        Strengths, nats, both centred alike.
    variance, variance_without : ndarray, shape (n_items,)

    References
    ----------
    .. [1] Hausman, "Specification tests in econometrics", Econometrica 46(6), 1978.
    """
    if everybody.shape != without.shape:
        raise DifferentItemsError(len(everybody), len(without))
    change = without - everybody
    gained = variance_without - variance
    reach = normal_quantile(level) * np.sqrt(np.where(gained > 0, gained, np.nan))
    order = np.sign(everybody[:, None] - everybody) * np.sign(without[:, None] - without)
    return SideBySide(
        everybody=everybody,
        without=without,
        change=change,
        low=change - reach,
        high=change + reach,
        rank_everybody=_ranks(everybody),
        rank_without=_ranks(without),
        n_beyond=int((np.abs(change) > reach).sum()),
        n_reversed=int((order < 0).sum() // 2),
    )


def _ranks(values: Floats) -> Floats:
    ranks = np.empty(len(values))
    ranks[np.argsort(-values, kind="stable")] = np.arange(1, len(values) + 1)
    return ranks
