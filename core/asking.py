"""What a person is asked next besides new sets: training, gold, repeats; and when it is enough."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from core.judgment import ChoiceSet, Purpose
from core.study import Asking

#: A repeat comes when so many own answers lie between.
REPEAT_AFTER = 5


class Enough(StrEnum):
    """Which quota is full."""

    PERSON = "own_quota"
    COHORT = "cohort_quota"
    STUDY = "study_quota"


@dataclass(frozen=True, slots=True)
class Given:
    """How much was asked already, answered or open, of one person, of their cohort, of all."""

    person: int
    cohort: int
    study: int


def enough(asking: Asking, given: Given) -> Enough | None:
    """Which quota leaves no place for one more, if any."""
    quotas = (
        (Enough.PERSON, asking.person_quota, given.person),
        (Enough.COHORT, asking.cohort_quota, given.cohort),
        (Enough.STUDY, asking.study_quota, given.study),
    )
    return next((which for which, most, now in quotas if most and now >= most), None)


@dataclass(frozen=True, slots=True)
class Beside:
    """A question that takes no place of the overlap."""

    items: ChoiceSet
    purpose: Purpose
    probability: float


def beside_the_overlap(
    asking: Asking,
    gold: Callable[[], Sequence[ChoiceSet]],
    repeats: Callable[[], Sequence[ChoiceSet]],
    rng: np.random.Generator,
) -> Beside | None:
    """Draw whether gold or a repeat comes next, and which.

    Parameters
    ----------
    gold : function
        Returns questions with known answers that this person did not have yet.
    repeats : function
        Returns own earlier sets that can be asked once more.
    """
    lot = rng.random()
    if lot < asking.gold_share:
        return _one_of(gold(), Purpose.GOLD, asking.gold_share, rng)
    if lot < asking.gold_share + asking.repeat_share:
        return _one_of(repeats(), Purpose.REPEAT, asking.repeat_share, rng)
    return None


def _one_of(
    sets: Sequence[ChoiceSet], purpose: Purpose, share: float, rng: np.random.Generator
) -> Beside | None:
    if not sets:
        return None
    return Beside(sets[int(rng.integers(len(sets)))], purpose, share / len(sets))


class Training(StrEnum):
    """How far somebody is with the training of a study."""

    NONE = "none"
    PASSED = "passed"
    GOING_ON = "going_on"


def training(asking: Asking, n_questions: int, right: Sequence[float]) -> Training:
    """Whether somebody may go on to the real questions.

    The training is a round of `asking.training` questions (all there are, if fewer). Who has the
    share of right answers in one round has passed; who has not starts another one.

    Parameters
    ----------
    right : sequence of float
        Of each training answer so far, oldest first, how far it was right, from 0 to 1.
    """
    length = min(asking.training, n_questions)
    if length == 0:
        return Training.NONE
    rounds = [right[i : i + length] for i in range(0, len(right) - length + 1, length)]
    passed = any(sum(answers) >= asking.training_share * length for answers in rounds)
    return Training.PASSED if passed else Training.GOING_ON


def waits_for_training(asking: Asking, n_questions: int, n_answered: int, n_open: int) -> bool:
    """Whether the round of training that is going on has all its questions given out.

    Parameters
    ----------
    n_answered, n_open : int
        Training questions that somebody has answered, and that wait for their answer; one whose
        answer was taken back, or that lapsed, is neither.
    """
    length = min(asking.training, n_questions)
    return n_answered % length + n_open >= length


def order_on_screen(
    items: ChoiceSet,
    of_set: tuple[int, int],
    of_annotator: tuple[int, int],
    rng: np.random.Generator,
) -> tuple[str, ...]:
    """In which order items stand on the screen.

    A pair evens out its own sides, then those of the annotator, else a lot decides. Longer sets
    stand in a random order.

    Parameters
    ----------
    of_set, of_annotator : tuples of two int
        How often the first item of a pair stood left and how often right: for this pair, and of all
        pairs for this person.
    """
    if len(items) != 2:  # noqa: PLR2004 - not a pair
        return tuple(items[i] for i in rng.permutation(len(items)))
    first, second = items
    for left, right in (of_set, of_annotator):
        if left != right:
            return (first, second) if left < right else (second, first)
    return (first, second) if rng.random() < 0.5 else (second, first)  # noqa: PLR2004 - a fair coin
