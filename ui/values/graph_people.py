"""Groups, bridges, and whether people stay with what they said."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ui import chart_with_data
from ui.figures import said as figure
from ui.figures import source
from ui.sentences import if_known, plain
from workbench.value_estimates import Found
from workbench.values import Material

N_BRIDGES = 20


@if_known
def show_groups(found: Found, known: Material) -> None:
    """Bridges between groups; nothing where there are not two that are large enough."""
    st.header("Groups", anchor=False)
    groups = found.figures["groups"]
    if "failure" in groups:
        st.caption(groups["failure"])
        return
    sizes = ", ".join(f"{plain(name)} ({n:,})" for name, n in groups["n_people"].items())
    st.caption(
        f"{sizes}. Groups deviate on an edge by {groups['spread']:.2f} log-odds (standard "
        f"deviation); {groups['n_differ']:,} differ for sure, and only those have a colour in the "
        "graph."
    )
    bridges = groups["bridges"][:N_BRIDGES]
    chart_with_data.table(
        {
            "wiser": [known.title(bridge["wiser"]) for bridge in bridges],
            "than": [known.title(bridge["less_wise"]) for bridge in bridges],
            "bridging score": [figure(bridge["score"]) for bridge in bridges],
            "votes": [bridge["score"]["n"] for bridge in bridges],
        },
        name="bridges between groups",
    )
    st.caption(
        "Product over groups of the share that calls it wiser, with its 90 % interval: what all "
        "groups agree on stands on top. " + source("Groups, bridges and slate")
    )


@if_known
def show_steadiness(found: Found) -> None:
    """Retests, the effect of seeing others' cards, and how well votes are foretold."""
    st.header("How far votes can be trusted", anchor=False)
    _show_consistency(found.figures["consistency"])
    _show_exposure(found.figures["exposure"])
    _show_scores(found.figures["scores"])
    of_yes = found.figures.get("scores_of_yes")
    if of_yes is not None:
        st.caption("The same of imported judgements as MGE counts them: a yes, or no yes.")
        _show_scores(of_yes)
    effects = found.figures["data"]["effects"]
    said = ", ".join(f"{name} {figure(value, 2)}" for name, value in effects.items())
    st.caption(
        f"What moves all votes alike, log-odds of a yes with 90 % intervals: {said}. "
        + source("Whether people stay with their votes", "Votes foretold")
    )
    appeal = found.figures["data"]["widths"].get("appeal")
    if appeal:
        st.caption(
            f"Beside that, pairs differ by {appeal:.2f} (standard deviation, by the evidence) in "
            "how readily a yes is given to them, whichever way they are shown: edges asked one "
            "way only are less sure for that. Ask them the other way round as well."
        )


def _show_consistency(said: Mapping[str, Any]) -> None:
    if "failure" in said:
        st.caption(said["failure"])
        return
    st.markdown(
        f"Asked again, people said the same in {figure(said['same'])} of {said['same']['n']:,} "
        f"retests and the reverse in {figure(said['reversed'])} ({said['n_people']:,} people, "
        f"{said['hours_between']:.1f} hours between, median). {_direction(said)}"
    )


def _direction(said: Mapping[str, Any]) -> str:
    """Whether answers hang on the way that the question was turned."""
    alike, turned = said["same_direction"], said["other_direction"]
    if alike is None or turned is None:
        return "Too few were asked again in both directions to see the pull of the direction."
    return (
        f"Turned the same way as before they said the same in {figure(alike)} of {alike['n']:,}, "
        f"turned the other way in {figure(turned)} of {turned['n']:,}: a gap is the pull of the "
        "direction shown. No model foretells answers better than people repeat them."
    )


def _show_exposure(said: Mapping[str, Any]) -> None:
    if "failure" in said:
        st.caption(said["failure"])
        return
    st.markdown(
        f"After seeing others' cards ({said['n_exposed']:,} votes) people say yes by "
        f"{figure(said['tendency'], 2)} log-odds more, and follow what the others think by "
        f"{figure(said['pull'], 2)} more (0: no more; 1: twice as much)."
    )


def _show_scores(said: Mapping[str, Any]) -> None:
    if "failure" in said:
        st.caption(said["failure"])
        return
    losses = said["losses"]
    st.table(
        {
            "model": list(losses),
            "log loss of held-out votes (nats)": [figure(loss) for loss in losses.values()],
            "votes": [loss["n"] for loss in losses.values()],
        },
        hide_index=True,
    )
