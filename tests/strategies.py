"""Hypothesis strategies for the values that core works on, and small data sets to claim about."""

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from core.judgment import COMPARING, Comparisons, Floats, Indices, ItemOutcome, PairCounts
from core.models import davidson

Row = tuple[int, int, int]


def index_judgments(
    items: Sequence[str],
    prompts: Sequence[str],
    rows: Sequence[tuple[str, str, ItemOutcome, str]],
) -> Comparisons:
    """Index rows of (one item, other item, outcome, annotator); other outcomes are left out.

    Parameters
    ----------
    items, prompts : sequence of str, both of length n_items
        Item ids and the prompt that each answers.
    rows : sequence of tuples
        The outcome is said of the two items in the order given; they may stand in any order.

    Raises
    ------
    KeyError
        If a row names an item that is not in `items`.
    """
    index = {item: i for i, item in enumerate(items)}
    prompt_index = {name: i for i, name in enumerate(dict.fromkeys(prompts))}
    people = {name: i for i, name in enumerate(dict.fromkeys(row[3] for row in rows))}
    comparing = [
        (index[one], index[other], COMPARING[outcome], people[annotator])
        for one, other, outcome, annotator in rows
        if outcome in COMPARING
    ]
    table = np.array(comparing, dtype=np.int64).reshape(-1, 4)
    ordered = table[:, 0] < table[:, 1]
    return Comparisons(
        items=tuple(items),
        prompts=np.array([prompt_index[p] for p in prompts], dtype=np.int64),
        first=np.minimum(table[:, 0], table[:, 1]),
        second=np.maximum(table[:, 0], table[:, 1]),
        outcome=np.where(ordered, table[:, 2], -table[:, 2]),
        annotator=table[:, 3],
    )


def comparisons_of(
    n_items: int, rows: Sequence[Row], prompts: Indices | None = None
) -> Comparisons:
    """Comparisons from rows of (one item, other item, +1 / 0 / -1 said of the one)."""
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    swapped = table[:, 0] > table[:, 1]
    return Comparisons(
        items=tuple(f"item {number}" for number in range(n_items)),
        prompts=np.zeros(n_items, dtype=np.int64) if prompts is None else prompts,
        first=np.minimum(table[:, 0], table[:, 1]),
        second=np.maximum(table[:, 0], table[:, 1]),
        outcome=np.where(swapped, -table[:, 2], table[:, 2]),
        annotator=np.zeros(len(table), dtype=np.int64),
    )


def comparisons_of_wins(wins: Sequence[Sequence[int]]) -> Comparisons:
    """Comparisons from a table of wins: the row's item against the column's."""
    n_items = len(wins)
    rows = [
        (one, other, 1)
        for one in range(n_items)
        for other in range(n_items)
        for _ in range(wins[one][other])
    ]
    return comparisons_of(n_items, rows)


def rock_paper_scissors(judgments_per_pair: int = 20) -> Comparisons:
    """Three items, each of which always beats the next."""
    return comparisons_of(3, [(0, 1, 1), (1, 2, 1), (2, 0, 1)] * judgments_per_pair)


def renamed(comparisons: Comparisons, order: Sequence[int]) -> Comparisons:
    """The same judgments with item i at place `order[i]`."""
    place = np.array(order)
    rows = zip(
        place[comparisons.first].tolist(),
        place[comparisons.second].tolist(),
        comparisons.outcome.tolist(),
        strict=True,
    )
    prompts = np.empty_like(comparisons.prompts)
    prompts[place] = comparisons.prompts
    return comparisons_of(len(place), list(rows), prompts)


def excess_wins(counts: PairCounts, log_odds: Floats, tie_log_weight: float) -> Floats:
    """Observed minus expected wins of every item, a tie being half a win; shape (n_items,)."""
    expected = davidson(log_odds, tie_log_weight) * counts.total[:, None]
    for_first = counts.first_better - expected[:, 0] + (counts.tied - expected[:, 1]) / 2
    for_second = counts.second_better - expected[:, 2] + (counts.tied - expected[:, 1]) / 2
    excess = np.zeros(counts.n_items)
    np.add.at(excess, counts.first, for_first)
    np.add.at(excess, counts.second, for_second)
    return excess


@st.composite
def comparisons(draw: st.DrawFn) -> Comparisons:
    """Few items under one or two prompts, in any pattern: disconnected, one-sided, all tied, …"""
    sizes = draw(st.lists(st.integers(2, 5), min_size=1, max_size=2))
    prompts = np.repeat(np.arange(len(sizes)), sizes)
    possible = [
        (one, other)
        for one in range(len(prompts))
        for other in range(one + 1, len(prompts))
        if prompts[one] == prompts[other]
    ]
    row = st.tuples(st.sampled_from(possible), st.sampled_from([1, 0, -1]))
    rows = draw(st.lists(row, min_size=1, max_size=30))
    return comparisons_of(len(prompts), [(*pair, outcome) for pair, outcome in rows], prompts)
