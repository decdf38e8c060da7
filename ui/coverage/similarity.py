"""Part of the page Coverage: the map that people draw by saying which two of three are closer."""

import numpy as np
import streamlit as st

from core.study import Study
from storage import studies
from ui import chart_with_data, session
from ui.coverage import map_charts
from ui.figures import count, label, said, source
from ui.sentences import if_known
from workbench import results


@if_known
def show_similarity(here: session.Here, study: Study) -> None:
    """Draw the learned map, where anybody was asked; nothing else."""
    found = results.similarity_map(here.workbench, study.id)
    if found is None:
        return
    st.header("Map of what people call close", anchor=False)
    figures = found.figures
    if found.points is None or found.seen is None:
        st.info(figures["why_not"])
        return
    texts = {item.id: item.text for item in studies.items(here.db, study.id)}
    seen = np.flatnonzero(found.seen)
    labels = [label(found.items[i], texts.get(found.items[i], ""), 60) for i in seen]
    points = found.points[seen]
    chart_with_data.draw(
        map_charts.items_on_map(labels, points, np.ones(len(seen), dtype=np.int64)),
        {
            "item": labels,
            "first axis": points[:, 0].round(4).tolist(),
            "second axis": points[:, 1].round(4).tolist(),
        },
        name="map of what people call close",
        says=f"{count(len(labels), 'item', 'items')} placed by "
        f"{count(figures['n_answers'], 'answer', 'answers')} to "
        f"{count(figures['n_questions'], 'question', 'questions')}, fit `{found.fit.id}`. On "
        f"questions held out it says which two are closer with accuracy "
        f"{said(figures['accuracy'])}; chance is one half. Near one half, ask more or look for "
        "another reason: people may not see these items in two dimensions. Distances alone "
        f"matter, the axes mean nothing by themselves. {source('Similarity map')}",
    )
