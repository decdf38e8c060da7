"""The files of one fit: what the trainer is given and what it leaves behind.

request.json            what to fit, of which study, under which settings
judgments.parquet       the snapshot: every standing judgment of a pair, said of the items
lists.parquet           the standing answers of all other forms
repeats.parquet         pairs that somebody was asked once more
counts.parquet          the judged pairs, added up
items.parquet           the items with their texts, and the prompt that each answers
process.json            the process that works on it
progress.json           how far it is
log.txt                 what it printed
failure.json            why it could not be done
bradley_terry.npz       fitted models
general_preference.npz
clustered.npz           intervals of strengths that allow for few people
annotators.npz          how annotators differ
groups.npz              strengths of cohorts
aspects.npz             strengths in each aspect
ensemble.npz            fits to judgments drawn anew
map.npz                 items in the plane, from which two of three are closer
calibrator_MODEL.npz    the recalibration that was chosen for each model
labels_MODEL.npz        held-out judgments, one of each pair, that say how sure it must be to label
held_out.parquet        what each model predicted for judgments it had not seen
guarded.json            figures of the pairs set aside: to be asked through the guard only
report.json             the figures; its presence means that the fit is done
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core.annotator_models import AnnotatorModel, model_arrays, model_from_arrays
from core.models import BradleyTerry, GeneralPreference, from_arrays, to_arrays
from core.recalibration import (
    Calibrator,
    IdentityCalibrator,
    calibrator_from_arrays,
    calibrator_to_arrays,
)
from core.reports import Report
from core.scores import HeldOut

REQUEST, JUDGMENTS = "request.json", "judgments.parquet"
PROCESS, PROGRESS, LOG, FAILURE = "process.json", "progress.json", "log.txt", "failure.json"
BRADLEY_TERRY, GENERAL_PREFERENCE = "bradley_terry.npz", "general_preference.npz"
ANNOTATORS, CLUSTERED = "annotators.npz", "clustered.npz"
GROUPS, ASPECTS, ENSEMBLE = "groups.npz", "aspects.npz", "ensemble.npz"
SIMILARITY_MAP = "map.npz"
HELD_OUT, REPORT, GUARDED = "held_out.parquet", "report.json", "guarded.json"
WITHOUT = "without.json"
_HELD_OUT_INTEGERS = ("first", "second", "outcome", "annotator", "fold")


@dataclass(frozen=True, slots=True)
class FitRequest:
    """What to fit, and what it is made from.

    Attributes
    ----------
    fitting : dict
        `core.study.Fitting` as it was.
    previous : str or None
        An earlier fit of the study, from which this one starts.
    """

    fit_id: str
    study_id: str
    study_name: str
    snapshot_hash: str
    n_judgments: int
    n_comparisons: int
    requested_at: str
    seed: int = 0
    fitting: dict[str, Any] = field(default_factory=dict)
    previous: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a fit is: step `done` of `total`."""

    step: str
    done: int
    total: int


def finite(figures: Any) -> Any:  # figures as JSON holds them
    """Replace what is infinite or no number by None, which JSON has: it is no figure."""
    if isinstance(figures, dict):
        return {name: finite(figure) for name, figure in figures.items()}
    if isinstance(figures, list | tuple):
        return [finite(figure) for figure in figures]
    return None if isinstance(figures, float) and not math.isfinite(figures) else figures


def write_json(path: Path, content: Any) -> None:
    """Write, then rename: a reader sees the whole file or none."""
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(content, indent=2))
    partial.replace(path)


def read_json(path: Path) -> Any | None:
    """Return what the file says, or None while there is none."""
    try:
        return json.loads(path.read_text(), object_hook=Report)
    except FileNotFoundError:
        return None


def read_request(directory: Path) -> FitRequest:
    return FitRequest(**json.loads((directory / REQUEST).read_text()))


