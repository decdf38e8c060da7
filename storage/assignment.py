"""Give questions to people: see on the board what is taken, let core choose, take the place."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np

from core.asking import (
    REPEAT_AFTER,
    Beside,
    Given,
    Training,
    beside_the_overlap,
    enough,
    order_on_screen,
    training,
    waits_for_training,
)
from core.judgment import BESIDE, ChoiceSet, Presentation, Purpose
from core.known_answers import Said
from core.open_sets import ChosenSet, choose
from core.study import Study
from storage.board import Board, board_of
from storage.database import Database
from storage.gold import Gold
from storage.places import PLACES_OF_COHORT, Shown
from storage.places_on_disk import insert, lease_until

#: How often new places are looked for when others were quicker.
MAX_TRIES = 5


class NothingLeft(StrEnum):
    """Why a person gets nothing."""

    EMPTY = "empty"
    ALL_SEEN = "all_seen"
    ALL_JUDGED = "all_judged"
    WITH_OTHERS = "with_others"
    OWN_QUOTA = "own_quota"
    COHORT_QUOTA = "cohort_quota"
    STUDY_QUOTA = "study_quota"


@dataclass(frozen=True, slots=True)
class _Asker:
    """Chooses for one person on one board; every choice takes its place on the board at once."""

    board: Board
    study: Study
    annotator_id: str
    now: datetime
    rng: np.random.Generator
    own: set[ChoiceSet] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "own", own_sets(self.board, self.annotator_id))

    def next(self) -> Shown | None:
        if self._trained() is Training.GOING_ON:
            return self._of_training()
        if enough(self.study.settings.asking, given(self.board, self.study, self.annotator_id)):
            return None
        cohort, overlap = self._cohort(), self.study.settings.overlap
        if self.board.sets_for(cohort, overlap)[0].least(self.own) is None:
            return None  # what stands beside the overlap comes between new questions
        beside = beside_the_overlap(
            self.study.settings.asking, self._gold_left, self._repeatable, self.rng
        )
        return self._new() if beside is None else self._beside(beside)

    def _new(self) -> Shown | None:
        open_sets, targeted = self.board.sets_for(self._cohort(), self.study.settings.overlap)
        chosen = choose(
            open_sets,
            self.own,
            self.study.settings.random_share,
            self.rng,
            targeted=targeted,
            chooser=self.board.follower,
        )
        place = None if chosen is None else self.board.free_place(chosen.items, self._cohort())
        if chosen is None or place is None:
            return None
        return self._take(chosen, Purpose.JUDGE, self._order(chosen.items), place[:2])

    def _beside(self, beside: Beside) -> Shown:
        order = self._order(beside.items)
        if beside.purpose is Purpose.REPEAT:
            earlier = next(s for s in self._judged() if s.presentation.items == beside.items)
            order = (earlier.presentation.shown or beside.items)[::-1]
        chosen = ChosenSet(beside.items, beside.purpose, beside.probability)
        return self._take(chosen, beside.purpose, order, self._place_beside(beside.items))

    def _of_training(self) -> Shown | None:
        """The training question that this person had least often, in the order of their keys."""
        questions, had = self._training_questions(), self._had(Purpose.TRAINING)
        n_open = sum(shown.open for shown in had)
        if waits_for_training(
            self.study.settings.asking, len(questions), len(self._right(had)), n_open
        ):
            return None
        asked = [shown.presentation.items for shown in had]
        items = min(questions, key=lambda question: (asked.count(question), question))
        chosen = ChosenSet(items, Purpose.TRAINING, 1.0)
        return self._take(chosen, Purpose.TRAINING, self._order(items), self._place_beside(items))

    def _take(
        self, chosen: ChosenSet, purpose: Purpose, order: tuple[str, ...], place: tuple[int, int]
    ) -> Shown:
        presentation = Presentation(
            id=secrets.token_hex(8),
            study_id=self.study.id,
            settings_version=self.study.version,
            annotator_id=self.annotator_id,
            items=chosen.items,
            shown=order,
            slot=place[0],
            attempt=place[1],
            purpose=purpose,
            policy=chosen.policy,
            probability=chosen.probability,
            created_at=self.now,
        )
        if chosen.items in self.board.space:
            self.own.add(chosen.items)
        return self.board.add(presentation, lease_until(self.study, self.now), on_disk=False)

    def _cohort(self) -> int | None:
        return self.board.cohort_of(self.annotator_id, self.study)

    def _order(self, items: ChoiceSet) -> tuple[str, ...]:
        left, right = self.board.person(self.annotator_id).sides
        return order_on_screen(items, self.board.sides_of(items), (left, right), self.rng)

    def _place_beside(self, items: ChoiceSet) -> tuple[int, int]:
        return BESIDE, self.board.next_beside(items)

    def _had(self, purpose: Purpose) -> list[Shown]:
        had = self.board.person(self.annotator_id).had
        return [shown for shown in had if shown.presentation.purpose == purpose]

    def _training_questions(self) -> dict[ChoiceSet, Gold]:
        return {question.items: question for question in self.board.gold if question.training}

    def _right(self, had: Iterable[Shown]) -> list[float]:
        """Of each training answer that stands, how far it was right."""
        questions = self._training_questions()
        form = self.study.settings.form.kind
        return [
            questions[shown.presentation.items].score(Said(shown.outcome, shown.said), form)
            for shown in had
            if shown.counts and shown.outcome and shown.presentation.items in questions
        ]

    def _trained(self) -> Training:
        asking, n_questions = self.study.settings.asking, len(self._training_questions())
        if min(asking.training, n_questions) == 0:
            return Training.NONE
        return training(asking, n_questions, self._right(self._had(Purpose.TRAINING)))

    def _gold_left(self) -> list[ChoiceSet]:
        own = self.board.person(self.annotator_id).own
        return [q.items for q in self.board.gold if not q.training and q.items not in own]

    def _judged(self) -> list[Shown]:
        had = self.board.person(self.annotator_id).had
        return [shown for shown in had if shown.counts and shown.presentation.slot != BESIDE]

    def _repeatable(self) -> list[ChoiceSet]:
        """Own answered sets with some answers between, each repeated once at most."""
        repeated = {s.presentation.items for s in self._had(Purpose.REPEAT) if s.stands}
        judged = [shown.presentation.items for shown in self._judged()]
        return [items for items in judged[:-REPEAT_AFTER] if items not in repeated]


def fill(
    db: Database,
    study: Study,
    annotator_id: str,
    *,
    wanted: int,
    now: datetime,
    seed: int,
) -> list[Presentation]:
    """Return `wanted` open presentations of this person, giving out new ones as needed.

    Fewer come back when nothing more is left for them. `seed` decides the lot.
    """
    board, rng = board_of(db, study.id), np.random.default_rng(seed)
    for _ in range(MAX_TRIES):
        with board.lock:
            board.refresh(study, now)
            n_known = board.n_read
            n_wanted = wanted - len(board.person(annotator_id).waiting)
            asker = _Asker(board, study, annotator_id, now, rng)
            given_out: list[Shown] = []
            while len(given_out) < n_wanted and (shown := asker.next()) is not None:
                given_out.append(shown)
        if not given_out or _write(db, board, given_out, n_known):
            break
    with board.lock:
        return board.person(annotator_id).open_now()


def _write(db: Database, board: Board, given_out: list[Shown], n_known: int) -> bool:
    """Write what has its place on the board; what got no place on disk leaves the board.

    Returns whether all of it did get its place.
    """
    refused = given_out
    try:
        refused = db.write(lambda cursor: insert(cursor, given_out, n_known))
    finally:
        with board.lock:
            for shown in given_out:
                shown.on_disk = True
            for shown in refused:
                board.drop(shown)
    return not refused


def open_for(db: Database, study: Study, annotator_id: str, now: datetime) -> list[Presentation]:
    """What this person was given and has not answered: what they took back first, then by age."""
    board = board_of(db, study.id)
    with board.lock:
        board.refresh(study, now)
        return board.person(annotator_id).open_now()


def nothing_left(db: Database, study: Study, annotator_id: str, now: datetime) -> NothingLeft:
    """Say why `fill` came back empty."""
    board = board_of(db, study.id)
    with board.lock:
        board.refresh(study, now)
        if len(board.space) == 0:
            return NothingLeft.EMPTY
        full = enough(study.settings.asking, given(board, study, annotator_id))
        if full is not None:
            return NothingLeft(full.value)
        own = own_sets(board, annotator_id)
        if len(own) >= len(board.space):
            return NothingLeft.ALL_SEEN
        cohort = board.cohort_of(annotator_id, study)
        waiting = {
            shown.presentation.items
            for shown in board.waiting()
            if _takes_from(shown.presentation.slot, cohort)
        }
        theirs = {items for items in waiting - own if items in board.space}
        return NothingLeft.WITH_OTHERS if theirs else NothingLeft.ALL_JUDGED


def _takes_from(slot: int, cohort: int | None) -> bool:
    return slot != BESIDE and (cohort is None or slot // PLACES_OF_COHORT == cohort)


def own_sets(board: Board, annotator_id: str) -> set[ChoiceSet]:
    """What this person has, of what can be asked now."""
    return {items for items in board.person(annotator_id).own if items in board.space}


def given(board: Board, study: Study, annotator_id: str) -> Given:
    """How many questions of the overlap were answered or are open."""
    n_of_cohort = 0
    if study.settings.asking.cohort_quota:
        cohort = board.cohorts.get(annotator_id, "")
        n_of_cohort = sum(
            n_taken
            for name, n_taken in board.n_taken_by.items()
            if board.cohorts.get(name, "") == cohort
        )
    return Given(board.n_taken_by[annotator_id], n_of_cohort, board.n_taken)
