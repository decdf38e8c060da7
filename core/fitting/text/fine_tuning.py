"""Text models with a network: as it is, or changed by the judgments and then calibrated."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch
from sklearn.model_selection import GroupShuffleSplit

from core.errors import DiscernError
from core.estimates import Estimate, clustered_share
from core.fitting.text.assembling import compared_items, encode_prompts, fit_heads
from core.fitting.text.encoders import (
    Encoder,
    FeatureCache,
    Log,
    Passage,
    encode_frozen,
)
from core.fitting.text.held_out import FittedText
from core.fitting.text.network import PairNetwork, TrainingSettings, judged_pairs
from core.fitting.text.training import Checkpoints, Reading, Training, all_outputs
from core.judgment import Comparisons, Floats, Indices

#: Share of the prompts, or of the items where there is one prompt, that a network never learns
#: from: the heads are fitted to their judgments, so that they know how far the network is off.
CALIBRATION_SHARE = 0.25
#: With less on either side, a network is neither trained nor calibrated: prior scales estimated
#: from a dozen items are so uncertain that predictions are worse than none.
MIN_JUDGMENTS, MIN_TEXTS = 100, 24

Load = Callable[[], Encoder]


class TooFewToTrainError(DiscernError):
    """Not enough judgments to train a network and to calibrate it on others."""

    def __init__(self, learning: Comparisons, rest: Comparisons) -> None:
        super().__init__(
            f"Training an encoder needs at least {MIN_JUDGMENTS} judgments of {MIN_TEXTS} texts to "
            "learn from, and as many of other texts to calibrate it; there are "
            f"{len(learning)} of {len(compared_items(learning))} and {len(rest)} of "
            f"{len(compared_items(rest))}. Use the encoder as it is (frozen), or judge more pairs."
        )


@dataclass(frozen=True, slots=True, eq=False)
class Ensemble:
    """Networks that differ by seed only.

    Attributes
    ----------
    members : tuple of PairNetwork
    agreement : Estimate or None
        Share of the calibration pairs of which two members prefer the same item, averaged over
        pairs of members; None with one member.
    """

    members: tuple[PairNetwork, ...]
    agreement: Estimate | None

    def encode(self, passages: Sequence[Passage], prompt: Indices, log: Log) -> Floats:
        """Strengths of all members, their embeddings, the mean hidden state of the first."""
        said = [_outputs(member, passages, prompt, log) for member in self.members]
        return np.hstack([_side_by_side(said), _positions(self.members[0], passages, log)])


def fit_frozen_model(
    comparisons: Comparisons,
    texts: Sequence[str],
    prompt_texts: Sequence[str],
    encoder: Encoder,
    *,
    cache: FeatureCache | None = None,
    n_planes: int = 2,
    ties: bool | None = None,
    log: Log = lambda _: None,
    seed: int = 0,
) -> FittedText:
    """Fit both heads on what the encoder says of prompt and text together.

    n items cost n forward passes, and none if the cache holds them.

    Parameters
    ----------
    ties : bool or None
        Whether a tie can be given at all; None: whether any was.
    """
    passages = to_passages(comparisons, texts, prompt_texts)

    def encode(some: Sequence[str]) -> Floats:
        return encode_frozen(encoder, [Passage("", text) for text in some], cache, log=log)

    return fit_heads(
        comparisons,
        texts,
        encode_frozen(encoder, passages, cache, log=log),
        encode_prompts(prompt_texts, encode),
        mode="frozen",
        encoder=encoder.name,
        n_planes=n_planes,
        ties=ties,
        seed=seed,
    )


def fit_trained_model(
    comparisons: Comparisons,
    texts: Sequence[str],
    prompt_texts: Sequence[str],
    load: Load,
    settings: TrainingSettings,
    *,
    n_members: int = 1,
    ties: bool | None = None,
    checkpoints: Checkpoints | None = None,
    name: str = "member",
    log: Log = lambda _: None,
    report: Callable[[int, int], None] = lambda _step, _of: None,
    seed: int = 0,
) -> tuple[FittedText, Ensemble]:
    """Train networks on most of the prompts, and fit both heads to the judgments of the rest.

    The heads read the outputs of the networks for texts that these never learned from; so the
    residual variance contains how far the networks are off, and intervals are not those of a
    model that has seen its own examination.

    Parameters
    ----------
    load : callable
        Gives a fresh encoder for each member.
    ties : bool or None
        Whether a tie can be given at all; None: whether any was, in either part.
    checkpoints : Checkpoints or None
        Under `name` and the number of the member; a finished member is kept, so that an
        interrupted run trains no member twice.

    Raises
    ------
    TooFewToTrainError
        If there are too few judgments for one of the two parts.
    """
    if ties is None:
        ties = bool((comparisons.outcome == 0).any())
    learning = split(comparisons, seed=seed)
    parts = comparisons.where(learning), comparisons.where(~learning)
    if any(len(p) < MIN_JUDGMENTS or len(compared_items(p)) < MIN_TEXTS for p in parts):
        raise TooFewToTrainError(*parts)
    passages = to_passages(comparisons, texts, prompt_texts)
    members = tuple(
        train(
            load,
            parts[0],
            passages,
            settings,
            checkpoints=checkpoints,
            name=f"{name}-{number}",
            log=log,
            report=report,
            seed=seed + number,
        )
        for number in range(n_members)
    )
    rest = parts[1]
    said = [_outputs(member, passages, comparisons.prompts, log) for member in members]
    ensemble = Ensemble(members, agreement(said, rest))
    fitted = fit_heads(
        rest,
        texts,
        _side_by_side(said),
        np.zeros((len(prompt_texts), 0)),
        mode=settings.mode,
        encoder=members[0].encoder.name,
        positions=_positions(members[0], passages, log),
        ties=ties,
        n_strengths=n_members,
        n_planes=settings.n_planes or 1,
        seed=seed,
    )
    return fitted, ensemble


def train(
    load: Load,
    comparisons: Comparisons,
    passages: Sequence[Passage],
    settings: TrainingSettings,
    *,
    checkpoints: Checkpoints | None = None,
    name: str = "member",
    log: Log = lambda _: None,
    report: Callable[[int, int], None] = lambda _step, _of: None,
    seed: int = 0,
) -> PairNetwork:
    """Train one network, or take up where a checkpoint of that name has stopped."""
    torch.manual_seed(seed)
    network = PairNetwork(load(), settings)
    reading = Reading.of(network, passages, comparisons.prompts)
    training = Training(network, judged_pairs([comparisons]), reading, settings, seed=seed, log=log)
    training.run(checkpoints, name, report)
    if checkpoints is not None:
        checkpoints.write(name, training.state())
    return network


def split(comparisons: Comparisons, *, seed: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which comparisons a network learns from; the others share no text with them.

    By prompt; with one prompt by item, and comparisons across the two parts calibrate.
    """
    groups = np.unique(comparisons.prompts[comparisons.first])
    by_prompt = len(groups) > 1
    if not by_prompt:
        groups = compared_items(comparisons)
    splitter = GroupShuffleSplit(1, test_size=CALIBRATION_SHARE, random_state=seed)
    [(kept, _)] = splitter.split(groups, groups=groups)
    learned = np.isin(np.arange(int(groups.max()) + 1), groups[kept])
    if by_prompt:
        return learned[comparisons.prompts[comparisons.first]]
    both: np.ndarray[tuple[int], np.dtype[np.bool_]] = (
        learned[comparisons.first] & learned[comparisons.second]
    )
    return both


