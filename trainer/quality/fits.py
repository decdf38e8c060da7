"""What other fits of the same judgments, as good as this one, would say."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from core.ensembles import ensemble_from_arrays
from core.judgment import Comparisons
from core.predictions import PreferenceModel, logistic
from core.recalibration import Calibrator
from core.uncertainty import Multiplicity, multiplicity
from trainer import run_directory

#: Pairs that the page names.
N_NAMED = 50


def drawn_anew(
    model: PreferenceModel, calibrator: Calibrator, comparisons: Comparisons, directory: Path
) -> dict[str, Any]:
    """The members of the ensemble against the general model, on the judged pairs."""
    arrays = run_directory.read_arrays(directory / run_directory.ENSEMBLE)
    counts = comparisons.counts()
    first, second = counts.first, counts.second
    members = np.empty((0, len(first)))
    if arrays is not None:
        members = logistic(ensemble_from_arrays(arrays).members_log_odds(first, second))
    baseline = calibrator.probability(model.probability(first, second))
    found = multiplicity(calibrator.probability(members), baseline)
    return said_of_multiplicity(found, model, comparisons)


def said_of_multiplicity(
    found: Multiplicity, model: PreferenceModel, comparisons: Comparisons
) -> dict[str, Any]:
    """What the report says, with the pairs whose probabilities lie furthest apart."""
    counts = comparisons.counts()
    furthest = np.argsort(-(found.high - found.low))[:N_NAMED]
    return {
        "ambiguity": asdict(found.ambiguity),
        "discrepancy": asdict(found.discrepancy),
        "contested": asdict(found.contested),
        "n_fits": found.n_fits,
        "furthest": [
            {
                "first": model.items[counts.first[i]],
                "second": model.items[counts.second[i]],
                "low": float(found.low[i]),
                "high": float(found.high[i]),
            }
            for i in furthest
        ],
    }
