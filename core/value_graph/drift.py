"""Whether people stay with what they said, and whether seeing others' cards moves them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.estimates import Estimate, NotDeterminedError, clustered_share
from core.fitting.edge_votes import fit_edge_votes
from core.value_graph.estimate import FixedEffects
from core.value_graph.votes import Answer, EdgeVote, Reading, tabulate_votes, yes_share

HOURS = 3600.0


@dataclass(frozen=True, slots=True)
class Consistency:
    """The same person's answers about the same two values in the same context, twice.

    Attributes
    ----------
    same : Estimate
        Share of retests in which the same card, or again neither, was called wiser: 95 % interval
        clustered by person. No model can foretell answers better than people repeat them.
    reversed : Estimate
        Share in which the other card was called wiser.
    same_direction, other_direction : Estimate or None
        `same` where the retest showed the same card as wiser, and where it showed the other: a
        gap between them is the pull of the direction shown. None without such retests.
    hours_between : float
        Median, hours.
    n_people : int
    """

    same: Estimate
    reversed: Estimate
    same_direction: Estimate | None
    other_direction: Estimate | None
    hours_between: float
    n_people: int


def retest_consistency(votes: Sequence[EdgeVote]) -> Consistency:
    """Compare each answer with the person's next one to the same question.

    "Not sure", and a "no" that leaves open who is wiser, are no answers to compare.

    Raises
    ------
    NotDeterminedError
        If nobody answered the same question twice.
    """
    by_question: dict[tuple[str, str, str, str], list[EdgeVote]] = {}
    for vote in votes:
        if vote.answer not in {Answer.NOT_SURE, Answer.NOT_WISER}:
            key = (vote.person, vote.context, vote.first, vote.second)
            by_question.setdefault(key, []).append(vote)
    retests = [
        pair
        for answers in by_question.values()
        for pair in pairwise(sorted(answers, key=lambda vote: vote.answered_at))
    ]
    if not retests:
        raise NotDeterminedError(
            "Nobody has answered the same question twice. Ask about one question in six again."
        )
    place = {name: i for i, name in enumerate(dict.fromkeys(one.person for one, _ in retests))}
    person = np.array([place[one.person] for one, _ in retests], dtype=np.int64)
    same = np.array([float(one.wiser == again.wiser) for one, again in retests])
    turned = np.array(
        [
            float(None not in {one.wiser, again.wiser} and one.wiser != again.wiser)
            for one, again in retests
        ]
    )
    alike = np.array([one.wiser_to == again.wiser_to for one, again in retests])
    gaps = [(again.answered_at - one.answered_at).total_seconds() for one, again in retests]
    parts = [
        clustered_share(same[rows], person[rows]) if rows.any() else None
        for rows in (alike, ~alike)
    ]
    return Consistency(
        same=clustered_share(same, person),
        reversed=clustered_share(turned, person),
        same_direction=parts[0],
        other_direction=parts[1],
        hours_between=float(np.median(gaps)) / HOURS,
        n_people=len(place),
    )


@dataclass(frozen=True, slots=True)
class ExposureEffect:
    """What having seen others' cards does to votes: log-odds, with 95 % intervals, `n` votes.

    Attributes
    ----------
    tendency : Estimate
        To say yes, whatever is asked, nats.
    pull : Estimate
        By how much more than others the exposed follow what the unexposed think: 0 no more, 1
        twice as much. Too near 0 where the unexposed are few, as what they think is then known
        badly.
    n_exposed : int
        Votes.
    """

    tendency: Estimate
    pull: Estimate
    n_exposed: int


def exposure_effect(
    cards: Sequence[str],
    votes: Sequence[EdgeVote],
    rng: np.random.Generator,
    reading: Reading = Reading.DIRECTION,
) -> ExposureEffect:
    """Estimate the effect of exposure from votes that log it.

    The edges are estimated from the unexposed alone; both effects are then covariates of the
    hierarchical model of all these votes. Unless exposure was decided by lot, or differs within
    people, it may stand for what else differs between those who saw cards and those who did not.

    Raises
    ------
    NotDeterminedError
        If not both exposed and unexposed votes are there.
    """
    known = [vote for vote in votes if vote.exposed is not None]
    table = tabulate_votes(cards, known, reading)
    kept = [vote for vote in known if yes_share(vote, reading) is not None]
    exposed = np.array([bool(vote.exposed) for vote in kept])
    if exposed.all() or not exposed.any():
        raise NotDeterminedError(
            f"{int(exposed.sum())} of {len(kept)} votes were given after seeing others' cards. "
            "To see an effect both kinds are needed."
        )
    before = fit_edge_votes(table.where(np.flatnonzero(~exposed)), rng, n_draws=2)
    covariates = {
        "exposure": exposed.astype(np.float64),
        "pull": exposed * table.sign * before.mean[table.pair],
    }
    found = fit_edge_votes(table, rng, covariates=covariates)
    return ExposureEffect(
        tendency=_effect(found.fixed, "exposure", len(kept)),
        pull=_effect(found.fixed, "pull", len(kept)),
        n_exposed=int(exposed.sum()),
    )


def _effect(fixed: FixedEffects, name: str, n: int) -> Estimate:
    place = fixed.place(name)
    low, high = (float(end[place]) for end in fixed.interval())
    return Estimate(float(fixed.mean[place]), low, high, n)
