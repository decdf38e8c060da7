"""The general model with as many planes as the truth has, held against what its size must cost."""

from dataclasses import dataclass

import numpy as np

from core.fitting import choose_general_preference, fit_bradley_terry, fit_general_preference
from core.judgment import Comparisons
from core.models import BradleyTerry, GeneralPreference
from tests.bench.general import N_ITEMS, N_SEEDS, expected_log_loss, study
from tests.bench.table import Row

ABOUT = (
    f"The same simulated truths, {N_ITEMS} items, {N_SEEDS} studies each, with the planes set to "
    "those of the truth (and no strengths where the truth has none) and only the penalty chosen on "
    "held-out judgments. A model of d free parameters that holds the truth must lose about "
    "d / (2m) nats on m judgments; wanted is at most 1.3 times that, and of the circle a log loss "
    "of 0.318. Free parameters: 99 of an order, 197 of one plane, 296 of both."
)
MOST = 1.3
SIZES = (5_000, 20_000)
#: Truth, judgments and most log loss.
WANTED = {("circle", 5_000): 0.318}


@dataclass(frozen=True, slots=True)
class Shape:
    """Planes of a truth, whether it has strengths, and its free parameters."""

    planes: int
    strengths: bool
    free: int


SHAPES = {
    "order": Shape(0, strengths=True, free=N_ITEMS - 1),
    "circle": Shape(1, strengths=False, free=2 * N_ITEMS - 3),
    "rock-paper-scissors": Shape(1, strengths=False, free=2 * N_ITEMS - 3),
    "order and circle": Shape(1, strengths=True, free=3 * N_ITEMS - 4),
}


def measure() -> list[Row]:
    return [row for truth in SHAPES for size in SIZES for row in _rows(truth, size)]


def _rows(truth: str, size: int) -> list[Row]:
    shape = SHAPES[truth]
    found = np.array([_losses(truth, size, seed) for seed in range(N_SEEDS)])
    oracle, plain, ours = found.mean(axis=0)
    due, alone = shape.free / (2 * size), "" if shape.strengths else ", no strengths"
    rows = [
        Row(
            f"{truth}, {size:,} judgments: excess log loss (planes: {shape.planes}{alone}; "
            f"Bradley-Terry {plain - oracle:.4f}; d / (2m) {due:.4f})",
            f"{ours - oracle:.4f}",
            f"≤ {MOST * due:.4f}",
        )
    ]
    if (truth, size) in WANTED:
        beside = f"the truth {oracle:.4f}, Bradley-Terry {plain:.4f}"
        most = f"≤ {WANTED[truth, size]}"
        rows.append(Row(f"{truth}, {size:,} judgments: log loss ({beside})", f"{ours:.4f}", most))
    return rows


def _losses(truth: str, size: int, seed: int) -> tuple[float, float, float]:
    """Expected log loss of a judgment by the truth, by Bradley-Terry and by the general model."""
    data, odds = study(truth, size, seed)
    plain = fit_bradley_terry(data)
    models = (None, plain, _fitted(data, SHAPES[truth], plain, seed))
    oracle, common, ours = (expected_log_loss(model, data, odds) for model in models)
    return oracle, common, ours


def _fitted(
    data: Comparisons, shape: Shape, plain: BradleyTerry, seed: int
) -> BradleyTerry | GeneralPreference:
    if not shape.planes:
        return plain
    choice = choose_general_preference(
        data, planes=(shape.planes,), with_strengths=shape.strengths, seed=seed
    )
    if not choice.n_planes:
        return plain
    return fit_general_preference(
        data,
        n_planes=choice.n_planes,
        penalty_share=choice.share,
        with_strengths=shape.strengths,
        intervals=False,
        seed=seed,
    )
