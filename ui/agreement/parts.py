"""Part of the page Agreement: the same by aspect, prompt, cohort, week, and two people."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import streamlit as st

from core.agreement import Coefficient, GroupAgreement, Scale
from core.estimates import NotDeterminedError
from core.judgment import Floats, Indices
from core.study import Study
from storage import studies
from storage.answers import Answers
from ui import chart_with_data, interval_charts, session
from ui.agreement.overall import DRAWN, INTERVALS, NAMES
from ui.figures import count, label
from ui.sentences import plain
from workbench import dashboards
from workbench.dashboards import Wanted

ASPECT, PROMPT, COHORT, WEEK, TWO = "aspect", "prompt", "cohort", "week", "two people"
#: In a chart; the table has all.
MAX_SHOWN = 30
NOTHING = {
    ASPECT: "No aspect was judged. Add aspects to the form on the page Studies.",
    COHORT: "Nobody of a cohort that is large enough to be shown has answered. Put people into "
    "cohorts on the page Studies, under People.",
}
ADVICE = {
    TWO: "Two people who agree less than the others may want different things, or one of them may "
    "not look: the reports below tell.",
}
READ = "Read some of its pairs before you change the question or the guidelines."


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What is drawn: a coefficient of each part, its interval, and the columns beside it."""

    labels: Sequence[str]
    value: Floats
    low: Floats
    high: Floats
    n_answers: Indices
    n_units: Indices
    more: dict[str, Floats]
    about: str


def show_inside(
    here: session.Here,
    study: Study,
    given: Answers,
    scale: Scale,
    n_rounds: int,
    *,
    evenly: bool,
) -> None:
    """Say where people agree more and where less."""
    st.header("Where do people agree?", anchor=False)
    left, right = st.columns(2)
    by = left.selectbox("By", [PROMPT, ASPECT, COHORT, WEEK, TWO])
    if by == TWO:
        right.selectbox("Coefficient", [Coefficient.COHEN], format_func=NAMES.__getitem__)
        _show_twos(given, study, scale)
        return
    which = right.selectbox(
        "Coefficient",
        [Coefficient.KRIPPENDORFF, *(one for one in NAMES if one is not Coefficient.KRIPPENDORFF)],
        format_func=NAMES.__getitem__,
    )
    wanted = Wanted(which, scale, n_rounds, None if by == WEEK else MAX_SHOWN)
    found = _found(here, study, given, by, wanted, evenly=evenly)
    if found is None or not np.isfinite(found[1].value).any():
        st.info(NOTHING.get(by, "No pair has been judged by two people of one group yet."))
        return
    labels, drawn = found

    def with_all_intervals() -> Parts:
        """For the table: of many parts those intervals take seconds."""
        every = _found(here, study, given, by, Wanted(which, scale), evenly=evenly)
        return _parts(labels, drawn if every is None else every[1], drawn if n_rounds else None)

    _show(_parts(labels, drawn), with_all_intervals, by, which)


def _found(
    here: session.Here, study: Study, given: Answers, by: str, wanted: Wanted, *, evenly: bool
) -> tuple[Sequence[str], GroupAgreement] | None:
    """Names of the groups, and agreement inside each."""
    if by == ASPECT:
        return dashboards.agreement_by_aspect(here.workbench, study.id, wanted, evenly=evenly)
    if by == WEEK:
        inside = dashboards.agreement_inside(given, study, "week", wanted)
        return [day(number) for number in inside.group.tolist()], inside
    if by == COHORT:
        inside = dashboards.agreement_inside(given, study, "cohort", wanted)
        return [given.cohorts[number] for number in inside.group.tolist()], inside
    inside = dashboards.agreement_inside(given, study, "prompt", wanted)
    texts = studies.prompts(here.db, study.id)
    ids = [given.prompt_ids[number] for number in inside.group.tolist()]
    return [label(prompt, texts.get(prompt, "")) for prompt in ids], inside


def day(number: int) -> str:
    """A day by how many days after 1 January 1970 it is."""
    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()


def _order(value: Floats, by: str) -> Indices:
    """Parts that determine the coefficient: in the order of time, or the lowest first."""
    known = np.flatnonzero(np.isfinite(value))
    return known if by == WEEK else known[np.argsort(value[known], kind="stable")]


