from dataclasses import asdict

import numpy as np

from core.calibration import reliability_curve
from core.estimates import Estimate
from ui import charts
from ui.calibration.curves import reliability
from ui.chart_with_data import Columns, arrow, csv_of
from ui.figures import count, label, linked, said, source


def test_an_estimate_is_said_with_its_interval() -> None:
    assert said(Estimate(0.8124, 0.79, 0.8341, 100)) == "0.812 (0.790 to 0.834)"
    assert said({"value": 12.4, "low": 3.0, "high": 20.0, "n": 7}, 0) == "12 (3 to 20)"


def test_what_is_not_determined_is_said_to_be_so() -> None:
    assert said(None) == "not determined"
    infinite = Estimate(0.5, -np.inf, np.inf, 1)
    assert "interval not determined" in said(infinite, 1)
    assert "interval not determined" in said({"value": 0.5, "low": None, "high": None, "n": 1})
    assert said({"value": None, "low": None, "high": None, "n": 1}) == "not determined"


def test_what_is_rounded_to_nothing_has_no_minus() -> None:
    assert said(Estimate(-0.0001, -0.0004, 0.0004, 100)) == "0.000 (0.000 to 0.000)"


def test_a_label_is_one_short_line_without_markdown() -> None:
    assert label("a1", "# Title\n\nSome `code` and $x^2$") == "a1 · Title Some code and x^2"
    long = label("a1", "word " * 50, 20)
    assert long == "a1 · word word word word…"


def test_one_and_many() -> None:
    assert (count(1, "person", "people"), count(3815, "person", "people")) == (
        "1 person",
        "3,815 people",
    )


def test_strengths_are_drawn_strongest_on_top_with_their_intervals() -> None:
    """Plotly draws categories from the bottom: the largest value comes last."""
    value = np.array([0.5, -1.0, 2.0])
    figure = charts.strengths(["a", "b", "c"], value, value - 0.2, value + 0.3)
    [points] = figure.data
    assert list(points.y) == ["b", "a", "c"]
    np.testing.assert_allclose(points.error_x.array, [0.3] * 3)
    np.testing.assert_allclose(points.error_x.arrayminus, [0.2] * 3)


def test_the_reliability_chart_shows_what_the_curve_holds() -> None:
    """Forty judgments held at 0.9, thirty-six of them right: one point at (0.9, 0.9).

    By chance it would lie within the two ends that are drawn as an area.
    """
    outcome = np.array([1.0] * 36 + [0.0] * 4)
    curve = reliability_curve(np.full(40, 0.9), outcome, np.arange(40))
    points, lower, upper, _ = reliability([asdict(part) for part in curve.bins]).data
    assert lower.y[0] < 0.9 < upper.y[0]
    np.testing.assert_allclose([*points.x, *points.y], [0.9, 0.9])
    assert points.customdata[0] == 40
    assert points.error_y.array[0] > 0


def test_bars_are_drawn_longest_on_top() -> None:
    [bars] = charts.bars(["ann", "ben"], [3, 2], "judged").data
    assert list(bars.y) == ["ben", "ann"]


def test_a_quoted_heading_of_the_statistics_leads_to_it() -> None:
    assert source("Noise or ignorance", "Brier score and log loss, and their parts") == (
        "Formula and source: [docs/statistics.md, “Noise or ignorance”]"
        "(/statistics#noise-or-ignorance) and [“Brier score and log loss, and their parts”]"
        "(/statistics#brier-score-and-log-loss-and-their-parts)."
    )
    assert linked("The page “Results” says so.") == "The page “Results” says so."
    assert linked(source("Ties", "Ranks")) == source("Ties", "Ranks")


def test_p_values_are_said_on_the_screen_and_exact_in_the_file() -> None:
    columns: Columns = {"who": ["a", "b", "c"], "p": [1e-10, 0.25, None]}
    assert arrow(columns)["p"].to_pylist() == ["< .001", ".250", ""]
    assert csv_of(columns).splitlines()[1:] == ["a,1e-10", "b,0.25", "c,"]
