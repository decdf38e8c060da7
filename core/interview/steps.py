"""What is asked at each place of an interview: one question, and where to begin the answer from."""

from dataclasses import dataclass

from core.interview.state import Draft, State
from core.interview.turns import Place, Proposed, StepKey
from core.interview.wording import Message, message
from core.values_card.card import GOOD_POLICIES

_HINTED = {
    StepKey.STORY,
    StepKey.NOTICED,
    StepKey.MORE,
    StepKey.PHRASE,
    StepKey.REVIEW,
    StepKey.MOMENT,
    StepKey.TITLE,
}


@dataclass(frozen=True, slots=True)
class Step:
    """What comes next.

    Attributes
    ----------
    question : Message
        The guided question; `proposal` may have another wording for it.
    hint : Message or None
        How to answer.
    filled : tuple of str
        What the person answered here before, to begin from; empty the first time.
    proposal : Proposed or None
        What the interviewer proposed here.
    """

    place: Place
    question: Message
    hint: Message | None = None
    filled: tuple[str, ...] = ()
    proposal: Proposed | None = None


def step_at(state: State) -> Step:
    """What is asked where an interview stands."""
    place, draft = state.place, state.draft
    if draft is None or state.stopped:
        return Step(place, message(f"interview.{place.step}"))
    return Step(
        place,
        _question(place, draft, state),
        message(f"interview.{place.step}.hint") if place.step in _HINTED else None,
        filled(draft, place),
        draft.proposal(place),
    )


def filled(draft: Draft, place: Place) -> tuple[str, ...]:
    """What was answered at a place before, as texts; nothing where nothing was."""
    if not draft.answered(place):
        return ()
    if place.step is StepKey.NOTICED:
        return tuple(thing.text for thing in draft.things)
    if place.step is StepKey.REVIEW:
        return draft.policies
    if place.thing is not None:
        thing = draft.things[place.thing]
        return (str(thing.keeps if place.step is StepKey.DROP_TEST else thing.policy),)
    single = {
        StepKey.CASE: draft.case_id,
        StepKey.STORY: draft.story,
        StepKey.MOMENT: draft.moment,
        StepKey.TITLE: draft.title,
    }
    return (str(single[place.step]),)


def _question(place: Place, draft: Draft, state: State) -> Message:
    if place.thing is not None:
        return message(f"interview.{place.step}", thing=draft.things[place.thing].text)
    if place.step is StepKey.STORY and state.case is not None:
        return message("interview.story", case=state.case.text)
    if place.step is StepKey.MORE and len(draft.kept) < len(draft.things):
        return message("interview.more.dropped")
    if place.step is StepKey.MORE:
        return message("interview.more", fewest=str(GOOD_POLICIES.start))
    return message(f"interview.{place.step}")
