"""Judgments to look at again: which, by whom, what came of it, what kind of disagreement.

Nothing here changes or drops a judgment: a resolution stands beside the judgments it is about.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np

from core.agreement.ratings import Ratings
from core.errors import DiscernError
from core.estimates import Estimate, NotDeterminedError, clustered_share
from core.judgment import Floats, Indices, ItemOutcome

#: How many standard deviations from zero make a preference sure: one-sided 95 %.
SURE = 1.6448536269514722


class AdjudicationError(DiscernError):
    """A resolution or second opinion that may not be given."""


class Strength(StrEnum):
    """What an ensemble thinks of a judgment."""

    INCORRECT = "incorrect"
    AMBIGUOUS = "ambiguous"
    STRONG = "strong"


@dataclass(frozen=True, slots=True, eq=False)
class PreferenceStrengths:
    """How far the members of an ensemble side with each judgment; arrays have shape (n,).

    Attributes
    ----------
    mean, sd : ndarray
        Of the members' log-odds of the item that was chosen, nats.
    agreeing : ndarray
        Share of the members that side with the judgment.
    """

    mean: Floats
    sd: Floats
    agreeing: Floats

    @property
    def kinds(self) -> list[Strength]:
        """Surely against the judgment: incorrect. Surely with it: strong. Else ambiguous."""
        reach = SURE * self.sd
        return [
            Strength.STRONG if low > 0 else Strength.INCORRECT if high < 0 else Strength.AMBIGUOUS
            for low, high in zip(self.mean - reach, self.mean + reach, strict=True)
        ]


def preference_strengths(log_odds: Floats, outcome: Indices) -> PreferenceStrengths:
    r"""Mean and spread of the strength that an ensemble gives each judgment [1]_.

    Where the mean is low the judgment may be a slip or a wish that few share; near zero the pair
    divides; where it is high the judgment is clear. Members should be fitted without the judgments
    they look at, as a member that has learned a slip sides with it.

    Parameters
    ----------
    log_odds : ndarray, shape (n_members, n)
        Of the first item.
    outcome : ndarray of int64, shape (n,)
        +1 first, -1 second. Ties have no side: leave them out.

    Raises
    ------
    NotDeterminedError
        If there are fewer than two members.

    References
    ----------
    .. [1] Wang et al., "Secrets of RLHF in large language models part II: reward modeling",
       arXiv 2401.06080, 2024. There the least and the middle part of all judgments are taken by
       share; here each judgment by its own interval.
    """
    if len(log_odds) < 2:  # noqa: PLR2004, a spread needs two
        raise NotDeterminedError(
            f"The strength of a judgment needs two fits at least, got {len(log_odds)}. Fit an "
            "ensemble first."
        )
    if (np.abs(outcome) != 1).any():
        raise ValueError("Only judgments that chose one item have a strength; leave others out.")
    sided = log_odds * outcome
    return PreferenceStrengths(
        sided.mean(axis=0), sided.std(axis=0, ddof=1), (sided > 0).mean(axis=0)
    )


@dataclass(frozen=True, slots=True, eq=False)
class Division:
    """How divided people are about each unit; arrays have shape (n_units,).

    Attributes
    ----------
    units : ndarray of int64
        As they were given, ascending.
    n_answers : ndarray of int64
    disagreement : ndarray
        Share of pairs of people who differ; nan with one answer.
    surely : ndarray
        A low end for it (Wilson's, 90 %, as if pairs of people were as many as people): two of
        two who differ are less surely divided than five of ten.
    """

    units: Indices
    n_answers: Indices
    disagreement: Floats
    surely: Floats


def divided_units(ratings: Ratings) -> Division:
    """Say of each unit how far the people who judged it differ."""
    counts, people = ratings.counts, ratings.people
    pairs = people * (people - 1)
    same = (counts * (counts - 1)).sum(axis=1)
    share = np.divide(pairs - same, pairs, out=np.full(len(people), np.nan), where=pairs > 0)
    z, n = SURE, np.maximum(people, 1)
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z * np.sqrt(share * (1 - share) / n + (z / n) ** 2 / 4) / (1 + z**2 / n)
    return Division(ratings.units, people, share, np.maximum(centre - reach, 0.0))


class Reason(StrEnum):
    """Why something is in the queue."""

    DIVIDED = "people differ"
    INCORRECT = "the fits surely say the other item"
    AMBIGUOUS = "the fits do not say which item"


@dataclass(frozen=True, slots=True)
class Case:
    """One unit to look at.

    Attributes
    ----------
    unit : int
    urgency : float
        The queue's order, largest first: bits of surprise of the least expected judgment, plus
        `Division.surely`.
    reasons : tuple of Reason
    judgments : tuple of int
        Rows of the judgments that the fits speak against.
    n_answers : int
    """

    unit: int
    urgency: float
    reasons: tuple[Reason, ...]
    judgments: tuple[int, ...]
    n_answers: int


def queue(
    division: Division,
    unit: Indices,
    rows: Indices,
    strengths: PreferenceStrengths | None,
    *,
    already: frozenset[int] = frozenset(),
) -> tuple[Case, ...]:
    r"""List the most divided and the most suspicious units, the most urgent first.

    The surprise of a judgment is :math:`\log_2 (1 + e^{-m})` for the mean m of its strength: 1 bit
    where the fits do not know, little where they side with it.

    Parameters
    ----------
    division : Division
    unit, rows : ndarray of int64, shape (n,)
        The unit of each judgment that has a strength, and the number to know the judgment by.
    strengths : PreferenceStrengths or None
        None: no ensemble was fitted yet, so that only people speak.
    already : frozenset of int
        Units that are resolved or waiting.
    """
    surprise = np.zeros(len(division.units))
    against: dict[int, list[int]] = {}
    unsure: set[int] = set()
    if strengths is not None:
        bits = np.logaddexp(0.0, -strengths.mean) / np.log(2)
        place = np.searchsorted(division.units, unit)
        np.maximum.at(surprise, place, bits)
        for row, at, kind in zip(rows.tolist(), place.tolist(), strengths.kinds, strict=True):
            if kind is Strength.INCORRECT:
                against.setdefault(at, []).append(row)
            elif kind is Strength.AMBIGUOUS:
                unsure.add(at)
    urgency = surprise + np.nan_to_num(division.surely)
    cases = []
    for at in np.argsort(-urgency, kind="stable").tolist():
        reasons = _reasons(bool(division.disagreement[at] > 0), at in against, at in unsure)
        number = int(division.units[at])
        if reasons and number not in already:
            found = tuple(against.get(at, ()))
            n_answers = int(division.n_answers[at])
            cases.append(Case(number, float(urgency[at]), reasons, found, n_answers))
    return tuple(cases)


def _reasons(*applies: bool) -> tuple[Reason, ...]:
    kinds = (Reason.DIVIDED, Reason.INCORRECT, Reason.AMBIGUOUS)
    return tuple(reason for reason, here in zip(kinds, applies, strict=True) if here)


def may_give_second_opinion(annotator: str, judged_by: Sequence[str]) -> bool:
    """Only who has not judged the unit, and so neither answered nor seen it, is blind to it."""
    return annotator not in judged_by


class Disagreement(StrEnum):
    """What kind of disagreement it was [Zhang et al., "Diverging preferences", arXiv 2410.14632].

    That paper has ten causes in four groups; these are what an adjudicator can tell at a glance.
    """

    UNDERSPECIFIED = "the question leaves open what is asked for"
    STYLE = "a matter of style"
    FACTS = "facts that somebody overlooked or took otherwise"
    VALUES = "people want different things"
    ERROR = "a slip or a misunderstanding"


class Verdict(StrEnum):
    """What came of looking again."""

    DECIDED = "decided"
    STANDS_DIVIDED = "people differ and both stand"
    UNUSABLE = "the pair cannot be judged"


@dataclass(frozen=True, slots=True)
class Resolution:
    """What somebody concluded about one unit, beside the judgments and not instead of them.

    Attributes
    ----------
    outcome : ItemOutcome or None
        The answer that holds, where the verdict is `DECIDED`.
    reason : str
        In the adjudicator's words.
    """

    unit: str
    by: str
    at: datetime
    verdict: Verdict
    outcome: ItemOutcome | None
    kind: Disagreement
    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise AdjudicationError(
                "A resolution needs its reason, got nothing. Say in a sentence what decided."
            )
        decided = self.verdict is Verdict.DECIDED
        if decided != (self.outcome not in {None, ItemOutcome.SKIPPED}):
            raise AdjudicationError(
                f"A verdict “{self.verdict}” goes with an answer if and only if it is decided, got "
                f"{self.outcome}. Choose the answer that holds, or another verdict."
            )


@dataclass(frozen=True, slots=True, eq=False)
class Gold:
    """Units whose answer is certain enough to test people with; arrays have shape (n_gold,).

    Attributes
    ----------
    unit, category : ndarray of int64
    n_answers : ndarray of int64
        People who all gave it.
    doubt : ndarray
        Upper end, 95 % one-sided, of the share of people who would answer otherwise, from
        :math:`1 - 0.05^{1/n}` [Clopper and Pearson, Biometrika 26(4), 1934].
    """

    unit: Indices
    category: Indices
    n_answers: Indices
    doubt: Floats


def gold_from_unanimous(
    ratings: Ratings,
    *,
    least: int,
    against: Indices,
    allowed: Sequence[int] = (0, 1),
) -> Gold:
    """Choose units about which all people say the same, and no fit surely says otherwise.

    Parameters
    ----------
    least : int
        People who must have judged a unit.
    against : ndarray of int64
        Units with a judgment that the fits surely speak against.
    allowed : sequence of int
        Answers that gold may have: usually those that choose one item.
    """
    counts, people = ratings.counts, ratings.people
    answer = counts.argmax(axis=1)
    chosen = (counts.max(axis=1) == people) & (people >= least) & np.isin(answer, allowed)
    chosen &= ~np.isin(ratings.units, against)
    n = people[chosen]
    doubt = 1 - 0.05 ** (1 / n)
    return Gold(ratings.units[chosen], answer[chosen].astype(np.int64), n, doubt)


def count_disagreements(resolutions: Sequence[Resolution]) -> dict[Disagreement, Estimate]:
    """Share of each kind among the units resolved, Wilson's interval, each kind by itself.

    Of several resolutions of one unit the last counts. The units are those that somebody looked
    at, the most urgent first: not a sample of all disagreements.

    Raises
    ------
    NotDeterminedError
        If nothing was resolved yet.
    """
    last = {resolution.unit: resolution.kind for resolution in resolutions}
    if not last:
        raise NotDeterminedError("Nothing was resolved yet. Take the first case of the queue.")
    found = np.array(list(last.values()), dtype=object)
    units = np.arange(len(found))
    return {
        kind: clustered_share((found == kind).astype(np.float64), units) for kind in Disagreement
    }
