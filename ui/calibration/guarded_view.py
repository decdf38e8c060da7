"""Part of the page Calibration: whether choosing among fits has fooled anybody, and how often."""

from datetime import UTC, datetime

import streamlit as st

from core.uncertainty.guarded import BUDGET
from storage.fits import Fit
from storage.guarded_looks import TakenLook
from ui import chart_with_data, session
from ui.calibration.section import Report
from ui.figures import count, said, source
from ui.sentences import said as said_if_refused
from workbench import guarded

MODELS = {"bradley_terry": "Bradley-Terry", "general_preference": "General model"}


def show(here: session.Here, fit: Fit, figures: Report) -> None:
    """Say what the hold-out has said of this fit, how often it was asked, and what is left.

    Parameters
    ----------
    figures : mapping
        How many pairs are set aside, and the accuracy that the pages show. What the hold-out would
        say is not among them.
    """
    state = guarded.state(here.workbench, fit.study_id)
    _show_count(state)
    for model, name in MODELS.items():
        training = figures["training"][model]
        look = state.of(fit.id, model)
        if look is not None:
            st.markdown(_answer(name, look, training, figures["n_pairs"]))
        elif state.budget_left > 0:
            st.button(
                f"{name}: ask about this fit",
                key=f"ask the guard about {model} of {fit.id}",
                on_click=said_if_refused(lambda model=model: _ask(here, fit, model)),  # type: ignore[misc]
                icon=":material/visibility:",
            )
    st.caption(
        f"{figures['share']:.0%} of the pairs are set aside by a hash of their names: n = "
        f"{figures['n_pairs']:,} pairs, {figures['n_judgments']:,} judgments that decide for an "
        "item. No figure of a model on any page is made from them. The figure is accuracy, every "
        "pair counting once. Asking counts for everybody; asking again about the same fit does "
        "not, and gets the same answer. Ask when you have decided between fits, not to decide: "
        "each answer that is read from the hold-out tells a little of what is in it. "
        + source("A hold-out that is looked at again and again")
    )
    if figures["n_fits_before"]:
        st.warning(
            f"{count(figures['n_fits_before'], 'earlier fit', 'earlier fits')} of this study set "
            "fewer pairs aside: figures have shown some of these before, and the hold-out is only "
            "as good as what was judged since."
        )
    if state.looks:
        _show_looks(state)


def _show_count(state: guarded.State) -> None:
    left, right = st.columns(2)
    left.metric("Looks taken", f"{len(state.looks):,}", border=True)
    left.caption("by everybody, at all fits of this study")
    right.metric("Disagreements left", f"{state.budget_left}", border=True)
    right.caption(
        f"of {BUDGET}; {state.n_disagreed} used. "
        + (
            "The hold-out is spent: what it says now would be learned by heart. Collect judgments "
            "of new pairs in a new study for a fresh one."
            if state.budget_left < 1
            else "Each answer that is read from the hold-out uses one."
        )
    )


def _answer(name: str, look: TakenLook, training: Report, n_pairs: int) -> str:
    hold_out = guarded.State(()).hold_out(n_pairs)
    shown = f"{name}, look {look.number}: the pages show {said(dict(training))}."
    if not look.from_hold_out:
        return (
            f"{shown} **The hold-out does not contradict it**: {look.answer:.3f} stands. It speaks "
            f"when it is off by more than about {hold_out.threshold:.2f}, and more surely the "
            "further off. Use the figures of the pages."
        )
    low, high = look.answer - hold_out.reach, look.answer + hold_out.reach
    read = f"{look.answer:.3f} ({max(low, 0):.3f} to {min(high, 1):.3f})"
    if low <= look.training <= high:
        return (
            f"{shown} **Read from the hold-out: {read}**, noise included, which agrees with the "
            "pages. In more than a fifth of the looks it is read by chance alone; that is what "
            "keeps it honest."
        )
    way = "too good" if look.training > look.answer else "too bad"
    return (
        f"{shown} **Read from the hold-out: {read}**, noise included. The pages are {way}: believe "
        "this one. Where fits were chosen by their figures, take the simplest of those that were "
        "about as good, or judge more pairs."
    )


def _show_looks(state: guarded.State) -> None:
    with st.expander(count(len(state.looks), "look", "looks")):
        chart_with_data.table(
            {
                "look": [look.number for look in state.looks],
                "when": [f"{look.looked_at:%Y-%m-%d %H:%M} UTC" for look in state.looks],
                "who": [look.looked_by or "" for look in state.looks],
                "fit": [look.fit_id for look in state.looks],
                "model": [MODELS[look.model] for look in state.looks],
                "the pages showed": [look.training for look in state.looks],
                "answer": [look.answer for look in state.looks],
                "from the hold-out": ["yes" if x.from_hold_out else "no" for x in state.looks],
                "pairs": [look.n_pairs for look in state.looks],
            },
            name="looks at the guarded hold-out",
        )


def _ask(here: session.Here, fit: Fit, model: str) -> None:
    guarded.look(here.workbench, fit, model, by=here.person.id, now=datetime.now(UTC))
