"""Part of the page Evaluation: what changed texts do to what the text model expects."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ui.figures import count, said, source
from ui.sentences import plain

Report = Mapping[str, Any]
#: Nats by which a text must gain before a verdict is passed: odds that are one percent higher.
WORTH_SAYING = 0.01
TITLES = {
    "exchanged": "Another prompt",
    "tail": "A paragraph from another prompt behind the text",
    "length": "Length",
}


def show_consistency(figures: Report) -> None:
    """Say for each change of texts what it did, what it should do, and what to do about it."""
    for name, draw in (("exchanged", _exchanged), ("tail", _tail), ("length", _length)):
        found = figures[name]
        st.markdown(
            f"**{TITLES[name]}.** "
            + (plain(found["why_not"]) if "why_not" in found else draw(found))
        )
    read = count(figures["n_items"], "text", "texts")
    st.caption(
        f"n = {read} of {count(figures['n_prompts'], 'prompt', 'prompts')}, of "
        f"{figures['n_compared']:,} that were compared, read once more with the change by the text "
        "model of this fit. 95 % intervals for other prompts (for other texts, where there is one "
        "prompt) with this same model: what other judgments would have made of it is not in them. "
        + source("Consistency under changed texts")
    )


def _exchanged(found: Report) -> str:
    kept, sureness = found["kept"], found["sureness"]
    return (
        f"In {said(kept)} of {found['n_pairs']:,} judged pairs the model holds the same text "
        f"better under another prompt; its log-odds get larger by {said(sureness)} nats. "
        + (
            "It becomes less sure, as it should."
            if _below(sureness)
            else "A model that reads the prompt becomes less sure; **this one does not, as far as "
            "these texts say**: have pairs judged in which a good answer is one to another "
            "question."
        )
    )


def _tail(found: Report) -> str:
    gain = found["log_odds"]
    told = (
        f"Against itself without it, a text gains {said(gain)} nats; a share of "
        f"{said(found['not_worse'])} of the texts are held no worse. "
    )
    if _below(gain):
        return told + "The model marks it down, as it should."
    if _above(gain):
        return told + (
            "**The model rewards what has nothing to do with the prompt.** Train nothing on its "
            "numbers, and have pairs judged of which one text has such a tail."
        )
    return told + "The model does not notice. Have pairs judged of which one text has such a tail."


def _length(found: Report) -> str:
    slope, gain = found["slope"], found["same_content"]
    told = (
        f"Between texts of one prompt, twice as long goes with a change of {said(slope)} nats, "
        "which is no fault: longer ones may be better. The same text said twice gains "
        f"{said(gain)} nats. "
    )
    if _above(gain):
        return told + (
            "**The model takes length for content.** Switch on “Estimate the advantage of length” "
            "in the study's settings to see how far people do, and train nothing on its numbers "
            "before."
        )
    if gain["high"] is None:
        return told + "Have other texts judged as well: one says nothing about others."
    return told + "No gain worth speaking of, as it should be."


def _below(estimate: Report) -> bool:
    return estimate["high"] is not None and estimate["high"] < 0


def _above(estimate: Report) -> bool:
    surely = estimate["low"] is not None and estimate["low"] > 0
    return surely and estimate["value"] >= WORTH_SAYING
