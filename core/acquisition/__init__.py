"""Which pair to ask next, on which side, and with which probability it was chosen."""

from core.acquisition.beliefs import Beliefs, Concern, NoPriorError
from core.acquisition.concerns import UnusableTopError, attend
from core.acquisition.features import FeatureReach
from core.acquisition.open_pairs import ListedPairs, OpenPairs, PromptPairs, indexed, open_pairs
from core.acquisition.pairs import (
    AGAIN,
    COVERAGE_FIRST,
    RANDOM,
    Choice,
    PairSpace,
    PairsWithinPrompts,
    Places,
    ReadyPairs,
    choose_pair,
)
from core.acquisition.policies import (
    Aids,
    MissingAidError,
    concern_of,
    score_pairs,
    score_sets,
)
from core.acquisition.selection import ChosenPair, choose_next
from core.acquisition.sides import SideCounts, choose_left
from core.study import Policy

__all__ = [
    "AGAIN",
    "COVERAGE_FIRST",
    "RANDOM",
    "Aids",
    "Beliefs",
    "Choice",
    "ChosenPair",
    "Concern",
    "FeatureReach",
    "ListedPairs",
    "MissingAidError",
    "NoPriorError",
    "OpenPairs",
    "PairSpace",
    "PairsWithinPrompts",
    "Places",
    "Policy",
    "PromptPairs",
    "ReadyPairs",
    "SideCounts",
    "UnusableTopError",
    "attend",
    "choose_left",
    "choose_next",
    "choose_pair",
    "concern_of",
    "indexed",
    "open_pairs",
    "score_pairs",
    "score_sets",
]
