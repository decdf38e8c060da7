"""A person's own choices between pairs, on which a values card can be tested."""

from core.values_card.prediction import HeldOutChoice
from storage.database import Database

#: The newest so many; more would tell little more about a card.
MAX_CHOICES = 500


def choices_of(db: Database, study_id: str, person_id: str) -> list[HeldOutChoice]:
    """Pairs of which this person chose one, in their standing judgments; no gold, no repeats.

    No card is written from these, whether they were judged before it or after.
    """
    rows = db.read(
        """
        SELECT j.presentation_id, one.text, other.text, j.outcome = 'first', one.prompt_id
        FROM standing_judgments j
        JOIN items one ON one.study_id = j.study_id AND one.item_id = j.first_id
        JOIN items other ON other.study_id = j.study_id AND other.item_id = j.second_id
        WHERE j.study_id = ? AND j.annotator_id = ? AND j.outcome IN ('first', 'second')
        ORDER BY j.judged_at DESC, j.presentation_id LIMIT ?
        """,
        [study_id, person_id, MAX_CHOICES],
    )
    return [
        HeldOutChoice(name, first, second, chose_first, prompt_id)
        for name, first, second, chose_first, prompt_id in rows
    ]
