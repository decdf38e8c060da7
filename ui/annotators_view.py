"""Part of the page Agreement: how annotators differ in the model, and whom to look at."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from core.annotator_models import AnnotatorModel
from core.annotator_spread import spread_interval
from ui import chart_with_data
from ui.figures import count, said, source
from ui.sentences import if_known

Column = list[str] | list[int] | list[float]
MODELS = {
    "bradley_terry": "Bradley-Terry",
    "rao_kupper": "Bradley-Terry, ties by Rao and Kupper",
    "annotators": "with annotators",
    "difference": "with annotators minus Bradley-Terry",
}
CROWD_BT = "Crowd-BT, the classical alternative"
FLAGS = {"": "", "careless": "looks careless", "inverted": "looks inverted"}


def show(
    model: AnnotatorModel, evaluation: Mapping[str, Any] | None, names: Mapping[int, str]
) -> None:
    """Say what knowing the annotators gains, whom to look at, and how each of them answers.

    Parameters
    ----------
    evaluation : mapping or None
        An `AnnotatorEvaluation` as a report holds it; None where too little could be held out.
    names : mapping of int to str
        Names of annotators by their number in the comparisons.
    """
    st.header("Annotators", anchor=False)
    _show_gain(evaluation)
    st.markdown(whom_to_look_at(model, names))
    chart_with_data.table(table(model, names), name="annotators in the model")
    st.markdown(how_far_apart(model))
    st.caption(
        f"n = {count(int(model.n_judgments.sum()), 'judgment', 'judgments')} by "
        f"{count(len(model.annotators), 'person', 'people')}. Scale: how clearly somebody's "
        "answers follow the common strengths; 1 is average, 0 is answering without looking, below "
        "0 the wrong way round. Intervals are 95 % and, like the values, drawn towards the average "
        "where there are few judgments. Ties: how probable a tie between two equal items is for "
        "this person."
    )


@if_known
def _show_gain(evaluation: Mapping[str, Any] | None) -> None:
    if evaluation is None:
        st.info("Too few judgments to hold any out. Judge more pairs.")
        return
    three, two = "log loss (first, tie, second)", "log loss of decided pairs"
    rows = {
        name: {
            three: said(evaluation[key]["log_loss"], 4),
            two: said(evaluation[key]["decisive_log_loss"], 4),
        }
        for key, name in MODELS.items()
    }
    if evaluation.get("crowd_bt"):  # fits of before do not have it
        rows[CROWD_BT] = {three: "knows no ties", two: said(evaluation["crowd_bt"], 4)}
    st.table(rows)
    st.markdown(what_it_gains(evaluation))
    grouping = "pair" if evaluation["by_pair"] else "judgment, since there are few different pairs"
    st.caption(
        f"Held out by {grouping}: n = "
        f"{count(evaluation['n_judgments'], 'judgment', 'judgments')} of "
        f"{count(evaluation['n_pairs'], 'pair', 'pairs')}, {evaluation['n_unseen']:,} of them by "
        "people of whom "
        "nothing else was known. Intervals are 95 %, clustered by pair; log loss in nats, lower is "
        "better."
    )


def what_it_gains(evaluation: Mapping[str, Any]) -> str:
    """Whether the next judgments are predicted better when it is known who gives them."""
    difference = evaluation["difference"]["log_loss"]
    low, high = difference["low"], difference["high"]
    if low is None or high is None:
        return "The judgments do not determine whether annotators differ. Judge more pairs."
    if high < 0:
        return (
            "**Annotators differ:** who answers helps to predict the answer. Strengths that allow "
            "for it stand in the model of annotators; look at the table for who differs how."
        )
    if low > 0:
        return (
            "**Allowing for annotators predicts worse:** use the plain model, and read nothing "
            "into the table below."
        )
    return "**No difference between annotators that these judgments show.** Use the plain model."


def whom_to_look_at(model: AnnotatorModel, names: Mapping[int, str]) -> str:
    """Name the flagged, and say what to do about it."""
    kinds = kinds_of(model)
    untested = 0 if model.suspicions is None else int(np.isnan(model.suspicions.p_value).sum())
    flagged = [names[int(model.annotators[k])] for k in np.flatnonzero(kinds != "")]
    if not flagged:
        return (
            "**Nobody looks careless or inverted** among those who judged enough to show it; "
            f"{untested:,} of {count(len(kinds), 'annotator', 'annotators')} did not."
        )
    shown = ", ".join(flagged[:10]) + (" …" if len(flagged) > 10 else "")  # noqa: PLR2004
    return (
        f"**{len(flagged)} of {count(len(kinds), 'annotator', 'annotators')} to look at:** "
        f"{_plain(shown)}. Read some of their answers, and ask them how they understood the "
        "question, before you decide anything. On average at most one flag in twenty is a false "
        "alarm. Their judgments are kept and counted."
    )


def how_far_apart(model: AnnotatorModel) -> str:
    """How far annotators differ in scale and threshold, with what to do about it."""
    population = model.population
    if population.scale_sd == 0:
        return "All annotators were taken to be alike."
    low, high = spread_interval(model)
    said_of = f"Scales differ by {_sd(population.scale_sd, low[0], high[0])}"
    if population.ties and population.threshold_sd > 0:
        said_of += (
            ", logarithms of the distance up to which people call a tie by "
            f"{_sd(population.threshold_sd, low[1], high[1])}"
        )
    return (
        f"{said_of} (standard deviations, 95 % intervals, strengths taken as known). Scales that "
        "differ by much more than 0.3 mean that some hardly look: read the guidelines with them. "
        f"{source('Annotators: scale and tie threshold')}"
    )


def _sd(value: float, low: float, high: float) -> str:
    return f"{value:.2f} ({low:.2f} to {high:.2f})"


def kinds_of(model: AnnotatorModel) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    """For each annotator "careless", "inverted" or nothing."""
    suspicions = model.suspicions
    if suspicions is None:
        return np.full(len(model.annotators), "")
    kind = np.where(suspicions.inverted > suspicions.careless, "inverted", "careless")
    return np.where(suspicions.flagged, kind, "")


def table(model: AnnotatorModel, names: Mapping[int, str]) -> dict[str, Column]:
    """Columns of the table, the flagged first and then those who judged most."""
    kinds = kinds_of(model)
    order = np.lexsort((-model.n_judgments, kinds == ""))
    low, high = model.scale_interval()
    columns: dict[str, Column] = {
        "annotator": [names[number] for number in model.annotators[order].tolist()],
        "judgments": model.n_judgments[order].tolist(),
        "scale": model.scale[order].round(2).tolist(),
        "low": low[order].round(2).tolist(),
        "high": high[order].round(2).tolist(),
    }
    if model.population.ties:
        columns["ties"] = model.tie_between_equals[order].round(2).tolist()
    if model.suspicions is not None:
        columns["careless"] = model.suspicions.careless[order].round(2).tolist()
        columns["inverted"] = model.suspicions.inverted[order].round(2).tolist()
        columns["to look at"] = [FLAGS[kind] for kind in kinds[order].tolist()]
    return columns


def _plain(text: str) -> str:
    """Names are other people's text: nothing in them is Markdown."""
    return "".join(f"\\{sign}" if sign in r"\`*_{}[]()<>#+-.!|~$:" else sign for sign in text)
