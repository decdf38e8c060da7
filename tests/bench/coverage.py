"""Coverage at the sizes of large studies: seconds."""

from collections.abc import Callable

import numpy as np

from core.coverage import (
    heat_map,
    pair_coverage,
    principal_plane,
    prompt_designs,
    quality_grid,
    what_next,
)
from core.fitting.triplets import fit_triplets
from core.judgment import Indices
from tests.bench.agreement import best
from tests.bench.table import Row
from tests.core.test_coverage_places import similar

ABOUT = (
    "1,000 items of one prompt, or 10,000 of 500 prompts, and a million judgments of random pairs; "
    "the best of seven. Map: 10,000 items with 384 features. Similarity: 60 items, 1,500 answers "
    "to “which two are closer?”, six fits with three starts each, once."
)
N = 10**6


def judged(n_prompts: int, each: int) -> tuple[Indices, Indices, Indices]:
    rng = np.random.default_rng(0)
    prompts = np.repeat(np.arange(n_prompts), each)
    prompt, first = rng.integers(n_prompts, size=N), rng.integers(each, size=N)
    second = (first + rng.integers(1, each, size=N)) % each
    return prompts, prompt * each + first, prompt * each + second


def measure() -> list[Row]:
    rows = []
    for what, n_prompts, each in (("one prompt", 1, 1_000), ("500 prompts", 500, 20)):
        prompts, first, second = judged(n_prompts, each)
        people = first % 300
        rows += [
            _row(f"{what}: counts", lambda: pair_coverage(prompts, first, second, people)),  # noqa: B023
            _row(
                f"{what}: degrees, pieces, efficiency",
                lambda: prompt_designs(prompts, first, second),  # noqa: B023
            ),
        ]
    _, first, second = judged(1, 1_000)
    rows.append(_row("heat map of 1,000 items", lambda: heat_map(1_000, first, second)))
    return rows + _maps()


def _maps() -> list[Row]:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(10_000, 384)) * np.linspace(2, 1, 384)
    points, shown = principal_plane(features).points, rng.integers(200, size=10_000)

    def gaps() -> object:
        grid = quality_grid(points, shown, rng.normal(size=10_000), np.ones(10_000))
        return what_next(grid, points, enough=20)

    _, triplets, question = similar(rng, 60, 1_500, 0.2)
    return [
        _row("plane of 10,000 items", lambda: principal_plane(features)),
        _row("grid and list of what to do next", gaps),
        _row("map from similarity", lambda: fit_triplets(triplets, 60, question, rng=rng), 1, ""),
    ]


def _row(what: str, work: Callable[[], object], n_times: int = 7, beside: str = "< 2 s") -> Row:
    return Row(what, f"{best(work, n_times) * 1e3:.0f} ms", beside)
