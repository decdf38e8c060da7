"""Preferences as trainers keep them: a prompt, what was chosen and what was rejected.

A row brings its prompt, its two items and one judgment at once. They get ids made from what they
say, so that the same text is the same item, however often and in whatever file it stands.
"""

import hashlib
import json
from collections.abc import Callable

import pyarrow as pa

from core import chats
from core.chats import Chat, InvalidChatError
from core.importing import MAX_TEXT_LENGTH
from storage.import_content import TEXT, Complaints, File, Reading, Row, each, with_columns
from storage.import_texts import CHAT, MARKDOWN, Reader

#: Who chose, where a file does not say it.
NOBODY = "not named"
_ID_LENGTH = 16
_READ = ("prompt_id", "prompt", "prompt_kind", "first_id", "first", "first_kind", "second_id",
         "second", "second_kind")  # fmt: skip

STAGE = """
    WITH known AS (
        SELECT n.external_id, p.first_id, p.second_id, j.judged_at
        FROM imported_annotators n
        JOIN presentations p ON p.study_id = n.study_id AND p.annotator_id = n.annotator_id
        JOIN judgments j USING (presentation_id)
        WHERE n.study_id = $study
    ),
    timed AS (SELECT *, TRY_CAST(judged_at AS TIMESTAMPTZ) AS judged FROM said)
    SELECT line, NULL::VARCHAR AS judgment_id, prompt_id, prompt, prompt_kind, first_id, first,
           first_kind, second_id, second, second_kind, annotator_id,
           'first' AS answer, NULL::VARCHAR AS left_id,
           margin AS margin_said, TRY_CAST(margin AS INTEGER) AS margin, $largest AS largest,
           judged_at AS judged_at_said,
           CASE WHEN judged BETWEEN $earliest AND $latest THEN judged END AS judged_at,
           NULL::TIMESTAMPTZ AS started_at, NULL::BIGINT AS duration_ms, NULL::BIGINT AS took_ms,
           NULL::VARCHAR AS skip_reason, NULL::VARCHAR AS reason, NULL::JSON AS aspects,
           NULL::VARCHAR[] AS chips, true AS is_new,
           row_number() OVER (
               PARTITION BY annotator_id, least(first_id, second_id),
                            greatest(first_id, second_id), judged
               ORDER BY line
           ) AS nth_at_once,
           (annotator_id, least(first_id, second_id), greatest(first_id, second_id), judged)
               IN (SELECT (external_id, first_id, second_id, judged_at) FROM known) AS is_known
    FROM timed
"""

COUNTS = """
    SELECT count(*) AS preferences, count(DISTINCT prompt_id) AS prompts,
           (SELECT count(DISTINCT id) FROM (
               SELECT first_id AS id FROM staged UNION ALL SELECT second_id FROM staged
           )) AS items,
           count(DISTINCT annotator_id) AS annotators, count(margin) AS "with grades"
    FROM staged
"""

SHOWN = "line, prompt, first AS chosen, second AS rejected, annotator_id, margin"

#: What a row brings beside its judgment.
INSERT = (
    """
    INSERT INTO prompts (study_id, prompt_id, text, kind)
    SELECT DISTINCT $study, prompt_id, prompt, prompt_kind FROM staged
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO items (study_id, item_id, prompt_id, text, kind)
    SELECT DISTINCT $study, item_id, prompt_id, text, kind FROM (
        SELECT first_id AS item_id, prompt_id, first AS text, first_kind AS kind FROM staged
        UNION ALL SELECT second_id, prompt_id, second, second_kind FROM staged
    ) ON CONFLICT DO NOTHING
    """,
)


def read_preferences(rows: pa.Table, file: File, known: Callable[[list[str]], set[str]]) -> Reading:
    """Read prompts and items, and name them; `known` is as of `read_items`."""
    reader = Reader(file, Complaints(file))
    read: dict[str, list[str | None]] = {name: [] for name in _READ}
    people: list[str] = []
    for row in each(rows):
        for name, value in _named(reader, row).items():
            read[name].append(value)
        people.append(row["annotator_id"] or NOBODY)
    reader.find_named(known)
    columns = {name: (values, TEXT) for name, values in read.items()}
    plain = with_columns(rows, **columns, annotator_id=(people, TEXT))
    return Reading(
        plain.drop_columns(["chosen", "rejected"]), reader.complaints.problems, reader.taken
    )


def _named(reader: Reader, row: Row) -> dict[str, str | None]:
    prompt, chosen, rejected = (
        _content(reader, row, name) for name in ("prompt", "chosen", "rejected")
    )
    if prompt is None and isinstance(chosen, tuple) and isinstance(rejected, tuple):
        n = _n_shared(chosen, rejected)
        prompt, chosen, rejected = chosen[:n] or None, chosen[n:], rejected[n:]
    prompt_text, prompt_kind = _stored(prompt or "")
    prompt_id = _id(prompt_kind, prompt_text)
    found: dict[str, str | None] = {
        "prompt_id": prompt_id, "prompt": prompt_text, "prompt_kind": prompt_kind,
    }  # fmt: skip
    for name, item in (("first", chosen), ("second", rejected)):
        text, kind = _stored(item) if item is not None else (None, MARKDOWN)
        found |= {name: text, f"{name}_kind": kind, f"{name}_id": _id(prompt_id, kind, text or "")}
    return found


def _content(reader: Reader, row: Row, column: str) -> str | Chat | None:
    """A text, or a chat where the cell is a list of messages."""
    written = row[column]
    if written is None:
        return None
    if not _is_list_of_objects(written):
        return reader.markdown(row, column, written)
    try:
        chat = chats.read(written)
    except InvalidChatError as error:
        reader.complaints.add(row["line"], column, error, written)
        return str(written)
    return reader.named_in(row, column, chat)


def _is_list_of_objects(written: str) -> bool:
    if not written.lstrip().startswith("[") or len(written) > MAX_TEXT_LENGTH:
        return False
    try:
        content = json.loads(written)
    except (ValueError, RecursionError):
        return False
    return bool(content) and all(isinstance(one, dict) for one in content)


def _n_shared(one: Chat, other: Chat) -> int:
    """How many messages both begin with; at least one of each remains."""
    most = min(len(one), len(other)) - 1
    return next((n for n in range(most) if one[n] != other[n]), most)


def _stored(content: str | Chat) -> tuple[str, str]:
    if isinstance(content, str):
        return content, MARKDOWN
    return chats.stored(content), CHAT


def _id(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:_ID_LENGTH]
