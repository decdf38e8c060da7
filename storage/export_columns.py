"""What exported files hold: their columns with what each means, and the SQL that says it."""

from dataclasses import dataclass
from enum import StrEnum


class Content(StrEnum):
    """What a file is about."""

    JUDGMENTS = "judgments"
    ITEMS = "items"
    PREFERENCES = "preferences"


class Format(StrEnum):
    """How a file is written."""

    PARQUET = "parquet"
    CSV = "csv"
    JSON_LINES = "jsonl"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an exported file.

    Attributes
    ----------
    type : str
        `text`, `time`, or `value` for numbers and truth values.
    """

    name: str
    type: str
    meaning: str


COLUMNS = {
    Content.JUDGMENTS: (
        Column("presentation_id", "text", "one pair shown to one annotator once"),
        Column("annotator_id", "text", "who it was shown to, a random id"),
        Column("settings_version", "value", "version of the study's settings it was shown under"),
        Column("prompt_id", "text", "the prompt that both items answer"),
        Column("first_id", "text", "the item whose id sorts first"),
        Column("second_id", "text", "the other item"),
        Column("left_id", "text", "the item on the left of the screen; empty if not known"),
        Column("outcome", "text", "first, second, tie, both_bad, incomparable or skipped, said of "
               "first_id and second_id; empty if nobody has answered"),
        Column("screen_outcome", "text", "the same said of the screen: left and right instead of "
               "first and second; empty if the sides are not known"),
        Column("skip_reason", "text", "why the pair was skipped"),
        Column("reason", "text", "what the annotator wrote about the answer"),
        Column("duration_ms", "value", "milliseconds from the pair's appearing to the answer"),
        Column("created_at", "time", "when the pair was given out, UTC"),
        Column("judged_at", "time", "when the answer was given, UTC"),
        Column("retracted_at", "time", "when the annotator took the answer back, UTC"),
        Column("late", "value", "the answer came when the place had gone to somebody else"),
        Column("stands", "value", "answered, not taken back, not late: models and agreement use "
               "these rows only"),
        Column("slot", "value", "which of the places of the pair's overlap it took, from 0"),
        Column("attempt", "value", "how many had that place before and let it lapse"),
        Column("purpose", "text", "judge, again (shown again after being taken back) or import"),
        Column("policy", "text", "the rule that chose the pair"),
        Column("probability", "value", "with which the rule chose it; empty without chance"),
    ),
    Content.ITEMS: (
        Column("item_id", "text", "unique in the study"),
        Column("prompt_id", "text", "the prompt that the item answers"),
        Column("prompt", "text", "text of that prompt"),
        Column("text", "text", "the item, Markdown"),
    ),
    Content.PREFERENCES: (
        Column("prompt", "text", "text of the prompt"),
        Column("chosen", "text", "the item that was judged better"),
        Column("rejected", "text", "the other one"),
    ),
}  # fmt: skip

#: All rows of a content, of the study `$study`.
ROWS = {
    Content.JUDGMENTS: """
        SELECT p.*, p.shown[1] AS left_id, i.prompt_id, j.outcome, j.skip_reason, j.reason,
               j.duration_ms, j.judged_at, j.late, r.retracted_at,
               CASE WHEN j.outcome NOT IN ('first', 'second') THEN j.outcome
                    WHEN p.shown IS NULL THEN NULL
                    WHEN (j.outcome = 'first') = (p.shown[1] = p.first_id) THEN 'left'
                    ELSE 'right'
               END AS screen_outcome,
               j.presentation_id IS NOT NULL AND NOT j.late AND r.presentation_id IS NULL AS stands
        FROM presentations p
        LEFT JOIN judgments j USING (presentation_id)
        LEFT JOIN retractions r USING (presentation_id)
        LEFT JOIN items i ON i.study_id = p.study_id AND i.item_id = p.first_id
        WHERE p.study_id = $study AND p.first_id IS NOT NULL
    """,
    Content.ITEMS: """
        SELECT i.item_id, i.prompt_id, coalesce(p.text, '') AS prompt, i.text
        FROM items i LEFT JOIN prompts p USING (study_id, prompt_id)
        WHERE i.study_id = $study
    """,
    Content.PREFERENCES: """
        SELECT s.first_id, s.second_id, s.slot, s.attempt, coalesce(p.text, '') AS prompt,
               CASE s.outcome WHEN 'first' THEN a.text ELSE b.text END AS chosen,
               CASE s.outcome WHEN 'first' THEN b.text ELSE a.text END AS rejected
        FROM standing_judgments s
        JOIN items a ON a.study_id = s.study_id AND a.item_id = s.first_id
        JOIN items b ON b.study_id = s.study_id AND b.item_id = s.second_id
        LEFT JOIN prompts p ON p.study_id = s.study_id AND p.prompt_id = a.prompt_id
        WHERE s.study_id = $study AND s.outcome IN ('first', 'second')
    """,
}

#: The same study gives the same file.
ORDER = {
    Content.JUDGMENTS: "r.first_id, r.second_id, r.slot, r.attempt",
    Content.ITEMS: "r.prompt_id, r.item_id",
    Content.PREFERENCES: "r.first_id, r.second_id, r.slot, r.attempt",
}

#: Preferences are for training and only come as JSON lines.
FORMATS = {
    Content.JUDGMENTS: tuple(Format),
    Content.ITEMS: tuple(Format),
    Content.PREFERENCES: (Format.JSON_LINES,),
}


def select(content: Content, form: Format) -> str:
    """SQL for a file. CSV guards text against spreadsheets; times in text are ISO 8601."""
    said = ", ".join(f"{_said(column, form)} AS {column.name}" for column in COLUMNS[content])
    return f"SELECT {said} FROM ({ROWS[content]}) r ORDER BY {ORDER[content]}"  # noqa: S608


def _said(column: Column, form: Format) -> str:
    cell = f"r.{column.name}"
    if column.type == "time" and form is not Format.PARQUET:
        return f"strftime({cell} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')"
    if column.type == "text" and form is Format.CSV:
        begins = f"{cell} <> '' AND contains($formula_begins, left({cell}, 1))"
        return f"CASE WHEN {begins} THEN chr(39) || {cell} ELSE {cell} END"  # chr(39) is '
    return cell
