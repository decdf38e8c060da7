"""Part of the page Agreement: the same by aspect, prompt, cohort and week."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import streamlit as st

from core.agreement import Coefficient, GroupAgreement
from core.judgment import Indices
from core.study import Study
from storage import studies
from ui import chart_with_data, interval_charts, session
from ui.agreement.overall import NAMES
from ui.figures import label
from ui.sentences import plain
from workbench import dashboards

ASPECT, PROMPT, COHORT, WEEK = "aspect", "prompt", "cohort", "week"
#: In a chart; the table has all.
MAX_SHOWN = 30
NOTHING = {
    ASPECT: "No aspect was judged. Add aspects to the form on the page Studies.",
    COHORT: "Nobody of a cohort that is large enough to be shown has answered. Put people into "
    "cohorts on the page Studies, under People.",
}


def show_inside(here: session.Here, study: Study) -> None:
    """Say where people agree more and where less."""
    st.header("Where do people agree?", anchor=False)
    left, right = st.columns(2)
    by = left.selectbox("By", [PROMPT, ASPECT, COHORT, WEEK])
    which = right.selectbox(
        "Coefficient",
        [Coefficient.KRIPPENDORFF, Coefficient.PERCENT, Coefficient.FLEISS, Coefficient.GWET],
        format_func=NAMES.__getitem__,
    )
    found = _found(here, study, by, which)
    if found is None or not np.isfinite(found[1].value).any():
        st.info(NOTHING.get(by, "No pair has been judged by two people of one group yet."))
        return
    _show(*found, by, which)


def _found(
    here: session.Here, study: Study, by: str, which: Coefficient
) -> tuple[Sequence[str], GroupAgreement] | None:
    if by == ASPECT:
        return dashboards.agreement_by_aspect(here.workbench, study.id, which)
    given = dashboards.answers_of(here.workbench, study.id)
    if by == WEEK:
        inside = dashboards.agreement_inside(given, study, "week", which)
        return [day(number) for number in inside.group.tolist()], inside
    if by == COHORT:
        inside = dashboards.agreement_inside(given, study, "cohort", which)
        return [given.cohorts[number] for number in inside.group.tolist()], inside
    inside = dashboards.agreement_inside(given, study, "prompt", which)
    texts = studies.prompts(here.db, study.id)
    ids = [given.prompt_ids[number] for number in inside.group.tolist()]
    return [label(prompt, texts.get(prompt, "")) for prompt in ids], inside


def day(number: int) -> str:
    """A day by how many days after 1 January 1970 it is."""
    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()


def _show(labels: Sequence[str], inside: GroupAgreement, by: str, which: Coefficient) -> None:
    known = np.flatnonzero(np.isfinite(inside.value))
    order = known if by == WEEK else known[np.argsort(inside.value[known], kind="stable")]
    shown = order if by == WEEK else order[:MAX_SHOWN]
    names = [labels[i] for i in shown]
    value, low, high = (part[shown] for part in (inside.value, inside.low, inside.high))
    if by == WEEK:
        figure = interval_charts.over_time(names, value, low, high, title=NAMES[which])
    else:
        figure = interval_charts.intervals(names, value, low, high, title=NAMES[which], line=0.0)
    columns = {
        by: [labels[i] for i in order],
        "value": inside.value[order].tolist(),
        "low": inside.low[order].tolist(),
        "high": inside.high[order].tolist(),
        "answers": inside.n_answers[order].tolist(),
        "pairs": inside.n_units[order].tolist(),
    }
    chart_with_data.draw(
        figure, columns, name=f"agreement by {by}", says=_says(labels, inside, order, by, which)
    )


def _says(
    labels: Sequence[str], inside: GroupAgreement, order: Indices, by: str, which: Coefficient
) -> str:
    first = "the newest last" if by == WEEK else "the lowest first"
    cut = ""
    if by != WEEK and len(order) > MAX_SHOWN:
        cut = f" The lowest {MAX_SHOWN} are drawn; the table has all."
    without = len(labels) - len(order)
    missing = "" if not without else f" {without} more have no pair that two people judged."
    least = order[np.argmin(inside.value[order])]
    return (
        f"{NAMES[which]} inside each {by}, {first}, with 95 % intervals for other pairs judged by "
        f"the same people: {len(order):,} groups, n = {int(inside.n_answers[order].sum()):,} "
        f"answers.{cut}{missing} The lowest is “{plain(labels[least])}” with "
        f"{inside.value[least]:.3f} ({inside.low[least]:.3f} to {inside.high[least]:.3f}); of "
        "many groups the lowest is low also by chance. Read some of its pairs before you change "
        "the question or the guidelines."
    )
