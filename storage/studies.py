"""Studies: their settings by version, their state, their people and what they compare."""

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from core.errors import DiscernError, NotFoundError, SettingsChangedError
from core.study import Item, Role, State, Study, StudySettings
from storage import asked_space, known_studies
from storage.database import Cursor, Database
from storage.people import Person
from storage.study_rows import (
    COPIES,
    Stamp,
    asks_about_values,
    cohorts_of,
    count_possible_pairs,
    find_study,
    insert_member,
    insert_settings,
    insert_state,
    insert_study,
    members_of,
    settings_from,
)

MAX_NAME = 200
#: From which state a study may go to which; every one may be archived and removed.
MOVES = {
    State.RUNNING: {State.DRAFT, State.PAUSED},
    State.PAUSED: {State.RUNNING, State.ARCHIVED},
    State.ARCHIVED: {State.DRAFT, State.RUNNING, State.PAUSED},
    State.REMOVED: set(State),
}


class InvalidMoveError(DiscernError):
    """A study cannot go from one state to this other."""

    def __init__(self, name: str, state: State, wanted: State) -> None:
        super().__init__(
            f"The study {name!r} is {_said(state)} and cannot become {_said(wanted)} from there."
        )


class NothingToAskError(DiscernError):
    def __init__(self, name: str) -> None:
        super().__init__(
            f"The study {name!r} has nothing to ask yet. Import as many items under one prompt as "
            "a question shows (at least two for a pair), or give it a case for interviews about "
            "values; then start it."
        )


class StudyExistsError(DiscernError):
    def __init__(self, study_id: str) -> None:
        super().__init__(f"There already is, or was, a study {study_id!r}. Choose another id.")


