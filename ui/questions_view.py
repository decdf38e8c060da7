"""Part of the page Studies: cohorts, items to ask first, questions with known answers."""

from datetime import UTC, datetime

import streamlit as st

from core.judgment import ChoiceSet
from core.known_answers import share_right
from core.study import Study
from storage import gold, studies, targets
from storage.gold import Gold
from ui import session
from ui.figures import count, label
from ui.sentences import plain, said


def show_cohorts(here: session.Here, study: Study) -> None:
    """Cohorts are groups of people whose answers are told apart."""
    inside = studies.members(here.db, study.id)
    cohorts = studies.cohorts(here.db, study.id)
    if not inside:
        st.caption("People come first; then they can be put into cohorts.")
        return
    st.dataframe(
        {
            "name": [person.name for person in inside],
            "cohort": [cohorts.get(person.id, "") for person in inside],
        },
        hide_index=True,
    )
    names = {person.id: person.name for person in inside}
    chosen, cohort = f"people of a cohort of {study.id}", f"cohort of {study.id}"
    left, right = st.columns(2)
    left.multiselect("People", list(names), format_func=names.__getitem__, key=chosen)
    right.text_input("Cohort, empty for none", key=cohort, max_chars=100)
    st.button(
        "Put into the cohort",
        on_click=said(lambda: _put_into_cohort(here, study, chosen, cohort)),
    )


def show_targets(here: session.Here, study: Study) -> None:
    """Items whose pairs are asked before all others while they have open places."""
    texts = {item.id: item.text for item in studies.items(here.db, study.id)}
    key = f"targets of {study.id}"
    now = targets.of_study(here.db, study.id)
    st.multiselect(
        "Items to ask about first",
        list(texts),
        now,
        format_func=lambda item: label(item, texts.get(item, "")),
        key=key,
        help="Beside the random share. When all their questions are answered, the rest follows.",
    )
    st.button("Save the items", on_click=said(lambda: _put_targets(here, study, key)))


def show_gold(here: session.Here, study: Study) -> None:
    """Questions whose answer is known, and how to take one back."""
    known = gold.of_study(here.db, study.id)
    st.caption(
        "Gold stands among the real questions and looks like them; training comes before the first "
        "real question, with feedback. Both come from a file (page Import) or, unanimous, from "
        "adjudication. How much of it people see is a setting."
    )
    if not known:
        st.markdown("No question with a known answer yet.")
        return
    texts = {item.id: item.text for item in studies.items(here.db, study.id)}
    scores = _scores(here, study, known)
    _show_all_right(scores)
    st.dataframe(
        {
            "items": [" / ".join(label(i, texts.get(i, ""), 30) for i in g.items) for g in known],
            "answer": [_told(g) for g in known],
            "answered as known": [_said_right(scores[g.items]) for g in known],
            "training": ["yes" if g.training else "no" for g in known],
            "feedback": [g.feedback for g in known],
            "from": [g.source for g in known],
        },
        hide_index=True,
    )
    key = f"gold to take back of {study.id}"
    st.selectbox(
        "Not known any more",
        range(len(known)),
        None,
        format_func=lambda number: " / ".join(map(plain, known[number].items)),
        key=key,
    )
    st.button("Take it back", on_click=said(lambda: _take_back(here, study, known, key)))


#: Who answered a question, and how far it was as is known.
Scores = list[tuple[str, float]]


def _scores(here: session.Here, study: Study, known: tuple[Gold, ...]) -> dict[ChoiceSet, Scores]:
    given, form = gold.answers(here.db, study.id), study.settings.form.kind
    return {
        one.items: [(who, one.score(said, form)) for who, said in given.get(one.items, ())]
        for one in known
    }


def _show_all_right(scores: dict[ChoiceSet, Scores]) -> None:
    everything = [each for some in scores.values() for each in some]
    if not everything:
        st.caption("Nobody has answered one of them yet.")
        return
    st.markdown(f"Answered as known: **{_said_right(everything)}**.")
    st.caption(
        "Look at the questions with the lowest share first: what most people get wrong may be "
        "unclear, or its known answer may be wrong; take that back below. Of orders it is the "
        "share of pairs put in the known order. Formula and source: "
        "docs/statistics.md, “Answers to known questions”."
    )


def _said_right(scores: Scores) -> str:
    if not scores:
        return "not answered yet"
    share = share_right([score for _, score in scores], [who for who, _ in scores])
    answers = count(share.n, "answer", "answers")
    return f"{share.value:.0%} ({share.low:.0%} to {share.high:.0%}), {answers}"


def _told(known: Gold) -> str:
    """The known answer in words."""
    if known.said is None:
        return known.outcome.value.replace("_", " ")
    order = [" = ".join(place) for place in known.said.places]
    order += [", ".join(known.said.rest)] if known.said.rest else []
    return " > ".join([*order, *([known.said.worst] if known.said.worst else [])])


def _put_into_cohort(here: session.Here, study: Study, chosen: str, cohort: str) -> None:
    for person_id in session.typed(chosen):
        studies.set_member(
            here.db,
            study.id,
            person_id,
            True,  # noqa: FBT003 - it stays a member
            by=here.person.id,
            cohort=session.typed(cohort),
        )
    session.keep(chosen, [])


def _put_targets(here: session.Here, study: Study, key: str) -> None:
    now = datetime.now(UTC)
    targets.put(here.db, study.id, session.typed(key), by=here.person.id, now=now)
    st.toast("Saved. They come first from now on.")


def _take_back(here: session.Here, study: Study, known: tuple[Gold, ...], key: str) -> None:
    number = session.typed(key)
    if number is not None:
        gold.take_back(here.db, study.id, known[number], by=here.person.id, now=datetime.now(UTC))
        session.keep(key, None)
