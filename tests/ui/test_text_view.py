"""What the page says of the texts, drawn from a real fit."""

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.core.judged_texts import judged_texts
from tests.trainer.test_text import Run
from trainer.text import fit_text
from trainer.text_files import TextSettings
from ui.text_view import verdict

PAGE = """
from pathlib import Path
import json
from ui import text_view
said = json.loads(Path({said!r}).read_text())
text_view.show(Path({directory!r}), said["figures"], said["names"], said["prompts"])
"""


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], list[str]]:
    judged = judged_texts(n_judgments=600)
    directory = tmp_path_factory.mktemp("run")
    figures = fit_text(
        Run(directory),
        judged.comparisons,
        judged.texts,
        judged.prompts,
        device="cpu",
        settings=TextSettings(n_folds=2),
    )
    return directory, figures, judged.prompts


def page(directory: Path, figures: dict[str, Any] | None, prompts: list[str]) -> AppTest:
    import json

    said = directory / "said.json"
    names = [f"q{number}" for number in range(len(prompts))]
    said.write_text(json.dumps({"figures": figures, "names": names, "prompts": prompts}))
    return AppTest.from_string(
        PAGE.format(said=str(said), directory=str(directory)), default_timeout=30
    ).run()


def test_the_encoder_and_the_held_out_figures_are_named(
    fitted: tuple[Path, dict[str, Any], list[str]],
) -> None:
    at = page(*fitted)
    assert not at.exception
    words = " ".join(element.value for element in [*at.markdown, *at.caption])
    assert "TF-IDF" in words
    assert "Whole prompts were held out: n = 600 judgments of 12 prompts" in words
    assert "better than chance" in words


def test_a_text_typed_in_is_predicted_and_a_strange_one_is_flagged(
    fitted: tuple[Path, dict[str, Any], list[str]],
) -> None:
    at = page(*fitted)
    at.text_area[0].set_value("zxqv wvut brrl qqqq krrk")
    at.button[0].click().run()
    assert not at.exception
    assert [metric.label for metric in at.metric] == ["Strength", "Preferred to the average item"]
    assert "unlike the judged ones" in at.warning[0].value
    at.text_area[0].set_value("the clear and kind in it is true to the a of for as with")
    at.button[0].click().run()
    assert not at.warning
    assert at.metric[0].value.startswith("+")


def test_a_fit_without_texts_says_so(tmp_path: Path) -> None:
    assert "did not read the texts" in page(tmp_path, None, [""]).info[0].value


def test_why_there_is_no_text_model_is_shown(tmp_path: Path) -> None:
    at = page(tmp_path, {"failure": "The encoder was not there."}, [""])
    assert at.info[0].value == "The encoder was not there."


def test_no_gain_is_not_sold_as_one() -> None:
    unclear = {"value": -0.01, "low": -0.03, "high": 0.01, "n": 9}
    held_out = {"gain": {"log_loss": unclear}, "difference": {"log_loss": unclear}}
    assert verdict({**held_out, "by_prompt": True}).startswith("**The texts do not predict")
