"""Vocabularies are read from files or refused with a sentence; tags say how much and how sure."""

from math import inf, sqrt
from pathlib import Path

import pytest

from core import vocabularies
from core.vocabularies import (
    InvalidVocabularyError,
    Tag,
    Valence,
    Vocabulary,
    read_vocabulary,
    tag_cards,
)

FOLDER = Path(vocabularies.__file__).parent
SMALL = """
id = "small"
version = 2
title = "Small"
source = "Written for a test"
[[values]]
id = "quiet"
title = "Quiet"
description = "Rooms in which one hears a clock."
near = ["rest"]
[[values]]
id = "rest"
title = "Rest"
description = "Hours that nobody has plans for."
"""


def shipped(name: str) -> Vocabulary:
    return read_vocabulary((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("name", "n_values"), [("schwartz", 19), ("moral_foundations", 7)])
def test_the_vocabularies_that_come_along_are_read(name: str, n_values: int) -> None:
    vocabulary = shipped(name)
    assert vocabulary.id == name
    assert len(vocabulary.values) == n_values
    assert len({value.description for value in vocabulary.values}) == n_values
    assert all(value.group for value in vocabulary.values)


def test_every_file_that_comes_along_is_tested() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.toml")) == ["moral_foundations", "schwartz"]


def test_the_basic_values_stand_in_a_circle() -> None:
    values = shipped("schwartz").values
    for number, value in enumerate(values):
        before, after = values[number - 1], values[(number + 1) % len(values)]
        assert value.near == (before.id, after.id)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('id = "small"', "id = ", "not TOML"),
        ('title = "Small"', "", "A vocabulary has no title"),
        ("version = 2", "version = true", "must be 1, 2"),
        ("version = 2", "version = 0", "must be 1, 2"),
        ('source = "Written', 'by = "x"\nsource = "Written', "unknown field 'by'"),
        ('description = "Hours', 'text = "Hours', "A value has no description"),
        ('id = "rest"', 'id = "quiet"', "Two values have the id 'quiet'"),
        ('["rest"]', '["noise"]', "borders on 'noise'"),
        ('["rest"]', '["quiet"]', "borders on 'quiet'"),
        ('["rest"]', "[1]", "list of ids"),
        ('title = "Rest"', "title = 7", "int and not text"),
        ('title = "Rest"', 'title = " "', "The title is empty"),
    ],
)
def test_a_file_that_cannot_be_read_gets_a_sentence(old: str, new: str, said: str) -> None:
    assert SMALL.count(old) == 1
    with pytest.raises(InvalidVocabularyError, match=said):
        read_vocabulary(SMALL.replace(old, new))


@pytest.mark.parametrize(
    "text", ["", "a" * 2_000_001, SMALL.split("[[", maxsplit=1)[0] + "values = []", "[" * 10_000]
)
def test_what_is_no_vocabulary_is_refused(text: str) -> None:
    with pytest.raises(InvalidVocabularyError):
        read_vocabulary(text)


def tag(value: str, relevance: float, by: str, valence: Valence = Valence.SUPPORTS) -> Tag:
    return Tag("card", "small", 2, value, relevance, valence, by)


def test_tags_are_summed_up_with_their_interval() -> None:
    """0.5 and 0.9: mean 0.7, variance of the mean 0.04, t with one degree of freedom 12.706."""
    found = tag_cards(
        [
            tag("rest", 0.2, "a"),
            tag("quiet", 0.1, "a"),
            tag("quiet", 0.5, "a"),
            tag("quiet", 0.9, "b", Valence.OPPOSES),
            Tag("card", "small", 1, "quiet", 0.0, Valence.EITHER, "c"),
            Tag("card", "other", 2, "quiet", 0.0, Valence.EITHER, "c"),
        ],
        read_vocabulary(SMALL),
    )
    quiet, rest = found
    assert (quiet.value, rest.value) == ("quiet", "rest")
    assert quiet.relevance.n == 2
    assert quiet.relevance.value == pytest.approx(0.7)
    assert quiet.relevance.high - 0.7 == pytest.approx(12.7062 * sqrt(0.04), rel=1e-4)
    assert quiet.valences == {Valence.SUPPORTS: 1, Valence.OPPOSES: 1, Valence.EITHER: 0}
    assert (rest.relevance.low, rest.relevance.high) == (-inf, inf)


def test_what_has_nothing_to_do_with_a_value_has_no_valence() -> None:
    [found] = tag_cards([tag("rest", 0, "a")], read_vocabulary(SMALL))
    assert set(found.valences.values()) == {0}


@pytest.mark.parametrize("relevance", [-0.1, 1.1, float("nan")])
def test_relevance_goes_from_nothing_to_all(relevance: float) -> None:
    with pytest.raises(InvalidVocabularyError, match="from 0 to 1"):
        tag("rest", relevance, "a")


def test_a_tag_for_a_value_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidVocabularyError, match="no value 'noise'"):
        tag_cards([tag("noise", 1, "a")], read_vocabulary(SMALL))
