"""Edge questions and edge votes: show, answer, answer anew, count. Rows are never changed."""

from collections.abc import Collection, Mapping
from dataclasses import astuple, dataclass
from datetime import datetime
from enum import StrEnum

from core.errors import DiscernError
from core.value_graph.choice import EdgeQuestion, Form
from core.value_graph.votes import Answer, EdgeVote, Story
from core.written import InvalidTextError, written
from storage.database import Cursor, Database

#: Characters kept of a reason and of a situation.
MAX_REASON, MAX_SITUATION = 4000, 600
MOST_CONFIDENT = 5
#: Answers beside which a situation may stand.
_WITH_SITUATION = {Answer.DEPENDS, Answer.FIRST_WISER, Answer.SECOND_WISER}
#: A question asked anew has the id of the one answered wrongly with this after it.
ANEW, CORRECTION = "+", "correction"


class VoteRefusedError(DiscernError):
    """A vote that cannot be taken; the sentence says why."""


class StoryKind(StrEnum):
    """Which way a story was told: towards the card shown as wiser, away from it, or not at all."""

    FORWARD = "forward"
    BACKWARD = "backward"
    NONE = "none"


class Purpose(StrEnum):
    """Why a question was put."""

    JUDGE = "judge"
    REPEAT = "repeat"


@dataclass(frozen=True, slots=True)
class Question:
    """One edge question as it was shown to one person, in the order of the columns.

    Attributes
    ----------
    probability, form_probability : float or None
        Of the question and of its form; None where nothing was left to chance.
    exposed : bool
        Whether the person had been shown cards of others apart from such questions.
    """

    id: str
    study_id: str
    person_id: str
    context: str
    first: str
    second: str
    wiser_to: str
    left: str
    story: str | None
    story_kind: StoryKind
    purpose: Purpose
    policy: str
    probability: float | None
    form_probability: float | None
    exposed: bool
    created_at: datetime

    @property
    def right(self) -> str:
        return self.second if self.left == self.first else self.first

    @property
    def less_wise(self) -> str:
        """The card at the tail of the arrow."""
        return self.second if self.wiser_to == self.first else self.first

    @property
    def asked(self) -> EdgeQuestion:
        return EdgeQuestion(self.context, self.first, self.second)


@dataclass(frozen=True, slots=True)
class Vote:
    """What came from the screen about one question.

    Attributes
    ----------
    situation : str
        On what it depends: needed with `Answer.DEPENDS`. Where one card was called wiser, a
        situation in which it is the other way round. With no other answer.
    confidence : int or None
        From 1, a guess, to 5, certain.
    """

    question_id: str
    answer: Answer
    situation: str = ""
    confidence: int | None = None
    reason: str = ""
    duration_ms: int | None = None


_COLUMNS = (
    "question_id, study_id, person_id, context_id, first_id, second_id, wiser_to, left_id, story,"
    " story_kind, purpose, policy, probability, form_probability, exposed, created_at"
)
_QUALIFIED = ", ".join(f"q.{column.strip()}" for column in _COLUMNS.split(","))
#: Votes that count: a question that was put anew counts from its new answer on.
STANDING = f"""
    SELECT {_QUALIFIED}, v.answer, v.situation, v.confidence, v.reason, v.duration_ms, v.voted_at
    FROM edge_questions q JOIN edge_votes v USING (question_id)
    WHERE q.study_id = $study
      AND NOT EXISTS (SELECT 1 FROM edge_votes w WHERE w.question_id = q.question_id || '{ANEW}')
"""  # noqa: S608 - the columns above
_N_COLUMNS = len(_COLUMNS.split(","))


def open_question(
    db: Database, study_id: str, person_id: str, cards: Collection[str]
) -> Question | None:
    """What this person was asked and has not answered; None if there is nothing.

    Questions about cards that are not among `cards`, as they were withdrawn, are passed over.
    """
    with db.cursor() as cursor:
        return _open(cursor, study_id, person_id, cards)


def ask(db: Database, question: Question, cards: Collection[str]) -> Question:
    """Store a question before it is shown; return it, or the one that is open already."""

    def put(cursor: Cursor) -> Question:
        waiting = _open(cursor, question.study_id, question.person_id, cards)
        if waiting is not None:
            return waiting
        _insert(cursor, question)
        return question

    return db.write(put)


