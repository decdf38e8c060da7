"""The parts of the page Results."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.comparison_graph import pieces
from core.judgment import Floats, Indices
from core.models import NoIntervalsError, PreferenceModel
from core.ranks import rank_items
from core.recalibration import Recalibrated
from core.study import Study
from storage import studies
from ui import chart_with_data, charts, cycles_view, navigation, session, text_view
from ui.chart_with_data import Columns
from ui.figures import count, label, percent, said
from ui.sentences import if_known, plain
from workbench import results
from workbench.results import Result

#: Beyond these many a chart of all items cannot be read; the table still holds them.
MAX_BARS = 60
#: Names in a sentence, and sentences of one kind.
MAX_NAMED = 10
#: So many first ranks are told together.
TOP = 3
#: Draws for ranks: probabilities are then known to about one in a hundred.
N_DRAWS = 2000


def latest(here: session.Here, study: Study) -> Result:
    """Return the newest result, or say what is missing and stop the page."""
    result = results.latest(here.workbench, study.id)
    if result is None:
        st.info(
            "There is no finished fit yet. A fit starts by itself after "
            f"{study.settings.fit_every} judgments; the page Fits shows how it stands."
        )
        navigation.link("fits", "Go to Fits")
        st.stop()
    return result


@if_known
def show_origin(result: Result) -> None:
    """Say what the figures on the page were made from."""
    fit, data = result.fit, result.fit.figures["data"]
    people = data["n_annotators"]
    by = "" if people is None else f" by {count(people, 'person', 'people')}"
    st.caption(
        f"Made from {count(data['n_comparisons'], 'comparison', 'comparisons')} of "
        f"{count(data['n_pairs'], 'pair', 'pairs')}{by}, frozen "
        f"{fit.requested_at:%Y-%m-%d %H:%M:%S} UTC · "
        f"snapshot `{fit.snapshot_hash[:12]}` · fit `{fit.id}` · seed {fit.figures['seed']} · "
        f"code `{fit.figures['versions']['code']}` · {fit.device}"
    )
    if result.n_newer:
        st.caption(f"{result.n_newer:,} newer comparisons are not in it.")


def show_strengths(here: session.Here, study: Study, result: Result) -> tuple[list[int], list[str]]:
    """Draw the strengths of one prompt's items; return their indices and labels."""
    texts = {item.id: item.text for item in studies.items(here.db, study.id)}
    prompts = studies.prompts(here.db, study.id)
    model = result.bradley_terry
    names = _prompt_names(here, study, result)
    st.header("Strengths", anchor=False)
    number = 0
    if len(names) > 1:
        number = st.selectbox(
            "Prompt",
            range(len(names)),
            index=_most_compared(result),
            format_func=lambda n: label(names[n], prompts.get(names[n], ""), 90),
        )
    chosen = np.flatnonzero(model.prompts == number)
    labels = [label(model.items[i], texts.get(model.items[i], "")) for i in chosen]
    low, high = (end[chosen] for end in result.strengths_interval())
    value = model.strengths[chosen]
    shown = value.argsort()[-MAX_BARS:]
    few = len(shown) < len(chosen)
    apart = len(np.unique(result.piece[chosen])) > 1
    chart_with_data.draw(
        charts.strengths([labels[i] for i in shown], value[shown], low[shown], high[shown]),
        lambda: _ranks(result, chosen, labels),
        name="strengths",
        says=(f"The strongest {len(shown)} of {len(chosen)}; the table has all. " if few else "")
        + f"Bradley-Terry strengths with 95 % intervals {_intervals(result)}. A difference of 1 "
        "means odds of 2.7 to 1. Items of different prompts are not comparable"
        + (", nor are those of different pieces (the last part of this page)" if apart else "")
        + ". Ranks and "
        f"probabilities in the table come from {N_DRAWS:,} draws of all strengths together, so "
        "they respect what strengths share; ranks with 95 % intervals.",
        opens="As a table, with ranks",
    )
    return chosen.tolist(), labels


def _intervals(result: Result) -> str:
    few = result.fit.figures.get("clustered") or {}
    if not {"n_people", "known"} <= few.keys():  # many people, or a fit of before
        return "from the full covariance of the fit"
    people = count(few["n_people"], "person", "people")
    if not few["known"]:
        return (
            f"from the full covariance of the fit, which take judgments as independent: with "
            f"{people} nobody can say how others would differ"
        )
    return f"that allow for the tastes of {people} (jackknife by person, t quantiles)"


