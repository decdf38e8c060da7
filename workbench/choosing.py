"""Which questions a study's policy proposes, from what is believed now of its items.

Beliefs begin at the newest fit and move with every answer; they are made in the background, so that
no page waits for them. Until they are there, the questions that the fewest people had come first.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations

import numpy as np

from core.acquisition import (
    Aids,
    Beliefs,
    FeatureReach,
    PromptPairs,
    attend,
    concern_of,
    score_pairs,
    score_sets,
)
from core.acquisition.open_pairs import ListedPairs
from core.acquisition.policies import item_pull
from core.answer_form import LIST_FORMS, Form, ListSaid, implied_pairs
from core.bradley_terry import BradleyTerry
from core.designs import AllPairs, SetSpace
from core.errors import DiscernError
from core.judgment import COMPARING, ChoiceSet, Floats, Indices, ItemOutcome, Pair
from core.study import Item, Policy, State, Study
from core.text.hashed import hashed_features
from storage import asked_space, fits, studies
from storage.board import board_of
from trainer import run_directory
from workbench.opening import Workbench

log = logging.getLogger("discern.choosing")

PAIR = 2
#: Policies that need no beliefs: what the fewest people had.
WITHOUT_BELIEFS = frozenset({Policy.COVERAGE_FIRST})
#: So many of the best are looked at one by one; as many equals mean that the policy cannot tell.
N_LOOKED_AT = 1024
#: Of the scores so many are put in order before the rest is.
N_SORTED_FIRST = 64
#: Sets of a list form that are scored for one choice.
MAX_SETS = 4096
#: Scores that differ by less are equal.
SAME = 1e-12


class PolicyChooser:
    """Proposes open sets by one policy, and follows the board: `storage.board.Follower`."""

    def __init__(self, policy: Policy, beliefs: Beliefs, space: SetSpace, aids: Aids) -> None:
        self.policy = policy.value
        self._policy, self._beliefs, self._aids = policy, beliefs, aids
        self._space = space
        self._known = set(beliefs.items)
        self._pairs = _indexed(space, beliefs) if _is_of_pairs(space) else None

    def propose(
        self, is_open: Callable[[ChoiceSet], bool], rng: np.random.Generator
    ) -> Sequence[tuple[ChoiceSet, float]]:
        """The open sets with the highest score, each equally; none where too many are equal."""
        sets, scores = self._scored(rng)
        if not len(scores):
            return ()
        best: list[ChoiceSet] = []
        highest = -np.inf
        for number in _from_the_highest(scores):
            if best and scores[number] < highest - SAME:
                break
            items = self._items(sets[number])
            if is_open(items):
                best.append(items)
                highest = max(highest, float(scores[number]))
            if len(best) > N_LOOKED_AT:
                return ()
        return [(items, 1 / len(best)) for items in best]

    def _scored(self, rng: np.random.Generator) -> tuple[Indices, Floats]:
        """Rows of item numbers, and the score of each."""
        beliefs, aids = self._beliefs, self._aids
        if self._pairs is not None:
            first, second = self._pairs.shortlist(lambda: item_pull(self._policy, beliefs, aids))
            return np.column_stack([first, second]), score_pairs(
                self._policy, beliefs, first, second, aids
            )
        n = len(self._space)
        numbers = np.arange(n) if n <= MAX_SETS else rng.choice(n, MAX_SETS, replace=False)
        rows = [self._space[int(number)] for number in numbers]
        whole = [row for row in rows if self._known.issuperset(row)]
        size = max((len(row) for row in whole), default=0)
        table = np.array(
            [[beliefs.index(item) for item in row] for row in whole if len(row) == size]
        ).reshape(-1, max(size, 1))
        return table, score_sets(self._policy, beliefs, table, aids) if size else np.empty(0)

    def _items(self, row: Indices) -> ChoiceSet:
        return tuple(sorted(self._beliefs.items[number] for number in row))

    def shown(self, items: ChoiceSet) -> None:
        for one, other in self._numbers(items):
            self._beliefs.expect(one, other)

    def answered(self, items: ChoiceSet, outcome: ItemOutcome, said: ListSaid | None) -> None:
        told = {} if said is None else dict(implied_pairs(said))
        for one, other in combinations(items, 2):
            if not self._known.issuperset((one, other)):
                continue
            numbers = self._beliefs.index(one), self._beliefs.index(other)
            answer = outcome if said is None else told.get(Pair.of(one, other))
            if answer in COMPARING:
                self._beliefs.answer(*numbers, COMPARING[answer])
            else:
                self._release(*numbers)

    def exposed(self, items: ChoiceSet, times: int) -> None:
        for one, other in self._numbers(items):
            self._beliefs.exposure[[one, other]] += times
            self._beliefs.asked[min(one, other), max(one, other)] += times

    def released(self, items: ChoiceSet) -> None:
        for one, other in self._numbers(items):
            self._release(one, other)

    def _release(self, one: int, other: int) -> None:
        if self._beliefs.pending.get((min(one, other), max(one, other))):
            self._beliefs.release(one, other)

    def _numbers(self, items: ChoiceSet) -> list[tuple[int, int]]:
        known = [self._beliefs.index(item) for item in items if item in self._known]
        return list(combinations(known, 2))


def _from_the_highest(scores: Floats) -> Iterator[int]:
    """Places of the scores from the highest on; most choices end within the first few."""
    n = min(N_SORTED_FIRST, len(scores))
    first = np.argpartition(-scores, n - 1)[:n]
    yield from first[np.argsort(-scores[first], kind="stable")].tolist()
    if n < len(scores):
        rest = np.setdiff1d(np.arange(len(scores)), first)
        yield from rest[np.argsort(-scores[rest], kind="stable")].tolist()


def _is_of_pairs(space: SetSpace) -> bool:
    return isinstance(space, AllPairs) or (len(space) > 0 and len(space[0]) == PAIR)


def _indexed(space: SetSpace, beliefs: Beliefs) -> ListedPairs | PromptPairs:
    """The pairs of the space by numbers of items; those of unknown items are left out."""
    if isinstance(space, AllPairs):
        return PromptPairs(beliefs.prompts)
    known = set(beliefs.items)
    sets = (space[number] for number in range(len(space)))
    rows = [[beliefs.index(item) for item in items] for items in sets if known.issuperset(items)]
    table = np.sort(np.array(rows, dtype=np.int64).reshape(-1, PAIR), axis=1)
    return ListedPairs(table[:, 0], table[:, 1])


def refresh(workbench: Workbench) -> None:
    """Give every running study the chooser of its policy, from its newest fit."""
    for study in studies.all_studies(workbench.db):
        if study.state is not State.RUNNING:
            continue
        board = board_of(workbench.db, study.id)
        origin = _origin(workbench, study)
        if board.origin == origin:
            continue
        with board.lock:
            board.refresh(study, datetime.now(UTC))
            space = board.space
        try:
            made = _make(workbench, study, space)
        except DiscernError as error:
            log.warning("%s: %s", study.settings.name, error)
            made = None
        with board.lock:
            board.refresh(study, datetime.now(UTC))
            board.follow(made, origin, _moment(workbench, study))


def _origin(workbench: Workbench, study: Study) -> tuple[object, ...]:
    """What a chooser depends on; another one is made when it changes."""
    fit = _newest(workbench, study)
    with workbench.db.cursor() as cursor:
        held = asked_space.sizes(cursor, study.id)
    return study.version, None if fit is None else fit.id, held


def _newest(workbench: Workbench, study: Study) -> fits.Fit | None:
    for fit in fits.of_study(workbench.db, study.id):
        if (workbench.trainer.runs / fit.id / run_directory.BRADLEY_TERRY).exists():
            return fit
    return None


def _moment(workbench: Workbench, study: Study) -> datetime | None:
    """Answers up to this moment are in the fit."""
    fit = _newest(workbench, study)
    return None if fit is None else fit.requested_at


@dataclass(frozen=True, slots=True)
class Believed:
    """What is believed of a study's items at its newest fit, and what a policy needs beside.

    Attributes
    ----------
    policy : Policy
        Of the study; while the fit does not have what it needs, what the fewest people had.
    fit_id : str or None
        None: nothing was fitted yet.
    """

    beliefs: Beliefs
    pairs: ListedPairs | PromptPairs
    policy: Policy
    aids: Aids
    fit_id: str | None


def believed(workbench: Workbench, study: Study) -> Believed | None:
    """Beliefs to plan with; None for forms whose answers say nothing about strengths of pairs."""
    items = studies.items(workbench.db, study.id)
    if study.settings.form.kind not in {Form.PAIR, *LIST_FORMS} or not items:
        return None
    fit = _newest(workbench, study)
    beliefs = _beliefs(workbench, items, fit)
    aids, policy = _aids(workbench, study, items, fit), study.settings.asking.policy
    if aids is None:
        aids, policy = Aids(), Policy.COVERAGE_FIRST
    fit_id = None if fit is None else fit.id
    return Believed(beliefs, PromptPairs(beliefs.prompts), policy, aids, fit_id)


def _make(workbench: Workbench, study: Study, space: SetSpace) -> PolicyChooser | None:
    policy, form = study.settings.asking.policy, study.settings.form.kind
    if policy in WITHOUT_BELIEFS or form not in {Form.PAIR, *LIST_FORMS} or not len(space):
        return None
    items, fit = studies.items(workbench.db, study.id), _newest(workbench, study)
    aids = _aids(workbench, study, items, fit)
    if aids is None:
        return None
    beliefs = _beliefs(workbench, items, fit)
    concern = concern_of(policy, aids)
    if concern is not None:  # here, as it may take a second
        attend(beliefs, concern)
    return PolicyChooser(policy, beliefs, space, aids)


def _beliefs(workbench: Workbench, items: Sequence[Item], fit: fits.Fit | None) -> Beliefs:
    names = [item.id for item in items]
    numbers = {prompt: n for n, prompt in enumerate(dict.fromkeys(i.prompt_id for i in items))}
    prompts = np.array([numbers[item.prompt_id] for item in items], dtype=np.int64)
    if fit is None:
        return Beliefs.prior(names, prompts)
    directory = workbench.trainer.runs / fit.id
    plain = run_directory.read_model(directory, run_directory.BRADLEY_TERRY)
    if not isinstance(plain, BradleyTerry):
        raise TypeError(f"The models in {directory} have changed places.")
    return Beliefs.of(plain, names, prompts)


def _aids(
    workbench: Workbench, study: Study, items: Sequence[Item], fit: fits.Fit | None
) -> Aids | None:
    """What the policy needs beside beliefs; None while the fit does not have it."""
    policy, top = study.settings.asking.policy, study.settings.asking.top_k
    directory = None if fit is None else workbench.trainer.runs / fit.id
    if policy is Policy.FEATURE_DISTANCE:
        return Aids(top, features=FeatureReach(hashed_features([item.text for item in items])))
    if policy is Policy.MODEL_DISAGREEMENT:
        name = run_directory.GENERAL_PREFERENCE
        if directory is None or not (directory / name).exists():
            return None
        general = run_directory.read_model(directory, name)
        known = [item.id for item in items] == list(general.items)
        return Aids(top, general=general) if known else None
    return Aids(top)
