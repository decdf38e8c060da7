"""Read what files say of answers beyond one word: aspects, reasons ticked, orders of items."""

import json
from collections.abc import Mapping

import pyarrow as pa

from core.answer_form import LIST_FORMS, Form
from core.errors import DiscernError
from core.importing import ASPECT, OUTCOME_WORDS, plain_word
from core.judgment import ItemOutcome, Outcome
from core.ranking_notation import items_of, places_of, said_in
from storage.import_content import TEXT, TEXTS, Complaints, File, Reading, Row, each, with_columns
from storage.presentations import set_id

_ASPECT_WORDS = {
    word: answer
    for word, answer in OUTCOME_WORDS.items()
    if answer in {"first", "second", "tie", "left", "right"}
}


class CellRefusedError(DiscernError):
    """What a cell says cannot be taken; the sentence is the rule that it breaks."""


def read_judgments(rows: pa.Table, file: File) -> Reading:
    """Read aspects and reasons, and say aspects of the two items as they sort."""
    of_aspects = [name for name in file.columns.taken if name.startswith(ASPECT)]
    if not of_aspects and not file.columns.taken.keys() & {"aspects", "chips"}:
        nothing = [None] * rows.num_rows
        return Reading(with_columns(rows, aspects=(nothing, TEXT), chips=(nothing, TEXTS)))
    complaints = Complaints(file)
    aspects: list[str | None] = []
    chips: list[list[str] | None] = []
    for row in each(rows):
        found: dict[str, str] = {}
        for name in ["aspects", *of_aspects]:
            try:
                found |= _aspects(file, row, name)
            except CellRefusedError as error:
                complaints.add(row["line"], name, error, row[name])
        aspects.append(json.dumps(found, ensure_ascii=False) if found else None)
        try:
            chips.append(_chips(file, row["chips"]) or None)
        except DiscernError as error:
            complaints.add(row["line"], "chips", error, row["chips"])
            chips.append(None)
    read = with_columns(rows, aspects=(aspects, TEXT), chips=(chips, TEXTS))
    return Reading(read.drop_columns(of_aspects), complaints.problems)


def _aspects(file: File, row: Row, column: str) -> dict[str, str]:
    """Answers by aspect that stand in one cell."""
    if row[column] is None:
        return {}
    one = {column.removeprefix(ASPECT): row[column]}
    said = _object(row[column]) if column == "aspects" else one
    return {
        _known(name, file.form.aspects): _of_items(word, row).value for name, word in said.items()
    }


def _object(written: str) -> Mapping[str, object]:
    try:
        said = json.loads(written)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise CellRefusedError('Aspects are written as JSON such as {"clarity": "first"}.')
    return said


def _known(name: str, names: tuple[str, ...]) -> str:
    if name not in names:
        there = ", ".join(names) or "none"
        raise CellRefusedError(f"The study has no aspect of this name; it has {there}.")
    return name


def _of_items(word: object, row: Row) -> ItemOutcome:
    """An answer to one aspect, said of the items as they sort."""
    answer = _ASPECT_WORDS.get(plain_word(str(word)))
    if answer is None:
        raise CellRefusedError(f"An aspect's answer is one of {', '.join(_ASPECT_WORDS)}.")
    if answer in {Outcome.LEFT, Outcome.RIGHT}:
        first_left = _first_stood_left(row)
        if first_left is None:
            raise CellRefusedError("Left and right need an item that is known to have stood there.")
        said_first = first_left == (answer == Outcome.LEFT)
        answer = ItemOutcome.FIRST if said_first else ItemOutcome.SECOND
    if answer != ItemOutcome.TIE and (row["first_id"] or "") > (row["second_id"] or ""):
        answer = ItemOutcome.SECOND if answer == ItemOutcome.FIRST else ItemOutcome.FIRST
    return ItemOutcome(answer.value)


def _first_stood_left(row: Row) -> bool | None:
    """Whether the item that the file names first stood left; None where it does not say."""
    if row["left_id"] is not None:
        return bool(row["left_id"] == row["first_id"])
    return None if row["right_id"] is None else bool(row["right_id"] == row["second_id"])


def _chips(file: File, written: str | None) -> list[str]:
    if written is None:
        return []
    chips = [written] if written in file.form.chips else list(items_of(written))
    if set(chips) - set(file.form.chips):
        there = ", ".join(file.form.chips) or "none"
        raise CellRefusedError(f"The study has no such reason to tick; it has {there}.")
    return chips


def read_rankings(rows: pa.Table, file: File) -> Reading:
    """Read orders as answers in the study's form.

    A row that cannot be read gets no items; SQL leaves it alone, since its problem is noted.
    """
    complaints = Complaints(file)
    keys: list[str | None] = []
    items: list[list[str] | None] = []
    said: list[str | None] = []
    for row in each(rows):
        every: list[str] | None = None
        answer: str | None = None
        try:
            every, answer = _ranking(file, row)
        except DiscernError as error:
            complaints.add(row["line"], "ranking", error, row["ranking"] or "")
        keys.append(None if every is None else set_id(tuple(every)))
        items.append(every)
        said.append(answer)
    read = with_columns(rows, set_id=(keys, TEXT), items=(items, TEXTS), said=(said, TEXT))
    return Reading(read, complaints.problems)


def read_known_orders(rows: pa.Table, file: File) -> Reading:
    """Read the orders among known answers; rows about a pair or one item have none."""
    complaints = Complaints(file)
    items: list[list[str] | None] = []
    said: list[str | None] = []
    for row in each(rows):
        every: list[str] | None = None
        answer: str | None = None
        if row["ranking"] is not None:
            try:
                every, answer = _known_order(file, row)
            except DiscernError as error:
                complaints.add(row["line"], "ranking", error, row["ranking"])
        items.append(every)
        said.append(answer)
    read = with_columns(rows, items=(items, TEXTS), said=(said, TEXT))
    return Reading(read, complaints.problems)


def _known_order(file: File, row: Row) -> tuple[list[str], str]:
    form = file.form
    if form.kind not in LIST_FORMS | {Form.TRIPLET}:
        raise CellRefusedError("This study does not ask for orders of several items.")
    every, answer = _ranking(file, row)
    if not form.n_least <= len(every) <= form.n_shown:
        raise CellRefusedError(
            f"This study shows {form.n_shown} items at once; an order of {len(every)} is never "
            "asked."
        )
    return every, answer


def _ranking(file: File, row: Row) -> tuple[list[str], str]:
    """The items in their order, and what was said of them as it is stored."""
    places = places_of(row["ranking"] or "")
    rest = items_of(row["rest"]) if row["rest"] else ()
    said = said_in(file.form.kind, places, rest, row["worst"])
    every = [item for place in said.places for item in place] + list(said.rest)
    every += [] if said.worst is None else [said.worst]
    return sorted(every), json.dumps(said.as_json(), ensure_ascii=False)
