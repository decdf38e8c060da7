"""The text level of a run: fit, judge on held-out prompts, leave the model and its figures.

`python -m trainer.text RUN_DIRECTORY` encodes new texts as the run's encoder does: a question as
JSON comes in on standard input, the encodings go out on standard output.
"""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from core.errors import DiscernError, NoComparisonsError
from core.estimates import Estimate, NotDeterminedError, normal_quantile
from core.fitting.text.assembling import fit_tfidf_model
from core.fitting.text.encoders import Encoder, Passage, encode_frozen, load_encoder
from core.fitting.text.fine_tuning import Ensemble, fit_frozen_model, fit_trained_model
from core.fitting.text.held_out import FittedText, held_out_text
from core.fitting.text.network import PairNetwork, TrainingSettings
from core.fitting.text.training import Tensors
from core.judgment import Comparisons, Floats, Indices
from core.text.evaluation import TextHeldOut, evaluate_text
from core.text.model import FeatureModel
from core.text.text_model import EncoderNotHereError
from trainer import run_directory
from trainer.consistency import report_consistency
from trainer.quality import recalibrate, said_or_why
from trainer.run_directory import PROGRESS, FitRequest
from trainer.text_files import (
    TEXT,
    TRAINING,
    FeatureFiles,
    TextSettings,
    read_settings,
    write_settings,
    write_text_held_out,
    write_text_model,
)

#: Steps of training between two words on how far it is.
REPORT_EVERY = 10
#: Held-out parts where each of them costs a training.
MAX_TRAINED_FOLDS = 3


class Running(Protocol):
    """The part of a run that this module needs."""

    @property
    def directory(self) -> Path: ...

    @property
    def request(self) -> FitRequest: ...

    def advance(self, name: str) -> None: ...


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


def n_steps(settings: TextSettings) -> int:
    """How often `fit_text` calls `run.advance` at most."""
    return _n_folds(settings) + 2


def fit_text(
    run: Running,
    comparisons: Comparisons,
    items_text: Sequence[str],
    prompts_text: Sequence[str],
    *,
    device: str,
    settings: TextSettings | None = None,
    scored: Comparisons | None = None,
) -> dict[str, Any]:
    """Fit the text level of a run into its directory, and say its figures for the report.

    Parameters
    ----------
    items_text : sequence of str, length n_items
        In the order of `comparisons.items`.
    prompts_text : sequence of str, length n_prompts
        In the order of the numbers in `comparisons.prompts`; empty where a prompt has no text.
    device : str
        For torch.
    settings : TextSettings or None
        None: TF-IDF, which needs no encoder.
    scored : Comparisons or None
        Those that figures are made from; None: all.

    Returns
    -------
    dict
        "failure" is None, or the sentence that says why there is no text model: a run without
        one is still a run.
    """
    settings = TextSettings() if settings is None else settings
    began = time.perf_counter()
    figures: dict[str, Any] = {"mode": settings.mode, "encoder": settings.encoder}
    write_settings(run.directory, settings, run.request.seed)
    level = _Level(run, items_text, prompts_text, device, settings)
    try:
        run.advance("texts")
        fitted, ensemble = level.fit(comparisons, seed=run.request.seed)
        write_text_model(run.directory, fitted.model)
        predictions = level.predict(comparisons if scored is None else scored)
        run.advance("changed texts")
        consistency = report_consistency(
            fitted.model,
            comparisons,
            items_text,
            partial(level.encode, fitted, ensemble),
            run.request.seed,
        )
    except DiscernError as error:
        _log(str(error))
        return {**figures, "failure": str(error)}
    return {
        **figures,
        "failure": None,
        "seconds": round(time.perf_counter() - began, 3),
        **_of_model(fitted),
        "held_out": asdict(evaluate_text(predictions)) if predictions else None,
        "recalibration": said_or_why(lambda: _recalibration(run, predictions)),
        "agreement": _said(ensemble.agreement if ensemble else None),
        "consistency": consistency,
    }


