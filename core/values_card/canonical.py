"""Cards that stand for several people's cards, as far as those people agree that they are the same.

A person's card is never replaced: a canonical card is a group of cards and the one of them that
speaks for it. Groups follow from answers and from what researchers did, both kept as events.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from core.errors import DiscernError
from core.judgment import Pair


class InvalidEventError(DiscernError):
    """An event names a card or an event that is not there. Nothing was changed."""


class Sameness(StrEnum):
    """What a person says of another's card beside their own."""

    SAME = "same"
    NEARLY = "nearly"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Compared:
    """One person's answer about two cards; a later one of the same person takes its place."""

    person: str
    pair: Pair
    answer: Sameness


@dataclass(frozen=True, slots=True)
class Merged:
    """A researcher puts two cards, and by that their groups, together."""

    pair: Pair
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Split:
    """A researcher keeps some cards of a group apart from others of it."""

    cards: frozenset[str]
    others: frozenset[str]
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Represented:
    """A researcher chooses the card that speaks for its group."""

    card: str
    by: str


@dataclass(frozen=True, slots=True)
class Undone:
    """An earlier event of a researcher, by its place, does not count; nor does an undone one."""

    event: int
    by: str


Event = Compared | Merged | Split | Represented | Undone


@dataclass(frozen=True, slots=True)
class CanonicalCard:
    """A group of cards that count as one.

    Attributes
    ----------
    representative : str
        Of the members the one that speaks for them: as a researcher chose, else the one that was
        most often called the same as another, else the first by name.
    members : tuple of str
        Sorted.
    """

    representative: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two cards that most called the same and that are kept apart, or the reverse.

    Attributes
    ----------
    because : Pair
        Two cards that somebody called different and that would come together, or have.
    overruled : bool
        True where a researcher's merge put them together nevertheless.
    """

    pair: Pair
    because: Pair
    overruled: bool


@dataclass(frozen=True, slots=True)
class CanonicalCards:
    """All cards in groups, and where the answers contradict each other."""

    groups: tuple[CanonicalCard, ...]
    conflicts: tuple[Conflict, ...]

    def of(self, card: str) -> CanonicalCard:
        """The group that a card is in."""
        return next(group for group in self.groups if card in group.members)


def canonical_cards(cards: Collection[str], events: Sequence[Event]) -> CanonicalCards:
    r"""Group cards by what was said of them.

    Two cards are *joined* where more people called them the same than nearly or different, and
    *parted* where at least as many called them different as the same. Joined pairs are put
    together one after the other, the best supported first (then the most asked about, then by
    name), unless that would bring two parted cards into one group: then the pair is left and
    listed as a conflict. So "the same" carries over to third cards, but never across a
    "different". A researcher's merge counts before all answers and may overrule them, which is
    listed; a split is a "different" that no answer overrules, and only a later merge.

    Parameters
    ----------
    cards : collection of str
        Card ids; each is in exactly one group of the result.
    events : sequence of Event
        In order of time, never changed: an undone event stays.

    Raises
    ------
    InvalidEventError
        If an event names a card that is not among `cards`, or undoes none of a researcher.
    """
    active = _active(events, cards)
    votes = _votes(active)
    parted = {
        pair
        for pair, count in votes.items()
        if count[Sameness.DIFFERENT] and count[Sameness.DIFFERENT] >= count[Sameness.SAME]
    }
    grouping = _Grouping(cards)
    conflicts = _follow_researchers(grouping, active, parted)
    for pair in _joined(votes):
        because = grouping.contradiction(pair, parted)
        if because is None:
            grouping.join(pair)
        else:
            conflicts.append(Conflict(pair, because, overruled=False))
    chosen = [event.card for event in active if isinstance(event, Represented)]
    groups = [
        CanonicalCard(_representative(members, votes, chosen), members)
        for members in grouping.groups()
    ]
    return CanonicalCards(tuple(groups), tuple(conflicts))


class _Grouping:
    """Cards in groups that only grow, and cards that researchers keep apart."""

    def __init__(self, cards: Collection[str]) -> None:
        self._members = {card: frozenset([card]) for card in cards}
        self._apart: set[Pair] = set()

    def join(self, pair: Pair) -> None:
        together = self._members[pair.first] | self._members[pair.second]
        for card in together:
            self._members[card] = together

    def split(self, cards: frozenset[str], others: frozenset[str]) -> None:
        """Take cards out of the groups of others; what is left of each group stays together."""
        for card, members in list(self._members.items()):
            if members & cards and members & others:
                self._members[card] = members & cards if card in cards else members - cards
        self._apart |= {Pair.of(one, other) for one in cards for other in others}

    def allow(self, pair: Pair) -> None:
        """A later merge counts more than an earlier split."""
        ones, others = self._members[pair.first], self._members[pair.second]
        self._apart -= {Pair.of(one, other) for one in ones for other in others if one != other}

    def contradiction(self, pair: Pair, parted: set[Pair]) -> Pair | None:
        """Two cards that must not come together and would, the first by name."""
        ones, others = self._members[pair.first], self._members[pair.second]
        if ones is others or ones == others:
            return None
        across = {Pair.of(one, other) for one in ones for other in others}
        return min(across & (parted | self._apart), default=None)

    def groups(self) -> list[tuple[str, ...]]:
        return sorted(tuple(sorted(members)) for members in set(self._members.values()))


def _follow_researchers(
    grouping: _Grouping, active: Sequence[Event], parted: set[Pair]
) -> list[Conflict]:
    conflicts = []
    for event in active:
        if isinstance(event, Split):
            grouping.split(event.cards, event.others)
        elif isinstance(event, Merged):
            grouping.allow(event.pair)
            because = grouping.contradiction(event.pair, parted)
            if because is not None:
                conflicts.append(Conflict(event.pair, because, overruled=True))
            grouping.join(event.pair)
    return conflicts


def _active(events: Sequence[Event], cards: Collection[str]) -> list[Event]:
    """The events that count, in their order; checked."""
    undone: set[int] = set()
    for number in range(len(events) - 1, -1, -1):
        event = events[number]
        if not isinstance(event, Undone):
            _check_cards(event, cards)
            continue
        if not 0 <= event.event < number or isinstance(events[event.event], Compared):
            raise InvalidEventError(
                f"Event {number} undoes event {event.event}, which is no earlier one of a "
                "researcher. Choose one that is shown."
            )
        if number not in undone:
            undone.add(event.event)
    return [event for number, event in enumerate(events) if number not in undone]


def _check_cards(event: Compared | Merged | Split | Represented, cards: Collection[str]) -> None:
    if isinstance(event, Split):
        named = set(event.cards | event.others)
        if not event.cards or not event.others or event.cards & event.others:
            raise InvalidEventError("A split names cards on two sides, each card on one of them.")
    elif isinstance(event, Represented):
        named = {event.card}
    else:
        named = {event.pair.first, event.pair.second}
    if named - set(cards):
        raise InvalidEventError(
            f"There is no card {min(named - set(cards))!r:.80} to merge, split or "
            "compare. Choose one that is shown."
        )


def _votes(active: Sequence[Event]) -> Mapping[Pair, Counter[Sameness]]:
    """How many people gave each answer about each pair, each person's last answer only."""
    last = {(e.person, e.pair): e.answer for e in active if isinstance(e, Compared)}
    votes: dict[Pair, Counter[Sameness]] = {}
    for (_, pair), answer in last.items():
        votes.setdefault(pair, Counter())[answer] += 1
    return votes


def _joined(votes: Mapping[Pair, Counter[Sameness]]) -> list[Pair]:
    """Pairs that more people called the same than not, the best supported first."""

    def lead(pair: Pair) -> int:
        count = votes[pair]
        return count[Sameness.SAME] - count[Sameness.NEARLY] - count[Sameness.DIFFERENT]

    joined = [pair for pair in votes if lead(pair) > 0]
    return sorted(joined, key=lambda pair: (-lead(pair), -votes[pair].total(), pair))


def _representative(
    members: tuple[str, ...], votes: Mapping[Pair, Counter[Sameness]], chosen: Sequence[str]
) -> str:
    for card in reversed(chosen):
        if card in members:
            return card
    said: Counter[str] = Counter()
    for one, other in combinations(members, 2):
        count = votes.get(Pair(one, other), Counter())
        said[one] += count[Sameness.SAME]
        said[other] += count[Sameness.SAME]
    return min(members, key=lambda card: (-said[card], card))
