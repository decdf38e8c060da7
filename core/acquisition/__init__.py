"""Which pair to ask next, on which side, and with which probability it was chosen."""

from core.acquisition.beliefs import Beliefs, Concern, NoPriorError
from core.acquisition.chooser import PolicyChooser
from core.acquisition.concerns import UnusableTopError, attend
from core.acquisition.features import FeatureReach
from core.acquisition.open_pairs import ListedPairs, OpenPairs, PromptPairs
from core.acquisition.policies import (
    Aids,
    MissingAidError,
    concern_of,
    score_pairs,
    score_sets,
)
from core.acquisition.selection import ChosenPair, choose_next
from core.study import Policy

__all__ = [
    "Aids",
    "Beliefs",
    "ChosenPair",
    "Concern",
    "FeatureReach",
    "ListedPairs",
    "MissingAidError",
    "NoPriorError",
    "OpenPairs",
    "Policy",
    "PolicyChooser",
    "PromptPairs",
    "UnusableTopError",
    "attend",
    "choose_next",
    "concern_of",
    "score_pairs",
    "score_sets",
]
