"""People of the workbench: names, roles, passwords and who is signed in."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from core.credentials import fit_name, fit_password, name_key, password_text
from core.errors import DiscernError, NotFoundError
from core.study import Role
from storage.database import Cursor, Database

#: Id of the one person of local mode, and of their sign-in.
LOCAL = "local"
SIGN_IN_LASTS = timedelta(hours=8)

_hasher = PasswordHasher()


class NameTakenError(DiscernError):
    def __init__(self, name: str) -> None:
        super().__init__(
            f"Somebody is already called {name!r} (capitals do not count). Choose another name."
        )


class LastAdminError(DiscernError):
    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is the last admin who can sign in. Make somebody else with a password an "
            "admin first."
        )


class LocalPersonError(DiscernError):
    def __init__(self) -> None:
        super().__init__(
            "This is the person of local mode, who always is an admin there and cannot sign in "
            "anywhere else. Nothing about them needs changing."
        )


class AlreadySetUpError(DiscernError):
    def __init__(self) -> None:
        super().__init__(
            "This workbench already has an admin. Sign in, or ask them for an account."
        )


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who uses the workbench."""

    id: str
    name: str
    role: Role


def ensure_local(db: Database) -> None:
    """Make sure that the one person of local mode exists."""
    now = datetime.now(UTC)

    def change(cursor: Cursor) -> None:
        if _find(cursor, LOCAL) is None:
            _insert(cursor, Person(LOCAL, _free_name(cursor, "you"), Role.ADMIN), by=None, now=now)

    if not db.read("SELECT 1 FROM people WHERE person_id = ?", [LOCAL]):
        db.write(change)


def signed_in(db: Database, person_id: str, sign_in_id: str, *, local: bool) -> Person | None:
    """Return the person if this sign-in still holds.

    It ends when it expires, when the person signs out, when their password changes and when they
    are deactivated.
    """
    if local and person_id == LOCAL and sign_in_id == LOCAL:
        return _person(db, LOCAL)
    holds = db.read(
        """
        SELECT 1 FROM sign_ins s
        WHERE s.sign_in_id = $sign_in AND s.person_id = $person AND s.expires_at > $now
        AND NOT EXISTS (SELECT 1 FROM sign_outs o WHERE o.sign_in_id = s.sign_in_id)
        AND s.signed_in_at > (SELECT max(set_at) FROM passwords p WHERE p.person_id = s.person_id)
        """,
        {"sign_in": sign_in_id, "person": person_id, "now": datetime.now(UTC)},
    )
    person = _person(db, person_id) if holds else None
    return None if person is None or person.role is Role.NONE else person


def all_people(db: Database) -> list[Person]:
    """Everybody, by name."""
    rows = db.read(
        """
        SELECT person_id, name, arg_max(role, revision)
        FROM people JOIN roles USING (person_id) GROUP BY person_id, name ORDER BY lower(name)
        """
    )
    return [Person(person_id, name, Role(role)) for person_id, name, role in rows]


def with_password(db: Database) -> set[str]:
    """Ids of the people who have a password, and so can sign in."""
    return {person_id for (person_id,) in db.read("SELECT DISTINCT person_id FROM passwords")}


def get(db: Database, person_id: str) -> Person:
    person = _person(db, person_id)
    if person is None:
        raise NotFoundError("person", person_id)
    return person


def add(db: Database, name: str, role: Role, *, by: str | None, password: str | None) -> Person:
    """Add somebody; without a password they cannot sign in until they are given one."""
    person = Person(secrets.token_hex(8), fit_name(name), role)
    hashed = None if password is None else _hasher.hash(fit_password(password))
    now = datetime.now(UTC)
    db.write(lambda cursor: _insert(cursor, person, by=by, now=now, hashed=hashed))
    return person


def set_up(db: Database, name: str, password: str) -> Person:
    """Make the first account, an admin; an error if there is one already."""
    person = Person(secrets.token_hex(8), fit_name(name), Role.ADMIN)
    hashed = _hasher.hash(fit_password(password))
    now = datetime.now(UTC)

    def change(cursor: Cursor) -> None:
        if _admins_with_password(cursor):
            raise AlreadySetUpError
        _insert(cursor, person, by=person.id, now=now, hashed=hashed)

    db.write(change)
    return person


