"""What changed over time: agreement of people, and strengths since the fit before this one."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from core.bradley_terry import BradleyTerry
from core.comparison_graph import components
from core.drift import change_points, fit_distance, moved_items, strengths_distance
from core.errors import DiscernError
from core.estimates import NotDeterminedError, clustered_mean
from core.fitting.bradley_terry import fit_bradley_terry
from core.judgment import Comparisons, Floats, Indices
from trainer import run_directory
from trainer.noise_of_two import NoiseOfTwo
from trainer.run_directory import FitRequest
from trainer.study_data import Details, StudyData

#: With fewer pairs that two people judged, no change could be told from chance.
FEWEST_PAIRS = 20
#: Newer judgments from which strengths of their own can be had, and items to compare.
FEWEST_NEWER, FEWEST_ITEMS = 20, 3
#: Prompts whose distance is worked out, the most judged first, and items of one that are compared.
MOST_PROMPTS, MOST_ITEMS = 10, 300
WEEK = timedelta(days=7)
MICROSECOND = timedelta(microseconds=1)


def agreement_changes(comparisons: Comparisons, judged_at: Indices, seed: int) -> dict[str, Any]:
    """Find when people began to agree more or less, pair by pair in the order of time.

    One value a pair, so that values are independent: the share of its pairs of people who said the
    same, at the time of its middle judgment.
    """
    time, value = _agreement_by_pair(comparisons, judged_at)
    if len(value) < FEWEST_PAIRS:
        raise NotDeterminedError(
            f"Changes over time need {FEWEST_PAIRS} pairs judged by two or more people at known "
            f"times, there are {len(value)}. Have more pairs judged by several people."
        )
    number = np.arange(len(value))
    found = change_points(value, number, within=(0.0, 1.0), rng=np.random.default_rng(seed))
    return {
        "points": [
            {
                "at": day(time[one.place]),
                "from": day(time[one.low]),
                "to": day(time[min(one.high, len(time) - 1)]),
                "before": asdict(one.before),
                "after": asdict(one.after),
                "p_value": one.p_value,
            }
            for one in found
        ],
        "weeks": _by_week(time, value, number),
        "agreement": asdict(clustered_mean(value, number, within=(0.0, 1.0))),
    }


def _agreement_by_pair(comparisons: Comparisons, judged_at: Indices) -> tuple[Indices, Floats]:
    """Middle time and agreement of each pair that two or more people judged, in order of time."""
    known = np.flatnonzero(judged_at >= 0)
    known = known[np.argsort(judged_at[known], kind="stable")]
    pair = comparisons.first[known] * len(comparisons.items) + comparisons.second[known]
    people = comparisons.annotator[known]
    _, once = np.unique(np.stack([pair, people]), axis=1, return_index=True)
    once.sort()
    known, pair = known[once], pair[once]
    _, place, n = np.unique(pair, return_inverse=True, return_counts=True)
    same = np.zeros(len(n))
    for outcome in (-1, 0, 1):
        count = np.bincount(place, comparisons.outcome[known] == outcome, len(n))
        same += count * (count - 1)
    several = n > 1
    by_pair = np.argsort(place, kind="stable")
    middle = by_pair[np.cumsum(n) - n + n // 2]  # rows of a pair lie together, in order of time
    time = judged_at[known][middle][several]
    value = same[several] / (n * (n - 1))[several]
    order = np.argsort(time, kind="stable")
    return time[order], value[order]


def _by_week(time: Indices, value: Floats, number: Indices) -> list[dict[str, Any]]:
    week = time // (WEEK // MICROSECOND)
    return [
        {
            "week": day(time[week == one][0]),
            **asdict(clustered_mean(value[rows], number[rows], within=(0.0, 1.0))),
        }
        for one in np.unique(week).tolist()
        if (rows := week == one).any()
    ]


def day(microseconds: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(microseconds))
    return f"{moment:%Y-%m-%d}"


def distance_to_previous(
    data: StudyData, details: Details, plain: BradleyTerry, directory: Path, request: FitRequest
) -> dict[str, Any]:
    """Compare strengths with those of the fit before, and test what the judgments since say.

    This fit holds most of what the one before was made from; so the test is between strengths
    fitted to the judgments of then alone and to those given since alone, under one prior.
    """
    before, old = _read_previous(directory, request)
    is_old = np.isin(np.array(details.presentations), old)
    comparisons = data.comparisons
    figures: dict[str, Any] = {"fit": request.previous, "n_newer": int((~is_old).sum())}
    figures["as_seen"] = _as_seen(data, plain, before)
    try:
        figures |= _tested(data, plain.prior_scale, is_old.astype(bool), request.seed)
    except DiscernError as error:
        figures["why_not_tested"] = str(error)
    figures["n_older"] = len(comparisons) - figures["n_newer"]
    return figures


def _read_previous(directory: Path, request: FitRequest) -> tuple[BradleyTerry, list[str]]:
    import pyarrow.parquet as pq

    if request.previous is None:
        raise NotDeterminedError("This is the first fit: the next one is compared with it.")
    other = directory.parent / request.previous
    try:
        model = run_directory.read_model(other, run_directory.BRADLEY_TERRY)
        table = pq.read_table(other / run_directory.JUDGMENTS, columns=["presentation_id"])
    except (OSError, KeyError, ValueError) as error:
        raise _gone(request) from error
    if not isinstance(model, BradleyTerry):
        raise _gone(request)
    return model, table["presentation_id"].to_pylist()


def _gone(request: FitRequest) -> NotDeterminedError:
    return NotDeterminedError(
        f"The files of the fit before this one, {request.previous}, are not there or not readable."
    )


def _as_seen(data: StudyData, plain: BradleyTerry, before: BradleyTerry) -> list[dict[str, Any]]:
    """Distance of all strengths of both fits, by prompt; they share judgments, so no interval."""
    place = {item: number for number, item in enumerate(before.items)}
    names = list(dict.fromkeys(data.prompt_ids))
    rows = []
    for prompt in _most_judged(data):
        here = [i for i in np.flatnonzero(plain.prompts == prompt) if plain.items[i] in place]
        if len(here) >= FEWEST_ITEMS:
            there = before.strengths[[place[plain.items[i]] for i in here]]
            distance = strengths_distance(plain.strengths[here], there)
            rows.append({"prompt": names[prompt], "distance": distance, "n": len(here)})
    return rows


def _most_judged(data: StudyData) -> list[int]:
    n = np.bincount(data.comparisons.prompts[data.comparisons.first])
    order = np.argsort(-n, kind="stable")
    return [int(prompt) for prompt in order if n[prompt]][:MOST_PROMPTS]


def _tested(
    data: StudyData, prior_scale: float, is_old: "np.ndarray[Any, np.dtype[np.bool_]]", seed: int
) -> dict[str, Any]:
    comparisons = data.comparisons
    fewest = min(int(is_old.sum()), int((~is_old).sum()))
    if fewest < FEWEST_NEWER:
        raise NotDeterminedError(
            f"A test needs {FEWEST_NEWER} judgments before and after the fit before this one; one "
            f"side has {fewest}. Judge more, then fit again."
        )
    if not np.isfinite(prior_scale):
        raise NotDeterminedError("The fit found no prior, which few judgments need. Judge more.")
    ties = bool((comparisons.outcome == 0).any())
    parts = [comparisons.where(is_old), comparisons.where(~is_old)]
    fits = [fit_bradley_terry(part, prior_scale=prior_scale, ties=ties) for part in parts]
    noise = NoiseOfTwo.of(fits, parts)
    both = _in_one_piece(parts)
    names = list(dict.fromkeys(data.prompt_ids))
    rows = [
        {"prompt": names[prompt]} | _of_items(fits, noise, items, seed)
        for prompt in _most_judged(data)
        if len(items := _largest(both, comparisons.prompts == prompt)) >= FEWEST_ITEMS
    ]
    return {"prompts": rows, "people": noise.people()}


def _in_one_piece(parts: list[Comparisons]) -> Indices:
    """Number the groups of items that are connected before and also since; -1 for none."""
    n = len(parts[0].items)
    one, other = (components(n, part.first, part.second) for part in parts)
    group: Indices = one * n + other
    _, place, size = np.unique(group, return_inverse=True, return_counts=True)
    group[size[place] < FEWEST_ITEMS] = -1
    return group


def _largest(group: Indices, inside: "np.ndarray[Any, np.dtype[np.bool_]]") -> Indices:
    numbers, n = np.unique(group[inside & (group >= 0)], return_counts=True)
    if len(n) == 0 or n.max() > MOST_ITEMS:
        return np.empty(0, dtype=np.int64)
    found: Indices = np.flatnonzero(group == numbers[n.argmax()])
    return found


def _of_items(
    fits: list[BradleyTerry], noise: NoiseOfTwo, items: Indices, seed: int
) -> dict[str, Any]:
    one, other, shared = noise.between(items)
    arguments = (fits[0].strengths[items], one, fits[1].strengths[items], other)
    moves = moved_items(*arguments, shared=shared, freedom=noise.freedom)
    ids = fits[0].items
    moved = [
        {
            "item": ids[items[k]],
            "change": float(moves.change[k]),
            "low": float(moves.low[k]),
            "high": float(moves.high[k]),
        }
        for k in np.flatnonzero(moves.moved)
    ]
    try:
        distance = fit_distance(
            *arguments, shared=shared, freedom=noise.freedom, rng=np.random.default_rng(seed)
        )
        found = asdict(distance)
    except DiscernError as error:
        found = {"why_not": str(error)}
    return {"distance": found, "moved": moved, "n_items": len(items)}
