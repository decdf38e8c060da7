from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.adjudication import (
    AdjudicationError,
    Disagreement,
    Reason,
    Resolution,
    Strength,
    Verdict,
    count_disagreements,
    divided_units,
    gold_from_unanimous,
    may_give_second_opinion,
    preference_strengths,
    queue,
)
from core.agreement import Ratings
from core.estimates import NotDeterminedError
from core.judgment import ItemOutcome

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NOTHING = np.empty(0, dtype=np.int64)


def ratings(answers: list[list[int]]) -> Ratings:
    """A list of answers for each unit, each by another person."""
    unit = np.repeat(np.arange(len(answers)), [len(given) for given in answers])
    person = np.concatenate([np.arange(len(given)) for given in answers])
    return Ratings.of(unit, person, np.concatenate(answers), n_categories=3)


def resolution(unit: str, kind: Disagreement) -> Resolution:
    outcome = ItemOutcome.FIRST
    return Resolution(unit, "somebody", NOW, Verdict.DECIDED, outcome, kind, "b misses the point")


def test_an_ensemble_sorts_judgments_into_three_kinds() -> None:
    """Four fits: all for the first; all against; divided; chosen second, all for the second."""
    odds = np.array([[2.0, -2.1, 0.5, -1.0], [2.2, -1.9, -0.6, -1.2], [1.9, -2.0, 0.4, -0.9],
                     [2.1, -2.2, -0.4, -1.1]])  # fmt: skip
    found = preference_strengths(odds, np.array([1, 1, 1, -1]))
    assert found.kinds == [
        Strength.STRONG, Strength.INCORRECT, Strength.AMBIGUOUS, Strength.STRONG,
    ]  # fmt: skip
    assert found.mean[:2] == pytest.approx([2.05, -2.05])
    assert found.agreeing.tolist() == [1, 0, 0.5, 1]
    with pytest.raises(NotDeterminedError, match="ensemble"):
        preference_strengths(odds[:1], np.array([1, 1, 1, -1]))
    with pytest.raises(ValueError, match="chose one item"):
        preference_strengths(odds, np.array([1, 0, 1, -1]))


@given(st.integers(2, 6), st.integers(1, 12))
def test_mirrored_items_leave_every_strength_as_it_is(n_members: int, n: int) -> None:
    rng = np.random.default_rng(n)
    odds, outcome = rng.normal(size=(n_members, n)), rng.choice([-1, 1], n)
    one, other = preference_strengths(odds, outcome), preference_strengths(-odds, -outcome)
    assert (one.mean == other.mean).all()
    assert one.kinds == other.kinds


def test_slips_are_found_where_they_were_planted() -> None:
    """500 clear pairs (3 nats), 5 % of the judgments turned round; members miss by half a nat."""
    rng = np.random.default_rng(0)
    truth = np.where(rng.random(500) < 0.5, 3.0, -3.0)
    slip = rng.random(500) < 0.05
    outcome = np.where(slip, -np.sign(truth), np.sign(truth)).astype(np.int64)
    found = preference_strengths(truth + rng.normal(0, 0.5, (8, 500)), outcome)
    assert [kind is Strength.INCORRECT for kind in found.kinds] == slip.tolist()


def test_divided_units_by_hand() -> None:
    """All alike: 0. Two of two: 1. Two against two: 4 of 6 pairs. One alone: not known."""
    found = divided_units(ratings([[0, 0, 0], [0, 1], [0, 0, 1, 1], [2]]))
    assert found.disagreement[:3] == pytest.approx([0, 1, 2 / 3])
    assert np.isnan(found.disagreement[3])
    assert found.n_answers.tolist() == [3, 2, 4, 1]
    many = divided_units(ratings([[0] * 20 + [1] * 20, [0, 1, 1, 0]]))
    assert many.surely[0] > many.surely[1]


def test_the_queue_has_the_divided_and_the_suspicious_and_nothing_else() -> None:
    """Unit 0: all alike and the fits agree. 1: divided. 2: alone, the fits are surely against."""
    division = divided_units(ratings([[0, 0], [0, 1], [1]]))
    strengths = preference_strengths(
        np.array([[3.0, 3.0, 3.0, 3.0, 4.0], [3.1, 3.1, 3.2, 3.2, 4.1]]),
        np.array([1, 1, 1, -1, -1]),
    )
    unit, rows = np.array([0, 0, 1, 1, 2]), np.array([10, 11, 12, 13, 14])
    cases = queue(division, unit, rows, strengths)
    assert [case.unit for case in cases] == [2, 1]
    assert cases[0].reasons == (Reason.INCORRECT,)
    assert (cases[0].judgments, cases[1].judgments) == ((14,), (13,))
    assert cases[1].reasons == (Reason.DIVIDED, Reason.INCORRECT)
    assert cases[0].urgency == pytest.approx(np.log2(1 + np.exp(4.05)))
    left = queue(division, unit, rows, strengths, already=frozenset({2}))
    assert [case.unit for case in left] == [1]
    assert [case.unit for case in queue(division, NOTHING, NOTHING, None)] == [1]


def test_a_second_opinion_is_blind() -> None:
    assert may_give_second_opinion("c", ["a", "b"])
    assert not may_give_second_opinion("a", ["a", "b"])


def test_gold_comes_from_unanimous_units_that_no_fit_speaks_against() -> None:
    answers = [[0, 0, 0], [0, 0, 1], [1, 1, 1, 1], [2, 2, 2], [0, 0], [1, 1, 1]]
    gold = gold_from_unanimous(ratings(answers), least=3, against=np.array([5]))
    assert gold.unit.tolist() == [0, 2]
    assert gold.category.tolist() == [0, 1]
    # Of four, none otherwise: at most 52.7 % would; binom(0 of 4, .527) = .05.
    assert gold.doubt[1] == pytest.approx(1 - 0.05**0.25)


def test_kinds_of_disagreement_are_counted_once_a_unit() -> None:
    given_ = [
        resolution("1", Disagreement.STYLE),
        resolution("2", Disagreement.VALUES),
        resolution("1", Disagreement.FACTS),
        resolution("3", Disagreement.VALUES),
    ]
    counts = count_disagreements(given_)
    assert {kind: estimate.value for kind, estimate in counts.items() if estimate.value} == (
        pytest.approx({Disagreement.VALUES: 2 / 3, Disagreement.FACTS: 1 / 3})
    )
    assert all(estimate.n == 3 for estimate in counts.values())
    with pytest.raises(NotDeterminedError, match="queue"):
        count_disagreements([])


def test_a_resolution_says_why_and_which_answer_holds() -> None:
    with pytest.raises(AdjudicationError, match="reason"):
        Resolution("1", "a", NOW, Verdict.UNUSABLE, None, Disagreement.ERROR, "  ")
    with pytest.raises(AdjudicationError, match="if and only if"):
        Resolution("1", "a", NOW, Verdict.DECIDED, None, Disagreement.ERROR, "because")
    with pytest.raises(AdjudicationError, match="if and only if"):
        Resolution(
            "1", "a", NOW, Verdict.STANDS_DIVIDED, ItemOutcome.TIE, Disagreement.VALUES, "both"
        )
