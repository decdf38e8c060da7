"""The value graph of a study: where it stands, the drawing, and the tables beside it."""

from html import escape

import numpy as np
import streamlit as st

from core.estimates import Estimate
from core.study import Study
from storage import edge_votes
from trainer.launch import RunStatus
from ui import chart_with_data, session
from ui.figures import count, source
from ui.figures import said as figure
from ui.sentences import if_known, plain, said
from ui.values import graph_chart, graph_filter, graph_tables
from ui.values.graph_filter import MAX_DRAWN, Selection
from workbench import value_estimates, values
from workbench.value_estimates import Found
from workbench.values import Material


def show_status(here: session.Here, study: Study) -> Found | None:
    """Say which votes the figures are made from; start an estimate by a button."""
    runs = value_estimates.estimates_of(here.workbench, study.id)
    found = value_estimates.newest(here.workbench, study.id)
    n_votes = edge_votes.n_standing(here.db, study.id)
    running = next((run for run in runs if run.status is RunStatus.RUNNING), None)
    if running is not None:
        step = running.progress.step if running.progress else "starting"
        st.info(f"An estimate is running: {step}. Reload the page to see whether it is done.")
    elif runs and runs[0].status in {RunStatus.FAILED, RunStatus.INTERRUPTED}:
        st.warning(f"The last estimate did not finish. {runs[0].failure or 'It was interrupted.'}")
    if found is None and running is None:
        st.info(
            f"No value graph has been estimated yet; there {'is' if n_votes == 1 else 'are'} "
            f"{count(n_votes, 'vote', 'votes')}. People vote on the page Values."
        )
    if found is not None:
        _show_origin(found, n_votes)
    st.button(
        "Estimate now",
        disabled=running is not None or n_votes == 0,
        on_click=said(lambda: value_estimates.start(here.workbench, study.id)),
    )
    return found


@if_known
def _show_origin(found: Found, n_votes: int) -> None:
    data, request = found.figures["data"], found.request
    newer = n_votes - request.n_votes
    gone = f", {data['n_gone']:,} on cards that were withdrawn or merged left out"
    pairs = count(data["n_edges"], "pair", "pairs")
    st.caption(
        f"Made from {count(data['n_votes'], 'vote', 'votes')} by "
        f"{count(data['n_people'], 'person', 'people')} on {pairs} "
        f"of {count(data['n_cards'], 'card', 'cards')}{gone if data['n_gone'] else ''}; "
        f"{data['n_votes'] - data['n_read']:,} say “not sure”. Frozen {request.requested_at[:19]} "
        f"UTC · snapshot `{request.snapshot_hash[:12]}` · seed {found.figures['seed']} · code "
        f"`{found.figures['versions']['code']}`"
        + (f" · {newer:,} newer votes" if newer > 0 else "")
    )


@if_known
def show_winner(found: Found, known: Material) -> None:
    """Who is the wisest, or that nobody is for sure."""
    graph, level = found.graph, found.figures["data"]["winner"]
    for part, winner in enumerate(graph.winners):
        cards = np.flatnonzero(graph.of_cards.part == part)
        best = int(cards[graph.of_cards.best[cards].argmax()])
        name, chance = plain(known.title(graph.cards[best])), graph.of_cards.best[best]
        where = f" of {len(cards)} values" + ("" if part == 0 else f" (separate part {part + 1})")
        if winner >= 0:
            st.success(f"**{name}** is held the wisest{where}, with probability {chance:.2f}.")
        else:
            st.info(
                f"No winner yet{where}: the likeliest, {name}, is the wisest with probability "
                f"{chance:.2f}, and {level:.2f} is needed."
            )
    if len(graph.winners) > 1:
        st.caption("No vote connects the separate parts: between them nothing says who is wiser.")


@st.fragment
def show_graph(found: Found, known: Material) -> None:
    """The filters, the drawing and the tables; a filter draws this part alone anew."""
    st.header("Graph", anchor=False)
    chosen = graph_filter.choose(found, known)
    drawn = graph_filter.thin(chosen)
    if not len(chosen.edges):
        st.info("No edge is left by these filters.")
        return
    if len(drawn.edges) < len(chosen.edges):
        st.caption(
            f"{len(drawn.edges):,} of {len(chosen.edges):,} edges are drawn: the most certain ones "
            f"({MAX_DRAWN:,} at most). The table has all; filters bring others into the drawing."
        )
    drawing = draw(found, known, drawn)
    chart, table = st.columns([5, 4])
    with chart:
        chart_with_data.draw(
            graph_chart.graph(drawing),
            lambda: graph_tables.edges(found, known, chosen),
            name="value graph",
            says=f"{says(found, known, chosen)} {_legend(chosen)}",
            opens="Edges as a table",
            zooms=True,
        )
    with table:
        graph_tables.show_cards(found, known, chosen)


