"""Parts of the page Calibration about single pairs: noise, verdicts, ceilings and labels."""

from collections.abc import Sequence

import streamlit as st

from ui import chart_with_data, interval_charts
from ui.calibration.section import Report, rows
from ui.figures import count, ends, said, source
from ui.sentences import plain

VERDICTS = {
    "clear": "people prefer one of the two: no more judgments are needed",
    "needs more judgments": "not known well enough: ask more people",
    "close: ask the same people again": "close to even: repeats tell whether people are divided",
    "divides people": "people hold to different sides: report both, never the majority alone",
    "a coin flip for each person": "the same person answers now so, now so: a tie in all but name",
}
CEILINGS = {
    "agreement": "best that does not know who judges",
    "repeats": "best that knows who judges",
}
MODELS = {
    "bradley_terry": "Bradley-Terry, held out",
    "general_preference": "general model, held out",
}


def show_split(figures: Report) -> None:
    """What of the score is noise, and what more judgments would take away."""
    parts = {
        "Brier score": figures["brier"],
        "noise: what stays however good the model": figures["noise"],
        "of the noise: people against themselves": figures["own_noise"],
        "of the noise: people against each other": figures["taste"],
        "model error: what more judgments take away": figures["model_error"],
        "what the model takes its error to be": figures["predicted_error"],
    }
    known = {name: value for name, value in parts.items() if value is not None}
    rows(
        {
            "part": list(known),
            "squared error": [said(value, 4) for value in known.values()],
            "judgments": [f"{value['n']:,}" for value in known.values()],
        },
        "noise and ignorance",
    )
    st.caption(
        f"n = {count(figures['brier']['n'], 'judgment', 'judgments')} of "
        f"{count(figures['n_pairs'], 'pair', 'pairs')} that two or more "
        "people judged, as the model was fitted. Where the model error is small beside the noise, "
        "more judgments of the same people help little; where people differ from each other, "
        "models that know the annotators help. " + source("Noise or ignorance")
    )


def show_verdicts(verdicts: Report) -> None:
    """Of each pair what can be said, and what to do about it."""
    rows(
        {
            "verdict": list(VERDICTS),
            "pairs": [f"{verdicts['counts'][kind]:,}" for kind in VERDICTS],
            "what it means": list(VERDICTS.values()),
        },
        "what can be said of pairs",
    )
    st.caption(
        f"n = {sum(verdicts['counts'].values()):,} judged pairs. At most {verdicts['level']:.0%} "
        "of the pairs called clear or close are called so by mistake, on average "
        f"(Benjamini-Hochberg); close means within {verdicts['margin']:.0%} of even. "
        f"{_shares(verdicts.get('recalibration'))} " + source("What to do about each pair")
    )
    for kind, pairs in verdicts["named"].items():
        all_of_them = len(pairs) == verdicts["counts"][kind]
        with st.expander(f"{kind}: {'' if all_of_them else 'the first '}{len(pairs)} pairs"):
            chart_with_data.table(
                {"first": [p[0] for p in pairs], "second": [p[1] for p in pairs]},
                name=f"pairs, {kind.partition(':')[0]}",
            )


def _shares(recalibration: str | None) -> str:
    if recalibration is None:
        return (
            "Shares are those of a fit of before, not recalibrated; a new fit follows its choice."
        )
    if recalibration == "none":
        return "Shares are Bradley-Terry's as fitted, since the fit chose no recalibration."
    return (
        f"Shares are Bradley-Terry's, recalibrated by {recalibration} as predictions and files are."
    )


def show_ceiling(figures: Report) -> None:
    """What the models reach beside what the answers leave to be reached."""
    ceiling, held_out = figures["ceiling"], figures["held_out"]
    reached: list[tuple[str, Report | None, Report | None]] = [
        (name, held_out[model]["accuracy"], held_out[model]["decisive_log_loss"])
        for model, name in MODELS.items()
        if held_out is not None
    ]
    reached += [
        (name, ceiling[which]["accuracy"], ceiling[which]["log_loss"])
        for which, name in CEILINGS.items()
        if "why_not" not in ceiling[which]
    ]
    accuracy = [(name, share) for name, share, _ in reached]
    _draw_reached("accuracy", accuracy, ceiling, "further right is better")
    losses = [(name, loss) for name, _, loss in reached]
    _draw_reached("log loss of decided pairs", losses, ceiling, "further left is better")
    for part in ceiling.values():
        if "why_not" in part:
            st.caption(plain(part["why_not"]))
    st.caption(
        "From how often two people, or the same person twice, answer alike. The intervals hold "
        "what the answers leave open, whatever the distribution of opinions. Near the ceiling "
        "more judgments help little; far below it another model or more judgments may. "
        + source("How far any model could get")
    )


def _draw_reached(
    figure: str, reached: Sequence[tuple[str, Report | None]], ceiling: Report, better: str
) -> None:
    """What models get and what the best could, with the ceiling from agreement drawn through."""
    known = [(name, one) for name, one in reached if one is not None]
    if not known:
        return
    which = {"accuracy": "accuracy"}.get(figure, "log_loss")
    best = None if "why_not" in ceiling["agreement"] else ceiling["agreement"][which]
    values = [one for _, one in known]
    chart_with_data.draw(
        interval_charts.intervals(
            [name for name, _ in known],
            *ends(values),
            title=figure,
            line=None if best is None else best["value"],
            band=None if best is None else (best["low"], best["high"]),
        ),
        {
            "": [name for name, _ in known],
            figure: [one["value"] for one in values],
            "low": [one["low"] for one in values],
            "high": [one["high"] for one in values],
            "judgments": [one["n"] for one in values],
        },
        name=f"{figure} and what could be reached",
        says=f"{figure.capitalize()}, 95 % intervals; {better}. "
        + (
            "No ceiling is known."
            if best is None
            else "Dotted and shaded: the best that does not know who judges."
        ),
    )


def show_labels(figures: Report) -> None:
    """How many labels the model may give, and how many of them were wrong."""
    given = figures["labels"]
    rows(
        {
            "allowed": [f"at most {row['level']:.0%} wrong" for row in given],
            "labels the model may give": [f"{row['share']:.0%}" for row in given],
            "of these wrong on held-out pairs": [
                said(row["wrong"]) if row["wrong"] else "none given" for row in given
            ],
        },
        "labels that a model may give",
    )
    st.caption(
        f"Half of the held-out pairs set the rule, the other half ({figures['n']:,} judgments) "
        "show what it reached. The bound holds on average over studies; a label is wrong if one "
        f"person drawn at random says otherwise. Sets that hold the answer of 90 %: "
        f"{said(figures['sets']['coverage'])} did, and {said(figures['sets']['single'])} needed "
        "no second answer. Where few labels may be given, ask people. "
        + source("Labels that a model may give")
    )
