"""Turns of an interview: each number once, whoever writes, and the card with its confirmation."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from core.interview.calls import CallOutcome, ModelCall
from core.interview.turns import (
    InvalidTurnError,
    Phrased,
    Place,
    Proposed,
    Revised,
    StepKey,
    StoryTold,
    TitleWritten,
    WentBack,
)
from storage import interviews, values_cards
from storage.database import Database
from storage.interviews import Interview, TurnTakenError
from tests.core.interviews import CARD, STORY, WHOLE
from tests.given import NOON

CALL = ModelCall(
    "call", StepKey.PHRASE, "small", "1", "0" * 64, NOON, 0.5, 321, None, CallOutcome.PROPOSED, None
)
PHRASE = Place(StepKey.PHRASE, 0)
PROPOSED = Proposed(PHRASE, drafts=(CARD.policies[0],), call_id="call")


def begun(db: Database, n_turns: int = 0, person: str = "noor") -> Interview:
    interview = interviews.ensure(db, "s", person, NOON)
    return interviews.append(db, interview.id, WHOLE[:n_turns], n_answers=0, now=NOON)


def test_a_person_has_one_interview_in_a_study(db: Database) -> None:
    assert interviews.of_person(db, "s", "noor") is None
    one = interviews.ensure(db, "s", "noor", NOON)
    assert interviews.ensure(db, "s", "noor", NOON) == one
    assert interviews.ensure(db, "s", "ursula", NOON).id != one.id
    assert interviews.of_study(db, "s") == []  # nobody has said anything


def test_what_was_said_is_read_as_it_was_and_makes_a_card(db: Database) -> None:
    interview = begun(db, len(WHOLE))
    assert interviews.get(db, interview.id).turns == WHOLE
    assert interviews.of_study(db, "s") == [interview]
    [stored] = values_cards.of_study(db, "s")
    assert (stored.card_id, stored.person_id) == (f"{interview.id}-0", "noor")
    assert (stored.case_id, stored.card) == ("move", CARD)


def test_no_card_before_it_is_confirmed_and_a_revision_after(db: Database) -> None:
    interview = begun(db, len(WHOLE) - 1)
    assert values_cards.of_study(db, "s") == []
    title = "Hearing people out"
    for turns in (
        [WHOLE[-1]],
        [Revised(0)],
        [WentBack(Place(StepKey.TITLE))],
        [TitleWritten(title)],
    ):
        interview = interviews.append(
            db, interview.id, turns, n_answers=interview.n_answers, now=NOON
        )
    assert values_cards.of_study(db, "s")[0].card == CARD
    interviews.append(db, interview.id, [WHOLE[-1]], n_answers=interview.n_answers, now=NOON)
    [stored] = values_cards.of_study(db, "s")
    assert (stored.card, stored.revision) == (replace(CARD, title=title), 1)


def test_the_second_of_two_windows_is_told_and_nothing_is_changed(db: Database) -> None:
    interview = begun(db, 2)
    first = interviews.append(db, interview.id, [StoryTold(STORY)], n_answers=2, now=NOON)
    with pytest.raises(TurnTakenError, match="went on in another window"):
        interviews.append(db, interview.id, [StoryTold("Mine")], n_answers=2, now=NOON)
    assert interviews.get(db, interview.id) == first


def test_of_many_at_once_one_turn_is_kept(db: Database) -> None:
    interview, refused = begun(db, 2), []

    def tell(number: int) -> None:
        try:
            interviews.append(
                db, interview.id, [StoryTold(f"Story {number}")], n_answers=2, now=NOON
            )
        except TurnTakenError:
            refused.append(number)

    threads = [threading.Thread(target=tell, args=[number]) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    turns = interviews.get(db, interview.id).turns
    assert len(refused) == 11
    [told] = {f"Story {number}" for number in range(12)} - {f"Story {n}" for n in refused}
    assert turns == (*WHOLE[:2], StoryTold(told))


def test_a_turn_that_does_not_fit_is_not_stored_and_neither_are_those_with_it(db: Database) -> None:
    interview = begun(db, 2)
    with pytest.raises(InvalidTurnError):
        interviews.append(
            db, interview.id, [StoryTold(STORY), StoryTold(STORY)], n_answers=2, now=NOON
        )
    assert interviews.get(db, interview.id) == interview


def test_a_proposal_does_not_get_in_the_way_of_an_answer(db: Database) -> None:
    interview = begun(db, 8)
    assert interviews.append_proposal(db, interview.id, PROPOSED, [CALL], n_answers=8, now=NOON)
    after = interviews.append(
        db, interview.id, [Phrased(0, CARD.policies[0], draft=0)], n_answers=8, now=NOON
    )
    assert after.turns[8:] == (PROPOSED, Phrased(0, CARD.policies[0], draft=0))
    assert after.n_answers == 9


def test_a_proposal_that_comes_too_late_is_dropped_and_its_call_is_kept(db: Database) -> None:
    interview = begun(db, 9)
    later = replace(CALL, id="later", started_at=NOON + timedelta(seconds=1))
    kept = interviews.append_proposal(
        db, interview.id, PROPOSED, [later, CALL, CALL], n_answers=8, now=NOON
    )
    assert not kept
    assert interviews.get(db, interview.id) == interview
    assert interviews.calls_of_study(db, "s") == [CALL, later]
    assert interviews.calls_of_study(db, "another study") == []
