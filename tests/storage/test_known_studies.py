"""What is kept in memory of studies is what is on disk, whoever changes them meanwhile."""

import threading
from dataclasses import replace

from core.study import State, StudySettings
from storage import known_studies, studies, targets
from storage.database import Database
from tests.given import NOON, running_study


def test_every_change_is_seen_at_once(db: Database) -> None:
    study = running_study(db)
    assert known_studies.current(db) == (study,)
    edited = replace(study.settings, overlap=7)
    assert studies.save_settings(db, study.id, edited, by=None, version=1).version == 2
    assert studies.get(db, study.id).settings.overlap == 7
    studies.set_state(db, study.id, State.PAUSED, by=None)
    assert studies.get(db, study.id).state is State.PAUSED
    newer = studies.create(db, StudySettings("Newer", "Which?"), by=None)
    assert [one.id for one in studies.all_studies(db)] == [newer.id, study.id]
    studies.set_state(db, study.id, State.REMOVED, by=None)
    assert [one.id for one in studies.all_studies(db)] == [newer.id]


def test_what_does_not_change_studies_leaves_them_as_they_are(db: Database) -> None:
    study = running_study(db)
    before = studies.get(db, study.id)
    targets.put(db, study.id, ["q0-001"], by=None, now=NOON)
    assert studies.get(db, study.id) is before


def test_readers_never_miss_what_was_saved_before_they_read(db: Database) -> None:
    """One thread saves 30 versions; three look at once and after each: what was saved, or newer."""
    study = running_study(db)
    saved, wrong = [1], []

    def look() -> None:
        while saved[-1] < 31:
            least = saved[-1]
            if studies.get(db, study.id).version < least:
                wrong.append(least)

    readers = [threading.Thread(target=look, daemon=True) for _ in range(3)]
    for reader in readers:
        reader.start()
    for version in range(1, 31):
        settings = replace(study.settings, overlap=version + 10)
        studies.save_settings(db, study.id, settings, by=None, version=version)
        saved.append(version + 1)
    for reader in readers:
        reader.join()
    assert not wrong
