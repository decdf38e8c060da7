"""How far annotators differ: what answers tell of the spread, and its interval. numpy only."""

import numpy as np

from core.annotator_models import AnnotatorModel
from core.estimates import normal_quantile
from core.judgment import Floats

#: What is believed about the spread of scales and log thresholds before any data, worth so many
#: annotators. It keeps the spread off zero, where the likelihood may have a false optimum.
BELIEVED_SD, BELIEVED_PEOPLE = (0.3, 0.5), 2.0


def spread_information(mean: Floats, variance: Floats) -> Floats:
    """What people tell about the logarithm of the standard deviation by which they differ.

    For a normal posterior with mean m and variance v of each person's deviation (n_people, 2), in
    standard deviations, the observed information is the sum of 2 (m² + v) - 2 v² - 4 v m² [1]_.

    References
    ----------
    .. [1] Louis, "Finding the observed information matrix when using the EM algorithm",
       JRSS B 44(2), 1982.
    """
    told: Floats = 2 * (mean**2 + variance) - 2 * variance**2 - 4 * variance * mean**2
    information: Floats = told.sum(axis=0)
    return information


def spread_interval(model: AnnotatorModel, level: float = 0.95) -> tuple[Floats, Floats]:
    """Both ends of the standard deviations of (scale, log threshold); shape (2,) each.

    Normal in the logarithm, by what people tell and what is believed; strengths are taken as
    known. Of people who were taken to be alike there is none.
    """
    sd = np.array([model.population.scale_sd, model.population.threshold_sd])
    variance = np.diagonal(model.deviation_covariance, axis1=1, axis2=2)
    known = np.maximum(spread_information(model.deviation, variance), 0.0)
    known = known + 2 * BELIEVED_PEOPLE * (np.array(BELIEVED_SD) / sd) ** 2
    reach = np.exp(normal_quantile(level) / np.sqrt(known))
    return sd / reach, sd * reach
