"""The parts of the page Import."""

from collections import Counter
from dataclasses import asdict
from typing import NoReturn

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.errors import DiscernError
from core.importing import (
    COLUMNS,
    EXAMPLES,
    NEEDED,
    OUTCOME_WORDS,
    THUMB_WORDS,
    Kind,
    problems_csv,
)
from core.importing import choose_columns as choice_of
from core.judgment import SkipReason
from core.media import KINDS_SAID
from core.study import State, Study
from storage import asked_space, imports
from storage.import_files import FileContent, read_file
from storage.import_rules import PAIR_GOLD
from storage.imports import DryRun, ImportReceipt
from storage.media import MAX_PICTURE_BYTES, MAX_SOUND_BYTES
from ui import navigation, session
from ui.figures import count
from ui.sentences import plain, said

MEANINGS = {
    Kind.ITEMS: "What is compared, and the prompts that it answers.",
    Kind.PAIRS: "Which items are compared. Without any, all pairs under a prompt are.",
    Kind.JUDGMENTS: "Answers already given elsewhere, about items of this study.",
    Kind.PREFERENCES: "A prompt, what was chosen and what was rejected, as trainers keep them.",
    Kind.RANKINGS: "Orders of several items given elsewhere, where the study asks for such.",
    Kind.THUMBS: "Thumbs given elsewhere to single items, where the study asks for such.",
    Kind.GOLD: "Questions whose answer is known, for training and for checks among the real ones.",
}
NAMES = {Kind.GOLD: "known answers"}
NOTES = {
    Kind.ITEMS: "Chats are lists of messages with role (system, user, assistant, tool) and content "
    "in Markdown. Pictures and sounds come in a ZIP file together with the table: in columns of "
    "their own, or named in a text, as `![what it shows](pictures/cat.png)`. They are "
    f"{KINDS_SAID}; a picture has at most {MAX_PICTURE_BYTES // 2**20} MiB, a sound "
    f"{MAX_SOUND_BYTES // 2**20} MiB, and a ZIP unpacks to at most 1 GiB.",
    Kind.JUDGMENTS: f"Answers are {', '.join(OUTCOME_WORDS)}; capitals do not matter. Instead of "
    "first and second the file may name the items by the side they stood on. Times are "
    "like 2026-03-01T09:30:00Z; without a zone they are UTC. Reasons for skipping are "
    f"{', '.join(SkipReason)}. Grades, aspects and reasons to tick are those of the study's "
    "settings.",
    Kind.PREFERENCES: "Each row brings its prompt, its two items and one judgment; the same text "
    "is the same item. Texts or chats, as TRL reads them. Where no column says who chose, all of "
    "it counts as of one person without a name, and agreement cannot be told.",
    Kind.RANKINGS: "Best first: `a > b = c` (b and c tie), or a list such as "
    '`["a", ["b", "c"]]`. Best and worst: `best > others > worst`. The best few, or the two of '
    "three that are closer: `chosen = chosen > other = other`.",
    Kind.THUMBS: f"Answers are {', '.join(THUMB_WORDS)}; capitals do not matter.",
    Kind.GOLD: f"Answers about two items are {', '.join(PAIR_GOLD)}; about one alone "
    f"{', '.join(THUMB_WORDS)}; about several an order, written as under rankings. A later file "
    "changes what an earlier one said.",
}
ENDINGS = ["csv", "tsv", "txt", "jsonl", "ndjson", "json", "parquet", "pq", "zip"]
LAST = "last import"


def show_last(here: session.Here, study: Study) -> None:
    """What this person has just imported, and where to go next; then all imports of the study."""
    history = imports.history(here.db, study.id)
    if not history:
        return
    if history[0].id == session.kept(LAST, None):
        st.success(f"{_told(history[0])} Everything in it is in the study now.")
        _show_ways_on(study, history)
    with st.expander(f"Imported so far ({len(history)})"):
        for receipt in history:
            st.markdown(f"{_told(receipt)} {receipt.imported_at:%Y-%m-%d %H:%M} UTC")


def choose_kind(here: session.Here, study: Study) -> Kind:
    """Items come first; once there are some, judgments are the likely wish."""
    has_items = asked_space.sample(here.db, study) is not None
    kinds = list(Kind)
    return st.radio(
        "What does the file hold?",
        kinds,
        index=kinds.index(Kind.JUDGMENTS if has_items else Kind.ITEMS),
        format_func=lambda kind: NAMES.get(kind, kind.value).capitalize(),
        captions=[MEANINGS[kind] for kind in kinds],
        key=f"kind {study.id} {has_items}",
    )


def show_expected(kind: Kind) -> None:
    """Which columns are expected, and a tiny file that has them."""
    with st.expander(f"What a file of {NAMES.get(kind, kind)} looks like"):
        needed = Counter(name for names in NEEDED[kind] for name in names)
        columns = COLUMNS[kind]
        st.table(
            {
                "what it says": {c.name: c.meaning for c in columns},
                "needed": {c.name: _need(needed[c.name], len(NEEDED[kind])) for c in columns},
                "also known as": {c.name: ", ".join(c.aliases) for c in columns},
            }
        )
        if kind in NOTES:
            st.caption(NOTES[kind])
        st.code(EXAMPLES[kind], language=None)
        st.download_button(
            "Download this example", EXAMPLES[kind], f"{kind}.csv", "text/csv", on_click="ignore"
        )


