"""Encoders from transformers: cached, trained, interrupted, short of memory, or not there."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from core.fitting.text.encoders import (
    Encoder,
    EncoderNotFoundError,
    Passage,
    TooLittleMemoryError,
    encode_frozen,
    load_encoder,
)
from core.fitting.text.fine_tuning import TooFewToTrainError, fit_trained_model, split, to_passages
from core.fitting.text.network import (
    PairNetwork,
    TrainingSettings,
    judged_pairs,
    log_odds,
    negative_log_likelihood,
)
from core.fitting.text.training import DivergedError, Reading, Tensors, Training, all_outputs
from core.judgment import Comparisons
from tests.core.judged_texts import JudgedTexts, judged_texts, tiny_encoder

FAST = TrainingSettings(
    learning_rate=2e-3, n_epochs=6, batch_pairs=32, micro_pairs=32, checkpoint_every=5
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    return tiny_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def judged() -> JudgedTexts:
    return judged_texts()


class CountedPasses(nn.Module):
    """An encoder's network that counts texts, and has memory for so many at once."""

    def __init__(self, network: nn.Module, room: int = 10**6) -> None:
        super().__init__()
        self.network, self.room, self.n_texts = network, room, 0

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Any:
        if len(input_ids) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        self.n_texts += len(input_ids)
        return self.network(input_ids=input_ids, attention_mask=attention_mask)


def counted(path: str, room: int = 10**6) -> tuple[Encoder, CountedPasses]:
    encoder = load_encoder(path, "cpu")
    network = CountedPasses(encoder.network, room)
    return (
        Encoder(path, network, encoder.tokenizer, encoder.n_hidden, encoder.max_tokens, "cpu"),
        network,
    )


