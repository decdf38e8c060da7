"""Part of the page Calibration: whether predicted probabilities match what people said."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import streamlit as st

from ui import chart_with_data
from ui.calibration import curves
from ui.calibration.section import OLD, Report, rows
from ui.figures import said, source
from ui.sentences import plain

#: A mean gap below this (two in a hundred) is called little.
SMALL = 0.02
HELD_OUT, SINCE = "Judgments held out", "Judgments given after a fit"
JUDGED_ON = (HELD_OUT, SINCE)
RULES = {"brier": "Brier score", "log": "log loss"}
METRICS = {
    "error": ("Calibration error", "0 is perfect. Corrected for chance."),
    "brier": ("Brier score", "0 is perfect, 0.25 is a coin."),
    "log_loss": ("Log loss", "0 is perfect, 0.693 is a coin."),
}


def choose(since: Report | None) -> bool:
    """Let the reader choose what judges the model; whether it is judgments given after a fit."""
    if since is None:
        return False
    if "why_not" in since:
        st.caption(plain(since["why_not"]))
        return False
    chosen = st.segmented_control("Judged on", list(JUDGED_ON), default=HELD_OUT)
    return chosen == SINCE


def show_since(since: Report) -> None:
    """Draw what an earlier fit foretold of the judgments given since."""
    when = f"{datetime.fromisoformat(since['requested_at']):%Y-%m-%d %H:%M} UTC"
    figures, used = since["figures"], since["after"]
    n = (used or figures)["n"]
    _draw(
        figures,
        used,
        f"foretold by the fit of {when}, before they were given: nothing can be more honest. "
        f"{since['n_of_new_pairs']:,} of them are of pairs that nobody had judged before, the "
        f"other {n - since['n_of_new_pairs']:,} of pairs that the fit knew.",
        "" if used is None else f" As used: through {since['calibrator']}, chosen by that fit.",
    )


def show(fitted: Report, used: Report | None, *, by_pair: bool) -> None:
    """Draw the reliability curve of one model on judgments that it had not seen.

    Parameters
    ----------
    fitted : mapping
        Figures of the probabilities as they are fitted.
    used : mapping or None
        The same once they are recalibrated; None: they are used as they are.
    """
    if "why_not" in fitted:
        st.info(plain(fitted["why_not"]))
        return
    if "bins" not in fitted:
        st.info(OLD)
        return
    grouping = "pair" if by_pair else "judgment, since there are few different pairs"
    twice = " As used: every judgment recalibrated with a map that was chosen without its pair."
    _draw(
        fitted,
        used,
        f"held out by {grouping}; each was predicted by a model that had not seen it.",
        "" if used is None else twice,
    )


def _draw(fitted: Report, used: Report | None, how: str, used_how: str) -> None:
    now, before = used or fitted, None if used is None else fitted["bins"]
    for place, (name, (title, meaning)) in zip(st.columns(3), METRICS.items(), strict=True):
        place.metric(title, f"{now[name]['value']:.3f}", border=True)
        was = "" if used is None else f" As fitted: {said(fitted[name])}."
        place.caption(f"{said(now[name])}; {meaning}{was}")
    chart_with_data.draw(
        curves.reliability(now["bins"], before),
        _columns(now["bins"], before),
        name="reliability",
        says=f"{_advice(now['error'])} n = {now['n']:,} decided judgments of {now['n_pairs']:,} "
        f"pairs, {how} Intervals are 95 %, clustered by pair; the area is where all points "
        "together would lie, with 95 %, if the model were calibrated; "
        f"{now['n_outside_chance']} of {len(now['bins'])} lie outside.{used_how} "
        + source("Reliability curve", "Calibration error"),
    )


def _advice(error: Mapping[str, Any]) -> str:
    low, high = error["low"] or 0.0, error["high"]
    if low <= 0:
        return (
            "**No miscalibration that these judgments could show.** The probabilities can be used."
        )
    if high is not None and high < SMALL:
        return (
            f"**Off by a little:** between {low:.1%} and {high:.1%} on average, more than chance "
            "would have it, less than most uses notice."
        )
    return (
        "**The probabilities are off:** points below the dotted line mean that the model is too "
        "sure of itself, points above that it could be surer. More judgments help most."
    )


def _columns(bins: Sequence[Report], before: Sequence[Report] | None) -> dict[str, list[Any]]:
    """The numbers of the chart; of both forecasts where there are two."""
    named: list[tuple[str, Report]] = [("as used", part) for part in bins]
    named += [("as fitted", part) for part in before or ()]
    columns: dict[str, list[Any]] = {"probabilities": [which for which, _ in named]}
    parts = [part for _, part in named]
    columns |= {
        "predicted": [part["predicted"] for part in parts],
        "observed": [part["observed"]["value"] for part in parts],
    }
    for end, place in (("low", 0), ("high", 1)):
        columns[end] = [part["observed"][end] for part in parts]
        columns[f"of all bins at once, {end}"] = [part["band"][place] for part in parts]
        columns[f"by chance, {end}"] = [part["by_chance"][place] for part in parts]
    return columns | {
        "judgments": [part["observed"]["n"] for part in parts],
        "pairs": [part["n_clusters"] for part in parts],
    }


def show_parts(figures: Report) -> None:
    """The smoothed curve, what of the scores can be gained by what, and how sure the model is."""
    _show_smooth(figures)
    columns: dict[str, list[str]] = {
        "": ["score", "of it miscalibration", "refinement (stays)", "resolution", "of even odds"]
    }
    for part in figures["parts"]:
        estimates = (
            part[name]["estimate"] for name in ("miscalibration", "refinement", "resolution")
        )
        told = [said(one) for one in (part["score"], *estimates)]
        columns[RULES[part["rule"]]] = [*told, f"{part['uncertainty']:.3f}"]
    rows(columns, "parts of the scores")
    st.caption(
        f"n = {figures['n']:,}. Score = miscalibration + refinement; refinement = score of even "
        "odds - resolution. Recalibration can gain the first; only better strengths, from more "
        "judgments or another model, gain the second. "
        + source("Brier score and log loss, and their parts")
    )
    _show_sharpness(figures["sharpness"], figures["n"])


def _show_sharpness(bins: Sequence[Report], n: int) -> None:
    shares = [part["share"] for part in bins]
    chart_with_data.draw(
        curves.sharpness(bins),
        {
            "at least sure": [part["low"] for part in bins],
            "at most sure": [part["high"] for part in bins],
            "share": [one["value"] for one in shares],
            "low": [one["low"] for one in shares],
            "high": [one["high"] for one in shares],
        },
        name="sharpness",
        says=f"How sure the model is, n = {n:,}. Even odds for every pair would be calibrated and "
        "useless: the further right, the more it says. Few sure answers call for more judgments, "
        "or for pairs that are easier to tell apart. " + source("Sharpness, and figures by part"),
    )


def _numbers(column: Sequence[float | None]) -> list[float]:
    return [float("nan") if value is None else value for value in column]


def _show_smooth(figures: Report) -> None:
    curve = {name: np.array(_numbers(column)) for name, column in figures["smooth_curve"].items()}
    if not np.isfinite(curve["observed"]).any():
        st.info(
            "There is no smoothed curve yet: nowhere lie enough held-out judgments together. Judge "
            f"more pairs, then fit again. Of all together, n = {figures['n']:,}, the smooth "
            f"calibration error is {said(figures['smooth_error'])}."
        )
        return
    chart_with_data.draw(
        curves.smooth_reliability(curve),
        {
            "predicted": curve["probability"].tolist(),
            "observed, smoothed": curve["observed"].tolist(),
            "low": curve["low"].tolist(),
            "high": curve["high"].tolist(),
        },
        name="smoothed reliability",
        says=f"n = {figures['n']:,}. Smooth calibration error {said(figures['smooth_error'])}, "
        f"debiased calibration error (root mean square) {said(figures['debiased_error'])}. The "
        "band holds the whole curve with 95 %; where too few judgments lie there is none. Where "
        "the band lies off the dotted line, do not read these probabilities as they are. "
        + source("Reliability curve", "Calibration error"),
    )