def give_role(db: Database, person_id: str, role: Role, *, by: str | None) -> None:
    """Change what somebody may do; `Role.NONE` deactivates them and ends their sign-ins."""
    now = datetime.now(UTC)

    def change(cursor: Cursor) -> None:
        person = _existing(cursor, person_id)
        if person_id == LOCAL:
            raise LocalPersonError
        if role is not Role.ADMIN and _admins_with_password(cursor) == {person_id}:
            raise LastAdminError(person.name)
        if role is not person.role:
            _insert_role(cursor, person_id, role, by=by, now=now)
        if role is Role.NONE:
            cursor.execute(
                "INSERT INTO sign_outs SELECT sign_in_id, ? FROM sign_ins WHERE person_id = ?"
                " ON CONFLICT DO NOTHING",
                [now, person_id],
            )

    db.write(change)


def set_password(db: Database, person_id: str, password: str, *, by: str | None) -> None:
    """Give somebody a new password, which ends all their sign-ins."""
    hashed = _hasher.hash(fit_password(password))

    def change(cursor: Cursor) -> None:
        _existing(cursor, person_id)
        if person_id == LOCAL:
            raise LocalPersonError
        # Not before any sign-in, even if the clock was set back in between.
        latest = cursor.execute(
            "SELECT max(signed_in_at) FROM sign_ins WHERE person_id = ?", [person_id]
        ).fetchall()[0][0]
        now = datetime.now(UTC)
        _insert_password(cursor, person_id, hashed, by=by, now=max(now, latest or now))

    db.write(change)


def check_password(db: Database, name: str, password: str) -> Person | None:
    """Return who this is, or None; it takes as long for a name that nobody has."""
    checked = _check(db, name, password)
    return None if checked is None else checked[0]


def sign_in_with_password(
    db: Database, name: str, password: str, *, now: datetime
) -> tuple[Person, str] | None:
    """Check the password and sign in, unless the password was changed in between."""
    checked = _check(db, name, password)
    if checked is None:
        return None
    person, hashed = checked
    sign_in_id = secrets.token_urlsafe(16)

    def change(cursor: Cursor) -> bool:
        newest = _newest_password(cursor, person.id)
        unchanged = newest is not None and newest[0] == hashed
        if unchanged:
            _insert_sign_in(cursor, person.id, sign_in_id, now=now)
        return unchanged

    return (person, sign_in_id) if db.write(change) else None


def sign_in(db: Database, person_id: str, *, now: datetime) -> str:
    """Sign somebody in for eight hours and return the id of the sign-in."""
    sign_in_id = secrets.token_urlsafe(16)
    db.write(lambda cursor: _insert_sign_in(cursor, person_id, sign_in_id, now=now))
    return sign_in_id


def sign_out(db: Database, sign_in_id: str) -> None:
    now = datetime.now(UTC)
    db.write(
        lambda cursor: cursor.execute(
            "INSERT INTO sign_outs VALUES (?, ?) ON CONFLICT DO NOTHING", [sign_in_id, now]
        )
    )


def needs_setup(db: Database) -> bool:
    """True while nobody who can sign in is an admin."""
    with db.cursor() as cursor:
        return not _admins_with_password(cursor)


def _person(db: Database, person_id: str) -> Person | None:
    with db.cursor() as cursor:
        return _find(cursor, person_id)


def _find(cursor: Cursor, person_id: str) -> Person | None:
    rows = cursor.execute(
        """
        SELECT name, arg_max(role, revision)
        FROM people JOIN roles USING (person_id) WHERE person_id = ? GROUP BY name
        """,
        [person_id],
    ).fetchall()
    return Person(person_id, rows[0][0], Role(rows[0][1])) if rows else None


def _existing(cursor: Cursor, person_id: str) -> Person:
    person = _find(cursor, person_id)
    if person is None:
        raise NotFoundError("person", person_id)
    return person


def _admins_with_password(cursor: Cursor) -> set[str]:
    rows = cursor.execute(
        """
        SELECT person_id FROM roles WHERE person_id IN (SELECT person_id FROM passwords)
        GROUP BY person_id HAVING arg_max(role, revision) = 'admin'
        """
    ).fetchall()
    return {person_id for (person_id,) in rows}


