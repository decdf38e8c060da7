"""Part of the page Coverage: what was asked of what could be, and what the pairs can tell."""

import numpy as np
import streamlit as st

from core.coverage import PairCoverage, PromptDesign, attainable_efficiency
from core.estimates import NotDeterminedError
from core.study import Study
from storage import studies
from storage.answers import Answers
from ui import chart_with_data, charts, interval_charts, session
from ui.figures import count, label, moment, source
from workbench import coverage_figures, dashboards
from workbench.coverage_figures import Told

MAX_BARS = 20


def show_numbers(here: session.Here, study: Study) -> None:
    """Say how many pairs were judged, and by whom."""
    given = dashboards.answers_of(here.workbench, study.id)
    coverage = coverage_figures.pairs(given)
    possible = studies.n_possible_pairs(here.db, study.id)
    if possible == 0:
        st.info("This study has no pairs yet. Add items on the page Import.")
        return
    _show_figures(coverage, possible, study)
    st.caption(f"Answers as they stood on {moment(given.as_of)}.")
    _show_annotators(coverage, given)


def _show_figures(coverage: PairCoverage, possible: int, study: Study) -> None:
    overlap = study.settings.overlap
    complete = int((coverage.asked_per_pair >= overlap).sum())
    columns = st.columns(3)
    columns[0].metric("Pairs judged", f"{coverage.n_pairs_asked:,}", border=True)
    columns[0].caption(f"of {possible:,} possible ({coverage.n_pairs_asked / possible:.0%})")
    columns[1].metric(f"Pairs with {overlap} judgments", f"{complete:,}", border=True)
    columns[1].caption(f"of {possible:,}; the study asks {overlap} people each")
    columns[2].metric("Judgments", f"{coverage.n_asked:,}", border=True)
    median = coverage.median_per_pair
    columns[2].caption(
        "none yet" if median is None else f"{median:g} in the median for a pair judged at all"
    )
    missing = max(possible * overlap - int(coverage.asked_per_pair.clip(max=overlap).sum()), 0)
    unseen = len(coverage.items_never_shown)
    st.markdown(
        f"**{missing:,}** judgments are missing until every pair has {overlap}. "
        + (f"**{unseen}** items are in no judged pair." if unseen else "Every item was judged.")
        + " These are counts of all standing judgments, not estimates: they have no interval. "
        + source("Pair coverage")
    )


