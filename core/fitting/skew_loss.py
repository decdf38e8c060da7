"""Loss and slopes of Bradley-Terry plus a penalised skew part: by torch where there is a GPU."""

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from core.fitting.kernels import skew_slopes
from core.fitting.laplace import information, to_items
from core.judgment import Floats, Indices, PairCounts
from core.models import davidson

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """One place in the space of parameters.

    Attributes
    ----------
    strengths : ndarray, shape (n_items,)
    embeddings : ndarray, shape (n_items, 2 * n_planes)
    tie : float
        Log tie weight; minus infinity where a tie cannot happen.
    """

    strengths: Floats
    embeddings: Floats
    tie: float


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """What the loss is made of, apart from the parameters.

    Attributes
    ----------
    penalty : float
        Precision of the prior on an entry of the embeddings, 1 / nats.
    prior_precision, tie_precision : float
        Of the priors on a strength and on the log tie weight, 1 / nats squared.
    """

    counts: PairCounts
    penalty: float
    prior_precision: float
    tie_precision: float
    with_strengths: bool
    with_ties: bool

    def scale(self, start: Place) -> Floats:
        """About one posterior standard deviation of each parameter; shape (n_parameters,).

        In this unit the curvature is about the same in all directions, and slopes have the same
        meaning whatever the size of the data.
        """
        counts = self.counts
        odds = start.strengths[counts.first] - start.strengths[counts.second]
        curvature, _, tie_curvature = (
            counts.total * part for part in information(davidson(odds, start.tie))
        )
        precision = to_items(counts, curvature, curvature)
        # An item never compared has no precision where there is no prior, and never moves.
        strengths = np.where(precision > 0, precision + self.prior_precision, 1.0)
        embeddings = np.repeat(precision + self.penalty, start.embeddings.shape[1])
        tie = tie_curvature.sum() + self.tie_precision if self.with_ties else 1.0
        scale: Floats = np.hstack([strengths, embeddings, tie]) ** -0.5
        return scale


class Loss(Protocol):
    """The negative log posterior of one vector of (strengths, embeddings, log tie weight)."""

    def __call__(self, values: Floats) -> tuple[float, Floats]:
        """Return the loss in nats and its slopes, shape (n_parameters,)."""
        ...


def loss_on(device: str, terms: Terms) -> Loss:
    """The loss for a device by torch's name: "cpu" needs no torch."""
    return CompiledLoss(terms) if device == "cpu" else TorchLoss(terms, device)


def split(values: Floats, n_items: int) -> Place:
    """Read a vector as strengths, embeddings and log tie weight."""
    return Place(values[:n_items], values[n_items:-1].reshape(n_items, -1), float(values[-1]))


class CompiledLoss:
    """The loss of `fit_general_preference` on a CPU, with slopes worked out by hand."""

    def __init__(self, terms: Terms) -> None:
        counts = terms.counts
        self.terms, self.total, self.n_tied = terms, counts.total, float(counts.tied.sum())
        self.margin = (counts.first_better - counts.second_better) / 2

    def __call__(self, values: Floats) -> tuple[float, Floats]:
        terms, counts = self.terms, self.terms.counts
        here, slopes = split(values, counts.n_items), np.zeros_like(values)
        there = split(slopes, counts.n_items)
        tie = here.tie if terms.with_ties else -np.inf
        loss, ties = skew_slopes(
            here.strengths if terms.with_strengths else np.zeros(counts.n_items),
            here.embeddings,
            tie,
            counts.first,
            counts.second,
            self.total,
            self.margin,
            there.strengths,
            there.embeddings,
        )
        loss += float(np.vdot(here.embeddings, here.embeddings)) * terms.penalty / 2
        there.embeddings[:] += terms.penalty * here.embeddings
        if terms.with_strengths:
            loss += float(here.strengths @ here.strengths) * terms.prior_precision / 2
            there.strengths[:] += terms.prior_precision * here.strengths
        else:
            there.strengths[:] = 0.0
        if terms.with_ties:
            loss += tie**2 * terms.tie_precision / 2 - tie * self.n_tied
            slopes[-1] = ties - self.n_tied + tie * terms.tie_precision
        return loss, slopes


@dataclass(frozen=True, slots=True, eq=False)
class _OnDevice:
    """Pair counts as tensors, shape (n_pairs,); `margin` is half of what the first won by."""

    first: "Tensor"
    second: "Tensor"
    total: "Tensor"
    margin: "Tensor"
    n_tied: float


class TorchLoss:
    """The same loss, with slopes by automatic differentiation on any device of torch.

    Where the device has too little memory for it, it is worked out on the CPU from then on.
    """

    def __init__(self, terms: Terms, device: str) -> None:
        import torch  # here, as a CPU does without it

        self.torch, self.device, self.terms = torch, torch.device(device), terms
        self.instead: CompiledLoss | None = None

    def __call__(self, values: Floats) -> tuple[float, Floats]:
        if self.instead is None:
            try:
                return self._on_device(values)
            except RuntimeError as error:
                from core.fitting.text.encoders import out_of_memory  # here, as it takes long

                if not out_of_memory(error):
                    raise
            warnings.warn(
                f"{self.device} has too little memory for the general model of "
                f"{len(self.terms.counts.first)} pairs: it goes on on the CPU, which takes longer.",
                RuntimeWarning,
                stacklevel=2,
            )
            self.instead = CompiledLoss(self.terms)
        return self.instead(values)

    @cached_property
    def data(self) -> "_OnDevice":
        """The counts on the device, copied when they are first asked for."""
        counts = self.terms.counts
        return _OnDevice(
            self._tensor(counts.first),
            self._tensor(counts.second),
            self._tensor(counts.total),
            self._tensor((counts.first_better - counts.second_better) / 2),
            float(counts.tied.sum()),
        )

    def _on_device(self, values: Floats) -> tuple[float, Floats]:
        vector = self._tensor(values).requires_grad_()
        loss = self._loss(vector)
        (slopes,) = self.torch.autograd.grad(loss, vector, allow_unused=False)
        return float(loss.detach()), slopes.cpu().numpy()

    def _loss(self, vector: "Tensor") -> "Tensor":
        terms, torch, data = self.terms, self.torch, self.data
        strengths, tie = vector[: terms.counts.n_items], vector[-1]
        embeddings = vector[terms.counts.n_items : -1].reshape(terms.counts.n_items, -1)
        here, there = embeddings[data.first], embeddings[data.second]
        odds = (here[:, ::2] * there[:, 1::2] - here[:, 1::2] * there[:, ::2]).sum(1)
        loss = embeddings.square().sum() * (terms.penalty / 2)
        if terms.with_strengths:
            odds = odds + strengths[data.first] - strengths[data.second]
            loss = loss + strengths.square().sum() * (terms.prior_precision / 2)
        normaliser = torch.logaddexp(odds / 2, -odds / 2)
        if terms.with_ties:
            normaliser = torch.logaddexp(normaliser, tie)
            loss = loss + tie.square() * (terms.tie_precision / 2) - tie * data.n_tied
        whole: Tensor = loss + data.total @ normaliser - data.margin @ odds
        return whole

    def _tensor(self, values: Floats | Indices) -> "Tensor":
        return self.torch.as_tensor(values, device=self.device)
