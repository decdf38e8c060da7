"""The inputs for how a study asks, what it asks next, and what a fit takes into account."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from core.answer_form import LIST_FORMS, Compared, Form
from core.study import ENCODER_TRAININGS, TIE_MODELS, Policy, StudySettings
from ui import session

FORMS = {
    Form.PAIR: "Pair: which of two is better",
    Form.RANKING: "Ranking of several, best first",
    Form.BEST_WORST: "Best and worst of several",
    Form.BEST_FEW: "The best few of several",
    Form.THUMBS: "Thumbs up or down for one item",
    Form.TRIPLET: "Triplet: which two are closer",
}
COMPARED = {
    Compared.ANSWERS: "Answers to one prompt",
    Compared.PROMPTS: "Prompts for one answer",
}
GRADES = {0: "No grades", 4: "Four grades of better", 7: "Seven answers, the tie in the middle"}
POLICIES = {
    Policy.COVERAGE_FIRST: "Coverage first: what the fewest people had",
    Policy.RANDOM_BALANCED: "Random, balanced over items",
    Policy.EXPECTED_INFORMATION: "Expected information: what teaches the model most",
    Policy.RANKING: "Ranking: what settles the order most",
    Policy.TOP_K: "The best k: who belongs to them",
    Policy.OPTIMISTIC: "Optimistic: items that may still be the best",
    Policy.MODEL_DISAGREEMENT: "Where the two models disagree: where cycles may be",
    Policy.FEATURE_DISTANCE: "Texts unlike those judged so far",
}
TIES = {
    "davidson": "Davidson: ties have a weight of their own",
    "rao_kupper": "Rao-Kupper: ties where two seem equal",
}
ENCODERS = {
    "frozen": "Frozen: encode once, fit a head",
    "full": "Full fine-tuning",
    "lora": "LoRA: a few extra weights",
}


@dataclass(frozen=True, slots=True)
class Input:
    """One setting: where it is kept, what it is called, and the widget that changes it.

    Attributes
    ----------
    name : str
        Dotted: the part of the settings, then the field.
    draw : callable
        Takes label, value, key and help.
    wanted : callable
        Whether it plays a part under what was typed so far.
    """

    name: str
    label: str
    draw: Callable[[str, Any, str, str | None], object]
    help: str | None = None
    wanted: Callable[[Callable[[str], Any]], bool] = bool  # a function, so always true

    @property
    def part(self) -> tuple[str, str]:
        part, _, field = self.name.partition(".")
        return part, field


def _choice(words: dict[Any, str]) -> Callable[[str, Any, str, str | None], object]:
    def draw(label: str, value: Any, key: str, note: str | None) -> object:
        options = list(words)
        return st.selectbox(
            label, options, options.index(value), format_func=words.__getitem__, key=key, help=note
        )

    return draw


def _number(least: Any, most: Any, step: Any = 1) -> Callable[[str, Any, str, str | None], object]:
    def draw(label: str, value: Any, key: str, note: str | None) -> object:
        return st.number_input(label, least, most, value, step, key=key, help=note)

    return draw


def _toggle(label: str, value: Any, key: str, note: str | None) -> object:
    return st.toggle(label, value, key=key, help=note)


def _lines(label: str, value: Any, key: str, note: str | None) -> object:
    return st.text_area(label, "\n".join(value), key=key, help=note, max_chars=5000)


def _text(label: str, value: Any, key: str, note: str | None) -> object:
    return st.text_input(label, value, key=key, help=note, max_chars=500)


def _is_pair(typed: Callable[[str], Any]) -> bool:
    return bool(typed("form.kind") is Form.PAIR)


def _is_list(typed: Callable[[str], Any]) -> bool:
    return typed("form.kind") in LIST_FORMS


FORM = (
    Input("form.kind", "Form of the question", _choice(FORMS)),
    Input("form.compared", "What is compared", _choice(COMPARED), wanted=_is_pair),
    Input("form.grades", "How much better", _choice(GRADES), wanted=_is_pair),
    Input("form.list_size", "Items of a list", _number(3, 8), wanted=_is_list),
    Input(
        "form.picks",
        "How many to pick",
        _number(1, 7),
        wanted=lambda typed: typed("form.kind") is Form.BEST_FEW,
    ),
    Input("form.aspects", "Aspects, one a line", _lines, "Judged for the same pair.", _is_pair),
    Input("form.aspects_first", "Aspects before the overall answer", _toggle, wanted=_is_pair),
    Input("form.chips", "Reasons to tick, one a line", _lines),
    Input("form.sentence", "Ask for one sentence of reason", _toggle),
)
ASKING = (
    Input("asking.policy", "What is asked next", _choice(POLICIES), "Beside the random share."),
    Input(
        "asking.top_k",
        "k",
        _number(1, 1000),
        wanted=lambda typed: typed("asking.policy") is Policy.TOP_K,
    ),
    Input(
        "asking.repeat_share",
        "Share of repeats",
        _number(0.0, 0.5, 0.01),
        "Own earlier questions with the sides swapped: they measure how steady people are.",
    ),
    Input("asking.gold_share", "Share of gold", _number(0.0, 0.5, 0.01), "Known answers."),
    Input("asking.by_cohort", "Overlap for each cohort", _toggle),
    Input("asking.person_quota", "Quota of a person, 0 for none", _number(0, 100_000_000)),
    Input("asking.cohort_quota", "Quota of a cohort, 0 for none", _number(0, 100_000_000)),
    Input("asking.study_quota", "Quota of the study, 0 for none", _number(0, 100_000_000)),
    Input("asking.training", "Training questions, 0 for none", _number(0, 100)),
    Input("asking.training_share", "Right answers to pass", _number(0.0, 1.0, 0.05)),
    Input(
        "asking.goal_width",
        "Goal: widest interval, 0 for none",
        _number(0.0, 100.0, 0.1),
        "In log-odds. The page Coverage says how many more judgments it takes.",
    ),
    Input("asking.goal_top", "Goal: so many best are settled, 0 for none", _number(0, 1000)),
    Input("asking.break_minutes", "Minutes until a break is suggested", _number(0, 600)),
)
FITTING = (
    Input("fitting.tie_model", "Ties", _choice({name: TIES[name] for name in TIE_MODELS})),
    Input("fitting.side_effect", "Estimate the advantage of the left side", _toggle),
    Input("fitting.length_effect", "Estimate the advantage of length", _toggle),
    Input("fitting.by_group", "Strengths of each cohort", _toggle),
    Input("fitting.smallest_group", "Smallest cohort shown, in people", _number(2, 1000)),
    Input(
        "fitting.n_members",
        "Fits of an ensemble, 0 for none",
        _number(0, 50),
        "Fits to judgments drawn anew, for cautious use of the strengths. Takes time.",
    ),
    Input(
        "fitting.guarded_share",
        "Share of pairs set aside, 0 for none",
        _number(0.0, 0.5, 0.05),
        "No figure of a model is made from them. Whether choosing among fits has fooled you can be "
        "asked on the page Calibration, which counts the looks. Set it before people judge.",
    ),
    Input(
        "fitting.encoder",
        "Encoder of texts",
        _text,
        "Empty: TF-IDF. Else a folder on the server or the hub name of a transformers model. It "
        "also finds values cards near to somebody's own.",
    ),
    Input(
        "fitting.encoder_training",
        "What is trained of the encoder",
        _choice({name: ENCODERS[name] for name in ENCODER_TRAININGS}),
        wanted=lambda typed: bool(typed("fitting.encoder")),
    ),
)
INPUTS = (*FORM, *ASKING, *FITTING)


def show(before: StudySettings, key: str) -> None:
    """Draw the inputs of the three parts, those that play a part under what is typed."""
    for title, inputs in (
        ("How it is asked", FORM),
        ("What is asked next, and of whom", ASKING),
        ("What a fit takes into account", FITTING),
    ):
        with st.expander(title):
            _draw(inputs, before, key)


def _draw(inputs: Sequence[Input], before: StudySettings, key: str) -> None:
    columns = st.columns(2)

    def typed(name: str) -> Any:
        return session.typed_or(key + name, value_of(before, name))

    shown = [one for one in inputs if one.wanted(typed)]
    for number, one in enumerate(shown):
        with columns[number % 2]:
            one.draw(one.label, value_of(before, one.name), key + one.name, one.help)


def value_of(settings: StudySettings, name: str) -> Any:
    """The value of a dotted setting."""
    part, _, field = name.partition(".")
    return getattr(getattr(settings, part), field) if field else getattr(settings, name)


def typed_over(settings: StudySettings, key: str) -> StudySettings:
    """The settings with what was typed into the inputs that are on the page."""
    for part in ("form", "asking", "fitting"):
        values = {
            one.part[1]: _read(one, session.typed_or(key + one.name, None))
            for one in INPUTS
            if one.part[0] == part and session.typed_or(key + one.name, None) is not None
        }
        settings = replace(settings, **{part: replace(getattr(settings, part), **values)})
    return settings


def _read(one: Input, value: Any) -> Any:
    if one.draw is _lines and isinstance(value, str):
        return tuple(line.strip() for line in value.splitlines() if line.strip())
    return value
