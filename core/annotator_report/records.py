"""What is known of every answer that annotators gave, oldest first."""

from dataclasses import dataclass

import numpy as np

from core.estimates import normal_quantile
from core.judgment import Floats, Indices
from core.ordering import numbered

#: Codes of the answers as they stood on the screen; the others are those of `agreement.CODES`.
LEFT, RIGHT = 0, 1
#: What the first three codes of `agreement.CODES` say of the first item.
SAID_OF_FIRST = np.array([1.0, -1.0, 0.0])
UNKNOWN = -1
#: Sums of scores that should be whole numbers may be above them by so much.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Answers to questions whose answer is known; both have shape (m,).

    Attributes
    ----------
    annotator : ndarray of int64
    score : ndarray
        How far each is right, in [0, 1], as `core.known_answers.score` has it.
    """

    annotator: Indices
    score: Floats

    @classmethod
    def none(cls) -> "Scored":
        return cls(np.empty(0, dtype=np.int64), np.empty(0))


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """One row an answer, in order of time; arrays have shape (n,).

    Attributes
    ----------
    annotator : ndarray of int64
        Numbers from 0 without gaps.
    unit : ndarray of int64
        The pair of items. The same person and unit twice: a repeat.
    category : ndarray of int64
        The answer of the items, 0 to `n_categories` - 1.
    screen : ndarray of int64
        The same answer of the screen: `LEFT`, `RIGHT`, above them answers without a side;
        `UNKNOWN` where nobody knows which item stood left.
    seconds, words : ndarray
        From the pair being painted to the answer, and words to read; nan where not known.
    first, second : ndarray of int64
        The items of the pair; `UNKNOWN` where what others say of them on other pairs is not to be
        looked at.
    gold : Scored
        Answers to questions of any form whose answer is known.
    beside : ndarray of int64, shape (m,)
        Who gave each answer that is not about a pair: an order, a choice of several, a thumb.
    annotators : ndarray of int64, shape (n_annotators,)
        The number that was given for each person.
    """

    annotator: Indices
    unit: Indices
    category: Indices
    screen: Indices
    seconds: Floats
    words: Floats
    first: Indices
    second: Indices
    gold: Scored
    beside: Indices
    n_categories: int
    annotators: Indices

    @classmethod
    def of(
        cls,
        annotator: Indices,
        unit: Indices,
        category: Indices,
        *,
        n_categories: int,
        screen: Indices | None = None,
        seconds: Floats | None = None,
        words: Floats | None = None,
        items: tuple[Indices, Indices] | None = None,
        gold: Scored | None = None,
        beside: Indices | None = None,
    ) -> "Records":
        """What is not given is not known."""
        n = len(annotator)
        gold = Scored.none() if gold is None else gold
        beside = np.empty(0, dtype=np.int64) if beside is None else beside
        annotators, number = numbered(np.concatenate([annotator, gold.annotator, beside]))
        person, of_gold, of_beside = np.split(number, [n, n + len(gold.annotator)])
        unknown, unmeasured = np.full(n, UNKNOWN, dtype=np.int64), np.full(n, np.nan)
        return cls(
            annotator=person,
            unit=unit,
            category=category,
            screen=unknown if screen is None else screen,
            seconds=unmeasured if seconds is None else seconds,
            words=unmeasured if words is None else words,
            first=unknown if items is None else items[0],
            second=unknown if items is None else items[1],
            gold=Scored(of_gold, gold.score),
            beside=of_beside,
            n_categories=n_categories,
            annotators=annotators,
        )

    def __len__(self) -> int:
        return len(self.annotator)

    @property
    def n_annotators(self) -> int:
        return len(self.annotators)

    @property
    def n_judgments(self) -> Indices:
        """Answers of each annotator, about pairs and others; shape (n_annotators,)."""
        everything = np.concatenate([self.annotator, self.beside])
        return np.bincount(everything, minlength=self.n_annotators).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One figure of every annotator, with its interval; arrays have shape (n_annotators,).

    Attributes
    ----------
    value, low, high : ndarray
        nan where nothing is known; ends infinite where the spread is not known. Of the longest
        streak, a count, they are the band in which chance leaves it.
    n : ndarray of int64
        Answers that the figure was made from.
    p_value : ndarray or None
        Of the hypothesis that the annotator is like honest ones; nan: not tested. None: the
        figure is for reading only.
    """

    value: Floats
    low: Floats
    high: Floats
    n: Indices
    p_value: Floats | None = None


