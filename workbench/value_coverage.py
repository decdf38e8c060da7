"""Which cards of a study were held against each other in which context, and which were not."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.coverage import ValueCoverage, value_coverage
from core.judgment import Indices
from core.value_graph.choice import EdgeQuestion
from storage.database import Database
from workbench import values


@dataclass(frozen=True, slots=True, eq=False)
class Covered:
    """Value coverage with the names of what it numbers.

    Attributes
    ----------
    contexts, cards : tuple of str
        Ids; the context of a study without contexts is empty.
    votes : ndarray of int64, shape (n_contexts, n_cards)
        Votes on edges of the card there; -1 where the card is not held there.
    n_offered : int
        Questions that the study puts: where pairs are very many, it chooses among them.
    """

    known: values.Material
    contexts: tuple[str, ...]
    cards: tuple[str, ...]
    coverage: ValueCoverage
    votes: Indices
    n_offered: int


def of_study(db: Database, study_id: str) -> Covered | None:
    """Value coverage of a study; None where it asks nothing about values and has no card."""
    known = values.material(db, study_id)
    if not known.settings.cases and not known.cards:
        return None
    standing = values.votes_of(db, study_id)
    voted = [
        (known.now_about(EdgeQuestion(one.context, one.first, one.second)), one.person)
        for one in standing
    ]
    voted = [  # of cards that are there, and count as two
        (about, person)
        for about, person in voted
        if about.first != about.second and {about.first, about.second} <= known.cards.keys()
    ]
    held = values.held_in_contexts(known)
    contexts = tuple(dict.fromkeys([*held, *(about.context for about, _ in voted)]))
    cards = tuple(group.representative for group in known.groups)
    in_context, card = _numbers(contexts), _numbers(cards)
    people = _numbers(tuple(dict.fromkeys(person for _, person in voted)))
    of_context = [(in_context[name], card[one]) for name, there in held.items() for one in there]
    rows = [
        (in_context[about.context], card[about.first], card[about.second], people[person])
        for about, person in voted
    ]
    where, which = _columns(of_context, 2)
    context, one, other, person = _columns(rows, 4)
    coverage = value_coverage(len(contexts), (where, which), (context, one, other, person))
    votes = np.full((len(contexts), len(cards)), -1, dtype=np.int64)
    votes[where, which] = 0
    votes[context, one] = votes[context, other] = 0
    np.add.at(votes, (np.tile(context, 2), np.concatenate([one, other])), 1)
    n_offered = len(values.questions(known))
    return Covered(known, contexts, cards, coverage, votes, n_offered)


def _numbers(names: tuple[str, ...]) -> dict[str, int]:
    return {name: number for number, name in enumerate(names)}


def _columns(rows: Sequence[tuple[int, ...]], width: int) -> tuple[Indices, ...]:
    table = np.array(rows, dtype=np.int64).reshape(-1, width)
    return tuple(table.T)
