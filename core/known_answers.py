"""How far an answer says what is known to be right."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.answer_form import Form, ListSaid, implied_pairs
from core.estimates import Estimate, clustered_share
from core.judgment import ItemOutcome

#: What an answer gets for a pair that it does not tell apart, though the known one does.
UNDECIDED = 0.5
_STRICT = frozenset({ItemOutcome.FIRST, ItemOutcome.SECOND})


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: its outcome, and the order where several items were asked about."""

    outcome: ItemOutcome
    order: ListSaid | None = None


def score(known: Said, said: Said, form: Form) -> float:
    r"""How far an answer is the known one, from 0 to 1.

    Of a pair, one item, or three of which two are closer: 1 if it is the same, else 0. Of an order
    or a choice of several, the mean over the pairs that the known one tells apart: 1 where the
    answer says the same, 0 where it says the contrary, one half where it does not tell them apart.
    For orders without ties that is :math:`(1 + \tau) / 2` with Kendall's :math:`\tau` [1]_:
    guessing scores one half, and two neighbours exchanged are little. What is no order scores 0.

    Parameters
    ----------
    form : Form
        What the study asks.

    References
    ----------
    .. [1] Kendall, "A new measure of rank correlation", Biometrika 30, 1938.
    """
    if known == said:
        return 1.0
    if known.order is None or said.order is None or form is Form.TRIPLET:
        return 0.0
    told = dict(implied_pairs(said.order))
    points = [
        _points(answer, told.get(pair))
        for pair, answer in implied_pairs(known.order)
        if answer in _STRICT
    ]
    return float(np.mean(points)) if points else 0.0


def share_right(scores: Sequence[float], people: Sequence[str]) -> Estimate:
    """Mean score with its 95 % interval, one person's answers being alike; n counts answers.

    Raises
    ------
    NotDeterminedError
        If there is none.
    """
    numbers = {person: number for number, person in enumerate(dict.fromkeys(people))}
    cluster = np.array([numbers[person] for person in people], dtype=np.int64)
    return clustered_share(np.array(scores, dtype=np.float64), cluster)


def _points(known: ItemOutcome, told: ItemOutcome | None) -> float:
    if told not in _STRICT:
        return UNDECIDED
    return float(told is known)
