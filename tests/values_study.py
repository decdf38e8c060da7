"""A study about values with cards of several people, and people who vote on them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from core.study import Study
from core.value_graph.votes import Answer
from core.value_study import Case, Context, StoryText, ValueSettings
from core.values_card.card import ValuesCard
from storage import edge_votes, studies, value_settings, values_cards
from storage.database import Database
from storage.edge_votes import Question, Vote
from storage.values_cards import StoredCard
from tests.given import running_study
from workbench import values
from workbench.opening import Workbench

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
CASE = Case("homework", "Homework", "A child of ten will not do their homework.")
CONTEXTS = (
    Context("hurry", "somebody is in a hurry"),
    Context("grief", "somebody grieves", ("homework",)),
)


def card(number: int) -> ValuesCard:
    return ValuesCard(
        f"Value {number}",
        f"Standing at the window for the {number}. time.",
        (f"SOUNDS that only number {number} hears", "PAUSES before an answer"),
    )


def values_study(
    db: Database,
    n_cards: int = 4,
    *,
    contexts: Sequence[Context] = CONTEXTS[:1],
    stories: Sequence[StoryText] = (),
    **given: Any,
) -> Study:
    """A running study with the cards c0, c1, … of the people p0, p1, …"""
    study = running_study(db, name="Care", question="What matters?", **given)
    settings = ValueSettings((CASE,), tuple(contexts), tuple(stories))
    value_settings.save(db, study.id, settings, version=0, by=None, now=NOON)
    for number in range(n_cards):
        put_card(db, study, f"c{number}", f"p{number}", number)
    return studies.get(db, study.id)


def put_card(db: Database, study: Study, name: str, person: str, number: int) -> None:
    stored = StoredCard(name, person, CASE.id, card(number), NOON)
    db.write(lambda cursor: values_cards.put(cursor, study.id, stored, None))


def answer_some(
    workbench: Workbench,
    study: Study,
    person: str,
    n: int,
    says: Callable[[Question], Answer],
    *,
    seed: int = 0,
) -> int:
    """Let somebody answer up to n questions as they come; return how many came."""
    for number in range(n):
        question = values.next_question(workbench, study, person, NOON, seed=seed + number)
        if not isinstance(question, Question):
            return number
        given = says(question)
        situation = "when it is late" if given is Answer.DEPENDS else ""
        vote = Vote(question.id, given, situation, confidence=3, reason=f"because {person}")
        edge_votes.vote(workbench.db, study.id, person, vote, NOON)
    return n


def wiser(question: Question, name: str) -> Answer:
    return Answer.FIRST_WISER if name == question.first else Answer.SECOND_WISER


def prefers(order: Sequence[str]) -> Callable[[Question], Answer]:
    """Somebody who calls wiser what stands earlier in an order."""
    return lambda asked: wiser(asked, min((asked.first, asked.second), key=list(order).index))
