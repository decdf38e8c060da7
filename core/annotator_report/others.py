"""How far one annotator agrees with the others, and whether that changed."""

from dataclasses import dataclass

import numpy as np

from core.agreement.ratings import Ratings
from core.annotator_report.records import (
    SAID_OF_FIRST,
    UNKNOWN,
    Measured,
    Records,
    means,
    moments,
    unseen_share,
)
from core.judgment import Floats, Indices
from core.ordering import numbered, stable_order

#: With fewer annotators their usual agreement and its spread cannot be told from the unusual.
MIN_ANNOTATORS = 8
#: Median of the square of a standard normal number.
MEDIAN_OF_SQUARE = 0.4549364


@dataclass(frozen=True, slots=True, eq=False)
class WithOthers:
    r"""Every answer that others' answers about the same unit can be held against; (n,) each.

    Attributes
    ----------
    annotator : ndarray of int64
    order : ndarray of int64
        Place of the answer in time, among all.
    agreed : ndarray
        Share of the others who gave the same answer.
    surplus : ndarray
        Agreed, minus what is expected for this unit: the mean over all answers, moved by the slope
        of the regression on how far the others agree with each other (units with three people or
        more), so that nobody is blamed for difficult units.
    careless : ndarray
        The surplus to be expected of somebody who does not look: who gives each kind of answer as
        often as all do, and chooses the first item as often as the second.
    """

    annotator: Indices
    order: Indices
    agreed: Floats
    surplus: Floats
    careless: Floats

    @classmethod
    def of(cls, records: Records) -> "WithOthers":
        ratings = Ratings.of(
            records.unit, records.annotator, records.category, n_categories=records.n_categories
        )
        order = ratings.rows  # records are in order of time
        people = ratings.people[ratings.unit]
        paired = people > 1
        unit, said = ratings.unit[paired], ratings.category[paired]
        people = people[paired]
        same = ratings.counts[unit, said] - 1
        agreed = same / (people - 1)
        among = (ratings.counts * (ratings.counts - 1)).sum(axis=1)[unit] - 2 * same
        surplus = _surplus(agreed, among, people)
        usual = ratings.counts.sum(axis=0) / max(len(ratings), 1)
        usual[:2] = usual[:2].mean()  # who does not look at items chooses either as often
        others = ratings.counts[unit]
        others[np.arange(len(unit)), said] -= 1
        careless = others @ usual / (people - 1) - (agreed - surplus)
        person = ratings.annotators[ratings.annotator[paired]]
        return cls(person, order[paired], agreed, surplus, careless)


def _surplus(agreed: Floats, among: Floats, people: Indices) -> Floats:
    expected = np.full(len(agreed), agreed.mean() if len(agreed) else 0.0)
    for size in np.unique(people[people > 2]).tolist():  # noqa: PLR2004, two others
        inside = people == size
        others = among[inside] / ((size - 1) * (size - 2))
        centred, level = others - others.mean(), agreed[inside].mean()
        spread = float(centred @ centred)
        slope = float(centred @ (agreed[inside] - level)) / spread if spread > 0 else 0.0
        expected[inside] = level + slope * centred
    surplus: Floats = agreed - expected
    return surplus


def with_others(rows: WithOthers, n_people: int, level: float) -> Measured:
    r"""Agreement with the others, left out oneself; tested against what is usual.

    With :math:`y_a` the mean surplus of annotator a and :math:`s_a^2` its variance, which is that
    of all answers over their number: the usual level m is the median of y, and honest people differ
    by

    .. math:: \tau^2 = \max\bigl(0, \mathrm{med} (y_a - m)^2 / 0.4549
              - \mathrm{med}\, s_a^2\bigr)

    The p-value is the lower tail of :math:`(y_a - m) / \sqrt{s_a^2 + \tau^2}`, normal: an
    empirical null [1]_; it is 1 for who is nearer to m than to what is expected of somebody who
    does not look. With fewer than `MIN_ANNOTATORS` people m and :math:`\tau` are 0.

    References
    ----------
    .. [1] Efron, "Large-scale simultaneous hypothesis testing: the choice of a null hypothesis",
       JASA 99(465), 2004.
    """
    shown = means(rows.agreed, rows.annotator, n_people, level, within=(0.0, 1.0))
    p_value = _unusual(
        rows.surplus, np.ones(len(rows.surplus)), rows.careless, rows.annotator, n_people
    )
    low, high = shown.low.clip(0.0), shown.high.clip(max=1.0)
    return Measured(shown.value, low, high, shown.n, p_value)


