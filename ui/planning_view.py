"""Part of the page Coverage: how far the study is from its goal, and what it would take."""

import numpy as np
import streamlit as st

from core.estimates import clustered_share
from core.planning import Goal, Plan, Standing, plan, standing
from core.study import Study
from ui import chart_with_data, interval_charts, session
from ui.figures import source
from workbench import choosing
from workbench.choosing import Believed

N_SIMULATIONS, MOST = 10, 4000
#: Beyond so many items each simulated choice takes milliseconds, and fewer are made.
MANY_ITEMS, FEW_SIMULATIONS = 300, 4


def show(here: session.Here, study: Study) -> None:
    """Say where the study stands against its goal, and simulate how many judgments are left."""
    st.header("How many more judgments?", anchor=False)
    asking = study.settings.asking
    if not asking.goal_width and not asking.goal_top:
        st.info(
            "This study has no goal. Set one on the page Studies, under what is asked next: how "
            "narrow the intervals are to become, or how many of the best are to be settled."
        )
        return
    goal = Goal(asking.goal_width, asking.goal_top)
    believed = choosing.believed(here.workbench, study)
    if believed is None:
        st.info("Plans are made for questions about pairs and lists of items of one prompt.")
        return
    now = standing(believed.beliefs, goal.top, np.random.default_rng(0))
    _show_standing(now, goal)
    if believed.fit_id is None:
        st.caption("Nothing was fitted yet: this is what is believed before any answer.")
    if now.reaches(goal):
        return
    key = f"plan of {study.id} {study.version} {believed.fit_id}"
    if st.button("Work out how many more"):
        with st.spinner("Simulating what people may answer …"):
            session.keep(key, _work_out(believed, goal, study))
    made = session.kept(key, None)
    if made is not None:
        _show_plan(made)


def _show_standing(now: Standing, goal: Goal) -> None:
    if now.reaches(goal):
        st.success(
            "The goal is reached: you may stop. More judgments would only narrow it further."
        )
    columns = st.columns(2)
    if goal.width:
        columns[0].metric("Widest 95 % interval", f"{now.width:.2f}", border=True)
        columns[0].caption(f"log-odds, against the mean of the prompt; the goal is {goal.width:g}")
    if goal.top:
        columns[1].metric(f"The best {goal.top} are settled", f"{now.settled:.0%}", border=True)
        columns[1].caption(
            "least probability, over prompts, that they are those they seem to be; the goal is 95 %"
        )


def _work_out(believed: Believed, goal: Goal, study: Study) -> Plan:
    many = len(believed.beliefs.items) > MANY_ITEMS
    return plan(
        believed.beliefs,
        believed.pairs,
        goal,
        policy=believed.policy,
        random_share=study.settings.random_share,
        rng=np.random.default_rng(0),
        aids=believed.aids,
        n_simulations=FEW_SIMULATIONS if many else N_SIMULATIONS,
        most=MOST,
    )


def _show_plan(made: Plan) -> None:
    middle, low, high = (made.quantile(share) for share in (0.5, 0.1, 0.9))
    if middle is None:
        st.markdown(f"In most simulations **more than {made.checked_at[-1]:,}** judgments.")
    else:
        upper = f"more than {made.checked_at[-1]:,}" if high is None else f"{high:,}"
        st.markdown(f"About **{middle:,}** more judgments (80 % range {low:,} to {upper}).")
    n = made.n_simulations
    reached = [round(share * n) for share in made.reached_share]
    shares = [clustered_share((np.arange(n) < k).astype(float), np.arange(n)) for k in reached]
    ends = {end: [getattr(one, end) for one in shares] for end in ("value", "low", "high")}
    chart_with_data.draw(
        interval_charts.along(
            made.checked_at,
            *(np.array(ends[end]) for end in ends),
            title="share that reached the goal",
            along_title="further judgments",
        ),
        {
            "further judgments": list(made.checked_at),
            "simulations that reached the goal": reached,
            "share": ends["value"],
            "low": ends["low"],
            "high": ends["high"],
        },
        name="how many more judgments",
        says=f"Of {n} simulated studies that go on from the newest fit with the study's own rule "
        "for what is asked next, the share that has reached the goal by then, with 95 % intervals "
        "(Wilson). It takes the model to be right: cycles, and tastes of people who have not "
        f"judged yet, are not in it. {source('How many more judgments')}",
    )
