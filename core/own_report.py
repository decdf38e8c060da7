"""What annotators may know of their own work: how much, how consistent, how long."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from core.answer_form import ListSaid, implied_pairs
from core.estimates import Estimate, clustered_share
from core.judgment import ChoiceSet, Floats, ItemOutcome, Pair


@dataclass(frozen=True, slots=True)
class OwnAnswer:
    """One answer that stands.

    Attributes
    ----------
    repeat : bool
        Whether the same items had been asked of this person before, for comparing.
    """

    items: ChoiceSet
    outcome: ItemOutcome
    said: ListSaid | None
    duration_ms: int | None
    repeat: bool


@dataclass(frozen=True, slots=True)
class OwnReport:
    """One person's work in one study.

    Attributes
    ----------
    consistency : Estimate or None
        Share of repeated questions that were answered as before; n counts the repeats. None
        without any.
    median_seconds : Estimate or None
        Time of an answer; n counts the answers that were timed. None without any.
    """

    n_answered: int
    n_skipped: int
    consistency: Estimate | None
    median_seconds: Estimate | None


def own_report(answers: Sequence[OwnAnswer]) -> OwnReport:
    """Report on one person's answers, oldest first."""
    given = [answer for answer in answers if answer.outcome is not ItemOutcome.SKIPPED]
    times = [answer.duration_ms / 1000 for answer in given if answer.duration_ms is not None]
    return OwnReport(
        n_answered=len(given),
        n_skipped=len(answers) - len(given),
        consistency=_consistency(given),
        median_seconds=median_with_interval(np.array(times)) if times else None,
    )


def sameness(one: OwnAnswer, other: OwnAnswer) -> float:
    """How far two answers about the same items say the same, in [0, 1].

    Of one item or a pair: 1 if they do, whatever the grade. Of several items: the share of pairs of
    them of which both answers say the same; saying nothing of a pair is one thing to say.
    """
    if one.said is None or other.said is None:
        return float(one.outcome is other.outcome)
    said, again = dict(implied_pairs(one.said)), dict(implied_pairs(other.said))
    pairs = [Pair.of(*two) for two in combinations(one.items, 2)]
    return float(np.mean([said.get(pair) is again.get(pair) for pair in pairs]))


def median_with_interval(values: Floats, *, level: float = 0.95) -> Estimate:
    r"""Median of independent values, with the interval that no distribution is assumed for.

    The ends are the order statistics :math:`x_{(k)}` and :math:`x_{(n+1-k)}` with the largest k for
    which :math:`\Pr(\mathrm{Bin}(n, 1/2) < k) \le (1 - level) / 2` [1]_; the coverage is at least
    `level`. With fewer values than that needs (6 for 95 %) they are infinite.

    Parameters
    ----------
    values : ndarray, shape (n,), n >= 1
        In any unit; the estimate has the same.

    References
    ----------
    .. [1] Thompson, "On confidence ranges for the median and other expectation distributions for
       populations of unknown distribution form", Annals of Mathematical Statistics 7(3), 1936.
    """
    from scipy.special import bdtr  # here, as scipy takes long to import

    n, ordered = len(values), np.sort(values)
    below = bdtr(np.arange(n // 2), n, 0.5)  # Pr(Bin < k) for k = 1, 2, ...
    k = int(np.searchsorted(below, (1 - level) / 2, side="right"))
    low, high = (ordered[k - 1], ordered[n - k]) if k else (-np.inf, np.inf)
    return Estimate(float(np.median(ordered)), float(low), float(high), n)


def _consistency(given: Sequence[OwnAnswer]) -> Estimate | None:
    compared = list(_repeats(given))
    if not compared:
        return None
    numbers = {items: number for number, items in enumerate({items for items, _ in compared})}
    return clustered_share(
        np.array([same for _, same in compared]),
        np.array([numbers[items] for items, _ in compared]),
    )


def _repeats(given: Sequence[OwnAnswer]) -> Iterator[tuple[ChoiceSet, float]]:
    """Each repeat beside the newest earlier answer about the same items that was none itself."""
    earlier: dict[ChoiceSet, OwnAnswer] = {}
    for answer in given:
        if not answer.repeat:
            earlier[answer.items] = answer
        elif answer.items in earlier:
            yield answer.items, sameness(earlier[answer.items], answer)
