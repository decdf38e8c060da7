"""All standing answers of a study as arrays, for the dashboards."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.judgment import Indices, ItemOutcome
from storage.database import Database

_ROWS = """
WITH item AS (
    SELECT item_id, row_number() OVER (ORDER BY item_id) - 1 AS number
    FROM items WHERE study_id = $study
), person AS (
    SELECT annotator_id, row_number() OVER (ORDER BY annotator_id) - 1 AS number
    FROM standing_judgments WHERE study_id = $study GROUP BY annotator_id
)
SELECT one.number AS first, other.number AS second, person.number AS annotator,
       list_position($outcomes, s.outcome) - 1 AS outcome
FROM standing_judgments s
JOIN item one ON one.item_id = s.first_id
JOIN item other ON other.item_id = s.second_id
JOIN person USING (annotator_id)
WHERE s.study_id = $study
ORDER BY s.judged_at, s.presentation_id
"""

_PEOPLE = """
SELECT coalesce(p.name, i.external_id, s.annotator_id)
FROM (SELECT DISTINCT annotator_id FROM standing_judgments WHERE study_id = $study) s
LEFT JOIN people p ON p.person_id = s.annotator_id
LEFT JOIN imported_annotators i ON i.annotator_id = s.annotator_id
ORDER BY s.annotator_id
"""

#: The position of an outcome here is its number in `Answers.outcome`.
OUTCOMES = tuple(ItemOutcome)


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Standing answers, oldest first; skipped pairs are among them.

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
    annotators : tuple of str
        Names by index; of imported people the name that they have in their file.
    """

    items: tuple[str, ...]
    prompts: Indices
    prompt_ids: tuple[str, ...]
    first: Indices
    second: Indices
    annotator: Indices
    outcome: Indices
    annotators: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.outcome)

    @property
    def answered(self) -> NDArray[np.bool_]:
        """Which rows are answers and not skipped pairs."""
        chosen: NDArray[np.bool_] = self.outcome != OUTCOMES.index(ItemOutcome.SKIPPED)
        return chosen


def names(db: Database, annotator_ids: Sequence[str]) -> list[str]:
    """What to call these people: their name here, or the one in the file that they came with."""
    known = dict(
        db.read(
            "SELECT person_id, name FROM people UNION ALL"
            " SELECT annotator_id, external_id FROM imported_annotators"
        )
    )
    return [known.get(annotator_id, annotator_id) for annotator_id in annotator_ids]


def of_study(db: Database, study_id: str) -> Answers:
    with db.cursor() as cursor:
        cursor.begin()
        items = cursor.execute(
            "SELECT item_id, prompt_id FROM items WHERE study_id = ? ORDER BY item_id", [study_id]
        ).fetchall()
        rows = cursor.execute(
            _ROWS, {"study": study_id, "outcomes": [outcome.value for outcome in OUTCOMES]}
        ).fetchnumpy()
        people = cursor.execute(_PEOPLE, {"study": study_id}).fetchall()
        cursor.rollback()
    prompt_ids = tuple(dict.fromkeys(prompt for _, prompt in items))
    numbers = {prompt: number for number, prompt in enumerate(prompt_ids)}
    columns = {name: np.asarray(column, dtype=np.int64) for name, column in rows.items()}
    return Answers(
        items=tuple(item for item, _ in items),
        prompts=np.array([numbers[prompt] for _, prompt in items], dtype=np.int64),
        prompt_ids=prompt_ids,
        annotators=tuple(name for (name,) in people),
        **columns,
    )