@dataclass(frozen=True, slots=True)
class SavedSettings:
    """One version of a study's settings, with who saved it (None: the product itself) and when."""

    version: int
    settings: StudySettings
    saved_at: datetime
    saved_by: str | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a study holds; `judgments` are answers of any form that stand, none skipped."""

    prompts: int
    items: int
    pairs: int
    judgments: int
    members: int


def create(
    db: Database,
    settings: StudySettings,
    *,
    by: str | None,
    demonstration: bool = False,
    study_id: str | None = None,
) -> Study:
    """Create a study as a draft, with an id of its own unless one is given."""
    new_id, now = study_id or secrets.token_hex(8), datetime.now(UTC)

    def change(cursor: Cursor) -> None:
        if cursor.execute("SELECT 1 FROM studies WHERE study_id = ?", [new_id]).fetchall():
            raise StudyExistsError(new_id)
        insert_study(cursor, Study(new_id, 1, settings, State.DRAFT, demonstration, now), by)

    db.write(change)
    return get(db, new_id)


def get(db: Database, study_id: str) -> Study:
    found = [study for study in known_studies.current(db) if study.id == study_id]
    if not found:
        raise NotFoundError("study", study_id)
    return found[0]


def all_studies(db: Database) -> list[Study]:
    """Studies that were not removed, newest first."""
    return list(known_studies.current(db))


def was_ever(db: Database, study_id: str) -> bool:
    """True also for a removed study: what somebody removed does not come back by itself."""
    return bool(db.read("SELECT 1 FROM studies WHERE study_id = ?", [study_id]))


def save_settings(
    db: Database, study_id: str, settings: StudySettings, *, by: str | None, version: int
) -> Study:
    """Save the next version of the settings, if `version`, which was edited, is the newest."""
    stamp = Stamp(by, datetime.now(UTC))

    def change(cursor: Cursor) -> None:
        study = find_study(cursor, study_id)
        if study.version != version:
            raise SettingsChangedError(version, study.version)
        if study.settings != settings:
            insert_settings(cursor, study_id, version + 1, settings, stamp)

    db.write(change)
    return get(db, study_id)


def set_state(db: Database, study_id: str, state: State, *, by: str | None) -> None:
    """Start, pause, archive, bring back or remove a study; the state it has already is no error."""
    stamp = Stamp(by, datetime.now(UTC))

    def change(cursor: Cursor) -> None:
        study = find_study(cursor, study_id)
        if study.state is state:
            return
        if study.state not in MOVES.get(state, set()):
            raise InvalidMoveError(study.settings.name, study.state, state)
        asks = asked_space.n_questions(cursor, study) or asks_about_values(cursor, study_id)
        if state is State.RUNNING and not asks:
            raise NothingToAskError(study.settings.name)
        insert_state(cursor, study_id, state, stamp)

    db.write(change)


def duplicate(db: Database, study_id: str, *, by: str | None) -> Study:
    """Copy settings, prompts, items, pairs and people into a new draft; judgments stay behind."""
    new_id, now = secrets.token_hex(8), datetime.now(UTC)

    def change(cursor: Cursor) -> None:
        settings = find_study(cursor, study_id).settings
        suffix = " (copy)"
        name = settings.name[: MAX_NAME - len(suffix)].rstrip() + suffix
        copy = Study(
            new_id,
            1,
            replace(settings, name=name),
            State.DRAFT,
            demonstration=False,
            created_at=now,
        )
        insert_study(cursor, copy, by)
        for statement in COPIES:
            cursor.execute(statement, {"new": new_id, "old": study_id})
        known = cohorts_of(cursor, study_id)
        for member in members_of(cursor, study_id):
            insert_member(
                cursor,
                new_id,
                member.id,
                member=True,
                cohort=known.get(member.id, ""),
                stamp=Stamp(by, now),
            )

    db.write(change)
    return get(db, new_id)


def set_member(
    db: Database,
    study_id: str,
    person_id: str,
    member: bool,  # noqa: FBT001 - it is the value that is set
    *,
    by: str | None,
    cohort: str | None = None,
) -> None:
    """Let a person into a study, or take them out of it; None leaves their cohort as it is."""
    stamp = Stamp(by, datetime.now(UTC))

    def change(cursor: Cursor) -> None:
        find_study(cursor, study_id)
        if not cursor.execute("SELECT 1 FROM people WHERE person_id = ?", [person_id]).fetchall():
            raise NotFoundError("person", person_id)
        known = cohorts_of(cursor, study_id)
        wanted = known.get(person_id, "") if cohort is None else cohort.strip()[:MAX_NAME]
        is_member = person_id in {m.id for m in members_of(cursor, study_id)}
        if is_member != member or known.get(person_id, "") != wanted:
            insert_member(cursor, study_id, person_id, member=member, cohort=wanted, stamp=stamp)

    db.write(change)


def members(db: Database, study_id: str) -> list[Person]:
    """The people of a study, by name."""
    with db.cursor() as cursor:
        return members_of(cursor, study_id)


def cohorts(db: Database, study_id: str) -> dict[str, str]:
    """The cohort of each person who is or was in the study; empty for none."""
    with db.cursor() as cursor:
        return cohorts_of(cursor, study_id)


def for_annotator(db: Database, person: Person) -> list[Study]:
    """The studies that this person sees, newest first.

    Annotators see those that they are in, while they run or pause; researchers and admins see all.
    """
    studies = all_studies(db)
    if person.role.includes(Role.RESEARCHER):
        return studies
    if not person.role.includes(Role.ANNOTATOR):
        return []
    rows = db.read(
        """
        SELECT study_id FROM memberships WHERE person_id = ?
        GROUP BY study_id HAVING arg_max(member, revision)
        """,
        [person.id],
    )
    theirs = {study_id for (study_id,) in rows}
    return [s for s in studies if s.id in theirs and s.state in {State.RUNNING, State.PAUSED}]


def settings_of(db: Database, study_id: str, version: int) -> StudySettings:
    """The settings as they were in one version, such as the one that a judgment names."""
    found = [saved.settings for saved in history(db, study_id) if saved.version == version]
    if not found:
        raise NotFoundError("version", str(version))
    return found[0]


def history(db: Database, study_id: str) -> list[SavedSettings]:
    """All versions of the settings, newest first."""
    rows = db.read(
        """
        SELECT v.version, v.saved_at, p.name, v.name, v.question, v.guidelines, v.outcomes,
               v.overlap, v.random_share, v.lease_minutes, v.language, v.fit_every, v.details
        FROM study_settings v LEFT JOIN people p ON p.person_id = v.saved_by
        WHERE v.study_id = ? ORDER BY v.version DESC
        """,
        [study_id],
    )
    return [SavedSettings(row[0], settings_from(row[3:]), row[1], row[2]) for row in rows]


def prompts(db: Database, study_id: str) -> dict[str, str]:
    """Text of each prompt by its id."""
    return dict(
        db.read(
            "SELECT prompt_id, text FROM prompts WHERE study_id = ? ORDER BY prompt_id", [study_id]
        )
    )


def items(db: Database, study_id: str) -> list[Item]:
    rows = db.read(
        "SELECT item_id, prompt_id, text, kind FROM items WHERE study_id = ?"
        " ORDER BY prompt_id, item_id",
        [study_id],
    )
    return [Item(*row) for row in rows]


def counts(db: Database) -> dict[str, Counts]:
    """What each study holds, by its id; removed ones too."""
    rows = db.read(
        """
        WITH prompts_of AS (SELECT study_id, count(*) AS n FROM prompts GROUP BY study_id),
        by_prompt AS (SELECT study_id, count(*) AS n FROM items GROUP BY study_id, prompt_id),
        items_of AS (
            SELECT study_id, sum(n)::BIGINT AS n, sum(n * (n - 1) // 2)::BIGINT AS n_pairs
            FROM by_prompt GROUP BY study_id
        ),
        pairs_of AS (SELECT study_id, count(*) AS n FROM pairs GROUP BY study_id),
        judged AS (
            SELECT study_id, count(*) AS n FROM standing_answers
            WHERE slot >= 0 AND outcome <> 'skipped' GROUP BY study_id
        ),
        belonging AS (
            SELECT study_id FROM memberships GROUP BY study_id, person_id
            HAVING arg_max(member, revision)
        ),
        members_of AS (SELECT study_id, count(*) AS n FROM belonging GROUP BY study_id)
        SELECT s.study_id, coalesce(prompts_of.n, 0), coalesce(items_of.n, 0),
               coalesce(pairs_of.n, items_of.n_pairs, 0), coalesce(judged.n, 0),
               coalesce(members_of.n, 0)
        FROM studies s
        LEFT JOIN prompts_of USING (study_id)
        LEFT JOIN items_of USING (study_id)
        LEFT JOIN pairs_of USING (study_id)
        LEFT JOIN judged USING (study_id)
        LEFT JOIN members_of USING (study_id)
        """
    )
    return {study_id: Counts(*numbers) for study_id, *numbers in rows}


def n_possible_pairs(db: Database, study_id: str) -> int:
    """Ready pairs if the study has any, else all pairs of items that answer the same prompt."""
    with db.cursor() as cursor:
        return count_possible_pairs(cursor, study_id)


def _said(state: State) -> str:
    return "a draft" if state is State.DRAFT else state.value
