"""When strengths changed, of which items and in whom: for the page Evaluation."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from core.bradley_terry import BradleyTerry
from core.estimates import NotDeterminedError
from core.fitting.strength_changes import StrengthChange, strength_changes
from core.judgment import Comparisons, Indices
from trainer.study_data import StudyData

#: Of items that did not move for sure, so many are named, the largest changes first.
N_OTHERS = 12


def changes_of_strengths(
    data: StudyData, judged_at: Indices, plain: BradleyTerry, seed: int
) -> dict[str, Any]:
    """Find when strengths changed, and say what change would have been found.

    Parameters
    ----------
    judged_at : ndarray of int64, shape (n_comparisons,)
        Microseconds since 1970; -1 where it is not known.
    plain : BradleyTerry
        Whose prior all parts of the time are fitted with.
    """
    if not np.isfinite(plain.prior_scale):
        raise NotDeterminedError("The fit found no prior, which few judgments need. Judge more.")
    comparisons = data.comparisons
    found = strength_changes(
        comparisons,
        judged_at,
        prior_scale=plain.prior_scale,
        rng=np.random.default_rng(seed),
    )
    known = found.detectable[np.isfinite(found.detectable)]
    names = list(dict.fromkeys(data.prompt_ids))
    return {
        "changes": [_said(change, comparisons, names) for change in found.changes],
        "detectable": {"median": float(np.median(known)), "least": float(known.min())},
        "n_followed": len(known),
        "n_items": len(comparisons.items),
        "n": found.n,
        "n_people": found.n_people,
        "n_sittings": found.n_sittings,
    }


def _said(change: StrengthChange, comparisons: Comparisons, names: list[str]) -> dict[str, Any]:
    shifts = change.shifts
    compared = np.flatnonzero(np.isfinite(shifts.change))
    size = np.abs(shifts.change[compared]) / (shifts.high - shifts.low)[compared]
    order = compared[np.argsort(-size, kind="stable")]
    moved = [k for k in order if shifts.moved[k]]
    others = [k for k in order if not shifts.moved[k]][:N_OTHERS]
    return {
        "at": _moment(change.at),
        "from": _moment(change.low),
        "to": _moment(change.high),
        "p_value": change.p_value,
        "n_before": change.n_before,
        "n_after": change.n_after,
        "where": str(change.where),
        "within": change.within and asdict(change.within),
        "n_people": change.n_people,
        "n_moved": len(moved),
        "n_compared": len(compared),
        "items": [_item(change, int(k), comparisons, names) for k in [*moved, *others]],
    }


def _item(
    change: StrengthChange, k: int, comparisons: Comparisons, names: list[str]
) -> dict[str, Any]:
    item, shifts = int(change.items[k]), change.shifts
    return {
        "item": comparisons.items[item],
        "prompt": names[comparisons.prompts[item]],
        "before": float(change.before[k]),
        "after": float(change.after[k]),
        "value": float(shifts.change[k]),
        "low": float(shifts.low[k]),
        "high": float(shifts.high[k]),
        "moved": bool(shifts.moved[k]),
    }


def _moment(microseconds: int) -> str:
    """To the minute, UTC: a study may be of one day."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    return f"{moment:%Y-%m-%d %H:%M}"
