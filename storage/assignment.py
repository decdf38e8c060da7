"""Give questions to people: see on the board what is taken, let core choose, take the place."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np

from core.asking import (
    REPEAT_AFTER,
    Beside,
    Enough,
    Given,
    Training,
    beside_the_overlap,
    enough,
    order_on_screen,
    training,
)
from core.judgment import BESIDE, ChoiceSet, Presentation, Purpose
from core.open_sets import ChosenSet, choose
from core.study import Study
from storage import presentations
from storage.board import Board, board_of
from storage.database import Cursor, Database
from storage.presentations import set_id


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

    def next(self) -> Presentation | None:
        trained = self._trained()
        if trained is Training.GOING_ON:
            return self._of_training()
        if self._enough() is not None:
            return None
        beside = beside_the_overlap(
            self.study.settings.asking, self._gold_left(), self._repeatable(), self.rng
        )
        if beside is not None:
            return self._beside(beside)
        return self._new()

    def _new(self) -> Presentation | None:
        overlap = self.study.settings.overlap
        first_slot = self.board.first_slot(self.annotator_id, self.study)
        open_sets, targeted = self.board.sets_for(first_slot, overlap)
        person = self.board.people[self.annotator_id]
        own = {items for items in person.own if items in self.board.space}
        chosen = choose(
            open_sets,
            own,
            self.study.settings.random_share,
            self.rng,
            targeted=targeted,
            chooser=self.board.follower,
        )
        if chosen is None:
            return None
        place = self.board.free_place(chosen.items, first_slot, overlap)
        if place is None:
            return None
        return self._take(chosen, Purpose.JUDGE, self._order(chosen.items), place)

    def _beside(self, beside: Beside) -> Presentation:
        person = self.board.people[self.annotator_id]
        order = self._order(beside.items)
        if beside.purpose is Purpose.REPEAT:
            first = next(s.presentation for s in person.had if s.presentation.items == beside.items)
            order = (first.shown or first.items)[::-1]
        chosen = ChosenSet(beside.items, beside.purpose, beside.probability)
        return self._take(chosen, beside.purpose, order, self._place_beside(beside.items))

    def _of_training(self) -> Presentation | None:
        """The training question that this person had least often, in the order of their keys."""
        person = self.board.people[self.annotator_id]
        asked = [
            s.presentation.items for s in person.had if s.presentation.purpose == Purpose.TRAINING
        ]
        questions = [question.items for question in self.board.gold if question.training]
        length = min(self.study.settings.asking.training, len(questions))
        if len(asked) % length == 0 and any(s.open for s in person.had):
            return None  # the next round begins when this one is answered
        items = min(questions, key=lambda question: (asked.count(question), question))
        chosen = ChosenSet(items, Purpose.TRAINING, 1.0)
        return self._take(chosen, Purpose.TRAINING, self._order(items), self._place_beside(items))

    def _take(
        self, chosen: ChosenSet, purpose: Purpose, order: tuple[str, ...], place: tuple[int, int]
    ) -> Presentation:
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
        self.board.add(presentation, _lease_until(self.study, self.now))
        return presentation

    def _order(self, items: ChoiceSet) -> tuple[str, ...]:
        left, right = self.board.people[self.annotator_id].sides
        return order_on_screen(items, self.board.sides_of(items), (left, right), self.rng)

    def _place_beside(self, items: ChoiceSet) -> tuple[int, int]:
        return BESIDE, self.board.next_beside(items)

    def _trained(self) -> Training:
        answers = {question.items: question for question in self.board.gold if question.training}
        right = [
            answers[shown.presentation.items].is_right(shown.outcome)
            for shown in self.board.people[self.annotator_id].had
            if shown.presentation.purpose == Purpose.TRAINING
            and shown.counts
            and shown.presentation.items in answers
        ]
        return training(self.study.settings.asking, len(answers), right)

    def _enough(self) -> Enough | None:
        return enough(self.study.settings.asking, given(self.board, self.annotator_id))

    def _gold_left(self) -> list[ChoiceSet]:
        had = {
            shown.presentation.items
            for shown in self.board.people[self.annotator_id].had
            if shown.stands
        }
        return [q.items for q in self.board.gold if not q.training and q.items not in had]

    def _repeatable(self) -> list[ChoiceSet]:
        """Own answered sets with some answers between, each repeated once at most."""
        had = [shown for shown in self.board.people[self.annotator_id].had if shown.stands]
        repeated = {s.presentation.items for s in had if s.presentation.purpose == Purpose.REPEAT}
        judged = [s for s in had if s.counts and s.presentation.slot != BESIDE]
        earlier = judged[: max(0, len(judged) - REPEAT_AFTER)]
        return [s.presentation.items for s in earlier if s.presentation.items not in repeated]


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
    board = board_of(db, study.id)
    with board.lock:
        board.refresh(study, now)
        n_wanted = wanted - len(board.open_of(annotator_id))
        asker = _Asker(board, study, annotator_id, now, np.random.default_rng(seed))
        given_out: list[Presentation] = []
        while len(given_out) < n_wanted and (presentation := asker.next()) is not None:
            given_out.append(presentation)
    if given_out:
        _write(db, board, given_out, _lease_until(study, now))
    with board.lock:
        return board.open_of(annotator_id)


def _write(
    db: Database, board: Board, given_out: list[Presentation], lease_until: datetime
) -> None:
    """Write what has its place on the board; what got no place on disk leaves the board."""

    def insert(cursor: Cursor) -> list[Presentation]:
        return [p for p in given_out if not presentations.add(cursor, p, lease_until)]

    refused = given_out
    try:
        refused = db.write(insert)
    finally:
        with board.lock:
            for presentation in refused:
                board.drop(presentation)


def open_for(db: Database, study: Study, annotator_id: str, now: datetime) -> list[Presentation]:
    """What this person was given and has not answered: what they took back first, then by age."""
    board = board_of(db, study.id)
    with board.lock:
        board.refresh(study, now)
        return board.open_of(annotator_id)


def show_again(cursor: Cursor, study: Study, taken_back: Presentation, now: datetime) -> None:
    """Give what an answer was taken back of to the same person, in the same order.

    If somebody else has got the last place meanwhile (the answer was "skip"), nobody is pushed out.
    """
    rows = cursor.execute(
        """
        SELECT p.slot, max(p.attempt), bool_or(
            CASE WHEN j.presentation_id IS NULL THEN coalesce(p.lease_until > $now, false)
                 ELSE r.presentation_id IS NULL AND NOT j.late AND j.outcome <> 'skipped' END
        )
        FROM presentations p
        LEFT JOIN judgments j USING (presentation_id)
        LEFT JOIN retractions r USING (presentation_id)
        WHERE p.study_id = $study AND p.set_id = $items GROUP BY p.slot
        """,
        {"study": study.id, "items": set_id(taken_back.items), "now": now},
    ).fetchall()
    slots = {slot: (attempt, taken and slot != BESIDE) for slot, attempt, taken in rows}
    own = taken_back.slot
    first = own - own % study.settings.overlap if study.settings.asking.by_cohort else 0
    others = () if own == BESIDE else range(first, first + study.settings.overlap)
    for slot in (own, *others):
        attempt, taken = slots.get(slot, (-1, False))
        if not taken:
            presentations.add(
                cursor,
                _again(study, taken_back, slot, attempt + 1, now),
                _lease_until(study, now),
            )
            return


def _again(
    study: Study, taken_back: Presentation, slot: int, attempt: int, now: datetime
) -> Presentation:
    """Beside the overlap it keeps its purpose: a repeat taken back is still a repeat."""
    return Presentation(
        id=secrets.token_hex(8),
        study_id=study.id,
        settings_version=study.version,
        annotator_id=taken_back.annotator_id,
        items=taken_back.items,
        shown=taken_back.shown,
        slot=slot,
        attempt=attempt,
        purpose=taken_back.purpose if slot == BESIDE else Purpose.AGAIN,
        policy=Purpose.AGAIN,
        probability=None,
        created_at=now,
    )


def nothing_left(db: Database, study: Study, annotator_id: str, now: datetime) -> NothingLeft:
    """Say why `fill` came back empty."""
    board = board_of(db, study.id)
    with board.lock:
        board.refresh(study, now)
        if len(board.space) == 0:
            return NothingLeft.EMPTY
        full = enough(study.settings.asking, given(board, annotator_id))
        if full is not None:
            return NothingLeft(full.value)
        own = {items for items in board.people[annotator_id].own if items in board.space}
        if len(own) >= len(board.space):
            return NothingLeft.ALL_SEEN
        waiting = {
            presentation.items
            for person in board.people
            for presentation in board.open_of(person)
            if presentation.slot != BESIDE
        }
        return NothingLeft.WITH_OTHERS if waiting - own else NothingLeft.ALL_JUDGED


def given(board: Board, annotator_id: str) -> Given:
    """How many questions of the overlap were answered or are open."""
    cohort = board.cohorts.get(annotator_id, "")
    numbers = {person: state.n_taken for person, state in board.people.items()}
    return Given(
        person=numbers.get(annotator_id, 0),
        cohort=sum(n for p, n in numbers.items() if board.cohorts.get(p, "") == cohort),
        study=sum(numbers.values()),
    )


def _lease_until(study: Study, now: datetime) -> datetime:
    return now + timedelta(minutes=study.settings.lease_minutes)
