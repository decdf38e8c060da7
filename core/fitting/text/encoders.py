"""Encoders from transformers: any local path or hub name, texts in, one vector a text out."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from huggingface_hub.errors import HFValidationError
from numpy.typing import NDArray
from transformers import AutoModel, AutoTokenizer
from transformers.utils.logging import disable_progress_bar

from core.errors import DiscernError
from core.judgment import Floats

#: Tokens of prompt and text together that are read of a longer text.
MAX_TOKENS = 1_024
#: Texts in one forward pass, to begin with.
BATCH = 64

Log = Callable[[str], None]


class EncoderNotFoundError(DiscernError):
    """There is no encoder under that path or name."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"The encoder {name!r} could not be loaded: {reason} Give the path of a folder with a "
            "transformers model and its tokenizer, or a name on the hub that this machine can "
            "reach, or leave it out: TF-IDF then takes its place."
        )


class TooLittleMemoryError(DiscernError):
    """Not even one text, or pair, fits into the memory of the device."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"The device has too little memory for a single {what}. Use a smaller encoder, shorter "
            "texts (fewer tokens), LoRA, or gradient checkpointing."
        )


class Passage(NamedTuple):
    """What an encoder reads: the prompt, which may be empty, and the text of an item."""

    prompt: str
    text: str


class FeatureCache(Protocol):
    """Where encodings are kept between fits; given by the caller."""

    def read(self, keys: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Those that are there, by key."""
        ...

    def write(self, features: dict[str, NDArray[np.float32]]) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Encoder:
    """A network with its tokenizer.

    Attributes
    ----------
    name : str
        Path or hub name.
    network : torch.nn.Module
        Gives `last_hidden_state`.
    tokenizer : Any
        Of the library transformers.
    n_hidden : int
        Length of the vector of a text.
    max_tokens : int
    device : str
    """

    name: str
    network: torch.nn.Module
    tokenizer: Any
    n_hidden: int
    max_tokens: int
    device: str

    def tokens(self, passages: Sequence[Passage]) -> list[list[int]]:
        """Token ids of each passage, cut at `max_tokens` (the end of the text goes first)."""
        rows: list[list[int]] = [[] for _ in passages]
        for with_prompt in (False, True):  # a pair of which one part is empty is no single text
            places = [i for i, one in enumerate(passages) if bool(one.prompt) == with_prompt]
            texts = [passages[i].text for i in places]
            parts = ([passages[i].prompt for i in places], texts) if with_prompt else (texts,)
            if places:
                read = self.tokenizer(*parts, truncation=True, max_length=self.max_tokens)
                for i, ids in zip(places, read["input_ids"], strict=True):
                    # An empty text has no token with some tokenizers, and no mean.
                    rows[i] = ids or [self.tokenizer.pad_token_id]
        return rows

    def pooled(self, rows: Sequence[Sequence[int]]) -> torch.Tensor:
        """Mean of the last hidden states over the tokens of each row; shape (n_rows, n_hidden)."""
        longest = max(map(len, rows))
        pad = self.tokenizer.pad_token_id
        ids = torch.tensor([[*row, *[pad] * (longest - len(row))] for row in rows])
        mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
        ids, mask = ids.to(self.device), mask.to(self.device)
        hidden = self.network(input_ids=ids, attention_mask=mask).last_hidden_state
        weight = mask.unsqueeze(-1).to(hidden.dtype)
        pooled: torch.Tensor = (hidden * weight).sum(1) / weight.sum(1)
        return pooled.float()

    def autocast(self) -> torch.autocast:
        """Half precision (bf16) on CUDA; single precision elsewhere."""
        on_cuda = self.device.startswith("cuda")
        return torch.autocast("cuda" if on_cuda else "cpu", torch.bfloat16, enabled=on_cuda)


