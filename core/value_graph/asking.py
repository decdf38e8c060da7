"""What can be asked about the cards of a study, and what votes mean after cards were regrouped."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b

from core.value_graph.choice import EdgeQuestion
from core.value_graph.votes import Answer, EdgeVote, Story

#: Pairs are chosen so that the questions are about so many, and each card has so many at least.
MAX_QUESTIONS, LEAST_PARTNERS = 2_000, 3


def questions_about(
    cards: Sequence[str],
    contexts: Sequence[str],
    *,
    max_questions: int = MAX_QUESTIONS,
) -> list[EdgeQuestion]:
    """All questions about these cards in these contexts, or a sparse choice of their pairs.

    Where all pairs in all contexts are more than `max_questions`, each card keeps the partners
    whose common hash with it is lowest, at least `LEAST_PARTNERS`. That is a random graph in which
    everybody lands alike; it is very likely in one piece (Fenner and Frieze, "On the connectivity
    of random m-orientable graphs and digraphs", Combinatorica 2(4), 1982), needs no memory, and a
    new card moves few of the others' pairs.
    """
    names, places = sorted(set(cards)), sorted(set(contexts))
    n = len(names)
    if n * (n - 1) // 2 * len(places) <= max_questions:
        pairs = [(one, other) for i, one in enumerate(names) for other in names[i + 1 :]]
    else:
        pairs = _sparse(names, max_questions // (n * len(places)))
    return [EdgeQuestion(place, *pair) for place in places for pair in pairs]


def _sparse(names: Sequence[str], n_partners: int) -> list[tuple[str, str]]:
    wanted = min(max(n_partners, LEAST_PARTNERS), len(names) - 1)
    drawn: dict[str, list[tuple[int, tuple[str, str]]]] = {name: [] for name in names}
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            ticket = (_hash(one, other), (one, other))
            drawn[one].append(ticket)
            drawn[other].append(ticket)
    return sorted({pair for tickets in drawn.values() for _, pair in sorted(tickets)[:wanted]})


def _hash(one: str, other: str) -> int:
    return int.from_bytes(blake2b(f"{one}\x1f{other}".encode(), digest_size=8).digest())


def regrouped(
    votes: Sequence[EdgeVote], stands_for: Mapping[str, str]
) -> tuple[list[EdgeVote], int]:
    """Say votes of the cards that now stand for those voted on.

    Parameters
    ----------
    stands_for : mapping of str to str
        The representative of each card's group; a card that was withdrawn is not in it.

    Returns
    -------
    tuple of list of EdgeVote and int
        The votes, and how many have no place any more: a card was withdrawn, or both now count as
        the same value.
    """
    found = []
    for vote in votes:
        first, second = stands_for.get(vote.first), stands_for.get(vote.second)
        if first is None or second is None or first == second:
            continue
        found.append(vote if (first, second) == vote.pair else _said_of(vote, first, second))
    return found, len(votes) - len(found)


def _said_of(vote: EdgeVote, first: str, second: str) -> EdgeVote:
    """The vote with other cards in the places of its own."""
    of = {vote.first: first, vote.second: second}
    ends = sorted((first, second))
    turned = first > second
    answer = _TURNED_ANSWER.get(vote.answer, vote.answer) if turned else vote.answer
    story = _TURNED_STORY[vote.story] if turned else vote.story
    return replace(
        vote,
        first=ends[0],
        second=ends[1],
        wiser_to=of[vote.wiser_to],
        left=None if vote.left is None else of[vote.left],
        answer=answer,
        story=story,
    )


_TURNED_ANSWER = {
    Answer.FIRST_WISER: Answer.SECOND_WISER,
    Answer.SECOND_WISER: Answer.FIRST_WISER,
}
_TURNED_STORY = {
    Story.TO_FIRST: Story.TO_SECOND,
    Story.TO_SECOND: Story.TO_FIRST,
    Story.NONE: Story.NONE,
}
