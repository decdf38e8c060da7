"""What is kept of one person: drafts, preferences, what they read, what they flagged."""

from datetime import timedelta

import pytest

from core.errors import NotFoundError
from core.judgment import Outcome, Purpose, SkipReason
from storage import drafts, flags, guideline_reads, judgments, own_answers, preferences
from storage.database import Database
from storage.drafts import DraftTooLongError
from storage.flags import FlagRefusedError, Note
from storage.judgments import Answer
from storage.preferences import PreferencesTooLongError
from storage.shown_texts import Text, texts_of
from tests.given import NOON, next_pair, running_study


def test_the_newest_draft_of_a_subject_counts(db: Database) -> None:
    for content in ({"reason": "a"}, {"reason": "ab"}):
        drafts.save(db, "ann", "one", content, NOON)
    drafts.save(db, "ann", "two", {"reason": "x"}, NOON)
    drafts.save(db, "ann", "two", {}, NOON)  # given up
    drafts.save(db, "bob", "one", {"reason": "b"}, NOON)
    assert drafts.newest(db, "ann", ["one", "two", "three"]) == {"one": {"reason": "ab"}}
    assert drafts.newest(db, "ann", []) == {}


def test_a_draft_that_nobody_writes_by_hand_is_refused(db: Database) -> None:
    with pytest.raises(DraftTooLongError, match=r"30,0\d\d characters"):
        drafts.save(db, "ann", "one", {"reason": "x" * 30_000}, NOON)
    with pytest.raises(ValueError, match="JSON"):
        drafts.save(db, "ann", "one", {"margin": float("nan")}, NOON)
    assert db.read("SELECT count(*) FROM drafts") == [(0,)]


def test_preferences_are_set_one_by_one(db: Database) -> None:
    assert preferences.of_person(db, "ann") == {}
    preferences.change(db, "ann", {"scrolling": "together", "language": "de"}, NOON)
    preferences.change(db, "ann", {"language": None, "keys": {"tie": ["z"]}}, NOON)
    for _ in range(2):  # the same again
        preferences.change(db, "ann", {"scrolling": "together"}, NOON)
    assert preferences.of_person(db, "ann") == {"scrolling": "together", "keys": {"tie": ["z"]}}
    assert preferences.of_person(db, "bob") == {}
    assert db.read("SELECT count(*) FROM preferences") == [(2,)]
    with pytest.raises(PreferencesTooLongError):
        preferences.change(db, "ann", {"language": "x" * 20_000}, NOON)


def test_what_was_read_is_the_newest_version(db: Database) -> None:
    assert guideline_reads.newest(db, "s", "ann") is None
    for version in (1, 3, 3, 2):
        guideline_reads.add(db, "s", "ann", version, NOON)
    assert guideline_reads.newest(db, "s", "ann") == 3
    assert guideline_reads.newest(db, "s", "bob") is None
    assert guideline_reads.newest(db, "t", "ann") is None


def test_a_flag_is_open_until_somebody_says_what_became_of_it(db: Database) -> None:
    study = running_study(db)
    shown = next_pair(db, study, "ann")
    assert shown is not None
    for number in range(2):
        note = Note(f"f{number}", shown.id, f"note {number}")
        flags.add(db, "ann", note, NOON + timedelta(minutes=number))
    assert [flag.id for flag in flags.of_study(db, study.id)] == ["f1", "f0"]
    for said in ("Mended", "Said again"):
        flags.resolve(db, "f1", said, by="root", now=NOON)
    open_one, settled = flags.of_study(db, study.id)
    assert (open_one.id, open_one.resolution) == ("f0", None)
    assert (settled.id, settled.resolution, settled.resolved_at) == ("f1", "Mended", NOON)
    assert settled.items == shown.items
    assert flags.of_study(db, "another") == []


def test_a_flag_about_nothing_is_refused(db: Database) -> None:
    shown = next_pair(db, running_study(db), "ann")
    assert shown is not None
    for person, note in (
        ("bob", Note("f", shown.id, "Mine?")),
        ("ann", Note("f", "nothing", "Where?")),
        ("ann", Note("f", shown.id, " \n ")),
        ("ann", Note("f", shown.id, "x" * 3000)),
    ):
        with pytest.raises(FlagRefusedError):
            flags.add(db, person, note, NOON)
    with pytest.raises(NotFoundError):
        flags.resolve(db, "f", "Nothing", by=None, now=NOON)


def test_own_answers_are_those_that_stand(db: Database) -> None:
    study = running_study(db)
    for outcome in (Outcome.LEFT, Outcome.SKIPPED):
        shown = next_pair(db, study, "ann")
        assert shown is not None
        reason = SkipReason.OTHER if outcome is Outcome.SKIPPED else None
        judgments.add(db, "ann", Answer(shown.id, outcome, skip_reason=reason), study, NOON)
    db.write(
        lambda cursor: cursor.execute(
            "INSERT INTO presentations SELECT * REPLACE ('r' AS presentation_id, -1 AS slot,"
            " ? AS purpose) FROM presentations LIMIT 1",
            [Purpose.REPEAT.value],
        )
    )
    db.write(
        lambda cursor: cursor.execute(
            "INSERT INTO judgments (presentation_id, outcome, judged_at) VALUES ('r', 'tie', ?)",
            [NOON + timedelta(hours=1)],
        )
    )
    own = own_answers.of_person(db, study.id, "ann")
    assert [one.repeat for one in own] == [False, False, True]
    assert {one.outcome.value for one in own} >= {"skipped", "tie"}
    assert own_answers.of_person(db, study.id, "bob") == []


def test_texts_stand_in_the_order_of_the_screen(db: Database) -> None:
    shown = next_pair(db, running_study(db), "ann")
    assert shown is not None
    assert shown.shown is not None
    texts = texts_of(db, shown)
    assert texts.prompt == Text("Why?", "markdown")
    wanted = [f"Answer **{int(item[-3:])}**" for item in shown.shown]
    assert [text.content for text in texts.items] == wanted
