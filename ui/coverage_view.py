"""The parts of the page Coverage."""

import streamlit as st

from core.coverage import PairCoverage, pair_coverage
from core.study import Study
from storage import answers, studies
from storage.answers import Answers
from ui import charts, session

MAX_BARS = 40


def show(here: session.Here, study: Study) -> None:
    """Say which pairs were judged, by whom, and what nobody was asked."""
    given = answers.of_study(here.db, study.id)
    chosen = given.answered
    coverage = pair_coverage(
        given.prompts, given.first[chosen], given.second[chosen], given.annotator[chosen]
    )
    possible = studies.n_possible_pairs(here.db, study.id)
    if possible == 0:
        st.info("This study has no pairs yet. Add items on the page Import.")
        return
    _show_figures(coverage, possible, study)
    _show_annotators(coverage, given)
    _show_prompts(coverage, given)


def _show_figures(coverage: PairCoverage, possible: int, study: Study) -> None:
    overlap = study.settings.overlap
    complete = int((coverage.asked_per_pair >= overlap).sum())
    columns = st.columns(3)
    columns[0].metric("Pairs judged", f"{coverage.n_pairs_asked:,}", border=True)
    columns[0].caption(f"of {possible:,} possible ({coverage.n_pairs_asked / possible:.0%})")
    columns[1].metric(f"Pairs with {overlap} judgments", f"{complete:,}", border=True)
    columns[1].caption(f"of {possible:,}; the study asks {overlap} people each")
    columns[2].metric("Judgments", f"{coverage.n_asked:,}", border=True)
    median = coverage.median_per_pair
    columns[2].caption(
        "none yet" if median is None else f"{median:g} in the median for a pair judged at all"
    )
    missing = max(possible * overlap - int(coverage.asked_per_pair.clip(max=overlap).sum()), 0)
    unseen = len(coverage.items_never_shown)
    st.markdown(
        f"**{missing:,}** judgments are missing until every pair has {overlap}. "
        + (f"**{unseen}** items are in no judged pair." if unseen else "Every item was judged.")
        + " These are counts of all standing judgments, not estimates: they have no interval."
    )


def _show_annotators(coverage: PairCoverage, given: Answers) -> None:
    st.header("By annotator", anchor=False)
    if len(coverage.annotators) == 0:
        st.info("Nobody has judged a pair yet.")
        return
    names = [given.annotators[i] for i in coverage.annotators]
    counts = coverage.asked_per_annotator
    most = counts.argsort()[-MAX_BARS:]
    st.plotly_chart(
        charts.bars([names[i] for i in most], counts[most].tolist(), "pairs judged"),
    )
    if len(names) > MAX_BARS:
        st.caption(f"The {MAX_BARS} with the most judgments, of {len(names):,} people.")
    with st.expander("As a table"):
        st.dataframe({"annotator": names, "pairs judged": counts}, hide_index=True)


def _show_prompts(coverage: PairCoverage, given: Answers) -> None:
    st.header("By prompt", anchor=False)
    st.dataframe(
        {
            "prompt": list(given.prompt_ids),
            "pairs judged": coverage.pairs_asked,
            "pairs possible": coverage.pairs_possible,
            "share": coverage.pairs_asked / coverage.pairs_possible.clip(min=1),
        },
        column_config={"share": st.column_config.ProgressColumn(format="percent")},
        hide_index=True,
    )