def with_consensus(records: Records, level: float) -> Measured:
    r"""Agreement with what the others' answers, about any pair, say of the items.

    With everybody else's wins less losses of item i over one more than their number,
    :math:`b_i`, and :math:`d = b_i - b_j`, an answer y (+1 first, 0 tie, -1 second) is worth
    :math:`y d`; the value is :math:`\sum y d / \sum |d|`: 1 for who always chooses the item held
    better, 0 for who answers without looking, below 0 the wrong way round. The interval is
    Student's of the ratio. The test is that of `with_others` on :math:`y d - \beta |d|`, with the
    slope :math:`\beta` of all answers. It finds more than agreement about the same pairs, as every
    pair is held against all answers about its items.
    """
    from scipy.special import stdtrit  # here, as scipy takes long to import

    chosen = (records.first != UNKNOWN) & (records.category < len(SAID_OF_FIRST))
    person, n_people = records.annotator[chosen], records.n_annotators
    said = SAID_OF_FIRST[records.category[chosen]]
    first, second = records.first[chosen], records.second[chosen]
    distance = _others_distance(first, second, said, person)
    worth, most = said * distance, np.abs(distance)
    total = np.bincount(person, most, n_people)
    n = np.bincount(person, total[person] > 0, n_people).astype(np.int64)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.bincount(person, worth, n_people) / total
        left = np.bincount(person, (worth - value[person] * most) ** 2, n_people)
        reach = stdtrit(np.maximum(n - 1, 1), 0.5 + level / 2) * np.sqrt(left * n / (n - 1)) / total
    reach = np.where(n > 1, reach, np.inf)
    slope = float(worth @ most) / max(float(most @ most), 1e-300)
    p_value = _unusual(worth - slope * most, most**2, -slope * most, person, n_people)
    unseen = unseen_share(n, level)  # answers that are all alike show no spread
    below = np.where(reach == 0, unseen * (value + 1), reach)
    above = np.where(reach == 0, unseen * (1 - value), reach)
    low, high = np.maximum(value - below, -1.0), np.minimum(value + above, 1.0)
    return Measured(value, low, high, n, p_value)


def _others_distance(first: Indices, second: Indices, said: Floats, person: Indices) -> Floats:
    """By how much others hold the first item better than the second, for each answer."""
    n, n_items = len(said), int(max(first.max(initial=-1), second.max(initial=-1))) + 1
    item, of = np.concatenate([first, second]), np.concatenate([said, -said])
    own, place = numbered(np.tile(person, 2) * n_items + item)
    won = np.bincount(item, of, n_items)[item] - np.bincount(place, of, len(own))[place]
    met = np.bincount(item, minlength=n_items)[item] - np.bincount(place)[place]
    held = won / (met + 1)
    distance: Floats = held[:n] - held[n:]
    return distance


def _unusual(
    surplus: Floats, size: Floats, careless: Floats, person: Indices, n_people: int
) -> Floats:
    """P-value of a mean surplus that is not below the usual; see `with_others`.

    The variance of a surplus is in proportion to `size`, by one factor for all answers: own
    variances would be larger for just those who answer without looking, and hide them.
    """
    from scipy.special import ndtr  # here, as scipy takes long to import

    n, total = np.bincount(person, minlength=n_people), np.bincount(person, size, n_people)
    tested = total > 0
    p_value = np.full(n_people, np.nan)
    if not tested.any():
        return p_value
    factor = float(surplus @ surplus) / float(size.sum())
    mean = np.bincount(person, surplus, n_people)[tested] / n[tested]
    variance = factor * total[tested] / n[tested] ** 2
    usual, spread = _usual(mean, variance)
    scale = np.sqrt(variance + spread)
    p_value[tested] = ndtr((mean - usual) / np.where(scale > 0, scale, np.inf))
    # Who is nearer to the usual than to carelessness is no cause for alarm, however surely below.
    guess = np.bincount(person, careless, n_people)[tested] / n[tested]
    p_value[tested] = np.where(2 * mean > usual + guess, 1.0, p_value[tested])
    return p_value


def drift(rows: WithOthers, n_people: int, level: float) -> Measured:
    """Surplus in the later half of one's own answers minus that in the earlier half.

    Welch's interval and two-sided p-value. Of honest people it may have causes that are no fault:
    other pairs, new guidelines.
    """
    from scipy.special import stdtr, stdtrit  # here, as scipy takes long to import

    by_time = stable_order(rows.order)
    by_time = by_time[stable_order(rows.annotator[by_time])]
    person, surplus = rows.annotator[by_time], rows.surplus[by_time]
    n = np.bincount(person, minlength=n_people)
    place = np.arange(len(person)) - (np.cumsum(n) - n)[person]
    late = place >= (n // 2)[person]
    before, before_variance, n_before = moments(surplus[~late], person[~late], n_people)
    after, after_variance, n_after = moments(surplus[late], person[late], n_people)
    with np.errstate(invalid="ignore", divide="ignore"):
        total = before_variance + after_variance
        freedom = total**2 / (
            before_variance**2 / (n_before - 1) + after_variance**2 / (n_after - 1)
        )
        distance = (after - before) / np.sqrt(total)
        p_value = 2 * stdtr(freedom, -np.abs(distance))
        reach = stdtrit(freedom, 0.5 + level / 2) * np.sqrt(total)
    known = (n_before > 1) & (n_after > 1) & (total > 0)
    value = np.where(n_before > 0, after - before, np.nan)
    reach = np.where(known, reach, np.inf)
    return Measured(
        value, value - reach, value + reach, n.astype(np.int64), np.where(known, p_value, np.nan)
    )


def _usual(mean: Floats, variance: Floats) -> tuple[float, float]:
    """The usual surplus, and the variance between honest people."""
    if len(mean) < MIN_ANNOTATORS:
        return 0.0, 0.0
    usual = float(np.median(mean))
    spread = float(np.median((mean - usual) ** 2)) / MEDIAN_OF_SQUARE
    return usual, max(0.0, spread - float(np.median(variance)))