def shares(
    hits: Floats, person: Indices, n_people: int, level: float, p_value: Floats | None = None
) -> Measured:
    """Share of hits of every annotator with Wilson's interval [1]_.

    References
    ----------
    .. [1] Wilson, "Probable inference, the law of succession, and statistical inference",
       JASA 22, 1927.
    """
    n = np.bincount(person, minlength=n_people)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.bincount(person, hits, n_people) / n
        z = normal_quantile(level)
        centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        reach = z * np.sqrt(share * (1 - share) / n + (z / n) ** 2 / 4) / (1 + z**2 / n)
    low, high = np.minimum(centre - reach, share), np.maximum(centre + reach, share)
    return Measured(share, low.clip(0.0), high.clip(max=1.0), n.astype(np.int64), p_value)


def unseen_share(n: Floats | Indices, level: float) -> Floats:
    """How many answers may be otherwise than n that are all alike: the end of Wilson's interval."""
    z = normal_quantile(level)
    share: Floats = z**2 / (np.asarray(n, dtype=np.float64) + z**2)
    return share


def means(
    values: Floats,
    person: Indices,
    n_people: int,
    level: float,
    within: tuple[float, float] = (-np.inf, np.inf),
) -> Measured:
    """Mean of every annotator's values with Student's interval.

    Where all are alike, what may be unseen lies between the ends of `within`, as in
    `core.estimates.clustered_mean`.
    """
    from scipy.special import stdtrit  # here, as scipy takes long to import

    mean, variance, n = moments(values, person, n_people)
    freedom = np.maximum(n - 1, 1)
    reach = stdtrit(freedom, 0.5 + level / 2) * np.sqrt(variance)
    reach = np.where(n > 1, reach, np.inf)
    low, high, unseen = mean - reach, mean + reach, unseen_share(n, level)
    low = np.where(reach == 0, mean - unseen * (mean - within[0]), low)
    high = np.where(reach == 0, mean + unseen * (within[1] - mean), high)
    return Measured(mean, low, high, n)


def moments(values: Floats, person: Indices, n_people: int) -> tuple[Floats, Floats, Indices]:
    """Mean of every annotator's values, its variance, and how many they are."""
    n = np.bincount(person, minlength=n_people)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(person, values, n_people) / n
        squares = np.bincount(person, (values - mean[person]) ** 2, n_people)
        variance = squares / (n - 1) / n
    return mean, variance, n.astype(np.int64)


def at_most(hits: Floats, person: Indices, n_people: int, share: float) -> Floats:
    """P-value of at least `share` hits being expected, small where an annotator has too few."""
    from scipy.special import bdtr  # here, as scipy takes long to import

    n, k = np.bincount(person, minlength=n_people), np.bincount(person, hits, n_people)
    p: Floats = bdtr(np.floor(k), n, share)
    return np.where(n > 0, p, np.nan)


def mean_at_most(scores: Floats, person: Indices, n_people: int, mean: float) -> Floats:
    r"""P-value of a mean score of at least `mean` being expected, small where scores are too low.

    Scores of 0 and 1: the exact binomial test of `at_most`. Others lie between, so that what
    chance does to them is only bounded: with n scores of mean x the p-value is

    .. math:: \min\bigl(e^{-n\,\mathrm{kl}(x, \mu)},\;
              e\,P(\mathrm{Bin}(n, \mu) \le \lceil n x \rceil)\bigr)

    for :math:`x < \mu`, else 1, with kl the relative entropy of two coins: Hoeffding's [1]_ and
    Bentkus' [2]_ inequalities for independent scores in [0, 1] of whatever distribution.

    Parameters
    ----------
    scores : ndarray, shape (n,)
        In [0, 1].
    mean : float
        In [0, 1].

    References
    ----------
    .. [1] Hoeffding, "Probability inequalities for sums of bounded random variables", JASA 58,
       1963, theorem 1.
    .. [2] Bentkus, "On Hoeffding's inequalities", Annals of Probability 32(2), 2004, theorem 1.2.
    """
    if np.isin(scores, (0.0, 1.0)).all():
        return at_most(scores, person, n_people, mean)
    from scipy.special import bdtr, rel_entr  # here, as scipy takes long to import

    n, total = np.bincount(person, minlength=n_people), np.bincount(person, scores, n_people)
    with np.errstate(invalid="ignore", divide="ignore"):
        x = total / n
        entropy = rel_entr(x, mean) + rel_entr(1 - x, 1 - mean)
    whole = np.ceil(total - ROUNDING)
    bound = np.minimum(np.exp(-n * entropy), np.e * bdtr(whole, n, mean))
    p: Floats = np.where(x < mean, np.minimum(bound, 1.0), 1.0)
    return np.where(n > 0, p, np.nan)


def at_least(hits: Floats, person: Indices, n_people: int, share: float) -> Floats:
    """P-value of at most `share` hits being expected, small where an annotator has too many."""
    return at_most(1 - hits, person, n_people, 1 - share)
