"""Coverage: which pairs, places, people and values a study has asked about, and which not."""

from core.coverage.design import (
    Differences,
    PromptDesign,
    attainable_efficiency,
    determined_differences,
    prompt_designs,
)
from core.coverage.heat_map import HeatMap, heat_map
from core.coverage.pairs import PairCoverage, pair_coverage

__all__ = [
    "Differences",
    "HeatMap",
    "PairCoverage",
    "PromptDesign",
    "attainable_efficiency",
    "determined_differences",
    "heat_map",
    "pair_coverage",
    "prompt_designs",
]
