"""The answers that somebody can go back to, in the order of the interview."""

from core.interview.state import Draft, State
from core.interview.turns import Place, StepKey


def answered(state: State) -> tuple[Place, ...]:
    """All places of the value that is spoken of that have an answer."""
    draft = state.draft
    if draft is None or state.stopped:
        return ()
    only_case = {StepKey.CASE} if len(state.cases) == 1 else set()
    return tuple(
        place for place in _in_order(draft) if place.step not in only_case and draft.answered(place)
    )


def before(state: State) -> Place | None:
    """The answer before what is asked now; None where there is none."""
    if state.draft is None:
        return None
    order = _in_order(state.draft)
    here = order.index(state.place) if state.place in order else len(order)
    earlier = [place for place in answered(state) if order.index(place) < here]
    return earlier[-1] if earlier else None


def _in_order(draft: Draft) -> list[Place]:
    things = range(len(draft.things))
    return [
        Place(StepKey.CASE),
        Place(StepKey.STORY),
        Place(StepKey.NOTICED),
        *(Place(StepKey.DROP_TEST, thing) for thing in things),
        *(Place(StepKey.PHRASE, thing) for thing in things),
        Place(StepKey.REVIEW),
        Place(StepKey.MOMENT),
        Place(StepKey.TITLE),
        Place(StepKey.CONFIRM),
    ]
