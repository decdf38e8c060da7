"""What an annotator's answers look like on the screen: sides, their turns, speed."""

import numpy as np

from core.annotator_report.records import (
    LEFT,
    RIGHT,
    UNKNOWN,
    Measured,
    Records,
    at_least,
    at_most,
    shares,
    unseen_share,
)
from core.estimates import normal_quantile
from core.judgment import Floats, Indices
from core.ordering import stable_order

#: Words a minute that adults read silently, non-fiction in English [Brysbaert, "How many words do
#: we read per minute?", Journal of Memory and Language 109, 2019].
WORDS_PER_MINUTE = 238.0
#: Faster than this share of the reading time is faster than trained speed readers and skimmers
#: (600 to 700 words a minute) [Just and Carpenter, "The psychology of reading and language
#: comprehension", Allyn and Bacon 1987].
TOO_FAST = 1 / 3
#: Honest people know some texts already: so large a share of answers may be that fast.
FAST_AT_MOST = 0.25
#: An answer below this share of one's own median time is a rushed one.
RUSHED = 1 / 3


def side_bias(records: Records, level: float) -> Measured:
    """Share of left among answers that chose a side; exact two-sided test of one half.

    Sides are drawn by the workbench, apart from the items, so that one half is what follows from
    any preferences.
    """
    sided = (records.screen == LEFT) | (records.screen == RIGHT)
    person, left = records.annotator[sided], (records.screen[sided] == LEFT).astype(np.float64)
    few = at_most(left, person, records.n_annotators, 0.5)
    many = at_least(left, person, records.n_annotators, 0.5)
    return shares(
        left, person, records.n_annotators, level, np.minimum(1.0, 2 * np.minimum(few, many))
    )


def turns(records: Records) -> Measured:
    """Runs of left and right against those of one's own sides in random order (Wald-Wolfowitz).

    The value is the number of runs over its expectation: below 1 the same side for long, near 2
    for ends left and right in turn. Normal approximation, two-sided, from ten of each side on [1]_.

    References
    ----------
    .. [1] Wald and Wolfowitz, "On a test whether two samples are from the same population", Annals
       of Mathematical Statistics 11(2), 1940.
    """
    from scipy.special import ndtr  # here, as scipy takes long to import

    sided = (records.screen == LEFT) | (records.screen == RIGHT)
    person, said = in_time(records.annotator[sided], records.screen[sided])
    n_people = records.n_annotators
    n = np.bincount(person, minlength=n_people)
    left = np.bincount(person, said == LEFT, n_people)
    runs = np.bincount(person[changes(person, said)], minlength=n_people)
    both = 2 * left * (n - left)
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = 1 + both / n
        sd = np.sqrt(both * (both - n) / (n**2.0 * (n - 1)))
        p_value = 2 * ndtr(-np.abs(runs - expected) / sd)
        value, reach = runs / expected, normal_quantile(0.95) * sd / expected
    enough = np.minimum(left, n - left) >= 10  # noqa: PLR2004, see above
    value, reach = np.where(n > 0, value, np.nan), np.where(enough, reach, np.inf)
    return Measured(
        value, value - reach, value + reach, n.astype(np.int64), np.where(enough, p_value, np.nan)
    )


