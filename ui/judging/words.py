"""All that the judging screen says, in the language of the person in front of it."""

from functools import lru_cache

from core.answer_form import Form
from core.judgment import Outcome, SkipReason
from core.study import State
from storage.assignment import NothingLeft
from ui import messages
from ui.messages import deferred, say, say_deferred

_OUTCOMES = {
    Outcome.LEFT: deferred("Left is better"),
    Outcome.RIGHT: deferred("Right is better"),
    Outcome.TIE: deferred("Tie"),
    Outcome.BOTH_BAD: deferred("Both bad"),
    Outcome.INCOMPARABLE: deferred("Cannot be ranked"),
    Outcome.SKIPPED: deferred("Skip"),
    Outcome.ANSWERED: deferred("Answered"),
    Outcome.UP: deferred("Good"),
    Outcome.DOWN: deferred("Bad"),
}
_REASONS = {
    SkipReason.UNCLEAR: deferred("Unclear"),
    SkipReason.TOO_HARD: deferred("Too hard for me"),
    SkipReason.OFFENSIVE: deferred("Offensive"),
    SkipReason.LANGUAGE: deferred("A language I do not read"),
    SkipReason.BROKEN: deferred("Does not display"),
    SkipReason.OTHER: deferred("Other"),
}
#: From hardly to much, for a study of four grades and one of three (the middle of seven is a tie).
_LEFT = {
    4: (
        deferred("Left is barely better"),
        deferred("Left is slightly better"),
        deferred("Left is better"),
        deferred("Left is much better"),
    ),
    3: (
        deferred("Left is slightly better"),
        deferred("Left is better"),
        deferred("Left is much better"),
    ),
}
_RIGHT = {
    4: (
        deferred("Right is barely better"),
        deferred("Right is slightly better"),
        deferred("Right is better"),
        deferred("Right is much better"),
    ),
    3: (
        deferred("Right is slightly better"),
        deferred("Right is better"),
        deferred("Right is much better"),
    ),
}
_NOTHING = {
    NothingLeft.EMPTY: deferred(
        "This study has nothing to ask yet. A researcher adds items on the page Import."
    ),
    NothingLeft.ALL_SEEN: deferred(
        "You have seen every question of this study that is for you. Thank you!"
    ),
    NothingLeft.ALL_JUDGED: deferred("Every question has all the answers it needs. Thank you!"),
    NothingLeft.WITH_OTHERS: deferred(
        "The questions that are left are with other people right now. If they do not answer, they "
        "come back: look in again in {minutes} minutes."
    ),
    NothingLeft.OWN_QUOTA: deferred(
        "You have given as many answers as one person gives in this study. Thank you!"
    ),
    NothingLeft.COHORT_QUOTA: deferred(
        "Your group has given as many answers as it gives in this study. Thank you!"
    ),
    NothingLeft.STUDY_QUOTA: deferred("This study has as many answers as it needs. Thank you!"),
}
_NOT_RUNNING = {
    State.DRAFT: deferred("This study has not started yet."),
    State.PAUSED: deferred("This study is paused. Your answers are safe; come back later."),
    State.ARCHIVED: deferred("This study has ended. Thank you!"),
    State.REMOVED: deferred("This study has been removed."),
}


def outcome_name(outcome: Outcome, kind: Form = Form.PAIR) -> str:
    """How an answer is called in that form: one item alone has no rank."""
    if outcome is Outcome.INCOMPARABLE and kind in {Form.THUMBS, Form.TRIPLET}:
        return say("Cannot be judged")
    return say_deferred(_OUTCOMES[outcome])


def reason_name(reason: SkipReason) -> str:
    return say_deferred(_REASONS[reason])


def grade_name(outcome: Outcome, margin: int, largest: int) -> str:
    """How a grade from 1 to the largest is called."""
    side = _LEFT if outcome is Outcome.LEFT else _RIGHT
    return say_deferred(side[largest][margin - 1])


def nothing_left(why: NothingLeft, minutes: int) -> str:
    """Why there is nothing, and when there may be more."""
    if why is NothingLeft.WITH_OTHERS:
        return say_deferred(_NOTHING[why], minutes=minutes)
    return say_deferred(_NOTHING[why])


def not_running(state: State) -> str:
    return say_deferred(_NOT_RUNNING[state])


def words() -> dict[str, str]:
    """What the browser says; it fills what stands in braces."""
    return _words(messages.language())


