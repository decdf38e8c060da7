"""What SQL makes of an imported file: its rows as understood, what is wrong, what there is."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from core.importing import (
    MAX_ID_LENGTH,
    MAX_PROBLEMS_SHOWN,
    OUTCOME_WORDS,
    THUMB_WORDS,
    YES_OR_NO,
    ColumnChoice,
    Kind,
    Problem,
    Problems,
    shorten,
)
from core.study import Study
from storage.database import Cursor
from storage.import_rows import COUNTS, SHOWN
from storage.import_rules import RULES
from storage.import_stages import STAGE

PREVIEW_ROWS = 10
#: What a file may say a thing by, where it does not say it by the column of that name.
IN_ITS_PLACE = {
    "text": ("messages", "image", "audio"),
    "prompt": ("prompt_messages",),
    "first_id": ("left_id",),
    "second_id": ("right_id",),
}
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


def stage(cursor: Cursor, study: Study, kind: Kind, rows: pa.Table, columns: ColumnChoice) -> None:
    """Make the temporary table `staged`, which this cursor sees alone."""
    given: dict[str, Any] = {"study": study.id}
    if kind is Kind.ITEMS:
        given |= {"has_prompt_ids": "prompt_id" in columns.taken, "max_id": MAX_ID_LENGTH}
    if kind in {Kind.JUDGMENTS, Kind.PREFERENCES, Kind.RANKINGS, Kind.THUMBS}:
        given |= {"earliest": EARLIEST, "latest": datetime.now(UTC) + timedelta(days=1)}
    if kind in {Kind.JUDGMENTS, Kind.PREFERENCES}:
        given["largest"] = study.settings.form.largest_grade
    of_pairs = {} if kind is Kind.THUMBS else OUTCOME_WORDS
    answers = {**of_pairs, **(THUMB_WORDS if kind in {Kind.GOLD, Kind.THUMBS} else {})}
    words = {"word": list(answers), "answer": [o.value for o in answers.values()]}
    tables = {
        "said": rows,
        "outcome_words": pa.table(words),
        "yes_or_no": pa.table({"word": list(YES_OR_NO), "yes": list(YES_OR_NO.values())}),
    }
    for name, table in tables.items():
        cursor.register(name, table)
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE staged AS {STAGE[kind]}", given)
    for name in tables:
        cursor.unregister(name)


def problems_in(cursor: Cursor, kind: Kind, name: str, columns: ColumnChoice) -> Problems:
    """Count what breaks each rule in one pass, then look up the first rows that do."""
    rules = RULES[kind]
    counted = ", ".join(f"count(*) FILTER ({rule.broken})" for rule in rules)
    n_broken = cursor.execute(f"SELECT {counted} FROM staged").fetchall()[0]  # noqa: S608 - own rules
    counts: Counter[str] = Counter()
    found: list[tuple[int, int, str]] = []
    for i, (rule, n) in enumerate(zip(rules, n_broken, strict=True)):
        if n:
            counts[rule.sentence] += n
            found += cursor.execute(
                f"SELECT line, {i}, coalesce({rule.shown}, '')::VARCHAR FROM staged "  # noqa: S608
                f"WHERE {rule.broken} ORDER BY line LIMIT {MAX_PROBLEMS_SHOWN}"
            ).fetchall()
    shown = [
        Problem(name, line, _source(rules[i].column, columns), rules[i].sentence, shorten(value))
        for line, i, value in sorted(found)[:MAX_PROBLEMS_SHOWN]
    ]
    return Problems(shown, counts)


def _source(column: str, columns: ColumnChoice) -> str:
    """The file's name of a column, or of one that stands in its place."""
    ours = (column, *IN_ITS_PLACE.get(column, ()))
    return next((columns.taken[name] for name in ours if name in columns.taken), "")


def counts(cursor: Cursor, kind: Kind) -> dict[str, int]:
    cursor.execute(COUNTS[kind])
    names = [column[0] for column in cursor.description or ()]
    return dict(zip(names, cursor.fetchall()[0], strict=True))


def outcomes(cursor: Cursor, kind: Kind) -> dict[str, int]:
    if kind is not Kind.JUDGMENTS:
        return {}
    return dict(
        cursor.execute(
            "SELECT answer, count(*) FROM staged WHERE answer IS NOT NULL"
            " GROUP BY answer ORDER BY count(*) DESC, answer"
        ).fetchall()
    )


def preview(cursor: Cursor, kind: Kind) -> tuple[dict[str, Any], ...]:
    cursor.execute(f"SELECT {SHOWN[kind]} FROM staged ORDER BY line LIMIT {PREVIEW_ROWS}")  # noqa: S608
    names = [column[0] for column in cursor.description or ()]
    return tuple(dict(zip(names, row, strict=True)) for row in cursor.fetchall())
