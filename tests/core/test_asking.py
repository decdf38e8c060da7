from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.asking import (
    Enough,
    Given,
    Training,
    beside_the_overlap,
    enough,
    order_on_screen,
    training,
    waits_for_training,
)
from core.judgment import ChoiceSet, Purpose
from core.study import Asking

GOLD: list[ChoiceSet] = [("a", "b"), ("a", "c")]
OWN: list[ChoiceSet] = [("b", "c"), ("b", "d"), ("c", "d")]


def test_each_quota_says_which_it_is() -> None:
    asking = Asking(person_quota=3, cohort_quota=5, study_quota=8)
    assert enough(asking, Given(2, 4, 7)) is None
    assert enough(asking, Given(3, 5, 8)) is Enough.PERSON
    assert enough(asking, Given(2, 5, 8)) is Enough.COHORT
    assert enough(asking, Given(2, 4, 8)) is Enough.STUDY
    assert enough(Asking(), Given(10**6, 10**6, 10**6)) is None


def test_gold_and_repeats_have_their_share_and_each_question_its_own() -> None:
    """Of 10,000 draws 1,000 +- 30 are gold and 500 +- 22 repeats: within four standard errors."""
    asking, rng = Asking(gold_share=0.1, repeat_share=0.05), np.random.default_rng(0)
    drawn = [beside_the_overlap(asking, lambda: GOLD, lambda: OWN, rng) for _ in range(10_000)]
    kinds = Counter(None if one is None else one.purpose for one in drawn)
    assert kinds[Purpose.GOLD] == pytest.approx(1000, abs=4 * 30)
    assert kinds[Purpose.REPEAT] == pytest.approx(500, abs=4 * 22)
    for one in filter(None, drawn):
        among, share = (GOLD, 0.1) if one.purpose is Purpose.GOLD else (OWN, 0.05)
        assert one.items in among
        assert one.probability == pytest.approx(share / len(among))
    each = Counter(one.items for one in filter(None, drawn))
    for items in GOLD:
        assert each[items] == pytest.approx(500, abs=4 * 22)


def test_where_there_is_no_gold_something_new_is_asked() -> None:
    asking, rng = Asking(gold_share=0.5, repeat_share=0.5), np.random.default_rng(0)
    drawn = [beside_the_overlap(asking, list, list, rng) for _ in range(50)]
    assert drawn == [None] * 50


@given(
    st.lists(st.booleans(), max_size=20), st.integers(1, 5), st.integers(1, 5), st.floats(0.1, 1)
)
def test_training_is_passed_by_one_round_with_enough_right(
    right: list[bool], wanted: int, n_questions: int, share: float
) -> None:
    asking = Asking(training=wanted, training_share=share)
    length = min(wanted, n_questions)
    rounds = [right[i : i + length] for i in range(0, len(right), length)]
    passed = any(sum(r) / length >= share - 1e-12 for r in rounds if len(r) == length)
    expected = Training.PASSED if passed else Training.GOING_ON
    assert training(asking, n_questions, right) is expected


def test_without_questions_there_is_no_training() -> None:
    assert training(Asking(training=3), 0, []) is Training.NONE
    assert training(Asking(), 3, [True]) is Training.NONE


def test_a_round_of_training_has_so_many_questions_and_no_more() -> None:
    """Three questions a round; one whose answer was taken back is neither answered nor new."""
    asking = Asking(training=3)
    rounds = [waits_for_training(asking, 9, n, n_open) for n, n_open in [(0, 0), (0, 3), (2, 1)]]
    assert rounds == [False, True, True]
    assert not waits_for_training(asking, 9, 3, 0)  # the next round, where the first went wrong
    assert waits_for_training(asking, 2, 0, 2)  # two questions are all there are


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=80))
def test_sides_are_even_for_each_pair_at_any_time(shown: list[tuple[int, int]]) -> None:
    """Three pairs, three people, in any order: each pair stands each way equally often, up to 1."""
    rng = np.random.default_rng(0)
    pairs = [("a", "b"), ("a", "c"), ("b", "c")]
    of_pair = [[0, 0] for _ in pairs]
    of_person = [[0, 0] for _ in range(3)]
    for pair, person in shown:
        one, other = of_pair[pair], of_person[person]
        left = order_on_screen(pairs[pair], (one[0], one[1]), (other[0], other[1]), rng)[0]
        side = int(left != pairs[pair][0])
        one[side] += 1
        other[side] += 1
        assert abs(one[0] - one[1]) <= 1


def test_a_persons_sides_are_evened_out_where_the_pair_leaves_it_open() -> None:
    rng = np.random.default_rng(0)
    assert order_on_screen(("a", "b"), (2, 2), (5, 3), rng) == ("b", "a")
    assert order_on_screen(("a", "b"), (2, 2), (3, 5), rng) == ("a", "b")
    fair = Counter(order_on_screen(("a", "b"), (0, 0), (0, 0), rng) for _ in range(1000))
    assert fair["a", "b"] == pytest.approx(500, abs=4 * 16)


def test_longer_lists_stand_in_any_order() -> None:
    """Six orders of three items, 600 draws: 100 +- 9 each."""
    rng = np.random.default_rng(0)
    orders = Counter(
        order_on_screen(("a", "b", "c"), (0, 0), (0, 0), rng) for _ in range(600)
    ).values()
    assert len(orders) == 6
    assert all(abs(n - 100) <= 4 * 9.2 for n in orders)