def _shown(order: Indices, by: str) -> Indices:
    return order if by == WEEK else order[:MAX_SHOWN]


def _parts(
    labels: Sequence[str], inside: GroupAgreement, drawn: GroupAgreement | None = None
) -> Parts:
    low, high = inside.interval("by_both")
    more: dict[str, Floats] = {}
    for name, words in INTERVALS.items():
        if name != "by_both":
            ends = inside.interval(name)
            more |= {f"{words}: {end}": ends[k] for k, end in enumerate(("low", "high"))}
    if drawn is not None:
        for name, words in DRAWN.items():
            ends = drawn.interval(name)
            more |= {f"{words}: {end}": ends[k] for k, end in enumerate(("low", "high"))}
    about = "for other pairs and other people together"
    return Parts(labels, inside.value, low, high, inside.n_answers, inside.n_units, more, about)


def _show_twos(given: Answers, study: Study, scale: Scale) -> None:
    """Cohen's kappa of every two people who share enough pairs."""
    try:
        found = dashboards.kappas(dashboards.rated(given, study, scale))
    except NotDeterminedError as error:
        st.info(str(error))
        return
    names = given.annotators
    parts = Parts(
        labels=[f"{names[a]} · {names[b]}" for a, b in zip(found.one, found.other, strict=True)],
        value=found.kappa,
        low=found.low,
        high=found.high,
        n_answers=2 * found.n_shared,
        n_units=found.n_shared,
        more={"raw agreement": found.percent},
        about="for other pairs judged by these two, in large samples",
    )
    if not np.isfinite(found.kappa).any():
        st.info("All who judged the same pairs gave the same one answer to all of them.")
        return
    _show(parts, lambda: parts, TWO, Coefficient.COHEN)


def _show(parts: Parts, whole: Callable[[], Parts], by: str, which: Coefficient) -> None:
    """Draw what is shown of the parts; `whole` is what the table has of all of them."""
    order = _order(parts.value, by)
    shown = _shown(order, by)
    names = [parts.labels[i] for i in shown]
    ends = parts.value[shown], parts.low[shown], parts.high[shown]
    if by == WEEK:
        figure = interval_charts.over_time(names, *ends, title=NAMES[which])
    else:
        figure = interval_charts.intervals(names, *ends, title=NAMES[which], line=0.0)
    says = _says(parts, order, by, which)
    chart_with_data.draw(
        figure, lambda: _columns(whole(), order, by), name=f"agreement by {by}", says=says
    )


def _columns(parts: Parts, order: Indices, by: str) -> dict[str, list[str] | list[float]]:
    numbers = {
        "value": parts.value,
        "low": parts.low,
        "high": parts.high,
        **parts.more,
        "answers": parts.n_answers,
        "pairs": parts.n_units,
    }
    columns: dict[str, list[str] | list[float]] = {by: [parts.labels[i] for i in order]}
    return columns | {name: column[order].tolist() for name, column in numbers.items()}


def _says(parts: Parts, order: Indices, by: str, which: Coefficient) -> str:
    first = "the newest last" if by == WEEK else "the lowest first"
    cut = ""
    if by != WEEK and len(order) > MAX_SHOWN:
        cut = f" The lowest {MAX_SHOWN} are drawn; the table has all."
    without = len(parts.labels) - len(order)
    missing = "" if not without else f" Of {without} more it is not determined."
    least = order[np.argmin(parts.value[order])]
    ends = parts.low[least], parts.high[least]
    interval = f"({ends[0]:.3f} to {ends[1]:.3f})" if np.isfinite(ends).all() else "(no interval)"
    of = "of" if by == TWO else "inside each"
    return (
        f"{NAMES[which]} {of} {by}, {first}, with 95 % intervals {parts.about}: "
        f"{count(len(order), 'part', 'parts')}, n = {int(parts.n_answers[order].sum()):,} "
        f"answers.{cut}{missing} An open circle has no interval. The lowest is "
        f"“{plain(parts.labels[least])}” with {parts.value[least]:.3f} {interval}; of many parts "
        "the lowest is low also by chance. "
        f"{ADVICE.get(by, READ)} Formula and source: docs/statistics.md, “Agreement”."
    )
