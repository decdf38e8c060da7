"""Interviews for tests: a whole one, turn by turn, and an answer for every step."""

from collections.abc import Sequence

from core.interview import Case, State, Step, Turn, replay, step_at
from core.interview.turns import (
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
    Resumed,
    Reviewed,
    StepKey,
    StoryTold,
    TitleWritten,
)
from core.values_card import ValuesCard

CASES = (
    Case("move", "A friend asks what to do about a job far away."),
    Case("homework", "A parent asks what to do about homework that a child refuses."),
)
STORY = "My friend rang at night. I said little. By the end she heard herself say that she stays."
CARD = ValuesCard(
    "Room to change one's mind",
    "Saying nothing on the phone while a friend hears herself say the opposite of her plan.",
    (
        "SHIFTS in what someone says they want once they were heard",
        "QUESTIONS they start asking without being led",
        "PAUSES before a decision that had been rehearsed",
    ),
)
#: One value from the case to the card; the third of four things does not pass the drop test.
WHOLE: tuple[Turn, ...] = (
    Began(CASES),
    CaseChosen("move"),
    StoryTold(STORY),
    Noticed(("when she changed her words", "what she asked", "that she thanked me", "pauses")),
    DropTested(0, Keeps.YES),
    DropTested(1, Keeps.YES),
    DropTested(2, Keeps.NO),
    DropTested(3, Keeps.UNSURE),
    Phrased(0, CARD.policies[0]),
    Phrased(1, CARD.policies[1]),
    Phrased(3, CARD.policies[2]),
    Reviewed(),
    MomentWritten(CARD.description),
    TitleWritten(CARD.title),
    Confirmed(),
)


def step_after(turns: Sequence[Turn]) -> Step:
    """What is asked after these turns."""
    return step_at(replay(turns))


def an_answer(state: State, *, keeps: Keeps = Keeps.YES, n_things: int = 3) -> Turn:
    """A turn that answers what is asked, whatever that is."""
    number = state.place.thing or 0
    n_known = len(state.draft.things) if state.draft else 0
    named = tuple(f"thing {n_known + n}" for n in range(n_things))
    answers: dict[StepKey, Turn] = {
        StepKey.BEGIN: Began(CASES),
        StepKey.CASE: CaseChosen("move"),
        StepKey.STORY: StoryTold(STORY),
        StepKey.NOTICED: Noticed(named or ("thing",)),
        StepKey.DROP_TEST: DropTested(number, keeps),
        StepKey.MORE: NoticedMore(named),
        StepKey.PHRASE: Phrased(number, f"THINGS of the kind {number} that one meets"),
        StepKey.REVIEW: Reviewed(),
        StepKey.MOMENT: MomentWritten("Sitting beside her until she has said it all."),
        StepKey.TITLE: TitleWritten("Hearing people out"),
        StepKey.CONFIRM: Confirmed(),
        StepKey.ANOTHER: AnotherAsked(wanted=True),
        StepKey.DONE: AnotherAsked(wanted=True),
        StepKey.PAUSED: Resumed(),
    }
    return answers[state.place.step]
