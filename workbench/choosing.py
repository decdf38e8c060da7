"""Which questions a study's policy proposes, from what is believed now of its items.

Beliefs begin at the newest fit and move with every answer; they are made in the background, so that
no page waits for them. Until they are there, the questions that the fewest people had come first.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from core.acquisition import (
    Aids,
    Beliefs,
    FeatureReach,
    ListedPairs,
    PolicyChooser,
    PromptPairs,
    attend,
    concern_of,
)
from core.answer_form import LIST_FORMS, Form
from core.bradley_terry import BradleyTerry
from core.designs import SetSpace
from core.errors import DiscernError
from core.study import Item, Policy, State, Study
from core.text.hashed import hashed_features
from storage import asked_space, fits, studies
from storage.board import board_of
from trainer import run_directory
from workbench.opening import Workbench

log = logging.getLogger("discern.choosing")

#: Policies that need no beliefs: what the fewest people had.
WITHOUT_BELIEFS = frozenset({Policy.COVERAGE_FIRST})


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
