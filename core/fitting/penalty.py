"""How many planes, and how large a penalty on them: chosen on judgments held out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.estimates import clustered_mean
from core.fitting.bradley_terry import fit_bradley_terry
from core.fitting.folds import assign_folds
from core.fitting.general_preference import fit_general_preference
from core.judgment import Comparisons, Floats, Indices
from core.models import BradleyTerry, GeneralPreference
from core.scores import log_losses

#: Numbers of planes to choose from, beside none, which is Bradley-Terry.
PLANES = (1, 2, 4)
#: Shares of the noise level to choose from; at 1 the model is Bradley-Terry itself.
PENALTY_SHARES = (0.1, 0.2, 0.3, 0.45, 0.65, 1.0)
#: With fewer judgments nothing can be chosen, and the model stays Bradley-Terry.
MIN_JUDGMENTS = 10
#: Level of an interval that reaches one standard error to each side.
ONE_STANDARD_ERROR = 0.6827
N_FOLDS = 5
#: With more different pairs only the first fold is held out: it is large enough to choose by.
MANY_PAIRS = 20_000
#: So often in a row the loss rises before smaller penalties are given up.
RISES = 2

#: Number of planes and share of the noise level; (0, 1.0) is Bradley-Terry.
Candidate = tuple[int, float]
BRADLEY_TERRY: Candidate = (0, 1.0)


@dataclass(frozen=True, slots=True)
class PenaltyChoice:
    """The share that predicted held-out judgments best, and how all of them did.

    Attributes
    ----------
    log_losses : tuple of float, as long as `shares`
        Nats a judgment, over three outcomes; NaN for shares that were given up before, empty
        where there was too little to choose by.
    """

    share: float
    shares: tuple[float, ...]
    log_losses: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The planes and the share that predicted held-out judgments best, and how all of them did.

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
    n_folds: int = N_FOLDS,
    ties: bool | None = None,
    prior_scale: float | Literal["evidence"] = "evidence",
    with_strengths: bool = True,
    seed: int = 0,
    device: str = "cpu",
) -> ModelChoice:
    """Choose planes and share with the lowest held-out log loss, if it beats Bradley-Terry's.

    It has to beat it by more than one standard error of the difference (clustered by pair; the
    rule of Breiman et al. 1984, section 3.4.3), so that a study does not leave Bradley-Terry by
    chance. The most planes are tried first: they can hold whatever fewer can, so that fewer are
    tried only where the most predict better than Bradley-Terry at some share. The folds are those
    of `core.fitting.folds.assign_folds`; with more than `MANY_PAIRS` pairs, the first. The log
    loss of the chosen model is the least of several and so too good by a little: an honest figure
    needs other judgments.

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
    with_strengths : bool
        False: among pure representation models, and Bradley-Terry.
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
    gain = clustered_mean(
        losses[best] - losses[BRADLEY_TERRY], trial.pair, level=ONE_STANDARD_ERROR
    )
    if not gain.high < 0:
        best = BRADLEY_TERRY
    means = tuple(float(loss.mean()) for loss in losses.values())
    return ModelChoice(*best, tuple(losses), means)


def choose_penalty_share(
    comparisons: Comparisons,
    *,
    shares: tuple[float, ...] = PENALTY_SHARES,
    n_planes: int = 2,
    n_folds: int = N_FOLDS,
    ties: bool | None = None,
    seed: int = 0,
    device: str = "cpu",
) -> PenaltyChoice:
    """Choose the share for a given number of planes, as `choose_general_preference` does."""
    shares = tuple(sorted(shares))
    choice = choose_general_preference(
        comparisons,
        planes=(n_planes,),
        shares=shares,
        n_folds=n_folds,
        ties=ties,
        seed=seed,
        device=device,
    )
    loss = dict(zip(choice.candidates, choice.log_losses, strict=False))
    return PenaltyChoice(
        choice.share,
        shares,
        tuple(loss.get((n_planes if share < 1 else 0, share), np.nan) for share in shares)
        if loss
        else (),
    )


def _lowest(losses: dict[Candidate, Floats]) -> Candidate:
    return min(losses, key=lambda candidate: float(losses[candidate].mean()))


class _Trial:
    """Candidates on the same folds; every loss has one row for each judgment held out."""

    def __init__(
        self,
        comparisons: Comparisons,
        *,
        n_folds: int,
        ties: bool,
        prior_scale: float | Literal["evidence"],
        with_strengths: bool,
        seed: int,
        device: str,
    ) -> None:
        self.seed, self.device = seed, device
        self.with_strengths = with_strengths
        folds = assign_folds(comparisons, n_folds=n_folds, seed=seed)
        pair = comparisons.first * len(comparisons.items) + comparisons.second
        n_tried = 1 if len(np.unique(pair)) > MANY_PAIRS else folds.n_folds
        parts = [folds.fold == number for number in range(n_tried)]
        self.pair: Indices = np.concatenate([pair[part] for part in parts])
        self.held_out = [comparisons.where(part) for part in parts]
        self.training = [comparisons.where(~part) for part in parts]
        self.starts = [
            fit_bradley_terry(part, ties=ties, prior_scale=prior_scale) for part in self.training
        ]

    def bradley_terry(self) -> Floats:
        parts = zip(self.held_out, self.starts, strict=True)
        return np.concatenate([self._losses(model, rest) for rest, model in parts])

    def path(self, n_planes: int, shares: Sequence[float]) -> dict[Candidate, Floats]:
        """From the largest share down, each fit beginning where the last one ended.

        It ends where the loss has risen twice in a row: smaller penalties only overfit more.
        """
        losses: dict[Candidate, Floats] = {}
        near: list[GeneralPreference | None] = [None] * len(self.training)
        means = [np.inf]
        for share in sorted(shares, reverse=True):
            models = [self._fit(k, n_planes, share, model) for k, model in enumerate(near)]
            near = list(models)
            parts = zip(self.held_out, models, strict=True)
            loss = np.concatenate([self._losses(model, rest) for rest, model in parts])
            losses[n_planes, share] = loss
            means.append(float(loss.mean()))
            if len(means) > RISES and all(np.diff(means[-RISES - 1 :]) > 0):
                break
        return losses

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

    @staticmethod
    def _losses(model: BradleyTerry | GeneralPreference, rest: Comparisons) -> Floats:
        return log_losses(model.outcome_probabilities(rest.first, rest.second), rest.outcome)
