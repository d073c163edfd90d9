"""Rights at the pages: asked where something is done, not only where it is offered."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import streamlit as st
from streamlit.runtime.context import StreamlitHeaders
from streamlit.testing.v1 import AppTest

from analytics import audit, disclosure, tables
from analytics.errors import UserError
from analytics.export.outputs import make
from analytics.pipeline import republishing
from analytics.pipeline.stages import tell_nobody
from analytics.settings import DEMO_DIR
from analytics.store import Store
from analytics.text import translator
from analytics.view import View
from pages.shared import access, desk, documents, downloads, first_build, new_files, outcomes, prospecting, snapshots
from pages.shared.access import Seen
from pages.shared.loaders import Reader
from pages.shared.rules import NOBODY, OWNER, Person
from tests.pages.conftest import SHELL
from tests.pages.drawn import open_tables, texts
from tests.pages.test_rules import AUTH, LISTED

# Documents that name nobody.
ANYBODYS = ("slides", "report", "layers")
READER = Person("reader@cluster.example", door="open", closed=frozenset({"recruitment", "sources"}))


def _claims(email: str | None) -> dict[str, Any]:
    if email is None:
        return {"is_logged_in": False}
    return {"is_logged_in": True, "email": email, "email_verified": True, "iat": int(time.time())}


@pytest.fixture
def enter(own_root: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Return a function that opens a page behind a login: ``enter("sources.py", email="staff@cluster.example")``."""

    def entered(
        page: str | None = None,
        *,
        email: str | None,
        secrets: dict[str, Any] | None = None,
        query: dict[str, str] | None = None,
    ) -> AppTest:
        monkeypatch.setenv("ECOSYSTEM_STORE", str(own_root))
        app = AppTest.from_file(str(SHELL), default_timeout=60)
        app.secrets = {"auth": AUTH, "access": LISTED} if secrets is None else secrets
        app.user = _claims(email)
        for key, value in (query or {}).items():
            app.query_params[key] = value
        app.run()
        return app.switch_page(f"../{page}").run() if page else app

    return entered


def _as(monkeypatch: pytest.MonkeyPatch, email: str | None, root: Path) -> None:
    """Let what runs outside of a page meet this person."""
    monkeypatch.setenv("ECOSYSTEM_STORE", str(root))
    monkeypatch.setattr(access, "secrets", lambda: {"auth": AUTH, "access": LISTED})
    monkeypatch.setattr(access, "seen", lambda: Seen(_claims(email), is_local=True))


def _reader(root: Path, person: Person) -> Reader:
    snapshot = Store(root).current()
    assert snapshot is not None
    settings = snapshot.settings()
    return Reader(snapshot, settings, View.default(settings), translator("fr"), person)


Enter = Callable[..., AppTest]


@pytest.mark.parametrize("page", [None, "recruitment.py", "towns.py", "sources.py", "documents.py", "event.py"])
def test_who_is_not_logged_in_is_asked_to(enter: Enter, page: str | None) -> None:
    app = enter(page, email=None)
    assert not app.exception
    assert app.title[0].value == "Les chiffres de Digital 113 sont réservés aux personnes invitées"
    assert [button.label for button in app.button] == ["Se connecter"]
    assert not app.dataframe
    assert not app.get("plotly_chart")


def test_each_provider_has_its_way_in(enter: Enter) -> None:
    own = {name: AUTH[name] for name in ("client_id", "client_secret", "server_metadata_url")}
    shared = {name: AUTH[name] for name in ("redirect_uri", "cookie_secret")}
    app = enter(email=None, secrets={"auth": shared | {"google": own, "keycloak": own}}, query={"lang": "en"})
    assert [button.label for button in app.button] == ["Log in with Google", "Log in with Keycloak"]


@pytest.mark.parametrize("page", ["recruitment.py", "sources.py"])
def test_a_reader_does_not_open_what_is_closed(enter: Enter, page: str) -> None:
    app = enter(page, email="reader@cluster.example")
    assert not app.exception
    assert app.title[0].value == "Cette page est réservée à l’équipe"
    assert not app.dataframe
    assert not app.get("file_uploader")