def _ranks(result: Result, chosen: Indices, labels: Sequence[str]) -> Columns:
    """A table of strengths and ranks, each with its interval, the strongest first.

    Where comparisons do not connect all of the items, ranks are those within each piece.
    """
    model = result.bradley_terry
    value, piece = model.strengths[chosen], pieces(result.piece[chosen])
    low, high = (end[chosen] for end in result.strengths_interval())
    rng = np.random.default_rng(0)  # the same figures at every look
    draws = model.draws(rng, N_DRAWS)[:, chosen]
    ranks = np.full((4, len(chosen)), np.nan)
    for number in range(int(piece.max(initial=-1)) + 1):
        inside = np.flatnonzero(piece == number)
        if len(inside) > 1:  # an item alone is first of nothing
            found = rank_items(draws[:, inside], top=TOP)
            ranks[:, inside] = found.low, found.high, found.best, found.among_top
    names = ("best rank", "worst rank", "P(first)", f"P(among the first {min(TOP, len(chosen))})")
    columns = {"strength": value, "low": low, "high": high}
    columns |= dict(zip(names, ranks, strict=True))
    order = np.lexsort((-value, piece))
    table = {name: _known(column[order]) for name, column in columns.items()}
    if piece.any():
        table = {"piece": (piece[order] + 1).tolist(), **table}
    return {"item": [labels[i] for i in order], **table}


def _known(values: Floats) -> list[float | None]:
    """As numbers; None where there is none."""
    return [None if np.isnan(value) else value for value in values.tolist()]


@if_known
def show_win_probability(result: Result, items: list[int], labels: list[str]) -> None:
    """Let the reader choose two items, and say who would win under both models."""
    st.header("Who would win?", anchor=False)
    if len(items) < 2:  # noqa: PLR2004 - a pair
        st.info("This prompt has fewer than two items.")
        return
    piece = pieces(result.piece[items])
    order = np.lexsort((-result.bradley_terry.strengths[items], piece)).tolist()
    columns = st.columns(2)
    one = columns[0].selectbox("This item", order, format_func=labels.__getitem__)
    other = columns[1].selectbox("against", order, index=1, format_func=labels.__getitem__)
    if one == other:
        st.info("Choose two different items.")
        return
    if piece[one] != piece[other]:
        st.info(
            "No chain of comparisons connects these two items, so that the judgments say nothing "
            "about their difference. Judge pairs that connect them."
        )
        return
    first, second = np.array([items[one]]), np.array([items[other]])
    for column, name, model in (
        (columns[0], "Bradley-Terry", result.bradley_terry),
        (columns[1], "General model", result.general_preference),
    ):
        if model is not None:
            _show_metric(column, name, result.recalibrated(model), first, second)
    st.caption(
        _held_by_the_prior(result, items[one], items[other])
        + "Where the interval holds 50 %, this pair is not told apart yet: ask more people. "
        "Formula and source: docs/statistics.md, “Win probability of two items” and "
        "“Recalibration”."
    )


def _held_by_the_prior(result: Result, *items: int) -> str:
    """Say of which of two items the judgments put no end to its strength."""
    graph = result.fit.figures["graph"] or {}
    names = [result.bradley_terry.items[i] for i in items]
    said_of = [
        f"{plain(name)} {words}: how far it is {side} is held by the prior alone. "
        for kind, words, side in (
            ("unbeaten", "was never beaten or tied", "ahead"),
            ("winless", "never won or tied", "behind"),
        )
        for name in names
        if name in graph.get(kind, ())
    ]
    return "".join(said_of)


def _show_metric(
    column: DeltaGenerator, name: str, used: Recalibrated, first: Indices, second: Indices
) -> None:
    """The probability as the fit uses it, and as it was fitted where that is another one."""
    try:
        said_of = [_share(model, first, second) for model in (used, used.model)]
    except NoIntervalsError as error:  # no figure without its interval
        column.info(f"{name}: {error}")
        return
    probability, interval = said_of[0]
    column.metric(name, probability, border=True)
    column.caption(f"95 % interval {interval}, given that it is no tie")
    if used.calibrator.name != "none":
        column.caption(
            f"Recalibrated by {used.calibrator.name}; as fitted {said_of[1][0]} ({said_of[1][1]})"
        )


def _share(
    model: Recalibrated | PreferenceModel, first: Indices, second: Indices
) -> tuple[str, str]:
    [probability] = model.probability(first, second)
    [low], [high] = model.probability_interval(first, second)
    return percent(probability), f"{percent(low)} to {percent(high)}"


