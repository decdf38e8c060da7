"""All standing answers of a study as arrays, for the dashboards."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.judgment import BESIDE, Floats, Indices, ItemOutcome, Purpose
from core.study import EVEN
from storage.database import Cursor, Database

#: The position of an outcome here is its number in `Answers.outcome`.
OUTCOMES = tuple(ItemOutcome)
#: The position of a purpose here is its number in `Answers.purpose`.
PURPOSES = tuple(Purpose)
#: Seven days begin on a Monday; 1970 began on a Thursday.
_THURSDAY = 3

_ITEMS = """
SELECT item_id, prompt_id, row_number() OVER (ORDER BY item_id) - 1 AS number
FROM items WHERE study_id = $study
"""
_PEOPLE = """
SELECT annotator_id, row_number() OVER (ORDER BY annotator_id) - 1 AS number
FROM (SELECT DISTINCT annotator_id FROM presentations WHERE study_id = $study)
"""
#: All of these joins find something. They are left ones so that the optimiser does not hash a
#: million answers in order to look up two thousand people among them.
_ROWS = f"""
WITH item AS ({_ITEMS}), person AS ({_PEOPLE}), code AS (
    SELECT unnest($outcomes) AS outcome, unnest(range(len($outcomes))) AS number
), purposes AS (
    SELECT unnest($purposes) AS purpose, unnest(range(len($purposes))) AS number
)
SELECT one.number AS first, other.number AS second, person.number AS annotator,
       code.number AS outcome, purposes.number AS purpose, s.slot, coalesce(s.margin, 0) AS margin,
       CASE WHEN s.shown IS NULL THEN -1 WHEN s.shown[1] = s.first_id THEN 1 ELSE 0 END
           AS first_left,
       coalesce(s.duration_ms, -1) AS duration_ms, list_contains($even, s.policy) AS evenly,
       epoch_ms(s.judged_at) // 86400000 AS day
FROM standing_answers s
LEFT JOIN item one ON one.item_id = s.first_id
LEFT JOIN item other ON other.item_id = s.second_id
LEFT JOIN person USING (annotator_id)
LEFT JOIN code USING (outcome)
LEFT JOIN purposes USING (purpose)
WHERE s.study_id = $study AND s.first_id IS NOT NULL
ORDER BY s.judged_at, s.presentation_id
"""  # noqa: S608 - the queries above
_ASPECTS = f"""
WITH item AS ({_ITEMS}), person AS ({_PEOPLE}), said AS (
    SELECT first_id, second_id, annotator_id, judged_at, presentation_id, policy,
           unnest(json_keys(aspects)) AS aspect, aspects
    FROM standing_judgments WHERE study_id = $study AND aspects IS NOT NULL
)
SELECT s.aspect, one.number AS first, other.number AS second, person.number AS annotator,
       list_position($outcomes, json_extract_string(s.aspects, '$."' || s.aspect || '"')) - 1
           AS outcome, list_contains($even, s.policy) AS evenly