def says(found: Found, known: Material, chosen: Selection) -> str:
    """What a drawing shows, for who cannot see it: the highest values, the surest edge."""
    graph = found.graph
    first, second = graph.edges.first[chosen.edges], graph.edges.second[chosen.edges]
    cards = np.unique(np.concatenate([first, second]))
    highest = cards[np.argsort(-graph.of_cards.place[cards, 1], kind="stable")][:3]
    surest = int(chosen.certainty.argmax())
    odds = chosen.log_odds.row(surest)
    ends = (
        plain(known.title(graph.cards[first[surest]])),
        plain(known.title(graph.cards[second[surest]])),
    )
    wiser, less = ends if odds.value >= 0 else ends[::-1]
    odds = towards(odds, first=odds.value >= 0)
    top = ", ".join(plain(known.title(graph.cards[card])) for card in highest)
    return (
        f"{count(len(cards), 'value', 'values')} and {count(len(first), 'edge', 'edges')}. "
        f"Highest: {top}. The surest edge: "
        f"{wiser} is held wiser than {less}, log-odds {figure(odds, 2)} with a 90 % interval, "
        f"{count(odds.n, 'vote', 'votes')}."
    )


def _legend(chosen: Selection) -> str:
    what = f" Edges say what holds in “{plain(chosen.what)}”." if chosen.what else ""
    return (
        "Cards stand the higher, the more they are worth; arrows lead to the likelier wiser one, "
        "the bolder the surer. Point at a card or an arrow head for its figures. Colour: the group "
        f"chosen differs from the others for sure.{what} In the table log-odds are those that the "
        "left one is called wiser by somebody without a liking for yes or no. “Both ways”: asked "
        "in both directions; else what makes people say yes cannot be told from what makes the "
        "value wiser. " + source("Edges of the value graph", "Ranks of values")
    )


def draw(found: Found, known: Material, chosen: Selection) -> graph_chart.Drawing:
    """What the filters leave, as points and lines: only the cards that an edge leads to."""
    graph = found.graph
    up = chosen.log_odds.value >= 0  # then the first is the likelier wiser one
    first, second = graph.edges.first[chosen.edges], graph.edges.second[chosen.edges]
    cards = np.unique(np.concatenate([first, second]))
    place = np.full(len(graph.cards), -1)
    place[cards] = np.arange(len(cards))
    votes = np.bincount(
        np.concatenate([first, second]),
        np.concatenate([chosen.log_odds.n, chosen.log_odds.n]),
        minlength=len(graph.cards),
    )
    titles = [escape(known.title(graph.cards[card])) for card in cards]
    return graph_chart.Drawing(
        place=graph.of_cards.place[cards],
        titles=[title[: graph_chart.LONGEST_TITLE] for title in titles],
        card_hover=[
            _card_hover(found, title, int(card), int(votes[card]))
            for title, card in zip(titles, cards, strict=True)
        ],
        weight=votes[cards],
        tail=place[np.where(up, second, first)],
        head=place[np.where(up, first, second)],
        certainty=chosen.certainty,
        edge_hover=_edge_hover(found, known, chosen),
        marked=chosen.marked,
    )


def _card_hover(found: Found, title: str, card: int, n_votes: int) -> str:
    columns = found.graph.of_cards
    return (
        f"<b>{title}</b><br>rank {columns.rank_low[card]} to {columns.rank_high[card]}"
        f"<br>P(wisest) {columns.best[card]:.2f}<br>{n_votes:,} votes on its edges"
    )


def _edge_hover(found: Found, known: Material, chosen: Selection) -> list[str]:
    """Of each edge: both cards, log-odds with interval, votes and certainty."""
    graph, texts = found.graph, []
    names = [escape(known.title(card)) for card in graph.cards]
    for row, edge in enumerate(chosen.edges.tolist()):
        first, second = names[graph.edges.first[edge]], names[graph.edges.second[edge]]
        odds = chosen.log_odds.row(row)
        if odds.value < 0:
            first, second = second, first
            odds = towards(odds, first=False)
        texts.append(
            f"<b>{first}</b><br>wiser than {second}<br>log-odds {odds.value:.2f} "
            f"({odds.low:.2f} to {odds.high:.2f}), {odds.n:,} votes"
            f"<br>certainty {chosen.certainty[row]:.2f}"
        )
    return texts


def towards(odds: Estimate, *, first: bool) -> Estimate:
    """Log-odds said of the first or of the second card of an edge."""
    return odds if first else Estimate(-odds.value, -odds.high, -odds.low, odds.n)


def material(here: session.Here, study: Study) -> Material:
    """The cards that the ids of an estimate stand for."""
    return values.material(here.db, study.id)
