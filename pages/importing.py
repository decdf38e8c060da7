"""Import items, pairs and judgments: a look at the file first, then all of it or nothing."""

import streamlit as st

from core.study import Role
from ui import import_view, session

here = session.current(Role.RESEARCHER)
study = session.study(here, note="There is no study yet. Create one on the page Studies.")

st.title("Import")
import_view.show_last(here, study)
kind = import_view.choose_kind(here, study)
import_view.show_expected(kind)
content = import_view.upload(here, study, kind)
told = import_view.choose_columns(kind, content)
run = import_view.look(here, study, kind, content, told)
import_view.show_content(run)
import_view.show_problems(run)
import_view.offer(here, run)
