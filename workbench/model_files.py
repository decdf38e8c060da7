"""What a fit says of every pair of a study, as files: predictions, and labels that it may give."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.bradley_terry import BradleyTerry
from core.designs import pairs_within
from core.errors import DiscernError
from core.judgment import Floats, Indices
from core.models import NoIntervalsError
from core.uncertainty import accept_labels, false_discovery_rates
from storage import asked_space, exports
from storage.export_kinds import Column, Format
from storage.exports import ExportFile
from trainer import run_directory
from trainer.study_data import COUNTS
from workbench import results
from workbench.opening import Workbench
from workbench.results import Result, name_of

if TYPE_CHECKING:
    import pyarrow as pa

PREDICTIONS = tuple(f"predictions.{form}" for form in Format)
#: Labels of which at most this share is wrong, in percent, by the name of their file.
LABELS = {f"labels_{percent:02}_percent_wrong.jsonl": percent for percent in (5, 10, 20)}
NAMES = (*PREDICTIONS, *LABELS)
#: Of more pairs so many are drawn evenly.
MOST_PAIRS = 1_000_000
COLUMNS = (
    Column("first_id", "text", "the item whose id sorts first"),
    Column("second_id", "text", "the other item"),
    Column("judgments", "value", "judgments of the pair that compare the two, in the fit"),
    Column("probability", "value", "that first_id is preferred, given that one of the two is: with "
           "the recalibration that the fit chose; empty where no chain of comparisons connects the "
           "two"),
    Column("low", "value", "lower end of its 95 % interval; empty where the fit has none"),
    Column("high", "value", "upper end"),
    Column("as_fitted", "value", "the probability before recalibration"),
    Column("label", "text", "first or second: the item that the model holds better; empty at even "
           "odds"),
    Column("false_discovery_rate", "value", "of unjudged pairs: take the labels with at most 0.1 "
           "here and on average at most a tenth of them is wrong; empty where people judged, or "
           "where too little was held out"),
    Column("fit_id", "text", "the fit that says so"),
)  # fmt: skip


class NoPredictionsError(DiscernError):
    """A study has no fit that could say something of its pairs."""


@dataclass(frozen=True, slots=True, eq=False)
class Foretold:
    """What the newest fit says of the pairs of a study; arrays have shape (n_pairs,).

    Attributes
    ----------
    judgments : ndarray of int64
        Of each pair, in the fit.
    probability, low, high, as_fitted : ndarray
        nan where no chain of comparisons connects the two items.
    false_discovery_rate : ndarray
        nan there too, and where people judged, or nothing is known of how often the model is wrong.
    """

    fit_id: str
    items: tuple[str, ...]
    first: Indices
    second: Indices
    judgments: Indices
    probability: Floats
    low: Floats
    high: Floats
    as_fitted: Floats
    false_discovery_rate: Floats

    def label(self) -> NDArray[np.str_]:
        """The item held better: first, second, or nothing at even odds."""
        lean = np.round(self.probability - 0.5, 12)
        return np.select([lean > 0, lean < 0], ["first", "second"], "")


def names() -> list[str]:
    """Every file of a study that can be asked for, the fit's too."""
    return [*exports.names(), *NAMES]


def write_named(workbench: Workbench, study_id: str, name: str, directory: Path) -> ExportFile:
    """Write a file of what the study holds or of what its newest fit says.

    Raises
    ------
    NoSuchExportError
        If there is no such file.
    NoPredictionsError
        If there is no fit that could say it.
    """
    if name not in NAMES:
        return exports.write_named(workbench.db, study_id, name, directory)
    found, path = foretell(workbench, study_id), directory / name
    if name in LABELS:
        labels = _labels(found, LABELS[name] / 100)
        return exports.write_labelled(workbench.db, study_id, labels, path)
    form = Format(path.suffix.removeprefix("."))
    return exports.write_given(workbench.db, _table(found), COLUMNS, path, form)


