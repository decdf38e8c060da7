from datetime import UTC, datetime

import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.agreement import CODES, Coefficient, Ratings, measure_agreement
from core.estimates import Estimate, NotDeterminedError
from core.fitting import fit_bradley_terry, fit_general_preference
from core.judgment import (
    Floats,
    Indices,
    ItemOutcome,
    Pair,
    Presentation,
    in_item_space,
)
from core.models import BradleyTerry, GeneralPreference
from core.simulation import answer
from tests.strategies import index_judgments

GAP = -1
#: Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011, example C: four observers,
#: twelve units, five values, missing data.
EXAMPLE_C = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, GAP, GAP, GAP],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, GAP, 3],
    [GAP, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, GAP],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, GAP],
]
#: The same, example B: two observers, twelve units, a to e.
EXAMPLE_B = [
    [ord(letter) - ord("a") + 1 for letter in row] for row in ("aabbdcccedda", "babbbcccedd" + "d")
]


def answers(table: list[list[int]]) -> tuple[Indices, Indices, Indices]:
    """Unit, annotator and code of a table with a row an observer and values from 1."""
    values = np.array(table)
    annotator, unit = np.nonzero(values != GAP)
    return unit, annotator, values[annotator, unit] - 1


def measured(which: Coefficient, unit: Indices, annotator: Indices, said: Indices) -> Estimate:
    """A coefficient of plain answers, with its bootstrap interval by pair."""
    ratings = Ratings.of(unit, annotator, said, n_categories=len(CODES))
    drawn = measure_agreement(ratings, only=[which]).found[which].by_pair_drawn
    assert drawn is not None
    return drawn


def raw_agreement(unit: Indices, annotator: Indices, said: Indices) -> Estimate:
    return measured(Coefficient.PERCENT, unit, annotator, said)


def alpha_of(unit: Indices, annotator: Indices, said: Indices) -> Estimate:
    return measured(Coefficient.KRIPPENDORFF, unit, annotator, said)


def test_the_published_examples_are_reached() -> None:
    assert alpha_of(*answers(EXAMPLE_C)).value == pytest.approx(0.743, abs=5e-4)
    assert alpha_of(*answers(EXAMPLE_B)).value == pytest.approx(0.692, abs=5e-4)


@given(
    st.lists(
        st.lists(st.sampled_from([GAP, 1, 2, 3]), min_size=6, max_size=6), min_size=2, max_size=5
    )
)
def test_the_krippendorff_package_finds_the_same(table: list[list[int]]) -> None:
    """krippendorff 0.9.0, nominal."""
    values = np.array(table, dtype=np.float64)
    values[values == GAP] = np.nan
    pairable = values[:, (~np.isnan(values)).sum(axis=0) > 1]
    assume(len(np.unique(pairable[~np.isnan(pairable)])) > 1)
    theirs = krippendorff.alpha(reliability_data=values, level_of_measurement="nominal")
    assert alpha_of(*answers(table)).value == pytest.approx(theirs)


def test_raw_agreement_by_hand() -> None:
    """Unit 0: 1 of 1 pairs agree. Unit 1: 1 of 3. Unit 2: nobody to agree with."""
    unit, annotator = np.array([0, 0, 1, 1, 1, 2]), np.array([0, 1, 0, 1, 2, 0])
    agreement = raw_agreement(unit, annotator, np.array([0, 0, 1, 1, 2, 0]))
    assert agreement.value == pytest.approx(2 / 4)
    assert agreement.n == 5


def test_of_two_answers_of_one_person_to_a_unit_the_last_counts() -> None:
    unit, annotator = np.array([0, 0, 0, 1, 1]), np.array([7, 8, 7, 7, 8])
    changed_their_mind = raw_agreement(unit, annotator, np.array([0, 1, 1, 0, 0]))
    assert (changed_their_mind.value, changed_their_mind.n) == (1.0, 4)
    alone = np.array([0, 0]), np.array([7, 7]), np.array([0, 1])
    with pytest.raises(NotDeterminedError, match="two people"):
        raw_agreement(*alone)