FROM said s
JOIN item one ON one.item_id = s.first_id
JOIN item other ON other.item_id = s.second_id
JOIN person USING (annotator_id)
ORDER BY s.judged_at, s.presentation_id
"""  # noqa: S608 - the queries above
_NAMES = """
SELECT a.annotator_id, coalesce(p.name, i.external_id, a.annotator_id), coalesce(c.cohort, '')
FROM (SELECT DISTINCT annotator_id FROM presentations WHERE study_id = $study) a
LEFT JOIN people p ON p.person_id = a.annotator_id
LEFT JOIN imported_annotators i ON i.annotator_id = a.annotator_id
LEFT JOIN (
    SELECT person_id, arg_max(cohort, revision) AS cohort
    FROM memberships WHERE study_id = $study GROUP BY person_id
) c ON c.person_id = a.annotator_id
ORDER BY a.annotator_id
"""
#: Nothing is ever deleted or changed: other numbers of rows, other answers.
_VERSION = " UNION ALL ".join(
    f"SELECT count(*) FROM {table}"  # noqa: S608 - own names
    for table in (
        *("presentations", "judgments", "retractions", "items", "memberships", "people", "gold"),
    )
)


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Standing answers about pairs, oldest first; skipped pairs are among them.

    Attributes
    ----------
    items : tuple of str
        Item ids; their position is their index.
    prompts : ndarray of int64, shape (n_items,)
        Index of the prompt that each item answers.
    prompt_ids : tuple of str
    first, second, annotator : ndarray of int64, shape (n_answers,)
    outcome : ndarray of int64, shape (n_answers,)
        Position in `OUTCOMES`.
    purpose : ndarray of int64, shape (n_answers,)
        Position in `PURPOSES`.
    slot : ndarray of int64, shape (n_answers,)
        `BESIDE` for what takes no place of the overlap.
    margin : ndarray of int64, shape (n_answers,)
        How much better, from 1; 0 where it was not asked.
    first_left : ndarray of int64, shape (n_answers,)
        1 where the first item stood left, 0 where the second did, -1 where nobody knows.
    duration_ms : ndarray of int64, shape (n_answers,)
        -1 where it is not known.
    evenly : ndarray of int64, shape (n_answers,)
        1 where the pair was chosen without regard to answers, all open pairs alike.
    day : ndarray of int64, shape (n_answers,)
        Days since 1 January 1970, UTC.
    annotators, annotator_ids : tuple of str
        Names and ids by index; of imported people the name that they have in their file.
    cohort : ndarray of int64, shape (n_annotators,)
        Position in `cohorts`; -1 for none.
    cohorts : tuple of str
    as_of : datetime
        When they stood like this.
    """

    items: tuple[str, ...]
    prompts: Indices
    prompt_ids: tuple[str, ...]
    first: Indices
    second: Indices
    annotator: Indices
    outcome: Indices
    purpose: Indices
    slot: Indices
    margin: Indices
    first_left: Indices
    duration_ms: Indices
    evenly: Indices
    day: Indices
    annotators: tuple[str, ...]
    annotator_ids: tuple[str, ...]
    cohort: Indices
    cohorts: tuple[str, ...]
    as_of: datetime

    def __len__(self) -> int:
        return len(self.outcome)

    @property
    def answered(self) -> NDArray[np.bool_]:
        """Which rows are answers and not skipped pairs."""
        chosen: NDArray[np.bool_] = self.outcome != OUTCOMES.index(ItemOutcome.SKIPPED)
        return chosen

    @property
    def unit(self) -> Indices:
        """A number of the pair of items."""
        return self.first * len(self.items) + self.second

    @property
    def seconds(self) -> Floats:
        """Time of each answer; nan where it is not known."""
        return np.where(self.duration_ms >= 0, self.duration_ms / 1000, np.nan)

    @property
    def week(self) -> Indices:
        """The first day, a Monday, of the week of each answer, in days since 1 January 1970."""
        return self.day - (self.day + _THURSDAY) % 7

    def where(self, chosen: NDArray[np.bool_]) -> "Answers":
        """The answers for which `chosen` (n_answers,) is true; items and people stay."""
        rows = ("first", "second", "annotator", "outcome", "purpose", "slot", "margin")
        more = ("first_left", "duration_ms", "evenly", "day")
        return replace(self, **{name: getattr(self, name)[chosen] for name in (*rows, *more)})

    def within_overlap(self) -> "Answers":
        """Without repeats, gold, training and second opinions."""
        return self if not len(self) or self.slot.min() > BESIDE else self.where(self.slot > BESIDE)


@dataclass(frozen=True, slots=True, eq=False)
class AspectAnswers:
    """What was said of one aspect, within the overlap, as `Answers` says it of the whole."""

    first: Indices
    second: Indices
    annotator: Indices
    outcome: Indices
    evenly: Indices


