"""Texts read by a network: fitted as it is, or trained. The part of a run with transformers.

`python -m trainer.text_networks RUN_DIRECTORY` encodes new texts as the run's encoder does: a
question as JSON comes in on standard input, the encodings go out on standard output.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from core.errors import DiscernError
from core.estimates import NotDeterminedError
from core.fitting.text.encoders import Encoder, Passage, encode_frozen, load_encoder
from core.fitting.text.fine_tuning import Ensemble, fit_frozen_model, fit_trained_model
from core.fitting.text.held_out import FittedText
from core.fitting.text.network import PairNetwork, TrainingSettings
from core.fitting.text.training import Tensors
from core.judgment import Comparisons, Floats, Indices
from core.text.text_model import EncoderNotHereError
from trainer import run_directory
from trainer.device import found_device
from trainer.run_directory import PROGRESS
from trainer.text_files import TRAINING, FeatureFiles, TextSettings, read_settings

#: Steps of training between two words on how far it is.
REPORT_EVERY = 10


class CheckpointFiles:
    """Tensors below one folder, a safetensors file for each name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, name: str) -> Tensors | None:
        path = self.folder / f"{name}.safetensors"
        return load_file(path) if path.exists() else None

    def write(self, name: str, tensors: Tensors) -> None:
        """Write, then rename: what is interrupted leaves the checkpoint before."""
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = self.folder / f"{name}.partial"
        save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, partial)
        partial.replace(self.folder / f"{name}.safetensors")

    def remove(self, name: str) -> None:
        (self.folder / f"{name}.safetensors").unlink(missing_ok=True)


class Networks:
    """Fits of one run with its encoder, which is loaded once where it stays as it is."""

    def __init__(
        self,
        directory: Path,
        items_text: Sequence[str],
        prompts_text: Sequence[str],
        device: str,
        settings: TextSettings,
    ) -> None:
        torch.set_num_threads(1)  # annotators come first
        self.directory, self.settings, self.device = directory, settings, device
        self.texts, self.prompts = items_text, prompts_text
        self.checkpoints = CheckpointFiles(directory / TRAINING)
        self._frozen: Encoder | None = None

    def fit_frozen(
        self, comparisons: Comparisons, *, seed: int, ties: bool | None = None
    ) -> FittedText:
        """Fit with the encoder as it is."""
        cache = self.settings.cache
        return fit_frozen_model(
            comparisons,
            self.texts,
            self.prompts,
            self._encoder(),
            cache=FeatureFiles(Path(cache)) if cache else None,
            n_planes=self.settings.n_planes,
            ties=ties,
            log=_log,
            seed=seed,
        )

    def train(
        self,
        comparisons: Comparisons,
        n_members: int,
        name: str,
        seed: int,
        *,
        ties: bool | None = None,
    ) -> tuple[FittedText, Ensemble]:
        """Fit with networks that learn from the judgments; their checkpoints have that name."""
        return fit_trained_model(
            comparisons,
            self.texts,
            self.prompts,
            self._load,
            _training(self.settings),
            n_members=n_members,
            ties=ties,
            checkpoints=self.checkpoints,
            name=name,
            log=_log,
            report=self._report,
            seed=seed,
        )

    def forget(self, names: Sequence[str]) -> None:
        """Remove checkpoints that nobody needs any more."""
        for name in names:
            self.checkpoints.remove(name)

    def encode(self, ensemble: Ensemble | None, prompts: Indices, texts: Sequence[str]) -> Floats:
        """What the encoder says of texts under these prompts; shape (n_texts, n_raw)."""
        passages = [
            Passage(self.prompts[prompt], text)
            for prompt, text in zip(prompts.tolist(), texts, strict=True)
        ]
        if ensemble is not None:
            return ensemble.encode(passages, prompts, _log)
        return encode_frozen(self._encoder(), passages, log=_log)

    def _encoder(self) -> Encoder:
        """The encoder as it is, loaded once."""
        self._frozen = self._frozen or self._load()
        return self._frozen

    def _load(self) -> Encoder:
        return load_encoder(
            self.settings.encoder or "", self.device, max_tokens=self.settings.max_tokens
        )

    def _report(self, step: int, of: int) -> None:
        """Say in the progress file how far a training is, within the step that it belongs to."""
        if step % REPORT_EVERY and step != of:
            return
        known = run_directory.read_json(self.directory / PROGRESS)
        if known is not None:
            name = known["step"].partition(":")[0]
            known["step"] = f"{name}: training, step {step:,} of {of:,}"
            run_directory.write_json(self.directory / PROGRESS, known)


def _training(settings: TextSettings) -> TrainingSettings:
    return TrainingSettings(
        mode="lora" if settings.mode == "lora" else "full",
        n_planes=settings.n_planes,
        n_epochs=settings.n_epochs,
        learning_rate=settings.learning_rate,
        batch_pairs=settings.batch_pairs,
        micro_pairs=settings.batch_pairs,
        gradient_checkpointing=settings.gradient_checkpointing,
    )


def _log(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - this is the log


def encode_new(directory: Path, texts: Sequence[str], prompt: str, device: str) -> Floats:
    """Encode texts as the encoder of a finished run does; shape (n_texts, n_raw)."""
    settings, seed = read_settings(directory)
    if settings.mode == "tfidf":
        raise EncoderNotHereError("TF-IDF")
    passages = [Passage(prompt, text) for text in texts]
    checkpoints = CheckpointFiles(directory / TRAINING)
    members = []
    for number in range(settings.n_members if settings.mode != "frozen" else 1):
        encoder = load_encoder(settings.encoder or "", device, max_tokens=settings.max_tokens)
        if settings.mode == "frozen":
            return encode_frozen(encoder, passages)
        torch.manual_seed(seed + number)
        network = PairNetwork(encoder, _training(settings))
        _restore(network, checkpoints.read(f"member-{number}"))
        members.append(network)
    ensemble = Ensemble(tuple(members), None)
    return ensemble.encode(passages, np.zeros(len(texts), np.int64), _log)


def _restore(network: PairNetwork, tensors: Tensors | None) -> None:
    if tensors is None:
        raise NotDeterminedError("The weights of the trained encoder are not there. Fit again.")
    with torch.no_grad():
        for name, parameter in network.trainable().items():
            parameter.copy_(tensors[f"value/{name}"])
    network.eval()


def main(directory: Path) -> int:
    """Answer one question."""
    question = json.load(sys.stdin)
    try:
        encoded = encode_new(directory, question["texts"], question["prompt"], found_device())
    except DiscernError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the answer to who has asked
        return 1
    print(json.dumps(encoded.tolist()))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