def upload(here: session.Here, study: Study, kind: Kind) -> FileContent:
    """Take a file and read it; stops the page without one. What was imported is put away."""
    n_before = len(imports.history(here.db, study.id))
    file = st.file_uploader(
        "CSV, JSON lines or Parquet, or a ZIP with pictures and sounds beside it",
        type=ENDINGS,
        key=f"file {study.id} {kind} {n_before}",
    )
    if file is None:
        st.stop()
    try:
        return _read(file.file_id, file)
    except DiscernError as error:
        _refuse(error)


def choose_columns(kind: Kind, content: FileContent) -> dict[str, str | None]:
    """Show which column of the file is taken for what, and let it be changed."""
    choice = choice_of(kind, content.columns, {})
    options = ["", *content.columns]
    with st.expander("Columns", expanded=bool(choice.missing)), st.container(horizontal=True):
        chosen = {
            column.name: st.selectbox(
                column.name,
                options,
                index=options.index(choice.taken.get(column.name, "")),
                format_func=lambda name: name or "(none)",
                help=column.meaning,
                key=f"column {kind} {column.name} {content.sha256}",
                width=220,
            )
            for column in COLUMNS[kind]
        }
    return {name: source or None for name, source in chosen.items()}


def look(
    here: session.Here,
    study: Study,
    kind: Kind,
    content: FileContent,
    told: dict[str, str | None],
) -> DryRun:
    """Find out what an import would do; stops the page where the file cannot be understood."""
    try:
        with st.spinner("Checking every row …"):
            return imports.dry_run(here.db, study.id, kind, content, told)
    except DiscernError as error:
        _refuse(error)


def show_content(run: DryRun) -> None:
    """What was understood: counts, answers, what is left out, the first rows."""
    st.markdown(" · ".join(f"{what} **{n:,}**" for what, n in run.counts.items()))
    if run.outcomes:
        answers = ", ".join(f"{what} {n:,}" for what, n in run.outcomes.items())
        st.caption(f"Answers as the file says them: {answers}.")
    if run.media:
        st.caption(f"{count(len(run.media), 'picture or sound', 'pictures and sounds')} with it.")
    if run.columns.not_imported:
        left_out = ", ".join(map(plain, run.columns.not_imported))
        st.caption(f"Columns not imported: {left_out}.")
    st.dataframe(list(run.preview), hide_index=True)
    st.caption("The first rows as understood; nothing is imported yet.")


def show_problems(run: DryRun) -> None:
    """Every bad row, by rule and one by one, and the list as a file."""
    if not run.problems.counts:
        return
    st.error(
        f"{count(run.problems.total(), 'problem', 'problems')}. Nothing of a file is imported "
        "while it has any: correct the file and upload it again."
    )
    counts = run.problems.counts.most_common()
    st.dataframe(
        {"rule": [rule for rule, _ in counts], "rows": [n for _, n in counts]}, hide_index=True
    )
    st.dataframe([asdict(problem) for problem in run.problems.shown], hide_index=True)
    if run.problems.total() > len(run.problems.shown):
        st.caption(f"The first {len(run.problems.shown):,} are listed; all are counted.")
    st.download_button(
        "Download this list",
        problems_csv(run.problems),
        "problems.csv",
        "text/csv",
        on_click="ignore",
    )


def offer(here: session.Here, run: DryRun) -> None:
    """The one button that imports."""
    if not run.n_new and not run.problems.counts:
        st.info("Everything in this file is in the study already.")
    st.button(
        f"Import {run.n_new:,} {NAMES.get(run.kind, run.kind)}",
        type="primary",
        disabled=not run.ready,
        on_click=said(lambda: _import(here, run)),
    )


def _import(here: session.Here, run: DryRun) -> None:
    session.keep(LAST, imports.commit(here.db, run, by=here.person.id).id)


@st.cache_resource(max_entries=1, ttl=600, show_spinner="Reading the file …")
def _read(file_id: str, _file: UploadedFile) -> FileContent:  # noqa: ARG001 - the id is the key
    """Read an upload once, however often the page is drawn."""
    return read_file(_file, _file.name)


def _refuse(error: DiscernError) -> NoReturn:
    st.error(plain(str(error)))
    st.stop()


def _told(receipt: ImportReceipt) -> str:
    rows = NAMES.get(receipt.kind, receipt.kind.value)
    return f"{plain(receipt.file_name)}: {receipt.n_rows:,} rows of {rows}."


def _need(n_sets: int, n_all: int) -> str:
    if n_sets == 0:
        return "no"
    return "yes" if n_sets == n_all else "yes, or others in its place"


def _show_ways_on(study: Study, history: list[ImportReceipt]) -> None:
    row = st.container(horizontal=True)
    with row:
        if history[0].kind in {Kind.JUDGMENTS, Kind.PREFERENCES, Kind.RANKINGS, Kind.THUMBS}:
            navigation.link("fits", "Fit the models")
        elif study.state is State.DRAFT:
            navigation.link("studies", "Look at a sample question and start the study")
        else:
            navigation.link("coverage", "See what is judged so far")
