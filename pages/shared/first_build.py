"""A server without a snapshot: the first session builds the demonstration, the others wait for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import streamlit as st

from analytics import audit
from analytics.errors import UserError
from analytics.pipeline.stages import STAGES
from analytics.store import Store
from analytics.text import Translator
from pages.shared import loaders

_POLL_S = 1.0


def ensure_snapshot(t: Translator) -> None:
    """Return at once when something is published; else build the demonstration, or wait for who builds it.

    Raises
    ------
    UserError
        When what is published cannot be read, nor anything before it: nothing is built over it.
    """
    if loaders.served_snapshot() is not None:
        return
    store = loaders.store()
    with st.container(key="building"):
        waiting = st.empty()
        while loaders.look() is None:
            try:
                with progress_bar(t, t("common.building_demo")) as report:
                    _build(store, report)
            except UserError as error:
                if error.key != "store.busy":
                    raise
                # Whoever builds may fail or die: tried again, not waited for. Drawing lets a closed page end here.
                waiting.info(t("common.building_elsewhere"))
                time.sleep(_POLL_S)
    st.rerun()


def _build(store: Store, report: Callable[[str, float], None]) -> None:
    """Build the demonstration, and record it from its first stage on.

    There is none where somebody else builds, or has published meanwhile: that is theirs to record.
    """
    from analytics.pipeline import building  # noqa: PLC0415 - the register engine and geometry: a second or two

    action: audit.Action | None = None
    with ExitStack() as recorded:

        def recorded_report(stage: str, done: float) -> None:
            nonlocal action
            if action is None:
                action = recorded.enter_context(audit.acting(store.root, who="server", what="build_demo"))
            report(stage, done)

        built = building.build_demo(store, recorded_report, only_if_empty=True)
        if action is not None:
            action.snapshot = built.id


@contextmanager
def progress_bar(t: Translator, title: str) -> Iterator[Callable[[str, float], None]]:
    """Draw a build's progress while the block runs; what it is given reports to it."""
    bar = st.progress(0.0, text=title)

    def report(stage: str, done: float) -> None:
        share = (STAGES.index(stage) + min(max(done, 0.0), 1.0)) / len(STAGES)
        bar.progress(share, text=t("common.building_stage", title=title, stage=t(stage)))

    try:
        yield report
    finally:
        bar.empty()
