"""A model whose probabilities go through the recalibration that its fit has chosen."""

from dataclasses import dataclass

from core.judgment import Floats, Indices
from core.predictions import PreferenceModel, logistic
from core.recalibration.calibrators import Calibrator, log_odds_of


@dataclass(frozen=True, slots=True, eq=False)
class Recalibrated:
    """What is said of pairs once the model's probabilities are corrected.

    Indices of items as in `core.predictions.PreferenceModel`, elementwise, shape (n,). The map is
    odd in the log-odds, so that swapping the two items mirrors every answer.

    Attributes
    ----------
    model : PreferenceModel
    calibrator : Calibrator
        Chosen on judgments that the model had not seen.
    """

    model: PreferenceModel
    calibrator: Calibrator

    def probability(self, first: Indices, second: Indices) -> Floats:
        """P(first is preferred), given that one of the two is."""
        return self.calibrator.probability(self.model.probability(first, second))

    def probability_interval(
        self, first: Indices, second: Indices, level: float = 0.95
    ) -> tuple[Floats, Floats]:
        """Both ends of the model's interval, mapped; the map's own error is not in it.

        Raises
        ------
        NoIntervalsError
            If the model has none.
        """
        low, high = self.model.probability_interval(first, second, level)
        low, high = self.calibrator.interval(log_odds_of(low), log_odds_of(high))
        return logistic(low), logistic(high)

    def outcome_probabilities(self, first: Indices, second: Indices) -> Floats:
        """P(first better), P(tie), P(second better); shape (n, 3). Ties as the model has them."""
        return self.calibrator.outcome_probabilities(
            self.model.outcome_probabilities(first, second)
        )