def vote(db: Database, study_id: str, person_id: str, given: Vote, now: datetime) -> bool:
    """Store a vote; what comes a second time changes nothing. Return whether it was new.

    Raises
    ------
    VoteRefusedError
        If no such question was put to this person here, or the answer is not one that it takes.
    """
    situation, reason = _checked(given)

    def insert(cursor: Cursor) -> bool:
        _put_to(cursor, study_id, person_id, given.question_id)
        fresh = cursor.execute(
            "INSERT INTO edge_votes VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
            " RETURNING question_id",
            [
                given.question_id,
                given.answer.value,
                situation,
                given.confidence,
                reason,
                given.duration_ms,
                now,
            ],
        ).fetchall()
        return bool(fresh)

    return db.write(insert)


def ask_anew(
    db: Database, study_id: str, person_id: str, question_id: str, now: datetime
) -> Question:
    """Put a question anew that was answered wrongly; the new answer takes the old one's place.

    Until then the old one counts. Asking twice puts one question.

    Raises
    ------
    VoteRefusedError
        If this person has given no such answer, or another question waits for theirs.
    """

    def put(cursor: Cursor) -> Question:
        old = _put_to(cursor, study_id, person_id, question_id)
        answered = cursor.execute(
            "SELECT 1 FROM edge_votes WHERE question_id = ?", [question_id]
        ).fetchall()
        if not answered:
            raise VoteRefusedError("That question has no answer to correct. Answer it below.")
        known = _select(cursor, "question_id = ?", [question_id + ANEW])
        if known:
            return known[0]
        again = _anew(old, now)
        _insert(cursor, again)
        return again

    return db.write(put)


def own(db: Database, study_id: str, person_id: str) -> list[tuple[Question, Vote]]:
    """Answers of this person that count, the newest first."""
    rows = db.read(
        f"{STANDING} AND q.person_id = $person ORDER BY voted_at DESC, created_at",
        {"study": study_id, "person": person_id},
    )
    return [(_question(row[:_N_COLUMNS]), _vote(row)) for row in rows]


def standing(db: Database, study_id: str) -> list[EdgeVote]:
    """All votes of a study that count, the oldest first."""
    rows = db.read(f"{STANDING} ORDER BY voted_at, question_id", {"study": study_id})
    return [as_edge_vote(_question(row[:_N_COLUMNS]), _vote(row), row[-1]) for row in rows]


def as_edge_vote(question: Question, given: Vote, at: datetime) -> EdgeVote:
    """A stored vote as the value graph reads it."""
    confidence = given.confidence
    return EdgeVote(
        person=question.person_id,
        context=question.context,
        first=question.first,
        second=question.second,
        wiser_to=question.wiser_to,
        story=story_of(question),
        answer=given.answer,
        answered_at=at,
        left=question.left,
        situation=given.situation or None,
        confidence=None if confidence is None else (confidence - 1) / (MOST_CONFIDENT - 1),
        reason=given.reason or None,
        exposed=question.exposed,
    )


def story_of(question: Question) -> Story:
    """The direction in which its story was told, said of the cards."""
    if question.story_kind is StoryKind.NONE:
        return Story.NONE
    told_to = question.wiser_to if question.story_kind is StoryKind.FORWARD else question.less_wise
    return Story.TO_FIRST if told_to == question.first else Story.TO_SECOND


def n_standing(db: Database, study_id: str) -> int:
    return _counted(db, study_id)[0]


def n_people(db: Database, study_id: str) -> int:
    """How many people have a vote that counts."""
    return _counted(db, study_id)[1]


def shown(db: Database, study_id: str) -> Mapping[EdgeQuestion, Mapping[Form, int]]:
    """How often every question was put, in each form; what was put anew is not counted again."""
    rows = db.read(
        """
        SELECT context_id, first_id, second_id, wiser_to, left_id, story_kind, count(*)
        FROM edge_questions WHERE study_id = $study AND policy <> $anew GROUP BY ALL
        """,
        {"study": study_id, "anew": CORRECTION},
    )
    found: dict[EdgeQuestion, dict[Form, int]] = {}
    for context, first, second, wiser_to, left, kind, n in rows:
        told_to = wiser_to if kind == StoryKind.FORWARD else second if wiser_to == first else first
        story = Story.TO_FIRST if told_to == first else Story.TO_SECOND
        form = Form(wiser_to, Story.NONE if kind == StoryKind.NONE else story, left)
        counts = found.setdefault(EdgeQuestion(context, first, second), {})
        counts[form] = counts.get(form, 0) + n
    return found


