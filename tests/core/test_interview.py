"""The guided interview leads from a case to a card, can be left, taken up again and corrected."""

import pytest

from core.interview import InvalidTurnError, advance, replay, step_at
from core.interview.calls import Acceptance, receptions
from core.interview.machine import MAX_TURNS, MAX_VALUES
from core.interview.turns import (
    Abandoned,
    AnotherAsked,
    Began,
    CaseChosen,
    Confirmed,
    DropTested,
    Keeps,
    MomentWritten,
    Noticed,
    NoticedMore,
    Phrased,
    Place,
    Proposed,
    Resumed,
    Reviewed,
    Revised,
    StepKey,
    Stopped,
    StoryTold,
    TitleWritten,
    Turn,
    WentBack,
)
from tests.core.interviews import CARD, CASES, STORY, WHOLE, an_answer, step_after


def place_after(*turns: Turn) -> Place:
    return step_at(replay(turns)).place


def test_an_interview_goes_from_a_case_to_a_card() -> None:
    asked = [step_after(WHOLE[:n]).place.step for n in range(len(WHOLE) + 1)]
    assert asked == [
        StepKey.BEGIN,
        StepKey.CASE,
        StepKey.STORY,
        StepKey.NOTICED,
        *[StepKey.DROP_TEST] * 4,
        *[StepKey.PHRASE] * 3,
        StepKey.REVIEW,
        StepKey.MOMENT,
        StepKey.TITLE,
        StepKey.CONFIRM,
        StepKey.ANOTHER,
    ]
    assert replay(WHOLE).cards == (CARD,)


def test_a_question_names_what_it_is_about() -> None:
    assert "what to do about a job far away" in str(step_after(WHOLE[:2]).question)
    assert "what she asked" in str(step_after(WHOLE[:5]).question)
    assert step_after(WHOLE[:5]).question.key == "interview.drop_test"


def test_braces_of_a_person_stay_braces() -> None:
    things = Noticed(("{thing} {0} %s", "b", "c"))
    assert "{thing} {0} %s" in str(step_after([*WHOLE[:3], things]).question)


def test_a_single_case_is_not_asked_about() -> None:
    assert place_after(Began(CASES[:1])).step is StepKey.STORY
    with pytest.raises(InvalidTurnError, match="no answer at case"):
        replay([Began(CASES[:1]), WentBack(Place(StepKey.CASE))])


def test_what_fails_the_drop_test_asks_for_what_is_behind_it() -> None:
    two = [*WHOLE[:3], Noticed(("a", "b")), DropTested(0, Keeps.YES), DropTested(1, Keeps.NO)]
    assert step_after(two).question.key == "interview.more.dropped"
    assert place_after(*two, NoticedMore(("c",))) == Place(StepKey.DROP_TEST, 2)
    assert place_after(*two, NoticedMore(())) == Place(StepKey.PHRASE, 0)
    none = [*two[:-2], DropTested(0, Keeps.NO), DropTested(1, Keeps.NO)]
    with pytest.raises(InvalidTurnError, match="Nothing is left"):
        replay([*none, NoticedMore(())])
    with pytest.raises(InvalidTurnError, match="named before"):
        replay([*none, NoticedMore(("A",))])


def test_few_things_that_all_pass_ask_for_more() -> None:
    two = [*WHOLE[:3], Noticed(("a", "b")), DropTested(0, Keeps.YES), DropTested(1, Keeps.YES)]
    assert step_after(two).question.key == "interview.more"


def test_policies_read_over_can_be_phrased_anew() -> None:
    again = [*WHOLE[:11], Reviewed((0, 3))]
    assert place_after(*again) == Place(StepKey.PHRASE, 0)
    assert step_after(again).filled == (CARD.policies[0],)
    again.append(Phrased(0, "SHIFTS in the words that somebody uses"))
    assert place_after(*again) == Place(StepKey.PHRASE, 3)
    assert place_after(*again, Phrased(3, CARD.policies[2])).step is StepKey.REVIEW
    with pytest.raises(InvalidTurnError, match="no policy 2"):  # it was dropped
        replay([*WHOLE[:11], Reviewed((2,))])


