"""Part of the page Coverage: contexts, cards and votes, and the edges nobody was asked about."""

import numpy as np
import streamlit as st

from core.judgment import Indices
from core.study import Study
from ui import chart_with_data, session
from ui.coverage import map_charts
from ui.figures import count, source
from ui.interval_charts import short
from ui.interview.card_view import distinct
from workbench import value_coverage
from workbench.value_coverage import Covered

#: Cards drawn at once, those with the fewest votes first; and unasked edges that are listed.
MAX_CARDS, MAX_LISTED = 60, 200
NO_CONTEXT = "without a context"


def show_values(here: session.Here, study: Study) -> None:
    """Draw what was asked about values; nothing in a study that asks nothing of that kind."""
    covered = value_coverage.of_study(here.db, study.id)
    if covered is None:
        return
    st.header("Values", anchor=False)
    possible = int(covered.coverage.edges_possible.sum())
    if not possible:
        st.info("There are not two values to compare in any context yet.")
        return
    st.markdown(_what_to_do(covered, possible))
    _show_contexts(covered)
    _show_cards(covered)
    _show_unasked(covered)
    st.divider()


def _what_to_do(covered: Covered, possible: int) -> str:
    coverage = covered.coverage
    asked, share = int(coverage.edges_asked.sum()), coverage.share or 0.0
    said = (
        f"Somebody voted on **{asked:,} of {possible:,}** edges ({share:.0%}): pairs of values in "
        f"a context. "
    )
    if covered.n_offered < possible:
        said += (
            f"The study asks about {covered.n_offered:,} of them, chosen so that all values are "
            "connected; what is not asked is foretold from the rest. "
        )
    empty = [_context(covered, number) for number in np.flatnonzero(coverage.n_votes == 0).tolist()]
    if empty:
        said += f"No vote yet: {', '.join(empty[:5])}{', …' if len(empty) > 5 else ''}. "  # noqa: PLR2004
        return said + "Ask people on the page Values, or take contexts out that nobody needs."
    return said + (
        "The study's own choice asks first what fewest were asked. Counts, without intervals: how "
        "sure an edge is stands on the page Value graph. " + source("Value coverage")
    )


def _show_contexts(covered: Covered) -> None:
    coverage = covered.coverage
    chart_with_data.table(
        {
            "context": [_context(covered, number) for number in range(len(covered.contexts))],
            "values": coverage.n_cards.tolist(),
            "edges possible": coverage.edges_possible.tolist(),
            "edges with a vote": coverage.edges_asked.tolist(),
            "share": [
                round(asked / possible, 3) if possible else None
                for asked, possible in zip(
                    coverage.edges_asked.tolist(), coverage.edges_possible.tolist(), strict=True
                )
            ],
            "votes": coverage.n_votes.tolist(),
            "people": coverage.n_voters.tolist(),
            "median votes of an edge with any": _medians(covered),
        },
        name="contexts",
    )


def _medians(covered: Covered) -> list[float | None]:
    coverage = covered.coverage
    of_context = [
        coverage.edge_votes[coverage.edge_context == number]
        for number in range(len(covered.contexts))
    ]
    return [float(np.median(votes)) if len(votes) else None for votes in of_context]


def _show_cards(covered: Covered) -> None:
    """Votes on each value in each context, those with the fewest first."""
    total = np.where(covered.votes < 0, 0, covered.votes).sum(axis=0)
    order: Indices = np.argsort(total, kind="stable")
    drawn = order[:MAX_CARDS]
    titles = _titles(covered)
    contexts = [_context(covered, number) for number in range(len(covered.contexts))]
    silent = int((total == 0).sum())
    left = f" The {MAX_CARDS} with the fewest are drawn." if len(order) > MAX_CARDS else ""
    chart_with_data.draw(
        map_charts.votes_on_cards(
            covered.votes[:, drawn], contexts, [titles[number] for number in drawn.tolist()]
        ),
        {
            "value": [titles[number] for number in order.tolist()],
            "votes": total[order].tolist(),
            **{
                contexts[number]: [None if n < 0 else n for n in row[order].tolist()]
                for number, row in enumerate(covered.votes)
            },
        },
        name="votes on values",
        says=f"Votes on the edges of each value in each context; blank: not held there.{left} "
        f"{count(silent, 'value has', 'values have')} no vote at all"
        + (": nothing is known of where they stand." if silent else ".")
        + " Counts, without intervals.",
    )


def _show_unasked(covered: Covered) -> None:
    coverage, titles = covered.coverage, _titles(covered)
    n = len(coverage.unasked_context)
    if not n:
        st.caption("Every edge has a vote.")
        return
    chart_with_data.closed_table(
        {
            "context": [
                _context(covered, number)
                for number in coverage.unasked_context[:MAX_LISTED].tolist()
            ],
            "one": [titles[number] for number in coverage.unasked_one[:MAX_LISTED].tolist()],
            "other": [titles[number] for number in coverage.unasked_other[:MAX_LISTED].tolist()],
        },
        name="edges nobody was asked about",
        opens=f"Edges nobody was asked about ({n:,})",
        says=f"The {MAX_LISTED:,} whose values have the fewest votes." if n > MAX_LISTED else "",
    )


def _context(covered: Covered, number: int) -> str:
    name = covered.contexts[number]
    return short(covered.known.context(name) or name or NO_CONTEXT)


def _titles(covered: Covered) -> list[str]:
    """Told apart, as charts put what has one name in one place."""
    names = {card: short(covered.known.title(card)) for card in covered.cards}
    return list(distinct(names).values())
