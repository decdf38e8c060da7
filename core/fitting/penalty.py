"""How many planes, and how large a penalty on them: chosen on judgments held out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.estimates import clustered_mean
from core.fitting.bradley_terry import fit_bradley_terry
from core.fitting.folds import assign_folds
from core.fitting.general_preference import fit_general_preference
from core.judgment import Comparisons, Floats
from core.models import BradleyTerry, GeneralPreference
from core.scores import log_losses

#: Numbers of planes to choose from, beside none, which is Bradley-Terry.
PLANES = (1, 2, 4)
#: Shares of the noise level to choose from; at 1 the model is Bradley-Terry itself.
PENALTY_SHARES = (0.07, 0.1, 0.15, 0.2, 0.25, 0.3, 0.37, 0.45, 0.55, 0.65, 0.8, 1.0)
#: With fewer judgments nothing can be chosen, and the model stays Bradley-Terry.
MIN_JUDGMENTS = 10
#: Folds; and where pairs are few, so that learning from fewer would change what is best.
N_FOLDS, FEW_PAIRS, MORE_FOLDS = 5, 1_500, 10
#: With more different pairs only the first fold is held out: it is large enough to choose by.
MANY_PAIRS = 20_000
#: With fewer different pairs chance has it easy: Bradley-Terry is left only for a gain above one
#: standard error, that is, above an interval of this level.
SURE_PAIRS, ONE_STANDARD_ERROR = 300, 0.6827
#: So often in a row the loss rises before smaller penalties are given up.
RISES = 2
#: Or until one misses Bradley-Terry's by so many nats in all: with the smallest skew part that
#: far behind, a larger one is out of the question.
HOPELESS = 20.0
#: Power of the held-out likelihood that weighs candidates against each other. Below 1: judgments
#: of a pair or person hang together, and parts of the data are not the whole.
CAUTION = 0.5
#: Candidates with less weight than this make no difference.
NEGLIGIBLE = 1e-3

#: Number of planes and share of the noise level; (0, 1.0) is Bradley-Terry.
Candidate = tuple[int, float]
BRADLEY_TERRY: Candidate = (0, 1.0)
#: One for each training part.
Models = Sequence[BradleyTerry | GeneralPreference]


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The planes and the share that held-out judgments speak for, and how all predicted these.

    Attributes
    ----------
    n_planes : int
        0: Bradley-Terry.
    candidates : tuple of (n_planes, share)
        Those that were tried.
    log_losses : tuple of float, as long as `candidates`
        Nats a judgment, over three outcomes; empty where there was too little to choose by.
    """

    n_planes: int
    share: float
    candidates: tuple[Candidate, ...]
    log_losses: tuple[float, ...]


def choose_general_preference(
    comparisons: Comparisons,
    *,
    planes: Sequence[int] = PLANES,
    shares: Sequence[float] = PENALTY_SHARES,
    n_folds: int | None = None,
    ties: bool | None = None,
    prior_scale: float | Literal["evidence"] = "evidence",
    with_strengths: bool = True,
    seed: int = 0,
    device: str = "cpu",
) -> ModelChoice:
    r"""Choose planes and share by how well they predict judgments held out.

    Where no candidate predicts better than Bradley-Terry, Bradley-Terry is taken; with fewer than
    `SURE_PAIRS` different pairs also where the gain is less than its standard error (clustered by
    pair; the rule of Breiman et al. 1984, section 3.4.3). Else, with few judgments, the candidate
    with the lowest loss is often so by chance, and the losses of the others say what else may be
    true. So candidates are weighed [1]_ [2]_,

    .. math:: w_c \propto e^{-L_c / 2}, \qquad L_c = -\sum_{\text{held out}} \log p_c(y),

    and the one is taken that is expected to predict best if one of them is right, that is, the
    nearest to the average prediction :math:`\bar p = \sum_c w_c p_c`: with the largest mean of
    :math:`\sum_y \bar p(y) \log p_c(y)` over the judgments held out. With many judgments one
    candidate has all the weight, and this is the lowest loss.

    The most planes are tried first: they can hold whatever fewer can, so that fewer are
    tried only where the most predict better than Bradley-Terry at some share. The folds are those
    of `core.fitting.folds.assign_folds`; with more than `MANY_PAIRS` pairs, the first. The log
    loss of the chosen model is about the least of several and so too good by a little: an honest
    figure needs other judgments.

    Parameters
    ----------
    comparisons : Comparisons
        At least one judged pair. With fewer than `MIN_JUDGMENTS` Bradley-Terry is taken.
    planes : sequence of int
        Above 0.
    ties : bool or None
        Whether a tie can be given at all; None: whether any was.
    prior_scale : float or "evidence"
        Of the strengths; "evidence" looks for it in every training part.
    n_folds : int or None
        None: `N_FOLDS`, and `MORE_FOLDS` with at most `FEW_PAIRS` different pairs.
    with_strengths : bool
        False: among pure representation models, and Bradley-Terry.

    References
    ----------
    .. [1] Geisser and Eddy, "A predictive approach to model selection", JASA 74(365), 1979.
    .. [2] The power 1/2: Gruenwald and van Ommen, "Inconsistency of Bayesian inference for
       misspecified linear models, and a proposal for repairing it", Bayesian Analysis 12(4), 2017.
    """
    if len(comparisons) < MIN_JUDGMENTS:
        return ModelChoice(*BRADLEY_TERRY, (BRADLEY_TERRY,), ())
    if ties is None:
        ties = bool((comparisons.outcome == 0).any())
    trial = _Trial(
        comparisons,
        n_folds=n_folds,
        ties=ties,
        prior_scale=prior_scale,
        with_strengths=with_strengths,
        seed=seed,
        device=device,
    )
    losses = {BRADLEY_TERRY: trial.bradley_terry()}
    for n_planes in sorted(planes, reverse=True):
        losses |= trial.path(n_planes, [share for share in shares if share < 1])
        if _lowest(losses) == BRADLEY_TERRY:
            break
    best = _lowest(losses)
    best = trial.nearest(weights_of(losses)) if trial.is_better(best) else BRADLEY_TERRY
    means = tuple(loss / trial.n_held_out for loss in losses.values())
    return ModelChoice(*best, tuple(losses), means)


