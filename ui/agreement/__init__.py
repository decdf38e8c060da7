"""The parts of the page Agreement."""

from ui.agreement.overall import show_overall
from ui.agreement.parts import show_inside
from ui.agreement.person import show_people

__all__ = ["show_inside", "show_overall", "show_people"]
