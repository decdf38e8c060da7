"""What a snapshot says, in the form that the models read."""

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core import chats
from core.answer_form import LIST_FORMS, Form, ListSaid, as_answer
from core.judgment import COMPARING, Comparisons, Floats, Indices, PairCounts
from core.rankings import AllAnswers, Answer, Thumb
from core.study import EVEN

if TYPE_CHECKING:
    import pyarrow as pa

JUDGMENTS, LISTS, COUNTS, REPEATS, ITEMS = (
    f"{name}.parquet" for name in ("judgments", "lists", "counts", "repeats", "items")
)
#: What was said of an aspect, of the first item.
ASPECTS = {"first": 1.0, "second": -1.0, "tie": 0.0}
#: Judgments that are still read one by one; beyond, the pairs added up are all that is read.
MAX_ROWS = 5_000_000


@dataclass(frozen=True, slots=True, eq=False)
class StudyData:
    """The answers of a study.

    Attributes
    ----------
    comparisons : Comparisons
        Of judged pairs; none where only lists were asked.
    margins : ndarray of int64, shape (n_comparisons,), or None
        How much better, from 1; None where the study has no grades.
    sides : ndarray, shape (n_comparisons,)
        +1 where the first item stood left, -1 right, 0 unknown.
    cohort : ndarray of int64, shape (n_annotators,)
        Of each annotator the number of the cohort, -1 for none.
    cohorts : tuple of str
        Their names.
    answers : tuple
        Lists and thumbs.
    repeats : Comparisons
        Own earlier pairs that were asked once more; of people who judged pairs.
    texts, prompt_texts : list of str
        In the order of the items, and of the numbers of the prompts.
    evenly : ndarray of bool, shape (n_comparisons,)
        Whether the pair was chosen without regard to answers, all open pairs alike: what figures
        about all pairs can be made from.
    """

    comparisons: Comparisons
    margins: Indices | None
    sides: Floats
    cohort: Indices
    cohorts: tuple[str, ...]
    answers: tuple[Answer, ...]
    repeats: Comparisons
    prompt_ids: tuple[str, ...]
    texts: list[str]
    prompt_texts: list[str]
    evenly: NDArray[np.bool_]

    def where(self, chosen: NDArray[np.bool_]) -> "StudyData":
        """The data with those comparisons, (n_comparisons,), for which `chosen` is true."""
        return replace(
            self,
            comparisons=self.comparisons.where(chosen),
            margins=None if self.margins is None else self.margins[chosen],
            sides=self.sides[chosen],
            evenly=self.evenly[chosen],
        )

    @property
    def n_annotators(self) -> int:
        """People who judged pairs or gave any other answer."""
        others = {answer.annotator for answer in self.answers}
        return max(len(np.unique(self.comparisons.annotator)), len(others))

    @property
    def lengths(self) -> Floats:
        """Logarithm of the number of characters of the first item over that of the second."""
        size = np.log([max(len(text), 1) for text in self.texts] or [1])
        difference: Floats = size[self.comparisons.first] - size[self.comparisons.second]
        return difference

    def without(self, number: int, annotator: str) -> "StudyData":
        """All but the answers of one person, who is known by number in the comparisons."""
        answers = tuple(one for one in self.answers if one.annotator != annotator)
        return replace(self.where(self.comparisons.annotator != number), answers=answers)

    @property
    def all_answers(self) -> AllAnswers:
        pairs = self.comparisons if len(self.comparisons) else None
        return AllAnswers.of(self.comparisons.items, self.prompt_ids, self.answers, pairs)


@dataclass(frozen=True, slots=True, eq=False)
class Details:
    """What was said beside each comparison of `StudyData`, in the same order.

    Attributes
    ----------
    presentations : list of str
        Ids.
    people : tuple of str
        Ids of annotators, by number.
    judged_at : ndarray of int64, shape (n_comparisons,)
        Microseconds since 1970, UTC; -1 where it is not known.
    aspects : dict of str to ndarray, shape (n_comparisons,)
        By criterion: +1 where the first item was preferred in it, -1 the second, 0 neither.
    chips : dict of str to ndarray, shape (n_comparisons,)
        By reason to tick: 1 where it was ticked.
    reasons : list of str
        As written; empty where none was.
    """

    presentations: list[str]
    people: tuple[str, ...]
    judged_at: Indices
    aspects: dict[str, Floats]
    chips: dict[str, Floats]
    reasons: list[str]

    def where(self, chosen: NDArray[np.bool_]) -> "Details":
        """What was said beside those comparisons, (n_comparisons,), for which it is true."""
        rows = np.flatnonzero(chosen).tolist()
        return Details(
            presentations=[self.presentations[row] for row in rows],
            people=self.people,
            judged_at=self.judged_at[chosen],
            aspects={name: said[chosen] for name, said in self.aspects.items()},
            chips={name: ticked[chosen] for name, ticked in self.chips.items()},
            reasons=[self.reasons[row] for row in rows],
        )


