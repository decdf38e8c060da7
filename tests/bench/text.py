"""Training on texts beside TRL's RewardTrainer: same tiny encoder, data and precision, in turn."""

import contextlib
import io
import tempfile
import time
import warnings
from pathlib import Path
from statistics import median

import numpy as np
import torch
from datasets import Dataset
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from core.fitting.text.encoders import load_encoder
from core.fitting.text.fine_tuning import to_passages
from core.fitting.text.network import PairNetwork, TrainingSettings, judged_pairs
from core.fitting.text.training import Reading, Training, all_outputs
from core.judgment import Comparisons, Floats
from core.models import logistic
from tests.bench.table import Row
from tests.core.judged_texts import JudgedTexts, judged_texts, tiny_encoder

N_JUDGMENTS, BATCH, N_ROUNDS, RATE = 2_000, 32, 1, 1e-3
ABOUT = (
    f"{N_JUDGMENTS:,} simulated judgments without ties, a randomly initialised encoder of two "
    f"layers on the CPU in single precision, batches of {BATCH}, one pass through the judgments; "
    "loading and tokenising are included. RewardTrainer reads two texts for each judgment; ours "
    "adds judgments of a pair up and reads a text once for all pairs of a batch that it stands in: "
    "where texts are judged again, it reads fewer and takes fewer steps. Correlation: of the "
    "strengths with the simulated truth, in the last round."
)


def measure() -> list[Row]:
    return [
        *_measure("192 texts, judged again and again", n_prompts=24, n_items=8),
        *_measure("4,000 texts, each judged once", n_prompts=N_JUDGMENTS, n_items=2),
    ]


def _measure(what: str, *, n_prompts: int, n_items: int) -> list[Row]:
    judged = judged_texts(
        n_prompts=n_prompts, n_items=n_items, n_judgments=N_JUDGMENTS, residual=0.1, ties=False
    )
    if n_items == 2:
        judged = _each_once(judged)
    rates: dict[str, list[float]] = {"ours": [], "TRL RewardTrainer": []}
    truth: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = tiny_encoder(Path(folder) / "encoder")
        for _ in range(N_ROUNDS):  # in turn, so that both meet the same state of the machine
            for name, train in (("ours", _ours), ("TRL RewardTrainer", _theirs)):
                began = time.perf_counter()
                strengths = train(path, judged)
                rates[name].append(len(judged.comparisons) / (time.perf_counter() - began))
                truth[name] = float(np.corrcoef(strengths, judged.strengths)[0, 1])
    theirs = median(rates["TRL RewardTrainer"])
    return [
        Row(
            f"{what}: {name} (correlation {truth[name]:.2f})",
            f"{median(found):,.0f} judgments/s",
            f"{median(found) / theirs:.1f} times",
        )
        for name, found in rates.items()
    ]


def _each_once(judged: JudgedTexts) -> JudgedTexts:
    """One judgment of each prompt's only pair."""
    rng = np.random.default_rng(1)
    first = np.arange(0, len(judged.texts), 2)
    won = rng.random(len(first)) < logistic(judged.strengths[first] - judged.strengths[first + 1])
    whole = judged.comparisons
    nobody = np.zeros(len(first), np.int64)
    comparisons = Comparisons(
        whole.items, whole.prompts, first, first + 1, np.where(won, 1, -1), nobody
    )
    return JudgedTexts(comparisons, judged.texts, judged.prompts, judged.strengths)


def _ours(path: str, judged: JudgedTexts) -> Floats:
    torch.manual_seed(0)
    settings = TrainingSettings(
        n_planes=0, n_epochs=1, learning_rate=RATE, batch_pairs=BATCH, micro_pairs=BATCH
    )
    network = PairNetwork(load_encoder(path, "cpu"), settings)
    passages = to_passages(judged.comparisons, judged.texts, [""] * len(judged.prompts))
    reading = Reading.of(network, passages, judged.comparisons.prompts)
    Training(network, judged_pairs([judged.comparisons]), reading, settings).run()
    return all_outputs(network, reading)[:, 0, 0]


def _theirs(path: str, judged: JudgedTexts) -> Floats:
    from trl import RewardConfig, RewardTrainer

    comparisons = judged.comparisons
    won = comparisons.outcome > 0
    chosen = np.where(won, comparisons.first, comparisons.second)
    rejected = np.where(won, comparisons.second, comparisons.first)
    rows = Dataset.from_dict(
        {
            "chosen": [judged.texts[i] for i in chosen],
            "rejected": [judged.texts[i] for i in rejected],
        }
    )
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        model = AutoModelForSequenceClassification.from_pretrained(path, num_labels=1)
        tokenizer = AutoTokenizer.from_pretrained(path, eos_token="[SEP]")
        with tempfile.TemporaryDirectory() as folder:
            settings = RewardConfig(
                output_dir=folder,
                per_device_train_batch_size=BATCH,
                num_train_epochs=1,
                learning_rate=RATE,
                max_length=64,
                use_cpu=True,
                bf16=False,
                fp16=False,
                gradient_checkpointing=False,
                report_to=[],
                save_strategy="no",
                logging_strategy="no",
                disable_tqdm=True,
                dataset_num_proc=None,
            )
            RewardTrainer(
                model=model, args=settings, train_dataset=rows, processing_class=tokenizer
            ).train()
        ids = tokenizer(judged.texts, padding=True, return_tensors="pt")
        with torch.no_grad():
            strengths: Floats = model(**ids).logits[:, 0].double().numpy()
        return strengths
