"""Values cards: what a person attends to, in their own words, and what is found out about them."""

from core.values_card.card import InvalidCardError, ValuesCard
from core.values_card.lint import Advice, Rule, lint

__all__ = ["Advice", "InvalidCardError", "Rule", "ValuesCard", "lint"]
