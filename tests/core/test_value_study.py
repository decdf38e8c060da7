"""What a study asks about values is checked when it is said, and read as it was written."""

from typing import Any, cast

import pytest

from core.value_study import (
    Case,
    Context,
    InvalidValueSettingsError,
    ModelChoice,
    ModelKind,
    StoryText,
    ValueSettings,
    Vignette,
    settings_from_json,
    settings_to_json,
)

CASE = Case("move", "A job far away", "A friend asks what to do about a job far away.")
WHOLE = ValueSettings(
    cases=(CASE, Case("homework", "Homework", "A child refuses.\n\nWhat now? <b>")),
    contexts=(Context("distress", "when somebody is in distress", ("move",)), Context("any", "x")),
    stories=(StoryText("a", "b", "I used to …", "distress"), StoryText("b", "a", "Then I saw …")),
    vignettes=(Vignette("v", "move", "Ask what she fears", "List the pay"),),
    languages=("en", "ar"),
    ask_goals=True,
    model=ModelChoice(ModelKind.ENDPOINT, "http://localhost:8000/v1", "small", seconds=5.5),
)


@pytest.mark.parametrize("settings", [ValueSettings(), WHOLE])
def test_settings_are_read_as_they_were_written(settings: ValueSettings) -> None:
    assert settings_from_json(settings_to_json(settings)) == settings


def test_settings_of_an_older_version_take_what_is_usual() -> None:
    assert settings_from_json('{"ask_goals": true}') == ValueSettings(ask_goals=True)


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"cases": (CASE, CASE)}, "Two cases have the name 'move'"),
        ({"contexts": (Context("c", "when", ("gone",)),)}, "There is no case 'gone'"),
        ({"stories": (StoryText("a", "b", "x", "gone"),)}, "There is no context 'gone'"),
        ({"vignettes": (Vignette("v", "gone", "a", "b"),)}, "There is no case 'gone'"),
        ({"languages": ()}, "at least one language"),
        ({"languages": ("en", "en")}, "different names"),
        ({"cases": tuple(Case(str(n), "t", "x") for n in range(51))}, "There are 51 cases"),
    ],
)
def test_what_does_not_go_together_is_refused(parts: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidValueSettingsError, match=sentence):
        ValueSettings(**parts)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Case("", "t", "x"), "The name of a case is empty"),
        (lambda: Case("c", "t", "x" * 5001), "5,001 characters"),
        (lambda: Case("c", "t", "a\0b"), "cannot be kept"),
        (lambda: StoryText("a", "a", "x"), "to another one"),
        (lambda: Vignette("v", "c", "same", " same "), "are the same"),
        (lambda: ModelChoice(ModelKind.ENDPOINT, "", "m"), "The address of the model is empty"),
        (lambda: ModelChoice(ModelKind.LOCAL), "The folder of the model is empty"),
        (lambda: ModelChoice(seconds=0), "1 to 60"),
        (lambda: ModelChoice(seconds=float("nan")), "1 to 60"),
        (lambda: ModelChoice(cast("ModelKind", "robot")), "must be one of off, endpoint, local"),
    ],
)
def test_a_part_that_cannot_be_is_refused(make: Any, sentence: str) -> None:
    with pytest.raises(InvalidValueSettingsError, match=sentence):
        make()


@pytest.mark.parametrize(
    "text",
    ["", "[]", "3", '{"x": 1}', '{"cases": [3]}', '{"model": {"kind": "robot"}}', "[" * 5000],
)
def test_what_is_no_settings_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueSettingsError, match="cannot be read"):
        settings_from_json(text)