def load_encoder(name: str, device: str, *, max_tokens: int = MAX_TOKENS) -> Encoder:
    """Load a network and its tokenizer from a path or the hub.

    Raises
    ------
    EncoderNotFoundError
        If there is none, or it is nothing that transformers can read.
    TooLittleMemoryError
        If the device has no room for the network.
    """
    disable_progress_bar()  # the log is for people
    try:
        tokenizer = AutoTokenizer.from_pretrained(name)
        network = AutoModel.from_pretrained(name, dtype=torch.float32)
    except (OSError, ValueError, KeyError, ImportError) as error:
        # What is no name on the hub either was meant as a path, of which the library says nothing.
        no_name = isinstance(error.__cause__, HFValidationError)
        reason = "there is no such folder." if no_name else _first_line(error)
        raise EncoderNotFoundError(name, reason) from error
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    known = [tokenizer.model_max_length, getattr(network.config, "max_position_embeddings", None)]
    longest = min([max_tokens, *(int(length) for length in known if length)])
    try:
        network.to(device).eval()
    except RuntimeError as error:
        if not out_of_memory(error):
            raise
        raise TooLittleMemoryError("text") from error
    return Encoder(name, network, tokenizer, network.config.hidden_size, longest, device)


def _first_line(error: Exception) -> str:
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return line if line.endswith(".") else f"{line}."


def encode_frozen(
    encoder: Encoder,
    passages: Sequence[Passage],
    cache: FeatureCache | None = None,
    *,
    batch: int = BATCH,
    log: Log = lambda _: None,
) -> Floats:
    """One forward pass for each different passage that is not in the cache.

    Passages are batched by length. Where the device runs out of memory the batch is halved, said
    so, and the work goes on.

    Returns
    -------
    ndarray, shape (n_passages, n_hidden)

    Raises
    ------
    TooLittleMemoryError
        If not even one passage fits.
    """
    identity = identify(encoder)
    keys = [_key(identity, passage) for passage in passages]
    known = cache.read(sorted(set(keys))) if cache is not None else {}
    wanted = dict(zip(keys, passages, strict=True))
    missing = {key: passage for key, passage in wanted.items() if key not in known}
    if missing:
        vectors = _encode(encoder, list(missing.values()), batch, log)
        fresh = dict(zip(missing, vectors, strict=True))
        if cache is not None:
            cache.write(fresh)
        known = {**known, **fresh}
    return np.array([known[key] for key in keys], dtype=np.float64)


@torch.no_grad()
def _encode(
    encoder: Encoder, passages: Sequence[Passage], batch: int, log: Log
) -> NDArray[np.float32]:
    rows = encoder.tokens(passages)
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    found = np.empty((len(rows), encoder.n_hidden), dtype=np.float32)
    for part, vectors in _passes(encoder, rows, order, batch, log):
        found[part] = vectors
    return found


def _passes(
    encoder: Encoder, rows: list[list[int]], order: list[int], batch: int, log: Log
) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
    begin = 0
    while begin < len(order):
        part = order[begin : begin + batch]
        try:
            with encoder.autocast():
                vectors = encoder.pooled([rows[i] for i in part]).cpu().numpy()
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
            if batch == 1:
                raise TooLittleMemoryError("text") from error
            batch = max(min(batch, len(part)) // 2, 1)
            log(f"Out of memory: texts are now encoded {batch} at a time.")
            free_memory()
            continue
        yield part, vectors
        begin += len(part)


def out_of_memory(error: RuntimeError) -> bool:
    """Whether torch had no memory for what was asked: of a device, or of the machine."""
    # What the allocator of the machine raises has no class of its own.
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def free_memory() -> None:
    """Give what the allocator keeps back to the device."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def identify(encoder: Encoder) -> str:
    """SHA-256 of all weights: an encoder that was changed under the same name is another one."""
    digest = hashlib.sha256(f"{encoder.max_tokens}".encode())
    for name, values in sorted(encoder.network.state_dict().items()):
        digest.update(name.encode())
        digest.update(values.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()


def _key(identity: str, passage: Passage) -> str:
    """Hash of the content: lengths keep prompt and text apart."""
    content = f"{identity}/{len(passage.prompt)}/{passage.prompt}{passage.text}"
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
