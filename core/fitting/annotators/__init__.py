"""Who answered: scales and tie thresholds of annotators, and whom to look at."""

from core.fitting.annotators.evaluation import evaluate_annotators
from core.fitting.annotators.fit import fit_annotators
from core.fitting.annotators.recognise import recognise

__all__ = ["evaluate_annotators", "fit_annotators", "recognise"]
