"""Which criteria go with the overall answer."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from core.criteria import everyday_words, mined_candidates
from core.estimates import NotDeterminedError
from core.fitting.criteria import TooManyCriteriaError, _freed, _sparse, weigh_criteria
from core.judgment import Floats, Indices
from core.models import logistic

WEIGHTS = np.array([1.5, 0.7, 0.0, 0.0, 0.0, 0.0])
NAMES = ["true", "clear", "short", "polite", "long", "funny"]


def judged(seed: int, n_pairs: int = 150, each: int = 2) -> tuple[Floats, Floats, Indices]:
    """Aspects that hang together (halo), and overall answers; each pair by two people."""
    rng = np.random.default_rng(seed)
    pair = np.repeat(np.arange(n_pairs), each)
    halo = rng.normal(size=len(pair))[:, None]
    felt = 0.6 * halo + rng.normal(0, 0.8, (len(pair), 6))
    aspects = np.round(np.clip(felt, -1, 1)).astype(np.float64)
    answers = (rng.random(len(pair)) < logistic(aspects @ WEIGHTS)).astype(np.float64)
    return aspects, answers, pair


def test_weights_have_intervals_that_hold_them_selected_or_not() -> None:
    """20 studies, 120 intervals, which hang together within a study: at least 90 % hold."""
    held, false_calls, chosen = np.zeros(6), 0, np.zeros(6)
    for seed in range(20):
        report = weigh_criteria(NAMES, *judged(seed), seed=seed)
        for criterion in report.criteria:
            k = NAMES.index(criterion.name)
            held[k] += criterion.weight.low <= WEIGHTS[k] <= criterion.weight.high
            false_calls += criterion.counts and WEIGHTS[k] == 0
            chosen[k] += criterion.selected
    assert held.mean() / 20 >= 0.9
    assert chosen[0] == 20
    assert chosen[2:].mean() < 10
    assert false_calls < 8


def test_naming_the_items_the_other_way_round_changes_nothing() -> None:
    aspects, answers, pair = judged(3)
    one = weigh_criteria(NAMES, aspects, answers, pair)
    other = weigh_criteria(NAMES, -aspects, 1 - answers, pair)
    for a, b in zip(one.criteria, other.criteria, strict=True):
        assert a.name == b.name
        assert a.weight.value == pytest.approx(b.weight.value, abs=1e-6)
    assert one.criteria[0].name == "true"
    assert one.criteria[0].alone is not None
    assert one.criteria[0].alone.low > 0.6
    assert one.gain.low > 0
    assert one.accuracy.low > 0.5


def test_the_sparse_model_equals_that_of_a_library() -> None:
    """scikit-learn's LogisticRegression with an L1 penalty, C = 1 / (n λ)."""
    aspects, answers, _ = judged(1)
    for penalty in (0.003, 0.03):
        library = LogisticRegression(
            l1_ratio=1,
            C=1 / (len(answers) * penalty),
            solver="saga",
            fit_intercept=False,
            tol=1e-10,
            max_iter=20_000,
        ).fit(aspects, answers)
        np.testing.assert_allclose(_sparse(aspects, answers, penalty), library.coef_[0], atol=1e-6)


def test_weights_are_freed_of_the_penalty() -> None:
    """Next to those without penalty (scikit-learn), from a start that is drawn in by a tenth."""
    aspects, answers, pair = judged(1)
    library = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-12).fit(aspects, answers)
    drawn_in = _sparse(aspects, answers, 0.03)
    free, _ = _freed(aspects, answers, pair, drawn_in)
    assert np.abs(drawn_in - library.coef_[0]).max() > 0.1
    assert np.abs(free - library.coef_[0]).max() < 0.05
    weighed = {
        one.name: one.weight.value for one in weigh_criteria(NAMES, aspects, answers, pair).criteria
    }
    np.testing.assert_allclose([weighed[name] for name in NAMES], library.coef_[0], atol=0.02)


def test_what_judgments_cannot_tell_is_refused() -> None:
    aspects, answers, pair = judged(0)
    with pytest.raises(NotDeterminedError, match="25 pairs"):
        weigh_criteria(NAMES, aspects[:40], answers[:40], pair[:40])
    with pytest.raises(TooManyCriteriaError, match="6 criteria"):
        weigh_criteria(NAMES, aspects[:56], answers[:56], pair[:56])
    silent = aspects.copy()
    silent[:, 4] = 0
    with pytest.raises(NotDeterminedError, match="'long'"):
        weigh_criteria(NAMES, silent, answers, pair)
    doubled = aspects.copy()
    doubled[:, 5] = aspects[:, 0]
    with pytest.raises(NotDeterminedError, match="always the sum"):
        weigh_criteria(NAMES, doubled, answers, pair)


def test_candidates_are_what_several_people_give_as_reason() -> None:
    reasons = [
        "It gives clear evidence.",
        "clear evidence, and short",
        "More honest; the evidence is clear",
        "secretword secretword",
        "",
        "Clear evidence!",
    ]
    people = np.array([0, 1, 2, 3, 3, 0])
    found = {one.term: one for one in mined_candidates(reasons, people, without=["the", "and"])}
    assert set(found) == {"clear", "evidence", "clear evidence"}
    assert (found["evidence"].n_people, found["evidence"].n_reasons) == (3, 4)
    assert found["clear evidence"].share.value == pytest.approx(0.5)
    twice = mined_candidates(["good form", "good form", "good form"], np.arange(3))
    assert [one.term for one in twice] == ["good form"]
    with pytest.raises(NotDeterminedError, match="Ask for reasons"):
        mined_candidates(["", " "], np.arange(2))


def test_everyday_words_are_those_of_most_texts_in_any_language() -> None:
    texts = [f"der Text nennt Quelle{'n und' if n < 3 else ''} {n}" for n in range(20)]
    assert everyday_words(texts) == {"der", "text", "nennt", "quelle", "quellen", "und"}
    assert everyday_words(texts, share=0.5) == {"der", "text", "nennt", "quelle"}
    assert everyday_words(texts[:19]) == frozenset()
