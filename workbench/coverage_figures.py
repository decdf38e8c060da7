"""Figures of coverage, worked out once for as long as neither answers, items nor fits are added."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.coverage import (
    Differences,
    HeatMap,
    PairCoverage,
    Plane,
    PromptDesign,
    QualityGrid,
    Wanted,
    determined_differences,
    heat_map,
    pair_coverage,
    principal_plane,
    prompt_designs,
    quality_grid,
    what_next,
)
from core.estimates import NotDeterminedError, normal_quantile
from core.judgment import Floats, Indices
from core.text.hashed import hashed_features
from storage import studies
from storage.answers import Answers
from storage.database import Database
from workbench import results
from workbench.dashboards import within_overlap
from workbench.opening import Workbench
from workbench.results import Result

#: Beyond so many items a map of all of them is not worth the seconds; those of one prompt are.
MAX_ON_MAP = 5_000


@dataclass(frozen=True, slots=True, eq=False)
class Strengths:
    """What the newest fit says of the items of the answers; nan for items that are newer."""

    value: Floats
    sd: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What the newest fit tells of the differences of one prompt, and between which items least."""

    differences: Differences
    least_known: tuple[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class ItemMap:
    """Items in the plane of their words, in cells, and what is wanted there.

    Attributes
    ----------
    items : ndarray of int64
        Those on the map, as numbers of the answers.
    shown : ndarray of int64, shape (n_items,)
        How often each was in a judged pair.
    """

    items: Indices
    plane: Plane
    shown: Indices
    grid: QualityGrid
    wanted: tuple[Wanted, ...]


@lru_cache(maxsize=4)
def pairs(given: Answers) -> PairCoverage:
    """What was asked of what could be asked."""
    inside = within_overlap(given)
    return pair_coverage(given.prompts, inside.first, inside.second, inside.annotator)


@lru_cache(maxsize=4)
def designs(given: Answers) -> tuple[PromptDesign, ...]:
    """What the judged pairs of each prompt can tell."""
    inside = within_overlap(given)
    return prompt_designs(given.prompts, inside.first, inside.second)


def differences(workbench: Workbench, study_id: str) -> dict[str, Told] | None:
    """Which differences the newest fit determines, by prompt id; None without a fit."""
    result = results.latest(workbench, study_id)
    if result is None:
        return None
    return _differences(workbench, study_id, result.fit.id)


@lru_cache(maxsize=4)
def _differences(workbench: Workbench, study_id: str, _fit: str) -> dict[str, Told]:
    result = results.latest(workbench, study_id)
    if result is None:
        return {}
    model = result.bradley_terry
    of_item = {item.id: item.prompt_id for item in studies.items(workbench.db, study_id)}
    prompts = list(dict.fromkeys(of_item[item] for item in model.items))
    component, rng = result.piece, np.random.default_rng(0)
    found = {}
    for number, prompt in enumerate(prompts):
        if (model.prompts == number).sum() > 1:
            told = determined_differences(model, component, number, rng)
            one, other = (model.items[i] for i in told.widest)
            found[prompt] = Told(told, (one, other))
    return found


def strengths(given: Answers, result: Result | None) -> Strengths | None:
    """Strengths of the newest fit by the numbers of the items of the answers.

    nan for items that it did not know, or knew no comparison of: what the prior says is no finding.
    """
    if result is None:
        return None
    model = result.bradley_terry
    low, high = result.strengths_interval()
    sd = (high - low) / 2 / normal_quantile(0.95)
    place = {item: number for number, item in enumerate(model.items)}
    number = np.array([place.get(item, -1) for item in given.items], dtype=np.int64)
    compared = np.bincount(result.piece)[result.piece] > 1
    found = (np.where(compared, part, np.nan) for part in (model.strengths, sd))
    value, spread = (np.append(part, np.nan)[number] for part in found)
    return Strengths(value, spread)


@lru_cache(maxsize=8)
def heat(given: Answers, prompt: int) -> tuple[Indices, HeatMap]:
    """Items of one prompt, and who of them was compared with whom."""
    inside = within_overlap(given)
    items = np.flatnonzero(given.prompts == prompt).astype(np.int64)
    rows = given.prompts[inside.first] == prompt
    first, second = (
        np.searchsorted(items, part[rows]).astype(np.int64)
        for part in (inside.first, inside.second)
    )
    return items, heat_map(len(items), first, second)


def item_map(
    workbench: Workbench, study_id: str, given: Answers, prompt: int | None, enough: int
) -> ItemMap:
    """Where items lie by their words, of one prompt or of all.

    Raises
    ------
    NotDeterminedError
        If there are too few items, or too many for a map of all.
    """
    if prompt is None and len(given.items) > MAX_ON_MAP:
        raise NotDeterminedError(
            f"A map of all {len(given.items):,} items would take long. Choose one prompt."
        )
    every = np.arange(len(given.items))
    items = every if prompt is None else np.flatnonzero(given.prompts == prompt)
    plane = _plane(workbench.db, study_id, given, prompt)
    found = strengths(given, results.latest(workbench, study_id))
    value, sd = np.zeros((2, len(items)))
    if found is not None:
        value, sd = _within_prompt(found.value, given.prompts)[items], found.sd[items]
    shown = pairs(given).asked_per_item[items]
    grid = quality_grid(plane.points, shown, value, sd)
    return ItemMap(items, plane, shown, grid, what_next(grid, plane.points, enough=enough))


def _within_prompt(value: Floats, prompts: Indices) -> Floats:
    """Strengths less the mean of their prompt, so that items of all prompts stand beside."""
    known = np.isfinite(value)
    n = np.bincount(prompts[known], minlength=int(prompts.max()) + 1)
    total = np.bincount(prompts[known], value[known], len(n))
    centred: Floats = value - (total / np.maximum(n, 1))[prompts]
    return centred


@lru_cache(maxsize=4)
def _plane(db: Database, study_id: str, given: Answers, prompt: int | None) -> Plane:
    texts = {item.id: item.text for item in studies.items(db, study_id)}
    on_map = [
        item
        for item, of_prompt in zip(given.items, given.prompts.tolist(), strict=True)
        if prompt is None or of_prompt == prompt
    ]
    return principal_plane(hashed_features([texts.get(item, "") for item in on_map]))
