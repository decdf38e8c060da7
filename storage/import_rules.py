"""What must hold of each row of an imported file, as sentences and as SQL over `staged`."""

from dataclasses import dataclass

from core.importing import MAX_ID_LENGTH, MAX_TEXT_LENGTH, OUTCOME_WORDS, Kind
from core.judgment import SkipReason


@dataclass(frozen=True, slots=True)
class Rule:
    """What must hold of a row.

    Attributes
    ----------
    column : str
        Which of our columns is wrong where it does not.
    broken : str
        SQL over `staged`: true where it does not hold.
    shown : str
        The column of `staged` that is shown as the value found.
    """

    column: str
    sentence: str
    broken: str
    shown: str


def _id_rules(column: str, shown: str, what: str) -> list[Rule]:
    return [
        Rule(column, f"{what} must not be empty.", f"{shown} IS NULL", shown),
        *_given_id_rules(column, shown, what),
    ]


def _given_id_rules(column: str, shown: str, what: str) -> list[Rule]:
    too_long = f"length({shown}) > {MAX_ID_LENGTH}"
    return [
        Rule(column, f"{what} has at most {MAX_ID_LENGTH} characters.", too_long, shown),
        _no_nul(column, what),
    ]


def _text_rules(column: str, what: str) -> list[Rule]:
    too_long = f"length({column}) > {MAX_TEXT_LENGTH}"
    return [
        Rule(column, f"{what} has at most {MAX_TEXT_LENGTH:,} characters.", too_long, column),
        _no_nul(column, what),
    ]


def _no_nul(column: str, what: str) -> Rule:
    sentence = f"{what} must not hold the character NUL."
    return Rule(column, sentence, f"contains({column}, chr(0))", column)


def _pair_rules(column: str, prompt: str) -> list[Rule]:
    return [
        *_id_rules(column, column, "An item's id"),
        Rule(
            column,
            "The study has no item of this id; import the items first.",
            f"{column} IS NOT NULL AND {prompt} IS NULL",
            column,
        ),
    ]


_PAIR = [
    *_pair_rules("first_id", "first_prompt"),
    *_pair_rules("second_id", "second_prompt"),
    Rule(
        "second_id", "An item cannot be compared with itself.", "first_id = second_id", "second_id"
    ),
    Rule(
        "second_id",
        "Two items are compared under one prompt; these answer different ones.",
        "first_prompt <> second_prompt",
        "second_id",
    ),
]

_ITEMS = [
    *_id_rules("item_id", "item_id", "An item's id"),
    *_id_rules("prompt_id", "prompt_id", "A prompt's id"),
    Rule("text", "An item's text must not be empty.", "text IS NULL OR trim(text) = ''", "text"),
    *_text_rules("text", "An item's text"),
    *_text_rules("prompt", "A prompt's text"),
    Rule("item_id", "An item's id stands only once in the file.", "nth > 1", "item_id"),
    Rule(
        "text",
        "The study has an item of this id with another text or prompt; "
        "give the new one an id of its own.",
        "NOT is_new AND (text <> known_text OR prompt_id <> known_prompt_id)",
        "text",
    ),
    Rule(
        "prompt",
        "A prompt's id stands for one text, in the file and in the study.",
        "prompt <> prompt_text",
        "prompt",
    ),
]


def _time_rule(column: str) -> Rule:
    return Rule(
        column,
        "A time is written like 2026-03-01T09:30:00Z (without a zone it is UTC) and lies between "
        "1970 and tomorrow.",
        f"{column}_said IS NOT NULL AND {column} IS NULL",
        f"{column}_said",
    )


_JUDGMENTS = [
    *_PAIR,
    Rule("outcome", "An answer must not be empty.", "outcome_said IS NULL", "outcome_said"),
    Rule(
        "outcome",
        f"An answer is one of {', '.join(OUTCOME_WORDS)}.",
        "outcome_said IS NOT NULL AND answer IS NULL",
        "outcome_said",
    ),
    Rule(
        "outcome",
        "Left and right need an item that is known to have stood on the left.",
        "answer IN ('left', 'right') AND left_id IS NULL",
        "outcome_said",
    ),
    Rule(
        "left_id",
        "What stood on the left is one of the two items.",
        "left_id NOT IN (first_id, second_id)",
        "left_id",
    ),
    Rule(
        "right_id",
        "What stood on the right is the other one of the two items.",
        "right_id NOT IN (first_id, second_id) OR right_id = left_id",
        "right_id",
    ),
    *_id_rules("annotator_id", "annotator_id", "An annotator's id"),
    _time_rule("started_at"),
    _time_rule("judged_at"),
    Rule(
        "started_at",
        "An answer is not given before its pair is shown.",
        "started_at > judged_at",
        "started_at_said",
    ),
    Rule(
        "duration_ms",
        "A duration is a whole number of milliseconds, from 0 to a year.",
        "duration_said IS NOT NULL AND coalesce(duration_ms NOT BETWEEN 0 AND 31536000000, true)",
        "duration_said",
    ),
    Rule(
        "skip_reason",
        f"A reason for skipping is one of {', '.join(SkipReason)}.",
        f"skip_reason NOT IN ({', '.join(repr(str(r)) for r in SkipReason)})",
        "skip_reason",
    ),
    Rule(
        "skip_reason",
        "A reason for skipping goes with a skipped pair, and only with it.",
        "skip_reason IS NOT NULL AND answer <> 'skipped'",
        "skip_reason",
    ),
    *_text_rules("reason", "A reason"),
    *_given_id_rules("judgment_id", "judgment_id", "A judgment's id"),
    Rule("judgment_id", "A judgment's id stands only once in the file.", "nth > 1", "judgment_id"),
    Rule(
        "annotator_id",
        "An annotator judges a pair once at a time; if this is no mistake, give judgment ids.",
        "judgment_id IS NULL AND judged_at IS NOT NULL AND nth_at_once > 1",
        "annotator_id",
    ),
    Rule(
        "annotator_id",
        "The study has this annotator's judgment of this pair at this time already.",
        "is_known",
        "annotator_id",
    ),
]

RULES = {Kind.ITEMS: _ITEMS, Kind.PAIRS: _PAIR, Kind.JUDGMENTS: _JUDGMENTS}
