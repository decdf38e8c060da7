"""What stands behind the answers and how the models do on parts: for the page Evaluation."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.aggregation import aggregate_ranks
from core.benchmark_scores import BenchmarkScores, benchmark_scores, share_of_the_reachable
from core.bradley_terry import BradleyTerry
from core.criteria import Candidate, everyday_words, mined_candidates
from core.estimates import Estimate, NotDeterminedError, clustered_share
from core.fitting.criteria import weigh_criteria
from core.judgment import Comparisons, Floats, Indices
from core.robust_aggregates import aggregate
from core.scores import HeldOut, hits
from core.study import Fitting
from trainer import study_data
from trainer.best_of import best_of_lists, best_of_pairs
from trainer.changes import agreement_changes, distance_to_previous
from trainer.cohort_distance import distances_between_cohorts
from trainer.data_worth import worth_of_batches, worth_of_people
from trainer.quality import MODELS, said_or_why
from trainer.run_directory import FitRequest
from trainer.strength_changes import changes_of_strengths
from trainer.study_data import Details, StudyData
from trainer.without import write_without

#: Parts with fewer decided judgments are left out of lists: their intervals say nothing.
PER_PART = 10
#: Of the prompts, those with the most judgments are named one by one.
N_NAMED = 100
NO_PAIRS = "This is made from judged pairs, and nobody has judged one. Ask for pairs to see it."
#: With fewer prompts, drawing them anew would make an order look surer than it is.
FEWEST_SUBSETS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Decided:
    """Held-out judgments that were no ties, and whether each model foretold them."""

    right: dict[str, Floats]
    pair: Indices
    prompt: Indices
    annotator: Indices
    fold: Indices

    @classmethod
    def of(cls, held_out: HeldOut | None, prompts: Indices) -> "Decided":
        decided = np.zeros(0, dtype=bool) if held_out is None else held_out.outcome != 0
        if held_out is None or not decided.any():
            raise NotDeterminedError(
                "How well the models do is not determined: no held-out judgment of a pair that "
                "was drawn evenly decides for an item. Judge more pairs first."
            )
        outcome = held_out.outcome[decided]
        return cls(
            right={name: hits(getattr(held_out, name)[decided], outcome) for name in MODELS},
            pair=held_out.pair[decided],
            prompt=prompts[held_out.first[decided]],
            annotator=held_out.annotator[decided],
            fold=held_out.fold[decided],
        )


def report_evaluation(
    data: StudyData,
    held_out: HeldOut | None,
    plain: BradleyTerry,
    directory: Path,
    request: FitRequest,
    *,
    kept: NDArray[np.bool_],
    ceiling: dict[str, Any],
    fitting: Fitting,
) -> dict[str, Any]:
    """Everything that can be said; a part that the data do not determine is a sentence.

    How often models foretell an answer, and agreement over time, are said of pairs that were drawn
    evenly: what a policy chose is closer than most. Strengths without each annotator are left in
    the run directory.

    Parameters
    ----------
    kept : ndarray of bool, shape (n_comparisons,)
        What the guard keeps: how well a model foretells is not said of these.
    held_out : HeldOut or None
        Of the other comparisons, in their order.
    ceiling : dict
        `core.uncertainty.Ceiling` from agreement as the report has it.
    fitting : Fitting
        Cohorts of fewer people than its smallest group are not shown.
    """
    details = study_data.read_details(directory)
    comparisons, seed = data.comparisons, request.seed
    known = None if "why_not" in ceiling else Estimate(**ceiling["accuracy"])
    scored = comparisons.where(~kept)
    even = None if held_out is None else held_out.where(data.evenly[~kept])

    def decided() -> Decided:
        return Decided.of(even, comparisons.prompts)

    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "criteria": lambda: _criteria(comparisons, details, seed),
        "reasons": lambda: _reasons(data, details),
        "accuracy": lambda: _accuracy(decided(), data, known, even),
        "cohorts": lambda: _by_cohort(decided(), data, fitting.smallest_group),
        "robust": lambda: _robust(decided(), seed),
        "order": lambda: _order(decided(), seed),
        "changes": lambda: agreement_changes(
            comparisons.where(data.evenly), details.judged_at[data.evenly], seed
        ),
        "strengths": lambda: changes_of_strengths(data, details.judged_at, plain, seed),
        "previous": lambda: distance_to_previous(data, details, plain, directory, request),
        "between_cohorts": lambda: distances_between_cohorts(
            data, plain.prior_scale, fitting.smallest_group, seed
        ),
        "people_worth": lambda: worth_of_people(scored, details.people, plain, seed),
        "batch_worth": lambda: worth_of_batches(scored, details.judged_at[~kept], plain, seed),
    }
    report = {
        name: said_or_why(part) if len(comparisons) else {"why_not": NO_PAIRS}
        for name, part in parts.items()
    }
    write_without(data, details.people, plain, fitting, directory)
    return report | {"best": _best(data, even, seed)}


def _best(data: StudyData, held_out: HeldOut | None, seed: int) -> dict[str, Any]:
    return {
        "pairs": said_or_why(lambda: best_of_pairs(held_out, data.comparisons.prompts, seed)),
        "lists": said_or_why(lambda: best_of_lists(data.all_answers, seed)),
    }


def _criteria(comparisons: Comparisons, details: Details, seed: int) -> dict[str, Any]:
    if not details.aspects:
        raise NotDeterminedError(
            "Nobody was asked about aspects, so that nothing says what goes with the overall "
            "answer. Name aspects in the study's form; the words of reasons are candidates."
        )
    rows = comparisons.outcome != 0
    names = [name for name, said in details.aspects.items() if said[rows].any()]
    if not names:
        raise NotDeterminedError(
            "No aspect prefers an item where the overall answer does. Judge more pairs first."
        )
    found = weigh_criteria(
        names,
        np.stack([details.aspects[name][rows] for name in names], axis=1),
        (comparisons.outcome[rows] > 0).astype(np.float64),
        _pair(comparisons)[rows],
        seed=seed,
    )
    return asdict(found) | {
        "silent": [name for name in details.aspects if name not in names],
        "n": int(rows.sum()),
        "n_pairs": len(np.unique(_pair(comparisons)[rows])),
    }


def _reasons(data: StudyData, details: Details) -> dict[str, Any]:
    """Words and ticked reasons: they have no side, so that they foretell no answer yet."""
    people = data.comparisons.annotator
    given = np.array([bool(reason.strip()) for reason in details.reasons], dtype=bool)
    ticked = np.logical_or.reduce(
        [marks > 0 for marks in details.chips.values()] or [given & False]
    )
    if not (given | ticked).any():
        raise NotDeterminedError("Nobody has given a reason yet. Ask for reasons in the settings.")
    written = [reason for reason in details.reasons if reason.strip()]
    words: tuple[Candidate, ...] = ()
    if written:
        words = mined_candidates(written, people[given], without=everyday_words(data.texts))
    return {
        "words": [asdict(one) for one in words],
        "chips": [
            {"name": name, "share": asdict(clustered_share(marks[ticked], people[ticked]))}
            for name, marks in details.chips.items()
        ],
        "n_written": len(written),
        "n_ticked": int(ticked.sum()),
    }


def _accuracy(
    decided: Decided, data: StudyData, ceiling: Estimate | None, held_out: HeldOut | None
) -> dict[str, Any]:
    names = list(dict.fromkeys(data.prompt_ids))
    subset = [names[number] for number in decided.prompt.tolist()]
    scores = {
        name: benchmark_scores(right, subset, decided.pair) for name, right in decided.right.items()
    }
    figures: dict[str, Any] = {name: _overall(one, ceiling) for name, one in scores.items()}
    return figures | {
        "ceiling": asdict(ceiling) if ceiling is not None else None,
        "by_pair": held_out is not None and held_out.by_pair,
        "n_chosen": int(((data.comparisons.outcome != 0) & ~data.evenly).sum()),
        "parts": _parts(scores),
        "n_parts": len(set(subset)),
    }


def _overall(scores: BenchmarkScores, ceiling: Estimate | None) -> dict[str, Any]:
    reached = {"why_not": "No ceiling is known: have pairs judged by two or more people."}
    if ceiling is not None:
        reached = said_or_why(lambda: asdict(share_of_the_reachable(scores.pooled, ceiling)))
    return {
        "pooled": asdict(scores.pooled),
        "overall": asdict(scores.overall),
        "of_the_reachable": reached,
    }


def _parts(scores: dict[str, BenchmarkScores]) -> list[dict[str, Any]]:
    """Accuracy of both models on the parts with enough judgments, the largest first."""
    by_model = {
        name: {part.subset: part.accuracy for part in one.subsets} for name, one in scores.items()
    }
    first = by_model[MODELS[0]]
    large = sorted(
        (name for name in first if first[name].n >= PER_PART), key=lambda name: -first[name].n
    )
    return [
        {"name": name} | {model: asdict(by_model[model][name]) for model in MODELS}
        for name in large[:N_NAMED]
    ]


def _by_cohort(decided: Decided, data: StudyData, smallest: int) -> dict[str, Any]:
    judging = np.unique(data.comparisons.annotator)
    size = np.bincount(data.cohort[judging] + 1, minlength=len(data.cohorts) + 1)[1:]
    kept = np.flatnonzero(size >= smallest)
    cohort = data.cohort[decided.annotator]
    inside = np.isin(cohort, kept)
    if not inside.any():
        raise NotDeterminedError(
            f"No cohort has {smallest} people or more who judged. Name cohorts on the page People, "
            "or invite more."
        )
    subset = [data.cohorts[number] for number in cohort[inside].tolist()]
    scores = {
        name: benchmark_scores(right[inside], subset, decided.pair[inside])
        for name, right in decided.right.items()
    }
    return {"parts": _parts(scores), "n_left_out": int((size < smallest).sum())}


def _by_fold_and_prompt(decided: Decided) -> tuple[dict[str, Floats], Indices]:
    """Accuracy of each model by part of the cross-validation, of prompts that all parts have."""
    folds, fold = np.unique(decided.fold, return_inverse=True)
    prompts, prompt = np.unique(decided.prompt, return_inverse=True)
    shape, place = (len(folds), len(prompts)), fold * len(prompts) + prompt
    n = np.bincount(place, minlength=shape[0] * shape[1]).reshape(shape)
    whole = (n > 0).all(axis=0)
    scores = {}
    for name, right in decided.right.items():
        sums = np.bincount(place, right, shape[0] * shape[1]).reshape(shape)
        scores[name] = sums[:, whole] / n[:, whole]
    return scores, prompts[whole]


def _robust(decided: Decided, seed: int) -> dict[str, Any]:
    scores, prompts = _by_fold_and_prompt(decided)
    if len(prompts) == 0:
        raise NotDeterminedError(
            "No prompt has a decided judgment in every part of the cross-validation. Judge more "
            "pairs of each prompt first."
        )
    figures: dict[str, Any] = {
        name: asdict(aggregate(parts, rng=np.random.default_rng(seed)))
        for name, parts in scores.items()
    }
    both = scores["general_preference"] - scores["bradley_terry"]
    figures["difference"] = asdict(aggregate(both, rng=np.random.default_rng(seed)))
    return figures | {
        "n_prompts": len(prompts),
        "n_runs": len(both),
        "n_left_out": len(np.unique(decided.prompt)) - len(prompts),
    }


def _order(decided: Decided, seed: int) -> dict[str, Any]:
    """Both models by mean and by ranks over prompts, and how many prompts each of them wins."""
    prompts, place = np.unique(decided.prompt, return_inverse=True)
    n = np.bincount(place)
    scores = np.stack([np.bincount(place, decided.right[name]) / n for name in MODELS])
    gap = scores[0] - scores[1]
    if len(prompts) < FEWEST_SUBSETS:
        raise NotDeterminedError(
            f"An order of the models over prompts needs {FEWEST_SUBSETS} prompts with held-out "
            f"judgments, there are {len(prompts)}. Read the accuracy above."
        )
    if not gap.any():
        raise NotDeterminedError(
            "Both models foretell the same share on every prompt, so that neither comes first."
        )
    orders = aggregate_ranks(scores, rng=np.random.default_rng(seed))
    return {
        "orders": [
            {
                "rule": one.rule,
                "ranks": [asdict(rank) for rank in one.ranks],
                "reversed": bool(one.reversed_pairs),
            }
            for one in orders
        ],
        "won": [int((gap > 0).sum()), int((gap < 0).sum())],
        "equal": int((gap == 0).sum()),
    }


def _pair(comparisons: Comparisons) -> Indices:
    pair: Indices = comparisons.first * len(comparisons.items) + comparisons.second
    return pair
