"""Whatever people do, in whatever order, an interview has a next step and forgets nothing."""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from core.interview import InvalidTurnError, State, Turn, advance, replay, step_at
from core.interview.state import Draft
from core.interview.steps import filled
from core.interview.stored import turn_from_json, turn_to_json
from core.interview.turns import (
    Abandoned,
    CaseChosen,
    Confirmed,
    DropTested,
    Keeps,
    MomentWritten,
    Noticed,
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
    WentBack,
)
from tests.core.interviews import an_answer

THINGS = st.integers(0, 5)
PLACES = st.one_of(
    st.sampled_from([key for key in StepKey if key not in {StepKey.DROP_TEST, StepKey.PHRASE}]).map(
        Place
    ),
    st.builds(Place, st.sampled_from([StepKey.DROP_TEST, StepKey.PHRASE]), THINGS),
)
WORDS = st.sampled_from(["voice", "hands", "SIGNS of rain in the air", "Pauses", "Who speaks"])
TURNS: st.SearchStrategy[Turn] = st.one_of(
    st.builds(WentBack, PLACES),
    st.builds(CaseChosen, st.sampled_from(["move", "homework", "none"])),
    st.builds(StoryTold, WORDS),
    st.builds(Noticed, st.lists(WORDS, min_size=1, max_size=4, unique=True).map(tuple)),
    st.builds(DropTested, THINGS, st.sampled_from(Keeps)),
    st.builds(Phrased, THINGS, WORDS, st.none() | st.integers(0, 1)),
    st.builds(Reviewed, st.lists(THINGS, max_size=2, unique=True).map(tuple)),
    st.builds(MomentWritten, WORDS),
    st.builds(TitleWritten, WORDS),
    st.builds(Proposed, PLACES, WORDS, st.lists(WORDS, max_size=2).map(tuple)),
    st.builds(Revised, st.integers(0, 3)),
    st.sampled_from([Confirmed(), Stopped(), Resumed(), Abandoned()]),
)


def same_answer(draft: Draft, place: Place) -> Turn:
    """The turn that gives at a place the answer that was given there."""
    before, number = filled(draft, place), place.thing or 0
    answers: dict[StepKey, Turn] = {
        StepKey.STORY: StoryTold(before[0]),
        StepKey.MOMENT: MomentWritten(before[0]),
        StepKey.TITLE: TitleWritten(before[0]),
        StepKey.CASE: CaseChosen(before[0]),
        StepKey.NOTICED: Noticed(before),
        StepKey.REVIEW: Reviewed(),
        StepKey.PHRASE: Phrased(number, before[0]),
    }
    if place.step is StepKey.DROP_TEST:
        return DropTested(number, Keeps(before[0]))
    return answers[place.step]


def answered_places(state: State) -> list[Place]:
    """Where one can go back to."""
    if state.draft is None or state.stopped:
        return []
    places = [Place(key) for key in StepKey if key not in {StepKey.DROP_TEST, StepKey.PHRASE}]
    for number in range(len(state.draft.things)):
        places += [Place(StepKey.DROP_TEST, number), Place(StepKey.PHRASE, number)]
    return [place for place in places if state.draft.answered(place)]


class Interviews(RuleBasedStateMachine):
    """People who answer, go back, send nonsense, stop and come again."""

    def __init__(self) -> None:
        super().__init__()
        self.turns: list[Turn] = []
        self.state = State()

    @rule(keeps=st.sampled_from(Keeps), n_things=st.integers(1, 4))
    def answer_what_is_asked(self, keeps: Keeps, n_things: int) -> None:
        turn = an_answer(self.state, keeps=keeps, n_things=n_things)
        try:
            self.state = advance(self.state, turn)
        except InvalidTurnError:  # there is no room for more things
            assert self.state.place.step is StepKey.MORE
            return
        self.turns.append(turn)

    @rule(turn=TURNS)
    def send_anything(self, turn: Turn) -> None:
        before = replay(self.turns)
        try:
            self.state = advance(self.state, turn)
            self.turns.append(turn)
        except InvalidTurnError:
            assert self.state == before

    @precondition(lambda self: bool(answered_places(self.state)))
    @rule(data=st.data())
    def go_back_and_say_the_same(self, data: st.DataObject) -> None:
        place = data.draw(st.sampled_from(answered_places(self.state)))
        draft = self.state.draft
        assert draft is not None
        reopened = tuple(other for other in self.state.reopened if other != place)
        back = WentBack(place)
        try:
            there = advance(self.state, back)
        except InvalidTurnError:
            assert place.step is StepKey.CASE
            assert len(self.state.cases) == 1
            return
        assert there.place == place
        again = advance(there, same_answer(draft, place))
        assert again == replace(self.state, reopened=reopened)
        self.turns += [back, same_answer(draft, place)]
        self.state = again

    @invariant()
    def a_replay_of_the_stored_turns_leads_here(self) -> None:
        stored = [turn_from_json(turn_to_json(turn)) for turn in self.turns]
        assert stored == self.turns
        assert replay(stored) == self.state

    @invariant()
    def there_is_a_next_step_with_a_question(self) -> None:
        step = step_at(replay(self.turns))
        assert step == step_at(self.state)
        assert str(step.question)

    @invariant()
    def a_confirmed_card_is_never_lost(self) -> None:
        n_cards = sum(len(draft.cards) > 0 for draft in self.state.values)
        assert len(self.state.cards) == n_cards
        for draft in self.state.values:
            if draft.confirmed:
                assert draft.card is not None
                assert draft.card.policies == draft.policies


TestInterviews = Interviews.TestCase
TestInterviews.settings = settings(max_examples=30, stateful_step_count=40)
