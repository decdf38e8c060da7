"""The parts of the page Agreement."""

import numpy as np
import streamlit as st

from core.agreement import CODES, krippendorff_alpha, raw_agreement
from core.estimates import Estimate, NotDeterminedError
from core.study import Study
from storage import answers
from storage.answers import OUTCOMES
from ui import annotators_view, session
from ui.figures import said
from workbench import results


def show(here: session.Here, study: Study) -> None:
    """Say how far people who judged the same pair agree, of the items and not of the sides."""
    given = answers.of_study(here.db, study.id)
    chosen = given.answered
    _, unit = np.unique(
        given.first[chosen] * len(given.items) + given.second[chosen], return_inverse=True
    )
    annotator = given.annotator[chosen]
    codes = np.array([CODES.get(outcome, -1) for outcome in OUTCOMES])
    category = codes[given.outcome[chosen]]
    try:
        raw = raw_agreement(unit, annotator, category)
        st.metric("Raw agreement", f"{raw.value:.1%}", border=True)
        st.caption(f"{said(raw)}: how often two people who judged the same pair said the same.")
        alpha = krippendorff_alpha(unit, annotator, category)
    except NotDeterminedError as error:
        st.info(str(error))
        return
    st.metric("Krippendorff's alpha", f"{alpha.value:.3f}", border=True)
    st.caption(f"{said(alpha)}: agreement beyond chance, 1 is perfect, 0 is chance.")
    st.markdown(_advice(alpha))
    st.caption(
        f"n = {alpha.n:,} answers about pairs that two or more people judged. Answers are said of "
        "the items, whichever side they stood on; “both bad” and “cannot be ranked” are "
        "answers of their own, skipped pairs are left out. Intervals are 95 %, by drawing pairs "
        "anew with replacement."
    )


def show_annotators(here: session.Here, study: Study) -> None:
    """Say how annotators differ, by the newest fit; nothing where there is none yet."""
    result = results.latest(here.workbench, study.id)
    if result is None or result.annotators is None:
        st.header("Annotators", anchor=False)
        st.info("The next finished fit will say how annotators differ.")
        return
    model, ids = result.annotators
    names = answers.names(here.db, ids)
    annotators_view.show(model, result.fit.figures["annotators"], dict(enumerate(names)))


def _advice(alpha: Estimate) -> str:
    if alpha.low > 0:
        return (
            "People agree more than chance would have it. Disagreement that is left is data: pairs "
            "may be close, or people may want different things."
        )
    return (
        "**No agreement beyond chance that these answers could show.** Read the guidelines with "
        "the eyes of an annotator, look at a few pairs that people disagree about, then judge more."
    )