def test_both_bad_and_cannot_be_ranked_are_answers() -> None:
    codes = np.array([CODES[outcome] for outcome in CODES])
    unit = np.repeat(np.arange(5), 2)
    agreement = alpha_of(unit, np.tile([0, 1], 5), np.repeat(codes, 2))
    assert agreement.value == 1
    with pytest.raises(ValueError, match="0 to 4"):
        raw_agreement(unit, np.tile([0, 1], 5), np.full(10, 5))


def test_what_the_answers_cannot_support_is_refused() -> None:
    same = np.array([0, 0]), np.array([0, 1]), np.array([2, 2])
    assert raw_agreement(*same).value == 1
    assert raw_agreement(*same).high == np.inf
    ratings = Ratings.of(*same, n_categories=3)
    assert "same answer" in measure_agreement(ratings).not_determined[Coefficient.KRIPPENDORFF]
    nothing = np.empty(0, dtype=np.int64)
    with pytest.raises(NotDeterminedError, match="two people"):
        raw_agreement(nothing, nothing, nothing)


def test_coin_flips_have_alpha_near_zero_and_an_interval_around_it() -> None:
    rng = np.random.default_rng(1)
    alpha = alpha_of(
        np.repeat(np.arange(2000), 3), np.tile(range(3), 2000), rng.integers(3, size=6000)
    )
    assert alpha.low < 0 < alpha.high
    assert abs(alpha.value) < 0.03


def test_the_interval_is_as_wide_as_repeated_studies_spread() -> None:
    """200 studies of 300 units and 3 people who see the truth with probability 0.6."""
    estimates, widths = [], []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        truth = np.repeat(rng.integers(3, size=300), 3)
        seen = np.where(rng.random(900) < 0.6, truth, rng.integers(3, size=900))
        alpha = alpha_of(np.repeat(np.arange(300), 3), np.tile(range(3), 300), seen)
        estimates.append(alpha.value)
        widths.append(alpha.high - alpha.low)
    assert np.mean(widths) == pytest.approx(2 * 1.96 * np.std(estimates), rel=0.15)


def presentation(pair: Pair, left: str, annotator: str) -> Presentation:
    return Presentation(
        id=f"{annotator} {pair}", study_id="study", settings_version=1, annotator_id=annotator,
        items=(pair.first, pair.second), shown=(left, pair.other(left)), slot=0, attempt=0,
        purpose="judge", policy="random", probability=None,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip


def fitted_strengths(
    rows: list[tuple[str, str, ItemOutcome, str]], items: list[str]
) -> list[Floats]:
    data = index_judgments(items, ["prompt"] * len(items), rows)
    models: list[BradleyTerry | GeneralPreference] = [
        fit_bradley_terry(data),
        fit_general_preference(data, penalty_share=0.2),
    ]
    return [model.strengths for model in models]


def test_two_people_with_the_same_preferences_agree_exactly_whatever_sides_they_saw() -> None:
    """From the answer on the screen to the item, to agreement, to the strengths of both models."""
    items = [f"item {number}" for number in range(7)]
    strengths = dict(zip(items, [3.0, 2.0, 2.0, 1.0, 0.0, -1.0, -1.0], strict=True))
    pairs = [Pair.of(one, other) for i, one in enumerate(items) for other in items[i + 1 :]]
    rng = np.random.default_rng(3)
    rows, unsided, codes, seen_left = [], [], [], []
    for person in ("one", "other"):
        for pair in pairs:
            left = pair.first if rng.random() < 0.5 else pair.second
            shown = presentation(pair, left, person)
            outcome = in_item_space(answer(shown, strengths), shown)
            rows.append((pair.first, pair.second, outcome, person))
            codes.append(CODES[outcome])
            seen_left.append(left == pair.first)
            always_first = presentation(pair, pair.first, person)
            plain = in_item_space(answer(always_first, strengths), always_first)
            unsided.append((pair.first, pair.second, plain, person))
    assert 0.2 < np.mean(seen_left) < 0.8
    unit = np.tile(np.arange(len(pairs)), 2)
    annotator = np.repeat([0, 1], len(pairs))
    for figure in (raw_agreement, alpha_of):
        estimate = figure(unit, annotator, np.array(codes))
        assert estimate.value == 1.0
        assert estimate.low < 1.0  # 21 pairs do not show that nobody could ever differ
    for with_sides, without in zip(
        fitted_strengths(rows, items), fitted_strengths(unsided, items), strict=True
    ):
        assert (with_sides == without).all()