def names(db: Database, annotator_ids: Sequence[str]) -> list[str]:
    """What to call these people: their name here, or the one in the file that they came with."""
    known = dict(
        db.read(
            "SELECT person_id, name FROM people UNION ALL"
            " SELECT annotator_id, external_id FROM imported_annotators"
        )
    )
    return [known.get(annotator_id, annotator_id) for annotator_id in annotator_ids]


def version(db: Database) -> tuple[int, ...]:
    """Another one whenever answers, items or people may be others."""
    with db.cursor() as cursor:
        rows = cursor.execute(_VERSION).fetchall()
    return tuple(chain.from_iterable(rows))


def of_study(db: Database, study_id: str, *, beside: bool = False) -> Answers:
    """Read all answers about pairs; `beside`: also those that stand beside the overlap."""
    with db.cursor() as cursor:
        cursor.begin()
        [(as_of,)] = cursor.execute("SELECT now()").fetchall()
        items = cursor.execute(
            "SELECT item_id, prompt_id FROM items WHERE study_id = ? ORDER BY item_id", [study_id]
        ).fetchall()
        rows = _columns(cursor, study_id)
        people = cursor.execute(_NAMES, {"study": study_id}).fetchall()
        cursor.rollback()
    prompt_ids = tuple(dict.fromkeys(prompt for _, prompt in items))
    numbers = {prompt: number for number, prompt in enumerate(prompt_ids)}
    cohorts = tuple(sorted({cohort for *_, cohort in people if cohort}))
    of_person = [cohorts.index(cohort) if cohort else -1 for *_, cohort in people]
    found = Answers(
        items=tuple(item for item, _ in items),
        prompts=np.array([numbers[prompt] for _, prompt in items], dtype=np.int64),
        prompt_ids=prompt_ids,
        annotators=tuple(name for _, name, _ in people),
        annotator_ids=tuple(person for person, *_ in people),
        cohort=np.array(of_person, dtype=np.int64),
        cohorts=cohorts,
        as_of=as_of,
        **rows,
    )
    return found if beside else found.within_overlap()


def _columns(cursor: Cursor, study_id: str) -> dict[str, Any]:
    known = {
        "study": study_id,
        "outcomes": [outcome.value for outcome in OUTCOMES],
        "purposes": [purpose.value for purpose in PURPOSES],
        "even": sorted(EVEN),
    }
    rows = cursor.execute(_ROWS, known).fetchnumpy()
    return {name: np.asarray(column, dtype=np.int64) for name, column in rows.items()}


def aspects_of(db: Database, study_id: str) -> dict[str, AspectAnswers]:
    """What was said of each aspect, by its name; indices are those of `of_study`."""
    known = {"study": study_id, "outcomes": [o.value for o in OUTCOMES], "even": sorted(EVEN)}
    with db.cursor() as cursor:
        rows = cursor.execute(_ASPECTS, known).fetchnumpy()
    aspect = np.asarray(rows.pop("aspect"), dtype=object)
    columns = {name: np.asarray(column, dtype=np.int64) for name, column in rows.items()}
    return {
        str(name): AspectAnswers(**{key: values[aspect == name] for key, values in columns.items()})
        for name in dict.fromkeys(aspect.tolist())
    }


def about_no_pair(db: Database, study_id: str, purposes: Sequence[Purpose]) -> dict[str, int]:
    """How many standing answers of other forms each person has given: orders, choices, thumbs."""
    return dict(
        db.read(
            "SELECT annotator_id, count(*) FROM standing_answers WHERE study_id = ?"
            " AND first_id IS NULL AND outcome <> ? AND list_contains(?, purpose) GROUP BY ALL",
            [study_id, ItemOutcome.SKIPPED.value, [purpose.value for purpose in purposes]],
        )
    )


def words_of_items(db: Database, study_id: str) -> Floats:
    """How many words each item has, in the order of `Answers.items`."""
    rows = db.read(
        "SELECT len(regexp_extract_all(text, '\\S+')) FROM items WHERE study_id = ?"
        " ORDER BY item_id",
        [study_id],
    )
    return np.array([n for (n,) in rows], dtype=np.float64)
