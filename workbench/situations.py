"""On what it depends which of two values is wiser, as people wrote it."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime

from core.value_graph.choice import EdgeQuestion
from core.value_graph.votes import Answer
from core.value_study import Context, InvalidValueSettingsError
from storage import value_settings
from storage.database import Database
from workbench.values import Material, votes_of


@dataclass(frozen=True, slots=True)
class Depends:
    """One edge of which somebody said that it depends, or when it is the other way round.

    Attributes
    ----------
    n_depends, n_turned, n_votes : int
        Votes that say so, votes for a card that name a situation in which it is the other way
        round, and all on the edge in this context.
    situations : tuple of str
        As they were written, those that several wrote alike first.
    """

    about: EdgeQuestion
    n_depends: int
    n_turned: int
    n_votes: int
    situations: tuple[str, ...]


def of_study(db: Database, study_id: str, known: Material) -> list[Depends]:
    """Edges with a situation, those with the most first."""
    n_votes: Counter[EdgeQuestion] = Counter()
    n_depends: Counter[EdgeQuestion] = Counter()
    written: dict[EdgeQuestion, Counter[str]] = {}
    for vote in votes_of(db, study_id):
        about = known.now_about(EdgeQuestion(vote.context, vote.first, vote.second))
        if about.first == about.second or not {about.first, about.second} <= known.cards.keys():
            continue
        n_votes[about] += 1
        n_depends[about] += vote.answer is Answer.DEPENDS
        if vote.situation:
            written.setdefault(about, Counter())[vote.situation] += 1
    found = [
        Depends(
            about,
            n_depends[about],
            said.total() - n_depends[about],
            n_votes[about],
            tuple(text for text, _ in said.most_common()),
        )
        for about, said in written.items()
    ]
    return sorted(found, key=lambda one: (-one.n_depends - one.n_turned, one.n_votes, one.about))


def add_context(
    db: Database,
    study_id: str,
    text: str,
    case_ids: tuple[str, ...],
    *,
    context_id: str,
    by: str | None,
    now: datetime,
) -> None:
    """Let a situation be a context from now on: the same values are asked about in it as well.

    Raises
    ------
    InvalidValueSettingsError
        If there is such a context already, or the text cannot be one.
    """
    before = value_settings.newest(db, study_id)
    if any(text == context.text for context in before.settings.contexts):
        raise InvalidValueSettingsError(f"There is a context “{text}” already.")
    contexts = (*before.settings.contexts, Context(context_id, text, case_ids))
    settings = replace(before.settings, contexts=contexts)
    value_settings.save(db, study_id, settings, version=before.version, by=by, now=now)
