"""What a reader sees of the answer, drawn by a real Streamlit script run."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.cycles_report import report_cycles
from core.evaluation import held_out
from core.fitting import choose_general_preference, fit_bradley_terry, fit_general_preference
from core.judgment import Floats
from core.planes import strongest_plane
from core.simulation import simulate
from storage.fits import Fit
from ui import charts
from ui.cycles_view import VERDICTS
from workbench.results import Files, Result


@cache
def result_of(size: float) -> Result:
    """A fit of 15 items that run in a circle of so many nats."""
    angle = np.random.default_rng(0).permutation(2 * np.pi * np.arange(15) / 15)
    skew = size * np.sin(angle[:, None] - angle[None, :])
    data = simulate(np.zeros(15), skew=skew, rng=np.random.default_rng(1), n_judgments=800)
    plain, choice = fit_bradley_terry(data), choose_general_preference(data)
    general = fit_general_preference(
        data, n_planes=choice.n_planes, penalty_share=choice.share, start=plain
    )
    held = held_out(data)
    cycles = asdict(report_cycles(data, plain, general, held))
    now = datetime(2026, 1, 1, tzinfo=UTC)
    fit = Fit("f", "s", "h", 800, now, now, "cpu", {"cycles": cycles})
    files = Files(plain, general, None, None, None, None, {})
    return Result(fit, files, n_newer=0, directory=Path("nowhere"))


def script(size: float) -> None:
    from tests.ui.test_cycles_view import result_of
    from ui import cycles_view

    cycles_view.show(result_of(size))


def seen(size: float) -> AppTest:
    page = AppTest.from_function(script, args=(size,), default_timeout=60).run()
    assert not page.exception
    return page


def texts(page: AppTest) -> str:
    return "\n".join(part.value for part in [*page.markdown, *page.caption])


def figures(page: AppTest) -> Sequence[str]:
    return [str(row) for row in page.dataframe[0].value["figure"]]


def test_a_circle_is_called_one_and_a_lottery_stands_beside_it() -> None:
    page = seen(3.0)
    assert VERDICTS["cyclic"][0] in texts(page)
    assert "Nothing wins against everything" in texts(page)
    assert "half a turn clockwise" in texts(page)
    assert "of that: circles" in figures(page)
    assert "spectral test, p" in figures(page)
    assert "running round triangles (curl)" in figures(page)


def test_without_a_circle_there_is_neither_lottery_nor_plane() -> None:
    page = seen(0.0)
    assert VERDICTS["enough"][0] in texts(page)
    assert "lottery" not in texts(page).lower()
    assert "clockwise" not in texts(page)


def skew_of(size: int, seed: int) -> Floats:
    values = np.random.default_rng(seed).normal(size=(size, 2))
    skew: Floats = values[:, :1] * values[:, 1] - values[:, 1:] * values[:, 0]
    return skew


def test_an_item_beats_those_clockwise_of_it() -> None:
    """A matrix of one plane is drawn without loss, in this sense of turning."""
    odds = skew_of(6, 2)
    found = strongest_plane(odds)
    x, y = found.positions.T
    assert found.share == pytest.approx(1)
    assert x[None, :] * y[:, None] - x[:, None] * y[None, :] == pytest.approx(odds)
    best = int(odds.sum(axis=1).argmax())
    assert (x[best], y[best]) == (pytest.approx(-np.hypot(x[best], y[best])), pytest.approx(0))


def test_where_all_are_alike_all_lie_on_the_cross() -> None:
    assert not strongest_plane(np.zeros((3, 3))).positions.any()


def test_the_chart_shows_every_item_where_it_lies() -> None:
    found = strongest_plane(skew_of(5, 3))
    points, _ = charts.plane([f"i{k} · text" for k in range(5)], found.positions).data
    assert list(points.text) == ["i0", "i1", "i2", "i3", "i4"]
    np.testing.assert_allclose(points.x, found.positions[:, 0])
