"""A few values together, and whose value is left out by them."""

from collections.abc import Mapping, Set

import streamlit as st

from core.errors import DiscernError
from core.study import Study
from core.value_graph.slate import Slate, choose_slate, unjustified
from ui import session
from ui.figures import count, source
from ui.interview.card_view import distinct
from ui.sentences import plain
from workbench import value_standing
from workbench.values import Material

SIZE, MAX_SIZE, MAX_LISTED = 3, 12, 8
Approvals = Mapping[str, Set[str]]


@st.fragment
def show(here: session.Here, study: Study, known: Material) -> None:
    """Values chosen so that no large group is left out, or by hand and then checked."""
    st.header("A slate of values", anchor=False)
    approvals = value_standing.approvals(here.db, study.id, known)
    n_approved = len(set().union(*approvals.values()) if approvals else set())
    if not n_approved:
        st.caption("Nobody has called a value wiser yet.")
        return
    size = int(
        st.number_input(
            "How many values", 1, min(MAX_SIZE, n_approved), min(SIZE, n_approved),
            key=f"slate of {study.id}",
        )
    )  # fmt: skip
    try:
        slate = choose_slate(approvals, size)
    except DiscernError as error:
        st.caption(str(error))
        return
    _show_chosen(known, approvals, slate)
    _show_own(study, known, approvals, slate)


def _show_chosen(known: Material, approvals: Approvals, slate: Slate) -> None:
    lines = [
        f"1. {plain(known.title(card))} ({_approve(approvals, card)})" for card in slate.values
    ]
    st.markdown("\n".join(lines))
    n = len(slate.values)
    st.caption(
        "People approve of the values that they called wiser at least once and never less wise. "
        f"Every group of at least {-(-slate.n_people // n):,} of the "
        f"{count(slate.n_people, 'person', 'people')} that agrees on a value has a member with a "
        f"value here; the guarantee needed {slate.n_justified} of the {n}. Counts of those who "
        "voted, without intervals. " + source("Groups, bridges and slate")
    )
    _show_left_out(known, slate)


def _show_left_out(known: Material, slate: Slate) -> None:
    if not slate.n_left_out:
        st.markdown("Nobody who approves of a value is left without one.")
        return
    said = (
        f"**Whose value was left out?** {count(slate.n_left_out, 'person has', 'people have')} "
        "none of theirs here."
    )
    others = slate.left_out_approve
    if others:
        listed = list(others.items())[:MAX_LISTED]
        names = ", ".join(f"{plain(known.title(card))} ({n:,})" for card, n in listed)
        more = f" and {len(others) - len(listed)} more" if len(others) > len(listed) else ""
        said += f" They approve of {names}{more}. One place more would reach the first of these."
    else:
        said += " They do not agree on a value in numbers that may be shown."
    st.markdown(said)


def _show_own(study: Study, known: Material, approvals: Approvals, slate: Slate) -> None:
    """Check a slate that somebody puts together by hand."""
    titles = distinct(
        {card: known.title(card) for card in sorted(set().union(*approvals.values()))}
    )
    with st.expander("Put a slate together yourself, and see whom it leaves out"):
        own = st.multiselect(
            "Values", list(titles), list(slate.values), format_func=titles.__getitem__,
            key=f"own slate of {study.id} {len(slate.values)}",
        )  # fmt: skip
        if not own:
            return
        people = [approved for approved in approvals.values() if approved]
        without = sum(not approved & set(own) for approved in people)
        st.markdown(
            f"{count(without, 'person', 'people')} of {len(people):,} "
            f"{'has' if without == 1 else 'have'} no value here."
        )
        found = unjustified(approvals, own, len(own))
        if not found:
            st.success(
                f"No value is left out that {-(-len(people) // len(own)):,} people agree on who "
                "have less than their share."
            )
            return
        st.warning(
            "Left out although enough people agree on it: "
            + ", ".join(
                f"{plain(titles[card])} (its people deserve {count(n, 'place', 'places')})"
                for card, n in found
            )
            + ". Put one of them in the place of a value that fewer approve of."
        )


def _approve(approvals: Approvals, card: str) -> str:
    n = sum(card in approved for approved in approvals.values())
    return count(n, "person approves", "people approve")
