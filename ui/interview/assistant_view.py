"""What became of a language model's proposals, and what its calls took."""

from collections import Counter
from statistics import median

import numpy as np
import streamlit as st

from core.estimates import Estimate, clustered_share
from core.interview.calls import Acceptance, ModelCall, receptions
from core.study import Study
from storage import interviews
from ui import session
from ui.figures import source
from ui.interview import finder_view


def show(here: session.Here, study: Study) -> None:
    calls = interviews.calls_of_study(here.db, study.id)
    if not calls:
        st.info("No language model was asked in this study.")
        return
    st.caption(
        "A proposal is accepted where it was taken word for word, changed where it was begun from, "
        "refused where the person wrote without any. 95 % intervals by person. Where most are "
        "refused, a model costs people time: take another one, or none. "
        + source("Proposals of a language model")
    )
    made = [
        (interview.person_id, reception)
        for interview in interviews.of_study(here.db, study.id)
        for reception in receptions(interview.turns)
    ]
    if made:
        steps = list(dict.fromkeys(reception.place.step for _, reception in made))
        st.dataframe(
            [
                {"step": str(step)}
                | {
                    str(kind): finder_view.share(
                        _share(
                            [
                                (who, reception.acceptance is kind)
                                for who, reception in made
                                if reception.place.step is step
                            ]
                        )
                    )
                    for kind in Acceptance
                }
                | {"n": sum(reception.place.step is step for _, reception in made)}
                for step in steps
            ],
            hide_index=True,
        )
    _show_calls(calls)


def _share(said: list[tuple[str, bool]]) -> Estimate:
    people = np.unique([who for who, _ in said], return_inverse=True)[1]
    return clustered_share(np.array([hit for _, hit in said], dtype=np.float64), people)


def _show_calls(calls: list[ModelCall]) -> None:
    st.header("Calls", anchor=False)
    by_model: dict[tuple[str, str], list[ModelCall]] = {}
    for call in calls:
        by_model.setdefault((call.model, call.prompt_version), []).append(call)
    st.dataframe(
        [
            {"model": model, "prompts": version, "calls": len(made)}
            | {"median seconds": f"{median(call.seconds for call in made):.1f}"}
            | {"tokens in": sum(call.tokens_in or 0 for call in made)}
            | {"tokens out": sum(call.tokens_out or 0 for call in made)}
            | {"what came": _outcomes(made)}
            for (model, version), made in by_model.items()
        ],
        hide_index=True,
    )


def _outcomes(calls: list[ModelCall]) -> str:
    counted = Counter(call.outcome.replace("_", " ") for call in calls)
    return ", ".join(f"{outcome} {n}" for outcome, n in counted.most_common())
