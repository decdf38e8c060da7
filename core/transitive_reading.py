"""What is left of a fitted model when its circles are taken out of it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.judgment import Floats, Indices, PairCounts
from core.models import BradleyTerry, GeneralPreference, logistic

#: With more items in one group the widest paths take too long, and the group is left as it is
#: in Bradley-Terry: its whole gain then counts as cyclic.
MAX_ITEMS = 1_500
#: Rounds of moving every item once, and what a move must be worth (nats), to be sure of an end.
MAX_PASSES, LEAST_GAIN = 20, 1e-9


def without_circles(odds: Floats) -> Floats:
    r"""Log-odds less the strongest circle through each pair.

    A circle through the pair (i, j) with i the favourite is the pair and a path on which each item
    is favoured over the next, from j back to i. It is as strong as its weakest step, and the
    strongest is found with the widest path :math:`\beta_{ji}` [1]_. For :math:`s_{ij} > 0`

    .. math:: t_{ij} = s_{ij} - \min(s_{ij}, \beta_{ji}), \qquad t_{ji} = -t_{ij}

    No circle is left: on one of favourites of t, the weakest step in s would have to be wider
    than the path of the others, none of which is narrower. Where there was no circle, t = s; a
    pure circle leaves nothing; and small circles, which noise makes, take little away.

    Parameters
    ----------
    odds : ndarray, shape (n, n)
        Skew-symmetric, nats.

    Returns
    -------
    ndarray, shape (n, n)
        Skew-symmetric; there is an order of the items in which none is below zero against a later
        one.

    References
    ----------
    .. [1] Schulze, "A new monotonic, clone-independent, reversal symmetric, and
       Condorcet-consistent single-winner election method", Social Choice and Welfare 36, 2011;
       for the paths: Floyd, "Algorithm 97: shortest path", Communications of the ACM 5, 1962.
    """
    favoured = np.maximum(odds, 0.0)
    left = favoured - np.minimum(favoured, widest_paths(odds).T)
    result: Floats = left - left.T
    return result


def best_order(odds: Floats) -> Indices:
    r"""An order of the items that goes against as little as possible, best first; shape (n,).

    It starts from the order of widest paths [1]_ (i before j where :math:`\beta_{ij} >
    \beta_{ji}`, which has no circles) and moves single items as long as the sum of the log-odds
    that it goes against gets smaller: a local optimum, as the best order is hard to find [2]_.

    Parameters
    ----------
    odds : ndarray, shape (n, n)
        Skew-symmetric, nats.

    References
    ----------
    .. [1] Schulze, Social Choice and Welfare 36, 2011.
    .. [2] Alon, "Ranking tournaments", SIAM Journal on Discrete Mathematics 20, 2006.
    """
    widest = widest_paths(odds)
    ahead = (widest > widest.T).sum(axis=1)
    order = np.lexsort((-odds.sum(axis=1), -ahead)).tolist()
    for _ in range(MAX_PASSES):
        before = list(order)
        for item in before:
            place = order.index(item)
            rest = order[:place] + order[place + 1 :]
            # What standing before the rest wins; each item that is let pass takes its part back.
            gains = np.concatenate([[0.0], -2 * np.cumsum(odds[item, rest])])
            best = int(np.argmax(gains))
            if gains[best] > gains[place] + LEAST_GAIN:
                order = [*rest[:best], item, *rest[best:]]
        if order == before:
            break
    return np.array(order, dtype=np.int64)


def within_order(odds: Floats) -> Floats:
    """Log-odds where they agree with `best_order`, even odds where they do not; shape (n, n)."""
    order = best_order(odds)
    place = np.empty(len(odds), dtype=np.int64)
    place[order] = np.arange(len(odds))
    before = place[:, None] < place[None, :]
    kept = np.where(before, np.maximum(odds, 0.0), 0.0)
    result: Floats = kept - kept.T
    return result


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """Log-odds of pairs in two readings of a general model, both without circles; shape (n,).

    Attributes
    ----------
    without_circles : ndarray
        Every pair less the strongest circle through it: a circle has no beginning, and is taken
        out evenly. Bradley-Terry where that is nearer to the general model.
    in_order : ndarray
        Everything that agrees with the best order: as much as can be kept.
    """

    without_circles: Floats
    in_order: Floats


def read_transitively(
    general: GeneralPreference,
    plain: BradleyTerry,
    counts: PairCounts,
    first: Indices,
    second: Indices,
) -> Readings:
    """Read a general model without its circles, for the pairs asked.

    Nearer means a smaller log loss when the judged pairs come out as the general model says.

    Parameters
    ----------
    counts : PairCounts
        What both were fitted to.
    """
    readings = Readings(plain.log_odds(first, second), plain.log_odds(first, second))
    if not general.n_planes:
        return readings
    slot = np.empty(len(general.component), dtype=np.int64)
    for number, items in enumerate_groups(general.component):
        if len(items) > MAX_ITEMS:
            continue
        slot[items] = np.arange(len(items))
        asked = (general.component[first] == number) & (general.component[second] == number)
        places = slot[first[asked]], slot[second[asked]]
        whole = log_odds_between(general, items)
        readings.in_order[asked] = within_order(whole)[places]
        reading = without_circles(whole)
        inside = general.component[counts.first] == number
        one, other = counts.first[inside], counts.second[inside]
        judged, truth = counts.total[inside], whole[slot[one], slot[other]]
        plainly = plain.log_odds(one, other)
        if _loss(reading[slot[one], slot[other]], truth, judged) < _loss(plainly, truth, judged):
            readings.without_circles[asked] = reading[places]
    return readings


def widest_paths(odds: Floats) -> Floats:
    """The weakest step of the best path from each item to each other along favourites; (n, n)."""
    widest = np.maximum(odds, 0.0)
    for middle in range(len(odds)):
        through = np.minimum(widest[:, middle, None], widest[None, middle, :])
        np.maximum(widest, through, out=widest)
    return widest


def connected_groups(component: Indices) -> Iterator[Indices]:
    """Yield the items of each component that has more than one."""
    for _, items in enumerate_groups(component):
        yield items


def enumerate_groups(component: Indices) -> Iterator[tuple[int, Indices]]:
    """Yield number and items of each component that has more than one."""
    order = np.argsort(component, kind="stable")
    ends = np.cumsum(np.bincount(component))
    for number, items in enumerate(np.split(order, ends[:-1])):
        if len(items) > 1:
            yield number, items


def log_odds_between(model: GeneralPreference, items: Indices) -> Floats:
    """All log-odds within one component; shape (n, n), skew-symmetric."""
    strengths, planes = model.strengths[items], model.embeddings[items]
    half = planes[:, ::2] @ planes[:, 1::2].T
    odds: Floats = strengths[:, None] - strengths[None, :] + half - half.T
    return odds


def _loss(odds: Floats, truth: Floats, judged: Floats) -> float:
    """Expected log loss of log-odds where others are the truth, nats."""
    chance = logistic(truth)
    return float(judged @ (chance * np.logaddexp(0, -odds) + (1 - chance) * np.logaddexp(0, odds)))
