"""Votes as Moral Graph Elicitation keeps them, both ways without loss."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from core.value_graph.votes import Answer, EdgeVote, Story, UnusableVoteError


class Relationship(StrEnum):
    """MGE's answers to "did this person become wiser?": yes, no, not sure."""

    UPGRADE = "upgrade"
    NO_UPGRADE = "no_upgrade"
    NOT_SURE = "not_sure"


@dataclass(frozen=True, slots=True)
class MgeVote:
    """One judgement as MGE stores it.

    Attributes
    ----------
    source, wiser : str
        Ids of the values; the arrow goes from `source` to `wiser`.
    further : mapping of str to str, float, bool or None
        What MGE has no place for: the richer answer and how the question was put. Empty for a
        judgement that MGE itself recorded.
    """

    person: str
    source: str
    wiser: str
    context: str
    relationship: Relationship
    comment: str | None
    answered_at: datetime
    further: Mapping[str, Any]


def to_mge(vote: EdgeVote) -> MgeVote:
    """Say a vote in MGE's terms.

    Yes where the card shown as wiser was called wiser, not sure where the person was not, else
    no. What that loses stands in `further`, so that `from_mge` gives the vote back.
    """
    if vote.answer is Answer.NOT_SURE:
        relationship = Relationship.NOT_SURE
    elif vote.wiser == vote.wiser_to:
        relationship = Relationship.UPGRADE
    else:
        relationship = Relationship.NO_UPGRADE
    further = {
        "answer": vote.answer.value,
        "story": vote.story.value,
        "left": vote.left,
        "situation": vote.situation,
        "confidence": vote.confidence,
        "exposed": vote.exposed,
    }
    plain = _plain(vote.answer, vote.story, vote.wiser_to == vote.second)
    known = {name: value for name, value in further.items() if value is not None}
    if plain and known.keys() == {"answer", "story"}:
        known = {}
    return MgeVote(
        person=vote.person,
        source=vote.less_wise,
        wiser=vote.wiser_to,
        context=vote.context,
        relationship=relationship,
        comment=vote.reason,
        answered_at=vote.answered_at,
        further=known,
    )


def from_mge(vote: MgeVote) -> EdgeVote:
    """Read a judgement of MGE; the inverse of `to_mge`.

    MGE tells every story in the direction shown. Its "No" becomes `Answer.NOT_WISER`: it does not
    say that the other value is the wiser one.

    Raises
    ------
    UnusableVoteError
        If both values are the same, or the richer answer contradicts yes, no or not sure.
    """
    first, second = sorted((vote.source, vote.wiser))
    to_second = vote.wiser == second
    further = dict(vote.further)
    read = EdgeVote(
        person=vote.person,
        context=vote.context,
        first=first,
        second=second,
        wiser_to=vote.wiser,
        story=Story(further.get("story", Story.TO_SECOND if to_second else Story.TO_FIRST)),
        answer=Answer(further.get("answer", _plain_answer(vote.relationship, to_second=to_second))),
        answered_at=vote.answered_at,
        left=further.get("left"),
        situation=further.get("situation"),
        confidence=further.get("confidence"),
        reason=vote.comment,
        exposed=further.get("exposed"),
    )
    if to_mge(read).relationship is not vote.relationship:
        raise UnusableVoteError(
            f"The answer {read.answer.value!r} to {vote.source!r} → {vote.wiser!r} contradicts "
            f"{vote.relationship.value!r}. Correct one of the two."
        )
    return read


def _plain_answer(relationship: Relationship, *, to_second: bool) -> Answer:
    if relationship is Relationship.UPGRADE:
        return Answer.SECOND_WISER if to_second else Answer.FIRST_WISER
    no = relationship is Relationship.NO_UPGRADE
    return Answer.NOT_WISER if no else Answer.NOT_SURE


def _plain(answer: Answer, story: Story, to_second: bool) -> bool:  # noqa: FBT001
    """Whether MGE itself could have recorded the answer so."""
    told = Story.TO_SECOND if to_second else Story.TO_FIRST
    yes = Answer.SECOND_WISER if to_second else Answer.FIRST_WISER
    return story is told and answer in {yes, Answer.NOT_WISER, Answer.NOT_SURE}
