"""Part of the page Agreement: what is left of agreement and strengths without one person."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.agreement import Coefficient, Scale, Without
from core.estimates import NotDeterminedError
from core.study import Study
from storage import studies
from storage.answers import Answers
from ui import chart_with_data, session
from ui.agreement.overall import NAMES
from ui.figures import count, label, said, source
from ui.sentences import if_known, plain
from workbench import dashboards, results

Report = Mapping[str, Any]
HEADING = "With and without somebody"


def show(here: session.Here, study: Study, given: Answers, annotator: int) -> None:
    """Hold agreement and strengths with this person against those without."""
    st.subheader("With and without this person", anchor=False)
    _show_agreement(given, study, annotator)
    _show_strengths(here, study, given.annotator_ids[annotator])


def _show_agreement(given: Answers, study: Study, annotator: int) -> None:
    rated = dashboards.rated(given, study, Scale.NOMINAL)
    try:
        everybody = dashboards.agreement(rated).found
    except NotDeterminedError as error:
        st.info(str(error))
        return
    without = dashboards.without(rated, annotator)
    both = [which for which in without if which in everybody]
    if not both:
        st.info("Without this person no two people have judged the same pair.")
        return
    chart_with_data.table(
        {
            "coefficient": [NAMES[which] for which in both],
            "everybody": [said(everybody[which].by_pair) for which in both],
            "without": [f"{without[which].value:.3f}" for which in both],
            "change": [said(without[which].change, 4) for which in both],
            "answers": [everybody[which].by_pair.n for which in both],
            "answers without": [without[which].change.n for which in both],
        },
        name="with and without",
    )
    st.caption(
        f"{_change(without)} Intervals are 95 %, for other pairs judged by these people; both "
        "columns share most of their answers, so that the change is surer than either. This is a "
        f"question, not an action: nobody's answers are taken out. {source(HEADING)}"
    )


def _change(without: Mapping[Coefficient, Without]) -> str:
    """What leaving the person out does to agreement, in words."""
    found = without.get(Coefficient.KRIPPENDORFF)
    if found is None:
        return "Agreement beyond chance is not determined."
    if found.change.low <= 0 <= found.change.high:
        return "Without this person people agree no more and no less, as far as these pairs say."
    better = "more" if found.change.value > 0 else "less"
    return f"Without this person the others agree {better} than with."


@if_known
def _show_strengths(here: session.Here, study: Study, annotator_id: str) -> None:
    """What leaving the person out does to the strengths of the newest fit."""
    result = results.latest(here.workbench, study.id)
    if result is None:
        st.info("The next finished fit will say what strengths are without this person.")
        return
    found = results.without_each(here.workbench, result)
    if found is None or "why_not" in found:
        st.info(plain(found["why_not"]) if found else "Fit again to see strengths without them.")
        return
    person = found["people"].get(annotator_id)
    if person is None:
        n_left_out = count(found["n_left_out"], "person", "people")
        st.info(
            f"The newest fit has left out {n_left_out} in turn, those to look at and those who "
            f"judged most; this person is not among them, of {found['n_people']:,} in all."
        )
    elif "why_not" in person:
        st.info(plain(person["why_not"]))
    else:
        _show_moves(here, study, person)


def _show_moves(here: session.Here, study: Study, person: Report) -> None:
    st.markdown(_moves(person) + _tops(person))
    texts = {item.id: item.text for item in studies.items(here.db, study.id)}
    rows = person["items"]
    chart_with_data.table(
        {
            "item": [label(row["item"], texts.get(row["item"], ""), 40) for row in rows],
            "everybody": [_with_reach(row["everybody"], row["reach"]) for row in rows],
            "without": [f"{row['without']:.2f}" for row in rows],
            "change": [said(row["change"], 2) for row in rows],
            "of half an interval": [_share(row) for row in rows],
            "rank": [f"{row['ranks'][0]} → {row['ranks'][1]}" for row in rows],
        },
        name="strengths with and without",
        whole=True,
    )
    st.caption(
        f"The {len(rows)} items that move most, of {person['n_items']:,}; "
        f"{count(person['n'], 'answer', 'answers')} "
        "of this person are left out, from a fit with the same prior. Where the interval of a "
        "change holds zero, leaving out anybody of the same taste might do as much. "
        + (
            f"{count(person['n_apart'], 'item is', 'items are')} left out here, since without "
            "this person other items are connected with them. "
            if person["n_apart"]
            else ""
        )
        + "Nobody's answers are taken out of any fit by this. "
        + source(HEADING)
    )


def _moves(person: Report) -> str:
    half = f"Half of the items move by less than {person['share_of_interval']:.0%} of half their "
    half += "interval. "
    if person["n_moved"] is None:
        return half + "Fit again to see whether that is more than chance. "  # a fit of before
    if person["n_moved"] == 0:
        return half + "**No item moves by more than leaving out anybody of the same taste does.** "
    moved = count(person["n_moved"], "item moves", "items move")
    return half + (
        f"**{moved} by more than leaving out anybody of the same taste does**: this person sees "
        "them otherwise, or did not look. Read these answers before you conclude. "
    )


def _tops(person: Report) -> str:
    turned = f"{person['n_reversed']:,} of {person['n_pairs']:,} pairs of items turn round. "
    if not person["n_tops"]:
        return turned + "The first item stays the first in every prompt."
    named = "; ".join(f"{plain(one)} gives way to {plain(other)}" for one, other in person["tops"])
    more = " …" if person["n_tops"] > len(person["tops"]) else ""
    return (
        turned + f"**The first item changes in {person['n_tops']:,} of {person['n_groups']:,} "
        f"groups:** {named}{more}."
    )


def _with_reach(value: float, reach: float) -> str:
    return said({"value": value, "low": value - reach, "high": value + reach}, 2)


def _share(row: Report) -> str:
    return f"{abs(row['change']['value']) / row['reach']:.0%}" if row["reach"] else ""
