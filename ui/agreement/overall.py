"""Part of the page Agreement: all coefficients about all answers, and what they are like."""

from datetime import UTC, datetime, timedelta

import numpy as np
import streamlit as st

from core.agreement import (
    PUBLISHED,
    Agreement,
    AgreementReport,
    Coefficient,
    Interval,
    Scale,
    agreement_bands,
)
from core.estimates import Estimate, NotDeterminedError
from core.study import Study
from storage.answers import Answers
from ui import chart_with_data, interval_charts
from ui.figures import count, moment, said, source
from workbench import dashboards

NAMES = {
    Coefficient.PERCENT: "Raw agreement",
    Coefficient.COHEN: "Cohen's kappa",
    Coefficient.FLEISS: "Fleiss' kappa",
    Coefficient.KRIPPENDORFF: "Krippendorff's alpha",
    Coefficient.GWET: "Gwet's AC1 / AC2",
}
MEANINGS = {
    Coefficient.PERCENT: "how often two people who judged the same pair said the same",
    Coefficient.COHEN: "beyond chance, each two people by their own habits, averaged",
    Coefficient.FLEISS: "beyond chance, all people by common habits",
    Coefficient.KRIPPENDORFF: "beyond chance, any number of people a pair, missing answers allowed",
    Coefficient.GWET: "beyond chance, less moved by how rare an answer is",
}
INTERVALS: dict[Interval, str] = {
    "by_pair": "other pairs",
    "by_annotator": "other people",
    "by_both": "both",
}
DRAWN: dict[Interval, str] = {
    "by_pair_drawn": "other pairs, bootstrap",
    "by_annotator_drawn": "other people, bootstrap",
}


def show_overall(given: Answers, study: Study, scale: Scale, n_rounds: int) -> None:
    """Say how far people who judged the same pair agree, of the items and not of the sides."""
    rated = dashboards.rated(given, study, scale)
    try:
        report = dashboards.agreement(rated, n_rounds)
    except NotDeterminedError as error:
        st.info(str(error))
        return
    _show_metrics(report)
    _show_all(report)
    _show_bands(report, scale)
    st.caption(_source(given, report, scale, study))


def _show_metrics(report: AgreementReport) -> None:
    columns = st.columns(2)
    for column, which in zip(columns, (Coefficient.PERCENT, Coefficient.KRIPPENDORFF), strict=True):
        found = report.found.get(which)
        if found is None:
            column.info(report.not_determined[which])
            continue
        value = f"{found.value:.1%}" if which is Coefficient.PERCENT else f"{found.value:.3f}"
        column.metric(NAMES[which], value, border=True)
        chance = "" if which is Coefficient.PERCENT else ", 0 is chance"
        column.caption(f"{said(found.by_both)}: {MEANINGS[which]}. 1 is perfect{chance}.")
    alpha = report.found.get(Coefficient.KRIPPENDORFF)
    if alpha is not None:
        st.markdown(advice(alpha.by_both))


def advice(alpha: Estimate) -> str:
    """What to do about agreement beyond chance."""
    if not np.isfinite(alpha.low):
        return (
            "**Too few people or pairs for an interval.** Let more people judge the same pairs "
            "before anything is read into these figures."
        )
    if alpha.low > 0:
        return (
            "People agree more than chance would have it. Disagreement that is left is data: pairs "
            "may be close, or people may want different things. The page Review lists the pairs "
            "that divide people most."
        )
    return (
        "**No agreement beyond chance that these answers could show.** Read the guidelines with "
        "the eyes of an annotator, look at a few pairs that people disagree about (page Review), "
        "then judge more."
    )


def _show_all(report: AgreementReport) -> None:
    found = list(report.found.values())
    labels = [NAMES[one.coefficient] for one in found]
    both = [one.by_both for one in found]
    figure = interval_charts.intervals(
        labels,
        *(np.array([getattr(one, end) for one in both]) for end in ("value", "low", "high")),
        title="agreement, 1 is perfect",
        line=0.0,
    )
    chart_with_data.draw(
        figure,
        _columns(found),
        name="agreement",
        says="0 is chance for all but raw agreement. Points are values, lines 95 % intervals for "
        "other pairs and other people together; "
        "an open circle has no interval. "
        + "; ".join(f"{label} {said(one)}" for label, one in zip(labels, both, strict=True))
        + ". The table also has intervals for other pairs and for other people alone.",
    )
    for which, why in report.not_determined.items():
        st.info(f"{NAMES[which]}: {why}")


def _columns(found: list[Agreement]) -> dict[str, list[str] | list[float] | list[int]]:
    columns: dict[str, list[str] | list[float] | list[int]] = {
        "coefficient": [NAMES[one.coefficient] for one in found],
        "value": [one.value for one in found],
    }
    parts = dict(INTERVALS)
    if any(one.by_pair_drawn is not None for one in found):
        parts |= DRAWN
    for name, words in parts.items():
        for end in ("low", "high"):
            columns[f"{words}: {end}"] = [getattr(getattr(one, name), end) for one in found]
    return columns | {
        "answers": [one.by_pair.n for one in found],
        "what it is": [MEANINGS[one.coefficient] for one in found],
    }


def _show_bands(report: AgreementReport, scale: Scale) -> None:
    """Where the figures stand among published ones; those are of plain answers."""
    if scale is not Scale.NOMINAL:
        return
    st.header("Among what others have found", anchor=False)
    for which, found in report.found.items():
        st.markdown(f"**{NAMES[which]}.** {agreement_bands(which, found.by_both).text}")
    with st.expander("The published figures"):
        columns = {
            "who": [figure.about for figure in PUBLISHED],
            "from": [f"{figure.low:.1%}" for figure in PUBLISHED],
            "to": [f"{figure.high:.1%}" for figure in PUBLISHED],
            "source": [figure.source for figure in PUBLISHED],
        }
        chart_with_data.table(columns, name="published agreement")
        st.caption(
            "Raw agreement on which of two answers is better. Questions, people and ties differ "
            "between these studies: a figure like yours is no proof that yours is in order."
        )


def _source(given: Answers, report: AgreementReport, scale: Scale, study: Study) -> str:
    inside = dashboards.within_overlap(given)
    newest = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=int(inside.day.max(initial=0)))
    left_out = (
        "“Both bad” and “cannot be ranked” are answers of their own"
        if scale is Scale.NOMINAL
        else "“Both bad” and “cannot be ranked” have no place on this scale and are left out"
    )
    return (
        f"n = {count(report.n_answers, 'answer', 'answers')} about "
        f"{count(report.n_units, 'pair', 'pairs')} that two or more of "
        f"{count(report.n_annotators, 'person', 'people')} judged, of {len(inside):,} that stood "
        f"on {moment(given.as_of)}, the newest of {newest:%Y-%m-%d}; settings "
        f"version {study.version}. Answers are said of the items, whichever side they stood on. "
        f"{left_out}; skipped pairs, repeats, gold and second opinions are not in it. Intervals "
        f"are 95 %, analytic; bootstrap with seed 0. {source('Agreement')}"
    )