def _show_annotators(coverage: PairCoverage, given: Answers) -> None:
    st.header("By annotator", anchor=False)
    if len(coverage.annotators) == 0:
        st.info("Nobody has judged a pair yet.")
        return
    names = [given.annotators[i] for i in coverage.annotators]
    counts = coverage.asked_per_annotator
    order = counts.argsort()[::-1]
    most = order[:MAX_BARS]
    share = counts[most[: max(1, len(names) // 10)]].sum() / counts.sum()
    drawn = f" The {MAX_BARS} with the most are drawn." if len(names) > MAX_BARS else ""
    chart_with_data.draw(
        charts.bars([names[i] for i in most], counts[most].tolist(), "pairs judged"),
        {"annotator": [names[i] for i in order], "pairs judged": counts[order].tolist()},
        name="judgments by annotator",
        says=f"Pairs judged by each of {count(len(names), 'person', 'people')}: "
        f"{int(np.median(counts)):,} in the median, {int(counts.max()):,} at most.{drawn} "
        f"{_concentration(float(share), len(names))} A count of n = {coverage.n_asked:,} standing "
        f"judgments, without interval. {source('Pair coverage')}",
    )


def _concentration(share: float, n_people: int) -> str:
    if n_people < 10:  # noqa: PLR2004 - a tenth of fewer is nobody
        return ""
    few = f"The tenth who judged most gave {share:.0%} of what is drawn here."
    return few if share < 0.5 else f"{few} Set a quota of a person if fewer voices are too few."  # noqa: PLR2004


def show_prompts(here: session.Here, study: Study) -> None:
    """Say of every prompt what its judged pairs can tell, and what the newest fit tells."""
    st.header("By prompt", anchor=False)
    given = dashboards.answers_of(here.workbench, study.id)
    designs = coverage_figures.designs(given)
    if not designs:
        st.info("There is no prompt yet. Import items on the page Import.")
        return
    told = coverage_figures.differences(here.workbench, study.id)
    st.markdown(_what_to_do(designs))
    texts = studies.prompts(here.db, study.id)
    order = sorted(range(len(designs)), key=lambda n: _urgency(designs[n]))
    chart_with_data.table(
        {
            "prompt": [
                interval_charts.short(
                    label(given.prompt_ids[n], texts.get(given.prompt_ids[n], ""))
                )
                for n in order
            ],
            **_design_columns([designs[n] for n in order]),
            **_fit_columns([(told or {}).get(given.prompt_ids[n]) for n in order]),
        },
        name="prompts",
    )
    st.caption(
        "Pieces: groups of items that comparisons connect; 1 is needed to compare all. Efficiency: "
        "how small the mean variance of differences is (A) or the joint region (D), against the "
        "best design of as many judgments, were strengths alike; connectivity: how well the "
        "weakest link holds, 1 is as well as can be. Counts of standing judgments, without "
        "intervals. "
        + (
            "Determined: share of differences whose 95 % interval lies on one side of zero in the "
            "newest fit; half-width: of the middle interval, nats; least known: the two items "
            "whose difference has the widest one. "
            if told is not None
            else "Which differences are determined, and to what width, the next fit will say. "
        )
        + source("Efficiency of the design", "Differences that are determined")
    )
    _show_attainable(designs)


def _what_to_do(designs: tuple[PromptDesign, ...]) -> str:
    split = [design for design in designs if design.n_components > 1 and design.n_judgments]
    nothing = [design for design in designs if not design.n_judgments]
    said = []
    if split:
        said.append(
            f"**{count(len(split), 'prompt falls', 'prompts fall')} into pieces** that no chain of "
            "comparisons connects: strengths of different pieces cannot be compared. Judge pairs "
            "across them (the policy that asks what the fewest had does)."
        )
    if nothing:
        said.append(f"**{count(len(nothing), 'prompt has', 'prompts have')} no judgment yet.**")
    if not said:
        said.append("The comparisons of every prompt connect all its items.")
    return " ".join(said)


def _urgency(design: PromptDesign) -> tuple[float, float]:
    """In pieces first, then the least efficient."""
    efficiency = design.a_efficiency if np.isfinite(design.a_efficiency) else -1.0
    return -design.n_components, efficiency


def _design_columns(designs: list[PromptDesign]) -> dict[str, list[object]]:
    return {
        "items": [one.n_items for one in designs],
        "judgments": [one.n_judgments for one in designs],
        "pairs judged": [one.pairs_asked for one in designs],
        "pairs possible": [one.pairs_possible for one in designs],
        "share": [_share(one.pairs_asked / max(one.pairs_possible, 1)) for one in designs],
        "least degree": [one.degree_least for one in designs],
        "median degree": [one.degree_median for one in designs],
        "most": [one.degree_most for one in designs],
        "pieces": [one.n_components for one in designs],
        "A-efficiency": [_share(one.a_efficiency) for one in designs],
        "D-efficiency": [_share(one.d_efficiency) for one in designs],
        "connectivity": [_share(one.connectivity) for one in designs],
    }


def _fit_columns(found: list[Told | None]) -> dict[str, list[object]]:
    if not any(found):
        return {}
    return {
        "determined": [
            None if one is None else _share(one.differences.determined) for one in found
        ],
        "half-width": [None if one is None else _half_width(one) for one in found],
        "least known": ["" if one is None else " / ".join(one.least_known) for one in found],
    }


def _half_width(one: Told) -> float | None:
    middle = one.differences.half_width[1]
    return None if np.isnan(middle) else round(float(middle), 2)


def _share(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 3)


def _show_attainable(designs: tuple[PromptDesign, ...]) -> None:
    """Hold the largest prompt against designs that somebody could really ask."""
    largest = max(designs, key=lambda design: design.n_judgments)
    try:
        best = attainable_efficiency(largest.n_items, largest.n_judgments, np.random.default_rng(0))
    except NotDeterminedError:
        return
    if largest.a_efficiency > 0:
        st.caption(
            f"Of {count(largest.n_judgments, 'judgment', 'judgments')} of "
            f"{count(largest.n_items, 'item', 'items')} (the prompt with most), a design that "
            f"could really be asked reaches an A-efficiency of {best[0]:.3f}; yours has "
            f"{largest.a_efficiency:.3f}: {_judged(largest.a_efficiency / best[0])}"
        )


def _judged(share: float) -> str:
    if share > 0.9:  # noqa: PLR2004 - what is left is not worth the trouble
        return "there is little to gain from asking other pairs."
    return (
        f"the same precision would take {share:.0%} of the judgments, were they spread evenly. A "
        "policy that looks for what is worth knowing may mean to spread them unevenly."
    )
