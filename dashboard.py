"""The door: ``streamlit run dashboard.py`` serves the shell of the dashboard, its assets and its status."""

from __future__ import annotations

import streamlit as st

from pages.shared import door

app = st.App("pages/shared/shell.py", lifespan=door.lifespan, middleware=door.middleware(), routes=door.routes())
