"""Exported preferences load where they are meant to, and a reward model learns a step from them."""

import importlib
import json
import math
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from core.answer_form import AnswerForm
from core.importing import Kind
from core.judgment import Outcome
from core.study import StudySettings
from storage import studies
from storage.database import Database
from storage.export_kinds import Content, Format
from storage.exports import write_file
from tests.given import answer, next_pair, running_study
from tests.storage.imported import put


@pytest.fixture
def preferences(db: Database, tmp_path: Path) -> Path:
    """Twelve judged pairs of two prompts; one tie, which is left out."""
    study = running_study(db, sizes=(4, 4), overlap=1)
    for number in range(12):
        shown = next_pair(db, study, "ann")
        assert shown is not None
        answer(db, study, shown, Outcome.TIE if number == 0 else Outcome.LEFT)
    return write_file(db, study.id, Content.PREFERENCES, Format.JSON_LINES, tmp_path).path


@pytest.fixture
def chats_with_margins(db: Database, tmp_path: Path) -> Path:
    """Six judged pairs of answers to a chat, each with a grade."""
    form = AnswerForm(grades=4)
    study = studies.create(db, StudySettings("Rain", "Which is better?", form=form), by=None)
    prompt = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}]
    items = [
        {"item_id": name, "messages": [{"role": "assistant", "content": f"Since {name}."}],
         "prompt_messages": prompt}
        for name in "abcd"
    ]  # fmt: skip
    put(db, study, Kind.ITEMS, "\n".join(map(json.dumps, items)))
    pairs = [f"{a},{b},first,p,{n % 4 + 1}" for n, (a, b) in enumerate(combinations("abcd", 2))]
    header = "first_id,second_id,outcome,annotator_id,margin\n"
    put(db, study, Kind.JUDGMENTS, header + "\n".join(pairs))
    return write_file(db, study.id, Content.MARGINS, Format.JSON_LINES, tmp_path).path


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own for the data set, and nothing is fetched."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    return tmp_path


def test_a_reward_model_takes_a_step(preferences: Path, offline: Path) -> None:
    data = loaded(preferences, offline)
    assert data.column_names == ["prompt", "chosen", "rejected"]
    assert len(data) == 11
    words = {word for row in data for text in row.values() for word in text.split()}
    take_a_step(data, tokenizer_of(sorted(words)), offline)


def test_a_reward_model_takes_a_step_with_chats_and_margins(
    chats_with_margins: Path, offline: Path
) -> None:
    data = loaded(chats_with_margins, offline)
    assert data.column_names == ["prompt", "chosen", "rejected", "margin"]
    assert data["margin"][:5] == [1.0, 2.0, 3.0, 4.0, 1.0]
    trl_data: Any = importlib.import_module("trl.data_utils")
    assert all(trl_data.is_conversational(row) for row in data)
    tokenizer = tokenizer_of(["Be", "brief.", "Why?", "Since", *(f"{c}." for c in "abcd")])
    tokenizer.chat_template = "{% for m in messages %}{{ m['content'] }} {% endfor %}"
    take_a_step(data, tokenizer, offline)


def loaded(path: Path, folder: Path) -> Any:
    datasets: Any = importlib.import_module("datasets")
    return datasets.load_dataset(
        "json", data_files=str(path), split="train", cache_dir=str(folder / "cache")
    )


def take_a_step(data: Any, tokenizer: Any, folder: Path) -> None:
    """Train a tiny reward model for one step and see that it has changed."""
    transformers: Any = importlib.import_module("transformers")
    trl: Any = importlib.import_module("trl")
    shape = transformers.LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=16, num_hidden_layers=1,
        num_attention_heads=2, num_labels=1, pad_token_id=0, eos_token_id=1,
    )  # fmt: skip
    model = transformers.LlamaForSequenceClassification(shape)
    before = model.score.weight.detach().clone()
    settings = trl.RewardConfig(
        output_dir=str(folder / "model"), max_steps=1, per_device_train_batch_size=4,
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
