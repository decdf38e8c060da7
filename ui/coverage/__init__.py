"""The parts of the page Coverage."""

from ui.coverage.goal import show_goal
from ui.coverage.item_map import show_map
from ui.coverage.pairs import show_numbers, show_prompts
from ui.coverage.people import show_people
from ui.coverage.similarity import show_similarity
from ui.coverage.values import show_values
from ui.coverage.who_met import show_heat_map

__all__ = [
    "show_goal",
    "show_heat_map",
    "show_map",
    "show_numbers",
    "show_people",
    "show_prompts",
    "show_similarity",
    "show_values",
]