def entropy(records: Records, level: float) -> Measured:
    r"""How evenly one's answers on the screen spread, bits; 0: always the same.

    :math:`\hat H + (k - 1) / (2 n \ln 2)` (Miller and Madow), with the variance
    :math:`(\sum p \log_2^2 p - \hat H^2) / n` [1]_. That is 0 of answers that are all alike, where
    the high end is the entropy with as many others as may be unseen (Wilson), and of answers given
    equally often, where :math:`2 n \ln 2 (\log_2 k - \hat H)` is chi-squared with k - 1 degrees of
    freedom: the ends are at least as far away as its quantile. For reading only: no answer is owed.

    References
    ----------
    .. [1] Paninski, "Estimation of entropy and mutual information", Neural Computation 15, 2003.
    """
    from scipy.special import chdtri  # here, as scipy takes long to import

    known, n_people = records.screen != UNKNOWN, records.n_annotators
    person, said = records.annotator[known], records.screen[known]
    k = int(said.max(initial=0)) + 1
    n = np.bincount(person, minlength=n_people)
    counts = np.bincount(person * k + said, minlength=n_people * k).reshape(n_people, k)
    share: Floats = counts / np.maximum(n, 1)[:, None]
    bits = -np.log2(share, out=np.zeros_like(share), where=share > 0)
    plain = (share * bits).sum(axis=1)
    used = (share > 0).sum(axis=1)
    value = np.where(n > 0, plain + (used - 1) / (2 * np.maximum(n, 1) * np.log(2)), np.nan)
    variance = np.maximum((share * bits**2).sum(axis=1) - plain**2, 0) / np.maximum(n, 1)
    least = chdtri(np.maximum(used - 1, 1), 1 - level) / (2 * np.maximum(n, 1) * np.log(2))
    reach = np.maximum(normal_quantile(level) * np.sqrt(variance), least)
    unseen = unseen_share(n, level)
    most = -unseen * np.log2(unseen) - (1 - unseen) * np.log2(np.maximum(1 - unseen, 1e-300))
    high = np.where(used == 1, most, value + reach)
    return Measured(value, np.maximum(value - reach, 0.0), high, n.astype(np.int64))


def pace(records: Records, level: float) -> Measured:
    """Median time of an answer over the time that reading takes; interval by order statistics."""
    known = np.isfinite(records.seconds) & (records.words > 0)
    reading = records.words[known] / WORDS_PER_MINUTE * 60
    return _medians(
        records.seconds[known] / reading, records.annotator[known], records.n_annotators, level
    )


def median_seconds(records: Records, level: float) -> Measured:
    """Median time of an answer, seconds; interval by order statistics."""
    known = np.isfinite(records.seconds)
    return _medians(records.seconds[known], records.annotator[known], records.n_annotators, level)


def too_fast(records: Records, level: float) -> Measured:
    """Share of answers too fast to have read; one-sided exact test of `FAST_AT_MOST`."""
    known = np.isfinite(records.seconds) & (records.words > 0)
    reading = records.words[known] / WORDS_PER_MINUTE * 60
    fast = (records.seconds[known] < TOO_FAST * reading).astype(np.float64)
    person = records.annotator[known]
    p_value = at_least(fast, person, records.n_annotators, FAST_AT_MOST)
    return shares(fast, person, records.n_annotators, level, p_value)


def rushed(records: Records, own: Floats, level: float) -> Measured:
    """Share of answers below a third of one's `own` median time, shape (n_annotators,)."""
    known = np.isfinite(records.seconds)
    seconds, person = records.seconds[known], records.annotator[known]
    hits = (seconds < RUSHED * own[person]).astype(np.float64)
    return shares(hits, person, records.n_annotators, level)


def in_time(person: Indices, said: Indices) -> tuple[Indices, Indices]:
    """Both, person by person, each in order of time."""
    order = stable_order(person)
    return person[order], said[order]


def changes(person: Indices, said: Indices) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Where another run begins."""
    begins = np.ones(len(said), dtype=np.bool_)
    begins[1:] = (person[1:] != person[:-1]) | (said[1:] != said[:-1])
    return begins


def _medians(values: Floats, person: Indices, n_people: int, level: float) -> Measured:
    order = np.argsort(values)
    order = order[stable_order(person[order])]
    ordered = np.append(values[order], np.nan)
    n = np.bincount(person, minlength=n_people)
    begin, none = np.cumsum(n) - n, n == 0
    middle = (ordered[begin + (np.maximum(n, 1) - 1) // 2] + ordered[begin + n // 2 * ~none]) / 2
    reach = normal_quantile(level) * np.sqrt(n) / 2
    below, above = np.floor(n / 2 - reach), np.ceil(n / 2 + reach)
    low = np.where(
        below >= 1, ordered[begin + np.maximum(below - 1, 0).astype(int) * ~none], -np.inf
    )
    place = np.minimum(above, np.maximum(n - 1, 0)).astype(int)
    high = np.where(above <= n - 1, ordered[begin + place * ~none], np.inf)
    return Measured(
        np.where(none, np.nan, middle),
        np.where(none, np.nan, low),
        np.where(none, np.nan, high),
        n.astype(np.int64),
    )
