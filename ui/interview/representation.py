"""Does the card represent its author? What it predicts of choices that it has not seen."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from core.value_study import Vignette
from core.values_card.prediction import CardPrediction, HeldOutChoice, predict_choices
from storage import held_out, surveys
from storage.values_cards import StoredCard
from ui import session
from ui.interview import card_view
from ui.interview.seat import Seat
from ui.messages import say, say_number
from ui.sentences import said

#: Failures that are shown, the most surprising first.
N_FAILURES = 3


def show(seat: Seat, own: list[StoredCard]) -> bool:
    """Draw the next question about the cards; return whether there is one."""
    answers = surveys.of_person(seat.here.db, seat.study.id, seat.here.person.id)
    waiting = [stored for stored in own if question_of(stored.card_id) not in answers]
    if not waiting:
        return False
    choices = held_out.choices_of(seat.here.db, seat.study.id, seat.here.person.id)
    if not choices:
        open_vignettes = [v for v in seat.settings.vignettes if _name(v) not in answers]
        if open_vignettes:
            _show_vignette(seat, open_vignettes)
            return True
        choices = _chosen(seat, answers)
    _show_card(seat, waiting[0], choices)
    return True


def question_of(card_id: str) -> str:
    """Under which name it is kept whether a card represents its author."""
    return f"represents {card_id}"


def _show_vignette(seat: Seat, waiting: list[Vignette]) -> None:
    vignette = waiting[0]
    case = seat.settings.case(vignette.case_id)
    st.header(say("Which of the two would you rather do?"), anchor=False)
    card_view.note(
        say_number(
            "{n} question, to see whether your cards can tell what you choose.",
            "{n} questions, to see whether your cards can tell what you choose.",
            len(waiting),
        )
    )
    if case is not None:
        card_view.show_words(case.text)
    order = _order(seat, vignette)
    for side, column in zip(order, st.columns(2), strict=True):
        with column.container(border=True):
            card_view.show_words(getattr(vignette, side))
            st.button(
                say("I would rather do this"),
                key=f"{side} {vignette.id} {seat.interview.id}",
                on_click=said(lambda chose=side: _choose(seat, vignette, chose)),  # type: ignore[misc]
            )


def _show_card(seat: Seat, stored: StoredCard, choices: list[HeldOutChoice]) -> None:
    st.header(say("Does this card represent you?"), anchor=False)
    card_view.show(stored.card)
    prediction = predict_choices(stored.card, choices)
    _show_score(prediction, len(choices))
    _show_failures(prediction, choices)
    key = f"{question_of(stored.card_id)} {seat.interview.id}"
    options = {
        "yes": say("Yes, it represents me"),
        "partly": say("Partly"),
        "no": say("No, it does not"),
    }
    st.radio(
        say("Does this card represent you?"),
        list(options),
        index=None,
        format_func=options.__getitem__,
        key=key,
        horizontal=True,
    )
    st.text_area(
        say("Where does it fail, if it does? You need not answer."),
        key=f"where {key}",
        max_chars=2000,
    )

    def keep() -> None:
        chosen = session.typed(key)
        if chosen is None:
            st.toast(say("Choose an answer first."))
            return
        where = str(session.typed(f"where {key}")).strip()
        _keep(seat, {question_of(stored.card_id): _record(stored, prediction, chosen, where)})

    st.button(say("Save"), type="primary", key=f"save {key}", on_click=said(keep))


def _show_score(prediction: CardPrediction, n_choices: int) -> None:
    rate = prediction.hit_rate
    if rate is None:
        st.markdown(
            say("There is no choice of yours yet that this card could be tested on.")
            if not n_choices
            else say("The card says nothing about any of the choices that you made.")
        )
        return
    st.markdown(
        say(
            "From the card alone, {hits} of {n} of your choices could be told: {share} % (95 % "
            "interval {low} to {high} %). A coin would tell half of them.",
            hits=round(rate.value * rate.n),
            n=rate.n,
            share=f"{100 * rate.value:.0f}",
            low=f"{100 * rate.low:.0f}",
            high=f"{100 * rate.high:.0f}",
        )
    )
    if prediction.n_silent:
        card_view.note(
            say_number(
                "About {n} more the card says nothing.",
                "About {n} more the card says nothing.",
                prediction.n_silent,
            )
        )
    if prediction.beats_chance is None:
        card_view.note(say("That is too few to tell the card from a coin."))


def _show_failures(prediction: CardPrediction, choices: list[HeldOutChoice]) -> None:
    by_name = {choice.id: choice for choice in choices}
    if not prediction.failed:
        return
    with st.expander(say("Where your choices went another way than the card tells")):
        for name in prediction.failed[:N_FAILURES]:
            choice = by_name[name]
            chosen, other = (choice.first, choice.second)
            if not choice.chose_first:
                chosen, other = other, chosen
            with st.container(border=True):
                card_view.note(say("You chose"))
                card_view.show_words(chosen)
                card_view.note(say("rather than"))
                card_view.show_words(other)


def _record(
    stored: StoredCard, prediction: CardPrediction, chosen: str, where: str
) -> dict[str, Any]:
    """What is kept: the answer, and the score that the person saw when giving it."""
    rate = prediction.hit_rate
    return {
        "said": chosen,
        "where": where,
        "revision": stored.revision,
        "n": 0 if rate is None else rate.n,
        "hit_rate": None if rate is None else rate.value,
        "n_silent": prediction.n_silent,
        "failed": list(prediction.failed[:N_FAILURES]),
    }


def _chosen(seat: Seat, answers: Mapping[str, Any]) -> list[HeldOutChoice]:
    return [
        HeldOutChoice(v.id, v.first, v.second, answers[_name(v)]["chose"] == "first", v.case_id)
        for v in seat.settings.vignettes
        if _name(v) in answers
    ]


def _name(vignette: Vignette) -> str:
    return f"vignette {vignette.id}"


def _order(seat: Seat, vignette: Vignette) -> tuple[str, str]:
    """Which way stands left: by chance over people and vignettes, the same for one of each."""
    drawn = hashlib.sha256(f"{seat.here.person.id}\0{vignette.id}".encode()).digest()[0] % 2
    return ("second", "first") if drawn else ("first", "second")


def _choose(seat: Seat, vignette: Vignette, chose: str) -> None:
    _keep(seat, {_name(vignette): {"chose": chose, "left": _order(seat, vignette)[0]}})


def _keep(seat: Seat, answers: Mapping[str, Any]) -> None:
    surveys.answer(seat.here.db, seat.study.id, seat.here.person.id, answers, datetime.now(UTC))
