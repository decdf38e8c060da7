"""TF-IDF without scikit-learn says what scikit-learn says; far texts are far."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from core.fitting.text.assembling import fit_tfidf_model
from core.fitting.text.held_out import Fit, FittedText, held_out_text
from core.fitting.text.tfidf import NoTextError, fit_tfidf
from core.judgment import Comparisons
from core.text.evaluation import evaluate_text
from core.text.features import distances, make_map
from core.text.text_model import from_arrays, to_arrays
from core.text.tfidf import pieces, words
from tests.core.judged_texts import GOOD, JudgedTexts, judged_texts


@pytest.fixture(scope="module")
def judged() -> JudgedTexts:
    return judged_texts()


def test_words_and_pieces_of_a_text() -> None:
    assert words("Is it true?") == ["is", "it", "true", "is it", "it true"]
    assert pieces("It’s") == [" it", "it ", " it ", " s "]


def test_the_encoder_gives_what_scikit_learn_gives(judged: JudgedTexts) -> None:
    """Projected on all directions, products of texts are those of the weights themselves."""
    encoder = fit_tfidf(judged.texts)
    said, _ = encoder.encode(judged.texts)
    products = np.zeros((len(said), len(said)))
    for analyse in (words, pieces):
        vectoriser = TfidfVectorizer(analyzer=analyse, min_df=2, sublinear_tf=True)
        weights = vectoriser.fit_transform(judged.texts)
        products += (weights @ weights.T).toarray() / 2
    # 64 directions of 72 texts hold nearly all of it.
    np.testing.assert_allclose(said @ said.T, products, atol=0.05)


def test_features_have_unit_length_on_average(judged: JudgedTexts) -> None:
    raw, _ = fit_tfidf(judged.texts).encode(judged.texts)
    features = make_map(raw, judged.texts).features(raw, judged.texts)
    assert (features[:, 1:] ** 2).sum(axis=1).mean() == pytest.approx(1)
    np.testing.assert_allclose(features.mean(axis=0), 0, atol=1e-12)


def test_directions_of_a_large_matrix_are_those_of_a_full_decomposition() -> None:
    rng = np.random.default_rng(0)
    raw = rng.normal(size=(700, 40)) @ rng.normal(size=(40, 700)) + rng.normal(size=(700, 700))
    found = make_map(raw, ["text"] * 700)
    centred = raw - raw.mean(axis=0)
    _, lengths, directions = np.linalg.svd(centred, full_matrices=False)
    ours = found.directions[:, :40] * found.unit
    overlap = np.abs((directions[:40] @ ours) ** 2).sum()
    assert overlap == pytest.approx(40, abs=1e-6)
    assert (centred @ ours[:, 0]).std() * np.sqrt(700) == pytest.approx(lengths[0])


def test_distance_to_the_nearest_five_worked_out() -> None:
    """Points 0 to 5 on a line: from 0 the nearest five others are 1 to 5 away, 3 on average."""
    line = np.arange(6.0)[:, None]
    assert distances(line[:1], np.zeros(1), line, without_self=True) == pytest.approx([3])
    outside = np.array([9.0])
    assert distances(line[:1], outside, line[:1]) == pytest.approx([3])


def test_texts_without_a_word_are_refused() -> None:
    with pytest.raises(NoTextError, match="needs items with text"):
        fit_tfidf(["", "?!"])


def test_a_new_text_is_predicted_with_an_interval_and_a_flag(judged: JudgedTexts) -> None:
    model = fit_tfidf_model(judged.comparisons, judged.texts, judged.prompts).model
    praised, scolded, strange = (
        "the clear and kind in it is true to the a of for as with",
        "the vague and rude in it is false to the a of for as with",
        "zxqv wvut brrl qqqq krrk",
    )
    new = model.predict([praised, scolded, strange], prompt=0)
    assert new.strength.mean[0] - new.strength.mean[1] > 2
    assert (new.low < new.win_probability).all()
    assert (new.win_probability < new.high).all()
    assert new.far.tolist() == [False, False, True]
    assert (new.strength.variance > model.bradley_terry.residual_scale**2).all()


def test_strengths_of_new_texts_lie_in_their_intervals() -> None:
    """95 % intervals, 10 studies, 24 new texts each; features miss a part of what words say."""
    inside = []
    for seed in range(10):
        judged = judged_texts(seed=seed, n_prompts=16, n_judgments=900)
        kept = judged.comparisons.prompts[judged.comparisons.first] < 12
        model = fit_tfidf_model(
            judged.comparisons.where(kept), judged.texts, judged.prompts, seed=seed
        ).model
        new = model.predict(judged.texts[72:]).strength
        low, high = new.interval()
        truth = judged.strengths[72:] - judged.strengths.mean()
        inside.append(((low < truth) & (truth < high)).mean())
    assert 0.92 < np.mean(inside) < 0.985


def test_a_text_model_comes_back_from_its_arrays(judged: JudgedTexts) -> None:
    model = fit_tfidf_model(judged.comparisons, judged.texts, judged.prompts).model
    back = from_arrays(to_arrays(model))
    new = ["a clear text", "nothing like it"]
    np.testing.assert_array_equal(
        back.predict(new, prompt=2).strength.mean, model.predict(new, prompt=2).strength.mean
    )
    np.testing.assert_array_equal(back.predict(new).far, model.predict(new).far)


def test_held_out_prompts_are_predicted_better_than_by_chance(judged: JudgedTexts) -> None:
    held_out = held_out_text(judged.comparisons, reading(judged), n_folds=4)
    scores = evaluate_text(held_out)
    assert held_out.by_prompt
    assert scores.n_prompts == 12
    assert scores.gain.log_loss.high < 0
    assert scores.chance.decisive_log_loss is not None
    assert scores.chance.decisive_log_loss.value == pytest.approx(np.log(2))
    assert scores.bradley_terry.accuracy is not None
    assert scores.bradley_terry.accuracy.value > 0.65


def test_the_only_tie_can_be_foretold_by_those_who_have_not_seen_it(judged: JudgedTexts) -> None:
    """The part that holds it out has seen no tie; its loss is large, but it is a number."""
    whole = judged.comparisons
    decided = whole.where(whole.outcome != 0)
    outcome = decided.outcome.copy()
    outcome[7] = 0
    held_out = held_out_text(replace(decided, outcome=outcome), reading(judged), n_folds=4)
    for chances in (held_out.bradley_terry, held_out.general, held_out.judged, held_out.chance):
        assert (chances > 0).all()
        assert 0 < chances[7, 1] < 0.1


def reading(judged: JudgedTexts) -> Fit:
    def fit(part: Comparisons, /, *, ties: bool, seed: int) -> FittedText:
        return fit_tfidf_model(
            part, judged.texts, judged.prompts, ties=ties, with_limit=False, seed=seed
        )

    return fit


def test_what_the_texts_say_is_what_was_planted(judged: JudgedTexts) -> None:
    """A word that adds a nat: the model finds most of it, for a text without any other mark."""
    model = fit_tfidf_model(judged.comparisons, judged.texts, judged.prompts).model
    plain = "the a of and to in is it for as with on by at"
    with_good = plain.replace("the", GOOD[0])
    one, other = model.predict([with_good, plain]).strength.mean
    assert 0.2 < one - other < 1.8
