"""Where somebody's own value stands, who sees it otherwise and why, and how to object."""

import streamlit as st

from core.study import Study
from core.value_graph.report import GraphReport
from core.values_card.canonical import CanonicalCard
from storage import surveys
from ui import navigation, session
from ui.messages import say
from ui.sentences import plain, said
from ui.values import card, survey_form
from workbench import value_estimates, value_standing, values
from workbench.value_standing import FEWEST_SHOWN, Standing
from workbench.values import Material

MAX_OBJECTION = 2000
#: Names of answers about a card, before its id.
SAME, FAIR, NOT_MINE, WHY = "same value", "fair position", "not my value", "objection"


def show(here: session.Here, study: Study) -> None:
    """All own values one after the other, then the survey."""
    known = values.material(here.db, study.id)
    own = known.own_groups(here.person.id)
    if not own:
        st.info(say("You have no value of your own in this study yet."))
    elif not value_standing.may_see_results(here.db, study.id, here.person.id):
        st.info(
            say(
                "First say yourself which is wiser, at least {n} times: what others think comes "
                "after.",
                n=value_standing.VOTES_BEFORE_RESULTS,
            )
        )
    else:
        found = value_estimates.newest(here.workbench, study.id)
        for group in own:
            _show_value(here, study, known, group, None if found is None else found.graph)
    survey_form.show(here, study)


def _show_value(
    here: session.Here,
    study: Study,
    known: Material,
    group: CanonicalCard,
    graph: GraphReport | None,
) -> None:
    mine = next(one for one in group.members if known.cards[one].person_id == here.person.id)
    card.draw(known.cards[mine].card)
    if graph is None:
        st.markdown(say("Too few people have voted so far to say where it stands."))
    else:
        st.markdown(place_in_words(value_standing.standing(graph, group)))
    _show_others(here, study, group)
    _ask_same(here, study, known, mine, group)
    _ask_fair(here, study, mine)


def place_in_words(standing: Standing) -> str:
    """Where a value stands, with how sure that is."""
    if standing.rank is None:
        return say("Nobody has been asked about it yet.")
    low, high = standing.rank
    n, votes = standing.n_ranked, standing.n_votes
    if standing.is_winner:
        share = f"{standing.best:.0%}"
        return say(
            "Of {n} values it is held the wisest; that is {share} sure. Votes on it: {votes}.",
            n=n, share=share, votes=votes,
        )  # fmt: skip
    if low == high:
        return say(
            "Of {n} values it stands at place {low}, where 1 is the wisest; that is nine tenths "
            "sure. Votes on it: {votes}.",
            n=n, low=low, votes=votes,
        )  # fmt: skip
    return say(
        "Of {n} values it stands somewhere from place {low} to place {high}, where 1 is the "
        "wisest; that is nine tenths sure, and more votes make it narrower. Votes on it: {votes}.",
        n=n, low=low, high=high, votes=votes,
    )  # fmt: skip


def _show_others(here: session.Here, study: Study, group: CanonicalCard) -> None:
    views = value_standing.other_views(here.db, study.id, here.person.id, set(group.members))
    if not views.enough:
        st.markdown(
            say(
                "What others said of it stays closed until {n} of them were asked about it.",
                n=FEWEST_SHOWN,
            )
        )
        return
    st.markdown(
        say(
            "{against} of {asked} others who were asked about it called another value wiser at "
            "least once.",
            against=views.n_prefer_other,
            asked=views.n_asked,
        )
    )
    if views.reasons:
        with st.expander(say("Their reasons, without names")):
            st.markdown("\n".join(f"- {plain(reason)}" for reason in views.reasons))


def _ask_same(
    here: session.Here, study: Study, known: Material, mine: str, group: CanonicalCard
) -> None:
    """Whether the card that speaks for the group says the same as one's own."""
    if group.representative == mine:
        return
    st.markdown(say("In the graph it counts together with this card of somebody else:"))
    card.draw(known.cards[group.representative].card)
    _ask_yes_no(here, study, f"{SAME} {mine}", say("Is this the same value as yours?"))


def _ask_fair(here: session.Here, study: Study, mine: str) -> None:
    _ask_yes_no(
        here,
        study,
        f"{FAIR} {mine}",
        say("Is its position fair, even if you would place it elsewhere?"),
    )
    with st.expander(say("Object, or change it")):
        _ask_yes_no(
            here, study, f"{NOT_MINE} {mine}", say("Is this card your value as you mean it?")
        )
        name = f"{WHY} {mine}"
        before = surveys.of_person(here.db, study.id, here.person.id).get(name, "")
        st.text_area(
            say("What is wrong with the card or its place? The researchers of this study read it."),
            value=before, key=name, max_chars=MAX_OBJECTION, height=80,
        )  # fmt: skip
        st.button(
            say("Send"),
            key=f"send {name}",
            on_click=said(lambda: survey_form.keep(here, study, {name: session.typed(name) or ""})),
        )
        st.markdown(say("To change the card itself, go back to your interview and revise it."))
        navigation.link("interview", say("Interview"), of=mine)


def _ask_yes_no(here: session.Here, study: Study, name: str, question: str) -> None:
    options = {True: say("Yes"), False: say("No")}
    known = surveys.of_person(here.db, study.id, here.person.id).get(name)
    st.radio(
        question,
        list(options),
        index=None if known is None else list(options).index(known),
        format_func=options.__getitem__,
        horizontal=True,
        key=name,
        on_change=said(lambda: survey_form.keep(here, study, {name: session.typed(name)})),
    )
