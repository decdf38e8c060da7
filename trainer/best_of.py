"""How often a model finds the best of several: of sets made from pairs, and of lists."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from core.benchmark_scores import best_of_several, known_best
from core.estimates import NotDeterminedError
from core.fitting import fit_strengths
from core.judgment import Floats, Indices
from core.rankings import AllAnswers, BestAndWorst, BestFew, BestOf, ListAnswer, Ranking
from core.scores import HeldOut
from trainer.quality import MODELS

#: As many answers a prompt as RewardBench 2 has.
N_ANSWERS = 4
#: With fewer sets an interval is as wide as the figure.
FEWEST_SETS = 10
#: Each part costs a fit to all other answers.
N_FOLDS, MOST_LISTS = 5, 5_000


def best_of_pairs(held_out: HeldOut | None, prompts: Indices, seed: int) -> dict[str, Any]:
    """Of items that beat three others: how often each model puts them above all three.

    Every judgment is foretold by a model that has seen neither it nor its pair.

    Parameters
    ----------
    prompts : ndarray of int64, shape (n_items,)
    """
    if held_out is None:
        raise NotDeterminedError(
            "How often the best of four is found is not determined: no judgment could be held "
            "out. Judge more pairs first."
        )
    rng = np.random.default_rng(seed)
    sets = known_best(held_out.first, held_out.second, held_out.outcome, N_ANSWERS, rng=rng)
    _check_sets(len(sets.best), "items that were preferred to three others of their prompt")
    sign = np.where(held_out.first[sets.pair] == sets.best[:, None], 1.0, -1.0)
    cluster = _cluster(prompts[sets.best])
    figures: dict[str, Any] = {}
    for name in MODELS:
        shares = getattr(held_out, name)[sets.pair]
        better = sign * np.log(shares[..., 0] / shares[..., 2])
        numbers = np.column_stack([np.zeros(len(better)), -better])
        figures[name] = asdict(best_of_several(numbers, cluster))
    return figures | {
        "n_sets": len(sets.best),
        "n_prompts": len(np.unique(prompts[sets.best])),
        "guessing": 1 / N_ANSWERS,
        "by_pair": held_out.by_pair,
    }


def best_of_lists(answers: AllAnswers, seed: int) -> dict[str, Any]:
    """Of lists of four items or more that people chose from: how often strengths have that choice.

    Lists of the same items are held out together; strengths come from all other answers.
    """
    lists = [(number, row) for number, one in enumerate(answers.lists) if (row := _best_first(one))]
    if not lists:
        raise NotDeterminedError(
            "Nobody was asked for the best of four items or more. The part above makes sets of "
            "four from pairs; or make a study with lists."
        )
    _check_sets(len(lists), "lists of four items or more of which one was called the best")
    if len(lists) > MOST_LISTS:
        raise NotDeterminedError(
            f"Held-out lists take {N_FOLDS} more fits: that is worked out up to {MOST_LISTS:,} "
            f"lists; here are {len(lists):,}."
        )
    shown = {tuple(sorted(row)): 0 for _, row in lists}
    order = np.random.default_rng(seed).permutation(len(shown))
    fold_of = {key: int(order[k]) % N_FOLDS for k, key in enumerate(shown)}
    fold = np.array([fold_of[tuple(sorted(row))] for _, row in lists])
    numbers = np.full((len(lists), max(len(row) for _, row in lists)), -np.inf)
    index = answers.index
    for part in np.unique(fold).tolist():
        inside = np.flatnonzero(fold == part)
        strengths = _without(answers, {lists[k][0] for k in inside.tolist()})
        for k in inside.tolist():
            row = lists[k][1]
            numbers[k, : len(row)] = strengths[[index[item] for item in row]]
    prompt = np.array([answers.prompts[index[row[0]]] for _, row in lists])
    return {
        "strengths": asdict(best_of_several(numbers, _cluster(prompt))),
        "n_sets": len(lists),
        "n_prompts": len(np.unique(prompt)),
        "guessing": float(np.mean([1 / len(row) for _, row in lists])),
    }


def _best_first(answer: ListAnswer) -> Sequence[str] | None:
    """The items of a list, its one best first; None where there is none, or there are too few."""
    match answer:
        case Ranking(places=((best,), *_)) | BestFew(picked=(best,)):
            pass
        case BestOf(best=best) | BestAndWorst(best=best):
            pass
        case _:
            return None
    others = [item for level in answer.levels for item in level if item != best]
    return (best, *others) if len(others) >= N_ANSWERS - 1 else None


def _without(answers: AllAnswers, held: set[int]) -> Floats:
    """Strengths from all answers but these lists; 0 of who is then in no answer."""
    rest = tuple(one for number, one in enumerate(answers.lists) if number not in held)
    return fit_strengths(replace(answers, lists=rest)).strengths


def _cluster(prompt: Indices) -> Indices:
    """The prompt; the set where there is one prompt, about whose other sets it then is."""
    return np.arange(len(prompt)) if len(np.unique(prompt)) == 1 else prompt


def _check_sets(n: int, what: str) -> None:
    if n < FEWEST_SETS:
        raise NotDeterminedError(
            f"How often the best of four is found needs {FEWEST_SETS} {what}; there are {n}. Have "
            "more judged first."
        )
