"""The page Evaluation: from the report of a fit, which has worked everything out."""

from ui.evaluation.whole import show

__all__ = ["show"]
