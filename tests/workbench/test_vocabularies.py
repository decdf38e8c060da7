"""Vocabularies come with the product or as files; a file takes the place of an older version."""

from pathlib import Path

import pytest

from core.vocabularies import InvalidVocabularyError
from workbench import vocabularies
from workbench.opening import Workbench, open_workbench
from workbench.settings import Settings

OWN = b"""
id = "own"
version = 1
title = "Our values"
source = "Ours, 2026"

[[values]]
id = "quiet"
title = "Quiet"
description = "Looks for rooms in which nothing hums."
"""


@pytest.fixture
def workbench(data_folder: Path) -> Workbench:
    return open_workbench(Settings(data_folder.resolve(), local=False))


def test_two_come_with_the_product(workbench: Workbench) -> None:
    assert [one.id for one in vocabularies.available(workbench)] == [
        "schwartz",
        "moral_foundations",
    ]


def test_a_file_is_added_and_a_later_version_takes_its_place(workbench: Workbench) -> None:
    vocabularies.add(workbench, OWN)
    with pytest.raises(InvalidVocabularyError, match="version 1 of 'own' already"):
        vocabularies.add(workbench, OWN)
    vocabularies.add(workbench, OWN.replace(b"version = 1", b"version = 2"))
    [own] = [one for one in vocabularies.available(workbench) if one.id == "own"]
    assert own.version == 2


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x = [", b"id = '../../x'"])
def test_what_is_no_vocabulary_is_refused(workbench: Workbench, content: bytes) -> None:
    with pytest.raises(InvalidVocabularyError):
        vocabularies.add(workbench, content)
    assert not (workbench.settings.data / "vocabularies").exists()
