"""The parts of the page Review."""

from ui.review.case_queue import show_queue
from ui.review.known_answers import show_unanimous
from ui.review.notes import show_notes
from ui.review.typology import show_typology

__all__ = ["show_notes", "show_queue", "show_typology", "show_unanimous"]
