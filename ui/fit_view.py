"""Fits as they stand: progress, log, failure, and what can be done about each."""

from datetime import datetime

import streamlit as st

from core.study import Study
from storage import fits
from trainer.launch import RunStatus
from ui import session
from ui.sentences import said
from workbench import training
from workbench.training import Run

STATUS = {
    RunStatus.WAITING: ":gray-badge[waiting]",
    RunStatus.RUNNING: ":blue-badge[running]",
    RunStatus.DONE: ":green-badge[done]",
    RunStatus.FAILED: ":red-badge[failed]",
    RunStatus.INTERRUPTED: ":orange-badge[interrupted]",
}
ADVICE = {
    RunStatus.INTERRUPTED: "The trainer was stopped before it finished. Nothing is lost: "
    "the judgments are frozen with it, run it again.",
    RunStatus.WAITING: "The judgments are frozen, the trainer has not been started. Run it.",
}


@st.fragment(run_every=2)
def show(here: session.Here, study: Study) -> None:
    """Show the fits of a study; looks again every two seconds."""
    training.record_finished(here.workbench)
    runs = training.runs_of(here.workbench, study.id)
    _show_start(here, study, runs)
    if not runs:
        st.info(
            "No fit yet. One starts by itself after "
            f"{study.settings.fit_every} judgments, or with the button above."
        )
    for run in runs:
        _show_run(here, run)


def _show_start(here: session.Here, study: Study, runs: list[Run]) -> None:
    standing = fits.n_standing(here.db, study.id)
    used = max((run.request.n_comparisons for run in runs), default=0)
    st.markdown(
        f"**{standing:,}** judgments compare two items; **{max(standing - used, 0):,}** of them "
        f"are newer than the newest fit. The next fit starts by itself at "
        f"{study.settings.fit_every:,} new ones while the study runs."
    )
    running = any(run.status is RunStatus.RUNNING for run in runs)
    st.button(
        "Fit now",
        type="primary",
        icon=":material/play_arrow:",
        disabled=running or standing == 0,
        on_click=said(lambda: training.start_fit(here.workbench, study.id)),
    )


def _show_run(here: session.Here, run: Run) -> None:
    with st.container(border=True):
        started = datetime.fromisoformat(run.request.requested_at)
        st.markdown(
            f"{STATUS[run.status]} **{started:%Y-%m-%d %H:%M:%S} UTC** · "
            f"{run.request.n_comparisons:,} comparisons of {run.request.n_judgments:,} judgments · "
            f"snapshot `{run.request.snapshot_hash[:12]}`"
        )
        if run.status is RunStatus.RUNNING:
            _show_progress(run)
        elif run.status is RunStatus.FAILED:
            st.error(run.failure or "The trainer ended without saying why; its log may tell.")
        elif run.status in ADVICE:
            st.warning(ADVICE[run.status])
        _show_actions(here, run)
        if run.log:
            with st.expander("Log"):
                st.code(run.log[-20_000:], language=None)


def _show_progress(run: Run) -> None:
    if run.progress is None:
        st.progress(0.0, "Starting")
        return
    step = f"{run.progress.step} ({run.progress.done} of {run.progress.total})"
    st.progress(min(run.progress.done / max(run.progress.total, 1), 1.0), step)


def _show_actions(here: session.Here, run: Run) -> None:
    fit_id = run.request.fit_id
    row = st.container(horizontal=True)
    if run.status is RunStatus.RUNNING:
        stop = said(lambda: here.workbench.trainer.stop(run.directory))
        row.button("Stop", key=f"stop-{fit_id}", on_click=stop)
    if run.status in {RunStatus.FAILED, RunStatus.INTERRUPTED, RunStatus.WAITING}:
        again = said(lambda: training.run_again(here.workbench, run))
        row.button("Run again", key=f"again-{fit_id}", on_click=again)
        row.button("Remove", key=f"remove-{fit_id}", on_click=said(lambda: training.remove(run)))
