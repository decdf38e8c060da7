"""What one person is asked about values."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b

import numpy as np

from core.study import State, Study
from core.value_graph.asking import questions_about
from core.value_graph.choice import (
    RETEST,
    EdgeChoice,
    EdgeQuestion,
    Form,
    choose_form,
    choose_question,
)
from core.value_graph.votes import EdgeVote, Story
from core.value_study import ValueSettings
from core.values_card.canonical import CanonicalCard
from storage import canonical, edge_votes, value_settings, values_cards, wisdom
from storage.database import Database
from storage.edge_votes import Purpose, Question, StoryKind
from storage.values_cards import StoredCard
from workbench import value_estimates
from workbench.opening import Workbench

#: Somebody may be asked again after so many other answers, and each question once.
RETEST_AFTER = 3
#: A form that cannot be shown counts as shown so often that another one is always rarer.
NEVER = 10**9


class NothingToAsk(StrEnum):
    """Why a person gets no question."""

    NOT_RUNNING = "not_running"
    TOO_FEW_CARDS = "too_few_cards"
    ALL_ANSWERED = "all_answered"


@dataclass(frozen=True, slots=True)
class Material:
    """The cards of a study as questions are asked about them.

    Attributes
    ----------
    cards : mapping of str to StoredCard
        All that were not withdrawn.
    groups : tuple of CanonicalCard
    by_card : mapping of str to CanonicalCard
    """

    settings: ValueSettings
    cards: Mapping[str, StoredCard]
    groups: tuple[CanonicalCard, ...]
    by_card: Mapping[str, CanonicalCard]

    def group_of(self, card: str) -> CanonicalCard | None:
        return self.by_card.get(card)

    def own_groups(self, person_id: str) -> list[CanonicalCard]:
        """The groups that this person has a card in."""
        return [
            group
            for group in self.groups
            if any(self.cards[card].person_id == person_id for card in group.members)
        ]

    def stands_for(self, card: str) -> str:
        """The card that speaks for its group now."""
        group = self.group_of(card)
        return card if group is None else group.representative

    def now_about(self, question: EdgeQuestion) -> EdgeQuestion:
        """A question said of the cards that stand for its cards by now."""
        ends = sorted((self.stands_for(question.first), self.stands_for(question.second)))
        return EdgeQuestion(question.context, *ends)

    def context(self, name: str) -> str:
        """What a context says; empty for the one of studies without contexts."""
        return next((one.text for one in self.settings.contexts if one.id == name), "")

    def title(self, card: str) -> str:
        return self.cards[card].card.title if card in self.cards else card


def material(db: Database, study_id: str) -> Material:
    cards = {card.card_id: card for card in values_cards.of_study(db, study_id)}
    groups = canonical.groups(db, study_id).groups
    by_card = {card: group for group in groups for card in group.members}
    return Material(value_settings.of_study(db, study_id), cards, groups, by_card)


def votes_of(db: Database, study_id: str) -> tuple[EdgeVote, ...]:
    """All votes of a study that count; read once for as long as nothing is written."""
    return _votes_of(db, study_id, db.n_commits)


@lru_cache(maxsize=4)
def _votes_of(db: Database, study_id: str, _n_commits: int) -> tuple[EdgeVote, ...]:
    return tuple(edge_votes.standing(db, study_id))


def held_in_contexts(known: Material) -> dict[str, tuple[str, ...]]:
    """The cards that are asked about in each context: those of its cases."""
    if not known.settings.contexts:
        return {"": tuple(group.representative for group in known.groups)}
    found = {}
    for context in known.settings.contexts:
        cases = set(context.case_ids)
        found[context.id] = tuple(
            group.representative
            for group in known.groups
            if not cases or any(_case(known, card) in cases | {None} for card in group.members)
        )
    return found


def questions(known: Material) -> list[EdgeQuestion]:
    """All questions of a study: in each context about the cards of its cases."""
    return [
        question
        for context, cards in held_in_contexts(known).items()
        for question in _about(cards, context)
    ]


@lru_cache(maxsize=128)
def _about(cards: tuple[str, ...], context: str) -> tuple[EdgeQuestion, ...]:
    """Kept, as many cards take a while and the same come again with every answer."""
    return tuple(questions_about(cards, [context]))


def _case(known: Material, card: str) -> str | None:
    return known.cards[card].case_id


def next_question(
    workbench: Workbench, study: Study, person_id: str, now: datetime, seed: int | None = None
) -> Question | NothingToAsk:
    """The question that waits for this person, or a new one, stored before it is shown."""
    if study.state is not State.RUNNING:
        return NothingToAsk.NOT_RUNNING
    known = material(workbench.db, study.id)
    waiting = edge_votes.open_question(workbench.db, study.id, person_id, known.cards)
    if waiting is not None:
        return waiting
    everything = questions(known)
    if not everything:
        return NothingToAsk.TOO_FEW_CARDS
    rng = np.random.default_rng(seed)
    choice = _choose(workbench, study.id, person_id, known, everything, rng=rng)
    if choice is None:
        return NothingToAsk.ALL_ANSWERED
    exposed = edge_votes.was_exposed(workbench.db, study.id, person_id)
    asked = _question(choice, study.id, person_id, known, exposed=exposed, now=now)
    return edge_votes.ask(workbench.db, asked, known.cards)


def _choose(
    workbench: Workbench,
    study_id: str,
    person_id: str,
    known: Material,
    everything: list[EdgeQuestion],
    *,
    rng: np.random.Generator,
) -> EdgeChoice | None:
    voted = edge_votes.own(workbench.db, study_id, person_id)
    answered = [known.now_about(question.asked) for question, _ in voted]
    askable = _askable(everything, answered, known, person_id)
    if not set(askable) - set(answered):
        return None
    shown = edge_votes.shown(workbench.db, study_id)
    choice = choose_question(
        askable,
        shown,
        set(answered) & set(askable),
        _information(workbench, study_id, askable),
        rng,
    )
    if choice is None:
        return None
    told = _stories(known, choice.question)
    counts = dict(shown.get(choice.question, {}))
    form, probability = choose_form(choice.question, counts | _without(choice.question, told), rng)
    return EdgeChoice(
        choice.question, form, choice.policy, choice.probability, form_probability=probability
    )


def _askable(
    everything: list[EdgeQuestion],
    answered: list[EdgeQuestion],
    known: Material,
    person_id: str,
) -> list[EdgeQuestion]:
    """Questions that may come now: those about others' values first, retests after a while.

    One's own value is asked about only when nothing else is left, as most people would know what
    to answer.
    """
    own = {group.representative for group in known.own_groups(person_id)}
    resting = {one for one in answered[:RETEST_AFTER] if answered.count(one) == 1}
    tired = {one for one in answered if answered.count(one) > 1}
    awake = [one for one in everything if one not in resting | tired]
    of_others = [one for one in awake if not own & {one.first, one.second}]
    return of_others if set(of_others) - set(answered) else awake


def _information(
    workbench: Workbench, study_id: str, askable: list[EdgeQuestion]
) -> dict[EdgeQuestion, float]:
    """Expected information by the newest estimate; what it does not know is asked as coverage."""
    found = value_estimates.newest(workbench, study_id)
    if found is None:
        return {}
    cards, edges = found.graph.cards, found.graph.edges
    ends = zip(edges.first.tolist(), edges.second.tolist(), strict=True)
    nats = {
        (cards[i], cards[j]): worth
        for (i, j), worth in zip(ends, edges.information.tolist(), strict=True)
    }
    return {
        question: nats[question.first, question.second]
        for question in askable
        if (question.first, question.second) in nats
    }


def breaks_a_cycle(workbench: Workbench, study_id: str, asked: Question) -> bool:
    """Whether this is the weakest edge of a cycle, which a context may break."""
    found = value_estimates.newest(workbench, study_id)
    if found is None:
        return False
    return [asked.first, asked.second] in found.figures["cycles"]["ask_next"]


def _stories(known: Material, question: EdgeQuestion) -> dict[Story, str]:
    """The stories that can be told beside a question."""
    found = {}
    for story in known.settings.stories:
        if story.context_id in {"", question.context}:
            ends = (known.stands_for(story.from_id), known.stands_for(story.to_id))
            if ends == (question.second, question.first):
                found[Story.TO_FIRST] = story.text
            elif ends == (question.first, question.second):
                found[Story.TO_SECOND] = story.text
    return found


def _without(question: EdgeQuestion, told: Mapping[Story, str]) -> dict[Form, int]:
    """The forms with a story that nobody wrote."""
    cards = (question.first, question.second)
    missing = {Story.TO_FIRST, Story.TO_SECOND} - told.keys()
    return {Form(head, story, left): NEVER for head in cards for story in missing for left in cards}


def _question(
    choice: EdgeChoice,
    study_id: str,
    person_id: str,
    known: Material,
    *,
    exposed: bool,
    now: datetime,
) -> Question:
    asked, form = choice.question, choice.form
    told_to = {Story.TO_FIRST: asked.first, Story.TO_SECOND: asked.second}.get(form.story)
    forward = StoryKind.FORWARD if told_to == form.wiser_to else StoryKind.BACKWARD
    return Question(
        id=secrets.token_hex(8),
        study_id=study_id,
        person_id=person_id,
        context=asked.context,
        first=asked.first,
        second=asked.second,
        wiser_to=form.wiser_to,
        left=form.left,
        story=_stories(known, asked).get(form.story),
        story_kind=StoryKind.NONE if told_to is None else forward,
        purpose=Purpose.REPEAT if choice.policy == RETEST else Purpose.JUDGE,
        policy=choice.policy,
        probability=choice.probability,
        form_probability=choice.form_probability,
        exposed=exposed,
        created_at=now,
    )


def next_draw(db: Database, study: Study, person_id: str, now: datetime) -> wisdom.Draw | None:
    """The cards that this person is shown together: those waiting, else of the next case."""
    waiting = wisdom.open_draw(db, study.id, person_id)
    if waiting is not None or study.state is not State.RUNNING:
        return waiting
    known = material(db, study.id)
    own = {group.representative for group in known.own_groups(person_id)}
    had = wisdom.cases_had(db, study.id, person_id)
    for case in known.settings.cases:
        cards = [
            group.representative
            for group in known.groups
            if any(_case(known, card) in {case.id, None} for card in group.members)
        ]
        if case.id not in had:
            drawn = wisdom.draw(
                db, study.id, person_id, case.id, cards, own=own, now=now,
                seed=secrets.randbits(32),
            )  # fmt: skip
            if drawn is not None:
                return drawn
    return None


def picks_first(study_id: str, person_id: str) -> bool:
    """Whether this person sees others' cards before the questions: by lot, half of all people."""
    return bool(blake2b(f"{study_id}\x1f{person_id}".encode(), digest_size=1).digest()[0] % 2)
