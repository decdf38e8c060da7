"""What each answer changes in the draft of a value. An answer given again keeps what follows."""

from dataclasses import replace

from core.interview.state import Draft, State, Thing
from core.interview.turns import (
    MAX_THINGS,
    CaseChosen,
    DropTested,
    InvalidTurnError,
    MomentWritten,
    Noticed,
    NoticedMore,
    Phrased,
    Place,
    StoryTold,
    TitleWritten,
)


def choose_case(draft: Draft, state: State, turn: CaseChosen) -> Draft:
    """Another case needs another story; what was said of the first one is in the turns."""
    if turn.case_id not in {case.id for case in state.cases}:
        raise InvalidTurnError(f"There is no case {turn.case_id!r:.80}. Choose one that is shown.")
    if draft.case_id in {None, turn.case_id}:
        return replace(draft, case_id=turn.case_id)
    return Draft(case_id=turn.case_id, cards=draft.cards)


def tell_story(draft: Draft, _state: State, turn: StoryTold) -> Draft:
    return replace(draft, story=turn.text)


def notice(draft: Draft, _state: State, turn: Noticed) -> Draft:
    """What was said of a thing stays with it where the thing is named in the same words."""
    said = {thing.text: thing for thing in draft.things}
    things = tuple(said.get(text, Thing(text)) for text in turn.things)
    same = {thing.text for thing in things} == set(said)
    moved = replace(draft, things=things, enough=draft.enough and same)
    proposals = [(_moved(made.place, draft, moved), made) for made in draft.proposals]
    return replace(
        moved,
        proposals=tuple(
            replace(made, place=place) for place, made in proposals if place is not None
        ),
    )


def notice_more(draft: Draft, _state: State, turn: NoticedMore) -> Draft:
    if not turn.things and not draft.kept:
        raise InvalidTurnError(
            "Nothing is left that a card could be made of. Name one more thing, go back, or stop."
        )
    known = {thing.text.casefold() for thing in draft.things}
    again = [text for text in turn.things if text.casefold() in known]
    if again:
        raise InvalidTurnError(f"{again[0]!r:.80} was named before. Name something else.")
    if len(draft.things) + len(turn.things) > MAX_THINGS:
        raise InvalidTurnError(f"{MAX_THINGS} things can be kept at most. Name fewer.")
    things = (*draft.things, *(Thing(text) for text in turn.things))
    return replace(draft, things=things, enough=not turn.things)


def drop_test(draft: Draft, state: State, turn: DropTested) -> Draft:
    thing = _asked_about(turn.thing, draft, state)
    return _with_thing(draft, turn.thing, replace(thing, keeps=turn.keeps))


def phrase(draft: Draft, state: State, turn: Phrased) -> Draft:
    thing = _asked_about(turn.thing, draft, state)
    _check_draft(turn.draft, draft, state)
    return _with_thing(draft, turn.thing, replace(thing, policy=turn.text))


def write_moment(draft: Draft, state: State, turn: MomentWritten) -> Draft:
    _check_draft(turn.draft, draft, state)
    return replace(draft, moment=turn.text)


def write_title(draft: Draft, state: State, turn: TitleWritten) -> Draft:
    _check_draft(turn.draft, draft, state)
    return replace(draft, title=turn.text)


def still_open(reopened: tuple[Place, ...], before: Draft, after: Draft) -> tuple[Place, ...]:
    """The places that are still to be answered anew, after an answer that may have moved them."""
    moved = [_moved(place, before, after) for place in reopened]
    return tuple(place for place in moved if place is not None and after.answered(place))


def _moved(place: Place, before: Draft, after: Draft) -> Place | None:
    """Where a place about a thing is in a new list of things; None where the thing is gone."""
    if place.thing is None or before.things == after.things:
        return place
    if place.thing >= len(before.things):
        return None
    now = [thing.text for thing in after.things]
    text = before.things[place.thing].text
    return replace(place, thing=now.index(text)) if text in now else None


def _asked_about(number: int, draft: Draft, state: State) -> Thing:
    if number != state.place.thing:
        raise InvalidTurnError(
            f"The answer is about thing {number}, but thing {state.place.thing} was asked about. "
            "It may have been sent twice: go on from where the interview stands."
        )
    return draft.things[number]


def _with_thing(draft: Draft, number: int, thing: Thing) -> Draft:
    things = draft.things
    return replace(draft, things=(*things[:number], thing, *things[number + 1 :]))


def _check_draft(number: int | None, draft: Draft, state: State) -> None:
    if number is None:
        return
    proposal = draft.proposal(state.place)
    if proposal is None or number >= len(proposal.drafts):
        raise InvalidTurnError(f"No draft {number} was proposed here. Write it in your own words.")
