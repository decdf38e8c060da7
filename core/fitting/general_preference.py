"""The general preference model: Bradley-Terry plus a penalised skew part, by L-BFGS."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.blocks import BlockMatrix, Layout
from core.comparison_graph import components
from core.errors import NotConvergedError
from core.fitting.bradley_terry import fit_bradley_terry
from core.fitting.laplace import information, to_items
from core.fitting.skew_covariance import covariance_at
from core.fitting.skew_loss import Place, Terms, loss_on, split
from core.judgment import Comparisons, Floats, Indices, PairCounts
from core.models import BradleyTerry, GeneralPreference, davidson

#: Standard deviation of the entries that embeddings start from. At zero the gradient vanishes
#: whatever the data, so that a start near it stays there.
START_SCALE = 0.3
#: From this share of the noise level on, and with one plane, every start was measured to end at
#: one optimum. Elsewhere at least half of them did, so that all of twelve miss it once in 4,000.
SINGLE_OPTIMUM_SHARE = 0.4
#: Starts there; and where so many pairs make each of them take seconds.
N_STARTS, FEW_STARTS, MANY_PAIRS = 12, 3, 20_000
#: Steps that L-BFGS remembers.
HISTORY = 20
#: Parameters in one connected group beyond which there is no covariance: its time grows with the
#: cube, and at this size it is about one second.
MAX_ROWS = 2_000
NO_INTERVALS = None, float("nan")


def fit_general_preference(
    comparisons: Comparisons,
    *,
    n_planes: int = 2,
    penalty_share: float = 0.2,
    prior_scale: float | Literal["evidence"] = "evidence",
    tie_prior_scale: float = 3.0,
    ties: bool | None = None,
    with_strengths: bool = True,
    start: BradleyTerry | None = None,
    near: GeneralPreference | None = None,
    n_starts: int | None = None,
    intervals: bool = True,
    seed: int = 0,
    device: str = "cpu",
    tolerance: float = 1e-3,
    n_iterations: int = 3000,
) -> GeneralPreference:
    r"""Fit a strength and an embedding per item, and one tie weight, by maximum a posteriori.

    Minimises the loss of `fit_bradley_terry` with
    :math:`s_{ij} = \theta_i - \theta_j + \langle R v_i, v_j\rangle` [1]_ [2]_ plus
    :math:`\tfrac{\lambda}{2} \sum_i \|v_i\|^2`. Over factors, this penalty is
    :math:`\lambda` times the sum of the distinct singular values of the skew part, so that the
    skew part is exactly zero where :math:`\lambda` exceeds the spectral norm of the matrix of
    residuals (observed minus expected wins) of Bradley-Terry. The penalty is given as a share of
    that norm's size under a transitive truth, see `noise_level`. At a share of 1 or more nothing
    but noise would remain, so the skew part is left out and the model is Bradley-Terry itself.

    The loss is not convex in the embeddings, and at zero embeddings its slope in them vanishes
    whatever the data (a saddle). So L-BFGS starts from the Bradley-Terry optimum and random
    embeddings; where the penalty is so small that there may be several optima, several times,
    and the lowest is taken.

    Parameters
    ----------
    comparisons : Comparisons
        At least one judged pair.
    n_planes : int
        Half the dimension of an embedding; the rank of the skew part is at most twice this. 0 is
        Bradley-Terry.
    penalty_share : float
        :math:`\lambda` as a share of the noise level, above 0.
    prior_scale, tie_prior_scale, ties
        As in `fit_bradley_terry`; "evidence" takes the scale that it finds.
    with_strengths : bool
        False: the representation model as published, without a Bradley-Terry part.
    start : BradleyTerry or None
        The Bradley-Terry fit of the same comparisons and prior, if it is known already.
    seed : int
        Of the random start.
    device : str
        "cpu", or another device by torch's name, such as "cuda".
    near : GeneralPreference or None
        A fit of about the same judgments with as many planes, to start from instead.
    n_starts : int or None
        Random starts; None: one, or several where there may be several optima.
    intervals : bool
        False: leave out the covariance, which takes longest, where only predictions are wanted.
    tolerance : float
        Largest slope accepted at the optimum, for a step of about one posterior standard
        deviation of a parameter.
    n_iterations : int
        L-BFGS iterations before giving up.

    Returns
    -------
    GeneralPreference
        With the inverse of Fisher information plus prior precision as covariance; without one
        where a connected group has more than `MAX_ROWS` parameters.

    Raises
    ------
    NoComparisonsError
        If `comparisons` is empty.
    NotConvergedError
        If the slope is still above `tolerance`.

    References
    ----------
    .. [1] Zhang et al., ICML 2025, arXiv:2410.02197, eq. 4.1 and theorem 4.4.
    .. [2] Chen and Joachims, "Modeling intransitivity in matchup and comparison data",
       WSDM 2016.
    """
    if penalty_share <= 0 or n_planes < 0 or not (n_planes or with_strengths):
        raise ValueError(f"Need a penalty and planes, got {penalty_share} and {n_planes}.")
    if start is None:
        start = fit_bradley_terry(
            comparisons, prior_scale=prior_scale, tie_prior_scale=tie_prior_scale, ties=ties
        )
    counts = comparisons.counts()
    if with_strengths and penalty_share >= 1:
        n_planes = 0
    level = noise_level(counts, start)
    problem = _Problem(
        comparisons,
        Terms(
            counts=counts,
            penalty=penalty_share * level,
            prior_precision=start.prior_scale**-2,
            tie_precision=tie_prior_scale**-2,
            with_strengths=with_strengths,
            with_ties=bool(np.isfinite(start.tie_log_weight)),
        ),
        start,
        n_planes,
        device,
    )
    optimum = problem.bradley_terry()
    if n_planes:
        if n_starts is None:
            n_starts = 1 if near else _n_starts(n_planes, penalty_share, len(counts.first))
        places = problem.starts(optimum, near, seed, n_starts)
        found = [problem.minimise(place, tolerance, n_iterations) for place in places]
        optimum = min(found, key=lambda pair: pair[0])[1]
    return problem.model(optimum, penalty_share, intervals=intervals)


def _n_starts(n_planes: int, penalty_share: float, n_pairs: int) -> int:
    if n_planes == 1 or penalty_share >= SINGLE_OPTIMUM_SHARE:
        return 1
    return FEW_STARTS if n_pairs > MANY_PAIRS else N_STARTS


def noise_level(counts: PairCounts, model: BradleyTerry) -> float:
    r"""Size that the residuals of Bradley-Terry have when it is true: the unit of the penalty.

    For one component c of n_c items,

    .. math:: g_c = 2 \sqrt{2 I_c / n_c}, \qquad I_c = \sum_{e \in c} N_e \mathrm{var}_e(x)

    is where the spectral norm of the skew-symmetric matrix of residuals concentrates: twice the
    root of the mean variance in a row, as for any matrix of independent centred entries [1]_.
    The variance of one judgment is p (1 - p) where there are no ties; see `information`.

    With several components one level holds for all, the root of the mean of :math:`g_c^2`
    weighted by :math:`I_c`: the penalty is a prior on embeddings, and what is believed of an item
    does not depend on how often its prompt was judged. A component with few judgments, whose noise
    is smaller, is thereby held closer to Bradley-Terry than one with many, as it should be.

    Parameters
    ----------
    model : BradleyTerry
        Fitted to these counts.

    Returns
    -------
    float
        In wins.

    References
    ----------
    .. [1] Wigner's semicircle law; Tao, "Topics in Random Matrix Theory", AMS 2012, section 2.3.
    """
    odds = model.log_odds(counts.first, counts.second)
    variance, _, _ = information(davidson(odds, model.tie_log_weight))
    component = components(counts.n_items, counts.first, counts.second)
    sizes = np.bincount(component)
    inside = np.bincount(component[counts.first], counts.total * variance, len(sizes))
    return float(np.sqrt(8 * (inside**2 / sizes).sum() / inside.sum()))


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    """What stays the same while the optimum is looked for."""

    comparisons: Comparisons
    terms: Terms
    start: BradleyTerry
    n_planes: int
    device: str

    def bradley_terry(self) -> Place:
        """Where to start, and where to end where no skew part is wanted."""
        n_items = self.terms.counts.n_items
        strengths = self.start.strengths if self.terms.with_strengths else np.zeros(n_items)
        embeddings = np.zeros((n_items, 2 * self.n_planes))
        return Place(strengths, embeddings, self.start.tie_log_weight)

    def starts(
        self, optimum: Place, near: GeneralPreference | None, seed: int, n_starts: int
    ) -> list[Place]:
        """Random embeddings for the items that were compared; the others stay at their prior."""
        counts, rng = self.terms.counts, np.random.default_rng(seed)
        compared = to_items(counts, counts.total, counts.total)[:, None] > 0
        shape = optimum.embeddings.shape
        if near is not None:
            # A little away from it: an embedding that was zero would stay at its saddle.
            nudge = rng.normal(scale=START_SCALE / 10, size=shape)
            return [Place(near.strengths, (near.embeddings + nudge) * compared, optimum.tie)]
        return [
            Place(optimum.strengths, rng.normal(scale=START_SCALE, size=shape) * compared, tie)
            for tie in [optimum.tie] * n_starts
        ]

    def minimise(self, start: Place, tolerance: float, n_iterations: int) -> tuple[float, Place]:
        """Return the loss at the optimum next to `start`, and where that is."""
        from scipy.optimize import minimize  # here, as it takes long to import

        scale, loss = self.terms.scale(start), loss_on(self.device, self.terms)
        tie = start.tie if self.terms.with_ties else 0.0

        def scaled(vector: Floats) -> tuple[float, Floats]:
            value, slopes = loss(vector * scale)
            return value, slopes * scale

        found = minimize(
            scaled,
            np.hstack([start.strengths, start.embeddings.ravel(), tie]) / scale,
            jac=True,
            method="L-BFGS-B",
            options={
                "maxiter": n_iterations,
                "maxfun": 2 * n_iterations,
                "maxcor": HISTORY,
                "gtol": tolerance / 2,
                "ftol": 0.0,
            },
        )
        slope = float(np.abs(found.jac).max())
        if not slope <= tolerance:
            raise NotConvergedError(slope, tolerance, n_iterations)
        place = split(found.x * scale, self.terms.counts.n_items)
        tie = place.tie if self.terms.with_ties else -np.inf
        return float(found.fun), Place(place.strengths, place.embeddings, tie)

    def model(self, place: Place, penalty_share: float, *, intervals: bool) -> GeneralPreference:
        terms, start = self.terms, self.start
        component = components(terms.counts.n_items, terms.counts.first, terms.counts.second)
        covariance, tie_variance = self._covariance(place, component) if intervals else NO_INTERVALS
        if covariance is not None:
            component = covariance.layout.component
        means = np.bincount(component, place.strengths) / np.bincount(component)
        return GeneralPreference(
            items=self.comparisons.items,
            prompts=self.comparisons.prompts,
            strengths=place.strengths - means[component],
            embeddings=place.embeddings,
            component=component,
            covariance=covariance,
            plain=start.covariance if terms.with_strengths else None,
            prior_scale=start.prior_scale if terms.with_strengths else 0.0,
            penalty=terms.penalty,
            penalty_share=penalty_share,
            tie_log_weight=place.tie,
            tie_variance=tie_variance,
        )

    def _covariance(self, place: Place, component: Indices) -> tuple[BlockMatrix | None, float]:
        """Of the parameters of each item, and of the log tie weight; none where it is too large."""
        terms, width = self.terms, 2 * self.n_planes + self.terms.with_strengths
        if int(np.bincount(component).max()) * width > MAX_ROWS:
            return NO_INTERVALS
        if not self.n_planes:
            known = self.start.covariance
            blocks = known if isinstance(known, BlockMatrix) else known.blocks
            return blocks, self.start.tie_variance
        return covariance_at(terms, place, Layout.of(component, width))
