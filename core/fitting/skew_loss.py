"""Loss and slopes of Bradley-Terry plus a penalised skew part: numpy on a CPU, torch elsewhere."""

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy.sparse import csr_array

from core.fitting.laplace import information, to_items
from core.judgment import Floats, Indices, PairCounts
from core.models import davidson, quarter_turn, skew_part

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
    return NumpyLoss(terms) if device == "cpu" else TorchLoss(terms, device)


def split(values: Floats, n_items: int) -> Place:
    """Read a vector as strengths, embeddings and log tie weight."""
    return Place(values[:n_items], values[n_items:-1].reshape(n_items, -1), float(values[-1]))


class NumpyLoss:
    r"""The loss of `core.fitting.fit_general_preference`, with slopes worked out by hand.

    With :math:`g_e` the slope in the log-odds of pair e = (i, j) and G the skew-symmetric sparse
    matrix of these, the slopes in the strengths are the row sums of G and those in the embeddings
    the quarter turn of G V: one sparse product for all planes.
    """

    def __init__(self, terms: Terms) -> None:
        counts = terms.counts
        self.terms, self.n_tied = terms, float(counts.tied.sum())
        self.margin = (counts.first_better - counts.second_better) / 2
        n, n_pairs = counts.n_items, len(counts.first)
        rows = np.concatenate([counts.first, counts.second])
        columns = np.concatenate([counts.second, counts.first])
        signs = np.repeat([1.0, -1.0], n_pairs)
        edges = csr_array((np.arange(2 * n_pairs) + 1.0, (rows, columns)), shape=(n, n))
        self.order: Indices = edges.data.astype(np.int64) - 1
        self.signs: Floats = signs[self.order]
        self.order %= n_pairs
        self.slopes = csr_array((self.signs.copy(), edges.indices, edges.indptr), shape=(n, n))

    def __call__(self, values: Floats) -> tuple[float, Floats]:
        terms, counts = self.terms, self.terms.counts
        place = split(values, counts.n_items)
        odds = skew_part(place.embeddings[counts.first], place.embeddings[counts.second])
        loss = float(np.vdot(place.embeddings, place.embeddings)) * terms.penalty / 2
        if terms.with_strengths:
            odds += place.strengths[counts.first] - place.strengths[counts.second]
            loss += float(place.strengths @ place.strengths) * terms.prior_precision / 2
        normaliser, balance, tied = self._shares(odds, place.tie)
        slope = counts.total * balance - self.margin
        loss += float(counts.total @ normaliser - self.margin @ odds)
        tie_slope = 0.0
        if terms.with_ties:
            loss += place.tie**2 * terms.tie_precision / 2 - place.tie * self.n_tied
            tie_slope = float(counts.total @ tied) - self.n_tied + place.tie * terms.tie_precision
        self.slopes.data = self.signs * slope[self.order]
        embeddings = terms.penalty * place.embeddings + quarter_turn(self.slopes @ place.embeddings)
        strengths = np.zeros(counts.n_items)
        if terms.with_strengths:
            strengths = self.slopes.sum(axis=1) + terms.prior_precision * place.strengths
        return loss, np.hstack([strengths, embeddings.ravel(), tie_slope])

    def _shares(self, odds: Floats, tie: float) -> tuple[Floats, Floats, Floats | float]:
        """Log of the sum of weights, half the difference of the shares, and the share of ties."""
        half = np.abs(odds) / 2
        if not self.terms.with_ties:
            return half + np.log1p(np.exp(-2 * half)), np.tanh(odds / 2) / 2, 0.0
        top = np.maximum(half, tie)
        strong, weak, tied = np.exp(half - top), np.exp(-half - top), np.exp(tie - top)
        total = strong + weak + tied
        balance = np.sign(odds) * (strong - weak) / (2 * total)
        return top + np.log(total), balance, tied / total


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
        self.instead: NumpyLoss | None = None

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
            self.instead = NumpyLoss(self.terms)
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
