"""What must hold of each row of an imported file, as sentences and as SQL over `staged`."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from core.importing import (
    MAX_ID_LENGTH,
    MAX_TEXT_LENGTH,
    OUTCOME_WORDS,
    THUMB_WORDS,
    YES_OR_NO,
    Kind,
)
from core.judgment import SkipReason

#: Columns of staged preferences, with ours.
_PREFERRED = {"prompt": "prompt", "first": "chosen", "second": "rejected"}
#: What may be the right answer about two items.
PAIR_GOLD = ("first", "second", "tie", "both_bad", "incomparable")
#: What may be said of one item alone.
THUMBS = tuple(dict.fromkeys(outcome.value for outcome in THUMB_WORDS.values()))


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


def _is_none_of(column: str, words: Iterable[str]) -> str:
    """SQL: the column is missing or none of these words of ours."""
    return f"coalesce({column} NOT IN ({', '.join(repr(str(word)) for word in words)}), true)"


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
        "NOT is_new AND (text <> known_text OR kind <> known_kind OR prompt_id <> known_prompt_id)",
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


_DURATION = Rule(
    "duration_ms",
    "A duration is a whole number of milliseconds, from 0 to a year.",
    "duration_said IS NOT NULL AND coalesce(duration_ms NOT BETWEEN 0 AND 31536000000, true)",
    "duration_said",
)

_GRADE = Rule(
    "margin",
    "A grade is a whole number, from 1 to the largest of the study's settings; without grades "
    "there it takes none.",
    "margin_said IS NOT NULL AND coalesce(margin NOT BETWEEN 1 AND largest, true)",
    "margin_said",
)
_AT_ONCE = [
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
    _DURATION,
    _GRADE,
    Rule(
        "margin",
        "A grade goes with an answer that prefers an item.",
        "margin_said IS NOT NULL AND answer NOT IN ('first', 'second', 'left', 'right')",
        "margin_said",
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
    *_AT_ONCE,
]

_PREFERENCES = [
    Rule("chosen", "What was chosen must not be empty.", "first IS NULL OR trim(first) = ''",
         "first"),
    Rule("rejected", "What was rejected must not be empty.", "second IS NULL OR trim(second) = ''",
         "second"),
    Rule("rejected", "What was chosen and what was rejected must differ.", "first_id = second_id",
         "second"),
    *(replace(rule, column=column) for name, column in _PREFERRED.items()
      for rule in _text_rules(name, "A text")),
    *_given_id_rules("annotator_id", "annotator_id", "An annotator's id"),
    _GRADE,
    _time_rule("judged_at"),
    *_AT_ONCE,
]  # fmt: skip

#: A ranking that could not be read at all has no items; its problem is told by then.
_RANKINGS = [
    Rule("ranking", "The study has no item of this id; import the items first.",
         "unknown IS NOT NULL", "unknown"),
    Rule("ranking", "Items are ranked under one prompt; these answer different ones.",
         "n_prompts > 1", "ranking"),
    *_id_rules("annotator_id", "annotator_id", "An annotator's id"),
    _time_rule("judged_at"),
    _DURATION,
    *_text_rules("reason", "A reason"),
    Rule("annotator_id", "An annotator ranks a set of items once at a time.",
         "items IS NOT NULL AND judged_at IS NOT NULL AND nth_at_once > 1", "annotator_id"),
    Rule("annotator_id", "The study has this annotator's ranking of these items at this time.",
         "items IS NOT NULL AND is_known", "annotator_id"),
]  # fmt: skip


_THUMBS = [
    *_id_rules("item_id", "item_id", "An item's id"),
    Rule("item_id", "The study has no item of this id; import the items first.",
         "item_id IS NOT NULL AND item_prompt IS NULL", "item_id"),
    Rule("outcome", "An answer must not be empty.", "outcome_said IS NULL", "outcome_said"),
    Rule("outcome", f"The answer about one item alone is one of {', '.join(THUMB_WORDS)}.",
         f"outcome_said IS NOT NULL AND {_is_none_of('answer', THUMBS)}", "outcome_said"),
    *_id_rules("annotator_id", "annotator_id", "An annotator's id"),
    _time_rule("judged_at"),
    _DURATION,
    *_text_rules("reason", "A reason"),
    Rule("annotator_id", "An annotator judges an item once at a time.",
         "judged_at IS NOT NULL AND nth_at_once > 1", "annotator_id"),
    Rule("annotator_id", "The study has this annotator's answer about this item at this time.",
         "is_known", "annotator_id"),
]  # fmt: skip


def _of_pairs(rule: Rule) -> Rule:
    """The rule where neither one item alone nor an order is named."""
    return replace(rule, broken=f"item_id IS NULL AND ranking IS NULL AND ({rule.broken})")


_GOLD = [
    *(_of_pairs(rule) for rule in _PAIR),
    *_RANKINGS[:2],
    Rule("ranking", "A known order stands alone; this row names items beside it.",
         "ranking IS NOT NULL AND coalesce(item_id, first_id, second_id) IS NOT NULL", "ranking"),
    Rule("item_id", "A known answer is about two items or about one alone; this row has both.",
         "item_id IS NOT NULL AND coalesce(first_id, second_id) IS NOT NULL", "item_id"),
    *_given_id_rules("item_id", "item_id", "An item's id"),
    Rule("item_id", "The study has no item of this id; import the items first.",
         "item_id IS NOT NULL AND item_prompt IS NULL", "item_id"),
    Rule("outcome", "An answer must not be empty.", "outcome_said IS NULL AND ranking IS NULL",
         "outcome_said"),
    _of_pairs(Rule("outcome", f"The answer about two items is one of {', '.join(PAIR_GOLD)}.",
                   f"outcome_said IS NOT NULL AND {_is_none_of('answer', PAIR_GOLD)}",
                   "outcome_said")),
    Rule("outcome", f"The answer about one item alone is one of {', '.join(THUMB_WORDS)}.",
         f"outcome_said IS NOT NULL AND item_id IS NOT NULL AND {_is_none_of('answer', THUMBS)}",
         "outcome_said"),
    *_text_rules("feedback", "What is said after the answer"),
    Rule("training", f"Whether it is for the training is one of {', '.join(YES_OR_NO)}.",
         "training_said IS NOT NULL AND no_word", "training_said"),
    Rule("outcome", "A question stands only once in the file.", "nth > 1", "outcome_said"),
]  # fmt: skip

RULES = {
    Kind.ITEMS: _ITEMS,
    Kind.PAIRS: _PAIR,
    Kind.JUDGMENTS: _JUDGMENTS,
    Kind.PREFERENCES: _PREFERENCES,
    Kind.RANKINGS: _RANKINGS,
    Kind.THUMBS: _THUMBS,
    Kind.GOLD: _GOLD,
}
