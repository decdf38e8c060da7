"""Parts of the page Evaluation: what changed over time, and since the fit before."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ui import chart_with_data, interval_charts
from ui.figures import count, ends, said, source
from ui.sentences import plain

Report = Mapping[str, Any]


def show_changes(figures: Report) -> None:
    """Draw agreement by week, and name the days at which it changed."""
    points, weeks = figures["points"], figures["weeks"]
    for point in points:
        st.markdown(
            f"**{point['at']}** (between {point['from']} and {point['to']}): agreement went from "
            f"{said(point['before'])} to {said(point['after'])}. Find out what changed then: "
            "people, pairs or guidelines."
        )
    if not points:
        st.markdown("**No change of agreement** that these judgments could show. Nothing to do.")
    chart_with_data.draw(
        interval_charts.over_time(
            [one["week"] for one in weeks], *ends(weeks), title="share of two people who agree"
        ),
        {
            "week of": [one["week"] for one in weeks],
            "agreement": [one["value"] for one in weeks],
            "low": [one["low"] for one in weeks],
            "high": [one["high"] for one in weeks],
            "pairs": [one["n"] for one in weeks],
        },
        name="agreement over time",
        says=f"n = {count(figures['agreement']['n'], 'pair', 'pairs')} that two or more people "
        "judged, each at its "
        f"middle judgment; over all weeks {said(figures['agreement'])}, 95 % intervals. In at most "
        "5 % of studies without change one is found. Other pairs, other people and other "
        "guidelines look alike here. Formula and source: docs/statistics.md, “Changes over time”.",
    )


def show_previous(figures: Report) -> None:
    """Show how far strengths moved, and whether newer judgments contradict the older ones."""
    if "why_not_tested" in figures:
        st.info(plain(figures["why_not_tested"]))
    else:
        _show_tests(figures)
    rows = figures["as_seen"]
    if rows:
        st.markdown("How far all strengths of this fit lie from those of the fit before:")
        chart_with_data.table(
            {
                "prompt": [row["prompt"] for row in rows],
                "distance as seen": [row["distance"] for row in rows],
                "items": [row["n"] for row in rows],
            },
            name="distance to the fit before",
        )
    st.caption(
        f"This fit against `{figures['fit']}`, by prompt, the ten most judged: 0 is the same order "
        "and spacing, 1 the reverse. Both share judgments, so that this distance has no interval; "
        "it says how much a list made from them would change. "
        + source("How far two fits are apart")
    )


def show_cohorts_apart(figures: Report) -> None:
    """Show how far cohorts are apart, beside what people dealt anew would be."""
    rows = figures["pairs"]
    for row in rows:
        st.markdown(f"**{' and '.join(plain(name) for name in row['cohorts'])}.** {_apart(row)}")
    tested = [row for row in rows if "p_value" in row]
    if not tested:
        return
    chart_with_data.table(
        {
            "cohorts": [" / ".join(row["cohorts"]) for row in tested],
            "people": [" / ".join(str(n) for n in row["people"]) for row in tested],
            "distance": [_distance(row["distance"]) for row in tested],
            "as seen": [f"{row['as_seen']:.3f}" for row in tested],
            "by chance, as seen": [f"{row['by_chance']:.3f}" for row in tested],
            "p": [row["p_value"] for row in tested],
            "items": [row["n_items"] for row in tested],
            "judgments": [row["n_judgments"] for row in tested],
        },
        name="distance between cohorts",
        whole=True,
    )
    others = figures["n_others"]
    st.caption(
        "Strengths fitted to each cohort by itself under one prior, without what chance in its "
        "judgments and people adds: 0 is the same order and spacing, 1 the reverse; 95 % "
        f"intervals for other people. p: how often people of both, dealt anew {figures['n_rounds']}"
        " times into groups of these sizes, are as far apart; so that it does not take for a "
        "cohort's what is one person's taste. Of the cohorts said to differ at most 5 % do not, "
        "on average. "
        + (
            f"{count(others, 'smaller cohort is', 'smaller cohorts are')} left out. "
            if others
            else ""
        )
        + source("How far two fits are apart")
    )


def _apart(row: Report) -> str:
    if "why_not" in row:
        return plain(row["why_not"])
    if row["differ"]:
        return (
            "They want different things: do not read the common strengths as those of either; "
            "the page Results has strengths by cohort where the study's settings ask for them."
        )
    return (
        "No difference beyond what people of both, mixed, differ by. Fit them together; more "
        "people in each would show a smaller difference."
    )


def _show_tests(figures: Report) -> None:
    rows = figures["prompts"]
    if not rows:
        st.info(
            "No prompt has three items that were connected both before and since. Judge the same "
            "items again to see whether tastes change."
        )
        return
    chart_with_data.table(
        {
            "prompt": [row["prompt"] for row in rows],
            "distance": [_distance(row["distance"]) for row in rows],
            "p": [row["distance"].get("p_value") for row in rows],
            "by chance, as seen": [row["distance"].get("by_chance") for row in rows],
            "items": [row["n_items"] for row in rows],
            "moved": [", ".join(_moved(one) for one in row["moved"]) for row in rows],
        },
        name="newer judgments against older",
        whole=True,
    )
    st.caption(
        f"Strengths fitted to the {count(figures['n_newer'], 'judgment', 'judgments')} since the "
        "fit before, against "
        f"those fitted to the {count(figures['n_older'], 'judgment', 'judgments')} of then, "
        "without what noise adds; "
        "95 % intervals. p is against the same strengths on two scales, one test a prompt. Of the "
        "items said to have moved at most 5 % have not, on average. Where p is small, do not put "
        f"old and new judgments together before you know why. {_rests_on(figures.get('people'))}"
    )


def _rests_on(people: Report | None) -> str:
    """Which people stand behind a test, and whether it allows for their tastes."""
    if people is None:  # a fit of before
        return "Judgments count as independent, whoever gave them: fit again to allow for people."
    both = count(people["both"], "person", "people")
    judged = (
        f"{people['older']:,} and {people['newer']:,} people judged then and since, {both} both"
    )
    if people["clustered"]:
        return f"Tastes of single people are allowed for: {judged}."
    few = min(people["older"], people["newer"]) < people["needed"]
    why = (
        f"fewer than {people['needed']} on one side"
        if few
        else "too many items to allow for people"
    )
    return (
        f"**Judgments count as independent**, as there are {why}: {judged}. Another taste of other "
        "people looks like a change here. Have more people judge the same items."
    )


def _distance(found: Report) -> str:
    return str(found["why_not"]) if "why_not" in found else said(found["estimate"])


def _moved(one: Report) -> str:
    return f"{one['item']} by {said({'value': one['change'], **one}, 2)}"
