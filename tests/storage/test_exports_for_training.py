"""Exported preferences load where they are meant to, and a reward model learns a step from them."""

import importlib
import math
from pathlib import Path
from typing import Any

import pytest

from core.judgment import Outcome
from storage.database import Database
from storage.export_columns import Content, Format
from storage.exports import write_file
from tests.given import answer, next_pair, running_study


@pytest.fixture
def preferences(db: Database, tmp_path: Path) -> Path:
    """Twelve judged pairs of two prompts; one tie, which is left out."""
    study = running_study(db, sizes=(4, 4), overlap=1)
    for number in range(12):
        shown = next_pair(db, study, "ann")
        assert shown is not None
        answer(db, study, shown, Outcome.TIE if number == 0 else Outcome.LEFT)
    return write_file(db, study.id, Content.PREFERENCES, Format.JSON_LINES, tmp_path).path


def test_a_reward_model_takes_a_step(
    preferences: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    datasets: Any = importlib.import_module("datasets")
    transformers: Any = importlib.import_module("transformers")
    trl: Any = importlib.import_module("trl")
    data = datasets.load_dataset(
        "json", data_files=str(preferences), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert data.column_names == ["prompt", "chosen", "rejected"]
    assert len(data) == 11
    words = sorted({word for row in data for text in row.values() for word in text.split()})
    tokenizer = tokenizer_of(words)
    shape = transformers.LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=16, num_hidden_layers=1,
        num_attention_heads=2, num_labels=1, pad_token_id=0, eos_token_id=1,
    )  # fmt: skip
    model = transformers.LlamaForSequenceClassification(shape)
    before = model.score.weight.detach().clone()
    settings = trl.RewardConfig(
        output_dir=str(tmp_path / "model"), max_steps=1, per_device_train_batch_size=4,
        use_cpu=True, bf16=False, report_to="none", save_strategy="no",
        gradient_checkpointing=None, activation_checkpointing=False,
    )  # fmt: skip
    trainer = trl.RewardTrainer(
        model=model, args=settings, train_dataset=data, processing_class=tokenizer
    )
    assert math.isfinite(trainer.train().training_loss)
    assert not before.equal(model.score.weight)


def tokenizer_of(words: list[str]) -> Any:
    """A tokenizer that knows these words, so that nothing is fetched."""
    tokenizers: Any = importlib.import_module("tokenizers")
    transformers: Any = importlib.import_module("transformers")
    vocabulary = {word: i for i, word in enumerate(["<pad>", "<eos>", "<unk>", *words])}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>"
    )
