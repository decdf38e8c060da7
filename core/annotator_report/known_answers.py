"""Answers that can be checked: against gold, and against one's own earlier answer."""

import numpy as np

from core.annotator_report.records import UNKNOWN, Measured, Records, at_most, shares
from core.judgment import Floats, Indices

#: Honest people may be so far below all people together, as people differ.
LENIENCE = 0.1


def gold_accuracy(records: Records, level: float) -> Measured:
    """Share of right answers where the right one is known; Wilson, and a one-sided exact test.

    Tested is a share of all people's less `LENIENCE` (ten points).
    """
    known = records.gold != UNKNOWN
    right = (records.category[known] == records.gold[known]).astype(np.float64)
    return _against_all(right, records.annotator[known], records.n_annotators, level)


def self_consistency(records: Records, level: float) -> Measured:
    """Share of repeated pairs that got the same answer as the time before; tested as gold is."""
    key = records.unit * records.n_annotators + records.annotator
    order = np.argsort(key, kind="stable")
    again = key[order[1:]] == key[order[:-1]]
    before, after = order[:-1][again], order[1:][again]
    same = (records.category[before] == records.category[after]).astype(np.float64)
    return _against_all(same, records.annotator[after], records.n_annotators, level)


def _against_all(hits: Floats, person: Indices, n_people: int, level: float) -> Measured:
    usual = (hits.sum() + 1) / (len(hits) + 2) - LENIENCE
    p_value = at_most(hits, person, n_people, max(float(usual), 0.0))
    return shares(hits, person, n_people, level, p_value)
