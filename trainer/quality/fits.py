"""What fits to other judgments would say, and whether intervals hold in studies like this one."""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from core.bradley_terry import BradleyTerry
from core.ensembles import ensemble_from_arrays
from core.estimates import NotDeterminedError
from core.fitting import fit_bradley_terry
from core.judgment import Comparisons
from core.predictions import PreferenceModel, logistic
from core.recalibration import Calibrator
from core.uncertainty import Multiplicity, interval_coverage, multiplicity
from trainer import run_directory
from trainer.quality.forecasts import differs
from trainer.quality.made import Made
from trainer.study_data import StudyData

#: Pairs that the page names.
N_NAMED = 50
#: Studies that are simulated.
N_STUDIES = 40
#: Beyond these sizes it would take minutes.
MOST_JUDGMENTS, MOST_ITEMS = 100_000, 2_000


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


def intervals_hold(data: StudyData, model: BradleyTerry, made: Made) -> dict[str, Any]:
    """How often the intervals of Bradley-Terry hold, in studies simulated from the fit itself.

    Without grades, effects and other forms of answers: strengths from pairs and their ties.

    Raises
    ------
    NotDeterminedError
        If the study is too large to be simulated.
    """
    comparisons, tie_model = data.comparisons, made.fitting.tie_model
    n = len(comparisons)
    if n > MOST_JUDGMENTS or len(comparisons.items) > MOST_ITEMS:
        raise NotDeterminedError(
            f"Whether intervals hold is simulated up to {MOST_JUDGMENTS:,} judgments and "
            f"{MOST_ITEMS:,} items; here are {n:,} and {len(comparisons.items):,}. What was "
            "measured at other sizes is in docs/benchmarks.md."
        )
    if differs(data, made.fitting):
        model = fit_bradley_terry(comparisons, tie_model=tie_model)
    found = interval_coverage(
        model,
        comparisons,
        partial(fit_bradley_terry, tie_model=tie_model),
        rng=np.random.default_rng(made.seed),
        n_studies=N_STUDIES,
    )
    return asdict(found) | {"n_pairs": len(comparisons.counts().first)}
