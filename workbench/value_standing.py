"""Where values stand for the people whose they are: in the estimate, and in others' words."""

from collections.abc import Set
from dataclasses import dataclass
from hashlib import blake2b

from core.value_graph.asking import regrouped
from core.value_graph.report import GraphReport
from core.value_graph.slate import approvals_of
from core.values_card.canonical import CanonicalCard
from storage import edge_votes
from storage.database import Database
from workbench.values import Material, votes_of

#: So many own votes, or all, come before anybody sees what others think.
VOTES_BEFORE_RESULTS = 3
#: Of fewer people nothing is said apart from their number being small.
FEWEST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one value stands.

    Attributes
    ----------
    rank : tuple of int or None
        Ends of the interval of its rank; None while nobody voted on it.
    n_ranked : int
        Values that votes connect with it.
    best : float
        P(the wisest of them).
    n_votes : int
        On its edges.
    """

    group: CanonicalCard
    rank: tuple[int, int] | None
    n_ranked: int
    best: float
    n_votes: int
    is_winner: bool


def standing(graph: GraphReport, group: CanonicalCard) -> Standing:
    """Where a value stands in an estimate."""
    if group.representative not in graph.cards:
        return Standing(group, None, 0, 0.0, 0, is_winner=False)
    card, columns = graph.cards.index(group.representative), graph.of_cards
    part = int(columns.part[card])
    n_votes = int(graph.edges.log_odds.n[graph.edges_of(card)].sum())
    if part < 0:
        return Standing(group, None, 0, 0.0, n_votes, is_winner=False)
    return Standing(
        group,
        (int(columns.rank_low[card]), int(columns.rank_high[card])),
        int((columns.part == part).sum()),
        float(columns.best[card]),
        n_votes,
        is_winner=graph.winners[part] == card,
    )


@dataclass(frozen=True, slots=True)
class OtherViews:
    """What other people said about one value.

    Attributes
    ----------
    n_asked, n_prefer_other : int
        Others who were asked about it, and those who called another value wiser at least once.
    reasons : tuple of str
        Their reasons, in an order that tells nothing; empty while few people were asked.
    """

    n_asked: int
    n_prefer_other: int
    reasons: tuple[str, ...]

    @property
    def enough(self) -> bool:
        return self.n_asked >= FEWEST_SHOWN


def other_views(db: Database, study_id: str, person_id: str, members: Set[str]) -> OtherViews:
    """Who disagrees with a value and why, without names."""
    asked, against, reasons = set(), set(), []
    for vote in votes_of(db, study_id):
        if vote.person == person_id or not members & {vote.first, vote.second}:
            continue
        asked.add(vote.person)
        if vote.wiser is not None and vote.wiser not in members:
            against.add(vote.person)
            reasons += [vote.reason] if vote.reason else []
    shown = reasons if len(asked) >= FEWEST_SHOWN else []
    order = sorted(set(shown), key=lambda text: blake2b(text.encode()).digest())
    return OtherViews(len(asked), len(against), tuple(order))


def approvals(db: Database, study_id: str, known: Material) -> dict[str, set[str]]:
    """The values that each person approves of, said of the cards that stand for them now."""
    stands_for = {card: group.representative for card, group in known.by_card.items()}
    return approvals_of(regrouped(votes_of(db, study_id), stands_for)[0])


def may_see_results(db: Database, study_id: str, person_id: str) -> bool:
    """Whether somebody has said enough themselves to see what others think."""
    return len(edge_votes.own(db, study_id, person_id)) >= VOTES_BEFORE_RESULTS
