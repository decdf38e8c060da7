"""Part of the page Review: pairs to look at again, the most urgent first."""

import streamlit as st

from core.adjudication import Case
from core.estimates import NotDeterminedError
from core.judgment import ChoiceSet
from core.study import Study
from storage import resolutions, studies
from storage.answers import Answers
from storage.presentations import set_id
from ui import chart_with_data, session
from ui.figures import label, moment
from ui.review import case_view
from workbench import dashboards, review_cases

#: Cases that are listed; the next ones follow when these are resolved.
MAX_LISTED = 100


def show_queue(here: session.Here, study: Study) -> None:
    """List cases, and look at one."""
    given = dashboards.answers_of(here.workbench, study.id)
    try:
        found = review_cases.cases(here.workbench, study)
    except NotDeterminedError as error:
        st.info(str(error))
        return
    resolved = {resolution.unit for resolution in resolutions.of_study(here.db, study.id)}
    waiting = [case for case in found.cases if set_id(items_of(given, case)) not in resolved]
    st.markdown(
        f"**{len(waiting):,} pairs could be looked at again**, of {len(found.division.units):,} "
        "judged pairs. Begin at the top, and stop when what you find is no news any more."
    )
    if not waiting:
        return
    st.caption(f"{_order(found.made_from)} Answers as they stood on {moment(given.as_of)}.")
    listed = waiting[:MAX_LISTED]
    texts = {item.id: item.text for item in studies.items(here.db, study.id)}
    sets = [items_of(given, case) for case in listed]
    names = [" / ".join(label(item, texts.get(item, ""), 30) for item in items) for items in sets]
    with st.expander(f"The first {len(listed)} as a table"):
        chart_with_data.table(
            {
                "pair": names,
                "urgency": [case.urgency for case in listed],
                "why": [", ".join(case.reasons) for case in listed],
                "answers": [case.n_answers for case in listed],
            },
            name="pairs to look at again",
        )
    places = {set_id(items): place for place, items in enumerate(sets)}
    chosen = st.selectbox(  # by its items: a new answer or fit may change its place
        "Pair",
        list(places),
        format_func=lambda key: names[places[key]],
        key=f"case of {study.id}",
    )
    case_view.show(here, study, sets[places[chosen]], ", ".join(listed[places[chosen]].reasons))


def items_of(given: Answers, case: Case) -> ChoiceSet:
    """The items of a case, sorted."""
    first, second = divmod(case.unit, len(given.items))
    return tuple(sorted((given.items[first], given.items[second])))


def _order(made_from: str) -> str:
    people = "a low end for how often two people differ about the pair (90 %)"
    if not made_from:
        return (
            f"The order is {people}. No fit has spoken yet: the next one will also point to "
            "answers that it does not expect."
        )
    return (
        f"The order is the surprise of the least expected answer, in bits, by the {made_from}, "
        f"plus {people}. What surprises a fit may be a slip, or a wish that few share: look, and "
        "say which."
    )