def _insert(
    cursor: Cursor, person: Person, *, by: str | None, now: datetime, hashed: str | None = None
) -> None:
    if name_key(person.name) in _taken(cursor):
        raise NameTakenError(person.name)
    cursor.execute("INSERT INTO people VALUES (?, ?, ?)", [person.id, person.name, now])
    _insert_role(cursor, person.id, person.role, by=by, now=now)
    if hashed is not None:
        _insert_password(cursor, person.id, hashed, by=by, now=now)


def _insert_role(
    cursor: Cursor, person_id: str, role: Role, *, by: str | None, now: datetime
) -> None:
    cursor.execute(
        """
        INSERT INTO roles (person_id, revision, role, given_at, given_by)
        SELECT $person, coalesce(max(revision) + 1, 0), $role, $now, $by
        FROM roles WHERE person_id = $person
        """,
        {"person": person_id, "role": role.value, "now": now, "by": by},
    )


def _insert_password(
    cursor: Cursor, person_id: str, hashed: str, *, by: str | None, now: datetime
) -> None:
    cursor.execute(
        """
        INSERT INTO passwords (person_id, revision, hash, set_at, set_by)
        SELECT $person, coalesce(max(revision) + 1, 0), $hash, $now, $by
        FROM passwords WHERE person_id = $person
        """,
        {"person": person_id, "hash": hashed, "now": now, "by": by},
    )


def _insert_sign_in(cursor: Cursor, person_id: str, sign_in_id: str, *, now: datetime) -> None:
    newest = _newest_password(cursor, person_id)
    if newest is None:
        raise NotFoundError("person with a password", person_id)
    # After the password that it was given with, even if the clock was set back in between.
    signed_in_at = max(now, newest[1] + timedelta(microseconds=1))
    cursor.execute(
        "INSERT INTO sign_ins (sign_in_id, person_id, signed_in_at, expires_at)"
        " VALUES (?, ?, ?, ?)",
        [sign_in_id, person_id, signed_in_at, now + SIGN_IN_LASTS],
    )


def _newest_password(cursor: Cursor, person_id: str) -> tuple[str, datetime] | None:
    rows = cursor.execute(
        "SELECT hash, set_at FROM passwords WHERE person_id = ? ORDER BY revision DESC LIMIT 1",
        [person_id],
    ).fetchall()
    return rows[0] if rows else None


def _check(db: Database, name: str, password: str) -> tuple[Person, str] | None:
    """Return the person and the hash in force; the same work is done whoever is named."""
    decoy = _decoy()
    with db.cursor() as cursor:
        person_id = _taken(cursor).get(name_key(name))
        person = None if person_id is None else _find(cursor, person_id)
        newest = None if person_id is None else _newest_password(cursor, person_id)
    hashed = decoy if newest is None else newest[0]
    plain = password_text(password)
    try:
        _hasher.verify(hashed, plain)
    except VerifyMismatchError:
        return None
    if person is None or newest is None or person.role is Role.NONE:
        return None
    if _hasher.check_needs_rehash(hashed):
        hashed = _rehash(db, person.id, hashed, plain)
    return person, hashed


def _rehash(db: Database, person_id: str, hashed: str, plain: str) -> str:
    """Store the same password with the parameters of today; sign-ins stay."""
    fresh = _hasher.hash(plain)

    def change(cursor: Cursor) -> str:
        newest = _newest_password(cursor, person_id)
        if newest is None or newest[0] != hashed:
            return hashed
        _insert_password(cursor, person_id, fresh, by=person_id, now=newest[1])
        return fresh

    return db.write(change)


@cache
def _decoy() -> str:
    """A hash that no password fits, for names that nobody has."""
    return _hasher.hash(secrets.token_urlsafe(32))


def _taken(cursor: Cursor) -> dict[str, str]:
    """Whose name is whose, by what makes names the same."""
    rows = cursor.execute("SELECT name, person_id FROM people").fetchall()
    return {name_key(name): person_id for name, person_id in rows}


def _free_name(cursor: Cursor, name: str) -> str:
    taken = _taken(cursor)
    number = 2
    while name_key(name) in taken:
        name, number = f"{name.split(maxsplit=1)[0]} {number}", number + 1
    return name
