"""The text level of a run: fit, judge on held-out prompts, leave the model and its figures."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np

from core.errors import DiscernError, NoComparisonsError
from core.estimates import Estimate, NotDeterminedError, normal_quantile
from core.fitting.text.assembling import fit_tfidf_model
from core.fitting.text.held_out import FittedText, held_out_text
from core.judgment import Comparisons, Floats, Indices
from core.predictions import decided_share
from core.text.evaluation import TextHeldOut, evaluate_text
from core.text.model import FeatureModel
from trainer.consistency import report_consistency
from trainer.quality import recalibrate, said_or_why
from trainer.run_directory import FitRequest
from trainer.text_files import (
    TEXT,
    TextSettings,
    write_settings,
    write_text_held_out,
    write_text_model,
)

if TYPE_CHECKING:
    from core.fitting.text.fine_tuning import Ensemble
    from trainer.text_networks import Networks

#: Held-out parts where each of them costs a training.
MAX_TRAINED_FOLDS = 3


class Running(Protocol):
    """The part of a run that this module needs."""

    @property
    def directory(self) -> Path: ...

    @property
    def request(self) -> FitRequest: ...

    def advance(self, name: str) -> None: ...


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
        self.run, self.settings = run, settings
        self.texts, self.prompts = items_text, prompts_text
        self._networks: Networks | None = None
        if settings.mode != "tfidf":
            from trainer import text_networks  # here, as transformers takes seconds to load

            self._networks = text_networks.Networks(
                run.directory, items_text, prompts_text, device, settings
            )

    def fit(self, comparisons: Comparisons, *, seed: int) -> "tuple[FittedText, Ensemble | None]":
        """Fit on everything, with all members."""
        if len(comparisons) == 0:
            raise NoComparisonsError
        if self._networks is not None and _is_trained(self.settings):
            return self._networks.train(comparisons, self.settings.n_members, "member", seed)
        return self._fit_plain(comparisons, seed=seed), None

    def predict(self, comparisons: Comparisons) -> TextHeldOut | None:
        """Predict held-out prompts; None where there is too little to hold any out."""
        fold = 0

        def fit(part: Comparisons, /, *, ties: bool, seed: int) -> FittedText:
            nonlocal fold
            fold += 1
            self.run.advance(f"held-out texts, part {fold}")
            if self._networks is not None and _is_trained(self.settings):
                return self._networks.train(part, 1, f"part-{fold}", seed, ties=ties)[0]
            return self._fit_plain(part, seed=seed, ties=ties, with_limit=False)

        try:
            predictions = held_out_text(
                comparisons, fit, n_folds=_n_folds(self.settings), seed=self.run.request.seed
            )
        except NotDeterminedError as error:
            _log(str(error))
            return None
        if self._networks is not None:  # kept until now: an interrupted run goes on from there
            self._networks.forget([f"part-{number + 1}-0" for number in range(fold)])
        write_text_held_out(self.run.directory, predictions)
        return predictions

    def encode(
        self,
        fitted: FittedText,
        ensemble: "Ensemble | None",
        prompts: Indices,
        texts: Sequence[str],
    ) -> Floats:
        """What the encoder of a fit says of other texts under these prompts; (n, n_raw)."""
        if fitted.model.tfidf is not None:
            return fitted.model.tfidf.encode(texts)[0]
        networks = cast("Networks", self._networks)
        return networks.encode(ensemble, prompts, texts)

    def _fit_plain(
        self,
        comparisons: Comparisons,
        *,
        seed: int,
        ties: bool | None = None,
        with_limit: bool = True,
    ) -> FittedText:
        if self._networks is not None:
            return self._networks.fit_frozen(comparisons, seed=seed, ties=ties)
        return fit_tfidf_model(
            comparisons,
            self.texts,
            self.prompts,
            n_planes=self.settings.n_planes,
            ties=ties,
            with_limit=with_limit,
            seed=seed,
        )


def _is_trained(settings: TextSettings) -> bool:
    """Whether judgments change the encoder."""
    return settings.mode in {"full", "lora"}


def _n_folds(settings: TextSettings) -> int:
    most = MAX_TRAINED_FOLDS if _is_trained(settings) else settings.n_folds
    return min(settings.n_folds, most)


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
    _, report = recalibrate(
        decided_share(held_out.bradley_terry[decided]),
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
