"""The page Calibration: from the report of a fit, which has worked everything out."""

from ui.calibration.page import show

__all__ = ["show"]
