"""Votes as rows of a linear model: what moves the log-odds of a yes, and by how much each vote."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array, hstack

from core.fitting.edge_votes.people import People
from core.judgment import Floats, Indices
from core.value_graph.estimate import Cells, Widths
from core.value_graph.votes import VoteTable

#: Standard deviation of the prior on what moves all votes alike, nats: hardly any.
FIXED_SCALE = 2.0
TENDENCY = "yes tendency"
#: Entries of a matrix up to which arithmetic with all of them is quicker than with the few that
#: are not 0.
SMALL = 50_000


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """The linear part of the model.

    Attributes
    ----------
    matrix : csr_array or ndarray, shape (n, n_effects)
        Rows in the order of `order`; in full where it has at most `SMALL` entries.
    blocks : mapping of str to slice
        The columns of "fixed", "score", "edge", "appeal" and of every deviation.
    fixed : tuple of str
        Names of the effects that move all votes; those that the votes cannot tell from each other
        are left out.
    cells : mapping of str to Cells
        Of each deviation.
    order : ndarray of int64, shape (n,)
        Votes of one person next to each other.
    """

    matrix: csr_array | Floats
    blocks: Mapping[str, slice]
    fixed: tuple[str, ...]
    cells: Mapping[str, Cells]
    people: People
    order: Indices

    def precisions(self, widths: Widths) -> Floats:
        """Of the prior on each effect, shape (n_effects,)."""
        precision = np.empty(self.matrix.shape[1])
        for name, columns in self.blocks.items():
            width = FIXED_SCALE if name == "fixed" else widths.of(name)
            precision[columns] = width**-2
        return precision


def lay_out(
    table: VoteTable,
    widths: Widths,
    deviations: Mapping[str, Indices],
    covariates: Mapping[str, Floats],
) -> Design:
    """Write votes as rows; terms of width 0 have no columns.

    Parameters
    ----------
    deviations : mapping of str to ndarrays of int64, shape (n,)
        For each kind of deviation of a pair from its pooled log-odds, the label of every vote: its
        context, or the group of the person. Below 0: no deviation.
    covariates : mapping of str to ndarrays, shape (n,)
        What else moves the log-odds of a yes.
    """
    order = np.argsort(table.person, kind="stable")
    votes = table.where(order)
    named = {TENDENCY: np.ones(len(votes)), "side": votes.side, "story": votes.story}
    named |= {name: values[order] for name, values in covariates.items()}
    fixed, columns = _told_apart(named)
    parts = {"fixed": csr_array(columns)}
    if widths.score:
        parts["score"] = _signed(votes, votes.first[votes.pair], len(votes.cards)) - _signed(
            votes, votes.second[votes.pair], len(votes.cards)
        )
    if widths.edge:
        parts["edge"] = _signed(votes, votes.pair, votes.n_pairs)
    if widths.appeal:
        parts["appeal"] = _placed(votes.pair, np.ones(len(votes)), votes.n_pairs)
    cells: dict[str, Cells] = {}
    for name, label in deviations.items():
        if widths.of(name):
            cells[name], place = _cells(votes.pair, label[order])
            parts[name] = _signed(votes, place, len(cells[name].pair))
    ends = np.cumsum([part.shape[1] for part in parts.values()]).tolist()
    starts = [0, *ends[:-1]]
    blocks = {name: slice(start, end) for name, start, end in zip(parts, starts, ends, strict=True)}
    _, first_vote, of_vote = np.unique(votes.person, return_index=True, return_inverse=True)
    people = People(votes.yes, votes.weight, first_vote.astype(np.int64), of_vote.ravel())
    matrix = csr_array(hstack(list(parts.values()), format="csr"))
    if matrix.shape[0] * matrix.shape[1] <= SMALL:
        matrix = matrix.toarray()
    return Design(matrix, blocks, fixed, cells, people, order)


def _told_apart(named: Mapping[str, Floats]) -> tuple[tuple[str, ...], Floats]:
    """The columns that are no combination of those before them, and their names."""
    fixed: list[str] = []
    kept: list[Floats] = []
    for name, values in named.items():
        tried = np.stack([*kept, values], axis=1)
        if np.linalg.matrix_rank(tried.T @ tried, hermitian=True) == len(kept) + 1:
            fixed.append(name)
            kept.append(values)
    return tuple(fixed), np.stack(kept, axis=1)


def _signed(votes: VoteTable, column: Indices, n_columns: int) -> csr_array:
    """The sign of each vote in its column; a column below 0 is left out."""
    return _placed(column, votes.sign, n_columns)


def _placed(column: Indices, entry: Floats, n_columns: int) -> csr_array:
    rows = np.flatnonzero(column >= 0)
    entries = (entry[rows], (rows, column[rows]))
    return coo_array(entries, (len(column), n_columns)).tocsr()


def _cells(pair: Indices, label: Indices) -> tuple[Cells, Indices]:
    """The pairs and labels that occur together, and which of them each vote belongs to."""
    width = int(label.max(initial=0)) + 1
    known = label >= 0
    keys, place = np.unique(pair[known] * width + label[known], return_inverse=True)
    of_vote = np.full(len(pair), -1, dtype=np.int64)
    of_vote[known] = place.ravel()
    return Cells(keys // width, keys % width), of_vote
