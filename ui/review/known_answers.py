"""Part of the page Review: gold from pairs about which all people say the same."""

from datetime import UTC, datetime

import numpy as np
import streamlit as st

from core.adjudication import Gold as Unanimous
from core.agreement import CODES
from core.estimates import NotDeterminedError
from core.judgment import ChoiceSet, ItemOutcome
from core.study import Study
from storage import gold, studies
from storage.gold import Gold
from ui import session
from ui.figures import count, label
from ui.sentences import said
from workbench import dashboards, review_cases

MAX_LISTED = 50
#: Unanimous gold says which item is better; its code is 0 or 1.
OUTCOMES = (ItemOutcome.FIRST, ItemOutcome.SECOND)


def show_unanimous(here: session.Here, study: Study) -> None:
    """Offer the surest unanimous pairs as questions whose answer is known."""
    try:
        sure = review_cases.cases(here.workbench, study).unanimous
    except NotDeterminedError as error:
        st.info(str(error))
        return
    given = dashboards.answers_of(here.workbench, study.id)
    already = {known.items for known in gold.of_study(here.db, study.id)}
    found = [
        (Gold(items, OUTCOMES[code], "", training=False, source="adjudication"), n, doubt)
        for items, code, n, doubt in _listed(given.items, sure)
        if items not in already
    ]
    st.caption(
        f"Pairs that {review_cases.LEAST_UNANIMOUS} people or more judged, all alike, and that no "
        "fit surely sees otherwise. What people of a study agree about is no proof that it is so: "
        "read each before it tests somebody. Doubt: at most so many of all people would answer "
        "otherwise (95 %, one-sided)."
    )
    if not found:
        st.info("There is no such pair that is not gold already. More overlap gives more of them.")
        return
    texts = {item.id: item.text for item in studies.items(here.db, study.id)}
    listed = found[:MAX_LISTED]
    chosen = st.dataframe(
        {
            "better": [label(_better(one), texts.get(_better(one), ""), 60) for one, *_ in listed],
            "worse": [label(_worse(one), texts.get(_worse(one), ""), 60) for one, *_ in listed],
            "people": [n for _, n, _ in listed],
            "doubt": [f"{doubt:.0%}" for *_, doubt in listed],
        },
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key=f"unanimous of {study.id}",
    )
    rows: list[int] = chosen.get("selection", {}).get("rows", [])
    more = f" of {len(found):,}, the surest first" if len(found) > MAX_LISTED else ""
    st.caption(f"{count(len(listed), 'pair', 'pairs')}{more}. Tick those that you have read.")
    st.button(
        f"Make {count(len(rows), 'pair', 'pairs')} gold",
        disabled=not rows,
        on_click=said(lambda: _put(here, study, [listed[row][0] for row in rows])),
    )


def _listed(items: ChoiceSet, sure: Unanimous) -> list[tuple[ChoiceSet, int, int, float]]:
    order = np.argsort(sure.doubt, kind="stable")
    found: list[tuple[ChoiceSet, int, int, float]] = []
    for place in order.tolist():
        first, second = divmod(int(sure.unit[place]), len(items))
        pair = (items[first], items[second])
        known = int(sure.category[place]), int(sure.n_answers[place]), float(sure.doubt[place])
        found.append((pair, *known))
    return found


def _better(one: Gold) -> str:
    return one.items[CODES[one.outcome]]


def _worse(one: Gold) -> str:
    return one.items[1 - CODES[one.outcome]]


def _put(here: session.Here, study: Study, chosen: list[Gold]) -> None:
    now = datetime.now(UTC)

    def change(cursor: object) -> None:
        for known in chosen:
            gold.put(cursor, study.id, known, by=here.person.id, now=now)  # type: ignore[arg-type]

    here.db.write(change)
    st.toast(f"{count(len(chosen), 'pair is', 'pairs are')} gold now.", icon=":material/check:")
