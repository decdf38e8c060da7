"""The page Agreement."""

from ui.agreement.whole import show

__all__ = ["show"]
