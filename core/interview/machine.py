"""The interview as a state machine over stored turns: reload, crash and tomorrow need no code."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from core.interview import answers
from core.interview.state import Draft, State
from core.interview.turns import (
    Abandoned,
    AnotherAsked,
    Began,
    CaseChosen,
    Confirmed,
    DropTested,
    InvalidTurnError,
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
from core.values_card.card import ValuesCard

MAX_TURNS = 2_000
MAX_VALUES = 20


@dataclass(frozen=True, slots=True)
class Transition:
    """What a kind of turn does, and at which steps it may come; at any where none are named."""

    steps: frozenset[StepKey]
    change: Callable[[State, Any], State]


def replay(turns: Iterable[Turn]) -> State:
    """Where an interview stands after its turns.

    Raises
    ------
    InvalidTurnError
        If the turns are not those of one interview, in their order.
    """
    return reduce(advance, turns, State())


def advance(state: State, turn: Turn) -> State:
    """Where an interview stands after one turn more.

    Raises
    ------
    InvalidTurnError
        If the turn does not fit where the interview stands. To be called before a turn is stored.
    """
    transition = TRANSITIONS.get(type(turn))
    if transition is None:
        raise InvalidTurnError(f"{type(turn).__name__} is no turn of an interview.")
    if state.n_turns >= MAX_TURNS:
        raise InvalidTurnError(
            f"This interview has {MAX_TURNS:,} turns already. Begin another one for what is left."
        )
    here = state.place
    if transition.steps and here.step not in transition.steps:
        raise InvalidTurnError(
            f"{type(turn).__name__} came while the interview stands at {here.step}. "
            "It may have gone on in another window: go on from where it stands."
        )
    return replace(transition.change(state, turn), n_turns=state.n_turns + 1)


def _begin(state: State, turn: Began) -> State:
    begun = replace(state, cases=turn.cases, language=turn.language)
    return _new_value(begun)


def _new_value(state: State) -> State:
    if len(state.values) >= MAX_VALUES:
        raise InvalidTurnError(f"An interview is about {MAX_VALUES} values at most. Begin another.")
    only = state.cases[0].id if len(state.cases) == 1 else None
    return replace(
        state,
        values=(*state.values, Draft(case_id=only)),
        current=len(state.values),
        reopened=(),
        finished=False,
    )


def _answered(change: Callable[[Draft, State, Any], Draft]) -> Callable[[State, Any], State]:
    """A turn that answers what is asked, and by that closes what was reopened."""

    def changed(state: State, turn: Any) -> State:
        before = _draft(state)
        after = change(before, state, turn)
        if after.policies != before.policies:
            after = replace(after, reviewed=False)
        reopened = answers.still_open(state.reopened[1:], before, after)
        return _with_draft(replace(state, reopened=reopened), after)

    return changed


def _review(state: State, turn: Reviewed) -> State:
    draft = _draft(state)
    unknown = [thing for thing in turn.change if thing not in draft.kept]
    if unknown:
        raise InvalidTurnError(f"There is no policy {unknown[0]} on the card. Reload the page.")
    reviewed = _with_draft(state, replace(draft, reviewed=not turn.change))
    rest = tuple(place for place in state.reopened if place.step is not StepKey.REVIEW)
    changed = tuple(Place(StepKey.PHRASE, thing) for thing in turn.change)
    return replace(reviewed, reopened=changed + tuple(p for p in rest if p not in changed))


def _confirm(state: State, _turn: Confirmed) -> State:
    draft = _draft(state)
    assert draft.title is not None  # noqa: S101 - nothing is missing at CONFIRM
    assert draft.moment is not None  # noqa: S101
    card = ValuesCard(draft.title, draft.moment, draft.policies)
    cards = draft.cards if card == draft.card else (*draft.cards, card)
    confirmed = replace(draft, cards=cards, confirmed=True)
    return replace(_with_draft(state, confirmed), current=None)


def _ask_another(state: State, turn: AnotherAsked) -> State:
    return _new_value(state) if turn.wanted else replace(state, finished=True)


def _go_back(state: State, turn: WentBack) -> State:
    only_case = turn.place.step is StepKey.CASE and len(state.cases) == 1
    if state.stopped or not _draft(state).answered(turn.place) or only_case:
        raise InvalidTurnError(
            f"There is no answer at {turn.place.step} to go back to. Go on from where you are."
        )
    rest = tuple(place for place in state.reopened if place != turn.place)
    return replace(state, reopened=(turn.place, *rest))


def _abandon(state: State, _turn: Abandoned) -> State:
    if state.stopped or _draft(state).cards:
        raise InvalidTurnError("A card that was confirmed stays. Confirm it again, or revise it.")
    return replace(state, values=state.values[: state.current], current=None, reopened=())


def _revise(state: State, turn: Revised) -> State:
    if turn.value >= len(state.values):
        raise InvalidTurnError(f"There is no card {turn.value}. Choose one that is shown.")
    revised = replace(state, current=turn.value, reopened=())
    return _with_draft(revised, replace(state.values[turn.value], confirmed=False))


def _stop(state: State, _turn: Stopped) -> State:
    if not state.cases or state.stopped:
        raise InvalidTurnError("The interview does not run, so that it cannot be stopped.")
    return replace(state, stopped=True)


def _resume(state: State, _turn: Resumed) -> State:
    return replace(state, stopped=False)


def _propose(state: State, turn: Proposed) -> State:
    if turn.place != state.place:
        raise InvalidTurnError(
            f"A proposal for {turn.place.step} came while the interview stands at "
            f"{state.place.step}. It came too late and is left out."
        )
    draft = _draft(state)
    rest = tuple(made for made in draft.proposals if made.place != turn.place)
    return _with_draft(state, replace(draft, proposals=(*rest, turn)))


def _draft(state: State) -> Draft:
    if state.draft is None:
        raise InvalidTurnError("No value is spoken of now. Begin with another one.")
    return state.draft


def _with_draft(state: State, draft: Draft) -> State:
    assert state.current is not None  # noqa: S101 - the caller has its draft
    before, after = state.values[: state.current], state.values[state.current + 1 :]
    return replace(state, values=(*before, draft, *after))


def _at(*steps: StepKey) -> frozenset[StepKey]:
    return frozenset(steps)


_SPEAKING = frozenset(StepKey) - _at(StepKey.BEGIN, StepKey.ANOTHER, StepKey.PAUSED, StepKey.DONE)

TRANSITIONS: dict[type, Transition] = {
    Began: Transition(_at(StepKey.BEGIN), _begin),
    CaseChosen: Transition(_at(StepKey.CASE), _answered(answers.choose_case)),
    StoryTold: Transition(_at(StepKey.STORY), _answered(answers.tell_story)),
    Noticed: Transition(_at(StepKey.NOTICED), _answered(answers.notice)),
    NoticedMore: Transition(_at(StepKey.MORE), _answered(answers.notice_more)),
    DropTested: Transition(_at(StepKey.DROP_TEST), _answered(answers.drop_test)),
    Phrased: Transition(_at(StepKey.PHRASE), _answered(answers.phrase)),
    Reviewed: Transition(_at(StepKey.REVIEW), _review),
    MomentWritten: Transition(_at(StepKey.MOMENT), _answered(answers.write_moment)),
    TitleWritten: Transition(_at(StepKey.TITLE), _answered(answers.write_title)),
    Confirmed: Transition(_at(StepKey.CONFIRM), _confirm),
    AnotherAsked: Transition(_at(StepKey.ANOTHER, StepKey.DONE), _ask_another),
    WentBack: Transition(_SPEAKING, _go_back),
    Abandoned: Transition(_SPEAKING, _abandon),
    Revised: Transition(_at(StepKey.ANOTHER, StepKey.DONE), _revise),
    Stopped: Transition(frozenset(), _stop),
    Resumed: Transition(_at(StepKey.PAUSED), _resume),
    Proposed: Transition(_SPEAKING, _propose),
}
