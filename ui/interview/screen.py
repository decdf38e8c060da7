"""The interview as a person goes through it: one question a screen."""

from datetime import UTC, datetime

import streamlit as st

from core.interview.state import Draft
from core.interview.steps import Step, filled, step_at
from core.interview.turns import (
    Abandoned,
    Began,
    Case,
    Place,
    StepKey,
    Stopped,
    WentBack,
)
from core.interview.wording import message
from core.study import LANGUAGES, State, Study
from core.value_study import ValueSettings
from storage import interviews, value_settings
from ui import messages, session
from ui.interview import card_view, finished, places, proposals, steps, wording, writing
from ui.interview.seat import Seat, give, problem, read_draft, write_draft
from ui.judging import words
from ui.messages import say
from ui.sentences import plain, said
from ui.values import asked
from workbench import interviewing


@st.fragment
def show(here: session.Here, study: Study) -> None:
    """Draw where this person's interview stands."""
    card_view.show_style()
    if not asked.asks(here, study):
        return
    settings = value_settings.of_study(here.db, study.id)
    if study.state is not State.RUNNING:
        st.info(words.not_running(study.state))
        return
    interview = interviews.of_person(here.db, study.id, here.person.id)
    if interview is None or not interview.turns:
        _show_beginning(here, study, settings)
        return
    seat = Seat(here, study, settings, interview, interview.state)
    if seat.state.finished and not seat.state.stopped and seat.state.draft is None:
        _show_problem(seat)
        finished.show(seat)
    else:
        _show_step(seat, step_at(seat.state))
    place = seat.state.place
    writing.mount(f"{seat.interview.n_answers} {place.step} {place.thing}")


def _show_beginning(here: session.Here, study: Study, settings: ValueSettings) -> None:
    st.header(wording.said(message("interview.begin")), anchor=False)
    st.markdown(
        say(
            "You start from a situation and a time in your own life, and come to a card that says "
            "what you pay attention to, in your words. It takes about a quarter of an hour; "
            "everything is kept as you go, and you can stop and go on another day. Nobody else's "
            "card is shown to you before yours are done."
        )
    )
    key = f"language of {study.id}"
    spoken = [code for code in settings.languages if code in LANGUAGES]
    first = messages.language() if messages.language() in spoken else spoken[0]
    if len(spoken) > 1:
        st.selectbox(
            say("Language in which you write"),
            spoken,
            spoken.index(first),
            format_func=LANGUAGES.__getitem__,
            key=key,
        )

    def begin() -> None:
        now = datetime.now(UTC)
        interview = interviews.ensure(here.db, study.id, here.person.id, now)
        cases = tuple(Case(case.id, case.text) for case in settings.cases)
        if not interview.turns:
            began = Began(cases, session.typed_or(key, first))
            interviews.append(here.db, interview.id, [began], n_answers=0, now=now)

    st.button(say("Begin"), type="primary", key=f"begin {study.id}", on_click=said(begin))


def _show_step(seat: Seat, step: Step) -> None:
    asking = interviewing.ask(seat.here.workbench, seat.settings.model, seat.interview)
    _show_place(seat)
    _show_problem(seat)
    question = _show_question(step)
    if step.hint is not None:
        card_view.note(wording.said(step.hint))
    if step.proposal is not None and step.proposal.note:
        card_view.note(wording.note(step.proposal.note), icon=":material/info:")
    steps.show(seat, step, question)
    if asking:
        proposals.wait(seat.interview.id)
    if seat.state.draft is not None and not seat.state.stopped:
        _show_ways(seat)
        _show_answers(seat)


def _show_place(seat: Seat) -> None:
    state = seat.state
    if state.current is None or state.stopped:
        return
    name = wording.step_name(state.place.step)
    card_view.note(say("Value {n} · {step}", n=state.current + 1, step=name))


def _show_problem(seat: Seat) -> None:
    if problem():
        st.error(plain(problem()))
    unsent = read_draft(seat, seat.unsent).get("text")
    if unsent:
        with st.container(border=True):
            card_view.note(say("What you wrote in the other window, to copy from:"))
            card_view.show_words(str(unsent))
            st.button(
                say("I do not need it any more"),
                key=f"unsent {seat.interview.id}",
                on_click=write_draft,
                args=(seat, seat.unsent, {}),
            )


def _show_question(step: Step) -> str:
    """Draw the question, and what it is about above it; return the question."""
    about, _, question = wording.said(step.question).rpartition("\n\n")
    if about:
        card_view.show_words(about)
    proposal = step.proposal
    with st.container(key="question"):
        if proposal is not None and proposal.question:
            st.header(plain(proposal.question), anchor=False)
            card_view.note(
                say(
                    "Worded by the assistant. The usual question is: {question}",
                    question=question,
                )
            )
            return proposal.question
        st.header(plain(question), anchor=False)
    return question


def _show_ways(seat: Seat) -> None:
    """Back, stop, and on to another value."""
    earlier = places.before(seat.state)
    with st.container(horizontal=True):
        if earlier is not None:
            st.button(
                say("Back"),
                key=f"back {seat.field}",
                icon=":material/undo:",
                on_click=give,
                args=(seat, WentBack(earlier)),
            )
        st.button(
            say("Stop, and go on another day"),
            key=f"stop {seat.field}",
            on_click=give,
            args=(seat, Stopped()),
        )
        if seat.state.draft is not None and not seat.state.draft.cards:
            with st.popover(say("Speak of another value")):
                st.markdown(
                    say("What you said of this value makes no card then. It stays on record.")
                )
                st.button(
                    say("Leave this value"),
                    key=f"abandon {seat.field}",
                    on_click=give,
                    args=(seat, Abandoned()),
                )


def _show_answers(seat: Seat) -> None:
    """What the person said of this value so far, each to be said anew."""
    draft = seat.state.draft
    known = [place for place in places.answered(seat.state) if place != seat.state.place]
    if draft is None or not known:
        return
    with st.expander(say("What you said so far")):
        for place in known:
            text, action = st.columns([5, 1])
            with text:
                card_view.note(wording.step_name(place.step))
                card_view.show_words(_answer_text(seat, draft, place))
            action.button(
                say("Change"),
                key=f"edit {place.step} {place.thing} {seat.field}",
                on_click=give,
                args=(seat, WentBack(place)),
            )


def _answer_text(seat: Seat, draft: Draft, place: Place) -> str:
    if place.step is StepKey.CASE:
        return seat.state.case.text if seat.state.case else ""
    texts = filled(draft, place)
    if place.step is StepKey.DROP_TEST and place.thing is not None:
        return f"{draft.things[place.thing].text}: {wording.keeps_name(texts[0])}"
    return "\n".join(texts)
