"""What judgments add to foretelling others: by person, and by when they were given."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from core.bradley_terry import BradleyTerry
from core.data_value import DataValues, exact_values, monte_carlo_values
from core.estimates import NotDeterminedError
from core.fitting.data_value import held_out_value
from core.fitting.folds import assign_folds
from core.judgment import Comparisons, Indices
from trainer.changes import day

#: It takes a fit for each person and order; beyond, it would take minutes.
MOST_PEOPLE, MOST_JUDGMENTS, MOST_ITEMS, MOST_ORDERS = 100, 100_000, 1_000, 20
#: Up to so many people or batches all subsets are fitted, which are 256.
MOST_EXACT = 8
#: Batches in the order of time, and judgments that one must have.
N_BATCHES, LEAST_OF_BATCH = 8, 25
#: Scores closer to that of all than this, in nats a judgment, are as good.
NEGLIGIBLE = 0.0005
N_FOLDS = 5


def worth_of_people(
    comparisons: Comparisons, people: Sequence[str], plain: BradleyTerry, seed: int
) -> dict[str, Any]:
    """What each person's judgments add to foretelling one part of the pairs."""
    judging = np.unique(comparisons.annotator)
    if len(judging) < 2:  # noqa: PLR2004, one person is all there is
        raise NotDeterminedError("One person judged: there is nobody to compare the value with.")
    names = [people[number] for number in judging]
    player = np.searchsorted(judging, comparisons.annotator)
    return _worth(comparisons, player, names, plain, seed)


def worth_of_batches(
    comparisons: Comparisons, judged_at: Indices, plain: BradleyTerry, seed: int
) -> dict[str, Any]:
    """The same of batches of about equal size, in the order in which they were given."""
    known = np.flatnonzero(judged_at >= 0)
    n_batches = min(N_BATCHES, len(known) // LEAST_OF_BATCH)
    if n_batches < 2:  # noqa: PLR2004, one batch is all there is
        raise NotDeterminedError(
            f"What batches are worth needs {2 * LEAST_OF_BATCH} judgments at known times, there "
            f"are {len(known)}. Judge more pairs first."
        )
    order = known[np.argsort(judged_at[known], kind="stable")]
    batch = np.arange(len(order)) * n_batches // len(order)
    time = judged_at[order]
    ends = [(time[batch == k][0], time[batch == k][-1]) for k in range(n_batches)]
    names = [f"{k + 1}: {day(first)} to {day(last)}" for k, (first, last) in enumerate(ends)]
    chosen = np.zeros(len(comparisons), dtype=bool)
    chosen[known] = True
    player = np.empty(len(comparisons), dtype=np.int64)
    player[order] = batch
    return _worth(comparisons.where(chosen), player[chosen], names, plain, seed)


def _worth(
    comparisons: Comparisons,
    player: Indices,
    names: Sequence[str],
    plain: BradleyTerry,
    seed: int,
) -> dict[str, Any]:
    _check_size(comparisons, len(names), plain)
    folds = assign_folds(comparisons, n_folds=N_FOLDS, seed=seed)
    held = folds.fold == 0
    training, tested = comparisons.where(~held), comparisons.where(held)
    value = held_out_value(training, player[~held], tested, prior_scale=plain.prior_scale)
    pair = tested.first * len(tested.items) + tested.second
    found = (
        exact_values(value, len(names), pair)
        if len(names) <= MOST_EXACT
        else monte_carlo_values(
            value,
            len(names),
            pair,
            rng=np.random.default_rng(seed),
            negligible=NEGLIGIBLE,
            max_orders=MOST_ORDERS,
        )
    )
    n = np.bincount(player, minlength=len(names))
    return _said(found) | {
        "players": [
            {"name": name, "n": int(n[k]), "value": asdict(found.values[k])}
            for k, name in enumerate(names)
        ],
        "n_tested": len(tested),
        "by_pair": folds.by_pair,
    }


def _said(found: DataValues) -> dict[str, Any]:
    return {
        name: getattr(found, name)
        for name in ("total", "n_orders", "n_fits", "truncated", "converged")
    }


def _check_size(comparisons: Comparisons, n_players: int, plain: BradleyTerry) -> None:
    sizes = (n_players, len(comparisons), len(comparisons.items))
    limits = (MOST_PEOPLE, MOST_JUDGMENTS, MOST_ITEMS)
    if any(one > most for one, most in zip(sizes, limits, strict=True)):
        raise NotDeterminedError(
            "What judgments are worth takes a fit for every person (or batch) and order: it is "
            f"worked out up to {MOST_PEOPLE} people, {MOST_JUDGMENTS:,} judgments and "
            f"{MOST_ITEMS:,} items; here are {sizes[0]:,}, {sizes[1]:,} and {sizes[2]:,}."
        )
    if not np.isfinite(plain.prior_scale):
        raise NotDeterminedError("The fit found no prior, which few judgments need. Judge more.")
