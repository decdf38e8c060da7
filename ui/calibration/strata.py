"""Part of the page Calibration: where the model can be trusted, and where not."""

from collections.abc import Sequence

import streamlit as st

from ui import chart_with_data, interval_charts
from ui.calibration.section import Report
from ui.figures import ends, said, source
from ui.sentences import plain

BY = {
    "sureness": "how sure it is",
    "aspects": "aspect",
    "cohorts": "cohort",
    "prompts": "how hard prompts are",
    "known": "how well items are known",
}
FIGURES = {
    "too_sure": "too sure by",
    "accuracy": "accuracy",
    "log_loss": "log loss of decided pairs",
}
#: What to do, by what the judgments are parted by.
ADVICE = {
    "sureness": "Where the model is too sure, do not act on such probabilities alone: have these "
    "pairs judged.",
    "aspects": "The same forecast of the overall answer, held against what was said of each "
    "aspect: one that it foretells badly is something else than the overall answer.",
    "cohorts": "The models do not know cohorts: one that is foretold badly has another taste. Fit "
    "strengths by cohort, or collect more of its judgments.",
    "prompts": "By how sure the model is of a prompt's pairs on average. Hard prompts need more "
    "judgments for the same certainty; if the model is too sure there, ask about them first.",
    "known": "By how often the less known item of a pair was judged in the other parts. Outside of "
    "what was learned probabilities come from the prior: judge these items before relying on them.",
}
TOO_SMALL = "{n:,} with fewer than 40 judgments, or too few people, are left out. "


def show(where: Report, ceiling: Report) -> None:
    """Draw one figure in the parts of one division.

    Parameters
    ----------
    where : mapping
        The divisions, each with its parts or why there is none.
    ceiling : mapping
        From agreement: drawn through accuracy and log loss.
    """
    left, right = st.columns([3, 2])
    by = left.selectbox("In parts by", list(BY), format_func=BY.__getitem__) or "sureness"
    figure = right.selectbox("Figure", list(FIGURES), format_func=FIGURES.__getitem__) or "too_sure"
    division = where[by]
    if "why_not" in division:
        st.info(plain(division["why_not"]))
        return
    _draw(division, by, figure, None if "why_not" in ceiling else ceiling.get(figure))


def _draw(division: Report, by: str, figure: str, ceiling: Report | None) -> None:
    parts: Sequence[Report] = division["parts"]
    shown = [part[figure] for part in parts]
    names = [str(part["name"]) for part in parts]
    line = 0.0 if figure == "too_sure" else None if ceiling is None else ceiling["value"]
    chart_with_data.draw(
        interval_charts.intervals(
            names,
            *ends(shown),
            title=FIGURES[figure],
            line=line,
            band=None if ceiling is None else (ceiling["low"], ceiling["high"]),
        ),
        _columns(parts),
        name=f"{FIGURES[figure]} by {BY[by]}",
        says=_says(division, by, figure, ceiling),
    )


def _says(division: Report, by: str, figure: str, ceiling: Report | None) -> str:
    sizes = [part["accuracy"]["n"] for part in division["parts"]]
    n = max(sizes) if by == "aspects" else sum(sizes)  # aspects are of the same judgments
    words = {
        "too_sure": "Mean probability of the item held better less the share of hits: right of the "
        "dotted line the model is too sure of itself. ",
        "accuracy": "Share of answers foretold; further right is better. ",
        "log_loss": "Nats a judgment; further left is better. ",
    }[figure]
    if ceiling is not None:
        words += (
            f"Dotted and shaded: what the best model that does not know who judges could get of "
            f"all pairs, {said(dict(ceiling))}. "
        )
    left_out = division["n_left_out"]
    return (
        f"{words}n = {n:,} held-out judgments, 95 % intervals clustered by pair; the table says "
        f"how many are in each part. {TOO_SMALL.format(n=left_out) if left_out else ''}"
        f"{ADVICE[by]} " + source("Sharpness, and figures by part", "How far any model could get")
    )


def _columns(parts: Sequence[Report]) -> dict[str, list[str]]:
    named = {
        "accuracy": "accuracy",
        "log_loss": "log loss",
        "brier": "Brier score",
        "calibration_error": "calibration error",
        "too_sure": "too sure by",
        "log_loss_difference": "log loss less that of the rest",
    }
    columns = {"part": [str(part["name"]) for part in parts]}
    for name, title in named.items():
        columns[title] = [said(part[name]) for part in parts]
    columns["judgments"] = [f"{part['accuracy']['n']:,}" for part in parts]
    columns["pairs"] = [f"{part['n_clusters']:,}" for part in parts]
    return columns