@lru_cache(maxsize=32)
def _words(_language: str) -> dict[str, str]:
    return {
        **{outcome.value: outcome_name(outcome) for outcome in _OUTCOMES},
        "unjudged": outcome_name(Outcome.INCOMPARABLE, Form.THUMBS),
        **{f"skip_{reason.value}": reason_name(reason) for reason in SkipReason},
        **{
            f"{outcome.value}_{margin}_of_{largest}": grade_name(outcome, margin, largest)
            for outcome in (Outcome.LEFT, Outcome.RIGHT)
            for largest in (3, 4)
            for margin in range(1, largest + 1)
        },
        **_of_the_question(),
        **_of_lists(),
        **_of_the_page(),
        **_of_keys(),
    }


def _of_the_question() -> dict[str, str]:
    return {
        "prompt": say("Prompt"),
        "answer": say("Answer"),
        "left_answer": say("Left answer"),
        "right_answer": say("Right answer"),
        "left_prompt": say("Left prompt"),
        "right_prompt": say("Right prompt"),
        "this_better": say("This is better"),
        "only_answer": say("The answer to judge"),
        "only_prompt": say("The prompt to judge"),
        "overall": say("Overall"),
        "aspect_left": say("Left"),
        "aspect_right": say("Right"),
        "answers": say("Answers"),
        "why": say("Why?"),
        "chips": say("Reasons to tick"),
        "sentence": say("In one sentence, if you like"),
        "submit": say("Submit"),
        "why_skip": say("Why skip?"),
        "need_answer": say("Choose an answer first."),
        "need_aspects": say("Judge each aspect first."),
        "training": say("Training: you are told afterwards whether your answer was right."),
        "differences": say("Mark differences"),
        "differences_no": say("The two differ too much to mark the differences."),
        "differences_none": say("Both say the same, word for word."),
        "scrolling": say("Scroll together"),
    }


def _of_lists() -> dict[str, str]:
    return {
        "item": say("Item {n}", n="{n}"),
        "place": say("Place {n}", n="{n}"),
        "next_place": say("Next place"),
        "move_up": say("Move up"),
        "move_down": say("Move down"),
        "join": say("Same place as the one above"),
        "order": say("Your order: {order}", order="{order}"),
        "order_empty": say("Press items in your order, the best first."),
        "order_rest": say("Items without a place stand below all others, in no order."),
        "best": say("Best"),
        "worst": say("Worst"),
        "pick": say("Pick"),
        "closer": say("{one} and {other} are closer", one="{one}", other="{other}"),
        "need_place": say("Give at least one item a place first."),
        "need_best_worst": say("Choose the best and the worst first."),
        "need_picks": say("Pick {n}. So far: {chosen}.", n="{n}", chosen="{chosen}"),
    }


def _of_the_page() -> dict[str, str]:
    return {
        "saved": say("All answers saved"),
        "saving": say("Saving … ({n} not yet saved; keep this page open)", n="{n}"),
        "waiting": say("One moment …"),
        "next": say("Next question"),
        "undo": say("Undo"),
        "close": say("Close"),
        "cancel": say("Cancel"),
        "flag": say("Report a problem"),
        "flag_what": say("What is wrong here? An admin will read it."),
        "flag_send": say("Send"),
        "flag_sent": say("Your note was sent."),
        "report": say("My report"),
        "verdict_right": say("Right."),
        "verdict_wrong": say("Not what was expected: {expected}.", expected="{expected}"),
        "continue": say("Continue"),
        "go_on": say("Go on judging"),
    }


def _of_keys() -> dict[str, str]:
    return {
        "keys": say("Keys"),
        "keys_change": say("Change keys"),
        "keys_on": say("Single keys answer"),
        "keys_reset": say("The usual keys again"),
        "keys_press": say("Press the new key; Escape keeps the old one."),
        "keys_taken": say(
            "{key} already stands for: {other}. Choose another key, or change that one first.",
            key="{key}",
            other="{other}",
        ),
        "keys_reserved": say("{key} is needed by the browser. Choose another key.", key="{key}"),
        "key_space": say("Space"),
        "slot_choice": say("Choice {n}", n="{n}"),
        "slot_left": say("Left"),
        "slot_right": say("Right"),
        "slot_up": say("Up, or the row before"),
        "slot_down": say("Down, or the next row"),
        "slot_reasons": say("Tick reasons"),
        "slot_sentence": say("Write a sentence"),
    }