def _lowest(losses: dict[Candidate, float]) -> Candidate:
    return min(losses, key=lambda candidate: losses[candidate])


def weights_of(losses: dict[Candidate, float]) -> dict[Candidate, float]:
    """Of the candidates that matter; they sum to one."""
    least = min(losses.values())
    weight = {key: float(np.exp(CAUTION * (least - loss))) for key, loss in losses.items()}
    total = sum(weight.values())
    kept = {key: part for key, part in weight.items() if part > NEGLIGIBLE * total}
    return {key: part / sum(kept.values()) for key, part in kept.items()}


class _Trial:
    """Candidates on the same folds; losses are sums over all judgments held out."""

    def __init__(
        self,
        comparisons: Comparisons,
        *,
        n_folds: int | None,
        ties: bool,
        prior_scale: float | Literal["evidence"],
        with_strengths: bool,
        seed: int,
        device: str,
    ) -> None:
        self.seed, self.device = seed, device
        self.with_strengths = with_strengths
        pair = comparisons.first * len(comparisons.items) + comparisons.second
        self.n_pairs = n_pairs = len(np.unique(pair))
        if n_folds is None:
            n_folds = MORE_FOLDS if n_pairs <= FEW_PAIRS else N_FOLDS
        folds = assign_folds(comparisons, n_folds=n_folds, seed=seed)
        n_tried = 1 if n_pairs > MANY_PAIRS else folds.n_folds
        parts = [folds.fold == number for number in range(n_tried)]
        self.held_out = [comparisons.where(part) for part in parts]
        self.training = [comparisons.where(~part) for part in parts]
        self.pair = np.concatenate([pair[part] for part in parts])
        self.outcome = np.concatenate([part.outcome for part in self.held_out])
        self.n_held_out = len(self.outcome)
        self.starts = [
            fit_bradley_terry(part, ties=ties, prior_scale=prior_scale) for part in self.training
        ]
        self.models: dict[Candidate, Models] = {BRADLEY_TERRY: self.starts}

    def bradley_terry(self) -> float:
        return self._loss(BRADLEY_TERRY)

    def path(self, n_planes: int, shares: Sequence[float]) -> dict[Candidate, float]:
        """From the largest share down, each fit beginning where the last one ended.

        It ends where the loss has risen twice in a row, or is hopeless: smaller penalties only
        overfit more.
        """
        losses: dict[Candidate, float] = {}
        near: list[GeneralPreference | None] = [None] * len(self.training)
        found, most = [np.inf], self.bradley_terry() + HOPELESS
        for share in sorted(shares, reverse=True):
            models = [self._fit(k, n_planes, share, model) for k, model in enumerate(near)]
            near = list(models)
            self.models[n_planes, share] = models
            losses[n_planes, share] = self._loss((n_planes, share))
            found.append(losses[n_planes, share])
            risen = len(found) > RISES and all(np.diff(found[-RISES - 1 :]) > 0)
            if risen or found[-1] > most:
                break
        return losses

    def nearest(self, weights: dict[Candidate, float]) -> Candidate:
        """The candidate that the weighted average of all is expected to like best."""
        if len(weights) == 1:
            return next(iter(weights))
        average = np.zeros((self.n_held_out, 3))
        for candidate, weight in weights.items():
            average += weight * self._chances(candidate)
        return max(weights, key=lambda one: float((average * _logs(self._chances(one))).sum()))

    def is_better(self, candidate: Candidate) -> bool:
        """Whether the candidate with the lowest loss is reason enough to leave Bradley-Terry."""
        if candidate == BRADLEY_TERRY or self.n_pairs >= SURE_PAIRS:
            return candidate != BRADLEY_TERRY
        change = self._losses(candidate) - self._losses(BRADLEY_TERRY)
        return clustered_mean(change, self.pair, level=ONE_STANDARD_ERROR).high < 0

    def _loss(self, candidate: Candidate) -> float:
        return float(self._losses(candidate).sum())

    def _losses(self, candidate: Candidate) -> Floats:
        return log_losses(self._chances(candidate), self.outcome)

    def _chances(self, candidate: Candidate) -> Floats:
        """What the candidate says of all judgments held out, shape (n_held_out, 3)."""
        parts = zip(self.held_out, self.models[candidate], strict=True)
        return np.concatenate(
            [model.outcome_probabilities(rest.first, rest.second) for rest, model in parts]
        )

    def _fit(
        self, number: int, n_planes: int, share: float, near: GeneralPreference | None
    ) -> GeneralPreference:
        return fit_general_preference(
            self.training[number],
            n_planes=n_planes,
            penalty_share=share,
            with_strengths=self.with_strengths,
            start=self.starts[number],
            near=near,
            n_starts=1,
            intervals=False,
            seed=self.seed,
            device=self.device,
        )


def _logs(chances: Floats) -> Floats:
    """Logarithms; of a tie where none can be given, anything finite."""
    logs: Floats = np.log(np.maximum(chances, np.finfo(float).tiny))
    return logs
