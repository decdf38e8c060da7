"""The part of the page Results that says what the texts say."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from core.errors import DiscernError
from core.judgment import Floats
from core.predictions import logistic
from core.recalibration import Calibrator, log_odds_of
from core.text.text_model import NewItems, TextModel
from trainer import run_directory, text_files
from ui.figures import count, label, said
from ui.sentences import if_known, plain

_HOW = {
    "tfidf": "No encoder was given, so texts are read as weighted words and pieces of words "
    "(TF-IDF), with their length.",
    "frozen": "The encoder reads the texts as it is; only the heads on top of it were fitted.",
    "full": "The judgments changed all weights of the encoder; the heads were fitted to judgments "
    "of other texts.",
    "lora": "The judgments changed the encoder by small additions to its layers (LoRA); the heads "
    "were fitted to judgments of other texts.",
}


@if_known
def show(
    directory: Path,
    figures: dict[str, Any] | None,
    prompt_names: Sequence[str],
    prompt_texts: Sequence[str],
) -> None:
    """Say which encoder was used, how well it predicts, and what it expects of a new text.

    Parameters
    ----------
    directory : Path
        Of the finished run.
    figures : dict or None
        What `trainer.text.fit_text` has said; None for a fit that did not read texts.
    prompt_names, prompt_texts : sequence of str, length n_prompts
        By number of the prompt.
    """
    st.header("What the texts say", anchor=False)
    if figures is None:
        st.info("This fit did not read the texts of the items. Start a new one on the page Fits.")
        return
    if figures["failure"] is not None:
        st.info(figures["failure"])
        return
    st.markdown(f"Encoder: **{plain(figures['encoder'])}**. {_HOW[figures['mode']]}")
    _show_held_out(figures["held_out"])
    _show_rest(figures)
    _show_new(directory, prompt_names, prompt_texts)


def _show_held_out(held_out: dict[str, Any] | None) -> None:
    if held_out is None:
        st.info("Too few judgments to hold any out. Judge more pairs.")
        return
    chance = held_out["chance"]
    st.table(
        {
            name: {
                "log loss (first, tie, second)": said(scores["log_loss"], 4),
                "log loss of decided pairs": said(scores["decisive_log_loss"], 4),
                "accuracy on decided pairs": accuracy,
            }
            for name, scores, accuracy in (
                ("Chance", chance, "0.500"),  # by definition, so without interval
                *(
                    (name, held_out[model], said(held_out[model]["accuracy"]))
                    for name, model in (
                        ("Texts, Bradley-Terry", "bradley_terry"),
                        ("Texts, general model", "general"),
                        ("Judged items, no texts", "judged"),
                    )
                ),
            )
        }
    )
    st.markdown(verdict(held_out))
    st.caption(_design(held_out))


def verdict(held_out: dict[str, Any]) -> str:
    """What the held-out judgments say of the texts, in a sentence or two."""
    gain, difference = held_out["gain"]["log_loss"], held_out["difference"]["log_loss"]
    if gain["high"] is None:
        return "The judgments do not determine whether texts say anything. Judge more pairs."
    if gain["high"] >= 0:
        return "**The texts do not predict judgments better than chance so far.**"
    texts = "**Texts predict judgments of items that nobody judged better than chance.**"
    if not held_out["by_prompt"]:
        texts = "**Texts predict judgments of other pairs better than chance.**"
    if difference["high"] is not None and difference["high"] < 0:
        return f"{texts} The general model adds to it: one number per text misses something."
    return f"{texts} One number per text is enough so far."


def _design(held_out: dict[str, Any]) -> str:
    n = f"n = {count(held_out['n_judgments'], 'judgment', 'judgments')}"
    lower = "Intervals are 95 %; log loss in nats, lower is better."
    last = (
        "The last row learned from other judgments of these very items: about as well as can be "
        "done by judging them."
    )
    if held_out["by_prompt"]:
        prompts = count(held_out["n_prompts"], "prompt", "prompts")
        return f"Whole prompts were held out: {n} of {prompts}, clustered by prompt. {lower} {last}"
    return (
        f"There is one prompt only, so pairs were held out: {n}, clustered by pair. The models had "
        f"seen other judgments of the same texts. {lower} {last}"
    )


def _show_rest(figures: dict[str, Any]) -> None:
    if "residual" in figures:  # fits of earlier versions said it without an interval
        st.caption(
            f"Items of the same features differ in strength by {said(figures['residual'], 2)} "
            "(standard deviation, log-odds, 95 % interval): what the texts leave open."
        )
    _say_recalibration(figures.get("recalibration"))
    if figures["agreement"] is not None:
        st.caption(
            "Members of the ensemble prefer the same item in a share of "
            f"{said(figures['agreement'])} of unseen pairs."
        )


def _say_recalibration(figures: dict[str, Any] | None) -> None:
    if figures is None or "why_not" in figures:
        return
    [loss] = [row for row in figures["before_and_after"] if row["name"] == "log loss"]
    st.caption(
        "The probability of a new text is said as it is fitted: no recalibration predicts held-out "
        "texts better by more than its error."
        if figures["chosen"] == "none"
        else f"The probability of a new text goes through {figures['chosen']}, chosen on held-out "
        f"texts: log loss {said(loss['before'], 4)} as fitted, {said(loss['after'], 4)} "
        f"recalibrated, n = {figures['n']:,}. Formula and source: docs/statistics.md, "
        "“Recalibration”."
    )


def _show_new(directory: Path, prompt_names: Sequence[str], prompt_texts: Sequence[str]) -> None:
    model = _model(directory)
    if model is None:
        st.info("The files of this fit have been cleared away. Start a new fit.")
        return
    st.subheader("A new text", anchor=False)
    with st.form("new text", border=False):
        prompt = 0
        if len(prompt_names) > 1:
            prompt = st.selectbox(
                "It answers the prompt",
                range(len(prompt_names)),
                format_func=lambda n: label(prompt_names[n], prompt_texts[n], 90),
            )
        text = st.text_area("Text", max_chars=20_000)
        asked = st.form_submit_button("Predict")
    if not asked:
        return
    if not text.strip():
        st.info("Write a text first.")
        return
    try:
        with st.spinner("The encoder reads the text"):
            encoded = _encode(model, directory, text, prompt_texts[prompt])
    except DiscernError as error:
        st.error(str(error))
        return
    _show_prediction(model.predict([text], prompt, encoded), _calibrator(directory))


def _encode(model: TextModel, directory: Path, text: str, prompt: str) -> Floats | None:
    if model.tfidf is not None:
        return None
    return text_files.encode_elsewhere(directory, [text], prompt)


def _show_prediction(new: NewItems, calibrator: Calibrator) -> None:
    [low], [high] = new.strength.interval()
    one, other = st.columns(2)
    one.metric("Strength", f"{new.strength.mean[0]:+.2f}", border=True)
    one.caption(f"95 % interval {low:+.2f} to {high:+.2f}; 0 is the average item of this prompt")
    [used] = calibrator.probability(new.win_probability)
    ends = calibrator.interval(log_odds_of(new.low), log_odds_of(new.high))
    [low], [high] = (logistic(end) for end in ends)
    other.metric("Preferred to the average item", f"{used:.0%}", border=True)
    other.caption(f"95 % interval {low:.0%} to {high:.0%}, given that it is no tie")
    if calibrator.name != "none":
        other.caption(
            f"Recalibrated by {calibrator.name}; as fitted {new.win_probability[0]:.0%} "
            f"({new.low[0]:.0%} to {new.high[0]:.0%})"
        )
    if new.far[0]:
        st.warning(
            "This text is unlike the judged ones: farther from its nearest five than 99 % of the "
            "judged items would be. The prediction says little; judge some texts like it first."
        )


@lru_cache(maxsize=2)
def _calibrator(directory: Path) -> Calibrator:
    """The recalibration of texts that the fit has chosen."""
    return run_directory.read_calibrator(directory, text_files.TEXT)


@lru_cache(maxsize=2)
def _model(directory: Path) -> TextModel | None:
    """Files of a finished fit never change."""
    return text_files.read_text_model(directory)
