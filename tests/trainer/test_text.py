"""The text level of a run: from files to files, in all four modes."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.judgment import Comparisons
from core.text.text_model import EncoderNotHereError
from tests.core.judged_texts import JudgedTexts, judged_texts, tiny_encoder
from trainer.run_directory import PROGRESS, FitRequest, read_json, write_json
from trainer.text import fit_text, n_steps
from trainer.text_files import (
    HELD_OUT,
    TRAINING,
    EncodingFailedError,
    FeatureFiles,
    TextSettings,
    encode_elsewhere,
    read_settings,
    read_text_model,
    write_settings,
)
from trainer.text_networks import encode_new

NEW = ["the clear and kind in it is true", "the vague and rude in it is false"]


@dataclass
class Run:
    """A run as the trainer makes it, with what it was told."""

    directory: Path
    request: FitRequest = field(
        default_factory=lambda: FitRequest("r1", "s", "Texts", "0" * 64, 1, 1, "2026-01-01")
    )
    said: list[str] = field(default_factory=list)
    #: How far each step had come when the next one began, as the file said.
    reached: list[str] = field(default_factory=list)

    def advance(self, name: str) -> None:
        self.reached.append((read_json(self.directory / PROGRESS) or {"step": ""})["step"])
        self.said.append(name)
        progress = {"step": name, "done": len(self.said), "total": 9}
        write_json(self.directory / PROGRESS, progress)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    return tiny_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def judged() -> JudgedTexts:
    return judged_texts(n_prompts=30, n_judgments=2_000)


def fit(run: Run, judged: JudgedTexts, settings: TextSettings | None = None) -> dict[str, Any]:
    figures = fit_text(
        run, judged.comparisons, judged.texts, judged.prompts, device="cpu", settings=settings
    )
    json.dumps(figures)  # a report is JSON
    return figures


def test_without_an_encoder_texts_are_read_by_tfidf(tmp_path: Path, judged: JudgedTexts) -> None:
    run = Run(tmp_path)
    figures = fit(run, judged)
    assert figures["failure"] is None
    assert figures["encoder"] == "TF-IDF of words and pieces of words"
    assert len(run.said) == n_steps(TextSettings())
    held_out = figures["held_out"]
    assert held_out["by_prompt"]
    assert held_out["gain"]["log_loss"]["high"] < 0
    assert pq.read_table(tmp_path / HELD_OUT).num_rows == 2_000
    assert "does not read prompts" in figures["consistency"]["exchanged"]["why_not"]
    assert figures["consistency"]["tail"]["log_odds"]["n"] == len(judged.texts)
    model = read_text_model(tmp_path)
    assert model is not None
    good, bad = model.predict(NEW, prompt=0).strength.mean
    assert good > bad + 1


@pytest.mark.parametrize("mode", ["frozen", "full", "lora"])
def test_the_whole_path_with_an_encoder(
    mode: Any, path: str, tmp_path: Path, judged: JudgedTexts
) -> None:
    """Fit, judge, write; then new texts are encoded with what was written."""
    settings = TextSettings(
        mode=mode,
        encoder=path,
        cache=str(tmp_path / "cache"),
        n_folds=2,
        n_epochs=10,
        learning_rate=3e-3 if mode == "full" else 1e-2,
        batch_pairs=32,
    )
    run = Run(tmp_path)
    figures = fit(run, judged, settings)
    assert figures["failure"] is None, figures
    assert figures["encoder"] == path
    assert len(run.said) == n_steps(settings)
    assert 0 < figures["consistency"]["exchanged"]["kept"]["value"] <= 1
    model = read_text_model(tmp_path)
    assert model is not None
    with pytest.raises(EncoderNotHereError, match="does not run in this process"):
        model.predict(NEW)
    encoded = encode_new(tmp_path, NEW, judged.prompts[0], "cpu")
    if mode == "lora":  # and in another process, as a page does it
        elsewhere = encode_elsewhere(tmp_path, NEW, judged.prompts[0])
        np.testing.assert_allclose(elsewhere, encoded, atol=1e-5)
    new = model.predict(NEW, prompt=0, encoded=encoded)
    assert np.isfinite(new.distance).all()
    assert (new.low < new.high).all()
    if mode == "frozen":
        assert (tmp_path / "cache").exists()
    else:
        assert new.strength.mean[0] > new.strength.mean[1]
        assert [file.name for file in (tmp_path / TRAINING).iterdir()] == ["member-0.safetensors"]
        assert sum("training, step" in step for step in run.reached) == 3


def test_items_encode_later_as_in_the_fit(path: str, tmp_path: Path, judged: JudgedTexts) -> None:
    """A text of the fit, encoded anew, lies where it lay: 0 from itself."""
    settings = TextSettings(mode="full", encoder=path, n_folds=3, n_epochs=1, n_members=2)
    figures = fit(Run(tmp_path), judged, settings)
    assert 0 < figures["agreement"]["value"] <= 1
    model = read_text_model(tmp_path)
    assert model is not None
    features = model.bradley_terry.features[:6]
    encoded = encode_new(tmp_path, judged.texts[:6], judged.prompts[0], "cpu")
    again = model.map.features(encoded[:, : len(model.map.centre)], judged.texts[:6])
    np.testing.assert_allclose(again, features, atol=1e-3)


def test_an_interrupted_run_does_not_train_again(
    path: str, tmp_path: Path, judged: JudgedTexts, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = TextSettings(mode="full", encoder=path, n_folds=3, n_epochs=2)
    first = fit(Run(tmp_path), judged, settings)
    capsys.readouterr()
    second = fit(Run(tmp_path), judged, settings)
    said = capsys.readouterr().out
    assert "Training goes on from step" in said
    assert first["residual"] == second["residual"]


def test_an_encoder_that_is_not_there_leaves_a_sentence_and_no_model(
    tmp_path: Path, judged: JudgedTexts
) -> None:
    figures = fit(Run(tmp_path), judged, TextSettings(mode="frozen", encoder="/not/there"))
    assert "'/not/there' could not be loaded" in figures["failure"]
    assert read_text_model(tmp_path) is None


def test_items_without_text_leave_a_sentence(tmp_path: Path, judged: JudgedTexts) -> None:
    silent = replace(judged, texts=[""] * len(judged.texts))
    assert "needs items with text" in fit(Run(tmp_path), silent)["failure"]


def test_no_judgments_leave_a_sentence(tmp_path: Path, judged: JudgedTexts) -> None:
    none = judged.comparisons.where(np.zeros(len(judged.comparisons), dtype=bool))
    assert (
        "Judge at least one pair"
        in fit(Run(tmp_path), replace(judged, comparisons=none))["failure"]
    )


def test_one_pair_and_one_judgment_give_a_model_without_held_out_figures(tmp_path: Path) -> None:
    single = np.zeros(1, np.int64)
    comparisons = Comparisons(
        ("a", "b"), np.zeros(2, np.int64), single, single + 1, single + 1, single
    )
    tiny = JudgedTexts(comparisons, ["clear", "rude"], [""], np.zeros(2))
    figures = fit(Run(tmp_path), tiny)
    assert figures["failure"] is None
    assert figures["held_out"] is None
    model = read_text_model(tmp_path)
    assert model is not None
    new = model.predict(["clear"])
    assert new.low[0] < 0.3  # one judgment says next to nothing
    assert new.high[0] > 0.7


def test_all_ties_say_that_nothing_is_better(tmp_path: Path, judged: JudgedTexts) -> None:
    whole = judged.comparisons
    ties = Comparisons(
        whole.items, whole.prompts, whole.first, whole.second, whole.outcome * 0, whole.annotator
    )
    figures = fit(Run(tmp_path), replace(judged, comparisons=ties))
    assert figures["failure"] is None
    assert figures["held_out"]["bradley_terry"]["accuracy"] is None
    model = read_text_model(tmp_path)
    assert model is not None
    assert model.predict(NEW).win_probability == pytest.approx([0.5, 0.5], abs=0.05)


def test_settings_come_back(tmp_path: Path, judged: JudgedTexts) -> None:
    fit(Run(tmp_path), judged, TextSettings(n_planes=1, n_folds=2))
    assert read_settings(tmp_path) == (TextSettings(n_planes=1, n_folds=2), 0)


def test_a_cache_keeps_what_it_was_given(tmp_path: Path) -> None:
    cache = FeatureFiles(tmp_path / "cache")
    assert cache.read(["a"]) == {}
    cache.write({"a": np.ones(3, np.float32), "b": np.zeros(3, np.float32)})
    cache.write({"c": np.full(3, 2, np.float32)})
    found = FeatureFiles(tmp_path / "cache").read(["a", "c", "d"])
    assert sorted(found) == ["a", "c"]
    np.testing.assert_array_equal(found["c"], np.full(3, 2, np.float32))


def test_encoding_without_the_encoder_says_what_is_wrong(
    tmp_path: Path,
) -> None:
    write_settings(tmp_path, TextSettings(mode="frozen", encoder="/gone"), seed=0)
    with pytest.raises(EncodingFailedError, match=r"could not be encoded: .*'/gone'"):
        encode_elsewhere(tmp_path, NEW, "")
