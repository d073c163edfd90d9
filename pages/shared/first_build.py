"""A server without a snapshot: the first session builds the demonstration, the others wait for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from analytics.errors import UserError
from analytics.text import Translator
from pages.shared import loaders

_POLL_S = 1.0


def ensure_snapshot(t: Translator) -> None:
    """Return at once when something is published; else build the demonstration, or wait for who builds it.

    Raises
    ------
    UserError
        When what is published cannot be read: nothing is built over it.
    """
    if loaders.published() is not None:
        return
    store = loaders.store()
    from analytics import pipeline  # noqa: PLC0415 - readers, geometry: nothing that a page needs otherwise

    with st.container(key="building"):
        waiting = st.empty()
        while loaders.published() is None:
            try:
                with progress_bar(t, t("common.building_demo")) as report:
                    pipeline.build_demo(store, report, only_if_empty=True)
            except UserError as error:
                if error.key != "store.busy":
                    raise
                # Whoever builds may fail or die: tried again, not waited for. Drawing lets a closed page end here.
                waiting.info(t("common.building_elsewhere"))
                time.sleep(_POLL_S)
    st.rerun()


@contextmanager
def progress_bar(t: Translator, title: str) -> Iterator[Callable[[str, float], None]]:
    """Draw a build's progress while the block runs; what it is given reports to it."""
    from analytics.pipeline import STAGES  # noqa: PLC0415

    bar = st.progress(0.0, text=title)

    def report(stage: str, done: float) -> None:
        share = (STAGES.index(stage) + min(max(done, 0.0), 1.0)) / len(STAGES)
        bar.progress(share, text=t("common.building_stage", title=title, stage=t(stage)))

    try:
        yield report
    finally:
        bar.empty()