class InMemory:
    """Encodings, or tensors, in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, NDArray[np.float32]] = {}

    def read(self, keys: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        return {key: self.kept[key] for key in keys if key in self.kept}

    def write(self, features: dict[str, NDArray[np.float32]]) -> None:
        self.kept |= features


class KeptTensors:
    def __init__(self) -> None:
        self.kept: dict[str, Tensors] = {}

    def read(self, name: str) -> Tensors | None:
        return self.kept.get(name)

    def write(self, name: str, tensors: Tensors) -> None:
        self.kept[name] = {key: tensor.clone() for key, tensor in tensors.items()}

    def remove(self, name: str) -> None:
        self.kept.pop(name, None)


def training(
    judged: JudgedTexts,
    encoder: Encoder,
    settings: TrainingSettings = FAST,
    log: list[str] | None = None,
) -> Training:
    torch.manual_seed(0)
    network = PairNetwork(encoder, settings)
    passages = to_passages(judged.comparisons, judged.texts, judged.prompts)
    reading = Reading.of(network, passages, judged.comparisons.prompts)
    lines = log if log is not None else []
    pairs = judged_pairs([judged.comparisons])
    return Training(network, pairs, reading, settings, log=lines.append)


def test_an_encoder_that_is_not_there_is_said_in_a_sentence() -> None:
    with pytest.raises(EncoderNotFoundError, match=r"'/not/there'.*Give the path of a folder"):
        load_encoder("/not/there", "cpu")


def test_a_folder_without_a_model_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(EncoderNotFoundError, match="could not be loaded"):
        load_encoder(str(tmp_path), "cpu")


def test_each_text_is_read_once_and_never_again(path: str) -> None:
    encoder, passes = counted(path)
    cache = InMemory()
    texts = [Passage("", text) for text in ("clear", "rude and long", "clear", "")]
    features = encode_frozen(encoder, texts, cache)
    assert passes.n_texts == 3  # the same text twice is one
    np.testing.assert_array_equal(features[0], features[2])
    again = encode_frozen(encoder, [*texts, Passage("", "kind")], cache)
    assert passes.n_texts == 4
    np.testing.assert_array_equal(again[:4], features)


def test_the_cache_knows_another_encoder_and_another_prompt(path: str, tmp_path: Path) -> None:
    cache = InMemory()
    for encoder, passage in (
        (load_encoder(path, "cpu"), Passage("", "clear")),
        (load_encoder(path, "cpu"), Passage("prompt", "clear")),
        (load_encoder(tiny_encoder(tmp_path, seed=1), "cpu"), Passage("", "clear")),
        (load_encoder(path, "cpu"), Passage("", "clear")),
    ):
        encode_frozen(encoder, [passage], cache)
    assert len(cache.kept) == 3


def test_encoding_does_not_depend_on_the_batch(path: str, judged: JudgedTexts) -> None:
    encoder = load_encoder(path, "cpu")
    texts = [Passage("", text) for text in judged.texts[:20]]
    whole, single = (encode_frozen(encoder, texts, batch=batch) for batch in (64, 1))
    np.testing.assert_allclose(whole, single, atol=1e-5)


def test_encoding_halves_the_batch_when_memory_runs_out_and_says_so(
    path: str, judged: JudgedTexts
) -> None:
    encoder, _ = counted(path, room=5)
    texts = [Passage("", text) for text in judged.texts[:12]]
    lines: list[str] = []
    features = encode_frozen(encoder, texts, batch=12, log=lines.append)
    assert lines == [
        "Out of memory: texts are now encoded 6 at a time.",
        "Out of memory: texts are now encoded 3 at a time.",
    ]
    expected = encode_frozen(load_encoder(path, "cpu"), texts)
    np.testing.assert_allclose(features, expected, atol=1e-5)


def test_no_room_for_a_single_text_is_said_in_a_sentence(path: str) -> None:
    encoder, _ = counted(path, room=0)
    with pytest.raises(TooLittleMemoryError, match="too little memory for a single text"):
        encode_frozen(encoder, [Passage("", "clear")])


def test_log_likelihood_of_one_tie_and_one_win_worked_out() -> None:
    """Even odds and tie weight 1: each of three outcomes has a third; two judgments, 2 log 3."""
    odds, tie = torch.zeros(1, 1), torch.zeros(1)
    counts = torch.tensor([[[1.0, 1.0, 0.0]]])
    assert float(negative_log_likelihood(odds, tie, counts)) == pytest.approx(2 * np.log(3))
    never = torch.full((1,), -torch.inf)
    decided = torch.tensor([[[1.0, 0.0, 0.0]]])
    loss = negative_log_likelihood(odds.requires_grad_(), never, decided)
    loss.backward()  # type: ignore[no-untyped-call]
    assert float(loss.detach()) == pytest.approx(np.log(2))
    assert odds.grad is not None
    assert float(odds.grad) == pytest.approx(-0.5)


def test_log_odds_of_outputs_worked_out() -> None:
    """2 - 1 in strength, and 1 * 4 - 3 * 2 in the plane: -1; swapped, +1."""
    one, other = torch.tensor([[[2.0, 1.0, 3.0]]]), torch.tensor([[[1.0, 2.0, 4.0]]])
    assert log_odds(one, other).item() == -1
    assert log_odds(other, one).item() == 1


def test_judgments_of_several_aspects_stand_side_by_side(judged: JudgedTexts) -> None:
    whole = judged.comparisons
    second = whole.where(np.arange(len(whole)) < 10)
    pairs = judged_pairs([whole, second])
    assert pairs.counts.shape[1:] == (2, 3)
    assert pairs.counts[:, 0].sum() == len(whole)
    assert pairs.counts[:, 1].sum() == 10


def test_two_aspects_are_learned_by_two_heads(path: str, judged: JudgedTexts) -> None:
    """The second aspect is the first turned around; so are its strengths."""
    whole = judged.comparisons
    turned = Comparisons(
        whole.items, whole.prompts, whole.first, whole.second, -whole.outcome, whole.annotator
    )
    torch.manual_seed(0)
    network = PairNetwork(load_encoder(path, "cpu"), FAST, n_aspects=2)
    reading = Reading.of(network, to_passages(whole, judged.texts, judged.prompts), whole.prompts)
    Training(network, judged_pairs([whole, turned]), reading, FAST).run()
    said = all_outputs(network, reading)
    correlation = np.corrcoef(said[:, 0, 0], said[:, 1, 0])[0, 1]
    assert correlation < -0.8


@pytest.mark.parametrize("mode", ["full", "lora"])
def test_training_finds_what_good_and_bad_words_do(
    mode: str, path: str, judged: JudgedTexts
) -> None:
    settings = TrainingSettings(
        mode="lora" if mode == "lora" else "full",
        learning_rate=3e-3 if mode == "full" else 1e-2,
        n_epochs=8,
        batch_pairs=32,
        micro_pairs=32,
        lora_rank=8,
        gradient_checkpointing=mode == "lora",
    )
    run = training(judged, load_encoder(path, "cpu"), settings)
    before = {name: p.detach().clone() for name, p in run.network.named_parameters()}
    run.run()
    strengths = all_outputs(run.network, run.reading)[:, 0, 0]
    assert np.corrcoef(strengths, judged.strengths)[0, 1] > 0.6
    changed = {name for name, p in run.network.named_parameters() if not p.equal(before[name])}
    if mode == "lora":
        assert all("lora" in name or "network" not in name for name in changed)
    assert any("network" in name for name in changed)


def test_an_interrupted_training_ends_where_an_uninterrupted_one_does(
    path: str, judged: JudgedTexts
) -> None:
    """Stopped in the middle of the second epoch: not a bit of difference in the end."""

    class PowerCutError(Exception):
        pass

    def cut(step: int, _: int) -> None:
        if step == 12:
            raise PowerCutError

    whole = training(judged, load_encoder(path, "cpu"))
    whole.run()
    kept = KeptTensors()
    with pytest.raises(PowerCutError):
        training(judged, load_encoder(path, "cpu")).run(kept, "t", cut)
    lines: list[str] = []
    resumed = training(judged, load_encoder(path, "cpu"), log=lines)
    steps: list[int] = []
    resumed.run(kept, "t", lambda step, _: steps.append(step))
    assert lines == [f"Training goes on from step 10 of {whole.n_steps}."]
    assert steps[0] == 11
    for name, parameter in whole.network.trainable().items():
        assert parameter.equal(resumed.network.trainable()[name]), name


def test_training_halves_the_batch_when_memory_runs_out_and_learns_the_same(
    path: str, judged: JudgedTexts
) -> None:
    short = TrainingSettings(n_epochs=1, batch_pairs=32, micro_pairs=32, n_planes=0)
    encoder, _ = counted(path, room=8)
    roomy, _ = counted(path)
    lines: list[str] = []
    tight = training(judged, encoder, short, log=lines)
    tight.network.encoder.network.eval()  # dropout depends on the batch
    expected = training(judged, roomy, short)
    batch = expected.batches_of(0)[0]
    for run in (tight, expected):
        run.network.eval()
        run._learn(batch)
    assert lines[0] == "Out of memory: pairs are now read 16 at a time."
    assert tight.micro_pairs < 16
    for name, parameter in expected.network.trainable().items():
        torch.testing.assert_close(
            parameter.grad, tight.network.trainable()[name].grad, atol=1e-5, rtol=1e-4
        )


def test_batches_hold_every_pair_once_and_texts_of_similar_length(
    path: str, judged: JudgedTexts
) -> None:
    run = training(judged, load_encoder(path, "cpu"))
    batches = run.batches_of(0)
    np.testing.assert_array_equal(np.sort(np.concatenate(batches)), np.arange(len(run.pairs)))
    per_batch = [len(np.unique(run.reading.prompt[run.pairs.first[b]])) for b in batches]
    assert np.mean(per_batch) < 6  # of 12: pairs of one prompt share texts


def test_a_loss_that_is_no_number_stops_the_training(path: str, judged: JudgedTexts) -> None:
    run = training(judged, load_encoder(path, "cpu"))
    with torch.no_grad():
        run.network.head.weight.fill_(torch.nan)
    with pytest.raises(DivergedError, match="smaller learning rate"):
        run.run()


def test_a_network_is_calibrated_on_prompts_that_it_never_learned_from(
    judged: JudgedTexts,
) -> None:
    learning = split(judged.comparisons, seed=0)
    prompt = judged.comparisons.prompts[judged.comparisons.first]
    assert not set(prompt[learning]) & set(prompt[~learning])
    assert 0.15 < (~learning).mean() < 0.4


def test_an_ensemble_says_how_far_its_members_agree(path: str, judged: JudgedTexts) -> None:
    kept = KeptTensors()
    judged = judged_texts(n_prompts=20, n_judgments=1_500)
    fitted, ensemble = fit_trained_model(
        judged.comparisons,
        judged.texts,
        judged.prompts,
        lambda: load_encoder(path, "cpu"),
        replace(FAST, n_epochs=12),
        n_members=2,
        checkpoints=kept,
    )
    assert ensemble.agreement is not None
    assert 0.6 < ensemble.agreement.value < 1
    assert ensemble.agreement.low < ensemble.agreement.value < ensemble.agreement.high
    assert set(kept.kept) == {"member-0", "member-1"}
    new = ["the clear and kind in it is true", "the vague and rude in it is false"]
    encoded = ensemble.encode(
        [Passage(judged.prompts[0], text) for text in new], np.zeros(2, np.int64), print
    )
    good, bad = fitted.model.predict(new, encoded=encoded).strength.mean
    assert good > bad + 1


def test_too_few_judgments_to_train_and_to_calibrate_are_refused(
    path: str, judged: JudgedTexts
) -> None:
    few = judged.comparisons.where(np.arange(len(judged.comparisons)) < 40)
    with pytest.raises(TooFewToTrainError, match="at least 100 judgments of 24 texts"):
        fit_trained_model(
            few, judged.texts, judged.prompts, lambda: load_encoder(path, "cpu"), FAST
        )