@if_known
def show_comparison(
    here: session.Here, study: Study, result: Result, items: list[int], labels: list[str]
) -> None:
    """Both models on judgments that they had not seen, and whether there are cycles."""
    st.header("Is one number per item enough?", anchor=False)
    held_out = result.fit.figures["held_out"]
    if result.general_preference is None:
        st.info(
            result.fit.figures.get("only")
            or "Cycles are looked for in judged pairs, and this study asks in another form."
        )
        return
    if held_out is None:
        st.info("Too few judgments to hold any out. Judge more pairs.")
        return
    st.table(
        {
            name: {
                "log loss (first, tie, second)": said(scores["log_loss"], 4),
                "log loss of decided pairs": said(scores["decisive_log_loss"], 4),
                "accuracy on decided pairs": said(scores["accuracy"]),
            }
            for name, scores in (
                ("Bradley-Terry", held_out["bradley_terry"]),
                ("General model", held_out["general_preference"]),
                ("General minus Bradley-Terry", held_out["difference"]),
            )
        }
    )
    grouping = "pair" if held_out["by_pair"] else "judgment, since there are few different pairs"
    st.caption(
        f"Five folds by {grouping}: n = "
        f"{count(held_out['n_judgments'], 'judgment', 'judgments')} of "
        f"{count(held_out['n_pairs'], 'pair', 'pairs')}, each predicted by models that had not "
        "seen it. Intervals "
        "are 95 %, clustered by pair; log loss in nats, lower is better."
    )
    cycles_view.show(result, items, labels, _prompt_names(here, study, result))


@if_known
def show_texts(here: session.Here, study: Study, result: Result) -> None:
    """What the texts of the items say about which is better."""
    prompts = studies.prompts(here.db, study.id)
    names = _prompt_names(here, study, result)
    directory = here.workbench.trainer.runs / result.fit.id
    figures = result.fit.figures.get("text")
    if figures is None:
        return
    text_view.show(directory, figures, names, [prompts.get(name, "") for name in names])


@if_known
def show_undetermined(here: session.Here, study: Study, result: Result) -> None:
    """Say what the comparisons cannot determine, however long a model looks at them."""
    st.header("What the data cannot determine", anchor=False)
    graph = result.fit.figures["graph"]
    if graph is None:
        for sentence in (
            result.fit.figures["bradley_terry"].get("answers", {}).get("statements", [])
        ):
            st.info(sentence)
        return
    names = _prompt_names(here, study, result)
    split = [prompt for prompt in graph["prompts"] if len(prompt["component_sizes"]) > 1]
    never = graph["never_compared"]
    if never:
        st.warning(
            f"{len(never)} of {count(graph['n_items'], 'item was', 'items were')} never compared: "
            f"{_some(never)}"
        )
    for prompt in split[:MAX_NAMED]:
        sizes = " + ".join(map(str, prompt["component_sizes"]))
        st.warning(
            f"The comparisons of prompt {names[prompt['prompt']]} fall into pieces of {sizes} "
            "items. Strengths of different pieces cannot be compared: judge pairs across them."
        )
    weak = sum(
        len(prompt["component_sizes"]) - prompt["n_strongly_connected"]
        for prompt in graph["prompts"]
    )
    if weak:
        st.info(_one_sided(weak, graph))
    if not never and not split and not weak:
        st.success("Every difference between items of the same prompt is determined by the data.")


def _one_sided(n_groups: int, graph: dict[str, Any]) -> str:
    """Say which items the data put at an end without saying how far away."""
    named = [
        f"{words}: {_some(graph[name])}."
        for name, words in (("unbeaten", "Never beaten or tied"), ("winless", "Never won or tied"))
        if graph.get(name)  # not in reports from before they were named
    ]
    return " ".join(
        [
            f"In {count(n_groups, 'connected group', 'connected groups')} some items always win "
            "against the rest, or always lose.",
            *named,
            "That they are ahead or behind is known; how far is set by the prior, not by the data. "
            "Judge them against items that are nearly as good or as bad.",
        ]
    )


def _some(names: Sequence[str]) -> str:
    return ", ".join(map(plain, names[:MAX_NAMED])) + (" …" if len(names) > MAX_NAMED else "")


def _most_compared(result: Result) -> int:
    """The number of the prompt with the fewest items that were never compared."""
    prompts = (result.fit.figures.get("graph") or {}).get("prompts", [])
    known = [prompt for prompt in prompts if "n_never_compared" in prompt]
    fewest = min(known, key=lambda prompt: prompt["n_never_compared"], default={"prompt": 0})
    return int(fewest["prompt"])


def _prompt_names(here: session.Here, study: Study, result: Result) -> list[str]:
    """Prompt ids by their number in the model: numbered as they appear among the items."""
    of_item = {item.id: item.prompt_id for item in studies.items(here.db, study.id)}
    return list(dict.fromkeys(of_item[item] for item in result.bradley_terry.items))
