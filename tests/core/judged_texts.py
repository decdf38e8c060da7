"""Texts with a known truth, judged by simulated people; and a tiny encoder for them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from core.judgment import Comparisons, Floats
from core.models import davidson
from core.simulation import possible_pairs

GOOD, BAD = ("clear", "kind", "true", "short"), ("vague", "rude", "false", "long")
PLAIN = ("the", "a", "of", "and", "to", "in", "is", "it", "for", "as", "with", "on", "by", "at")
MARKS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


@dataclass(frozen=True, slots=True, eq=False)
class JudgedTexts:
    """Items of several prompts, their true strengths, and judgments of them."""

    comparisons: Comparisons
    texts: list[str]
    prompts: list[str]
    strengths: Floats


def judged_texts(
    *,
    n_prompts: int = 12,
    n_items: int = 6,
    n_judgments: int = 900,
    residual: float = 0.3,
    ties: bool = True,
    seed: int = 0,
) -> JudgedTexts:
    """Each good word adds one nat and each bad word takes one; the rest is the item's own."""
    rng = np.random.default_rng(seed)
    n = n_prompts * n_items
    texts, strengths = [], rng.normal(0, residual, n)
    for i in range(n):
        good, bad = rng.integers(0, 3, 2)
        words = [*rng.choice(GOOD, good), *rng.choice(BAD, bad), *rng.choice(PLAIN, 12)]
        texts.append(" ".join(rng.permutation(words)))
        strengths[i] += good - bad
    prompts = np.repeat(np.arange(n_prompts), n_items)
    comparisons = judge(strengths, prompts, n_judgments, rng, tie=0.4 if ties else 0.0)
    names = [f"prompt about {word}" for word in rng.choice(PLAIN, n_prompts)]
    return JudgedTexts(comparisons, texts, names, strengths)


def judge(
    strengths: Floats,
    prompts: "np.ndarray[tuple[int], np.dtype[np.int64]]",
    n_judgments: int,
    rng: np.random.Generator,
    tie: float = 0.4,
) -> Comparisons:
    """Pairs within prompts drawn evenly, answered by Davidson's model."""
    first, second = possible_pairs(prompts)
    drawn = rng.integers(len(first), size=n_judgments)
    first, second = first[drawn], second[drawn]
    weight = float(np.log(tie)) if tie > 0 else -np.inf
    shares = davidson(strengths[first] - strengths[second], weight).cumsum(axis=1)
    outcome = 1 - (rng.random(n_judgments)[:, None] > shares[:, :2]).sum(axis=1)
    items = tuple(f"i{number:04}" for number in range(len(strengths)))
    annotator = rng.integers(8, size=n_judgments)
    return Comparisons(items, prompts, first, second, outcome.astype(np.int64), annotator)


def tiny_encoder(folder: Path, *, seed: int = 0) -> str:
    """A randomly initialised BERT of two small layers with a tokenizer; the path of both."""
    import torch

    words = [*MARKS, *GOOD, *BAD, *PLAIN, "prompt", "about"]
    tokenizer = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=64,
    )
    torch.manual_seed(seed)
    network = BertModel(
        BertConfig(
            vocab_size=len(words),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=64,
        )
    )
    fast.save_pretrained(folder)
    network.save_pretrained(folder)
    return str(folder)