def test_an_open_page_on_sources_offers_a_reader_nothing_to_change(enter: Enter) -> None:
    secrets = {"auth": AUTH, "access": LISTED | {"closed_to_readers": []}}
    app = enter("sources.py", email="reader@cluster.example", secrets=secrets)
    assert not app.exception
    assert "18\u202f000 entreprises" in app.title[0].value
    assert not app.get("file_uploader")
    assert {button.key for button in app.button} == {"logout"}
    for_staff = enter("sources.py", email="staff@cluster.example", secrets=secrets)
    assert len(for_staff.get("file_uploader")) == 3
    assert "desk-member" in {box.key for box in for_staff.selectbox}


def test_an_open_list_is_read_and_not_taken_away(enter: Enter) -> None:
    secrets = {"auth": AUTH, "access": LISTED | {"closed_to_readers": ["sources"]}}
    app = enter("recruitment.py", email="reader@cluster.example", secrets=secrets)
    assert any("name" in frame.value for frame in app.dataframe)
    assert "download-prospects" not in str([block.proto for block in app.get("download_button")])


def test_the_sheet_of_a_town_names_nobody_to_a_reader(enter: Enter, own_root: Path) -> None:
    app = enter("towns.py", email="reader@cluster.example")
    assert not app.exception
    assert "to-prospects" not in {button.key for button in app.button}
    view = _reader(own_root, OWNER)
    rows = view.table("towns_in_full").sort_values("rank")
    town = View.from_query(f"level=epci&town={rows['area_code'].iloc[0]}", view.settings)
    asked = Reader(view.snapshot, view.settings, town, view.t, OWNER)
    names = {*asked.table("town_targets")["name"], *asked.table("town_members")["name"].dropna()}
    assert len(names) > 5
    assert not [name for name in names if name in texts(app)]
    shown = texts(enter("towns.py", email="staff@cluster.example"))
    assert [name for name in names if name in shown]


def test_malformed_rules_close_every_page_with_one_sentence(enter: Enter) -> None:
    app = enter("towns.py", email="staff@cluster.example", secrets={"auth": AUTH, "access": {"staff": "everybody"}})
    assert not app.exception
    assert app.title[0].value == "Le tableau de bord est fermé"
    assert "access.staff" in app.error[0].value
    assert len(app.error) == 1
    assert not app.get("plotly_chart")


def test_a_decision_is_recorded_by_its_author_without_the_member(enter: Enter, own_root: Path) -> None:
    snapshot = Store(own_root).current()
    assert snapshot is not None
    first = tables.review(snapshot).iloc[0]
    app = enter("sources.py", email="staff@cluster.example")
    app.button(key=f"yes-{first['member_id']}-{first['siren']}").click().run()
    assert Store(own_root).decisions() == {first["member_id"]: first["siren"]}
    begun, done = audit.read(own_root).entries
    assert (begun["outcome"], done["outcome"], done["count"]) == ("begun", "done", 1)
    assert (done["who"], done["what"]) == ("staff@cluster.example", "decide")
    log = (own_root / audit.FILE).read_text(encoding="utf-8")
    assert not [first[name] for name in ("member_id", "siren", "member_name") if str(first[name]) in log]


def _publish(reader: Reader) -> None:
    new_files._build(reader, {}, allow_shrink=False)


def _decide(reader: Reader) -> None:
    desk._decide(reader, "member", None)


def _undo(reader: Reader) -> None:
    desk._undo(reader, "member")


