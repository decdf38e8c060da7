"""Part of the page Agreement: whom to look at, and the report of one annotator."""

import numpy as np
import streamlit as st

from core.annotator_report import AnnotatorReports, Line, Measure
from core.estimates import NotDeterminedError
from core.p_values import p_is
from core.study import Study
from storage import answers
from storage.answers import Answers
from ui import annotators_view, chart_with_data, session
from ui.agreement import without
from ui.figures import count, said, source
from ui.sentences import if_known, plain
from workbench import dashboards, results

SHARES = frozenset(
    {
        Measure.OTHERS,
        Measure.GOLD,
        Measure.SELF_CONSISTENCY,
        Measure.SIDE,
        Measure.TOO_FAST,
        Measure.RUSHED,
    }
)
#: What each figure is, and what it may come from besides carelessness.
MEANINGS = {
    Measure.OTHERS: "share of the others who said the same of the same pair. Tastes of their own "
    "lower it too",
    Measure.CONSENSUS: "1: always the item that others hold better; 0: as if not looking; below 0: "
    "the wrong way round",
    Measure.MODEL: "how clearly answers follow the common strengths: 1 average, 0 as if not "
    "looking, below 0 the wrong way round",
    Measure.GOLD: "questions whose answer is known; of orders, the share of pairs put as known, "
    "where guessing gets one half. Wrong gold lowers it for everybody",
    Measure.SELF_CONSISTENCY: "own earlier pairs, asked again with the sides swapped. Close pairs "
    "are coin flips for honest people",
    Measure.SIDE: "of answers that chose a side. Sides are drawn, so that one half is right",
    Measure.STREAK: "the longest run of one answer on the screen, beside what it is in 95 % of "
    "cases if each answer is given as often, by lot",
    Measure.TURNS: "below 1: the same side for long; near 2: left and right in turn",
    Measure.ENTROPY: "how evenly answers spread over the screen, bits; 0: always the same. For "
    "reading only",
    Measure.SECONDS: "seconds from the pair being painted to the answer. For reading only",
    Measure.PACE: "over the time that reading both items takes at 238 words a minute; prompts are "
    "not counted. For reading only",
    Measure.TOO_FAST: "faster than a third of the reading time. Who knows the texts is fast too",
    Measure.RUSHED: "of own answers. For reading only",
    Measure.DRIFT: "below 0: less agreement later. Other pairs and new guidelines do that too",
}
OPENS_A_REVIEW = (
    "A flag opens a review, never an exclusion: read some of the answers, ask the person how they "
    "understood the question, and decide then. All answers are kept and counted."
)


def show_people(here: session.Here, study: Study, compared: Answers) -> None:
    """Say whom to look at, then everything about one person.

    Parameters
    ----------
    compared : Answers
        What agreement with and without a person is made from.
    """
    st.header("One annotator", anchor=False)
    try:
        given, reports = dashboards.reports(here.workbench, study.id)
    except NotDeterminedError as error:
        st.info(str(error))
        return
    _show_flagged(given, reports)
    place = _chosen(given, reports)
    _show_report(given, reports, place)
    without.show(here, study, compared, int(reports.annotators[place]))
    _show_model(here, study)


def _show_flagged(given: Answers, reports: AnnotatorReports) -> None:
    flags = reports.flags
    tested = int((~np.isnan(flags.p_value)).sum())
    order = np.lexsort((-reports.n_judgments, np.nan_to_num(flags.p_value, nan=2.0)))
    order = order[flags.flagged[order]]
    people = count(len(reports.annotators), "annotator", "annotators")
    if not len(order):
        st.markdown(f"**Nobody to look at** among {tested:,} of {people} who judged enough to say.")
        return
    st.markdown(f"**{len(order)} to look at** among {tested:,} of {people}. {OPENS_A_REVIEW}")
    chart_with_data.table(
        {
            "annotator": [given.annotators[reports.annotators[i]] for i in order],
            "judgments": reports.n_judgments[order].tolist(),
            "p": flags.p_value[order].tolist(),
            "why": [", ".join(flags.reasons[i]) or "all tests together" for i in order],
        },
        name="annotators to look at",
    )
    st.caption(
        "Tests are put together for each annotator (weighted Bonferroni), then chosen over all of "
        "them (Benjamini and Hochberg, 5 %): on average at most one flag in twenty is a false "
        "alarm, as far as honest people are alike. Who judged fewer than 20 pairs is not tested. "
        + source("Whom to look at")
    )


def _chosen(given: Answers, reports: AnnotatorReports) -> int:
    """The place in the reports of whom the admin looks at; flagged ones first."""
    order = np.lexsort((-reports.n_judgments, ~reports.flags.flagged)).tolist()

    def named(place: int) -> str:
        flag = " · to look at" if reports.flags.flagged[place] else ""
        n = count(int(reports.n_judgments[place]), "judgment", "judgments")
        return f"{given.annotators[reports.annotators[place]]} · {n}{flag}"

    place: int = st.selectbox("Annotator", order, format_func=named)
    return place


def _show_report(given: Answers, reports: AnnotatorReports, place: int) -> None:
    number = int(reports.annotators[place])
    lines = reports.lines(number)
    flagged = bool(reports.flags.flagged[place])
    p_value = float(reports.flags.p_value[place])
    name = plain(given.annotators[number])
    if flagged:
        why = ", ".join(reports.flags.reasons[place]) or "all tests together"
        st.warning(f"{name} should be looked at: {why}. {OPENS_A_REVIEW}")
    elif np.isnan(p_value):
        st.info(f"{name} has judged too little to be tested: 20 judgments are needed.")
    else:
        st.success(f"Nothing about {name} is beyond what chance does among so many people.")
    chart_with_data.table(
        {
            "figure": [line.measure.value for line in lines],
            "value (95 % interval)": [_said(line) for line in lines],
            "answers": [line.estimate.n for line in lines],
            "tested": [_tested(line) for line in lines],
        },
        name="annotator",
        whole=True,
    )
    with st.expander("What each figure is"):
        for line in lines:
            st.markdown(f"**{line.measure.value.capitalize()}:** {MEANINGS[line.measure]}.")
    missing = [m.value for m in Measure if m not in {line.measure for line in lines}]
    if missing:
        st.caption(f"Not known of this person: {', '.join(missing)}.")
    st.caption(("" if flagged else f"{OPENS_A_REVIEW} ") + source("One annotator's report"))


def _said(line: Line) -> str:
    estimate = line.estimate
    if line.measure is Measure.STREAK:
        return f"{estimate.value:.0f} (by chance {estimate.low:.0f} to {estimate.high:.0f})"
    if line.measure in SHARES and np.isfinite([estimate.low, estimate.high]).all():
        return f"{estimate.value:.0%} ({estimate.low:.0%} to {estimate.high:.0%})"
    return said(estimate, 2)


def _tested(line: Line) -> str:
    if line.p_value is None:
        return "no"
    return p_is(line.p_value).replace(" ", "\N{NO-BREAK SPACE}") + (
        " · a reason to look" if line.is_reason else ""
    )


@if_known
def _show_model(here: session.Here, study: Study) -> None:
    """What the model that knows annotators says of all of them, by the newest fit."""
    result = results.latest(here.workbench, study.id)
    if result is None or result.annotators is None:
        st.header("All annotators in the model", anchor=False)
        st.info("The next finished fit will say how annotators differ.")
        return
    model, ids = result.annotators
    names = answers.names(here.db, ids)
    annotators_view.show(model, result.fit.figures["annotators"], dict(enumerate(names)))
