"""People, passwords and sign-ins in a real database file."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from core.credentials import InvalidNameError, InvalidPasswordError
from core.errors import DiscernError, NotFoundError
from core.study import Role
from storage import people
from storage.database import Database
from storage.people import (
    LOCAL,
    AlreadySetUpError,
    LastAdminError,
    LocalPersonError,
    NameTakenError,
    Person,
)

PASSWORD = "plum tree under snow"
OTHER = "a field of barley"


def add(
    db: Database, name: str, role: Role = Role.ANNOTATOR, password: str | None = PASSWORD
) -> Person:
    return people.add(db, name, role, by=None, password=password)


def now() -> datetime:
    return datetime.now(UTC)


def test_the_local_person_is_made_once_and_is_an_admin(db: Database) -> None:
    people.ensure_local(db)
    people.ensure_local(db)
    assert people.all_people(db) == [Person(LOCAL, "you", Role.ADMIN)]
    assert people.signed_in(db, LOCAL, LOCAL, local=True) == Person(LOCAL, "you", Role.ADMIN)


def test_outside_local_mode_the_local_person_is_nobody(db: Database) -> None:
    people.ensure_local(db)
    assert people.signed_in(db, LOCAL, LOCAL, local=False) is None
    assert people.signed_in(db, LOCAL, "guess", local=True) is None
    assert people.check_password(db, "you", "") is None
    assert people.needs_setup(db)


def test_the_local_person_stays_an_admin_without_a_password(db: Database) -> None:
    people.ensure_local(db)
    with pytest.raises(LocalPersonError):
        people.give_role(db, LOCAL, Role.NONE, by=LOCAL)
    with pytest.raises(LocalPersonError):
        people.set_password(db, LOCAL, PASSWORD, by=LOCAL)


def test_the_local_person_finds_another_name_where_somebody_has_theirs(db: Database) -> None:
    add(db, "You")
    people.ensure_local(db)
    assert people.get(db, LOCAL).name == "you 2"


def test_somebody_is_kept_with_a_random_id(db: Database) -> None:
    one, other = add(db, "  Noor   al Din "), add(db, "Wren", Role.RESEARCHER)
    assert people.all_people(db) == [one, other]
    assert one.name == "Noor al Din"
    assert one.id != other.id
    assert len(one.id) == 16
    assert people.get(db, other.id) == Person(other.id, "Wren", Role.RESEARCHER)


def test_who_is_not_there_is_not_found(db: Database) -> None:
    for ask in (
        lambda: people.get(db, "ghost"),
        lambda: people.give_role(db, "ghost", Role.ADMIN, by=None),
        lambda: people.set_password(db, "ghost", PASSWORD, by=None),
        lambda: people.sign_in(db, "ghost", now=now()),
        lambda: people.sign_in(db, add(db, "Noor", password=None).id, now=now()),
    ):
        with pytest.raises(NotFoundError):
            ask()


def test_a_name_is_given_once_whatever_its_case(db: Database) -> None:
    add(db, "Zoë")
    with pytest.raises(NameTakenError, match="already called 'ZOË'"):
        add(db, "ZOE\u0308")
    assert len(people.all_people(db)) == 1


def test_a_refused_name_or_password_leaves_no_trace(db: Database) -> None:
    for name, password, error in (
        ("", PASSWORD, InvalidNameError),
        ("Noor", "too short", InvalidPasswordError),
    ):
        with pytest.raises(error):
            add(db, name, password=password)
    assert people.all_people(db) == []
    assert db.read("SELECT count(*) FROM passwords") == [(0,)]


def test_of_many_who_want_one_name_at_once_exactly_one_gets_it(db: Database) -> None:
    gate, outcomes = threading.Barrier(12), list[str]()

    def want(name: str) -> None:
        gate.wait()
        try:
            add(db, name, password=None)
        except NameTakenError:
            outcomes.append("taken")
        else:
            outcomes.append("added")

    threads = [threading.Thread(target=want, args=[f"nO{'oO'[i % 2]}r"]) for i in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["added"] + ["taken"] * 11
    assert len(people.all_people(db)) == 1
    assert db.read("SELECT count(*) FROM roles") == [(1,)]


def test_of_many_who_set_up_at_once_exactly_one_becomes_the_admin(db: Database) -> None:
    gate, refused = threading.Barrier(4), list[str]()

    def set_up(name: str) -> None:
        gate.wait()
        try:
            people.set_up(db, name, PASSWORD)
        except AlreadySetUpError:
            refused.append(name)

    threads = [threading.Thread(target=set_up, args=[f"name {i}"]) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (admin,) = people.all_people(db)
    assert (admin.role, len(refused)) == (Role.ADMIN, 3)


def test_setting_up_is_needed_until_an_admin_can_sign_in(db: Database) -> None:
    assert people.needs_setup(db)
    add(db, "Noor", Role.RESEARCHER)
    wren = add(db, "Wren", Role.ADMIN, password=None)
    assert people.needs_setup(db)
    people.set_password(db, wren.id, PASSWORD, by=None)
    assert not people.needs_setup(db)
    assert people.with_password(db) >= {wren.id}


def test_a_password_is_checked_and_only_its_hash_is_kept(db: Database) -> None:
    noor = add(db, "Noor")
    assert people.check_password(db, "nOOr ", PASSWORD) == noor
    assert people.check_password(db, "Noor", PASSWORD + " ") is None
    assert people.check_password(db, "Noor", "") is None
    assert people.check_password(db, "Wren", PASSWORD) is None
    ((kept,),) = db.read("SELECT hash FROM passwords")
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept


def test_two_people_with_one_password_have_different_hashes(db: Database) -> None:
    add(db, "Noor")
    add(db, "Wren")
    assert db.read("SELECT count(DISTINCT hash) FROM passwords") == [(2,)]


def test_a_hash_of_older_parameters_is_renewed_and_sign_ins_stay(db: Database) -> None:
    noor = add(db, "Noor", password=None)
    weak = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    before = now()
    db.write(
        lambda cursor: cursor.execute(
            "INSERT INTO passwords VALUES (?, 0, ?, ?, NULL)", [noor.id, weak, before]
        )
    )
    sign_in_id = people.sign_in(db, noor.id, now=now())
    assert people.check_password(db, "Noor", "wrong password") is None
    assert db.read("SELECT count(*) FROM passwords") == [(1,)]
    assert people.check_password(db, "Noor", PASSWORD) == noor
    assert people.check_password(db, "Noor", PASSWORD) == noor
    rows = db.read("SELECT hash, set_at FROM passwords ORDER BY revision")
    assert [row[0] == weak for row in rows] == [True, False]
    assert not PasswordHasher().check_needs_rehash(rows[1][0])
    assert people.signed_in(db, noor.id, sign_in_id, local=False) == noor


def test_a_sign_in_holds_for_eight_hours(db: Database) -> None:
    noor = add(db, "Noor")
    for hours, holds in ((0, True), (7.99, True), (8.01, False)):
        sign_in_id = people.sign_in(db, noor.id, now=now() - timedelta(hours=hours))
        assert (people.signed_in(db, noor.id, sign_in_id, local=False) == noor) is holds


def test_a_sign_in_is_of_one_person_and_ends_when_they_sign_out(db: Database) -> None:
    noor, wren = add(db, "Noor"), add(db, "Wren", Role.ADMIN)
    first, second = (people.sign_in(db, noor.id, now=now()) for _ in range(2))
    assert people.signed_in(db, wren.id, first, local=False) is None
    assert people.signed_in(db, noor.id, "guess", local=False) is None
    people.sign_out(db, first)
    people.sign_out(db, first)
    assert people.signed_in(db, noor.id, first, local=False) is None
    assert people.signed_in(db, noor.id, second, local=False) == noor


def test_a_new_password_ends_all_sign_ins_before_it(db: Database) -> None:
    noor = add(db, "Noor")
    # Also one whose clock ran ahead: the order of the writes counts.
    ids = [people.sign_in(db, noor.id, now=now() + timedelta(minutes=m)) for m in (-5, 0, 5)]
    people.set_password(db, noor.id, OTHER, by=None)
    assert [people.signed_in(db, noor.id, i, local=False) for i in ids] == [None] * 3
    after = people.sign_in(db, noor.id, now=now())
    assert people.signed_in(db, noor.id, after, local=False) == noor
    assert people.check_password(db, "Noor", PASSWORD) is None
    assert people.check_password(db, "Noor", OTHER) == noor


def test_a_password_changed_while_it_is_checked_signs_nobody_in(db: Database) -> None:
    """Sign in with the old password while it is being replaced, many times."""
    noor = add(db, "Noor")
    held = list[str]()
    stop = threading.Event()

    def keep_signing_in() -> None:
        while not stop.is_set():
            found = people.sign_in_with_password(db, "Noor", PASSWORD, now=now())
            if found is not None:
                held.append(found[1])

    threads = [threading.Thread(target=keep_signing_in) for _ in range(3)]
    for thread in threads:
        thread.start()
    while len(held) < 3:
        stop.wait(0.05)
    people.set_password(db, noor.id, OTHER, by=None)
    stop.set()
    for thread in threads:
        thread.join()
    assert [people.signed_in(db, noor.id, i, local=False) for i in held] == [None] * len(held)


def test_a_role_changes_at_once_and_none_ends_everything(db: Database) -> None:
    noor = add(db, "Noor")
    sign_in_id = people.sign_in(db, noor.id, now=now())
    people.give_role(db, noor.id, Role.RESEARCHER, by=None)
    found = people.signed_in(db, noor.id, sign_in_id, local=False)
    assert found is not None
    assert found.role is Role.RESEARCHER
    people.give_role(db, noor.id, Role.NONE, by=None)
    assert people.signed_in(db, noor.id, sign_in_id, local=False) is None
    assert people.check_password(db, "Noor", PASSWORD) is None
    people.give_role(db, noor.id, Role.ANNOTATOR, by=None)
    assert people.signed_in(db, noor.id, sign_in_id, local=False) is None
    assert people.check_password(db, "Noor", PASSWORD) == noor


def test_the_last_admin_with_a_password_stays_one(db: Database) -> None:
    people.ensure_local(db)
    ursula = people.set_up(db, "Ursula", PASSWORD)
    noor = add(db, "Noor", Role.ADMIN, password=None)
    for role in (Role.NONE, Role.ANNOTATOR, Role.RESEARCHER):
        with pytest.raises(LastAdminError, match="Ursula is the last admin"):
            people.give_role(db, ursula.id, role, by=ursula.id)
    people.give_role(db, ursula.id, Role.ADMIN, by=ursula.id)
    people.set_password(db, noor.id, PASSWORD, by=ursula.id)
    people.give_role(db, ursula.id, Role.ANNOTATOR, by=ursula.id)
    with pytest.raises(LastAdminError):
        people.give_role(db, noor.id, Role.NONE, by=noor.id)


def test_somebody_who_was_promoted_counts_as_an_admin(db: Database) -> None:
    ursula, noor = people.set_up(db, "Ursula", PASSWORD), add(db, "Noor")
    people.give_role(db, noor.id, Role.ADMIN, by=ursula.id)
    people.give_role(db, ursula.id, Role.RESEARCHER, by=noor.id)
    assert not people.needs_setup(db)
    with pytest.raises(LastAdminError, match="Noor is the last admin"):
        people.give_role(db, noor.id, Role.RESEARCHER, by=noor.id)


def test_a_sign_in_of_somebody_deactivated_does_not_hold(db: Database) -> None:
    noor = add(db, "Noor", Role.NONE)
    sign_in_id = people.sign_in(db, noor.id, now=now())
    assert people.signed_in(db, noor.id, sign_in_id, local=False) is None


def test_two_admins_who_dismiss_each_other_at_once_leave_one(db: Database) -> None:
    pair = [add(db, "Noor", Role.ADMIN), add(db, "Wren", Role.ADMIN)]
    gate, refused = threading.Barrier(2), list[str]()

    def dismiss(person: Person) -> None:
        gate.wait()
        try:
            people.give_role(db, person.id, Role.NONE, by=None)
        except LastAdminError:
            refused.append(person.id)

    threads = [threading.Thread(target=dismiss, args=[person]) for person in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [p.id for p in people.all_people(db) if p.role is Role.ADMIN] == refused
    assert len(refused) == 1


@given(steps=st.lists(st.tuples(st.integers(0, 2), st.sampled_from(Role)), min_size=1, max_size=12))
def test_whatever_roles_are_given_somebody_can_still_administer(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, Role]]
) -> None:
    database = Database(tmp_path_factory.mktemp("roles") / "discern.duckdb")
    hashes = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    them = [add(database, f"name {i}", Role.ADMIN, password=None) for i in range(3)]
    for person in them[:2]:
        database.write(
            lambda cursor, person=person: cursor.execute(  # type: ignore[misc]
                "INSERT INTO passwords VALUES (?, 0, ?, ?, NULL)", [person.id, hashes, now()]
            )
        )
    for who, role in steps:
        try:
            people.give_role(database, them[who].id, role, by=None)
        except DiscernError:
            continue
        assert people.get(database, them[who].id).role is role
    assert not people.needs_setup(database)
    database.close()


def test_everything_is_there_after_opening_the_file_again(tmp_path: Path) -> None:
    first = Database(tmp_path / "discern.duckdb")
    noor = add(first, "Noor")
    sign_in_id = people.sign_in(first, noor.id, now=now())
    first.close()
    second = Database(tmp_path / "discern.duckdb")
    assert people.signed_in(second, noor.id, sign_in_id, local=False) == noor
    second.close()
