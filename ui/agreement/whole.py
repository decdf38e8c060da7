"""The page Agreement: which answers are looked at and how, and then all its parts."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import streamlit as st

from core.agreement import Scale
from core.answer_form import Form
from core.study import Study
from storage.answers import Answers
from ui import session
from ui.agreement.overall import show_overall
from ui.agreement.parts import show_inside
from ui.agreement.person import show_people
from ui.figures import count
from workbench import dashboards

SCALES = {
    Scale.NOMINAL: "the same answer or not",
    Scale.ORDINAL: "in order: second – tie – first, with grades where they were asked",
    Scale.INTERVAL: "in equal steps: second – tie – first, with grades where they were asked",
}
NO_PAIRS = (
    "How far people agree is measured on judged pairs, and this study asks in another form. What "
    "is known of each person stands below: their known answers, repeats and pace."
)
EVENLY, ALL = "drawn evenly", "all"
#: With fewer pairs that two people judged, those drawn evenly say too little to begin with.
ENOUGH = 20


def show(here: session.Here, study: Study) -> None:
    """Ask how answers are to be looked at, then show agreement of all, inside parts, of people."""
    everything = dashboards.answers_of(here.workbench, study.id)
    kind = study.settings.form.kind
    if kind is not Form.PAIR and not len(dashboards.within_overlap(everything)):
        st.info(NO_PAIRS)
        show_people(here, study, everything)
        return
    evenly = _evenly(everything)
    given = dashboards.drawn_evenly(everything) if evenly else everything
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    scale = left.selectbox(
        "Two answers are held against each other", list(SCALES), format_func=SCALES.__getitem__
    )
    drawn = right.toggle(
        "Intervals by bootstrap too",
        help=f"{dashboards.BOOTSTRAP:,} rounds, beside the analytic ones; seconds more for a "
        "million answers.",
    )
    n_rounds = dashboards.BOOTSTRAP if drawn else 0
    with ThreadPoolExecutor(1) as pool:  # what stands below is worked out meanwhile
        pool.submit(dashboards.reports, here.workbench, study.id)
        show_overall(given, study, scale, n_rounds)
        show_inside(here, study, given, scale, n_rounds, evenly=evenly)
    show_people(here, study, given)


def _evenly(everything: Answers) -> bool:
    """Whether only answers about pairs that were drawn evenly are looked at."""
    inside = dashboards.within_overlap(everything)
    n_chosen = int((inside.evenly == 0).sum())
    if not n_chosen:
        return False
    even = dashboards.within_overlap(dashboards.drawn_evenly(everything))
    people = np.unique(even.unit, return_counts=True)[1]
    enough = int((people > 1).sum()) >= ENOUGH
    chosen = st.segmented_control(
        "Answers about pairs", [EVENLY, ALL], default=EVENLY if enough else ALL, required=True
    )
    st.caption(
        f"{count(n_chosen, 'answer is', 'answers are')} about pairs that a policy chose for what "
        f"they teach, of {len(inside):,}: mostly close ones, about which people agree less. "
        + (
            "They are left out here, so that the figures stand for all pairs."
            if chosen == EVENLY
            else "With them the figures are of these pairs, and lower than those of all pairs."
        )
    )
    return chosen == EVENLY
