"""Strengths without each annotator in turn, beside those from everybody: for the page Agreement."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.annotator_report import SideBySide, side_by_side
from core.blocks import BlockMatrix
from core.bradley_terry import BradleyTerry
from core.estimates import NotDeterminedError, normal_quantile
from core.fitting.joint_strengths import fit_strengths, variances_from_answers
from core.fitting.sandwich import variances_from
from core.judgment import Floats, Indices
from core.study import Fitting
from trainer import run_directory
from trainer.parts import covariates, fit_plain
from trainer.quality import said_or_why
from trainer.study_data import StudyData

#: Each costs a fit. So many at most, and so many answers read in all of them; lists take longer.
MOST_PEOPLE, MOST_READ, READ_OF_A_LIST = 300, 20_000_000, 100
#: Items of one group, whose covariance is computed anew for everybody.
MOST_ITEMS = 1_000
#: Of each person the items that move most.
N_NAMED = 5


def write_without(
    data: StudyData, people: Sequence[str], plain: BradleyTerry, fitting: Fitting, directory: Path
) -> None:
    """Leave everybody out in turn, as far as that goes, and write what it does to strengths.

    First whom the model of annotators flags, then who judged most.

    Parameters
    ----------
    people : sequence of str
        Ids by number in the comparisons.
    plain : BradleyTerry
        Strengths from everybody.
    """
    found = said_or_why(lambda: _leave_out_each(data, people, plain, fitting, directory))
    run_directory.write_json(directory / run_directory.WITHOUT, run_directory.finite(found))


def _leave_out_each(
    data: StudyData, people: Sequence[str], plain: BradleyTerry, fitting: Fitting, directory: Path
) -> dict[str, Any]:
    largest = int(plain.covariance.layout.sizes.max(initial=0))
    if largest > MOST_ITEMS:
        raise NotDeterminedError(
            f"Strengths without each annotator are worked out up to {MOST_ITEMS:,} items that are "
            f"compared with each other; here are {largest:,}."
        )
    judged = np.bincount(data.comparisons.annotator).tolist()
    n = Counter({people[k]: n for k, n in enumerate(judged) if n})
    n.update(answer.annotator for answer in data.answers)
    if len(n) < 2:  # noqa: PLR2004, nobody would be left
        raise NotDeterminedError("One person judged: without that person there are no strengths.")
    cost = len(data.comparisons) + READ_OF_A_LIST * len(data.answers)
    flagged = _flagged(directory)
    order = sorted(n, key=lambda one: (one not in flagged, -n[one]))
    chosen = order[: min(MOST_PEOPLE, max(1, MOST_READ // cost))]
    number = {person: k for k, person in enumerate(people)}
    exact = BlockMatrix(plain.covariance.layout, plain.covariance.values).variances()[0]

    def left_out(person: str) -> dict[str, Any]:
        rest = data.without(number.get(person, -1), person)
        return {"n": n[person]} | said_or_why(lambda: _leave_out(rest, plain, exact, fitting))

    return {
        "n_people": len(n),
        "n_left_out": len(chosen),
        "people": {person: left_out(person) for person in chosen},
    }


def _flagged(directory: Path) -> set[str]:
    known = run_directory.read_annotators(directory)
    if known is None or known[0].suspicions is None:
        return set()
    model, ids = known
    return {ids[k] for k in model.annotators[known[0].suspicions.flagged].tolist()}


def _leave_out(
    rest: StudyData, plain: BradleyTerry, exact: Floats, fitting: Fitting
) -> dict[str, Any]:
    """What changes; `exact` are the variances of everybody's strengths."""
    without, variance_without = _fit_without(rest, plain, fitting)
    items, group = _comparable(plain, without)
    if len(items) == 0:
        raise NotDeterminedError(
            "Without this person no two items are compared as they were before, so that nothing "
            "can be held side by side. Have others judge the same pairs."
        )
    variance = exact[items]
    side = side_by_side(
        plain.strengths[items], variance, without.strengths[items], variance_without[items], group
    )
    return _said(side, np.sqrt(variance), [plain.items[i] for i in items], group) | {
        "n_apart": int((plain.covariance.layout.items_beside > 1).sum()) - len(items)
    }


def _fit_without(
    rest: StudyData, plain: BradleyTerry, fitting: Fitting
) -> tuple[BradleyTerry, Floats]:
    """Strengths from the others' answers, and their variances at everybody's strengths."""
    if rest.answers:
        joint = fit_strengths(rest.all_answers, prior_scale=plain.prior_scale)
        annotator_scale = joint.threshold.annotator_scale if joint.threshold else None
        variances = variances_from_answers(
            plain.strengths,
            rest.all_answers,
            prior_scale=plain.prior_scale,
            annotator_scale=annotator_scale,
        )
        return joint.model, variances
    without, _ = fit_plain(rest, fitting, plain, prior_scale=plain.prior_scale)
    variances = variances_from(
        plain, rest.comparisons, margins=rest.margins, covariates=covariates(rest, fitting)
    )
    return without, variances


def _comparable(plain: BradleyTerry, without: BradleyTerry) -> tuple[Indices, Indices]:
    """Items whose group of connected items is the same with and without, and these groups."""
    one, other = plain.covariance.layout, without.covariance.layout
    both = one.component * len(other.sizes) + other.component
    _, place, size = np.unique(both, return_inverse=True, return_counts=True)
    same = (size[place] == one.items_beside) & (size[place] == other.items_beside)
    items = np.flatnonzero(same & (size[place] > 1))
    return items, one.component[items]


def _said(side: SideBySide, deviation: Floats, names: list[str], group: Indices) -> dict[str, Any]:
    reach = normal_quantile(0.95) * deviation
    moves = np.abs(side.change) / deviation
    first, then = (
        {int(group[k]): k for k in np.flatnonzero(ranks == 1)}
        for ranks in (side.rank_everybody, side.rank_without)
    )
    turned = [g for g in first if first[g] != then[g]]
    return {
        "n_items": len(names),
        "n_moved": int(side.moved.sum()),
        "n_reversed": side.n_reversed,
        "n_pairs": side.n_pairs,
        "n_groups": len(first),
        "tops": [[names[first[g]], names[then[g]]] for g in turned[:N_NAMED]],
        "n_tops": len(turned),
        "share_of_interval": float(np.median(moves) / normal_quantile(0.95)),
        "items": [
            {
                "item": names[k],
                "everybody": float(side.everybody[k]),
                "reach": float(reach[k]),
                "without": float(side.without[k]),
                "change": {
                    "value": float(side.change[k]),
                    "low": float(side.low[k]),
                    "high": float(side.high[k]),
                },
                "moved": bool(side.moved[k]),
                "ranks": [int(side.rank_everybody[k]), int(side.rank_without[k])],
            }
            for k in np.argsort(-moves, kind="stable")[:N_NAMED]
        ],
    }
