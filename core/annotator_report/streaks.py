"""The longest run of one answer on the screen, beside those that chance makes."""

import numpy as np
from numpy.typing import NDArray

from core.annotator_report.records import UNKNOWN, Measured, Records
from core.annotator_report.screen import changes, in_time
from core.judgment import Floats, Indices

#: Numbers that are kept at once, of all people together.
MOST_KEPT = 2_000_000
#: A rate that changes by no more than this share of itself stays as it is.
STEADY = 1e-13


def longest_streak(records: Records, level: float) -> Measured:
    r"""Longest run of one answer on the screen, tested against one's own shares of answers.

    The p-value is the probability of a run at least that long where each answer is given with the
    person's own share of it, whatever came before (`at_least_so_long`). The ends are no interval
    of the streak, which is a count, but the band in which chance alone leaves it: the smallest
    lengths that chance stays at or below with probability (1 - level) / 2, and 1 - that.
    """
    known = records.screen != UNKNOWN
    person, said = in_time(records.annotator[known], records.screen[known])
    n_people = records.n_annotators
    n = np.bincount(person, minlength=n_people).astype(np.int64)
    starts = np.flatnonzero(changes(person, said))
    longest = np.zeros(n_people, dtype=np.int64)
    np.maximum.at(longest, person[starts], np.diff(np.append(starts, len(said))))
    k = int(said.max(initial=0)) + 1
    counts = np.bincount(person * k + said, minlength=n_people * k).reshape(n_people, k)
    share: Floats = counts / np.maximum(n, 1)[:, None]
    p_value = np.where(n > 1, at_least_so_long(share, n, longest), np.nan)
    tail = (1 - level) / 2
    low, high = (
        np.where(n > 0, by_chance(share, n, probability), np.nan)
        for probability in (tail, 1 - tail)
    )
    return Measured(np.where(n > 0, longest, np.nan), low, high, n, p_value)


def at_least_so_long(share: Floats, n: Indices, length: Indices) -> Floats:
    r"""Probability that n independent answers have a run of `length` or more; shape (n_people,).

    With :math:`p_c` the shares, :math:`N_t` the probability of no such run among the first t,
    :math:`A_{c,t}` that of none with answer t being c, and :math:`B_{c,t}` that of none before a
    run of c that begins at t:

    .. math::
        B_{c,t} = p_c (N_{t-1} - A_{c,t-1}), \quad D_{c,t} = p_c^{L-1} B_{c,t-L+1}, \quad
        A_{c,t} = p_c A_{c,t-1} + B_{c,t} - D_{c,t}, \quad N_t = N_{t-1} - \sum_c D_{c,t}

    as a run that is L long for the first time at t began at t - L + 1. This is the Markov chain of
    [1]_ with runs of one answer taken together. The probability is the sum of D, without
    differences, so that small ones are exact, too. Once :math:`\sum_c D_{c,t} / N_{t-1}` stays the
    same, the rest follows at once.

    Parameters
    ----------
    share : ndarray, shape (n_people, n_answers)
        Rows sum to 1.
    n, length : ndarray of int64, shape (n_people,)

    References
    ----------
    .. [1] Fu and Koutras, "Distribution theory of runs: a Markov chain approach", JASA 89(427),
       1994.
    """
    found = np.where(length <= 0, 1.0, 0.0)
    rows = np.flatnonzero((length > 0) & (length <= n))
    rows = rows[np.argsort(length[rows], kind="stable")]
    while len(rows):  # as many people at once as fit, the shortest runs first
        kept = np.arange(1, len(rows) + 1) * (length[rows] + 1) * share.shape[1]
        now = rows[: max(1, int((kept <= MOST_KEPT).sum()))]
        found[now] = _at_least(share[now], n[now], length[now])
        rows = rows[len(now) :]
    return found


def _at_least(share: Floats, n: Indices, length: Indices) -> Floats:
    people, size = np.arange(len(n)), int(length.max()) + 1
    began = np.zeros((size, *share.shape))  # of the last t; nothing begins before the first
    last = share ** (length - 1)[:, None]
    ending, none, hazard = np.zeros_like(share), np.ones(len(n)), np.zeros(len(n))
    seen, found = np.zeros(len(n)), np.full(len(n), np.nan)
    for t in range(1, int(n.max()) + 1):
        began[t % size] = share * (none[:, None] - ending)
        done = last * np.where(t >= length, began[(t + 1 - length) % size, people].T, 0.0).T
        ending = share * ending + began[t % size] - done
        new = done.sum(axis=1)
        before, hazard = hazard, np.divide(new, none, out=np.ones(len(n)), where=none > 0)
        seen, none = seen + new, np.maximum(none - new, 0.0)
        steady = (t > 3 * length) & (np.abs(hazard - before) <= STEADY * hazard)
        ends = np.isnan(found) & ((n == t) | steady)
        more = -np.expm1((n - t)[ends] * np.log1p(-np.minimum(hazard[ends], 1 - STEADY)))
        found[ends] = seen[ends] + none[ends] * more
        if not np.isnan(found).any():
            break
    probable: Floats = np.minimum(found, 1.0)
    return probable


def by_chance(share: Floats, n: Indices, probability: float) -> Indices:
    """The smallest length that the longest run stays at or below with at least this probability."""

    def stays(length: Indices) -> NDArray[np.bool_]:
        return 1 - at_least_so_long(share, n, length + 1) >= probability

    low, high = np.zeros_like(n), np.minimum(n, 4)
    while not (enough := stays(high)).all():
        low, high = np.where(enough, low, high + 1), np.where(enough, high, np.minimum(2 * high, n))
    while (low < high).any():
        middle = (low + high) // 2
        enough = stays(middle)
        low, high = np.where(enough, low, middle + 1), np.where(enough, middle, high)
        low = np.minimum(low, high)
    return high
