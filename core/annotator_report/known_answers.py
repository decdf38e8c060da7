"""Answers that can be checked: against gold, and against one's own earlier answer."""

import numpy as np

from core.annotator_report.records import Measured, Records, mean_at_most, shares
from core.judgment import Floats, Indices
from core.ordering import stable_order

#: Honest people may be so far below all people together, as people differ.
LENIENCE = 0.1


def gold_accuracy(records: Records, level: float) -> Measured:
    """Mean score where the right answer is known; Wilson, and a one-sided test of `mean_at_most`.

    Tested is the mean of all people less `LENIENCE` (ten points). Scores between 0 and 1, of
    orders, spread less than right and wrong ones do, so that the interval is then too wide.
    """
    gold = records.gold
    return _against_all(gold.score, gold.annotator, records.n_annotators, level)


def self_consistency(records: Records, level: float) -> Measured:
    """Share of repeated pairs that got the same answer as the time before; tested as gold is."""
    key = records.unit * records.n_annotators + records.annotator
    order = stable_order(key)
    again = key[order[1:]] == key[order[:-1]]
    before, after = order[:-1][again], order[1:][again]
    same = (records.category[before] == records.category[after]).astype(np.float64)
    return _against_all(same, records.annotator[after], records.n_annotators, level)


def _against_all(hits: Floats, person: Indices, n_people: int, level: float) -> Measured:
    usual = (hits.sum() + 1) / (len(hits) + 2) - LENIENCE
    p_value = mean_at_most(hits, person, n_people, max(float(usual), 0.0))
    return shares(hits, person, n_people, level, p_value)
