"""Settings of what is asked about values: versions, and two researchers at once."""

import pytest

from core.errors import SettingsChangedError
from core.value_study import Case, ValueSettings
from storage import value_settings
from storage.database import Database
from tests.given import NOON

ONE = ValueSettings(cases=(Case("move", "A job", "A friend asks about a job far away."),))


def test_a_study_asks_nothing_about_values_until_somebody_says_what(db: Database) -> None:
    assert value_settings.of_study(db, "s") == ValueSettings()
    assert value_settings.newest(db, "s").version == 0


def test_the_newest_version_counts_and_the_same_again_is_none(db: Database) -> None:
    assert value_settings.save(db, "s", ONE, version=0, by="ursula", now=NOON) == 1
    assert value_settings.save(db, "s", ONE, version=1, by="noor", now=NOON) == 1
    saved = value_settings.newest(db, "s")
    assert (saved.version, saved.settings, saved.saved_by) == (1, ONE, "ursula")
    assert value_settings.of_study(db, "other") == ValueSettings()


def test_who_edits_an_old_version_is_told_and_changes_nothing(db: Database) -> None:
    value_settings.save(db, "s", ONE, version=0, by=None, now=NOON)
    with pytest.raises(SettingsChangedError, match="version 1 while you were editing version"):
        value_settings.save(db, "s", ValueSettings(ask_goals=True), version=0, by=None, now=NOON)
    assert value_settings.of_study(db, "s") == ONE
