"""Part of the page Evaluation: the times at which strengths changed."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from ui import chart_with_data, interval_charts
from ui.figures import count, ends, said, source
from ui.sentences import plain

Report = Mapping[str, Any]
HEADING = "Changes of strengths"
WHOSE = {
    "same people": "**The same people answer otherwise than before.** Look for what happened then, "
    "such as news or other guidelines, and do not read both times as one.",
    "other people": "**Other people answer.** Those who judged on both sides did not change as "
    "much. See on the page People who came, and whether they stand for whom you ask about.",
    "both": "**The same people answer otherwise, and others came.** Look for what happened then "
    "and for who came; do not read both times as one.",
    "unknown": "**Whether the same people changed or others came cannot be told.** Ask some of "
    "those who judged before once more.",
}


def show_strength_changes(figures: Report) -> None:
    """Name the times at which strengths changed and what moved; or what would have been seen."""
    for number, change in enumerate(figures["changes"], start=1):
        _show(change, number)
    if not figures["changes"]:
        st.markdown("**No change of strengths** that these judgments could show.")
    st.markdown(_detectable(figures))
    st.caption(
        f"n = {count(figures['n'], 'decided judgment', 'decided judgments')} by "
        f"{count(figures['n_people'], 'person', 'people')} in "
        f"{count(figures['n_sittings'], 'sitting', 'sittings')}, times are UTC. In at most 5 % of "
        "studies without change one is found, whoever judges when. A change of how readily people "
        "call a tie is none; where they decide less clearly than before, strong items move down "
        f"and weak ones up. {source(HEADING)}"
    )


def _show(change: Report, number: int) -> None:
    moved, items = change["n_moved"], change["items"]
    st.markdown(
        f"**{change['at']}** (between {change['from']} and {change['to']}): "
        + (
            f"{moved} of {count(change['n_compared'], 'item', 'items')} moved against the mean of "
            "those that they are compared with."
            if moved
            else "strengths changed in many items by a little; of no single one is it sure."
        )
        + f" {WHOSE[change['where']]}"
    )
    chart_with_data.draw(
        interval_charts.intervals(
            [one["item"] for one in items],
            *ends(items),
            title="strength after minus before, nats",
            line=0.0,
        ),
        {
            "item": [one["item"] for one in items],
            "prompt": [one["prompt"] for one in items],
            "before": [one["before"] for one in items],
            "after": [one["after"] for one in items],
            "change": [one["value"] for one in items],
            "low": [one["low"] for one in items],
            "high": [one["high"] for one in items],
            "moved": ["yes" if one["moved"] else "not for sure" for one in items],
        },
        name=f"change of strengths {number}",
        says=_says(change),
    )


def _says(change: Report) -> str:
    named = [one for one in change["items"] if one["moved"]][:3]
    largest = "; ".join(f"“{plain(one['item'])}” by {said(one, 2)} nats" for one in named)
    within = change["within"]
    return (
        f"Change of each item's strength, n = {change['n_before']:,} decided judgments before and "
        f"{change['n_after']:,} after; 95 % intervals that hold for all items at once. "
        + (
            f"Moved: {largest}{' and others' if change['n_moved'] > len(named) else ''}. "
            if named
            else ""
        )
        + f"p = {change['p_value']:.3f}, adjusted for all times and parts looked at. "
        + (
            f"Share of the change that is of the same people: {said(within, 2)}, of "
            f"{count(change['n_people'], 'person', 'people')} who judged on both sides. "
            if within
            else "Too few people judged on both sides to say whose change it is. "
        )
        + source(HEADING)
    )


def _detectable(figures: Report) -> str:
    """What would have been found, in nats and as what an even pair becomes."""
    median, least = figures["detectable"]["median"], figures["detectable"]["least"]
    followed, all_items = figures["n_followed"], figures["n_items"]
    return (
        "A change of one item alone, in the middle of the time, would have been found in four of "
        f"five studies from {median:.2f} nats on for half of "
        f"{count(followed, 'item', 'items')} (that makes {_share(median)} of an even pair), and "
        f"from {least:.2f} nats on for the best known ({_share(least)}). Smaller changes may be "
        "there: judge the same items on to see them."
        + (
            f" {count(all_items - followed, 'other item has', 'other items have')} too few "
            "judgments to be followed."
            if followed < all_items
            else ""
        )
    )


def _share(nats: float) -> str:
    return f"{1 / (1 + np.exp(-nats)):.0%}"
