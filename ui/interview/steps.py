"""What is drawn at each step of an interview below its question, and what an answer becomes."""

from collections.abc import Callable, Mapping

import streamlit as st

from core.interview.steps import Step
from core.interview.turns import (
    AnotherAsked,
    CaseChosen,
    Confirmed,
    DropTested,
    Keeps,
    MomentWritten,
    Noticed,
    NoticedMore,
    Phrased,
    Place,
    Resumed,
    Reviewed,
    StepKey,
    StoryTold,
    TitleWritten,
    Turn,
    WentBack,
)
from core.values_card.card import ValuesCard
from core.values_card.lint import lint
from ui import session
from ui.interview import card_view, offers, proposals, wording, writing
from ui.interview.seat import Seat, give, refuse
from ui.messages import say
from ui.sentences import plain


def show(seat: Seat, step: Step, question: str) -> None:
    """Draw what answers the question."""
    if step.place.step in writing.LONGEST:
        _show_writing(seat, step, question)
    else:
        _OTHERS[step.place.step](seat, step)


def written(place: Place, text: str, draft: int | None = None) -> Turn:
    """The turn that a text becomes."""
    lines = tuple(line.strip() for line in text.splitlines() if line.strip())
    number = place.thing or 0
    made: Mapping[StepKey, Callable[[], Turn]] = {
        StepKey.STORY: lambda: StoryTold(text),
        StepKey.NOTICED: lambda: Noticed(lines),
        StepKey.MORE: lambda: NoticedMore(lines),
        StepKey.PHRASE: lambda: Phrased(number, text, draft),
        StepKey.MOMENT: lambda: MomentWritten(text, draft),
        StepKey.TITLE: lambda: TitleWritten(text, draft),
    }
    return made[place.step]()


def _show_writing(seat: Seat, step: Step, question: str) -> None:
    place = step.place
    if place.step is StepKey.PHRASE:
        proposals.show(seat, step, lambda text, n: written(place, text, n))
    writing.show(seat, step, question)
    if place.step in {StepKey.MOMENT, StepKey.TITLE}:
        proposals.show(seat, step, lambda text, n: written(place, text, n))

    def go_on() -> None:
        text = str(session.typed(seat.field))
        draft = seat.state.draft
        may_be_empty = place.step is StepKey.MORE and draft is not None and bool(draft.kept)
        if not text.strip() and not may_be_empty:
            refuse(say("Write something first, in a few words."))
            return
        proposals.give_written(seat, lambda: written(place, text, writing.begun_from(seat)), text)

    st.button(say("Go on"), type="primary", key=f"go on {seat.field}", on_click=go_on)


def _show_cases(seat: Seat, _step: Step) -> None:
    for number, case in enumerate(seat.state.cases):
        known = seat.settings.case(case.id)
        with st.container(border=True):
            if known is not None:
                st.markdown(f"**{plain(known.title)}**")
            card_view.show_words(case.text)
            st.button(
                say("Start from this situation"),
                key=f"case {number} {seat.field}",
                on_click=give,
                args=(seat, CaseChosen(case.id)),
            )


def _show_drop_test(seat: Seat, step: Step) -> None:
    number = step.place.thing or 0
    with st.container(horizontal=True):
        for keeps in Keeps:
            chosen = step.filled == (keeps.value,)
            st.button(
                wording.keeps_name(keeps),
                type="primary" if chosen else "secondary",
                key=f"{keeps} {seat.field}",
                on_click=give,
                args=(seat, DropTested(number, keeps)),
            )


def _show_review(seat: Seat, _step: Step) -> None:
    draft = seat.state.draft
    assert draft is not None  # noqa: S101 - a review is of a value
    remarks = lint(
        ValuesCard("-", "-", draft.policies),
        language=seat.state.language,
        case=seat.state.case.text if seat.state.case else "",
    )
    phrased = [number for number in draft.kept if draft.things[number].policy]
    keys = {number: f"change {number} {seat.field}" for number in phrased}
    for place, number in enumerate(phrased):
        with st.container(border=True):
            card_view.show_words(str(draft.things[number].policy))
            card_view.show_advice([r for r in remarks if r.policy == place])
            st.checkbox(say("I want to say this anew"), key=keys[number])
    whole = [r for r in remarks if r.policy is None and r.rule.name in {"NUMBER", "DUPLICATE"}]
    card_view.show_advice(whole)

    def go_on() -> None:
        give(seat, Reviewed(tuple(n for n, key in keys.items() if session.typed(key))))

    st.button(say("Go on"), type="primary", key=f"go on {seat.field}", on_click=go_on)


def _show_confirmation(seat: Seat, _step: Step) -> None:
    draft = seat.state.draft
    assert draft is not None  # noqa: S101 - what is confirmed is a value
    card = ValuesCard(str(draft.title), str(draft.moment), draft.policies)
    card_view.show(card)
    own = draft.card.title if draft.card else None
    card_view.show_advice(
        lint(
            card,
            language=seat.state.language,
            case=seat.state.case.text if seat.state.case else "",
            titles=[c.title for c in seat.state.cards if c.title != own],
        )
    )
    with st.container(horizontal=True):
        st.button(
            say("Yes, this is what I mean"),
            type="primary",
            key=f"confirm {seat.field}",
            on_click=give,
            args=(seat, Confirmed()),
        )
        for label, step in (
            (say("Change the policies"), StepKey.REVIEW),
            (say("Change the moment"), StepKey.MOMENT),
            (say("Change the title"), StepKey.TITLE),
        ):
            st.button(
                label,
                key=f"{step} {seat.field}",
                on_click=give,
                args=(seat, WentBack(Place(step))),
            )


def _show_another(seat: Seat, _step: Step) -> None:
    offers.prepare(seat)
    with st.container(horizontal=True):
        for label, wanted in (
            (say("Yes, of something else"), True),
            (say("No, that is all for now"), False),
        ):
            st.button(
                label,
                key=f"another {wanted} {seat.field}",
                on_click=give,
                args=(seat, AnotherAsked(wanted)),
            )


def _show_paused(seat: Seat, _step: Step) -> None:
    st.button(
        say("Go on where I stopped"),
        type="primary",
        key=f"resume {seat.field}",
        on_click=give,
        args=(seat, Resumed()),
    )


_OTHERS: Mapping[StepKey, Callable[[Seat, Step], None]] = {
    StepKey.CASE: _show_cases,
    StepKey.DROP_TEST: _show_drop_test,
    StepKey.REVIEW: _show_review,
    StepKey.CONFIRM: _show_confirmation,
    StepKey.ANOTHER: _show_another,
    StepKey.PAUSED: _show_paused,
}