@pytest.mark.parametrize("email", [None, "reader@cluster.example", "someone@elsewhere.example"])
@pytest.mark.parametrize(("act", "what"), [(_publish, "publish_roster"), (_decide, "decide"), (_undo, "undo_decision")])
def test_an_action_refuses_whoever_may_not(
    own_root: Path, monkeypatch: pytest.MonkeyPatch, act: Callable[[Reader], None], what: str, email: str | None
) -> None:
    """The functions behind the buttons, called as if a page had offered these to everybody."""
    _as(monkeypatch, email, own_root)
    said: list[str] = []
    monkeypatch.setattr(st, "error", said.append)
    before = Store(own_root).current_id()
    try:
        act(_reader(own_root, OWNER))
    except UserError as error:
        said.append(error.message("fr"))
    assert len(said) == 1
    assert "Seule l’équipe" in said[0]
    assert Store(own_root).current_id() == before
    assert Store(own_root).decisions() == {}
    (entry,) = audit.read(own_root).entries
    assert (entry["what"], entry["outcome"], entry["reason"]) == (what, "refused", "rights.refused")
    assert entry["who"] == {None: "unknown", "someone@elsewhere.example": "someone@elsewhere.example"}.get(
        email, "reader@cluster.example"
    )


def test_going_back_refuses_whoever_may_not(own_root: Path, monkeypatch: pytest.MonkeyPatch, demo_root: Path) -> None:
    del demo_root
    _as(monkeypatch, "reader@cluster.example", own_root)
    snapshot = Store(own_root).current()
    assert snapshot is not None
    said: list[str] = []
    monkeypatch.setattr(st, "error", said.append)
    monkeypatch.setattr(st, "button", lambda *_, **__: True)
    snapshots._way_back(_reader(own_root, OWNER), snapshot)
    assert "Seule l’équipe" in said[0]
    assert [entry["outcome"] for entry in audit.read(own_root).entries] == ["refused"]


def _offered(monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[[], bytes]]:
    files: dict[str, Callable[[], bytes]] = {}

    def download_button(label: str, data: Callable[[], bytes], *, key: str, **look: object) -> None:
        del label, look
        files[key] = data

    monkeypatch.setattr(st, "download_button", download_button)
    return files


