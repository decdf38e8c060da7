"""Take a study's data away: answers of every form, items, known answers, preference pairs."""

import streamlit as st

from api.exports import path_of
from core.study import Role
from storage import exports
from storage.export_columns import FORMATS
from storage.export_kinds import Content
from ui import export_view, session
from workbench import model_files

here = session.current(Role.RESEARCHER)
study = session.study(here)
counts = exports.preference_counts(here.db, study.id)

st.title("Export")
st.caption(
    "Every file is made when you ask for it, from all that is in the study at that moment. Nothing "
    "is left out of judgments and items: skipped pairs, answers taken back and late ones are there."
)
st.header("What people were asked, and what they said", anchor=False)
export_view.show_file(
    "Everything",
    "Answers, items, known answers and all about values as Parquet, preference pairs as JSON "
    "lines, pictures and sounds, and a manifest: the versions of the settings, what each column "
    "means, row counts, checksums and the snapshot's hash. The page Import takes items, pictures "
    "and sounds from it.",
    {"study.zip": path_of(study.id, exports.BUNDLE_NAME)},
)
for content in exports.contents_of(here.db, study.id):
    export_view.show_heading(content)
    export_view.show_file(
        export_view.title(content),
        export_view.MEANINGS[content],
        {f"{content}.{form}": path_of(study.id, f"{content}.{form}") for form in FORMATS[content]},
    )
    if content is Content.PREFERENCES:
        export_view.show_left_out(counts)
    if content is Content.MARGINS:
        export_view.show_graded(counts)
    export_view.show_columns(content)
export_view.show_model_files(
    here, study, {name: path_of(study.id, name) for name in model_files.NAMES}
)
st.caption(exports.CSV_RULE)