def write_request(directory: Path, request: FitRequest) -> None:
    write_json(directory / REQUEST, asdict(request))


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write, then rename: a reader sees all arrays or none."""
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, **arrays)
    partial.replace(path)


def read_arrays(path: Path) -> dict[str, Any] | None:
    """Return the arrays, or None where there is no such file."""
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)


def write_model(directory: Path, model: BradleyTerry | GeneralPreference) -> None:
    """Write, then rename: a reader sees a whole model or none."""
    name = BRADLEY_TERRY if isinstance(model, BradleyTerry) else GENERAL_PREFERENCE
    write_arrays(directory / name, to_arrays(model))


def read_model(directory: Path, name: str) -> BradleyTerry | GeneralPreference:
    with np.load(directory / name, allow_pickle=False) as arrays:
        return from_arrays(arrays)


def labels_of(model: str) -> str:
    """The file with what calibrates the labels of a model."""
    return f"labels_{model}.npz"


def write_calibrator(directory: Path, model: str, calibrator: Calibrator) -> None:
    """Keep the recalibration of a model, such as `general_preference`."""
    write_arrays(directory / f"calibrator_{model}.npz", calibrator_to_arrays(calibrator))


def read_calibrator(directory: Path, model: str) -> Calibrator:
    """The recalibration that the fit has chosen for a model; none where it could not choose."""
    arrays = read_arrays(directory / f"calibrator_{model}.npz")
    return IdentityCalibrator() if arrays is None else calibrator_from_arrays(arrays)


def write_annotators(directory: Path, model: AnnotatorModel) -> None:
    write_arrays(directory / ANNOTATORS, model_arrays(model))


def read_annotators(directory: Path) -> tuple[AnnotatorModel, tuple[str, ...]] | None:
    """The model of annotators and their ids by number; None in runs from before there was one."""
    if not (directory / ANNOTATORS).exists():
        return None
    import pyarrow.parquet as pq

    with np.load(directory / ANNOTATORS, allow_pickle=False) as arrays:
        model = model_from_arrays(arrays)
    # A file and no data set: that would load pandas, half a second for whoever looks first.
    judgments = pq.ParquetFile(directory / JUDGMENTS).read(columns=["annotator_id"])
    return model, tuple(judgments["annotator_id"].unique().to_pylist())  # numbered as they appear


def write_held_out(directory: Path, held_out: HeldOut) -> None:
    """One row a judgment: what it was, and what each model said of it before seeing it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {name: getattr(held_out, name) for name in _HELD_OUT_INTEGERS}
    for model in ("bradley_terry", "general_preference"):
        for place, name in enumerate(("first", "tie", "second")):
            columns[f"{model}_{name}"] = getattr(held_out, model)[:, place]
    metadata = {
        "by_pair": json.dumps(held_out.by_pair),
        "penalty_shares": json.dumps(held_out.penalty_shares),
        "planes": json.dumps(held_out.planes),
    }
    partial = directory / "held_out.partial"
    pq.write_table(pa.table(columns).replace_schema_metadata(metadata), partial)
    partial.replace(directory / HELD_OUT)


def read_held_out(directory: Path) -> HeldOut | None:
    """What `write_held_out` wrote, or None where nothing could be held out."""
    if not (directory / HELD_OUT).exists():
        return None
    import pyarrow.parquet as pq

    table = pq.ParquetFile(directory / HELD_OUT).read()
    columns = {name: table[name].to_numpy() for name in table.column_names}
    probabilities = {
        model: np.stack([columns[f"{model}_{name}"] for name in ("first", "tie", "second")], axis=1)
        for model in ("bradley_terry", "general_preference")
    }
    return HeldOut(
        **{name: columns[name] for name in _HELD_OUT_INTEGERS},
        **probabilities,
        penalty_shares=tuple(json.loads(table.schema.metadata[b"penalty_shares"])),
        by_pair=json.loads(table.schema.metadata[b"by_pair"]),
        planes=tuple(json.loads(table.schema.metadata.get(b"planes", b"[]"))),
        transitive=None,
        in_order=None,
    )