def test_a_file_of_names_is_refused_when_it_is_made_though_it_was_offered(
    own_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deferred file is made later, by whoever knows its number: the rules of that moment count."""
    _as(monkeypatch, "staff@cluster.example", own_root)
    files = _offered(monkeypatch)
    reader = _reader(own_root, OWNER)
    prospecting.files(reader, reader.table("plan").iloc[0])
    documents.files(reader)
    monkeypatch.setattr(st, "selectbox", lambda *_, key, **__: "Mende" if key == "sheet-antenna" else None)
    documents.sheet(reader)
    files = {name: data for name, data in files.items() if name.removeprefix("download-") not in ANYBODYS}
    assert set(files) == {f"download-{name}" for name in ("prospects-xlsx", "prospects", "workbook", "sheet")}
    assert len(files["download-prospects"]()) > 10_000
    assert [e["outcome"] for e in audit.read(own_root).entries] == ["begun", "done"]
    monkeypatch.setattr(access, "secrets", lambda: {"auth": AUTH, "access": {"readers": ["*"]}})
    for data in files.values():
        with pytest.raises(UserError) as refused:
            data()
        assert refused.value.key == "rights.refused"
    assert [e["outcome"] for e in audit.read(own_root).entries][2:] == ["refused"] * 4
    offered = _offered(monkeypatch)
    for_readers = _reader(own_root, READER)
    prospecting.files(for_readers, reader.table("plan").iloc[0])
    documents.files(for_readers)
    documents.sheet(for_readers)
    assert set(offered) == {f"download-{name}" for name in ANYBODYS}


def test_a_file_of_names_that_cannot_be_recorded_is_not_made(own_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _as(monkeypatch, "staff@cluster.example", own_root)
    made: list[int] = []
    data = access.guarded("export_prospects", lambda: made.append(1) or b"names")
    (own_root / audit.FILE).mkdir()
    with pytest.raises(UserError) as refused:
        data()
    assert refused.value.key == "journal.not_written"
    assert not made


def test_a_file_that_names_nobody_is_not_made_for_somebody_struck_off(
    own_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _as(monkeypatch, "reader@cluster.example", own_root)
    files = _offered(monkeypatch)
    reader = _reader(own_root, READER)
    documents.files(reader)
    downloads.button(reader, pd.DataFrame({"members": [1]}), name="growth", title="Adhérents")
    assert files["download-growth"]().endswith(b"1\n")
    assert not (own_root / audit.FILE).exists(), "nothing is recorded of what names nobody"
    monkeypatch.setattr(access, "secrets", lambda: {"auth": AUTH, "access": {"staff": ["staff@cluster.example"]}})
    for data in files.values():
        with pytest.raises(UserError) as refused:
            data()
        assert refused.value.key == "rights.no_longer"
    assert not (own_root / audit.FILE).exists()


def test_a_table_is_not_opened_by_somebody_struck_off(monkeypatch: pytest.MonkeyPatch, enter: Enter) -> None:
    app = enter("growth.py", email="reader@cluster.example")
    asked: list[str] = []

    def refuse() -> None:
        asked.append("rules")
        raise UserError("rights.no_longer")

    assert open_tables(app).dataframe
    monkeypatch.setattr(access, "refuse_strangers", refuse)
    app.run()
    assert asked
    assert not app.dataframe
    assert "Vous n" in app.error[0].value, "the sentence stands where the table would"


class _EndedRunError(BaseException):
    """As Streamlit ends a run where something is drawn."""


class _Bar:
    """A bar that ends the run when it is taken away."""

    def progress(self, done: float, *, text: str) -> None:
        del done, text

    def empty(self) -> None:
        raise _EndedRunError


def _apply(reader: Reader) -> None:
    desk._apply(reader, ["member"], of=1)


@pytest.mark.parametrize(("act", "work"), [(_publish, "replace_members"), (_apply, "apply_decisions")])
def test_what_was_published_is_recorded_as_done_though_the_run_ends_then(
    own_root: Path, monkeypatch: pytest.MonkeyPatch, act: Callable[[Reader], None], work: str
) -> None:
    _as(monkeypatch, "staff@cluster.example", own_root)
    monkeypatch.setattr(st, "progress", lambda *_, **__: _Bar())
    monkeypatch.setattr(st, "button", lambda *_, **__: True)
    monkeypatch.setattr(new_files, "_kept_aside", lambda _: nullcontext({"members": DEMO_DIR / "members.xlsx"}))
    monkeypatch.setattr(republishing, work, lambda store, *_, **__: store.current())
    with pytest.raises(_EndedRunError):
        act(_reader(own_root, OWNER))
    assert [entry["outcome"] for entry in audit.read(own_root).entries] == ["begun", "done"]
    assert audit.read(own_root).entries[-1]["snapshot"] == Store(own_root).current_id()


def test_the_first_build_is_recorded_by_whoever_builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "progress", lambda *_, **__: _Bar())
    store, french = Store(tmp_path / "store"), translator("fr")
    with pytest.raises(_EndedRunError), first_build.progress_bar(french, "demo") as report:
        first_build._build(store, report)
    recorded = [(entry["who"], entry["what"], entry["outcome"]) for entry in audit.read(store.root).entries]
    assert recorded == [("server", "build_demo", "begun"), ("server", "build_demo", "done")]
    assert audit.read(store.root).entries[-1]["snapshot"] == store.current_id()
    first_build._build(store, tell_nobody)
    assert len(audit.read(store.root).entries) == 2, "published meanwhile: not built here"
    with store.writing(), pytest.raises(UserError) as busy:
        first_build._build(store, tell_nobody)
    assert busy.value.key == "store.busy"
    assert len(audit.read(store.root).entries) == 2, "somebody else builds: asked for every second"


def _cells(content: bytes) -> set[str]:
    sheets = openpyxl.load_workbook(io.BytesIO(content), read_only=True).worksheets
    return {str(cell) for sheet in sheets for row in sheet.iter_rows(values_only=True) for cell in row if cell}


def test_no_document_gives_names_to_whoever_may_not_be_told(own_root: Path) -> None:
    """Whatever a page offers: the tables that name anybody are refused to whatever asks for them."""
    sirens = set(_reader(own_root, OWNER).table("prospects", limit=50)["siren"])
    assert sirens & _cells(make("workbook", _reader(own_root, OWNER)))
    reader = _reader(own_root, READER)
    assert not sirens & _cells(make("workbook", reader)), "the sheet of firms to call is left out"
    for person in (READER, NOBODY):
        with pytest.raises(UserError) as refused:
            prospecting._all(_reader(own_root, person))
        assert refused.value.key == "rights.no_names"


@pytest.mark.parametrize("place", [{"town": "243400017"}, {"antenna": "Mende"}])
def test_the_sheet_of_a_place_is_refused_names_like_any_other_output(own_root: Path, place: dict[str, str]) -> None:
    assert make("report", _reader(own_root, OWNER), **place).startswith(b"%PDF")
    for person in (READER, NOBODY):
        with pytest.raises(UserError) as refused:
            make("report", _reader(own_root, person), **place)
        assert refused.value.key == "rights.no_names"


def test_another_view_of_a_reader_is_refused_what_they_are(own_root: Path) -> None:
    reader = _reader(own_root, READER)
    town = reader.looking_at(View.from_query("level=epci&town=243400017", reader.settings))
    assert (town.person, town.view.town) == (READER, "243400017")
    for name in disclosure.PROSPECTS | disclosure.MEMBERS:
        with pytest.raises(UserError):
            town.table(name)


def test_every_table_that_names_firms_or_members_is_known_to_be_one(own_root: Path) -> None:
    """By their columns: whoever adds a table that identifies anybody must say which kind it is."""
    reader = _reader(own_root, OWNER)
    telling = {"siren", "siret", "member_id", "member_name", "firm_name", "roster_name"}
    options: dict[str, dict[str, Any]] = {
        "town_firms": {"by": "segment"},
        "comparison": {"level": "segment", "language": "fr"},
    }
    view = View.from_query("level=epci&town=243400017", reader.settings)
    naming = set()
    for name in tables.READS:
        try:
            rows = getattr(tables, name)(reader.snapshot, view, reader.settings, **options.get(name, {}))
        except UserError:
            assert name == "bridge"
            continue
        if isinstance(rows, pd.DataFrame) and telling & set(rows.columns):
            naming.add(name)
    # The firms of the register, without a word on who is a member or should be one, are INSEE's own list.
    assert naming - {"firms"} <= disclosure.PROSPECTS | disclosure.MEMBERS
    assert naming >= disclosure.PROSPECTS


@pytest.mark.parametrize("faulty", [True, False])
def test_files_that_were_sent_are_for_this_account_and_do_not_stay(
    own_root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, faulty: bool
) -> None:
    monkeypatch.setenv("ECOSYSTEM_STORE", str(own_root))
    monkeypatch.setattr(access, "secrets", dict)
    monkeypatch.setattr(access, "seen", lambda: Seen({}, is_local=True))
    aside = tmp_path / "aside"
    aside.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(aside))
    modes: list[int] = []

    def replace_members(store: Store, members: Path, report: object, *, allow_shrink: bool) -> object:
        del report
        assert not allow_shrink
        modes.extend([members.stat().st_mode & 0o777, members.parent.parent.stat().st_mode & 0o777])
        if faulty:
            raise UserError("build.no_snapshot")
        return store.current()

    monkeypatch.setattr(republishing, "replace_members", replace_members)
    monkeypatch.setattr(outcomes, "finish", lambda *_, **__: None)
    expected = pytest.raises(UserError) if faulty else nullcontext()
    with (DEMO_DIR / "members.xlsx").open("rb") as file, expected:
        new_files._build(_reader(own_root, OWNER), {"members": file}, allow_shrink=False)  # type: ignore[dict-item]
    assert modes == [0o600, 0o700]
    assert list(aside.iterdir()) == []
    assert [entry["outcome"] for entry in audit.read(own_root).entries] == ["begun", "failed" if faulty else "done"]


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return the settings of a server, to be changed."""
    given: dict[str, Any] = {"server.address": "127.0.0.1", "secrets.files": []}
    monkeypatch.setattr(st, "get_option", given.__getitem__)
    return given


def _from(host: str, origin: str | None = None, **others: str) -> dict[str, str]:
    given = {"Host": host, "Origin": f"http://{host}" if origin is None else origin}
    return {name: value for name, value in given.items() if value} | {
        name.replace("_", "-"): value for name, value in others.items()
    }


@pytest.mark.parametrize(
    ("address", "headers", "expected"),
    [
        ("127.0.0.1", _from("127.0.0.1:8501"), True),
        ("localhost", _from("localhost:8501"), True),
        ("::1", _from("[::1]:8501"), True),
        ("127.0.0.1", _from("dashboard.cluster.example"), False),
        ("127.0.0.1", _from("127.0.0.1.elsewhere.example"), False),
        ("127.0.0.1", _from("[::1"), False),
        # A proxy that says nothing and writes its own name for the host: a browser's origin, a client's lack of one.
        ("127.0.0.1", _from("127.0.0.1:8501", "https://dashboard.cluster.example"), False),
        ("127.0.0.1", _from("127.0.0.1:8501", ""), False),
        ("127.0.0.1", _from("127.0.0.1:8501", "null"), False),
        ("127.0.0.1", _from("127.0.0.1:8501", "http://localhost"), False),
        *(
            ("127.0.0.1", _from("localhost:8501", **{name: "192.0.2.1"}), False)
            for name in ("Via", "Forwarded", "X_Real_Ip", "X_Forwarded_For", "X_Forwarded_Proto", "x_forwarded_port")
        ),
        ("0.0.0.0", _from("localhost:8501"), False),  # noqa: S104 - what it must not be
        ("", _from("localhost:8501"), False),
        (None, _from("localhost:8501"), False),
        ("192.0.2.1", _from("192.0.2.1:8501"), False),
    ],
)
def test_only_the_machine_itself_under_its_own_name_is_local(
    options: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    address: str | None,
    headers: dict[str, str],
    expected: bool,
) -> None:
    options["server.address"] = address
    monkeypatch.setattr(st, "context", type("Context", (), {"headers": StreamlitHeaders(headers.items())}))
    assert access._is_local() is expected


def test_a_connection_that_was_closed_is_nobodys_where_the_process_serves(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Streamlit forgets a connection with its end, while the page may still be drawn."""
    del options
    monkeypatch.setattr(access, "_is_serving", threading.Event())
    monkeypatch.setattr(st, "context", type("Context", (), {"headers": StreamlitHeaders([])}))
    assert access._is_local(), "tests of pages have none"
    access.expect_connections()
    assert not access._is_local()


def test_a_file_of_secrets_that_cannot_be_read_opens_nothing(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "secrets.toml"
    options["secrets.files"] = [str(path)]
    monkeypatch.setattr(access, "_held_login", set())

    def parsed() -> dict[str, Any]:
        raise FileNotFoundError(str(path))

    monkeypatch.setattr(st, "secrets", type("Secrets", (), {"to_dict": staticmethod(parsed)}))
    with pytest.raises(UserError) as refused:
        access.secrets()
    assert refused.value.key == "rights.unreadable", "a file that somebody named is meant, though it is not there"
    monkeypatch.chdir(tmp_path)
    options["secrets.files"] = [str(tmp_path / ".streamlit" / "secrets.toml")]
    assert access.secrets() == {}, "where Streamlit looks of itself there need be none"
    access._held_login.add(str(path))
    with pytest.raises(UserError):
        access.secrets()
    monkeypatch.setattr(st, "secrets", type("Secrets", (), {"to_dict": staticmethod(dict)}))
    with pytest.raises(UserError) as refused:
        access.secrets()
    assert refused.value.key == "rights.login_gone"


def test_the_log_of_the_server_says_that_it_is_open(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(access, "secrets", dict)
    access.tell_at_start()
    assert not caplog.records
    options["server.address"] = "0.0.0.0"  # noqa: S104 - what is warned of
    access.tell_at_start()
    assert "D’autres machines atteignent ce serveur" in caplog.records[0].getMessage()
    monkeypatch.setattr(access, "secrets", lambda: {"access": {"staff": []}})
    options["server.address"] = "127.0.0.1"
    access.tell_at_start()
    assert caplog.records[1].levelname == "ERROR"
    assert "access.staff" in caplog.records[1].getMessage()
