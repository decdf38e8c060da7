"""Annotators on the page Results."""

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.annotator_models import AnnotatorModel
from core.fitting.annotators import evaluate_annotators, fit_annotators
from tests.core.crowd import judge
from ui import annotators_view

NAMES = {number: f"p*{number}" for number in range(30)}


@pytest.fixture(scope="module")
def fitted() -> tuple[AnnotatorModel, dict[str, Any]]:
    """Thirty people, of whom the first clicks at random and the second the wrong way round."""
    rng = np.random.default_rng(0)
    scale = np.ones(30)
    scale[0], scale[1] = 0, -1
    threshold = np.full(30, 0.5)
    data = judge(1.5 * rng.normal(size=20), scale, threshold, 80, rng=rng)
    return fit_annotators(data), asdict(evaluate_annotators(data))


def test_those_to_look_at_come_first_and_their_kind_is_said(
    fitted: tuple[AnnotatorModel, dict[str, Any]],
) -> None:
    columns = annotators_view.table(fitted[0], NAMES)
    assert set(columns["annotator"][:2]) == {"p*0", "p*1"}
    kind = dict(zip(columns["annotator"], columns["to look at"], strict=True))
    assert kind["p*0"] == "looks careless"
    assert kind["p*1"] == "looks inverted"
    assert list(columns["to look at"][2:]) == [""] * 28
    assert len(columns["ties"]) == 30


def test_the_page_names_them_as_text_and_says_that_nothing_was_left_out(
    fitted: tuple[AnnotatorModel, dict[str, Any]],
) -> None:
    sentence = annotators_view.whom_to_look_at(fitted[0], NAMES)
    assert "2 of 30 annotators to look at" in sentence
    assert r"p\*0, p\*1" in sentence
    assert "kept and counted" in sentence


def test_the_gain_is_called_one_only_where_its_interval_says_so(
    fitted: tuple[AnnotatorModel, dict[str, Any]],
) -> None:
    def said(low: float | None, high: float | None) -> str:
        return annotators_view.what_it_gains(
            {"difference": {"log_loss": {"low": low, "high": high}}}
        )

    assert "Annotators differ" in annotators_view.what_it_gains(fitted[1])
    assert "No difference" in said(-0.1, 0.1)
    assert "predicts worse" in said(0.1, 0.2)
    assert "do not determine" in said(None, None)


def test_the_whole_part_is_drawn(fitted: tuple[AnnotatorModel, dict[str, Any]]) -> None:
    # Only the source of this function is run: its annotations name what is not imported there.
    def page(model: "Any", evaluation: "Any", names: "Any") -> None:
        from ui import annotators_view

        annotators_view.show(model, evaluation, names)

    app = AppTest.from_function(page, args=(*fitted, NAMES), default_timeout=30).run()
    assert not app.exception
    [drawn] = app.dataframe
    assert list(drawn.value["annotator"][:2]) in (["p*0", "p*1"], ["p*1", "p*0"])
    assert any("2,400 judgments by 30 people" in caption.value for caption in app.caption)
    nothing = AppTest.from_function(page, args=(fitted[0], None, NAMES), default_timeout=30).run()
    assert "Too few judgments" in nothing.info[0].value