def read_details(directory: Path) -> Details:
    """Read from the snapshot what no model is fitted to."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = _with_all_columns(pq.read_table(directory / JUDGMENTS))
    people = tuple(_encoded(table["annotator_id"]).dictionary.to_pylist())
    table = table.filter(np.asarray(_compares(table), dtype=bool))
    ids = pq.read_table(directory / ITEMS, columns=["item_id"])["item_id"].to_pylist()
    place = {item: number for number, item in enumerate(ids)}
    forward = [
        1.0 if place[one] < place[other] else -1.0
        for one, other in zip(
            *(table[c].to_pylist() for c in ("first_id", "second_id")), strict=True
        )
    ]
    aspects, chips = _marks(len(table)), _marks(len(table))
    for row, said in enumerate(table["aspects"].to_pylist()):
        for name, outcome in (json.loads(said) if said else {}).items():
            aspects[name][row] = ASPECTS[outcome] * forward[row]
    for row, ticked in enumerate(table["chips"].to_pylist()):
        for name in ticked or ():
            chips[name][row] = 1.0
    return Details(
        presentations=table["presentation_id"].to_pylist(),
        people=people,
        judged_at=pc.fill_null(table["judged_at"].cast("timestamp[us]").cast("int64"), -1)
        .to_numpy()
        .astype(np.int64),
        aspects=dict(sorted(aspects.items())),
        chips=dict(sorted(chips.items())),
        reasons=[reason or "" for reason in table["reason"].to_pylist()],
    )


def _marks(n: int) -> defaultdict[str, Floats]:
    return defaultdict(lambda: np.zeros(n))


def read(directory: Path) -> StudyData:
    """Read the snapshot in a run directory."""
    import pyarrow.parquet as pq

    items = pq.read_table(directory / ITEMS)
    ids, prompt_ids, texts, prompts = (
        items[name].to_pylist() for name in ("item_id", "prompt_id", "text", "prompt")
    )
    texts, prompts = _plain(items, "kind", texts), _plain(items, "prompt_kind", prompts)
    by_prompt = {prompt: text or "" for prompt, text in zip(prompt_ids, prompts, strict=True)}
    numbers = {prompt: number for number, prompt in enumerate(by_prompt)}
    table = _with_all_columns(pq.read_table(directory / JUDGMENTS))
    compares = np.asarray(_compares(table), dtype=bool)
    kept = table.filter(compares)
    people = _encoded(table["annotator_id"])
    comparisons = Comparisons(
        items=tuple(ids),
        prompts=np.array([numbers[prompt] for prompt in prompt_ids], dtype=np.int64),
        annotator=people.indices.to_numpy().astype(np.int64)[compares],
        **_compared(kept, ids),
    )
    cohort, cohorts = _cohorts(table, len(people.dictionary))
    return StudyData(
        comparisons=comparisons,
        margins=_margins(kept),
        sides=_sides(kept),
        cohort=cohort,
        cohorts=cohorts,
        answers=_answers(directory / LISTS),
        repeats=_repeats(directory / REPEATS, comparisons, people.dictionary),
        prompt_ids=tuple(prompt_ids),
        texts=texts,
        prompt_texts=list(by_prompt.values()),
        evenly=_evenly(kept),
    )


def read_counts(directory: Path) -> tuple[PairCounts, tuple[str, ...], Indices]:
    """The judged pairs added up, the items, and the prompt of each: memory by different pairs."""
    import pyarrow.parquet as pq

    items = pq.read_table(directory / ITEMS, columns=["item_id", "prompt_id"])
    ids, prompt_ids = (column.to_pylist() for column in items.columns)
    numbers = {prompt: number for number, prompt in enumerate(dict.fromkeys(prompt_ids))}
    table = pq.read_table(directory / COUNTS)
    compared = _compared(table, ids)
    keys, place = np.unique(compared["first"] * len(ids) + compared["second"], return_inverse=True)
    n = table["n"].to_numpy().astype(np.float64)
    counts = [
        np.bincount(place, np.where(compared["outcome"] == outcome, n, 0.0), len(keys)).astype(
            np.float64
        )
        for outcome in (1, 0, -1)
    ]
    pairs = PairCounts(len(ids), keys // len(ids), keys % len(ids), *counts)
    return pairs, tuple(ids), np.array([numbers[prompt] for prompt in prompt_ids], dtype=np.int64)


def _plain(items: "pa.Table", kind: str, texts: list[str]) -> list[str]:
    """What stands in texts; those of chats without the marks that tell their messages apart."""
    if kind not in items.column_names:  # a snapshot from before there were chats
        return texts
    return [
        chats.as_text(text) if what == "chat" else text
        for text, what in zip(texts, items[kind].to_pylist(), strict=True)
    ]


def _with_all_columns(table: "pa.Table") -> "pa.Table":
    """Snapshots of earlier versions say nothing of grades, sides, cohorts and reasons."""
    import pyarrow as pa

    kinds = {
        **dict.fromkeys(("left_id", "cohort", "aspects", "reason"), pa.string()),
        "margin": pa.int32(),
        "chips": pa.list_(pa.string()),
        "judged_at": pa.timestamp("us", "UTC"),
    }
    for name, kind in kinds.items():
        if name not in table.column_names:
            table = table.append_column(name, pa.nulls(len(table), kind))
    return table


def _encoded(column: "pa.ChunkedArray") -> "pa.DictionaryArray":
    """Texts numbered in the order in which they appear."""
    encoded = column.combine_chunks().dictionary_encode()
    return encoded.combine_chunks() if hasattr(encoded, "chunks") else encoded


def _compares(table: "pa.Table") -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.is_in(table["outcome"], value_set=pa.array([str(name.value) for name in COMPARING]))


def _compared(table: "pa.Table", ids: list[str]) -> dict[str, Indices]:
    """First and second item by their index, the smaller first, and the outcome said of them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    known = pa.array(ids, pa.string())
    one, other = (
        pc.index_in(table[name], value_set=known).to_numpy().astype(np.int64)
        for name in ("first_id", "second_id")
    )
    said = np.zeros(len(table), dtype=np.int64)
    for outcome, value in COMPARING.items():
        said[pc.equal(table["outcome"], outcome.value).to_numpy()] = value
    return {
        "first": np.minimum(one, other),
        "second": np.maximum(one, other),
        "outcome": np.where(one < other, said, -said),
    }


