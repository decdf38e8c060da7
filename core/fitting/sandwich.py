"""Intervals that allow for judgments of one person belonging together."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.blocks import BlockMatrix
from core.bradley_terry import BradleyTerry
from core.estimates import NotDeterminedError
from core.fitting.bradley_terry import further_parameters, layout_of
from core.fitting.likelihood import Davidson, Graded, Likelihood
from core.fitting.newton import Place
from core.fitting.options import Options, read_options
from core.judgment import Comparisons, Floats, Indices
from core.predictions import check_prompts, level_variance

#: Up to so many people each is left out in turn; beyond, leaving one out changes next to nothing.
MAX_LEFT_OUT = 60
SOLVED = 1e-6
#: The default priors on what describes ties, which hardly matter where people are left out.
TIE_PRIOR_PRECISION, TIE_PRIOR_RATE = 1 / 9, 1.0


@dataclass(frozen=True, slots=True, eq=False)
class ClusteredCovariance:
    r"""Covariance of strengths when answers of one person are alike, and its intervals.

    .. math::
        V = \frac{G - 1}{G} \sum_{g=1}^G (k_g - \bar k)(k_g - \bar k)^T + \sigma^{-2} C C

    Attributes
    ----------
    model : BradleyTerry
    influence : ndarray, shape (n_items, n_clusters)
        k: by how much leaving a person out moves the strengths, less the mean.
    prior_part : BlockMatrix
        :math:`\sigma^{-2} C C`, what the prior, which is no sample of people, adds.
    """

    model: BradleyTerry
    influence: Floats
    prior_part: BlockMatrix

    @property
    def n_clusters(self) -> int:
        return int(self.influence.shape[1])

    def quantile(self, level: float) -> float:
        """Of Student's t with (people - 1) degrees of freedom, for a two-sided interval."""
        from scipy.special import stdtrit  # here, as scipy takes long to import

        return float(stdtrit(self.n_clusters - 1, 0.5 + level / 2))

    def variances(self) -> Floats:
        """Of every strength; shape (n_items,). Of an item never compared, what the prior says."""
        layout = self.model.covariance.layout
        seen = self.prior_part.variances()[0] + (self.influence**2).sum(axis=1)
        return np.where(layout.items_beside == 1, self.model.prior_scale**2, seen)

    def strengths_interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        reach = self.quantile(level) * np.sqrt(self.variances())
        return self.model.strengths - reach, self.model.strengths + reach

    def difference_variance(self, first: Indices, second: Indices) -> Floats:
        """Of strength of `first` minus strength of `second`; shape (n,)."""
        check_prompts(self.model.prompts, first, second)
        moved = self.influence[first] - self.influence[second]
        variance: Floats = self.prior_part.of_differences(first, second) + (moved**2).sum(axis=1)
        layout = self.model.covariance.layout
        return variance + level_variance(layout, self.model.prior_scale, first, second)

    def difference_interval(
        self, first: Indices, second: Indices, level: float = 0.95
    ) -> tuple[Floats, Floats]:
        middle = self.model.strengths[first] - self.model.strengths[second]
        reach = self.quantile(level) * np.sqrt(self.difference_variance(first, second))
        return middle - reach, middle + reach


