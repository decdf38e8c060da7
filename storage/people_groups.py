"""Whom a study should speak for: its target population, groups of people, its coverage goal.

Groups of people stand apart from their judgments. The margin `COHORT` needs no rows of its own: it
is what the page Studies says.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import numpy as np

from core.coverage import CoverageGoal
from core.errors import DiscernError
from core.weights import Margin
from storage.database import Cursor, Database

#: The margin whose groups are the study's cohorts.
COHORT = "cohort"
MAX_NAME = 200


class GroupsRefusedError(DiscernError):
    """Groups that cannot be taken; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """One margin of the population.

    Attributes
    ----------
    shares : mapping from str to float
        Of each group; they sum to one.
    purpose : str
        Why people are asked to which group they belong.
    """

    margin: str
    shares: Mapping[str, float]
    purpose: str = ""

    def __post_init__(self) -> None:
        if not 1 <= len(self.margin.strip()) <= MAX_NAME or not all(map(str.strip, self.shares)):
            raise GroupsRefusedError("A margin and each of its groups need a name.")
        shares = np.array(list(self.shares.values()), dtype=np.float64)
        Margin(self.margin, np.empty(0, dtype=np.int64), shares)  # it says what is wrong


def targets(db: Database, study_id: str) -> tuple[Target, ...]:
    """The target population now, margins by name."""
    rows = db.read(
        """
        SELECT margin, groups, shares, purpose FROM population_targets WHERE study_id = ?
        QUALIFY row_number() OVER (PARTITION BY margin ORDER BY revision DESC) = 1
        ORDER BY margin
        """,
        [study_id],
    )
    return tuple(
        Target(margin, dict(zip(groups, shares, strict=True)), purpose)
        for margin, groups, shares, purpose in rows
        if groups
    )


def put_target(
    db: Database, study_id: str, target: Target, *, by: str | None, now: datetime
) -> None:
    """Say what the population is like in one margin."""
    _put_target(db, study_id, (target.margin.strip(), dict(target.shares), target.purpose), by, now)


def remove_target(
    db: Database, study_id: str, margin: str, *, by: str | None, now: datetime
) -> None:
    """The study does not want to speak for groups of this margin any more."""
    _put_target(db, study_id, (margin, {}, ""), by, now)


def _put_target(
    db: Database,
    study_id: str,
    content: tuple[str, dict[str, float], str],
    by: str | None,
    now: datetime,
) -> None:
    margin, shares, purpose = content
    db.write(
        lambda cursor: cursor.execute(
            """
            INSERT INTO population_targets
            SELECT $study, $margin, coalesce(max(revision) + 1, 0), $groups, $shares, $purpose,
                   $now, $by
            FROM population_targets WHERE study_id = $study AND margin = $margin
            """,
            {
                "study": study_id,
                "margin": margin,
                "groups": list(shares),
                "shares": list(shares.values()),
                "purpose": purpose,
                "now": now,
                "by": by,
            },
        )
    )


def put_groups(
    db: Database,
    study_id: str,
    margin: str,
    member_of: Mapping[str, str],
    *,
    by: str | None,
    now: datetime,
) -> int:
    """Put people, by id, into groups of a margin; return how many changed.

    Raises
    ------
    GroupsRefusedError
        If the margin is `COHORT`, or somebody was never in the study.
    """
    if margin == COHORT:
        raise GroupsRefusedError("Cohorts are set on the page Studies, under People.")

    def change(cursor: Cursor) -> int:
        strangers = sorted(set(member_of) - set(_people(cursor, study_id)))
        if strangers:
            raise GroupsRefusedError(
                f"{len(strangers)} of these people never were in the study: "
                f"{', '.join(strangers[:5])}. Correct their names."
            )
        before = _groups(cursor, study_id, margin)
        changed = {who: group for who, group in member_of.items() if before.get(who, "") != group}
        for person, group in changed.items():
            cursor.execute(
                """
                INSERT INTO person_groups
                SELECT $study, $person, $margin, coalesce(max(revision) + 1, 0), $group, $now, $by
                FROM person_groups
                WHERE study_id = $study AND person_id = $person AND margin = $margin
                """,
                {
                    "study": study_id,
                    "person": person,
                    "margin": margin,
                    "group": group.strip()[:MAX_NAME],
                    "now": now,
                    "by": by,
                },
            )
        return len(changed)

    return db.write(change)


