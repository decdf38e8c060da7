"""What can be exported, in which formats, and what a column of it is."""

from dataclasses import dataclass
from enum import StrEnum


class Content(StrEnum):
    """What a file is about."""

    JUDGMENTS = "judgments"
    ANSWERS = "answers"
    ITEMS = "items"
    GOLD = "gold"
    PREFERENCES = "preferences"
    MARGINS = "preferences_with_margin"
    INTERVIEW_TURNS = "interview_turns"
    MODEL_CALLS = "model_calls"
    VALUES_CARDS = "values_cards"
    CARD_OFFERS = "card_offers"
    CANONICAL_HISTORY = "canonical_history"
    CARD_TAGS = "card_tags"
    EDGE_VOTES = "edge_votes"
    WISDOM_PICKS = "wisdom_picks"
    GOALS = "goals"
    GOAL_TURNS = "goal_turns"
    VALUE_SURVEY = "value_survey"
    MGE_GRAPHS = "mge_graphs"


class Format(StrEnum):
    """How a file is written."""

    PARQUET = "parquet"
    CSV = "csv"
    JSON_LINES = "jsonl"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an exported file.

    Attributes
    ----------
    type : str
        `text`, `time`, `value` for numbers and truth values, `texts` for a list of texts, `json`,
        or `messages` for a chat. CSV has lists, JSON and chats as JSON.
    """

    name: str
    type: str
    meaning: str
