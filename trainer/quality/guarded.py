"""The pairs that no figure of a model is made from: what a fit without them says of them."""

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.estimates import Estimate, NotDeterminedError, clustered_mean
from core.fitting import fit_general_preference
from core.fitting.penalty import choose_general_preference
from core.judgment import Comparisons, Floats, Indices
from core.scores import HeldOut, hits
from core.study import Fitting
from core.uncertainty.guarded import FEWEST_PAIRS, pair_means, set_aside
from trainer import parts, run_directory
from trainer.quality.forecasts import shares_of
from trainer.quality.made import MODELS, Made, Model
from trainer.study_data import StudyData


def aside(data: StudyData, study_id: str, share: float) -> NDArray[np.bool_]:
    """Which comparisons are of pairs that the study sets aside; shape (n_comparisons,)."""
    comparisons = data.comparisons
    first, second = (
        [comparisons.items[i] for i in side.tolist()]
        for side in (comparisons.first, comparisons.second)
    )
    return set_aside(study_id, first, second, share)


def guard(data: StudyData, kept: NDArray[np.bool_], made: Made) -> dict[str, Any]:
    """Judge both models on the pairs that were set aside, and lock the figures away.

    The training figure is the accuracy of the other pairs, each held out in turn; that of the
    hold-out is of models fitted to all of these. In both every pair counts once. They go to a file
    of their own, which nothing but `workbench.guarded` reads: the report has no trace of them.

    Parameters
    ----------
    kept : ndarray of bool, shape (n_comparisons,)
        What is set aside.

    Raises
    ------
    NotDeterminedError
        If no pair is set aside, or too few were judged.
    """
    if not made.fitting.guarded_share:
        raise NotDeterminedError(
            "No pairs are set aside. Set a share of them aside in the study's settings, under what "
            "a fit takes into account, before people judge: whether choosing among fits has fooled "
            "you can then be asked here."
        )
    locked = data.comparisons.where(kept & (data.comparisons.outcome != 0))
    pair = _pair(locked)
    n_pairs = len(np.unique(pair))
    if n_pairs < FEWEST_PAIRS:
        raise NotDeterminedError(
            f"The guarded hold-out needs {FEWEST_PAIRS} judged pairs that decide for an item, it "
            f"has {n_pairs}. Judge more, or set a larger share aside."
        )
    if made.held_out is None or not made.held_out.by_pair:
        raise NotDeterminedError(
            "The guarded hold-out needs figures of other pairs to compare with, held out by pair. "
            "Judge more pairs."
        )
    rest = data.where(~kept)
    models = _fit(rest, made)
    training = {name: _training(name, rest, made.held_out, made.fitting) for name in MODELS}
    questions = {
        name: {
            "training": training[name].value,
            "hold_out": float(pair_means(_right(models[name], locked), pair).mean()),
        }
        for name in MODELS
    }
    content = {"n_pairs": n_pairs, "n_judgments": len(locked), "models": questions}
    run_directory.write_json(made.directory / run_directory.GUARDED, content)
    return {
        "share": made.fitting.guarded_share,
        "n_pairs": n_pairs,
        "n_judgments": len(locked),
        "training": {name: asdict(estimate) for name, estimate in training.items()},
        "n_fits_before": _fits_before(made),
    }


def _fit(rest: StudyData, made: Made) -> dict[str, Model]:
    """Both models without what is set aside; also what is chosen is chosen without it."""
    strengths, _ = parts.fit_plain(rest, made.fitting, None)
    comparisons = rest.comparisons
    choice = choose_general_preference(comparisons, seed=made.seed, device=made.device)
    general = fit_general_preference(
        comparisons,
        n_planes=choice.n_planes,
        penalty_share=choice.share,
        intervals=False,
        seed=made.seed,
        device=made.device,
    )
    return {"bradley_terry": strengths, "general_preference": general}


def _fits_before(made: Made) -> int:
    """Earlier finished fits of the study whose figures were made from pairs now set aside."""
    here = run_directory.read_request(made.directory)
    n = 0
    for file in made.directory.parent.glob(f"*/{run_directory.REQUEST}"):
        other = run_directory.read_request(file.parent)
        share = other.fitting.get("guarded_share", 0.0)
        before = other.study_id == here.study_id and other.requested_at < here.requested_at
        done = (file.parent / run_directory.REPORT).exists()
        n += before and done and share < made.fitting.guarded_share
    return n


def _training(name: str, rest: StudyData, held_out: HeldOut, fitting: Fitting) -> Estimate:
    """Accuracy on the other pairs, each predicted without it, every pair counting once."""
    decided = held_out.outcome != 0
    right = hits(shares_of(name, rest, held_out, fitting)[decided], held_out.outcome[decided])
    means = pair_means(right, held_out.pair[decided])
    return clustered_mean(means, np.arange(len(means)))


def _right(model: Model, locked: Comparisons) -> Floats:
    return hits(model.outcome_probabilities(locked.first, locked.second), locked.outcome)


def _pair(comparisons: Comparisons) -> Indices:
    pair: Indices = comparisons.first * len(comparisons.items) + comparisons.second
    return pair