def _margins(table: "pa.Table") -> Indices | None:
    margins = table["margin"].fill_null(0).to_numpy().astype(np.int64)
    return np.maximum(margins, 1) if margins.any() else None


def _sides(table: "pa.Table") -> Floats:
    import pyarrow.compute as pc

    def stood_left(column: str) -> Floats:
        known: Floats = pc.equal(table["left_id"], table[column]).cast("int8").fill_null(0)
        return np.asarray(known, dtype=np.float64)

    return stood_left("first_id") - stood_left("second_id")


def _evenly(table: "pa.Table") -> NDArray[np.bool_]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if "policy" not in table.column_names:  # a snapshot from before there were policies
        return np.ones(len(table), dtype=np.bool_)
    even = pc.is_in(table["policy"], value_set=pa.array([*sorted(EVEN), None], pa.string()))
    return np.asarray(even, dtype=np.bool_)


def _cohorts(table: "pa.Table", n_annotators: int) -> tuple[Indices, tuple[str, ...]]:
    people = _encoded(table["annotator_id"]).indices.to_numpy()
    names = _encoded(table["cohort"])
    said = tuple(names.dictionary.to_pylist())
    known = tuple(name for name in said if name)
    number = np.array([*(known.index(name) if name else -1 for name in said), -1])
    cohort = np.full(n_annotators, -1)
    cohort[people] = number[names.indices.fill_null(-1).to_numpy()]
    return cohort, known


def _repeats(path: Path, comparisons: Comparisons, people: "pa.Array") -> Comparisons:
    nothing = np.empty(0, dtype=np.int64)
    none = replace(comparisons, first=nothing, second=nothing, outcome=nothing, annotator=nothing)
    if not path.exists():  # a snapshot from before repeats were asked
        return none
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    table = table.filter(np.asarray(_compares(table), dtype=bool))
    if len(table) == 0:
        return none
    person = pc.index_in(table["annotator_id"], value_set=people).fill_null(-1).to_numpy()
    known = person >= 0
    compared = _compared(table, list(comparisons.items))
    return replace(
        comparisons,
        annotator=person[known].astype(np.int64),
        **{name: column[known] for name, column in compared.items()},
    )


def _answers(path: Path) -> tuple[Answer, ...]:
    if not path.exists():  # a snapshot from before there were other forms than pairs
        return ()
    import pyarrow.parquet as pq

    answers: list[Answer] = []
    for row in pq.read_table(path).to_pylist():
        form = Form(row["form"])
        if form is Form.THUMBS and row["outcome"] in {"up", "down"}:
            answers.append(Thumb(row["annotator_id"], row["items"][0], row["outcome"] == "up"))
        elif form in LIST_FORMS and row["outcome"] == "answered":
            said = ListSaid.from_json(json.loads(row["said"]))
            answers.append(as_answer(form, row["annotator_id"], said))
    return tuple(answers)