def foretell(workbench: Workbench, study_id: str) -> Foretold:
    """Say of every pair of the study what its newest fit says.

    By the general model, which is Bradley-Terry wherever nothing predicts better.
    """
    result = results.latest(workbench, study_id)
    if result is None:
        raise NoPredictionsError(
            "There is no finished fit yet, so that nothing can be predicted. Start one on the page "
            "Fits."
        )
    plain = result.bradley_terry
    if not plain.covariance.layout.fits:
        raise NoPredictionsError(
            f"The fit connects too many items to say something of every pair: "
            f"{len(plain.items):,}. Look pairs up on the page Results."
        )
    used = result.recalibrated(result.general_preference or plain)
    first, second = _pairs(workbench, study_id, plain)
    joined = result.piece[first] == result.piece[second]
    as_fitted = used.model.probability(first, second)
    try:
        low, high = used.probability_interval(first, second)
    except NoIntervalsError:
        low = high = np.full(len(first), np.nan)
    probability = used.probability(first, second)
    as_fitted, low, high, probability = (
        np.where(joined, part, np.nan) for part in (as_fitted, low, high, probability)
    )
    judgments = _judgments(result, plain, first, second)
    return Foretold(
        fit_id=result.fit.id,
        items=plain.items,
        first=first,
        second=second,
        judgments=judgments,
        probability=probability,
        low=low,
        high=high,
        as_fitted=as_fitted,
        false_discovery_rate=_rates(result, probability, joined & (judgments == 0)),
    )


def _pairs(workbench: Workbench, study_id: str, model: BradleyTerry) -> tuple[Indices, Indices]:
    """The pairs that the study asks about, of items that the fit knows; the smaller id first."""
    ready = asked_space.ready_pairs(workbench.db, study_id)
    if not ready:
        # Items of a snapshot are in the order of their ids, so that the smaller index sorts first.
        return pairs_within(model.prompts, MOST_PAIRS, np.random.default_rng(0))
    place = {item: number for number, item in enumerate(model.items)}
    known = [(place[a], place[b]) for a, b in ready if a in place and b in place]
    table = np.array(known, dtype=np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def _judgments(result: Result, model: BradleyTerry, first: Indices, second: Indices) -> Indices:
    """How many judgments of each pair the fit was made from."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    counts = pq.read_table(result.directory / COUNTS, columns=["first_id", "second_id", "n"])
    known = pa.array(model.items, pa.string())
    one, other = (
        pc.index_in(counts[name], value_set=known).to_numpy().astype(np.int64)
        for name in ("first_id", "second_id")
    )
    n_items = len(model.items)
    keys, place = np.unique(
        np.minimum(one, other) * n_items + np.maximum(one, other), return_inverse=True
    )
    sums = np.bincount(place, counts["n"].to_numpy()).astype(np.int64)
    wanted = np.minimum(first, second) * n_items + np.maximum(first, second)
    found = np.searchsorted(keys, wanted)
    found[found == len(keys)] = 0
    if not len(keys):
        return np.zeros(len(wanted), dtype=np.int64)
    return np.where(keys[found] == wanted, sums[found], 0)


def _rates(result: Result, probability: Floats, unjudged: NDArray[np.bool_]) -> Floats:
    """The false discovery rate at which each label would be taken; nan where that is not known."""
    model = result.general_preference or result.bradley_terry
    used, file = result.recalibrated(model), run_directory.labels_of(name_of(model))
    arrays = run_directory.read_arrays(result.directory / file)
    rates = np.full(len(probability), np.nan)
    if arrays is None or not unjudged.any():
        return rates
    chosen = accept_labels(
        used.calibrator.probability(arrays["probability"]),
        arrays["outcome"],
        np.arange(len(arrays["outcome"])),
        probability[unjudged],
        rng=np.random.default_rng(0),  # one judgment of each pair is left to draw
    )
    rates[unjudged] = false_discovery_rates(chosen.p_value)
    return rates


def _table(found: Foretold) -> "pa.Table":
    import pyarrow as pa

    names = np.array(found.items, dtype=object)
    label = found.label()
    columns: dict[str, Any] = {
        "first_id": pa.array(names[found.first], pa.string()),
        "second_id": pa.array(names[found.second], pa.string()),
        "judgments": pa.array(found.judgments),
        "label": pa.array([name or None for name in label.tolist()], pa.string()),
        "fit_id": pa.array([found.fit_id] * len(found.first), pa.string()),
    }
    for name in ("probability", "low", "high", "as_fitted", "false_discovery_rate"):
        columns[name] = pa.array(getattr(found, name), from_pandas=True)  # nan becomes empty
    return pa.table({column.name: columns[column.name] for column in COLUMNS})


def _labels(found: Foretold, level: float) -> "pa.Table":
    """Labels of unjudged pairs of which at most this share is wrong on average."""
    import pyarrow as pa

    label = found.label()
    taken = (found.false_discovery_rate <= level) & (label != "")
    names = np.array(found.items, dtype=object)
    return pa.table(
        {
            "first_id": pa.array(names[found.first[taken]], pa.string()),
            "second_id": pa.array(names[found.second[taken]], pa.string()),
            "outcome": pa.array(label[taken].tolist(), pa.string()),
        }
    )
