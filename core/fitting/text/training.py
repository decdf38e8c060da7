"""Train a network on judged pairs: batches, memory, checkpoints, members of an ensemble."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from core.errors import DiscernError, NoComparisonsError
from core.fitting.text.encoders import (
    BATCH,
    Log,
    Passage,
    TooLittleMemoryError,
    free_memory,
    out_of_memory,
)
from core.fitting.text.network import (
    JudgedPairs,
    PairNetwork,
    TrainingSettings,
    log_odds,
    negative_log_likelihood,
)
from core.judgment import Floats, Indices

#: Batches whose pairs are sorted by length together: random enough, and hardly any padding.
BATCHES_SORTED = 32
MAX_GRADIENT = 1.0

Tensors = dict[str, torch.Tensor]


class DivergedError(DiscernError):
    """The loss is no number any more."""

    def __init__(self, step: int) -> None:
        super().__init__(
            f"Training diverged at step {step}: the loss is not a finite number. Use a smaller "
            "learning rate."
        )


class Checkpoints(Protocol):
    """Where tensors are kept under a name; given by the caller."""

    def read(self, name: str) -> Tensors | None: ...

    def write(self, name: str, tensors: Tensors) -> None: ...

    def remove(self, name: str) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What a network reads: tokens of items and of prompts.

    Attributes
    ----------
    items, prompts : list of lists of int
        Tokens; `prompts` is empty where prompts have no text.
    prompt : ndarray of int64, shape (n_items,)
    """

    items: list[list[int]]
    prompts: list[list[int]]
    prompt: Indices

    @classmethod
    def of(cls, network: PairNetwork, passages: Sequence[Passage], prompt: Indices) -> "Reading":
        """Tokenise items with their prompts, and the prompts alone."""
        texts = {number: one.prompt for number, one in zip(prompt, passages, strict=True)}
        alone = [Passage("", texts.get(n, "")) for n in range(int(prompt.max(initial=-1)) + 1)]
        tokens = network.encoder.tokens
        return cls(tokens(passages), tokens(alone) if any(texts.values()) else [], prompt)


