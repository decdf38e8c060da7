"""Part of the page Coverage: where items lie by their words, and what to write or judge next."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import streamlit as st

from core.coverage import Want, Wanted
from core.estimates import NotDeterminedError
from core.judgment import Floats
from core.study import Study
from storage import studies, targets
from ui import chart_with_data, session
from ui.coverage import map_charts
from ui.coverage.who_met import choose_prompt
from ui.figures import count, label, source
from ui.sentences import said
from workbench import coverage_figures, dashboards, results
from workbench.coverage_figures import ItemMap

#: Judgments that can be asked for of each item.
MOST = 1000
ALL, ONE = "all prompts together", "one prompt"


def show_map(here: session.Here, study: Study) -> None:
    """Draw items by their words, the cells of the map, and list what is wanted."""
    st.header("Map of the items", anchor=False)
    given = dashboards.answers_of(here.workbench, study.id)
    prompt = None
    if len(given.prompt_ids) > 1 and st.radio("Map of", [ALL, ONE], horizontal=True) == ONE:
        prompt = choose_prompt(here, study, given, key="map of one prompt")
    enough: int = st.number_input(
        "Judgments that each item should be in", 1, MOST, min(2 * study.settings.overlap, MOST)
    )
    try:
        found = coverage_figures.item_map(here.workbench, study.id, given, prompt, enough)
    except NotDeterminedError as error:
        st.info(str(error))
        return
    texts = {item.id: item.text for item in studies.items(here.db, study.id)}
    ids = [given.items[i] for i in found.items]
    labels = [label(item, texts.get(item, ""), 60) for item in ids]
    _show_items(found, labels)
    _show_cells(found, labels, fitted=results.latest(here.workbench, study.id) is not None)
    _show_wanted(here, study, found, ids, labels)


def _show_items(found: ItemMap, labels: Sequence[str]) -> None:
    plane = found.plane
    unseen = int((found.shown == 0).sum())
    chart_with_data.draw(
        map_charts.items_on_map(labels, plane.points, found.shown),
        {
            "item": list(labels),
            "first axis": plane.points[:, 0].round(4).tolist(),
            "second axis": plane.points[:, 1].round(4).tolist(),
            "judgments": found.shown.tolist(),
        },
        name="map of items",
        says=f"{count(len(labels), 'item', 'items')} in the plane of most variance of their words "
        f"(hashed TF-IDF, principal components): it holds {plane.explained.sum():.0%} of the "
        f"variance, so that items may be neighbours here that differ otherwise. "
        f"{count(unseen, 'item is', 'items are')} in no judged pair (open diamonds). Both axes "
        f"have no meaning but what lies at their ends. {source('Map coverage')}",
    )


def _show_cells(found: ItemMap, labels: Sequence[str], *, fitted: bool) -> None:
    st.subheader("The best of each place", anchor=False)
    grid = found.grid
    with_quality = fitted and bool(np.isfinite(grid.quality).any())
    rows, columns = np.nonzero(grid.n_items)
    best = grid.best[rows, columns]
    table: dict[str, list[Any]] = {
        "row": (rows + 1).tolist(),
        "column": (columns + 1).tolist(),
        "items": grid.n_items[rows, columns].tolist(),
        "times shown": grid.n_judgments[rows, columns].tolist(),
    }
    if with_quality:
        reach = 1.959964 * grid.quality_sd[rows, columns]
        quality = grid.quality[rows, columns]
        table |= {
            "best item": [
                labels[i] if known else ""
                for i, known in zip(best, np.isfinite(quality), strict=True)
            ],
            "strength": _finite(quality),
            "low": _finite(quality - reach),
            "high": _finite(quality + reach),
        }
    score = f" Quality-diversity score {grid.score:.1f} nats." if np.isfinite(grid.score) else ""
    strength = (
        "Colour and table: the strength of the best item of the cell by the newest fit, less the "
        "mean of its prompt, with 95 % intervals in the table; the best of many is partly luck."
        if with_quality
        else "Strengths come with the next fit; colour is the number of judgments."
    )
    chart_with_data.draw(
        map_charts.quality_cells(grid, labels, found.wanted, with_quality=with_quality),
        table,
        name="cells of the map",
        says=f"{grid.filled:.0%} of {grid.n_items.size} cells hold an item; as many items spread "
        f"evenly would fill {grid.filled_at_random:.0%}. Numbers are items; “!”: judgments are "
        "missing there. Blank cells are empty; a cross: an item would fill a gap. The list below "
        f"has the largest of both. {strength}{score} {source('Map coverage')}",
    )


def _finite(values: Floats) -> list[float | None]:
    return [round(value, 3) if np.isfinite(value) else None for value in values.tolist()]


def _show_wanted(
    here: session.Here, study: Study, found: ItemMap, ids: Sequence[str], labels: Sequence[str]
) -> None:
    st.subheader("What to write or judge next", anchor=False)
    if not found.wanted:
        st.success("Every item has enough judgments, and there is no gap between items.")
        return
    chart_with_data.table(
        {
            "what": [_what(wanted) for wanted in found.wanted],
            "row": [wanted.row + 1 for wanted in found.wanted],
            "column": [wanted.column + 1 for wanted in found.wanted],
            "filled cells around": [wanted.neighbours for wanted in found.wanted],
            "near": [" / ".join(labels[i] for i in wanted.nearest) for wanted in found.wanted],
        },
        name="what is wanted",
    )
    st.caption(
        "Judge: items of the cell were shown less often than you asked for above; those that miss "
        "most come first. Write: an empty cell among filled ones; something between its neighbours "
        f"would fill it. At most 20 are listed. {source('Map coverage')}"
    )
    wanted = sorted({ids[i] for one in found.wanted if one.want is Want.JUDGE for i in one.nearest})
    if not wanted:
        return
    st.button(
        f"Ask about {count(len(wanted), 'item', 'items')} of these places first",
        on_click=said(lambda: _aim(here, study, wanted)),
        help="They join the items to ask about first (page Studies, Questions).",
    )


def _what(wanted: Wanted) -> str:
    if wanted.want is Want.JUDGE:
        return f"judge: {count(wanted.missing, 'showing', 'showings')} missing"
    return "write an item"


def _aim(here: session.Here, study: Study, wanted: Sequence[str]) -> None:
    before = targets.of_study(here.db, study.id)
    now = datetime.now(UTC)
    targets.put(here.db, study.id, {*before, *wanted}, by=here.person.id, now=now)
    st.toast("They are asked about first now.", icon=":material/check:")