def test_going_back_keeps_what_follows() -> None:
    before = replay(WHOLE[:14])
    back = advance(before, WentBack(Place(StepKey.STORY)))
    assert step_at(back).filled == (STORY,)
    after = advance(back, StoryTold("Another story."))
    assert after.place.step is StepKey.CONFIRM
    assert after.draft is not None
    assert after.draft.policies == CARD.policies


def test_another_case_needs_another_story() -> None:
    back = [*WHOLE[:14], WentBack(Place(StepKey.CASE))]
    assert replay([*back, CaseChosen("move")]) == replay(WHOLE[:14])
    other = replay([*back, CaseChosen("homework")])
    assert other.place.step is StepKey.STORY
    assert other.draft is not None
    assert other.draft.things == ()


def test_things_keep_what_was_said_of_them_when_the_list_changes() -> None:
    back = [*WHOLE[:14], WentBack(Place(StepKey.NOTICED))]
    changed = replay([*back, Noticed(("pauses", "her breath", "what she asked"))])
    assert changed.place == Place(StepKey.DROP_TEST, 1)
    assert changed.draft is not None
    assert changed.draft.policies == (CARD.policies[2], CARD.policies[1])
    assert not changed.draft.reviewed


def test_places_to_be_answered_anew_follow_their_things() -> None:
    opened = [*WHOLE[:11], Reviewed((1, 3)), WentBack(Place(StepKey.NOTICED))]
    moved = replay([*opened, Noticed(("pauses", "when she changed her words", "what she asked"))])
    assert moved.reopened == (Place(StepKey.PHRASE, 2), Place(StepKey.PHRASE, 0))
    gone = replay([*opened, Noticed(("when she changed her words", "pauses", "x"))])
    assert gone.reopened == (Place(StepKey.PHRASE, 1),)


def test_a_thing_dropped_later_takes_its_policy_along_and_may_bring_it_back() -> None:
    back = WentBack(Place(StepKey.DROP_TEST, 0))
    dropped = replay([*WHOLE[:14], back, DropTested(0, Keeps.NO)])
    assert dropped.place.step is StepKey.MORE
    assert dropped.draft is not None
    assert dropped.draft.policies == CARD.policies[1:]
    restored = advance(advance(dropped, back), DropTested(0, Keeps.YES))
    assert restored.place.step is StepKey.REVIEW


def test_several_values_and_the_end() -> None:
    state = advance(replay(WHOLE), AnotherAsked(wanted=True))
    while len(state.cards) < 2:
        state = advance(state, an_answer(state))
    assert advance(state, AnotherAsked(wanted=False)).place.step is StepKey.DONE
    assert state.cards[0] == CARD
    assert state.cards[1].title == "Hearing people out"


def test_an_interview_can_be_stopped_anywhere_and_goes_on_there() -> None:
    for n in range(1, len(WHOLE) + 1):
        stopped = replay([*WHOLE[:n], Stopped()])
        assert stopped.place.step is StepKey.PAUSED
        assert advance(stopped, Resumed()) == replay(WHOLE[:n])
        with pytest.raises(InvalidTurnError):
            advance(stopped, Stopped())


def test_a_revised_card_stays_until_the_next_is_confirmed() -> None:
    revised = replay([*WHOLE, AnotherAsked(wanted=False), Revised(0)])
    assert revised.place.step is StepKey.CONFIRM
    edited = advance(advance(revised, WentBack(Place(StepKey.TITLE))), TitleWritten("Other"))
    assert edited.cards == (CARD,)
    done = advance(edited, Confirmed())
    assert done.cards[0].title == "Other"
    assert [card.title for card in done.values[0].cards] == [CARD.title, "Other"]
    assert done.place.step is StepKey.DONE
    assert advance(revised, Confirmed()).values[0].cards == (CARD,)


