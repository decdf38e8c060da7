"""Cards near one's own: found by an encoder in a process of its own, and by words without it."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.fitting.text.encoders import Passage, encode_frozen, load_encoder
from core.study import Study
from core.values_card.card import ValuesCard
from storage import studies
from tests.core.judged_texts import tiny_encoder
from tests.values_study import values_study
from workbench import near_cards
from workbench.near_cards import Near
from workbench.opening import Workbench, close_workbench, open_workbench
from workbench.settings import Settings

MINE = ValuesCard("Mine", "A moment.", ("the clear and true in it",))
OTHERS = {
    "clear": ValuesCard("Clear", "A moment.", ("what is clear and true of it",)),
    "rude": ValuesCard("Rude", "A moment.", ("the rude and vague in it",)),
    "far": ValuesCard("Far", "A moment.", ("for as with on by at",)),
}


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    opened = open_workbench(Settings(tmp_path / "data", local=False))
    yield opened
    close_workbench(opened)


def with_encoder(workbench: Workbench, encoder: str) -> Study:
    study = values_study(workbench.db, 0)
    fitting = replace(study.settings.fitting, encoder=encoder)
    settings = replace(study.settings, fitting=fitting)
    studies.save_settings(workbench.db, study.id, settings, version=1, by=None)
    return studies.get(workbench.db, study.id)


def found(workbench: Workbench, study: Study) -> Near:
    """Ask until the encoder has read the cards."""
    until = time.monotonic() + 60
    while (near := near_cards.near(workbench, study, MINE, OTHERS, n=2)) is None:
        assert time.monotonic() < until
        time.sleep(0.1)
    return near


def test_an_encoder_finds_what_it_calls_near_and_reads_every_card_once(
    workbench: Workbench, tmp_path: Path
) -> None:
    path = tiny_encoder(tmp_path / "encoder")
    study = with_encoder(workbench, path)
    near_cards.prepare(workbench, study, [MINE, *OTHERS.values()])
    near = found(workbench, study)
    assert near.finder.startswith(f"{path} ")
    texts = [Passage("", card.policies[0]) for card in (MINE, *OTHERS.values())]
    vectors = encode_frozen(load_encoder(path, "cpu"), texts)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = dict(zip(OTHERS, (vectors[1:] @ vectors[0]).tolist(), strict=True))
    nearest = sorted(cosines, key=lambda name: -cosines[name])[:2]
    assert [one.card_id for one in near.neighbours] == nearest
    assert near.neighbours[0].similarity == pytest.approx(cosines[nearest[0]], abs=1e-4)
    encodings = workbench.settings.data / "card-encodings"
    before = sorted(encodings.iterdir())
    assert near_cards.near(workbench, study, MINE, OTHERS, n=2) == near  # at once
    assert sorted(encodings.iterdir()) == before


def test_without_an_encoder_or_with_one_that_fails_words_find_near_cards(
    workbench: Workbench, tmp_path: Path
) -> None:
    by_words = near_cards.near(workbench, values_study(workbench.db, 0), MINE, OTHERS, n=2)
    assert by_words is not None
    assert (by_words.finder, by_words.neighbours[0].card_id) == ("tfidf", "clear")
    study = with_encoder(workbench, str(tmp_path / "nothing"))
    assert near_cards.near(workbench, study, MINE, OTHERS, n=2) is None
    assert found(workbench, study) == by_words
    assert near_cards.near(workbench, study, MINE, {}, n=2) == Near(())
