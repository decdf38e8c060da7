"""How annotators answer: the forms of a question, and what the screen says put into item space."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.errors import DiscernError
from core.judgment import ItemOutcome, Outcome, Pair, Presentation
from core.rankings import BestAndWorst, BestFew, ListAnswer, Ranking

MAX_ASPECTS, MAX_CHIPS, MAX_WORDS = 12, 20, 120


class InvalidFormError(DiscernError):
    """A study asks in a way that cannot be answered."""


class UnreadableAnswerError(DiscernError):
    """What the screen sent is no answer to what was shown."""


class Form(StrEnum):
    """What one question asks of the items that it shows."""

    PAIR = "pair"
    RANKING = "ranking"
    BEST_WORST = "best_worst"
    BEST_FEW = "best_few"
    THUMBS = "thumbs"
    TRIPLET = "triplet"


#: Forms that show several items and take one order or choice of them.
LIST_FORMS = frozenset({Form.RANKING, Form.BEST_WORST, Form.BEST_FEW})
_SIZES = {Form.PAIR: 2, Form.THUMBS: 1, Form.TRIPLET: 3}


class Compared(StrEnum):
    """What stands above what is compared: a prompt above answers, or an answer above prompts."""

    ANSWERS = "answers"
    PROMPTS = "prompts"


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """The form of a study's question.

    Attributes
    ----------
    grades : int
        0: which is better, no more. 4: how much better in four grades. 7: in three grades, so that
        with the tie there are seven answers.
    aspects : tuple of str
        Criteria judged for the same pair, each with left, right or tie.
    aspects_first : bool
        Whether they come before the overall answer; else they stand beside it.
    chips : tuple of str
        Reasons to tick.
    sentence : bool
        Whether one sentence of reason is asked for; it may stay empty.
    list_size : int
        Items of a list, 3 to 8 (forms ranking, best_worst, best_few).
    picks : int
        How many are picked of them (form best_few).

    Raises
    ------
    InvalidFormError
        If a value is out of its range.
    """

    kind: Form = Form.PAIR
    compared: Compared = Compared.ANSWERS
    grades: int = 0
    aspects: tuple[str, ...] = ()
    aspects_first: bool = False
    chips: tuple[str, ...] = ()
    sentence: bool = False
    list_size: int = 4
    picks: int = 2

    def __post_init__(self) -> None:
        if self.grades not in {0, 4, 7}:
            raise InvalidFormError(f"The grades are {self.grades}; they must be 0, 4 or 7.")
        if not 3 <= self.list_size <= 8:  # noqa: PLR2004 - what fits a screen
            raise InvalidFormError(f"A list has {self.list_size} items; it must have 3 to 8.")
        if not 1 <= self.picks < self.list_size:
            raise InvalidFormError(
                f"{self.picks} of {self.list_size} are to be picked; at least one must be picked "
                "and one left."
            )
        _check_words("aspects", self.aspects, MAX_ASPECTS)
        _check_words("reasons to tick", self.chips, MAX_CHIPS)

    @property
    def n_shown(self) -> int:
        """How many items one question shows, where there are so many."""
        return _SIZES.get(self.kind, self.list_size)

    @property
    def n_least(self) -> int:
        """How few items under one prompt still make a question."""
        return _SIZES.get(self.kind, self.picks + 1 if self.kind is Form.BEST_FEW else 2)

    @property
    def largest_grade(self) -> int:
        return {0: 0, 4: 4, 7: 3}[self.grades]


def _check_words(what: str, words: Sequence[str], most: int) -> None:
    if len(words) > most:
        raise InvalidFormError(f"There are {len(words)} {what}; at most {most} fit the screen.")
    if len(set(words)) < len(words):
        raise InvalidFormError(
            f"Some {what} stand twice: {', '.join(words)[:200]}. Name each once."
        )
    for word in words:
        if not 1 <= len(word.strip()) <= MAX_WORDS:
            raise InvalidFormError(
                f"{word[:40]!r} has {len(word.strip())} characters; {what} need 1 to {MAX_WORDS}."
            )


#: Answers of which one item comes out better, and so by a grade.
_GRADED = frozenset({Outcome.LEFT, Outcome.RIGHT})
_ASPECT_OUTCOMES = frozenset({Outcome.LEFT, Outcome.RIGHT, Outcome.TIE})


def check_details(
    form: AnswerForm,
    outcome: Outcome,
    margin: int | None,
    aspects: Mapping[str, Outcome],
    chips: Sequence[str],
) -> None:
    """Refuse what the form did not ask for, or what contradicts the answer.

    Raises
    ------
    UnreadableAnswerError
        If there is a grade without a better item, or one that the study does not have, or an
        aspect or a reason that the study does not name.
    """
    if margin is not None and (outcome not in _GRADED or not 1 <= margin <= form.largest_grade):
        raise UnreadableAnswerError(
            f"The grade {margin} with the answer {outcome.value!r} is none of this study: it has "
            f"{form.largest_grade} grades for a better item. Reload the page and answer again."
        )
    unknown = [*(set(aspects) - set(form.aspects)), *(set(chips) - set(form.chips))]
    if unknown or not set(aspects.values()) <= _ASPECT_OUTCOMES:
        raise UnreadableAnswerError(
            f"The answer names {str(unknown or dict(aspects))[:100]}, which this study does not "
            "ask. Reload the page and answer again."
        )


@dataclass(frozen=True, slots=True)
class ListSaid:
    """What somebody said of several items, best first; `rest` was not told apart.

    Stored as it is, in item space. Of best and worst, `rest` is what lies between; of the best few
    `places` holds one place; of a triplet `places` holds the two items that are closer.
    """

    places: tuple[tuple[str, ...], ...]
    rest: tuple[str, ...] = ()
    worst: str | None = None

    def as_json(self) -> dict[str, Any]:
        content: dict[str, Any] = {"places": [list(place) for place in self.places]}
        if self.rest:
            content["rest"] = list(self.rest)
        if self.worst is not None:
            content["worst"] = self.worst
        return content

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "ListSaid":
        return cls(
            tuple(tuple(place) for place in content["places"]),
            tuple(content.get("rest", ())),
            content.get("worst"),
        )


def read_list(form: AnswerForm, presentation: Presentation, said: object) -> ListSaid:
    """Put what the screen says by position (0 is the first shown) into item space.

    Parameters
    ----------
    said : mapping
        `order`: lists of positions, best first, with `rest` for a ranking; `best` and `worst`;
        `picked` positions; `closest`, two positions.

    Raises
    ------
    UnreadableAnswerError
        If it names positions that were not shown, one twice, or too few.
    """
    shown = presentation.shown or presentation.items
    try:
        listed = _listed(form, said, len(shown))
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableAnswerError(
            f"This answer cannot be read ({str(error)[:100]}). Reload the page and answer again."
        ) from error
    places, rest, worst = listed
    named = [position for place in places for position in place] + rest
    named += [] if worst is None else [worst]
    if sorted(named) != list(range(len(shown))):
        raise UnreadableAnswerError(
            f"The answer names the positions {named[:20]} of {len(shown)} items; each must be "
            "named once. Reload the page and answer again."
        )
    return ListSaid(
        tuple(tuple(sorted(shown[position] for position in place)) for place in places),
        tuple(sorted(shown[position] for position in rest)),
        None if worst is None else shown[worst],
    )


_Listed = tuple[list[list[int]], list[int], int | None]


def _listed(form: AnswerForm, said: object, n: int) -> _Listed:
    if not isinstance(said, Mapping):
        raise TypeError(f"it is {type(said).__name__}")
    if form.kind is Form.RANKING:
        places = [[_whole(position) for position in place] for place in said["order"]]
        if not places or not all(places):
            raise ValueError("a place of the ranking is empty")
        return places, [_whole(position) for position in said.get("rest", [])], None
    if form.kind is Form.BEST_WORST:
        best, worst = _whole(said["best"]), _whole(said["worst"])
        return [[best]], [i for i in range(n) if i not in {best, worst}], worst
    name, wanted = ("picked", form.picks) if form.kind is Form.BEST_FEW else ("closest", 2)
    chosen = [_whole(position) for position in said[name]]
    if len(chosen) != min(wanted, n - 1):
        raise ValueError(f"{len(chosen)} were chosen where {min(wanted, n - 1)} were asked for")
    return [chosen], [i for i in range(n) if i not in chosen], None


def _whole(position: object) -> int:
    if isinstance(position, bool) or not isinstance(position, int | float) or position % 1:
        raise TypeError(f"{str(position)[:20]!r} is no position")
    return int(position)


def as_answer(form: Form, annotator: str, said: ListSaid) -> ListAnswer:
    """The same as the models read it; only for `LIST_FORMS`."""
    if form is Form.RANKING:
        return Ranking(annotator, said.places, said.rest)
    if form is Form.BEST_FEW:
        return BestFew(annotator, said.places[0], said.rest)
    if form is Form.BEST_WORST and said.worst is not None:
        return BestAndWorst(annotator, said.places[0][0], said.worst, said.rest)
    raise ValueError(f"An answer of the form {form.value!r} is no order of items.")


def implied_pairs(said: ListSaid) -> list[tuple[Pair, ItemOutcome]]:
    """What an order says of each two of its items, said of the pair; ties only within a place.

    For showing and for agreement. Models read the order itself: its pairs are not independent.
    """
    levels = [*said.places, *([said.rest] if said.rest else [])]
    levels += [(said.worst,)] if said.worst is not None else []
    found = []
    for number, level in enumerate(levels):
        below = [item for other in levels[number + 1 :] for item in other]
        for place, item in enumerate(level):
            if level != said.rest:
                found += [_said(item, other, ItemOutcome.TIE) for other in level[place + 1 :]]
            found += [_said(item, other, ItemOutcome.FIRST) for other in below]
    return found


def _said(item: str, other: str, outcome: ItemOutcome) -> tuple[Pair, ItemOutcome]:
    pair = Pair.of(item, other)
    if outcome is ItemOutcome.FIRST and pair.first != item:
        return pair, ItemOutcome.SECOND
    return pair, outcome
