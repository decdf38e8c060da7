"""Which criteria go with the overall answer, and candidates for more from people's reasons."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.estimates import Estimate, NotDeterminedError, clustered_share
from core.judgment import Floats, Indices

WORD = re.compile(r"[^\W\d_]{3,}")
#: Of fewer texts it is not known which words most texts have.
FEWEST_TEXTS = 20


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion and what it says of the overall answer.

    Attributes
    ----------
    name : str
    weight : Estimate
        Change of the log-odds of the overall answer for one unit of the criterion, the others
        held fixed, nats; not drawn in by the penalty.
    p_value : float
        Against no change.
    counts : bool
        Whether it does, by Benjamini and Hochberg's procedure over all criteria.
    selected : bool
        Whether the sparse model that predicts best uses it.
    alone : Estimate or None
        Of the judgments in which the criterion prefers an item: share in which the overall answer
        is the same; None where it never does.
    """

    name: str
    weight: Estimate
    p_value: float
    counts: bool
    selected: bool
    alone: Estimate | None


@dataclass(frozen=True, slots=True)
class CriteriaReport:
    """Criteria by how much they weigh.

    Attributes
    ----------
    criteria : tuple of Criterion
        The heaviest first.
    gain : Estimate
        Held-out log loss of even odds minus that of the sparse model, nats a judgment.
    accuracy : Estimate
        Held-out, of the sparse model.
    penalty : float
        Chosen on inner folds, per judgment.
    """

    criteria: tuple[Criterion, ...]
    gain: Estimate
    accuracy: Estimate
    penalty: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A word or pair of words that people give as reason.

    Attributes
    ----------
    term : str
    share : Estimate
        Of the reasons that contain it; 95 % interval clustered by person.
    n_people, n_reasons : int
    """

    term: str
    share: Estimate
    n_people: int
    n_reasons: int


def agreement_alone(criterion: Floats, outcome_first: Floats, cluster: Indices) -> Estimate | None:
    """Share of judgments in which a criterion, where it prefers an item, prefers the same one."""
    said = criterion != 0
    if not said.any():
        return None
    same = np.sign(criterion[said]) * (2 * outcome_first[said] - 1)
    return clustered_share((1 + same) / 2, cluster[said])


def mined_candidates(
    reasons: Sequence[str],
    annotator: Indices,
    *,
    without: Collection[str] = (),
    min_people: int = 2,
    n_most: int = 30,
) -> tuple[Candidate, ...]:
    """Words and pairs of neighbouring words that several people give as reasons.

    They are candidates for aspects to be asked for, in people's own words; what they say of the
    overall answer is known once they have been asked. A term that stands in the reasons of one
    person only is theirs, and not shown. A word is left out where a pair of words holds it
    in nearly all reasons.

    Parameters
    ----------
    reasons : sequence of str, length n
        As people wrote them.
    annotator : ndarray of int64, shape (n,)
    without : collection of str
        Words to leave out, in small letters, such as `everyday_words` of the items' texts.
    min_people, n_most : int

    Raises
    ------
    NotDeterminedError
        If nobody gave a reason.

    References
    ----------
    .. [1] Guo et al., "CritiQ: mining data quality criteria from human preferences", ACL 2025,
       arXiv:2502.19279 (from about 30 pairs; there a language model words the criteria).
    """
    if not any(reason.strip() for reason in reasons):
        raise NotDeterminedError("Nobody has given a reason yet. Ask for reasons in the settings.")
    terms = [_terms(reason, frozenset(without)) for reason in reasons]
    rows_of: dict[str, list[int]] = {}
    for row, found in enumerate(terms):
        for term in found:
            rows_of.setdefault(term, []).append(row)
    people = {term: len(set(annotator[rows].tolist())) for term, rows in rows_of.items()}
    often = Counter(
        {term: len(rows) for term, rows in rows_of.items() if people[term] >= min_people}
    )
    for pair in [term for term in often if " " in term]:
        for word in pair.split():
            if often[word] and often[pair] >= 0.9 * often[word]:
                del often[word]
    chosen = sorted(often, key=lambda term: (-people[term], -often[term], term))[:n_most]
    return tuple(
        Candidate(
            term,
            clustered_share(
                np.isin(np.arange(len(reasons)), rows_of[term]).astype(np.float64), annotator
            ),
            people[term],
            often[term],
        )
        for term in chosen
    )


def everyday_words(texts: Sequence[str], *, share: float = 0.1) -> frozenset[str]:
    """Words, in small letters, that stand in so large a share of the texts, such as "the".

    What they say of a text is next to nothing, whatever the language. With fewer than
    `FEWEST_TEXTS` nothing can be said.
    """
    if len(texts) < FEWEST_TEXTS:
        return frozenset()
    often = Counter(word for text in texts for word in set(WORD.findall(text.lower())))
    return frozenset(word for word, n in often.items() if n >= share * len(texts))


def _terms(reason: str, without: frozenset[str]) -> set[str]:
    words = WORD.findall(reason.lower())
    pairs = {f"{one} {other}" for one, other in pairwise(words) if not {one, other} & without}
    return {word for word in words if word not in without} | pairs
