"""Part of the page Coverage: who was compared with whom, readable with a thousand items."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.coverage import HeatMap
from core.judgment import Indices
from core.study import Study
from storage import studies
from storage.answers import Answers
from ui import chart_with_data, session
from ui.coverage import map_charts
from ui.figures import label, source
from workbench import coverage_figures, dashboards


def show_heat_map(here: session.Here, study: Study) -> None:
    """Draw how much was judged between groups of items of one prompt."""
    st.header("Who was compared with whom", anchor=False)
    given = dashboards.answers_of(here.workbench, study.id)
    prompt = choose_prompt(here, study, given, key="heat map")
    if prompt is None:
        st.info("There is no prompt with two items yet.")
        return
    items, heat = coverage_figures.heat(given, prompt)
    texts = {item.id: item.text for item in studies.items(here.db, study.id)}
    ids = [given.items[i] for i in items[heat.order]]
    names = _names([label(i, texts.get(i, ""), 30) for i in ids], heat.edges)
    chart_with_data.draw(
        map_charts.judged_cells(heat, names),
        _columns(heat, names),
        name="who was compared with whom",
        says=_says(heat, len(items)),
    )


def choose_prompt(here: session.Here, study: Study, given: Answers, *, key: str) -> int | None:
    """Which prompt somebody looks at; None where no prompt has two items."""
    sizes = np.bincount(given.prompts, minlength=len(given.prompt_ids))
    chosen = np.flatnonzero(sizes > 1).tolist()
    if not chosen:
        return None
    texts = studies.prompts(here.db, study.id)
    names = {i: label(given.prompt_ids[i], texts.get(given.prompt_ids[i], ""), 90) for i in chosen}
    prompt: int = st.selectbox("Prompt", chosen, format_func=names.__getitem__, key=key)
    return prompt


def _names(labels: Sequence[str], edges: Indices) -> list[str]:
    """What stands in each cell: one item by its name, several by the first and how many more."""
    named: list[str] = []
    for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        more = end - begin - 1
        text = f"{labels[begin]} and {more} more" if more else labels[begin]
        named.append(f"{len(named) + 1}. {text}")
    return named


def _columns(heat: HeatMap, names: Sequence[str]) -> dict[str, list[object]]:
    rows, columns = np.nonzero(np.triu(heat.possible) > 0)
    return {
        "one": [names[i] for i in rows.tolist()],
        "other": [names[i] for i in columns.tolist()],
        "pairs judged": heat.asked[rows, columns].astype(int).tolist(),
        "pairs possible": heat.possible[rows, columns].astype(int).tolist(),
        "judgments": heat.judgments[rows, columns].astype(int).tolist(),
    }


def _says(heat: HeatMap, n_items: int) -> str:
    upper = np.triu(heat.possible)
    asked, possible = np.triu(heat.asked).sum(), upper.sum()
    untouched = int(((np.triu(heat.asked) == 0) & (upper > 0)).sum())
    cells = int((upper > 0).sum())
    together = "" if n_items == len(heat.edges) - 1 else (
        f" {n_items:,} items are put together into {len(heat.edges) - 1} groups of neighbours."
    )  # fmt: skip
    return (
        f"Each cell is the number of judgments for a possible pair between two items or groups: "
        f"{int(np.triu(heat.judgments).sum()):,} judgments of {int(asked):,} of "
        f"{int(possible):,} pairs in all ({asked / max(possible, 1):.0%}); {untouched:,} of "
        f"{cells:,} cells have none.{together} Items that were compared with the same others "
        "stand beside each other, so that blocks along the diagonal are groups that hardly meet: "
        "judge pairs across them. Counts, without intervals; hover for those of a cell. "
        + source("Pair coverage")
    )
