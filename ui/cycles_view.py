"""The part of the page Results that answers whether one number per item is enough."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from core.models import GeneralPreference
from core.p_values import said_p
from core.planes import plane_of
from ui import chart_with_data, charts
from ui.figures import count, said
from ui.sentences import if_known
from workbench.results import Result

#: By the report's verdict: what it says, and what to do.
VERDICTS = {
    "undetermined": (
        "**Not determined yet:** no closed chain of decided pairs (a against b, b against c, c "
        "against a) has been judged, or too many items are connected to test it.",
        "Judge the pairs that close chains of three items.",
    ),
    "enough": (
        "**One number per item is enough so far:** what the strengths leave over is no larger "
        "than chance and differences between people make it.",
        "Use the order above. More judgments per pair would find smaller circles.",
    ),
    "hint": (
        "**One number per item may not be enough:** the general model predicts better, but the "
        "test cannot tell what the strengths leave over from chance and differences between "
        "people.",
        "Have the same pairs judged by more people.",
    ),
    "misfit": (
        "**The strengths miss something,** more than chance and differences between people make; "
        "held-out judgments do not yet say what.",
        "Judge more pairs, and look at the prompts with the smallest p below.",
    ),
    "not_additive": (
        "**One number per item is not enough, but an order is:** the odds between items do not "
        "follow from differences of one number; no circles are needed to predict them.",
        "Use the order, and read win probabilities from the general model.",
    ),
    "cyclic": (
        "**Preferences run in circles:** no order of the items predicts as well as a model with "
        "circles does.",
        "Do not rank these items by one number: compare them pair by pair, or use the lottery "
        "below. Asking for the aspects one at a time often shows where a circle comes from.",
    ),
}
#: At the usual level; corrected for the number of prompts by Holm's rule.
LEVEL = 0.05


@if_known
def show(
    result: Result,
    items: Sequence[int] | None = None,
    labels: Sequence[str] | None = None,
    prompts: Sequence[str] | None = None,
) -> None:
    """Draw the answer from `result.fit.figures["cycles"]`, the `asdict` of a `CyclesReport`.

    Parameters
    ----------
    items, labels : sequences or None
        Indices and labels of the items whose plane is drawn; None: all of the first prompt.
    prompts : sequence of str or None
        Names of the prompts by number.
    """
    cycles: dict[str, Any] | None = result.fit.figures.get("cycles")
    if cycles is None:
        st.info("This fit was made before cycles were tested. A new fit will have the answer.")
        return
    verdict, advice = VERDICTS[cycles["verdict"]]
    st.markdown(verdict)
    st.caption(f"What to do: {advice}")
    _show_figures(cycles)
    if cycles["spectral"] is not None:
        _show_parts(cycles["spectral"], prompts)
    for lottery in cycles["lotteries"]:
        _show_lottery(lottery, result, items, labels, prompts)
    if cycles["n_lotteries_left_out"]:
        st.caption(
            f"Lotteries of {cycles['n_lotteries_left_out']:,} more groups are in the report."
        )
    if result.general_preference is not None:
        _show_plane(result.general_preference, items, labels)


def _show_figures(cycles: dict[str, Any]) -> None:
    rows = [*_test_rows(cycles["spectral"]), *_triad_rows(cycles), *_gain_rows(cycles["gain"])]
    rows += _hodge_rows(cycles["hodge"])
    if not rows:
        return
    names = ("figure", "here", "if one number were enough", "made from")
    st.dataframe(
        {name: [row[place] for row in rows] for place, name in enumerate(names)}, hide_index=True
    )
    st.caption(
        "Ranges in brackets hold 95 %. Gains are in nats a judgment, on judgments that the models "
        "had not seen, clustered by pair; above zero, the general model predicts better. The "
        "rounds that show what to expect keep who judged which pair how often, and give every "
        "person strengths of their own, as far apart as these judgments show."
    )


def _test_rows(spectral: dict[str, Any] | None) -> list[tuple[str, str, str, str]]:
    if spectral is None:
        return []
    ratio = spectral["ratio"]
    made_from = f"{spectral['n_judgments']:,} decided judgments, {ratio['n']:,} rounds"
    return [
        ("spectral test, p", said_p(spectral["p"]), "above .05 in 95 % of studies", made_from),
        (
            "largest pattern left over, as a share of the noise level",
            f"{ratio['value']:.2f}",
            f"{ratio['low']:.2f} to {ratio['high']:.2f}",
            made_from,
        ),
    ]


def _triad_rows(cycles: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    observed, fitted = cycles["observed"], cycles["fitted"]
    rows = []
    if observed["n_decided"]:
        rows.append(
            (
                "cyclic triads in the majorities",
                f"{observed['n_cyclic']:,}",
                said(observed["expected_cyclic"], 0),
                f"{count(observed['n_decided'], 'decided triad', 'decided triads')}",
            )
        )
    if fitted is not None and fitted["n_triads"]:
        rows.append(
            (
                "cyclic triads in the general model",
                f"{fitted['n_cyclic']:,}",
                "0",
                f"{count(fitted['n_triads'], 'triad', 'triads')}",
            )
        )
    return rows


def _gain_rows(gain: dict[str, Any] | None) -> list[tuple[str, str, str, str]]:
    if gain is None:
        return []
    names = {
        "total": "gain of the general model",
        "transitive": "of that: an order that no single number gives",
        "cyclic": "of that: circles",
        "cyclic_at_least": "circles at least, beside the best order",
    }
    return [
        (name, said(gain[part], 4), "0", f"{gain[part]['n']:,} held-out judgments")
        for part, name in names.items()
    ]


def _hodge_rows(hodge: dict[str, Any] | None) -> list[tuple[str, str, str, str]]:
    if hodge is None:
        return []
    names = {
        "gradient": "log-odds explained by one number (gradient)",
        "curl": "running round triangles (curl)"
        if hodge["harmonic"] is not None
        else "running round (curl and harmonic)",
        "harmonic": "running round longer circles (harmonic)",
    }
    made_from = f"{hodge['n_pairs']:,} judged pairs, {hodge['gradient']['expected']['n']:,} rounds"
    return [
        (
            name,
            f"{hodge[part]['value']:.1%}",
            f"{hodge[part]['expected']['low']:.1%} to {hodge[part]['expected']['high']:.1%}",
            made_from,
        )
        for part, name in names.items()
        if hodge[part] is not None
    ]


def _show_parts(spectral: dict[str, Any], prompts: Sequence[str] | None) -> None:
    parts = spectral["parts"]
    if len(parts) < 2:  # noqa: PLR2004 - one group has the p of the whole
        return
    low = sum(part["p"] <= LEVEL for part in parts)
    st.caption(
        f"{low} of {len(parts)} groups of connected items have p at or below .05; chance alone "
        f"gives {LEVEL * len(parts):.1f}. After Holm's correction {_n_rejected(parts)} remain."
    )
    with st.expander("Group by group"):
        st.dataframe(
            {
                "prompt": [_name(prompts, part["prompt"]) for part in parts],
                "p": [said_p(part["p"]) for part in parts],
                "share of the noise level": [round(part["ratio"], 2) for part in parts],
                "items": [part["n_items"] for part in parts],
                "decided judgments": [part["n_judgments"] for part in parts],
            },
            hide_index=True,
        )


def _n_rejected(parts: Sequence[dict[str, Any]]) -> int:
    """How many remain when p-values, in rising order, are held against 5 % of those left."""
    for place, part in enumerate(parts):
        if part["p"] > LEVEL / (len(parts) - place):
            return place
    return len(parts)


def _show_lottery(
    lottery: dict[str, Any],
    result: Result,
    items: Sequence[int] | None,
    labels: Sequence[str] | None,
    prompts: Sequence[str] | None,
) -> None:
    names = {}
    if items is not None and labels is not None:
        names = {result.bradley_terry.items[i]: text for i, text in zip(items, labels, strict=True)}

    def name(item: str) -> str:
        return names.get(item, item)

    where = (
        f"prompt {_name(prompts, lottery['prompt'])}, {count(lottery['n_items'], 'item', 'items')}"
    )
    if lottery["condorcet_winner"] is not None:
        st.markdown(
            f"**{name(lottery['condorcet_winner'])}** is preferred to every other item ({where}), "
            "whatever circles there are below it. The strongest by one number is "
            f"**{name(lottery['strongest'])}**."
        )
        return
    st.markdown(
        f"**Nothing wins against everything** ({where}). Drawing from this lottery, no item is "
        "preferred to what was drawn more often than not."
    )
    st.dataframe(
        {
            "item": [name(share["item"]) for share in lottery["shares"]],
            "share": [said(share["weight"], 2) for share in lottery["shares"]],
        },
        hide_index=True,
    )
    n_draws = lottery["shares"][0]["weight"]["n"]
    unique = "" if lottery["is_unique"] else " Other lotteries do as well; this is their middle."
    st.caption(
        f"Maximal lottery of the general model; ranges hold 95 % of {n_draws:,} draws of it."
        f"{unique} The strongest by one number is {name(lottery['strongest'])}."
    )


def _show_plane(
    model: GeneralPreference, items: Sequence[int] | None, labels: Sequence[str] | None
) -> None:
    if not model.n_planes:
        return  # on a line there is nothing to see that the strengths do not show
    chosen = np.flatnonzero(model.prompts == 0) if items is None else np.array(items, dtype=int)
    if not len(chosen):
        return
    names = [model.items[i] for i in chosen] if labels is None else list(labels)
    component = model.component[chosen]
    inside = component == np.bincount(component).argmax()
    if inside.sum() < 3:  # noqa: PLR2004 - with fewer there is no circle
        return
    found = plane_of(model, chosen[inside])
    drawn = [text for text, here in zip(names, inside, strict=True) if here]
    chart_with_data.draw(
        charts.plane(drawn, found.positions),
        {
            "item": drawn,
            "first axis": found.positions[:, 0].round(4).tolist(),
            "second axis": found.positions[:, 1].round(4).tolist(),
        },
        name="plane of the general model",
        says="Each item is favoured over those up to half a turn clockwise of it, more so the "
        "farther both lie from the cross. Items with one order lie on one side of the cross; items "
        f"that run in a circle lie around it. The plane holds {found.share:.0%} of the general "
        f"model's squared log-odds between {int(inside.sum()):,} items; a picture, without "
        "interval.",
    )


def _name(prompts: Sequence[str] | None, number: int) -> str:
    return str(number + 1) if prompts is None else prompts[number]