def clustered_covariance(
    model: BradleyTerry,
    comparisons: Comparisons,
    *,
    cluster: Indices | None = None,
    margins: Indices | None = None,
    weights: Floats | None = None,
    covariates: Mapping[str, Floats] | None = None,
) -> ClusteredCovariance:
    r"""How uncertain strengths are if the people who judged are a sample of all people.

    The inverse curvature takes judgments as independent; with people of different taste its
    intervals are too narrow, the more so the fewer people. The sandwich [1]_ adds up the score
    by person instead. With few people it is too small too, so each is left out in turn: with
    :math:`U_g` the score and :math:`J_g` the curvature of person g, one Newton step gives
    :math:`k_g = (J - J_g)^{-1} U_g`, and V is the jackknife [2]_ [3]_, read with t quantiles.
    Beyond `MAX_LEFT_OUT` people :math:`J^{-1} U_g` stands for :math:`k_g`.

    Use it where fewer than about 30 people judged, or some judged far more than others; with
    fewer than 5 no interval is worth much.

    Parameters
    ----------
    model : BradleyTerry
        Fitted to `comparisons` with the same margins, weights and covariates.
    cluster : ndarray of int64, shape (n_comparisons,), or None
        What belongs together; None: the judgments of one annotator.

    Raises
    ------
    NotDeterminedError
        If there is only one cluster.
    TooLargeError
        If more than `core.blocks.MAX_BLOCK` items are connected.

    References
    ----------
    .. [1] Liang and Zeger, "Longitudinal data analysis using generalized linear models",
       Biometrika 73(1), 1986.
    .. [2] Bell and McCaffrey, "Bias reduction in standard errors for linear regression with
       multi-stage samples", Survey Methodology 28(2), 2002.
    .. [3] Cameron and Miller, "A practitioner's guide to cluster-robust inference", Journal of
       Human Resources 50(2), 2015.
    """
    options = read_options(comparisons, margins, weights, covariates)
    label = comparisons.annotator if cluster is None else cluster
    label = np.unique(label, return_inverse=True)[1]
    n_clusters = int(label.max(initial=-1)) + 1
    if n_clusters <= 1:
        raise NotDeterminedError(
            "All judgments come from one person, so that nothing says how people differ. Ask more "
            "people, or read the intervals as being about this person."
        )
    moved = _influence(model, comparisons, options, label)
    factor = (n_clusters - 1) / n_clusters
    if n_clusters > MAX_LEFT_OUT:
        factor = 1 / factor
    moved -= moved.mean(axis=1, keepdims=True)
    return ClusteredCovariance(model, moved * np.sqrt(factor), _prior_part(model))


def variances_from(
    model: BradleyTerry,
    comparisons: Comparisons,
    *,
    margins: Indices | None = None,
    covariates: Mapping[str, Floats] | None = None,
) -> Floats:
    """Variances of strengths if these judgments had been all, at the model's own parameters.

    With some of the judgments that the model was fitted to, they are never smaller than its own;
    those of another fit may be, as curvature changes with the strengths. Shape (n_items,).

    Parameters
    ----------
    comparisons : Comparisons
        Of the items of the model; with margins and covariates as the model was fitted with.
    """
    options = read_options(comparisons, margins, None, covariates)
    place = _place(model, comparisons, options, prior=True)
    return place.covariance().blocks.variances()[0]


def _influence(
    model: BradleyTerry, comparisons: Comparisons, options: Options, label: Indices
) -> Floats:
    """By how much each cluster moves the strengths; shape (n_items, n_clusters)."""
    n_items, n_clusters = len(model.strengths), int(label.max()) + 1
    scores, moved = [], np.empty((n_items, n_clusters))
    for g in range(n_clusters):
        inside = label == g
        own = _place(model, comparisons.where(inside), options.where(inside), prior=False)
        scores.append(own.score)
        if n_clusters <= MAX_LEFT_OUT:
            rest = _place(model, comparisons.where(~inside), options.where(~inside), prior=True)
            moved[:, g] = rest.solve(own.score, SOLVED)[:n_items]
    if n_clusters <= MAX_LEFT_OUT:
        return moved
    pulls = np.stack(scores, axis=1)
    covariance = _place(model, comparisons, options, prior=True).covariance()
    for items, blocks in covariance.layout.stacks(covariance.values):
        moved[items] = blocks @ pulls[items]
    return moved + covariance.shared @ pulls[n_items:]


def _place(
    model: BradleyTerry, comparisons: Comparisons, options: Options, *, prior: bool
) -> Place:
    """The model's parameters seen by some of the judgments, with its priors or without."""
    cuts = model.thresholds.values
    rows = options.rows(comparisons, graded=len(cuts) > 0)
    precision = prior / model.effects.prior_variance
    likelihood: Likelihood
    if len(cuts):
        rate = TIE_PRIOR_RATE if prior else 0.0
        likelihood = Graded(rows, len(cuts), bool(cuts[0] > 0), rate, precision)
    else:
        with_ties = bool(np.isfinite(model.tie_log_weight))
        likelihood = Davidson(rows, with_ties, prior * TIE_PRIOR_PRECISION, precision)
    pull = model.prior_scale**-2 if prior else 0.0
    further = further_parameters(model)
    return Place.at(likelihood, layout_of(rows), model.strengths, further, pull)


def _prior_part(model: BradleyTerry) -> BlockMatrix:
    layout, values = model.covariance.layout, model.covariance.values
    product = np.empty_like(values)
    for (_, blocks), (_, products) in zip(
        layout.stacks(values), layout.stacks(product), strict=True
    ):
        products[:] = blocks @ blocks * model.prior_scale**-2
    return BlockMatrix(layout, product)
