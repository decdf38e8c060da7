"""How far the strengths of cohorts are apart, and whether people dealt anew would be as far."""

from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np

from core.bradley_terry import BradleyTerry
from core.comparison_graph import components
from core.drift import fit_distance, strengths_distance
from core.errors import DiscernError
from core.estimates import NotDeterminedError
from core.fitting.bradley_terry import fit_bradley_terry
from core.fitting.sandwich import clustered_covariance
from core.judgment import Comparisons, Floats, Indices
from core.uncertainty.verdicts import discoveries
from trainer.study_data import StudyData

#: Each two of the largest cohorts are held against each other.
MOST_COHORTS = 4
#: People are dealt anew so often, which takes two fits each time.
N_ROUNDS, MOST_JUDGMENTS = 199, 50_000
#: Items compared in both cohorts.
FEWEST_ITEMS, MOST_ITEMS = 3, 1_000
LEVEL = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class _Both:
    """The judgments of two cohorts, and the items that both have compared in the same groups."""

    comparisons: Comparisons
    people: tuple[Indices, Indices]
    items: Indices
    group: Indices
    prior_scale: float
    ties: bool

    @classmethod
    def of(cls, data: StudyData, cohorts: tuple[int, int], prior_scale: float) -> "_Both":
        judging = np.unique(data.comparisons.annotator)
        one, other = (judging[data.cohort[judging] == cohort] for cohort in cohorts)
        both = data.comparisons.where(np.isin(data.comparisons.annotator, [*one, *other]))
        if len(both) > MOST_JUDGMENTS:
            raise NotDeterminedError(
                f"It takes {2 * N_ROUNDS} fits and is worked out up to {MOST_JUDGMENTS:,} "
                f"judgments; these two have given {len(both):,}."
            )
        items, group = _connected_in_both([_of(both, one), _of(both, other)])
        if len(items) < FEWEST_ITEMS:
            raise NotDeterminedError(
                f"They have compared fewer than {FEWEST_ITEMS} items in common. Let both judge "
                "the same pairs."
            )
        ties = bool((both.outcome == 0).any())
        return cls(both, (one, other), items, group, prior_scale, ties)

    def fit(self, people: Indices) -> BradleyTerry:
        part = _of(self.comparisons, people)
        return fit_bradley_terry(part, prior_scale=self.prior_scale, ties=self.ties)

    def dealt_anew(self, rng: np.random.Generator) -> float:
        """Distance between two groups of these sizes, people dealt by lot."""
        one, other = self.people
        order = rng.permutation(np.concatenate([one, other]))
        return self.distance(self.fit(order[: len(one)]), self.fit(order[len(one) :]))

    def distance(self, one: BradleyTerry, other: BradleyTerry) -> float:
        """As seen, noise and all."""
        return strengths_distance(
            one.strengths[self.items], other.strengths[self.items], self.group
        )

    def noise(self, fit: BradleyTerry, people: Indices) -> Floats:
        """How much other people of the same cohort would move the strengths; (n_items, n_items)."""
        moved = clustered_covariance(fit, _of(self.comparisons, people)).influence[self.items]
        noise: Floats = moved @ moved.T
        return noise


def distances_between_cohorts(
    data: StudyData, prior_scale: float, smallest: int, seed: int
) -> dict[str, Any]:
    """Hold each two cohorts against each other, strengths fitted to each by itself.

    Parameters
    ----------
    smallest : int
        Cohorts of fewer people who judged are not shown.
    """
    judging = np.unique(data.comparisons.annotator)
    n_people = np.bincount(data.cohort[judging] + 1, minlength=len(data.cohorts) + 1)[1:]
    large = np.flatnonzero(n_people >= smallest)
    if len(large) < 2:  # noqa: PLR2004, a distance is between two
        raise NotDeterminedError(
            f"A distance takes two cohorts of {smallest} people or more who judged; there is "
            f"{'one' if len(large) else 'none'}. Name cohorts on the page Studies, under People, "
            "or invite more."
        )
    if not np.isfinite(prior_scale):
        raise NotDeterminedError("The fit found no prior, which few judgments need. Judge more.")
    kept = np.sort(large[np.argsort(-n_people[large], kind="stable")][:MOST_COHORTS])
    rng = np.random.default_rng(seed)
    rows = [
        {"cohorts": [data.cohorts[k] for k in two], "people": [int(n_people[k]) for k in two]}
        | _between(data, two, prior_scale, rng)
        for two in combinations(kept.tolist(), 2)
    ]
    tested = [row for row in rows if "p_value" in row]
    apart = discoveries(np.array([row["p_value"] for row in tested]), LEVEL).tolist()
    for row, differ in zip(tested, apart, strict=True):
        row["differ"] = differ
    return {"pairs": rows, "n_rounds": N_ROUNDS, "n_others": len(large) - len(kept)}


def _between(
    data: StudyData, cohorts: tuple[int, int], prior_scale: float, rng: np.random.Generator
) -> dict[str, Any]:
    try:
        both = _Both.of(data, cohorts, prior_scale)
        one, other = (both.fit(people) for people in both.people)
    except DiscernError as error:
        return {"why_not": str(error)}
    seen = both.distance(one, other)
    chance = np.array([both.dealt_anew(rng) for _ in range(N_ROUNDS)])
    figures = {
        "n_items": len(both.items),
        "n_judgments": len(both.comparisons),
        "as_seen": seen,
        "by_chance": float(chance.mean()),
        "p_value": float((1 + (chance >= seen).sum()) / (1 + N_ROUNDS)),
    }
    try:
        found = fit_distance(
            one.strengths[both.items],
            both.noise(one, both.people[0]),
            other.strengths[both.items],
            both.noise(other, both.people[1]),
            group=both.group,
            rng=rng,
        )
    except DiscernError as error:
        return figures | {"distance": {"why_not": str(error)}}
    return figures | {"distance": {"estimate": asdict(found.estimate)}}


def _of(comparisons: Comparisons, people: Indices) -> Comparisons:
    return comparisons.where(np.isin(comparisons.annotator, people))


def _connected_in_both(parts: list[Comparisons]) -> tuple[Indices, Indices]:
    """Items that both parts connect with the same others, and the group of each.

    The largest groups, as many as `MOST_ITEMS` items allow.
    """
    n = len(parts[0].items)
    one, other = (components(n, part.first, part.second) for part in parts)
    _, group, size = np.unique(one * n + other, return_inverse=True, return_counts=True)
    order = np.argsort(-size, kind="stable")
    fits = (size[order] > 1) & (np.cumsum(size[order]) <= MOST_ITEMS)
    items = np.flatnonzero(np.isin(group, order[fits]))
    return items, group[items]
