"""One edge question on the screen: two cards, a direction, perhaps a story, and an answer."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import streamlit as st

from core.study import Study
from core.value_graph.votes import Answer
from storage import edge_votes
from storage.edge_votes import MOST_CONFIDENT, Question, Vote
from ui import session
from ui.messages import say
from ui.sentences import plain, said
from ui.values import card
from workbench import values
from workbench.values import Material, NothingToAsk

#: Own answers that can be corrected from this page.
N_CORRECTABLE = 5
A, B = "A", "B"
_WISER = {Answer.FIRST_WISER, Answer.SECOND_WISER}


def show(here: session.Here, study: Study) -> None:
    """The question that waits for this person, and their last answers."""
    asked = values.next_question(here.workbench, study, here.person.id, datetime.now(UTC))
    known = values.material(here.db, study.id)
    if isinstance(asked, NothingToAsk):
        st.info(_why_nothing(asked))
    else:
        _show_question(here, study, known, asked)
    _show_own(here, study, known)


def _why_nothing(reason: NothingToAsk) -> str:
    if reason is NothingToAsk.NOT_RUNNING:
        return say("This study asks nothing at the moment.")
    if reason is NothingToAsk.TOO_FEW_CARDS:
        return say(
            "There are not two values to compare yet. Come back when others have added theirs."
        )
    return say("You have answered all there is to ask. Thank you.")


def _show_question(here: session.Here, study: Study, known: Material, asked: Question) -> None:
    began = session.kept(f"began {asked.id}", time.monotonic())
    _say_question(known, asked)
    left, right = st.columns(2)
    with left:
        card.draw(known.cards[asked.left].card, letter=A)
    with right:
        card.draw(known.cards[asked.right].card, letter=B)
    if asked.story:
        st.markdown(say("Somebody told this:"))
        st.markdown("> " + plain(asked.story))
    _show_answers(here, study, asked, began)


def _say_question(known: Material, asked: Question) -> None:
    """Both letters stand in it: which is asked about is the direction of the question."""
    head, tail = (A, B) if asked.wiser_to == asked.left else (B, A)
    context = plain(known.context(asked.context))
    if context:
        st.markdown(
            say(
                "When **{context}**: if somebody who used to live by **{tail}** came to live by "
                "**{head}** instead, would they have become wiser?",
                context=context,
                tail=tail,
                head=head,
            )
        )
        return
    st.markdown(
        say(
            "If somebody who used to live by **{tail}** came to live by **{head}** instead, would "
            "they have become wiser?",
            tail=tail,
            head=head,
        )
    )


def answers(asked: Question) -> dict[Answer, str]:
    """What can be answered, in the order of the screen, which has no favourite: A, then B."""
    left_is_first = asked.left == asked.first
    a, b = Answer.FIRST_WISER, Answer.SECOND_WISER
    return {
        (a if left_is_first else b): say("A is wiser"),
        (b if left_is_first else a): say("B is wiser"),
        Answer.BOTH_NEEDED: say("Both are needed"),
        Answer.SAME_VALUE: say("They are the same value"),
        Answer.DEPENDS: say("It depends on the situation"),
        Answer.NOT_SURE: say("I am not sure"),
    }


def _show_answers(here: session.Here, study: Study, asked: Question, began: float) -> None:
    texts = answers(asked)
    key = f"answer to {asked.id}"
    chosen = st.radio(
        say("Which is wiser here?"), list(texts), index=None, format_func=texts.__getitem__, key=key
    )
    if chosen is Answer.DEPENDS:
        st.text_input(
            say("In which situation is it which?"),
            key=f"situation of {asked.id}",
            max_chars=edge_votes.MAX_SITUATION,
        )
    elif chosen in _WISER and values.breaks_a_cycle(here.workbench, study.id, asked):
        st.text_input(
            say("Is there a situation in which it is the other way round? Which? (If you like.)"),
            key=f"situation of {asked.id}",
            max_chars=edge_votes.MAX_SITUATION,
        )
    st.radio(
        say("How sure are you? (1: a guess, 5: certain)"),
        range(1, MOST_CONFIDENT + 1),
        index=None,
        horizontal=True,
        key=f"confidence of {asked.id}",
    )
    st.text_area(
        say("Why? (If you like. Others may read it, without your name.)"),
        key=f"reason of {asked.id}",
        max_chars=edge_votes.MAX_REASON,
        height=80,
    )
    st.button(
        say("Save and go on"),
        type="primary",
        disabled=chosen is None,
        key=f"save {asked.id}",
        on_click=_saving(here, study, asked, began),
    )


def _saving(here: session.Here, study: Study, asked: Question, began: float) -> Callable[[], None]:
    def save() -> None:
        answer = Answer(session.typed(f"answer to {asked.id}"))
        situation = session.typed_or(f"situation of {asked.id}", "") or ""
        given = Vote(
            asked.id,
            answer,
            situation=situation if answer in {Answer.DEPENDS, *_WISER} else "",
            confidence=session.typed_or(f"confidence of {asked.id}", None),
            reason=session.typed_or(f"reason of {asked.id}", "") or "",
            duration_ms=round(1000 * (time.monotonic() - began)),
        )
        edge_votes.vote(here.db, study.id, here.person.id, given, datetime.now(UTC))

    return said(save)


def _show_own(here: session.Here, study: Study, known: Material) -> None:
    """The last answers, each with a button that puts its question anew."""
    own = edge_votes.own(here.db, study.id, here.person.id)
    if not own:
        return
    with st.expander(say("Your answers so far ({n})", n=len(own))):
        st.markdown(
            say(
                "If you answered one wrongly, it can be asked again; the new answer takes the old "
                "one's place, and until then the old one counts."
            )
        )
        for number, (asked, given) in enumerate(own[:N_CORRECTABLE]):
            _show_one(here, study, known, (asked, given), number)


def _show_one(
    here: session.Here,
    study: Study,
    known: Material,
    answered: tuple[Question, Vote],
    number: int,
) -> None:
    asked, given = answered
    text, again = st.columns([4, 1], vertical_alignment="center")
    titles = [plain(known.title(one)) for one in (asked.left, asked.right)]
    text.markdown(f"A: {titles[0]} · B: {titles[1]} · **{answers(asked)[given.answer]}**")
    alive = {asked.first, asked.second} <= known.cards.keys()
    again.button(
        say("Ask again"),
        key=f"again {asked.id}",
        help=say("Answer {number} from the last", number=number + 1),
        disabled=not alive,
        on_click=said(
            lambda: edge_votes.ask_anew(
                here.db, study.id, here.person.id, asked.id, datetime.now(UTC)
            )
        ),
    )
