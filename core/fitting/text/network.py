"""The encoder with its heads as one network, and the pairs that it learns from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import nn

from core.fitting.text.encoders import Encoder
from core.judgment import Comparisons, Floats, Indices


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """How a network is changed by judgments.

    Attributes
    ----------
    mode : str
        "full": all weights; "lora": small additions to the linear layers.
    n_planes : int
        Of the general head; 0: Bradley-Terry.
    n_epochs : int
        How often each judged pair is read.
    learning_rate : float or None
        None: 2e-5 for all weights, 2e-4 for LoRA.
    batch_pairs, micro_pairs : int
        Judged pairs for one step of the optimiser, and for one forward and backward pass.
    warm_up : float
        Share of the steps in which the learning rate rises; then it falls to zero on a line.
    checkpoint_every : int
        Steps between two checkpoints.
    """

    mode: Literal["full", "lora"] = "full"
    n_planes: int = 2
    n_epochs: int = 2
    learning_rate: float | None = None
    batch_pairs: int = 64
    micro_pairs: int = 64
    warm_up: float = 0.05
    weight_decay: float = 0.01
    lora_rank: int = 16
    gradient_checkpointing: bool = False
    checkpoint_every: int = 200

    @property
    def rate(self) -> float:
        if self.learning_rate is not None:
            return self.learning_rate
        return 2e-5 if self.mode == "full" else 2e-4


@dataclass(frozen=True, slots=True, eq=False)
class JudgedPairs:
    """Judgments added up by pair, for one aspect or several.

    Attributes
    ----------
    first, second : ndarray of int64, shape (n_pairs,)
    counts : ndarray, shape (n_pairs, n_aspects, 3)
        Judgments for the first, tied, and for the second.
    """

    first: Indices
    second: Indices
    counts: Floats

    def __len__(self) -> int:
        return len(self.first)


def judged_pairs(aspects: Sequence[Comparisons]) -> JudgedPairs:
    """Put comparisons of the same items under several aspects side by side."""
    n_items = len(aspects[0].items)
    added = [comparisons.counts() for comparisons in aspects]
    keys = np.unique(np.concatenate([pairs.first * n_items + pairs.second for pairs in added]))
    counts = np.zeros((len(keys), len(aspects), 3))
    for aspect, pairs in enumerate(added):
        row = np.searchsorted(keys, pairs.first * n_items + pairs.second)
        kinds = (pairs.first_better, pairs.tied, pairs.second_better)
        counts[row, aspect] = np.stack(kinds, axis=1)
    return JudgedPairs(keys // n_items, keys % n_items, counts)


class PairNetwork(nn.Module):
    """Texts in, strengths and embeddings out, for each aspect.

    The gates of the planes (between 0 and 2) follow from the prompt alone [1]_. They multiply
    both embeddings of a pair by their root, so that the n texts of a prompt cost n passes and a
    pair no more than a cross product.

    References
    ----------
    .. [1] Zhang et al., ICML 2025, arXiv:2410.02197, section 4.
    """

    def __init__(self, encoder: Encoder, settings: TrainingSettings, n_aspects: int = 1) -> None:
        super().__init__()
        self.encoder, self.n_planes, self.n_aspects = encoder, settings.n_planes, n_aspects
        network = encoder.network
        if settings.gradient_checkpointing:
            network.activation_checkpointing_enable()  # type: ignore[operator]
            network.enable_input_require_grads()  # type: ignore[operator]
        if settings.mode == "lora":
            from peft import LoraConfig, inject_adapter_in_model  # here, as it takes long

            config = LoraConfig(
                r=settings.lora_rank,
                lora_alpha=2 * settings.lora_rank,
                target_modules="all-linear",
            )
            network = inject_adapter_in_model(config, network)
        self.network = network
        self.head = nn.Linear(encoder.n_hidden, n_aspects * (1 + 2 * settings.n_planes))
        n_gates = n_aspects * settings.n_planes
        self.gate = nn.Linear(encoder.n_hidden, n_gates, bias=False) if n_gates else None
        self.tie = nn.Parameter(torch.zeros(n_aspects))
        nn.init.normal_(self.head.weight, std=(encoder.n_hidden + 1) ** -0.5)
        nn.init.zeros_(self.head.bias)
        if self.gate is not None:
            nn.init.zeros_(self.gate.weight)
        self.to(encoder.device)

    def forward(
        self, rows: list[list[int]], prompts: list[list[int]], prompt: torch.Tensor
    ) -> torch.Tensor:
        """Outputs of texts, shape (n_texts, n_aspects, 1 + 2 * n_planes).

        Parameters
        ----------
        rows, prompts : list of lists of int
            Tokens of texts and of the different prompts among them.
        prompt : Tensor of int64, shape (n_texts,)
            Which of the prompts each text answers; unused where prompts have no text.
        """
        out = self.head(self.encoder.pooled(rows)).unflatten(1, (self.n_aspects, -1))
        if self.gate is None or not prompts:
            return torch.as_tensor(out)
        logits = self.gate(self.encoder.pooled(prompts)).unflatten(1, (self.n_aspects, -1))
        roots = torch.sqrt(2 * torch.sigmoid(logits))[prompt].repeat_interleave(2, dim=2)
        return torch.cat([out[..., :1], out[..., 1:] * roots], dim=2)

    def trainable(self) -> dict[str, nn.Parameter]:
        """Parameters that learning changes, by name."""
        return {name: p for name, p in self.named_parameters() if p.requires_grad}


def log_odds(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Strength difference plus skew part of outputs (n, n_aspects, 1 + 2k); (n, n_aspects)."""
    a, b, c, d = first[..., 1::2], first[..., 2::2], second[..., 1::2], second[..., 2::2]
    return first[..., 0] - second[..., 0] + (a * d - b * c).sum(-1)


def negative_log_likelihood(
    odds: torch.Tensor, tie: torch.Tensor, counts: torch.Tensor
) -> torch.Tensor:
    """Of Davidson's model, summed over judgments; where no tie was given, of Bradley-Terry.

    Parameters
    ----------
    odds : Tensor, shape (n, n_aspects)
    tie : Tensor, shape (n_aspects,)
        Log tie weight; minus infinity where there are no ties.
    counts : Tensor, shape (n, n_aspects, 3)
    """
    logits = torch.stack([odds / 2, tie.expand_as(odds), -odds / 2], dim=2)
    shares = logits.log_softmax(dim=2)
    return -torch.where(counts > 0, counts * shares, 0.0).sum()