def was_exposed(db: Database, study_id: str, person_id: str) -> bool:
    """Whether somebody was shown cards of others, apart from those of edge questions."""
    [(seen,)] = db.read(
        """
        SELECT EXISTS (SELECT 1 FROM card_offers WHERE study_id = $study AND person_id = $person)
            OR EXISTS (SELECT 1 FROM wisdom_draws WHERE study_id = $study AND person_id = $person)
        """,
        {"study": study_id, "person": person_id},
    )
    return bool(seen)


def _counted(db: Database, study_id: str) -> tuple[int, int]:
    [(n_votes, n_people_)] = db.read(
        f"SELECT count(*), count(DISTINCT person_id) FROM ({STANDING})",  # noqa: S608 - as above
        {"study": study_id},
    )
    return int(n_votes), int(n_people_)


def _checked(given: Vote) -> tuple[str | None, str | None]:
    """The texts of a vote as they are kept, if the vote can be taken."""
    if given.answer is Answer.NOT_WISER:
        raise VoteRefusedError("“Not wiser” leaves open which one is. Choose one of the answers.")
    if given.confidence is not None and not 1 <= given.confidence <= MOST_CONFIDENT:
        raise VoteRefusedError(
            f"A confidence is 1 to {MOST_CONFIDENT}, got {given.confidence}. Choose one of them."
        )
    named = bool(given.situation.strip())
    if given.answer is Answer.DEPENDS and not named:
        raise VoteRefusedError("Say in which situation it is which: a few words do.")
    if named and given.answer not in _WITH_SITUATION:
        raise VoteRefusedError(
            "A situation goes with “it depends”, or with one card being wiser. Leave it out."
        )
    situation = _kept("The situation", given.situation, MAX_SITUATION)
    return situation, _kept("The reason", given.reason, MAX_REASON)


def _kept(what: str, text: str, most: int) -> str | None:
    if not text.strip():
        return None
    try:
        return written(what, text, most)
    except InvalidTextError as error:
        raise VoteRefusedError(str(error)) from error


def _anew(old: Question, now: datetime) -> Question:
    values = dict(zip(Question.__slots__, astuple(old), strict=True))
    values |= {"id": old.id + ANEW, "policy": CORRECTION, "created_at": now}
    return Question(**values | {"probability": None, "form_probability": None})


def _open(cursor: Cursor, study_id: str, person_id: str, cards: Collection[str]) -> Question | None:
    """What was put anew comes first, then the oldest."""
    waiting = _select(
        cursor,
        "study_id = ? AND person_id = ?"
        " AND NOT EXISTS (SELECT 1 FROM edge_votes v WHERE v.question_id = q.question_id)"
        " ORDER BY policy <> ?, created_at, question_id",
        [study_id, person_id, CORRECTION],
    )
    return next((one for one in waiting if {one.first, one.second} <= set(cards)), None)


def _put_to(cursor: Cursor, study_id: str, person_id: str, question_id: str) -> Question:
    known = _select(
        cursor,
        "question_id = ? AND study_id = ? AND person_id = ?",
        [question_id, study_id, person_id],
    )
    if not known:
        raise VoteRefusedError(
            f"Question {question_id[:40]!r} was not put to you here. Reload the page."
        )
    return known[0]


def _select(cursor: Cursor, where: str, parameters: list[object]) -> list[Question]:
    rows = cursor.execute(
        f"SELECT {_COLUMNS} FROM edge_questions q WHERE {where}",  # noqa: S608 - written above
        parameters,
    ).fetchall()
    return [_question(row) for row in rows]


def _insert(cursor: Cursor, question: Question) -> None:
    places = ", ".join("?" * _N_COLUMNS)
    cursor.execute(
        f"INSERT INTO edge_questions ({_COLUMNS}) VALUES ({places})",  # noqa: S608 - as above
        [str(v) if isinstance(v, StrEnum) else v for v in astuple(question)],
    )


def _question(row: tuple[object, ...]) -> Question:
    values = dict(zip(Question.__slots__, row, strict=True))
    values["story_kind"] = StoryKind(str(values["story_kind"]))
    values["purpose"] = Purpose(str(values["purpose"]))
    return Question(**values)  # type: ignore[arg-type]  # the columns have these types


def _vote(row: tuple[object, ...]) -> Vote:
    answer, situation, confidence, reason, duration_ms, _ = row[_N_COLUMNS:]
    return Vote(
        str(row[0]),
        Answer(str(answer)),
        str(situation or ""),
        confidence,  # type: ignore[arg-type]  # an integer, or None
        str(reason or ""),
        duration_ms,  # type: ignore[arg-type]  # an integer, or None
    )
