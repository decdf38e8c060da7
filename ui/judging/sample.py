"""One question as annotators see it, for the researcher who sets the study; it takes no answer."""

import streamlit as st

from core.answer_form import LIST_FORMS, AnswerForm, Form
from core.judgment import Outcome
from core.study import Study
from storage import asked_space
from storage.shown_texts import ShownTexts, Text
from ui import markdown, session
from ui.figures import count
from ui.judging.entries import described
from ui.judging.plain_buttons import show_texts
from ui.judging.plain_fields import choices_of
from ui.judging.words import outcome_name
from ui.sentences import plain

_LISTED = {
    Form.RANKING: "Annotators put these in an order, best first; several may share a place.",
    Form.BEST_WORST: "Annotators choose the best and the worst of these.",
}


def show(here: session.Here, study: Study) -> None:
    """Show the texts of the first question, and what can be answered."""
    found = asked_space.sample(here.db, study)
    if found is None:
        needed = count(study.settings.form.n_least, "item", "items")
        st.info(f"No question yet. Import at least {needed} under one prompt on the page Import.")
        return
    prompt, items = found
    shown = ShownTexts(
        Text(prompt.text, prompt.kind), tuple(Text(item.text, item.kind) for item in items)
    )
    st.html(f"<style>{markdown.stylesheet()}</style>")
    st.subheader(plain(study.settings.question), anchor=False)
    if study.settings.guidelines:
        with st.expander("Guidelines"):
            st.html(markdown.to_html(study.settings.guidelines))
    show_texts(described(study.settings, shown))
    _show_answers(study, len(items))


def _show_answers(study: Study, n_items: int) -> None:
    form = study.settings.form
    for name in form.aspects:
        st.markdown(f"**{plain(name)}**: left, tie or right")
    if form.kind in LIST_FORMS:
        st.markdown(_LISTED.get(form.kind) or _picks(form, n_items))
        labels = [outcome_name(o, form.kind) for o in study.settings.allowed[1:]]
    else:
        labels = [label for label, _, _ in choices_of(study.settings)]
        if Outcome.SKIPPED in study.settings.allowed:
            labels.append(outcome_name(Outcome.SKIPPED))
    row = st.container(horizontal=True)
    for label in labels:
        row.button(label, key=f"sample {label}", disabled=True)
    if form.chips:
        st.markdown(f"Reasons to tick: {', '.join(map(plain, form.chips))}")
    if form.sentence:
        st.markdown("And one sentence, if they like.")


def _picks(form: AnswerForm, n_items: int) -> str:
    return f"Annotators pick the best {min(form.picks, max(1, n_items - 1))} of these."
