"""Rows of a study, read and written on a cursor: what the functions of `studies` are made of."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from core.answer_form import AnswerForm
from core.errors import NotFoundError
from core.judgment import Outcome, Presentation
from core.study import Asking, Fitting, Role, State, Study, StudySettings
from storage.database import Cursor
from storage.people import Person

# Columns in the order of StudySettings.
CURRENT = """
    SELECT s.study_id, v.version, t.state, s.demonstration, s.created_at,
           v.name, v.question, v.guidelines, v.outcomes, v.overlap, v.random_share,
           v.lease_minutes, v.language, v.fit_every, v.details
    FROM studies s
    JOIN (
        SELECT study_id, arg_max(state, revision) AS state FROM study_states GROUP BY study_id
    ) t USING (study_id)
    JOIN study_settings v ON v.study_id = s.study_id AND v.version = (
        SELECT max(n.version) FROM study_settings n WHERE n.study_id = s.study_id
    )
    WHERE t.state <> 'removed' AND ($study IS NULL OR s.study_id = $study)
    ORDER BY s.created_at DESC, s.study_id
"""

#: The settings that are stored together, as JSON: a later version may add to them.
DETAILS = {"form": AnswerForm, "asking": Asking, "fitting": Fitting}

#: What a duplicate takes along.
COPIES = (
    "INSERT INTO prompts (study_id, prompt_id, text, kind)"
    " SELECT $new, prompt_id, text, kind FROM prompts WHERE study_id = $old",
    "INSERT INTO items (study_id, item_id, prompt_id, text, kind)"
    " SELECT $new, item_id, prompt_id, text, kind FROM items WHERE study_id = $old",
    "INSERT INTO pairs (study_id, first_id, second_id)"
    " SELECT $new, first_id, second_id FROM pairs WHERE study_id = $old",
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who changed something (None: the product itself), and when."""

    by: str | None
    time: datetime


def current_studies(cursor: Cursor, study_id: str | None) -> list[Study]:
    rows = cursor.execute(CURRENT, {"study": study_id}).fetchall()
    return [Study(r[0], r[1], settings_from(r[5:]), State(r[2]), r[3], r[4]) for r in rows]


def find_study(cursor: Cursor, study_id: str) -> Study:
    found = current_studies(cursor, study_id)
    if not found:
        raise NotFoundError("study", study_id)
    return found[0]


def settings_from(columns: tuple[Any, ...]) -> StudySettings:
    name, question, guidelines, outcomes, *rest, details = columns
    stored = json.loads(details or "{}")
    read = {
        part: _reader(kind).validate_python(stored.get(part, {})) for part, kind in DETAILS.items()
    }
    allowed = tuple(Outcome(outcome) for outcome in outcomes)
    return StudySettings(name, question, guidelines, allowed, *rest, **read)


@cache
def _reader(kind: type) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def members_of(cursor: Cursor, study_id: str) -> list[Person]:
    rows = cursor.execute(
        """
        SELECT p.person_id, p.name, r.role
        FROM (
            SELECT person_id FROM memberships WHERE study_id = ?
            GROUP BY person_id HAVING arg_max(member, revision)
        ) m
        JOIN people p USING (person_id)
        JOIN (
            SELECT person_id, arg_max(role, revision) AS role FROM roles GROUP BY person_id
        ) r USING (person_id)
        ORDER BY lower(p.name)
        """,
        [study_id],
    ).fetchall()
    return [Person(person_id, name, Role(role)) for person_id, name, role in rows]


def asks_about_values(cursor: Cursor, study_id: str) -> bool:
    """Whether the study has a case for interviews."""
    rows = cursor.execute(
        "SELECT json_array_length(content, '$.cases') FROM value_settings WHERE study_id = ?"
        " ORDER BY version DESC LIMIT 1",
        [study_id],
    ).fetchall()
    return bool(rows and rows[0][0])


def cohorts_of(cursor: Cursor, study_id: str) -> dict[str, str]:
    rows = cursor.execute(
        "SELECT person_id, coalesce(arg_max(cohort, revision), '') FROM memberships"
        " WHERE study_id = ? GROUP BY person_id",
        [study_id],
    ).fetchall()
    return dict(rows)


def count_possible_pairs(cursor: Cursor, study_id: str) -> int:
    ((ready, possible),) = cursor.execute(
        """
        SELECT (SELECT count(*) FROM pairs WHERE study_id = $study),
               (SELECT coalesce(sum(n * (n - 1) // 2), 0)::BIGINT FROM (
                   SELECT count(*) AS n FROM items WHERE study_id = $study GROUP BY prompt_id
               ))
        """,
        {"study": study_id},
    ).fetchall()
    return int(ready or possible)


def settings_shown(cursor: Cursor, study: Study, shown: Presentation) -> StudySettings:
    """The settings under which something was shown."""
    if shown.settings_version == study.version:
        return study.settings
    rows = cursor.execute(
        """
        SELECT name, question, guidelines, outcomes, overlap, random_share, lease_minutes, language,
               fit_every, details
        FROM study_settings WHERE study_id = ? AND version = ?
        """,
        [study.id, shown.settings_version],
    ).fetchall()
    return settings_from(rows[0])


def insert_study(cursor: Cursor, study: Study, by: str | None) -> None:
    cursor.execute(
        "INSERT INTO studies (study_id, demonstration, created_at, created_by) VALUES (?, ?, ?, ?)",
        [study.id, study.demonstration, study.created_at, by],
    )
    stamp = Stamp(by, study.created_at)
    insert_settings(cursor, study.id, study.version, study.settings, stamp)
    insert_state(cursor, study.id, study.state, stamp)


def insert_settings(
    cursor: Cursor,
    study_id: str,
    version: int,
    settings: StudySettings,
    stamp: Stamp,
) -> None:
    cursor.execute(
        """
        INSERT INTO study_settings (
            study_id, version, name, question, guidelines, outcomes, overlap, random_share,
            lease_minutes, language, fit_every, details, saved_at, saved_by
        ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
            study_id,
            version,
            settings.name,
            settings.question,
            settings.guidelines,
            [outcome.value for outcome in settings.outcomes],
            settings.overlap,
            settings.random_share,
            settings.lease_minutes,
            settings.language,
            settings.fit_every,
            json.dumps({part: asdict(getattr(settings, part)) for part in DETAILS}),
            stamp.time,
            stamp.by,
        ],
    )


def insert_state(cursor: Cursor, study_id: str, state: State, stamp: Stamp) -> None:
    cursor.execute(
        """
        INSERT INTO study_states (study_id, revision, state, changed_at, changed_by)
        SELECT $study, coalesce(max(revision) + 1, 0), $state, $now, $by
        FROM study_states WHERE study_id = $study
        """,
        {"study": study_id, "state": state.value, "now": stamp.time, "by": stamp.by},
    )


def insert_member(
    cursor: Cursor,
    study_id: str,
    person_id: str,
    *,
    member: bool,
    cohort: str,
    stamp: Stamp,
) -> None:
    cursor.execute(
        """
        INSERT INTO memberships (
            study_id, person_id, revision, member, cohort, changed_at, changed_by
        )
        SELECT $study, $person, coalesce(max(revision) + 1, 0), $member, $cohort, $now, $by
        FROM memberships WHERE study_id = $study AND person_id = $person
        """,
        {
            "study": study_id,
            "person": person_id,
            "member": member,
            "cohort": cohort,
            "now": stamp.time,
            "by": stamp.by,
        },
    )