def groups(db: Database, study_id: str, margin: str) -> dict[str, str]:
    """The group of each person, by id, in one margin; who is in none is left out."""
    with db.cursor() as cursor:
        return _groups(cursor, study_id, margin)


def people_by_name(db: Database, study_id: str) -> dict[str, str]:
    """Ids of the people who are, were or answered in the study, by what they are called here."""
    with db.cursor() as cursor:
        return {name: person for person, name in _people(cursor, study_id).items()}


def _groups(cursor: Cursor, study_id: str, margin: str) -> dict[str, str]:
    if margin == COHORT:
        query = "SELECT person_id, coalesce(arg_max(cohort, revision), '') FROM memberships"
        rows = cursor.execute(f"{query} WHERE study_id = ? GROUP BY person_id", [study_id])
    else:
        rows = cursor.execute(
            "SELECT person_id, arg_max(member_of, revision) FROM person_groups"
            " WHERE study_id = ? AND margin = ? GROUP BY person_id",
            [study_id, margin],
        )
    return {person: group for person, group in rows.fetchall() if group}


def _people(cursor: Cursor, study_id: str) -> dict[str, str]:
    rows = cursor.execute(
        """
        SELECT a.person_id, coalesce(p.name, i.external_id, a.person_id) FROM (
            SELECT DISTINCT annotator_id AS person_id FROM presentations WHERE study_id = $study
            UNION SELECT DISTINCT person_id FROM memberships WHERE study_id = $study
        ) a
        LEFT JOIN people p USING (person_id)
        LEFT JOIN imported_annotators i ON i.annotator_id = a.person_id
        """,
        {"study": study_id},
    ).fetchall()
    return dict(rows)


@dataclass(frozen=True, slots=True)
class NamedMargin:
    """A margin for `core.weights`, and what its groups are called by number."""

    margin: Margin
    names: tuple[str, ...]
    purpose: str


def margins_of(db: Database, study_id: str, people: Sequence[str]) -> tuple[NamedMargin, ...]:
    """Each margin of the target population, with the groups of those of `people` who are in all.

    Groups that people are in and the population does not have get the share 0.
    """
    wanted = targets(db, study_id)
    known = [groups(db, study_id, target.margin) for target in wanted]
    complete = [who for who in people if all(who in members for members in known)]
    return tuple(
        _margin(target, [members[who] for who in complete])
        for target, members in zip(wanted, known, strict=True)
    )


def _margin(target: Target, member_of: Sequence[str]) -> NamedMargin:
    names = (*target.shares, *sorted(set(member_of) - set(target.shares)))
    number = {name: place for place, name in enumerate(names)}
    margin = Margin(
        target.margin,
        np.array([number[group] for group in member_of], dtype=np.int64),
        np.array([target.shares.get(name, 0.0) for name in names]),
    )
    return NamedMargin(margin, names, target.purpose)


def goal(db: Database, study_id: str) -> CoverageGoal | None:
    """What the study wants to have covered; None: nobody has said."""
    rows = db.read(
        "SELECT content FROM coverage_goals WHERE study_id = ? ORDER BY revision DESC LIMIT 1",
        [study_id],
    )
    return CoverageGoal(**json.loads(rows[0][0])) if rows else None


def put_goal(
    db: Database, study_id: str, wanted: CoverageGoal, *, by: str | None, now: datetime
) -> None:
    """Say what the study wants to have covered."""
    db.write(
        lambda cursor: cursor.execute(
            """
            INSERT INTO coverage_goals
            SELECT $study, coalesce(max(revision) + 1, 0), $content, $now, $by
            FROM coverage_goals WHERE study_id = $study
            """,
            {
                "study": study_id,
                "content": json.dumps(asdict(wanted)),
                "now": now,
                "by": by,
            },
        )
    )
