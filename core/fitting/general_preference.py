"""The general preference model: Bradley-Terry plus a penalised skew part, by L-BFGS in torch."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

from core.blocks import BlockMatrix, Layout
from core.errors import NotConvergedError
from core.fitting.bradley_terry import fit_bradley_terry
from core.fitting.laplace import hold_levels, information, invert, release_levels, to_items
from core.judgment import Comparisons, Floats, Indices, PairCounts
from core.models import BradleyTerry, GeneralPreference, davidson, quarter_turn, skew_part

#: Standard deviation of the entries that embeddings start from. At zero the gradient vanishes
#: whatever the data, so that a start near it stays there.
START_SCALE = 0.3


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

    The loss is not convex in the embeddings. L-BFGS starts from the Bradley-Terry optimum and
    random embeddings.

    Parameters
    ----------
    comparisons : Comparisons
        At least one judged pair.
    n_planes : int
        Half the dimension of an embedding; the rank of the skew part is at most twice this.
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
        For torch, such as "cpu" or "cuda".
    tolerance : float
        Largest slope accepted at the optimum, for a step of about one posterior standard
        deviation of a parameter.
    n_iterations : int
        L-BFGS iterations before giving up.

    Returns
    -------
    GeneralPreference
        With the inverse of Fisher information plus prior precision as covariance, which is
        positive definite although turned planes fit equally well.

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
    if penalty_share <= 0 or n_planes < 1:
        raise ValueError(f"Need a penalty and planes, got {penalty_share} and {n_planes}.")
    if start is None:
        start = fit_bradley_terry(
            comparisons, prior_scale=prior_scale, tie_prior_scale=tie_prior_scale, ties=ties
        )
    counts = comparisons.counts()
    penalty = penalty_share * noise_level(counts, start)
    problem = _Problem(
        comparisons, counts, start, n_planes, penalty, tie_prior_scale, with_strengths
    )
    optimum = problem.bradley_terry()
    if penalty_share < 1 or not with_strengths:
        place = problem.random_place(optimum, seed)
        optimum = problem.minimise(place, torch.device(device), tolerance, n_iterations)
    return problem.model(optimum, penalty_share)


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
    layout = model.covariance.layout
    inside = np.bincount(layout.component[counts.first], counts.total * variance, len(layout.sizes))
    return float(np.sqrt(8 * (inside**2 / layout.sizes).sum() / inside.sum()))


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """One place in the space of parameters."""

    strengths: Floats
    embeddings: Floats
    tie: float


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    """What is minimised."""

    comparisons: Comparisons
    counts: PairCounts
    start: BradleyTerry
    n_planes: int
    penalty: float
    tie_prior_scale: float
    with_strengths: bool

    @property
    def with_ties(self) -> bool:
        return self.start.tie_log_weight > -np.inf

    @property
    def prior_precision(self) -> float:
        return self.start.prior_scale**-2

    def bradley_terry(self) -> _Place:
        """The Bradley-Terry optimum, which has no skew part."""
        n_items = self.counts.n_items
        strengths = self.start.strengths if self.with_strengths else np.zeros(n_items)
        return _Place(strengths, np.zeros((n_items, 2 * self.n_planes)), self.start.tie_log_weight)

    def random_place(self, place: _Place, seed: int) -> _Place:
        """Give the items that were compared random embeddings; the others stay at their prior."""
        compared = to_items(self.counts, self.counts.total, self.counts.total) > 0
        random = np.random.default_rng(seed).normal(scale=START_SCALE, size=place.embeddings.shape)
        return _Place(place.strengths, random * compared[:, None], place.tie)

    def minimise(
        self, start: _Place, device: torch.device, tolerance: float, n_iterations: int
    ) -> _Place:
        loss = _Loss(self, start, device)
        vector = loss.vector(start).requires_grad_()
        optimiser = torch.optim.LBFGS(
            [vector],
            max_iter=n_iterations,
            max_eval=2 * n_iterations,
            tolerance_grad=tolerance / 10,
            tolerance_change=0.0,
            history_size=20,
            line_search_fn="strong_wolfe",
        )

        def closure() -> torch.Tensor:
            optimiser.zero_grad()
            value = loss(vector)
            value.backward()  # type: ignore[no-untyped-call]
            return value

        optimiser.step(closure)  # type: ignore[no-untyped-call]
        closure()
        slope = float(vector.grad.abs().max()) if vector.grad is not None else np.inf
        if not slope <= tolerance:
            raise NotConvergedError(slope, tolerance, n_iterations)
        return loss.place(vector.detach())

    def model(self, place: _Place, penalty_share: float) -> GeneralPreference:
        layout = Layout.of(
            self.start.covariance.layout.component, 2 * self.n_planes + self.with_strengths
        )
        covariance, tie_variance = self._covariance(place, layout)
        means = np.bincount(layout.component, place.strengths) / layout.sizes
        return GeneralPreference(
            items=self.comparisons.items,
            prompts=self.comparisons.prompts,
            strengths=place.strengths - means[layout.component],
            embeddings=place.embeddings,
            covariance=covariance,
            prior_scale=self.start.prior_scale,
            penalty=self.penalty,
            penalty_share=penalty_share,
            tie_log_weight=place.tie,
            tie_variance=tie_variance,
        )

    def _covariance(self, place: _Place, layout: Layout) -> tuple[BlockMatrix, float]:
        """Invert Fisher information plus prior precision, in (strength, embedding) of each item."""
        counts, width = self.counts, layout.width
        here, there = place.embeddings[counts.first], place.embeddings[counts.second]
        slope, other_slope = quarter_turn(there), -quarter_turn(here)
        precision = np.full(width, self.penalty)
        if self.with_strengths:
            one = np.ones((len(here), 1))
            slope, other_slope = np.hstack([one, slope]), np.hstack([-one, other_slope])
            precision[0] = self.prior_precision
        odds = skew_part(here, there) + place.strengths[counts.first]
        shares = davidson(odds - place.strengths[counts.second], place.tie)
        curvature, mixed, tie_curvature = (counts.total * part for part in information(shares))
        diagonal = np.zeros((counts.n_items, width, width)) + np.diag(precision)
        for k, m in np.ndindex(width, width):
            own = curvature * slope[:, k] * slope[:, m]
            other = curvature * other_slope[:, k] * other_slope[:, m]
            diagonal[:, k, m] += to_items(counts, own, other)
        off = curvature[:, None, None] * slope[:, :, None] * other_slope[:, None, :]
        hessian = BlockMatrix.assemble(layout, diagonal, counts.first, counts.second, off)
        if self.with_strengths:
            hold_levels(hessian)
        border = [
            to_items(counts, mixed * slope[:, k], mixed * other_slope[:, k]) for k in range(width)
        ]
        covariance, tie_variance = invert(
            hessian,
            np.stack(border, axis=1),
            float(tie_curvature.sum()) + self.tie_prior_scale**-2,
            with_ties=self.with_ties,
        )
        if self.with_strengths:
            release_levels(covariance, self.prior_precision)
        return covariance, tie_variance


class _Loss:
    """The negative log posterior in torch, of one vector scaled to about equal curvature.

    A unit of the vector is about one posterior standard deviation of a parameter, and the slopes
    have that meaning whatever the size of the data.
    """

    def __init__(self, problem: _Problem, start: _Place, device: torch.device) -> None:
        counts = problem.counts
        self.problem, self.device = problem, device
        self.first, self.second = self._tensor(counts.first), self._tensor(counts.second)
        self.total, self.n_tied = self._tensor(counts.total), float(counts.tied.sum())
        self.margin = self._tensor((counts.first_better - counts.second_better) / 2)
        odds = start.strengths[counts.first] - start.strengths[counts.second]
        curvature, _, tie_curvature = (
            counts.total * part for part in information(davidson(odds, start.tie))
        )
        precision = to_items(counts, curvature, curvature)
        # An item never compared has no precision where there is no prior, and never moves.
        strengths = np.where(precision > 0, precision + problem.prior_precision, 1.0)
        embeddings = np.repeat(precision + problem.penalty, 2 * problem.n_planes)
        tie = tie_curvature.sum() + problem.tie_prior_scale**-2 if problem.with_ties else 1.0
        self.scale = self._tensor(np.hstack([strengths, embeddings, tie]) ** -0.5)

    def vector(self, place: _Place) -> torch.Tensor:
        tie = place.tie if self.problem.with_ties else 0.0
        values = np.hstack([place.strengths, place.embeddings.ravel(), tie])
        return self._tensor(values) / self.scale

    def place(self, vector: torch.Tensor) -> _Place:
        strengths, embeddings, tie = (part.cpu().numpy() for part in self._split(vector))
        return _Place(strengths, embeddings, float(tie) if self.problem.with_ties else -np.inf)

    def __call__(self, vector: torch.Tensor) -> torch.Tensor:
        problem = self.problem
        strengths, embeddings, tie = self._split(vector)
        here = embeddings.index_select(0, self.first)
        there = embeddings.index_select(0, self.second)
        odds = (here[:, ::2] * there[:, 1::2] - here[:, 1::2] * there[:, ::2]).sum(1)
        loss = embeddings.square().sum() * (problem.penalty / 2)
        if problem.with_strengths:
            odds = odds + strengths.index_select(0, self.first)
            odds = odds - strengths.index_select(0, self.second)
            loss = loss + strengths.square().sum() * (problem.prior_precision / 2)
        normaliser = torch.logaddexp(odds / 2, -odds / 2)
        if problem.with_ties:
            normaliser = torch.logaddexp(normaliser, tie)
            loss = loss + tie.square() * (problem.tie_prior_scale**-2 / 2) - tie * self.n_tied
        return loss + self.total @ normaliser - self.margin @ odds

    def _split(self, vector: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        values, n_items = vector * self.scale, self.problem.counts.n_items
        return values[:n_items], values[n_items:-1].reshape(n_items, -1), values[-1]

    def _tensor(self, values: Floats | Indices) -> torch.Tensor:
        return torch.as_tensor(values, device=self.device)