def agreement(said: Sequence[Floats], comparisons: Comparisons) -> Estimate | None:
    """How often two members prefer the same item, by strength; clustered by prompt or pair."""
    if len(said) < 2:  # noqa: PLR2004 - two members
        return None
    counts = comparisons.counts()
    leans = [np.sign(out[counts.first, 0] - out[counts.second, 0]) for out in said]
    same = [(one == other).astype(np.float64) for one, other in combinations(leans, 2)]
    prompt = comparisons.prompts[counts.first]
    cluster = prompt if len(np.unique(prompt)) > 1 else np.arange(len(prompt))
    return clustered_share(np.mean(same, axis=0), cluster)


def to_passages(
    comparisons: Comparisons, texts: Sequence[str], prompt_texts: Sequence[str]
) -> list[Passage]:
    """What is read of each item."""
    return [
        Passage(prompt_texts[prompt], text)
        for prompt, text in zip(comparisons.prompts, texts, strict=True)
    ]


def _outputs(
    network: PairNetwork, passages: Sequence[Passage], prompt: Indices, log: Log
) -> Floats:
    out = all_outputs(network, Reading.of(network, passages, prompt), log)
    return out.reshape(len(out), -1)


def _side_by_side(said: Sequence[Floats]) -> Floats:
    """Strengths of all members first, then their embeddings; shape (n, n_members * (1 + 2k))."""
    strengths, embeddings = [out[:, :1] for out in said], [out[:, 1:] for out in said]
    return np.hstack([*strengths, *embeddings])


def _positions(network: PairNetwork, passages: Sequence[Passage], log: Log) -> Floats:
    return encode_frozen(network.encoder, passages, log=log)
