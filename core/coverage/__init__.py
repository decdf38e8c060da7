"""Coverage: which pairs, places, people and values a study has asked about, and which not."""

from core.coverage.design import (
    Differences,
    PromptDesign,
    attainable_efficiency,
    determined_differences,
    prompt_designs,
)
from core.coverage.goal import CoverageGoal, GoalLine, how_far
from core.coverage.heat_map import HeatMap, heat_map
from core.coverage.pairs import PairCoverage, pair_coverage
from core.coverage.people import GroupCoverage, PeopleCoverage, people_coverage
from core.coverage.places import (
    Plane,
    QualityGrid,
    Want,
    Wanted,
    principal_plane,
    quality_grid,
    what_next,
)
from core.coverage.similarity import Kernel, OrdinalMap, triplets_of_answers
from core.coverage.values import ValueCoverage, value_coverage

__all__ = [
    "CoverageGoal",
    "Differences",
    "GoalLine",
    "GroupCoverage",
    "HeatMap",
    "Kernel",
    "OrdinalMap",
    "PairCoverage",
    "PeopleCoverage",
    "Plane",
    "PromptDesign",
    "QualityGrid",
    "ValueCoverage",
    "Want",
    "Wanted",
    "attainable_efficiency",
    "determined_differences",
    "heat_map",
    "how_far",
    "pair_coverage",
    "people_coverage",
    "principal_plane",
    "prompt_designs",
    "quality_grid",
    "triplets_of_answers",
    "value_coverage",
    "what_next",
]
