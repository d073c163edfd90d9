"""The pages when the published data set is damaged, or another is published while a reader reads."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from analytics.store import Snapshot, Store
from analytics.text import translator
from pages.shared import address
from tests.analytics.marked import publish_again, spoil
from tests.pages.drawn import texts

Open = Callable[..., AppTest]
PAGES = ("recruitment.py", "towns.py", "coverage.py", "growth.py", "documents.py")


def sentence(key: str, snapshot: Snapshot, **params: str) -> str:
    t = translator("fr")
    return t(key, built_at=t.moment(snapshot.built_at), **params)


def warnings(app: AppTest) -> list[str]:
    """Return what the page warns of, as it is read."""
    return [html.unescape(text) for text in re.findall(r'<div class="notice" role="alert">(.*?)</div>', texts(app))]


@pytest.fixture
def two(own_root: Path) -> tuple[Snapshot, Snapshot]:
    """The demonstration, and after it one of a hundred members, which is published."""
    store = Store(own_root)
    first = store.current()
    assert first is not None
    return first, publish_again(store, members=100)


def test_every_page_shows_the_one_before_and_says_so(
    open_page: Open, own_root: Path, two: tuple[Snapshot, Snapshot]
) -> None:
    first, second = two
    whole = open_page(root=own_root)
    assert not warnings(whole)
    spoil(second, "members")
    st.cache_resource.clear()  # Another process: this one has read the table when it was whole.
    app = open_page(root=own_root)
    assert app.title[0].value.startswith("Digital 113 réunit 2,2")
    assert app.title[0].value != whole.title[0].value
    told = sentence("damage.page", first)
    for page in (None, *PAGES):
        app = app.switch_page(f"../{page}").run() if page else app
        assert not app.exception
        assert not app.error
        assert warnings(app) == [told]
    app = app.switch_page("../event.py").run()
    assert sentence("damage.stage", first) in texts(app)


def test_the_page_of_sources_says_what_to_do_and_does_it(
    open_page: Open, own_root: Path, two: tuple[Snapshot, Snapshot]
) -> None:
    first, second = two
    spoil(second, "members")
    app = open_page("sources.py", root=own_root)
    reason = translator("fr")("damage.reason_table_changed", table="members")
    assert warnings(app) == [sentence("damage.sources", first, reason=reason)]
    assert "publié, endommagé" in texts(app)
    assert not [button for button in app.button if button.key == f"back-do-{second.id}"]
    app.button(key=f"back-do-{first.id}").click().run()
    assert not app.exception
    assert not warnings(app)
    assert Store(own_root).current_id() == first.id
    assert "publié, endommagé" not in texts(app)


def test_after_a_return_to_the_oldest_the_newer_one_stands_in_and_sources_leads_out(
    open_page: Open, own_root: Path, two: tuple[Snapshot, Snapshot]
) -> None:
    first, second = two
    Store(own_root).rollback(first.id)
    spoil(first, "members")
    app = open_page("sources.py", root=own_root)
    reason = translator("fr")("damage.reason_table_changed", table="members")
    assert warnings(app) == [sentence("damage.sources_newer", second, reason=reason)]
    app.button(key=f"back-do-{second.id}").click().run()
    assert not app.exception
    assert not warnings(app)
    assert Store(own_root).current_id() == second.id


def test_with_nothing_whole_before_it_is_one_sentence(open_page: Open, own_root: Path) -> None:
    snapshot = Store(own_root).current()
    assert snapshot is not None
    spoil(snapshot, "members")
    app = open_page(root=own_root)
    assert not app.exception
    assert not app.title
    assert len(app.error) == 1
    assert Store(own_root).snapshots() == [snapshot], "nothing is built over it"


def test_a_lost_current_is_not_built_over(open_page: Open, own_root: Path, two: tuple[Snapshot, Snapshot]) -> None:
    (own_root / "current").unlink()
    app = open_page(root=own_root)
    assert warnings(app) == [sentence("damage.page", two[1])]
    assert len(Store(own_root).snapshots()) == 2


def test_a_table_damaged_while_readers_read(open_page: Open, own_root: Path, two: tuple[Snapshot, Snapshot]) -> None:
    first, second = two
    app = open_page(root=own_root)
    assert not warnings(app)
    content = (second.path / "prospects-tic.parquet").read_bytes()
    spoil(second, "prospects-tic")
    # The overview did not read it; the page that does begins again on the one before, within the same run.
    app = app.switch_page("../recruitment.py").run()
    assert not app.exception
    assert not app.error
    assert warnings(app) == [sentence("damage.page", first)]
    assert app.title
    (second.path / "prospects-tic.parquet").write_bytes(content)
    app = app.run()
    assert not warnings(app), "put back, it is shown again"
    assert not app.error


def publish_during_the_run(monkeypatch: pytest.MonkeyPatch, publish: Callable[[], object]) -> None:
    """Publish once between the beginning of the next run and its page."""
    genuine, still = address.write, [publish]

    def write(*arguments: object, **options: object) -> None:
        genuine(*arguments, **options)  # type: ignore[arg-type]
        if still:
            still.pop()()

    monkeypatch.setattr(address, "write", write)


def test_no_run_mixes_two_data_sets(open_page: Open, own_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(own_root)
    app = open_page("sources.py", root=own_root)
    before = app.title[0].value
    app = app.switch_page("../overview.py").run()
    whole_before = (app.title[0].value, texts(app))
    publish_during_the_run(monkeypatch, lambda: publish_again(store, members=100))
    published = store.current_id()
    app = app.run()
    assert store.current_id() != published, "another was published while the page was drawn"
    assert (app.title[0].value, texts(app)) == whole_before
    app = app.run()
    whole_after = (app.title[0].value, texts(app))
    assert whole_after != whole_before
    st.cache_resource.clear()
    fresh = open_page(root=own_root)
    assert (fresh.title[0].value, texts(fresh)) == whole_after
    assert open_page("sources.py", root=own_root).title[0].value != before


def test_a_data_set_dropped_while_a_page_reads_it(
    open_page: Open, own_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(own_root)
    first = store.current()
    assert first is not None
    app = open_page("documents.py", root=own_root)

    def publish_and_drop() -> None:
        publish_again(store, members=100)
        shutil.rmtree(first.path)

    publish_during_the_run(monkeypatch, publish_and_drop)
    st.cache_resource.clear()  # Its tables are not in memory.
    app = app.switch_page("../overview.py").run()
    assert not app.exception
    assert not app.error
    assert not warnings(app)
    now = app.title[0].value
    assert open_page(root=own_root).title[0].value == now