class _Level:
    """What stays the same between the fit on everything and those that are judged."""

    def __init__(
        self,
        run: Running,
        items_text: Sequence[str],
        prompts_text: Sequence[str],
        device: str,
        settings: TextSettings,
    ) -> None:
        self.run, self.settings, self.device = run, settings, device
        self.texts, self.prompts = items_text, prompts_text
        self.checkpoints = CheckpointFiles(run.directory / TRAINING)
        self._frozen: Encoder | None = None

    def fit(self, comparisons: Comparisons, *, seed: int) -> tuple[FittedText, Ensemble | None]:
        """Fit on everything, with all members."""
        if len(comparisons) == 0:
            raise NoComparisonsError
        if self.settings.mode in {"full", "lora"}:
            return self._train(comparisons, self.settings.n_members, "member", seed)
        return self._fit_plain(comparisons, seed=seed), None

    def predict(self, comparisons: Comparisons) -> TextHeldOut | None:
        """Predict held-out prompts; None where there is too little to hold any out."""
        fold = 0

        def fit(part: Comparisons, /, *, ties: bool, seed: int) -> FittedText:
            nonlocal fold
            fold += 1
            self.run.advance(f"held-out texts, part {fold}")
            if self.settings.mode in {"full", "lora"}:
                return self._train(part, 1, f"part-{fold}", seed, ties=ties)[0]
            return self._fit_plain(part, seed=seed, ties=ties, with_limit=False)

        try:
            predictions = held_out_text(
                comparisons, fit, n_folds=_n_folds(self.settings), seed=self.run.request.seed
            )
        except NotDeterminedError as error:
            _log(str(error))
            return None
        for number in range(fold):  # kept until now, so that an interrupted run goes on here
            self.checkpoints.remove(f"part-{number + 1}-0")
        write_text_held_out(self.run.directory, predictions)
        return predictions

    def encode(
        self, fitted: FittedText, ensemble: Ensemble | None, prompts: Indices, texts: Sequence[str]
    ) -> Floats:
        """What the encoder of a fit says of other texts under these prompts; (n, n_raw)."""
        if fitted.model.tfidf is not None:
            return fitted.model.tfidf.encode(texts)[0]
        passages = [
            Passage(self.prompts[prompt], text)
            for prompt, text in zip(prompts.tolist(), texts, strict=True)
        ]
        if ensemble is not None:
            return ensemble.encode(passages, prompts, _log)
        return encode_frozen(self._encoder(), passages, log=_log)

    def _fit_plain(
        self,
        comparisons: Comparisons,
        *,
        seed: int,
        ties: bool | None = None,
        with_limit: bool = True,
    ) -> FittedText:
        settings = self.settings
        if settings.mode == "tfidf":
            return fit_tfidf_model(
                comparisons,
                self.texts,
                self.prompts,
                n_planes=settings.n_planes,
                ties=ties,
                with_limit=with_limit,
                seed=seed,
            )
        return fit_frozen_model(
            comparisons,
            self.texts,
            self.prompts,
            self._encoder(),
            cache=FeatureFiles(Path(settings.cache)) if settings.cache else None,
            n_planes=settings.n_planes,
            ties=ties,
            log=_log,
            seed=seed,
        )

    def _train(
        self,
        comparisons: Comparisons,
        n_members: int,
        name: str,
        seed: int,
        *,
        ties: bool | None = None,
    ) -> tuple[FittedText, Ensemble]:
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
        known = run_directory.read_json(self.run.directory / PROGRESS)
        if known is not None:
            name = known["step"].partition(":")[0]
            known["step"] = f"{name}: training, step {step:,} of {of:,}"
            run_directory.write_json(self.run.directory / PROGRESS, known)


def _n_folds(settings: TextSettings) -> int:
    trained = settings.mode in {"full", "lora"}
    return min(settings.n_folds, MAX_TRAINED_FOLDS) if trained else settings.n_folds


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


def _of_model(fitted: FittedText) -> dict[str, Any]:
    model = fitted.model
    return {
        "encoder": model.encoder,
        "n_features": model.bradley_terry.features.shape[1],
        "residual": asdict(_residual(model.bradley_terry)),
        "penalty_share": fitted.penalty_share,
        "n_planes": model.general.n_planes,
        "far_limit": model.far_limit,
    }


def _recalibration(run: Running, held_out: TextHeldOut | None) -> dict[str, Any]:
    """Choose how the probabilities of texts are corrected, on texts that were held out."""
    if held_out is None:
        raise NotDeterminedError("No judgment was held out. Judge more pairs.")
    decided = held_out.outcome != 0
    shares = held_out.bradley_terry[decided]
    _, report = recalibrate(
        shares[:, 0] / (shares[:, 0] + shares[:, 2]),
        (held_out.outcome[decided] > 0).astype(np.float64),
        held_out.cluster[decided],
        directory=run.directory,
        model=TEXT,
        seed=run.request.seed,
    )
    return report


def _residual(head: FeatureModel) -> Estimate:
    """What texts leave open, a standard deviation in nats; normal in the logarithm."""
    value = head.residual_scale
    reach = float(np.exp(normal_quantile(0.95) * np.sqrt(head.log_scale_variance)))
    return Estimate(value, value / reach, value * reach, len(head.items))


def _said(estimate: Estimate | None) -> dict[str, Any] | None:
    return asdict(estimate) if estimate is not None else None


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
    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        encoded = encode_new(directory, question["texts"], question["prompt"], device)
    except DiscernError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the answer to who has asked
        return 1
    print(json.dumps(encoded.tolist()))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
