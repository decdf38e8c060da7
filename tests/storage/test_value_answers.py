"""Offers of cards, goals, tags, held-out choices, on a real store."""

import pytest

from core.errors import NotFoundError
from core.goals.turns import GoalAdded, GoalRemoved, GoalTurn, InvalidGoalError, SwingsGiven
from core.judgment import Outcome, Pair
from core.values_card.canonical import Compared, Sameness
from core.values_card.finder import Offer
from core.values_card.nearest import Neighbour
from core.vocabularies.tagging import Tag, Valence
from storage import canonical, card_offers, card_tags, goals, held_out
from storage.card_offers import Offered
from storage.database import Database
from storage.goals import GoalsChangedError
from tests.given import NOON, answer, next_pair, running_study

NEAR = (Neighbour("b", 0.4), Neighbour("c", 0.9))


def test_an_offer_is_kept_with_what_was_said_of_it_last(db: Database) -> None:
    card_offers.offer(db, "s", "noor", "a", NEAR, now=NOON)
    card_offers.offer(db, "s", "noor", "a", [Neighbour("b", 0.1)], now=NOON)
    assert card_offers.answered(db, "s") == {}
    for said in (Sameness.SAME, Sameness.NEARLY):
        card_offers.answer(db, "noor", "a", "b", said, now=NOON)
    assert card_offers.of_person(db, "s", "noor") == [
        Offered("a", "c", 0.9, None),
        Offered("a", "b", 0.4, Sameness.NEARLY),
    ]
    assert card_offers.answered(db, "s") == {"tfidf": [Offer("noor", 0.4, Sameness.NEARLY)]}
    assert canonical.said(db, "s") == [Compared("noor", Pair("a", "b"), Sameness.NEARLY)]


@pytest.mark.parametrize(("person", "other"), [("ursula", "b"), ("noor", "never offered")])
def test_nobody_answers_what_was_not_offered_to_them(db: Database, person: str, other: str) -> None:
    card_offers.offer(db, "s", "noor", "a", NEAR, now=NOON)
    with pytest.raises(NotFoundError):
        card_offers.answer(db, person, "a", other, Sameness.SAME, now=NOON)
    assert canonical.said(db, "s") == []


def test_goals_grow_turn_by_turn_and_the_second_window_is_told(db: Database) -> None:
    added: list[GoalTurn] = [
        GoalAdded("g", None, "Time for people"),
        GoalAdded("h", "g", "Evenings at home"),
    ]
    stored = goals.append(db, "s", "noor", added, n_turns=0, now=NOON)
    assert goals.of_person(db, "s", "noor") == stored
    assert goals.of_study(db, "s") == {"noor": stored.tree}
    with pytest.raises(GoalsChangedError, match="another window"):
        goals.append(db, "s", "noor", [GoalRemoved("g")], n_turns=0, now=NOON)
    wrong: list[GoalTurn] = [GoalRemoved("h"), SwingsGiven("g", (("h", 100.0),))]
    with pytest.raises(InvalidGoalError):
        goals.append(db, "s", "noor", wrong, n_turns=2, now=NOON)
    assert goals.of_person(db, "s", "noor") == stored
    goals.append(db, "s", "noor", [GoalRemoved("g")], n_turns=2, now=NOON)
    assert goals.of_study(db, "s") == {}


def test_every_tag_is_kept_in_order_of_time(db: Database) -> None:
    tags = [
        Tag("a", "schwartz", 1, "stimulation", relevance, Valence.EITHER, "ursula")
        for relevance in (0.2, 0.7)
    ]
    for tag in tags:
        card_tags.add(db, "s", tag, now=NOON)
    assert card_tags.of_study(db, "s") == tags
    assert card_tags.of_study(db, "another study") == []


def test_held_out_choices_are_the_own_ones_between_two(db: Database) -> None:
    study = running_study(db, sizes=(3,), overlap=2)
    for person, outcomes in (("noor", [Outcome.LEFT, Outcome.TIE]), ("ursula", [Outcome.RIGHT])):
        for outcome in outcomes:
            shown = next_pair(db, study, person)
            assert shown is not None
            answer(db, study, shown, outcome)
    [choice] = held_out.choices_of(db, study.id, "noor")
    [(first, second, outcome)] = db.read(
        "SELECT first_id, second_id, outcome FROM standing_judgments WHERE presentation_id = ?",
        [choice.id],
    )
    assert (choice.first[-3], choice.second[-3]) == (first[-1], second[-1])  # "Answer **2**"
    assert choice.chose_first == (outcome == "first")
    assert choice.prompt == "q0"
