"""An ensemble of general preference models, each fitted to judgments drawn anew."""

from collections.abc import Callable
from typing import Literal

import numpy as np

from core.comparison_graph import components
from core.ensembles import MIN_MEMBERS, Ensemble
from core.errors import NoComparisonsError
from core.estimates import NotDeterminedError
from core.fitting.bradley_terry import fit_bradley_terry
from core.fitting.general_preference import fit_general_preference
from core.judgment import Comparisons, Indices

Report = Callable[[str, int, int], None]


def fit_ensemble(
    comparisons: Comparisons,
    *,
    n_planes: int,
    penalty_share: float,
    prior_scale: float,
    unit: Literal["pair", "annotator"] = "pair",
    n_members: int = 20,
    seed: int = 0,
    device: str = "cpu",
    report: Report | None = None,
) -> Ensemble:
    """Fit the same model to judgments drawn anew, each time from another random start.

    Pairs (or annotators) are drawn with replacement, as many as there are, each with all of its
    judgments: judgments of one unit hang together, and drawing them one by one would make the
    members too much alike. By pair the spread says what other pairs would have changed; by
    annotator, what other people would have. With few annotators their number limits what can be
    drawn, and the spread is too small.

    Parameters
    ----------
    comparisons : Comparisons
        At least one judged pair.
    n_planes, penalty_share, prior_scale
        As chosen for the whole data; they are not chosen anew, so that their uncertainty is not
        in the spread.
    n_members : int
        At least two.
    report : callable or None
        Called with ("ensemble", members fitted, number of members).

    Raises
    ------
    NoComparisonsError
        If `comparisons` is empty.
    NotDeterminedError
        If there are fewer than two units to draw from.
    """
    if len(comparisons) == 0:
        raise NoComparisonsError
    if n_members < MIN_MEMBERS:
        raise ValueError(f"An ensemble needs two members or more, got {n_members}.")
    rows = _rows_of_units(comparisons, unit)
    if len(rows) < 2:  # noqa: PLR2004 - one unit drawn anew is the same
        raise NotDeterminedError(
            f"An ensemble by {unit} needs judgments of at least two of them, there is one. Draw "
            "by the other unit, or judge more."
        )
    ties = bool((comparisons.outcome == 0).any())
    rng = np.random.default_rng(seed)
    members = []
    for number in range(n_members):
        if report is not None:
            report("ensemble", number, n_members)
        drawn = np.concatenate([rows[i] for i in rng.integers(len(rows), size=len(rows))])
        sample = comparisons.where(drawn)  # rows by number: some stand there more than once
        members.append(
            fit_general_preference(
                sample,
                n_planes=n_planes,
                penalty_share=penalty_share,
                start=fit_bradley_terry(
                    sample, prior_scale=prior_scale, ties=ties, approximation="laplace"
                ),
                n_starts=1,
                intervals=False,
                seed=int(rng.integers(2**32)),
                device=device,
            )
        )
    if report is not None:
        report("ensemble", n_members, n_members)
    return Ensemble(
        items=comparisons.items,
        prompts=comparisons.prompts,
        component=components(len(comparisons.items), comparisons.first, comparisons.second),
        strengths=np.stack([member.strengths for member in members]),
        embeddings=np.stack([member.embeddings for member in members]),
        tie_log_weights=np.array([member.tie_log_weight for member in members]),
        unit=unit,
    )


def _rows_of_units(comparisons: Comparisons, unit: str) -> list[Indices]:
    """The rows of each pair or annotator."""
    number = comparisons.annotator
    if unit == "pair":
        number = comparisons.first * len(comparisons.items) + comparisons.second
    order = np.argsort(number, kind="stable")
    _, counts = np.unique(number, return_counts=True)
    return np.split(order, np.cumsum(counts)[:-1])
