"""What an imported file must look like: kinds, columns, words for answers; problems as values."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, fields
from enum import StrEnum

from core.errors import DiscernError
from core.judgment import PAIR_OUTCOMES, ItemOutcome, Outcome
from core.spreadsheets import guarded

MAX_ROWS = 5_000_000
MAX_ID_LENGTH = 200
MAX_TEXT_LENGTH = 1_000_000
MAX_PROBLEMS_SHOWN = 1000
MAX_VALUE_SHOWN = 80


class Kind(StrEnum):
    """What the rows of a file are."""

    ITEMS = "items"
    PAIRS = "pairs"
    JUDGMENTS = "judgments"
    PREFERENCES = "preferences"
    RANKINGS = "rankings"
    THUMBS = "thumbs"
    GOLD = "gold"


class InvalidFileError(DiscernError):
    """A file cannot be read at all, or its columns do not say what is needed."""


@dataclass(frozen=True, slots=True)
class Column:
    """One thing that a row may say.

    Attributes
    ----------
    meaning : str
        For the person who prepares the file.
    aliases : tuple of str
        Names under which a file's column is taken for this one without being told.
    structured : bool
        Whether a cell may be a list or an object, or its JSON.
    """

    name: str
    meaning: str
    aliases: tuple[str, ...] = ()
    structured: bool = False


_PAIR = (
    Column("first_id", "one item of the pair", ("first", "arg1", "item_1", "item1", "a")),
    Column("second_id", "the other item", ("second", "arg2", "item_2", "item2", "b")),
)
_PERSON = Column("annotator_id", "who gave it", ("annotator", "worker", "worker_id", "user"))
_JUDGED_AT = Column("judged_at", "when the answer was given", ("submit_time", "timestamp", "time"))
_DURATION = Column("duration_ms", "milliseconds that it took", ("ms",))
_REASON = Column("reason", "what the annotator wrote about it", ("comment", "explanation"))
#: A column of judgments whose name begins so holds one aspect, whose name follows.
ASPECT = "aspect:"

COLUMNS: Mapping[Kind, tuple[Column, ...]] = {
    Kind.ITEMS: (
        Column("item_id", "a name for the item, unique in the study", ("id", "arg_id")),
        Column("text", "what is compared, in Markdown", ("answer", "argument", "response")),
        Column("messages", "or a chat: a list of messages with role and content",
               ("conversation", "conversations", "chat"), structured=True),
        Column("image", "a picture, by its path in the ZIP", ("picture", "image_path")),
        Column("image_text", "what the picture shows, for who cannot see it",
               ("alt", "alt_text", "caption")),
        Column("audio", "a sound, by its path in the ZIP", ("sound", "audio_path")),
        Column("audio_text", "what the sound is, as its name on the screen"),
        Column("prompt_id", "a name for the prompt that it answers", ("question_id", "topic_id")),
        Column("prompt", "the text of that prompt", ("question", "topic", "instruction")),
        Column("prompt_messages", "or a chat that the item goes on", structured=True),
    ),
    Kind.PAIRS: _PAIR,
    Kind.JUDGMENTS: (
        *_PAIR,
        Column("outcome", "the answer", ("label", "winner", "preference", "choice")),
        _PERSON,
        Column("left_id", "the item that stood on the left", ("left",)),
        Column("right_id", "the item that stood on the right", ("right",)),
        Column("margin", "how much better, from 1, in the study's grades", ("grade", "strength")),
        Column("aspects", 'answers by aspect, such as {"clarity": "first"}; or a column '
               f"{ASPECT}NAME for each", structured=True),
        Column("chips", "the reasons that were ticked, as a list", structured=True),
        Column("started_at", "when the pair was shown", ("accept_time", "start_time")),
        _JUDGED_AT,
        _DURATION,
        Column("skip_reason", "why the pair was skipped, in one of our words"),
        _REASON,
        Column("judgment_id", "a name for the judgment, unique in the file", ("presentation_id",)),
    ),
    Kind.PREFERENCES: (
        Column("prompt", "a text or a list of messages; of chats that begin alike, what they share",
               ("question", "instruction"), structured=True),
        Column("chosen", "the better answer, a text or a list of messages", structured=True),
        Column("rejected", "the other one", structured=True),
        _PERSON,
        Column("margin", "how much better, from 1, in the study's grades", ("grade", "strength")),
        _JUDGED_AT,
    ),
    Kind.RANKINGS: (
        Column("ranking", "items from best to worst: a > b = c, or a list", ("order", "places"),
               structured=True),
        _PERSON,
        Column("rest", "items that were shown and not told apart, as a list", structured=True),
        Column("worst", "the worst item, where best and worst were asked for"),
        _JUDGED_AT,
        _DURATION,
        _REASON,
    ),
    Kind.THUMBS: (
        Column("item_id", "the item", ("id", "arg_id")),
        Column("outcome", "up or down", ("label", "thumb", "answer")),
        _PERSON,
        _JUDGED_AT,
        _DURATION,
        _REASON,
    ),
    Kind.GOLD: (
        *_PAIR,
        Column("item_id", "or one item alone, where thumbs are given", ("id",)),
        Column("outcome", "the right answer", ("label", "winner", "preference", "choice")),
        Column("ranking", "or the right order of several items: a > b = c, or a list",
               ("order", "places"), structured=True),
        Column("rest", "items of that order that are not told apart, as a list", structured=True),
        Column("worst", "its worst item, where best and worst are asked for"),
        Column("feedback", "what is said after the answer in training, in Markdown",
               ("explanation",)),
        Column("training", "yes: for the training; no: among the real questions"),
    ),
}  # fmt: skip

#: Sets of columns of which one must be there in full.
NEEDED: Mapping[Kind, tuple[tuple[str, ...], ...]] = {
    Kind.ITEMS: (
        ("item_id", "text"),
        ("item_id", "messages"),
        ("item_id", "image"),
        ("item_id", "audio"),
    ),
    Kind.PAIRS: (("first_id", "second_id"),),
    Kind.JUDGMENTS: (
        ("first_id", "second_id", "outcome", "annotator_id"),
        ("left_id", "right_id", "outcome", "annotator_id"),
    ),
    Kind.PREFERENCES: (("chosen", "rejected"),),
    Kind.RANKINGS: (("ranking", "annotator_id"),),
    Kind.THUMBS: (("item_id", "outcome", "annotator_id"),),
    Kind.GOLD: (("first_id", "second_id", "outcome"), ("item_id", "outcome"), ("ranking",)),
}

#: A tiny file of each kind, to show and to download.
EXAMPLES: Mapping[Kind, str] = {
    Kind.ITEMS: (
        "item_id,prompt_id,prompt,text\n"
        'rain-1,rain,Why does it rain?,"Warm air rises, cools and lets go of its water."\n'
        "rain-2,rain,Why does it rain?,Clouds become too heavy.\n"
        "rain-3,rain,Why does it rain?,Drops meet in a cloud and grow until they fall.\n"
    ),
    Kind.PAIRS: "first_id,second_id\nrain-1,rain-2\n",
    Kind.JUDGMENTS: (
        "first_id,second_id,outcome,annotator_id,left_id,judged_at,duration_ms,reason\n"
        "rain-1,rain-2,first,p1,rain-2,2026-03-01T09:30:00Z,4200,It says how.\n"
        "rain-1,rain-2,tie,p2,,2026-03-01T09:31:10Z,,\n"
    ),
    Kind.PREFERENCES: (
        "prompt,chosen,rejected,annotator_id\n"
        "Why is snow white?,It scatters all colours of light alike.,Because it is cold.,p1\n"
    ),
    Kind.RANKINGS: (
        "ranking,annotator_id,judged_at\n"
        "rain-1 > rain-3 > rain-2,p1,2026-03-01T09:30:00Z\n"
        "rain-3 > rain-1 = rain-2,p2,2026-03-01T09:31:10Z\n"
    ),
    Kind.THUMBS: (
        "item_id,outcome,annotator_id,judged_at\n"
        "rain-1,up,p1,2026-03-01T09:30:00Z\n"
        "rain-2,down,p1,2026-03-01T09:31:10Z\n"
    ),
    Kind.GOLD: (
        "first_id,second_id,outcome,feedback,training\n"
        "rain-1,rain-2,first,The first says how it comes about.,yes\n"
    ),
}

#: How a file may say an answer; capitals do not matter, and a space or hyphen counts as "_".
OUTCOME_WORDS: Mapping[str, ItemOutcome | Outcome] = {
    "first": ItemOutcome.FIRST,
    "second": ItemOutcome.SECOND,
    **{outcome.value: outcome for outcome in PAIR_OUTCOMES},
    "a": ItemOutcome.FIRST,
    "b": ItemOutcome.SECOND,
    "model_a": ItemOutcome.FIRST,
    "model_b": ItemOutcome.SECOND,
    "tie_(bothbad)": ItemOutcome.BOTH_BAD,
}
#: What may be said of one item alone.
THUMB_WORDS: Mapping[str, ItemOutcome] = {
    **dict.fromkeys(("up", "good", "true"), ItemOutcome.UP),
    **dict.fromkeys(("down", "bad", "false"), ItemOutcome.DOWN),
}
YES_OR_NO: Mapping[str, bool] = {
    "yes": True, "no": False, "true": True, "false": False, "1": True, "0": False,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """Which column of a file is taken for what.

    Attributes
    ----------
    taken : dict of str to str
        Our name of a column to the file's; one column of a file may be taken for two things.
    not_imported : tuple of str
        Columns of the file that are taken for nothing.
    missing : tuple of str
        Our names of needed columns that no column of the file is taken for.
    """

    taken: Mapping[str, str]
    not_imported: tuple[str, ...]
    missing: tuple[str, ...]


def choose_columns(
    kind: Kind, in_file: Sequence[str], told: Mapping[str, str | None]
) -> ColumnChoice:
    """Take columns as told, and the others by their names or aliases.

    Parameters
    ----------
    told : mapping of our names to the file's, or to None where none is to be taken

    Raises
    ------
    InvalidFileError
        If told of a column that this kind or this file does not have.
    """
    names = [column.name for column in COLUMNS[kind]]
    for name, source in told.items():
        if name not in names:
            raise InvalidFileError(
                f"There is no column {name!r} to fill for {kind}; there are {_listed(names)}."
            )
        if source is not None and source not in in_file:
            raise InvalidFileError(
                f"The file has no column {source!r} to take for {name}; it has {_listed(in_file)}."
            )
    taken = {name: source for name, source in told.items() if source is not None}
    free = {plain_word(name): name for name in reversed(in_file) if name not in taken.values()}
    for column in COLUMNS[kind]:
        found = [alias for alias in (column.name, *column.aliases) if alias in free]
        if column.name not in told and found:
            taken[column.name] = free.pop(found[0])
    if kind is Kind.JUDGMENTS:
        aspects = [name for name in in_file if name.lower().startswith(ASPECT)]
        found_aspects = {ASPECT + name[len(ASPECT) :].strip(): name for name in aspects}
        names += found_aspects
        taken |= found_aspects
    return ColumnChoice(
        taken={name: taken[name] for name in names if name in taken},
        not_imported=tuple(name for name in in_file if name not in taken.values()),
        missing=_missing(kind, taken),
    )


def _missing(kind: Kind, taken: Mapping[str, str]) -> tuple[str, ...]:
    """The fewest columns that would have to be added."""
    lacks = [tuple(name for name in one if name not in taken) for one in NEEDED[kind]]
    return min(lacks, key=len)


def check_columns(kind: Kind, in_file: Sequence[str], choice: ColumnChoice) -> None:
    """Raise InvalidFileError, saying what is missing and what is there, if a column is missing."""
    if choice.missing:
        known = {column.name: column.meaning for column in COLUMNS[kind]}
        lacks = _listed(f"{name} ({known[name]})" for name in choice.missing)
        raise InvalidFileError(
            f"To import {kind} the file needs a column for {lacks}. "
            f"It has {_listed(in_file)}. Name the columns as in the example, or say which to take."
        )


def plain_word(name: str) -> str:
    """As aliases and answers are compared: `Worker ID` is `worker_id`."""
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with one row.

    Attributes
    ----------
    line : int
        Line of a text file where the row begins, from 1; number of the row in a Parquet file.
    column : str
        The file's name of the column; empty where the whole row is meant.
    rule : str
        What does not hold, as a sentence.
    value : str
        What was found, cut to `MAX_VALUE_SHOWN` characters.
    """

    file: str
    line: int
    column: str
    rule: str
    value: str


@dataclass(slots=True)
class Problems:
    """The first problems in full, all of them counted by rule."""

    shown: list[Problem] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, problem: Problem) -> None:
        self.counts[problem.rule] += 1
        if len(self.shown) < MAX_PROBLEMS_SHOWN:
            self.shown.append(problem)

    def total(self) -> int:
        return self.counts.total()


def problems_csv(problems: Problems) -> str:
    """The problems shown, as a CSV file that a spreadsheet may open."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([column.name for column in fields(Problem)])
    for problem in problems.shown:
        writer.writerow([guarded(str(value)) for value in astuple(problem)])
    return text.getvalue()


def shorten(value: object) -> str:
    """A value as it is shown beside a problem."""
    text = str(value)
    return text if len(text) <= MAX_VALUE_SHOWN else text[: MAX_VALUE_SHOWN - 1] + "…"
