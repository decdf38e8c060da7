"""Streamlit's own fields for the parts of an answer.

Each function draws a field and returns what reads it: a callback runs before the page does, and
sees what was typed.
"""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from core.answer_form import AnswerForm, Form
from core.judgment import Outcome
from core.study import StudySettings
from ui import session
from ui.judging.words import grade_name, outcome_name
from ui.messages import say

#: Some fields of the event that an answer becomes.
Part = dict[str, Any]
Reader = Callable[[], Part]
#: An answer that one button gives: its name, what it says, and its key.
Choice = tuple[str, Part, str | None]
_KEYS = {
    Outcome.LEFT: "1",
    Outcome.RIGHT: "2",
    Outcome.TIE: "t",
    Outcome.BOTH_BAD: "b",
    Outcome.INCOMPARABLE: "x",
    Outcome.UP: "1",
    Outcome.DOWN: "2",
}
_SIDES = (Outcome.LEFT, Outcome.TIE, Outcome.RIGHT)


def choices_of(settings: StudySettings) -> list[Choice]:
    """What can be answered by one button."""
    form = settings.form
    if form.kind is Form.TRIPLET:
        return [*_closest(), *_outcomes(settings)]
    if form.kind is Form.PAIR and form.largest_grade:
        return [*_graded(form, settings.allowed), *_outcomes(settings, but=_SIDES)]
    return _outcomes(settings)


def _outcomes(settings: StudySettings, *, but: Sequence[Outcome] = ()) -> list[Choice]:
    left_out = {Outcome.SKIPPED, Outcome.ANSWERED, *but}
    return [
        (outcome_name(outcome, settings.form.kind), {"outcome": outcome.value}, _KEYS.get(outcome))
        for outcome in settings.allowed
        if outcome not in left_out
    ]


def _graded(form: AnswerForm, allowed: Sequence[Outcome]) -> list[Choice]:
    largest = form.largest_grade
    grades = [(Outcome.LEFT, margin) for margin in range(largest, 0, -1)]
    grades += [(Outcome.TIE, 0)] if Outcome.TIE in allowed else []
    grades += [(Outcome.RIGHT, margin) for margin in range(1, largest + 1)]
    return [
        (grade_name(outcome, margin, largest), _part(outcome, margin), str(number))
        if margin
        else (outcome_name(outcome), _part(outcome, None), "t")
        for number, (outcome, margin) in enumerate(grades, 1)
    ]


def _part(outcome: Outcome, margin: int | None) -> Part:
    return {"outcome": outcome.value, "margin": margin}


def _closest() -> list[Choice]:
    return [
        (
            say(
                "{one} and {other} are closer",
                one=item_name(closest[0]),
                other=item_name(closest[1]),
            ),
            {"outcome": Outcome.ANSWERED.value, "said": {"closest": list(closest)}},
            str(number),
        )
        for number, closest in enumerate([(0, 1), (0, 2), (1, 2)], 1)
    ]


def item_name(position: int) -> str:
    return say("Item {n}", n=position + 1)


def answer_field(settings: StudySettings, n_items: int, key: str) -> Reader:
    """The field of the answer itself; its reader returns nothing while nothing is chosen."""
    form = settings.form
    if form.kind is Form.RANKING:
        return _places(n_items, key)
    if form.kind is Form.BEST_WORST:
        return _best_worst(n_items, key)
    if form.kind is Form.BEST_FEW:
        return _best_few(min(form.picks, max(1, n_items - 1)), n_items, key)
    choices = choices_of(settings)
    name = f"overall {key}"
    st.radio(
        say("Overall"),
        range(len(choices)),
        format_func=lambda number: choices[number][0],
        index=None,
        key=name,
    )
    return lambda: {} if session.typed(name) is None else choices[session.typed(name)][1]


def aspect_fields(form: AnswerForm, key: str) -> Reader:
    names = {aspect: f"aspect {number} {key}" for number, aspect in enumerate(form.aspects)}
    for aspect, name in names.items():
        st.radio(aspect, _SIDES, index=None, key=name, horizontal=True, format_func=outcome_name)
    return lambda: {
        "aspects": {
            aspect: session.typed(name).value
            for aspect, name in names.items()
            if session.typed(name) is not None
        }
    }


def reason_fields(form: AnswerForm, key: str) -> Reader:
    chips, sentence = f"chips {key}", f"sentence {key}"
    if form.chips:
        st.pills(say("Why?"), form.chips, selection_mode="multi", key=chips)
    if form.sentence:
        st.text_input(say("In one sentence, if you like"), key=sentence)
    return lambda: {
        "chips": list(session.typed(chips)) if form.chips else [],
        "reason": session.typed(sentence) if form.sentence else "",
    }


def _listed(said: Part) -> Part:
    return {"outcome": Outcome.ANSWERED.value, "said": said}


def _places(n_items: int, key: str) -> Reader:
    names = [f"place {position} {key}" for position in range(n_items)]
    st.caption(say("Items without a place stand below all others, in no order."))
    for position, name in enumerate(names):
        label = say("Place of {item}", item=item_name(position))
        st.selectbox(label, range(1, n_items + 1), index=None, key=name)

    def read() -> Part:
        places = [session.typed(name) for name in names]
        order = [
            [position for position, chosen in enumerate(places) if chosen == place]
            for place in sorted({place for place in places if place is not None})
        ]
        rest = [position for position, chosen in enumerate(places) if chosen is None]
        return _listed({"order": order, "rest": rest}) if order else {}

    return read


def _best_worst(n_items: int, key: str) -> Reader:
    labels = {"best": say("Best"), "worst": say("Worst")}
    for end, label in labels.items():
        st.radio(
            label,
            range(n_items),
            format_func=item_name,
            index=None,
            key=f"{end} {key}",
            horizontal=True,
        )

    def read() -> Part:
        said = {end: session.typed(f"{end} {key}") for end in labels}
        return {} if None in said.values() or said["best"] == said["worst"] else _listed(said)

    return read


def _best_few(n_picks: int, n_items: int, key: str) -> Reader:
    name = f"picked {key}"
    st.pills(
        say("Pick {n}", n=n_picks),
        range(n_items),
        format_func=item_name,
        selection_mode="multi",
        key=name,
    )

    def read() -> Part:
        picked = list(session.typed(name))
        return _listed({"picked": picked}) if len(picked) == n_picks else {}

    return read
