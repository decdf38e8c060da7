"""The tables of Moral Graph Elicitation's database, as its programs write them out: read only."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError, field_validator

from core.errors import DiscernError
from core.value_graph.mge_votes import MgeVote, Relationship

MAX_ROWS = 1_000_000


class UnreadableVotesError(DiscernError):
    """A file is not a table of judgements in MGE's columns."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One row of the table `Edge`.

    Attributes
    ----------
    story : str
        That was told beside it, towards the value shown as wiser; may be empty.
    """

    vote: MgeVote
    story: str


class _Row(BaseModel):
    """Strangers write it. The 2023 table says `relationship`, later ones `type`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    user: str = Field(alias="userId")
    source: str = Field(alias="fromId")
    wiser: str = Field(alias="toId")
    context: str = Field(alias="contextId", default="")
    relationship: Relationship = Field(validation_alias=AliasChoices("relationship", "type"))
    comment: str = ""
    story: str = ""
    at: datetime | None = Field(alias="createdAt", default=None)

    @field_validator("user", "source", "wiser", "context", "comment", "story", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        """Ids are numbers, and what is missing is null or nothing."""
        if value is None:
            return ""
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def read_judgements(text: str, *, before: datetime | None = None) -> tuple[Judgement, ...]:
    """Read the table of judgements: a JSON list of its rows, or CSV with a heading.

    Parameters
    ----------
    before : datetime or None
        Only what was judged before; times without a zone are UTC, as the database writes them.

    Returns
    -------
    tuple of Judgement
        In order of time, those of one moment as in the file. Without times, as in the file.

    Raises
    ------
    UnreadableVotesError
        If it is no such table, a row is wrong, or times are missing where `before` needs them.
    """
    rows = [_read(number, row) for number, row in enumerate(_rows(text), 1)]
    undated = [number for number, row in enumerate(rows, 1) if row.at is None]
    if undated and before is not None:
        raise UnreadableVotesError(
            f"Row {undated[0]:,} has no createdAt, so that it cannot be told whether it is from "
            "before the day chosen. Export the table with its times, or choose no day."
        )
    dated = [(_in_utc(row.at), row) for row in rows]
    kept = [(at, row) for at, row in dated if before is None or at < before]
    kept.sort(key=lambda dated_row: dated_row[0])
    return tuple(_judgement(at, row) for at, row in kept)


_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


def _in_utc(at: datetime | None) -> datetime:
    if at is None:
        return _NO_TIME
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _judgement(at: datetime, row: _Row) -> Judgement:
    comment = row.comment.strip() or None
    vote = MgeVote(row.user, row.source, row.wiser, row.context, row.relationship, comment, at, {})
    return Judgement(vote, row.story.strip())


def _rows(text: str) -> Sequence[Any]:
    rows: Any
    if text.lstrip().startswith(("[", "{")):
        try:
            rows = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise UnreadableVotesError(f"This is not JSON: {str(error)[:200]}.") from error
    else:
        written = csv.DictReader(io.StringIO(text))
        rows = [{name: cell for name, cell in row.items() if cell} for row in written]
    if not isinstance(rows, list) or not rows:
        raise UnreadableVotesError(
            "The file holds no rows. It must be the table of judgements: a JSON list of objects, "
            "or CSV, with userId, fromId, toId, contextId and relationship (or type)."
        )
    if len(rows) > MAX_ROWS:
        raise UnreadableVotesError(f"The file has {len(rows):,} rows; {MAX_ROWS:,} are the most.")
    return rows


def _read(number: int, row: Any) -> _Row:
    try:
        read = _Row.model_validate(row)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise UnreadableVotesError(
            f"Row {number:,}, {'.'.join(map(str, first['loc'])) or 'the whole'}: {first['msg']}, "
            f"got {str(first['input'])[:80]!r}. Correct it and read the table again."
        ) from error
    if not read.user or not read.source or not read.wiser or read.source == read.wiser:
        raise UnreadableVotesError(
            f"Row {number:,} must name a person and two different values, got {read.user!r:.40}, "
            f"{read.source!r:.40} and {read.wiser!r:.40}. Correct it and read the table again."
        )
    return read