class Training:
    """One network on its way through the pairs; goes on from a checkpoint if there is one."""

    def __init__(
        self,
        network: PairNetwork,
        pairs: JudgedPairs,
        reading: Reading,
        settings: TrainingSettings,
        *,
        seed: int = 0,
        log: Log = lambda _: None,
    ) -> None:
        if len(pairs) == 0:
            raise NoComparisonsError
        self.network, self.pairs, self.reading = network, pairs, reading
        self.settings, self.seed, self.log = settings, seed, log
        self.micro_pairs = min(settings.micro_pairs, settings.batch_pairs)
        self.step = 0
        self.n_steps = settings.n_epochs * -(-len(pairs) // settings.batch_pairs)
        self.with_ties = torch.tensor(pairs.counts[:, :, 1].sum(axis=0) > 0)
        self.optimiser = torch.optim.AdamW(
            list(network.trainable().values()),
            lr=settings.rate,
            weight_decay=settings.weight_decay,
        )

    def run(
        self,
        checkpoints: Checkpoints | None = None,
        name: str = "training",
        report: Callable[[int, int], None] = lambda _step, _of: None,
    ) -> None:
        """Train to the end; a checkpoint of that name is gone on from, and replaced on the way.

        Raises
        ------
        DivergedError
            If the loss stops being a number.
        TooLittleMemoryError
            If not even one pair fits into the device.
        """
        found = checkpoints.read(name) if checkpoints is not None else None
        if found is not None:
            self.restore(found)
            self.log(f"Training goes on from step {self.step} of {self.n_steps}.")
        self.network.train()
        for batch in self._batches():
            self._learn(batch)
            report(self.step, self.n_steps)
            every = self.settings.checkpoint_every
            if checkpoints is not None and self.step % every == 0 and self.step < self.n_steps:
                checkpoints.write(name, self.state())
        self.network.eval()

    def state(self) -> Tensors:
        """Everything that the rest of the training depends on; at the end, the weights."""
        done = self.step >= self.n_steps
        tensors: Tensors = {"step": torch.tensor(self.step)}
        for name, parameter in self.network.trainable().items():
            tensors[f"value/{name}"] = parameter.detach()
            moments = {} if done else self.optimiser.state.get(parameter, {})
            for kind, values in moments.items():
                tensors[f"{kind}/{name}"] = values
        return tensors

    def restore(self, tensors: Tensors) -> None:
        self.step = int(tensors["step"])
        for name, parameter in self.network.trainable().items():
            with torch.no_grad():
                parameter.copy_(tensors[f"value/{name}"])
            kinds = ("step", "exp_avg", "exp_avg_sq")
            state = {
                kind: tensors[f"{kind}/{name}"] for kind in kinds if f"{kind}/{name}" in tensors
            }
            device = parameter.device
            self.optimiser.state[parameter] = {
                kind: values.clone() if kind == "step" else values.clone().to(device)
                for kind, values in state.items()
            }

    def _batches(self) -> Iterator[Indices]:
        """The batches that are still to come; their order follows from seed and epoch alone."""
        in_epoch = self.n_steps // self.settings.n_epochs
        for epoch in range(self.step // in_epoch, self.settings.n_epochs):
            yield from self.batches_of(epoch)[self.step - epoch * in_epoch :]

    def batches_of(self, epoch: int) -> list[Indices]:
        """Pairs of similar length together, and pairs of one prompt too, as they share texts."""
        rng = np.random.default_rng([self.seed, epoch])
        size = self.settings.batch_pairs
        lengths = np.array([len(row) for row in self.reading.items])
        longest = np.maximum(lengths[self.pairs.first], lengths[self.pairs.second])
        prompt = self.reading.prompt[self.pairs.first]
        mixed = rng.permutation(len(self.pairs))
        batches: list[Indices] = []
        for begin in range(0, len(mixed), size * BATCHES_SORTED):
            part = mixed[begin : begin + size * BATCHES_SORTED]
            mean = np.bincount(prompt[part], longest[part]) / np.maximum(
                np.bincount(prompt[part]), 1
            )
            part = part[np.lexsort((longest[part], prompt[part], mean[prompt[part]]))]
            batches += [part[start : start + size] for start in range(0, len(part), size)]
        order = rng.permutation(len(batches))
        return [batches[i] for i in order]

    def _learn(self, batch: Indices) -> None:
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate()
        # What is random in the network follows from the step, so that going on changes nothing.
        torch.manual_seed(self.seed * 1_000_003 + self.step)
        self._accumulate(batch)
        torch.nn.utils.clip_grad_norm_(self.network.trainable().values(), MAX_GRADIENT)
        try:
            self.optimiser.step()
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
            raise TooLittleMemoryError("pair") from error
        self.step += 1

    def _rate(self) -> float:
        warm = max(int(self.settings.warm_up * self.n_steps), 1)
        rising, falling = (self.step + 1) / warm, (self.n_steps - self.step) / self.n_steps
        return self.settings.rate * min(rising, falling, 1.0)

    def _accumulate(self, batch: Indices) -> None:
        """Add up the gradients of a batch; where memory runs out, in halves of halves."""
        while True:
            self.optimiser.zero_grad(set_to_none=True)
            try:
                for begin in range(0, len(batch), self.micro_pairs):
                    self._backward(batch[begin : begin + self.micro_pairs], batch)
            except RuntimeError as error:
                if not out_of_memory(error):
                    raise
                if self.micro_pairs == 1:
                    raise TooLittleMemoryError("pair") from error
                self.micro_pairs = max(min(self.micro_pairs, len(batch)) // 2, 1)
                self.log(f"Out of memory: pairs are now read {self.micro_pairs} at a time.")
                free_memory()
            else:
                return

    def _backward(self, part: Indices, batch: Indices) -> None:
        items, place = np.unique(
            np.concatenate([self.pairs.first[part], self.pairs.second[part]]), return_inverse=True
        )
        with self.network.encoder.autocast():
            out = outputs(self.network, self.reading, items)
        odds = log_odds(out[place[: len(part)]], out[place[len(part) :]])
        counts = torch.tensor(self.pairs.counts[part], dtype=odds.dtype, device=odds.device)
        no_tie = torch.tensor(-torch.inf, device=odds.device)
        tie = torch.where(self.with_ties.to(odds.device), self.network.tie, no_tie)
        loss = negative_log_likelihood(odds, tie, counts) / self.pairs.counts[batch].sum()
        if not torch.isfinite(loss):
            raise DivergedError(self.step)
        loss.backward()


def outputs(network: PairNetwork, reading: Reading, items: Indices) -> torch.Tensor:
    """One pass for each item, and for each of their prompts; (n, n_aspects, 1 + 2k)."""
    prompts, prompt = np.unique(reading.prompt[items], return_inverse=True)
    rows = [reading.items[i] for i in items]
    alone = [reading.prompts[i] for i in prompts] if reading.prompts else []
    device = network.encoder.device
    whole: torch.Tensor = network(rows, alone, torch.tensor(prompt, device=device))
    return whole.float()


@torch.no_grad()
def all_outputs(network: PairNetwork, reading: Reading, log: Log = lambda _: None) -> Floats:
    """Outputs of all items, shape (n_items, n_aspects, 1 + 2k); halved batches as in training."""
    network.eval()
    order = np.argsort([len(row) for row in reading.items], kind="stable")
    k = 1 + 2 * network.n_planes
    found = np.empty((len(order), network.n_aspects, k))
    begin, batch = 0, BATCH
    while begin < len(order):
        part = order[begin : begin + batch]
        try:
            with network.encoder.autocast():
                found[part] = outputs(network, reading, part).cpu().numpy()
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
            if batch == 1:
                raise TooLittleMemoryError("text") from error
            batch //= 2
            log(f"Out of memory: texts are now read {batch} at a time.")
            free_memory()
            continue
        begin += len(part)
    return found
