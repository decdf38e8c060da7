"""Judgments that were given after an earlier fit, as that fit foretold them."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.estimates import NotDeterminedError
from core.judgment import Indices
from core.predictions import decided_share
from core.recalibration import IdentityCalibrator
from trainer import run_directory
from trainer.quality.figures import said_of
from trainer.quality.made import Made
from trainer.run_directory import FitRequest
from trainer.study_data import JUDGMENTS, Details, StudyData

#: Judgments that an earlier fit must not have seen, for figures to say anything.
FEWEST_SINCE = 100
FILES = {
    "bradley_terry": run_directory.BRADLEY_TERRY,
    "general_preference": run_directory.GENERAL_PREFERENCE,
}


def given_since(model: str, data: StudyData, details: Details, made: Made) -> dict[str, Any]:
    """Hold the newest earlier fit with enough judgments since against these.

    Its probabilities are taken as they were used: with the recalibration that it had chosen then.

    Parameters
    ----------
    data, details
        Row by row the same comparisons.

    Raises
    ------
    NotDeterminedError
        If no earlier fit has `FEWEST_SINCE` judgments since.
    """
    most = 0
    for directory, request in _earlier(made):
        if not (directory / FILES[model]).exists():
            continue
        new = _unseen(directory, details)
        told = new & data.evenly & (data.comparisons.outcome != 0)
        if told.sum() >= FEWEST_SINCE:
            return _foretold(directory, request, data, np.flatnonzero(told), model=model, new=new)
        most = max(most, int(told.sum()))
    raise NotDeterminedError(
        f"Judgments given after a fit: an earlier fit needs {FEWEST_SINCE} that it has not seen, "
        f"of pairs that were drawn evenly and decide for an item; the most is {most}. They will "
        "be here when more are given."
    )


def _earlier(made: Made) -> list[tuple[Path, FitRequest]]:
    """Finished fits of the same study that were asked for before, the newest first."""
    here = run_directory.read_request(made.directory)
    found = []
    for file in made.directory.parent.glob(f"*/{run_directory.REQUEST}"):
        request = run_directory.read_request(file.parent)
        before = request.study_id == here.study_id and request.requested_at < here.requested_at
        if before and (file.parent / run_directory.REPORT).exists():
            found.append((file.parent, request))
    return sorted(found, key=lambda run: run[1].requested_at, reverse=True)


def _unseen(directory: Path, details: Details) -> NDArray[np.bool_]:
    """Which judgments are not in the snapshot of a fit; shape (n_comparisons,)."""
    import pyarrow.parquet as pq

    table = pq.read_table(directory / JUDGMENTS, columns=["presentation_id"])
    seen = set(table["presentation_id"].to_pylist())
    return np.array([name not in seen for name in details.presentations], dtype=np.bool_)


def _foretold(
    directory: Path,
    request: FitRequest,
    data: StudyData,
    rows: Indices,
    *,
    model: str,
    new: NDArray[np.bool_],
) -> dict[str, Any]:
    """What the earlier fit said of these judgments, as fitted and as used."""
    earlier = run_directory.read_model(directory, FILES[model])
    place = {item: number for number, item in enumerate(earlier.items)}
    comparisons = data.comparisons
    number = np.array([place.get(item, -1) for item in comparisons.items], dtype=np.int64)
    first, second = number[comparisons.first[rows]], number[comparisons.second[rows]]
    known = (first >= 0) & (second >= 0)
    rows, first, second = rows[known], first[known], second[known]
    if len(rows) < FEWEST_SINCE:
        raise NotDeterminedError(
            f"Of the judgments given since the fit of {request.requested_at[:16]} only {len(rows)} "
            "are of items that it knew. Judge more pairs of these."
        )
    fitted = decided_share(earlier.outcome_probabilities(first, second))
    outcome = (comparisons.outcome[rows] > 0).astype(np.float64)
    pairs = comparisons.first * len(comparisons.items) + comparisons.second
    pair = pairs[rows]
    calibrator = run_directory.read_calibrator(directory, model)
    changed = not isinstance(calibrator, IdentityCalibrator)
    return {
        "fit": request.fit_id,
        "requested_at": request.requested_at,
        "calibrator": calibrator.name,
        "n_of_new_pairs": int((~np.isin(pair, pairs[~new])).sum()),
        "figures": said_of(fitted, outcome, pair),
        "after": said_of(calibrator.probability(fitted), outcome, pair) if changed else None,
    }