def test_a_value_without_a_card_can_be_given_up_and_a_card_cannot() -> None:
    second = [*WHOLE, AnotherAsked(wanted=True), CaseChosen("move"), Abandoned()]
    assert replay(second) == replay(WHOLE)
    with pytest.raises(InvalidTurnError, match="stays"):
        replay([*WHOLE, Revised(0), Abandoned()])


@pytest.mark.parametrize("n", range(len(WHOLE)))
def test_a_turn_out_of_order_or_sent_twice_is_refused_and_changes_nothing(n: int) -> None:
    state = replay(WHOLE[:n])
    kept = replay(WHOLE[:n])
    for turn in (*WHOLE[:n], *WHOLE[n + 1 :], Resumed(), AnotherAsked(wanted=False)):
        if type(turn) is type(WHOLE[n]) and turn != WHOLE[n] and not isinstance(turn, DropTested):
            continue  # another answer to the same question may fit
        if turn == WHOLE[n] or (isinstance(turn, DropTested) and turn.thing == state.place.thing):
            continue
        with pytest.raises(InvalidTurnError):
            advance(state, turn)
    assert state == kept


def test_the_second_of_two_equal_answers_is_refused() -> None:
    with pytest.raises(InvalidTurnError, match="sent twice"):
        replay([*WHOLE[:5], WHOLE[4]])


def test_an_interview_and_its_values_have_an_end() -> None:
    state = replay(WHOLE)
    for _ in range(MAX_VALUES - 1):
        state = advance(state, AnotherAsked(wanted=True))
        while state.place.step is not StepKey.ANOTHER:
            state = advance(state, an_answer(state))
    with pytest.raises(InvalidTurnError, match="20 values"):
        advance(state, AnotherAsked(wanted=True))
    state, back = replay(WHOLE[:5]), WentBack(Place(StepKey.STORY))
    while state.n_turns < MAX_TURNS:
        state = advance(state, back)
    with pytest.raises(InvalidTurnError, match="2,000 turns"):
        advance(state, StoryTold("x"))
    assert step_at(state).place.step is StepKey.STORY


def test_a_proposal_changes_no_answer_and_comes_in_time() -> None:
    here = Place(StepKey.PHRASE, 0)
    proposed = Proposed(here, drafts=("SHIFTS in what is said", "x"), call_id="call 1")
    state = replay([*WHOLE[:8], proposed])
    assert step_at(state).proposal == proposed
    assert state.draft is not None
    assert state.draft.policies == ()
    with pytest.raises(InvalidTurnError, match="too late"):
        replay([*WHOLE[:9], proposed])
    with pytest.raises(InvalidTurnError, match="No draft 2"):
        advance(state, Phrased(0, "x", draft=2))
    with pytest.raises(InvalidTurnError, match="No draft 0"):
        replay([*WHOLE[:8], Phrased(0, "x", draft=0)])


def test_what_became_of_proposals_is_read_from_the_turns() -> None:
    drafts = {
        StepKey.PHRASE: ("SHIFTS", "CHANGES"),
        StepKey.MOMENT: ("Sitting there.",),
        StepKey.TITLE: ("Room",),
    }
    turns: list[Turn] = list(WHOLE[:8])
    for number, thing in enumerate((0, 1)):
        place = Place(StepKey.PHRASE, thing)
        turns.append(Proposed(place, drafts=drafts[StepKey.PHRASE], call_id=f"call {number}"))
        turns.append(Phrased(thing, ("CHANGES", "CHANGES in voice")[number], draft=1))
    turns += [*WHOLE[10:12]]
    turns.append(Proposed(Place(StepKey.MOMENT), drafts=("Sitting there.",), call_id="call 2"))
    turns.append(MomentWritten("Sitting there."))  # written without the draft, by chance the same
    turns.append(Proposed(Place(StepKey.TITLE), drafts=("Room",), call_id="call 3"))
    assert [(made.call_id, made.acceptance) for made in receptions(turns)] == [
        ("call 0", Acceptance.ACCEPTED),
        ("call 1", Acceptance.CHANGED),
        ("call 2", Acceptance.REFUSED),
    ]
