"""One case of the queue: a blind second opinion first, then what others said, then a word on it."""

from datetime import UTC, datetime
from functools import partial
from html import escape

import numpy as np
import streamlit as st

from core.adjudication import AdjudicationError, Disagreement, Resolution, Verdict
from core.judgment import ChoiceSet, ItemOutcome, Outcome, Presentation
from core.study import Study
from storage import judgments, resolutions
from storage.judgments import Answer
from storage.presentations import set_id
from storage.shown_texts import Text, texts_of
from ui import chart_with_data, session
from ui.judging.content import html_of
from ui.sentences import said

WORDS = {
    Outcome.LEFT: "Left is better",
    Outcome.RIGHT: "Right is better",
    Outcome.TIE: "Tie",
    Outcome.BOTH_BAD: "Both bad",
    Outcome.INCOMPARABLE: "Cannot be ranked",
}
OF_ITEMS = {
    ItemOutcome.FIRST: "A is better",
    ItemOutcome.SECOND: "B is better",
    ItemOutcome.TIE: "tie",
    ItemOutcome.BOTH_BAD: "both bad",
    ItemOutcome.INCOMPARABLE: "cannot be ranked",
    ItemOutcome.SKIPPED: "skipped",
}
#: Long texts, of so many characters, scroll inside a box of this height, in pixels.
LONG, HEIGHT = 1_500, 480


def show(here: session.Here, study: Study, items: ChoiceSet, why: str) -> None:
    """Nothing of what others said is on the page until one has said something, or wants to see."""
    key = set_id(items)
    waiting: Presentation | None = session.kept(f"opinion on {key}", None)
    if resolutions.has_judged(here.db, study.id, items, here.person.id) or session.kept(
        f"seen {key}", first=False
    ):
        _show_answers(here, study, items, why)
        _show_resolution(here, study, items)
    elif waiting is None:
        _offer(here, study, items)
    else:
        _ask(here, study, waiting)


def _offer(here: session.Here, study: Study, items: ChoiceSet) -> None:
    st.caption(
        "Judge it yourself first, without seeing what others said: then your answer is evidence. "
        "It is kept beside the others' answers and counts for neither agreement nor fits."
    )
    one, other = st.columns(2)
    one.button(
        "Give a second opinion",
        type="primary",
        on_click=said(lambda: _begin(here, study, items)),
    )
    other.button(
        "See the answers without one",
        on_click=lambda: session.keep(f"seen {set_id(items)}", value=True),
    )


def _begin(here: session.Here, study: Study, items: ChoiceSet) -> None:
    shown = resolutions.ask(
        here.db,
        study,
        items,
        here.person.id,
        now=datetime.now(UTC),
        rng=np.random.default_rng(),
    )
    session.keep(f"opinion on {set_id(items)}", shown)


def _ask(here: session.Here, study: Study, shown: Presentation) -> None:
    """The pair as an annotator sees it, with plain buttons."""
    st.markdown(f"**{escape(study.settings.question)}**")
    _show_texts(here, shown, ("Left", "Right"))
    allowed = [outcome for outcome in WORDS if outcome in study.settings.allowed]
    for column, outcome in zip(st.columns(len(allowed)), allowed, strict=True):
        column.button(
            WORDS[outcome],
            key=f"opinion {outcome}",
            on_click=said(partial(_answer, here, study, shown, outcome)),
            width="stretch",
        )


def _answer(here: session.Here, study: Study, shown: Presentation, outcome: Outcome) -> None:
    judgments.add(here.db, here.person.id, Answer(shown.id, outcome), study, datetime.now(UTC))
    session.keep(f"opinion on {set_id(shown.items)}", None)


def _show_texts(here: session.Here, shown: Presentation, names: tuple[str, str]) -> None:
    texts = texts_of(here.db, shown)
    if texts.prompt.content:
        _show_text("Prompt", texts.prompt)
    for column, name, text in zip(st.columns(2), names, texts.items, strict=True):
        with column:
            _show_text(name, text)


def _show_text(name: str, text: Text) -> None:
    st.markdown(f"**{name}**")
    with st.container(border=True, height=HEIGHT if len(text.content) > LONG else "content"):
        st.html(html_of(text.content, text.kind))


def _show_answers(here: session.Here, study: Study, items: ChoiceSet, why: str) -> None:
    st.caption(f"In the queue because {why}.")
    _show_texts(here, _in_order(study, items), ("A", "B"))
    given = resolutions.given(here.db, study.id, items)
    seconds = resolutions.opinions(here.db, study.id, items)
    chart_with_data.table(
        {
            "who": [one.by for one in (*given, *seconds)],
            "said": [OF_ITEMS[one.outcome] for one in (*given, *seconds)],
            "as": ["annotator"] * len(given) + ["second opinion"] * len(seconds),
            "reason": [one.reason for one in (*given, *seconds)],
        },
        name="answers about the pair",
        whole=True,
    )


def _in_order(study: Study, items: ChoiceSet) -> Presentation:
    """The items as they are sorted; nothing is shown to anybody to be judged."""
    return Presentation(
        "", study.id, study.version, "", items, items, -1, 0, "", "", None, datetime.now(UTC)
    )


def _show_resolution(here: session.Here, study: Study, items: ChoiceSet) -> None:
    st.header("What do you conclude?", anchor=False)
    key = set_id(items)
    left, right = st.columns(2)
    verdict = left.radio(  # nothing is chosen beforehand, as that would be chosen most
        "Verdict",
        list(Verdict),
        index=None,
        format_func=lambda v: v.value.capitalize(),
        key=f"verdict {key}",
    )
    outcomes = [o for o in OF_ITEMS if o is not ItemOutcome.SKIPPED]
    left.selectbox(
        "The answer that holds",
        outcomes,
        index=None,
        format_func=OF_ITEMS.__getitem__,
        key=f"outcome {key}",
        disabled=verdict is not Verdict.DECIDED,
    )
    right.radio(
        "What kind of disagreement is it?",
        list(Disagreement),
        index=None,
        format_func=lambda kind: kind.value.capitalize(),
        key=f"kind {key}",
    )
    st.text_area("Reason", key=f"reason {key}", max_chars=2000, help="What decided, in a sentence.")
    st.button(
        "Save the conclusion", type="primary", on_click=said(lambda: _resolve(here, study, key))
    )


def _resolve(here: session.Here, study: Study, key: str) -> None:
    verdict, kind = (session.typed(f"{name} {key}") for name in ("verdict", "kind"))
    if verdict is None or kind is None:
        raise AdjudicationError("Choose a verdict and the kind of disagreement, then save again.")
    outcome = session.typed(f"outcome {key}") if verdict is Verdict.DECIDED else None
    resolution = Resolution(
        unit=key,
        by=here.person.id,
        at=datetime.now(UTC),
        verdict=verdict,
        outcome=outcome,
        kind=kind,
        reason=str(session.typed(f"reason {key}")),
    )
    resolutions.add(here.db, study.id, resolution)
    st.toast("Saved. The judgments stay as they are.", icon=":material/check:")
