"""What data.gouv.fr says of its files: which is the current one of a name, and every way not to say so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.errors import PassingError, UserError
from analytics.ingest.catalogue import Resource, ask_catalogue, read_catalogue
from analytics.ingest.connection import Connection, Limits
from analytics.text import LANGUAGES
from tests.analytics.ingest import datagouv_server as server
from tests.analytics.ingest.datagouv_server import Service, entry

NAMES = ("StockEtablissement", "StockUniteLegale")
HOME = Service(url="https://static.data.gouv.fr")
SHA1 = "a" * 40


def _entries() -> list[dict[str, Any]]:
    stocks = ["StockEtablissement", "StockUniteLegale", "StockEtablissementHistorique", "StockUniteLegaleHistorique"]
    stocks += ["StockEtablissementLiensSuccession", "StockDoublons"]
    parquet = [entry(HOME, f"/sirene/{name}_utf8.parquet") for name in stocks]
    zipped = [
        entry(HOME, f"/sirene/{name}_utf8.zip", format="zip", title=f"Sirene : Fichier {name} - 01 juillet 2026")
        for name in stocks
    ]
    pdf = entry(HOME, "/description-fichier-StockEtablissement.pdf", format="pdf", type="documentation")
    return [pdf, *zipped, *parquet]


def _read(entries: Any, **more: Any) -> dict[str, Resource]:
    return read_catalogue(json.dumps({"resources": entries, **more}).encode(), NAMES)


def _refusal(content: bytes) -> UserError:
    with pytest.raises(UserError) as caught:
        read_catalogue(content, NAMES)
    for language in LANGUAGES:
        assert caught.value.message(language)
    return caught.value


def test_the_two_current_files_are_found_among_all() -> None:
    found = _read(_entries(), community_resources=[entry(HOME, "/StockEtablissement_perso.parquet")])
    assert {name: resource.url for name, resource in found.items()} == {
        name: f"https://static.data.gouv.fr/sirene/{name}_utf8.parquet" for name in NAMES
    }
    register = found["StockEtablissement"]
    assert register.last_modified == datetime(2026, 7, 1, 9, 30, 45, 65000, tzinfo=UTC)
    assert (register.size, register.checksum) == (None, None)
    assert register.file_name == f"StockEtablissement-20260701T093045-{register.identity}.parquet"


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "https://x.example/20260701/stocketablissement-utf8.parquet"},
        {"url": "https://x.example/stock-stocketablissement-parquet.parquet"},
        {
            "url": "https://x.example/r/a29c1297",
            "title": "Fichier StockEtablissement du 01 Juillet 2026 au format parquet",
        },
        {"format": "Parquet"},
        {"format": "", "type": None},
    ],
)
def test_other_ways_to_call_it(changes: dict[str, Any]) -> None:
    entries = [e for e in _entries() if "/StockEtablissement_utf8.parquet" not in e["url"]]
    changed = entry(HOME, "/StockEtablissement_utf8.parquet") | changes
    assert _read([*entries, changed])["StockEtablissement"].url == changed["url"]


@pytest.mark.parametrize("dropped", ["format", "type", "filesize", "checksum", "title"])
def test_what_is_not_needed_may_lack(dropped: str) -> None:
    assert set(_read([{k: v for k, v in e.items() if k != dropped} for e in _entries()])) == set(NAMES)


@pytest.mark.parametrize("dropped", ["id", "url", "last_modified"])
@pytest.mark.parametrize("value", [None, 7, ""])
def test_what_is_needed_may_not(dropped: str, value: Any) -> None:
    error = _refusal(json.dumps({"resources": [e | {dropped: value} for e in _entries()]}).encode())
    assert (error.key, error.params["field"]) == ("update.lacks_field", dropped)


def test_none_of_a_name() -> None:
    for lacking in ([], _entries()[:-6], [e for e in _entries() if "Unite" not in e["url"]]):
        error = _refusal(json.dumps({"resources": lacking}).encode())
        assert error.key == "update.none_matches"
        assert str(error.params["name"]) in error.message()


def test_several_of_a_name_are_told() -> None:
    june = entry(HOME, "/juin/StockEtablissement_utf8.parquet", title="StockEtablissement - 01 juin 2026")
    error = _refusal(json.dumps({"resources": [*_entries(), june]}).encode())
    assert error.key == "update.several_match"
    assert "01 juin 2026" in error.message()
    assert "01 juillet 2026" in error.message()


@pytest.mark.parametrize("content", [b"", b"{", server.PAGE, b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json(content: bytes) -> None:
    error = _refusal(content)
    assert error.key == "update.no_json"
    assert isinstance(error, PassingError)


@pytest.mark.parametrize("content", [b"[]", b"{}", b"null", b'{"resources": {}}', b'{"resources": null}', b'"x"'])
def test_json_of_another_form(content: bytes) -> None:
    error = _refusal(content)
    assert (error.key, error.params["field"]) == ("update.lacks_field", "resources")


@pytest.mark.parametrize("moment", ["yesterday", "2026-13-01", "01/07/2026"])
def test_a_moment_that_is_none(moment: str) -> None:
    error = _refusal(json.dumps({"resources": [e | {"last_modified": moment} for e in _entries()]}).encode())
    assert error.params["field"] == "last_modified"


@pytest.mark.parametrize(
    ("moment", "day"),
    [("2026-07-01T00:30:00+02:00", "20260630T223000"), ("2026-07-01T09:30:45", "20260701T093045")],
)
def test_moments_are_in_utc(moment: str, day: str) -> None:
    found = _read([e | {"last_modified": moment} for e in _entries()])
    assert f"-{day}-" in found["StockUniteLegale"].file_name


@pytest.mark.parametrize(
    ("said", "understood"),
    [
        ({"type": "sha1", "value": SHA1}, ("sha1", SHA1)),
        ({"type": "SHA1", "value": SHA1.upper()}, ("sha1", SHA1)),
        ({"type": "sha256", "value": "b" * 64}, ("sha256", "b" * 64)),
        ({"type": "sha2", "value": "b" * 64}, ("sha256", "b" * 64)),
        ({"type": "sha2", "value": "b" * 128}, ("sha512", "b" * 128)),
        ({"type": "md5", "value": "c" * 32}, ("md5", "c" * 32)),
        ({"type": "crc", "value": "deadbeef"}, None),
        ({"type": "sha1", "value": "b" * 64}, None),
        ({"type": "sha1", "value": "no figures"}, None),
        ({"type": "sha1"}, None),
        ({"type": None, "value": None}, None),
        ("sha1:" + SHA1, None),
        (None, None),
    ],
)
def test_checksums(said: Any, understood: tuple[str, str] | None) -> None:
    found = _read([e | {"checksum": said} for e in _entries()])
    assert found["StockEtablissement"].checksum == understood


@pytest.mark.parametrize(("said", "size"), [(12, 12), (0, None), (-1, None), ("12", None), (True, None), (1.5, None)])
def test_sizes(said: Any, size: int | None) -> None:
    assert _read([e | {"filesize": said} for e in _entries()])["StockEtablissement"].size == size


@pytest.mark.parametrize("path", ["/../../x", "/..%2F..%2Fx", "/a/%00/x", "/" + "x" * 5000, "/C:\\x", "/;rm -rf /"])
def test_a_hostile_name_becomes_no_name_here(path: str) -> None:
    entries = [e for e in _entries() if "/StockEtablissement_utf8.parquet" not in e["url"]]
    hostile = entry(HOME, "/StockEtablissement.parquet", id="../../id") | {"url": HOME.url + path}
    name = _read([*entries, hostile])["StockEtablissement"].file_name
    assert name.startswith("StockEtablissement-20260701T093045-")
    assert not set(name) & set("/\\%\0; ")
    assert len(name) < 70


def test_another_content_has_another_identity() -> None:
    plain = _read(_entries())["StockEtablissement"]
    others = [
        _read([e | changes for e in _entries()])["StockEtablissement"]
        for changes in (
            {"filesize": 5},
            {"last_modified": "2026-08-01T00:00:00"},
            {"id": "other"},
            {"checksum": {"type": "sha1", "value": SHA1}},
        )
    ]
    assert len({resource.identity for resource in [plain, *others]}) == 5


def test_a_file_is_that_of_a_manifest() -> None:
    plain = _read(_entries())["StockEtablissement"]
    later = _read([e | {"last_modified": "2026-08-01T00:00:00"} for e in _entries()])["StockEtablissement"]
    summed = _read([e | {"checksum": {"type": "sha1", "value": SHA1}} for e in _entries()])["StockEtablissement"]
    moved = _read(
        [e | {"checksum": {"type": "sha1", "value": SHA1}, "last_modified": "2026-08-01"} for e in _entries()]
    )["StockEtablissement"]
    assert plain.is_origin(json.loads(json.dumps(plain.origin())))
    assert not later.is_origin(plain.origin())
    # With a checksum on both sides the content tells, whatever day it is said to be of.
    assert moved.is_origin(summed.origin())
    assert moved.identity == summed.identity
    assert not plain.is_origin(None)
    assert not plain.is_origin({})


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_KEYS = ("id", "title", "format", "url", "type", "filesize", "checksum", "last_modified")


@given(st.dictionaries(st.sampled_from(_KEYS), _JSON), st.sampled_from(_KEYS))
def test_no_answer_makes_it_fall_over(changes: dict[str, Any], dropped: str) -> None:
    entries = [{k: v for k, v in (e | changes).items() if k != dropped} for e in _entries()]
    try:
        told = [f"{resource.file_name} {resource.origin()}" for resource in _read(entries).values()]
    except UserError as error:
        told = [error.message(language) for language in LANGUAGES]
    assert all(text.encode() for text in told)


# Asked of a service


@pytest.fixture
def service() -> Iterator[Service]:
    with server.running() as running:
        for name in NAMES:
            running.offer(f"/{name}_utf8.parquet", b"PAR1")
        yield running


def _ask(service: Service, **limits: Any) -> dict[str, Resource]:
    usual = {"patience_s": 10.0, "tries": 3, "first_wait_s": 0.0}
    with Connection(service.api, Limits(**usual | limits)) as connection:
        return ask_catalogue(connection, server.DATASET, NAMES)


def test_the_documented_address_is_asked(service: Service) -> None:
    assert [resource.size for resource in _ask(service).values()] == [4, 4]
    assert service.asked == [f"/api/1/datasets/{server.DATASET}/"]


def test_a_passing_fault_passes(service: Service) -> None:
    service.catalogue = [server.status(500), server.status(429, Retry_After="0")]
    assert set(_ask(service)) == set(NAMES)
    assert len(service.asked) == 3


@pytest.mark.parametrize(
    ("action", "asked", "word"),
    [
        (server.status(503), 3, "answer 503"),
        (server.status(403), 1, "answer 403"),
        (server.slow(before=1), 3, "nothing comes"),
        (server.cut_after(0), 3, "cut"),
    ],
)
def test_a_service_that_does_not_answer(service: Service, action: server.Action, asked: int, word: str) -> None:
    def with_body(handler: server.Handler, file: server.File) -> None:
        file.content = b"{" * 5000
        action(handler, file)

    service.catalogue = [with_body] * 3
    # Where nothing comes it is not waited for long; else for so long that a busy machine makes no difference.
    patience_s = 0.2 if word == "nothing comes" else 10.0
    with pytest.raises(PassingError) as caught:
        _ask(service, patience_s=patience_s)
    assert caught.value.key == ("update.answered" if "answer" in word else "update.unreachable")
    assert word in caught.value.message("en")
    assert service.url.removeprefix("http://") in caught.value.message("fr")
    assert len(service.asked) == asked


def test_there_is_no_such_dataset(service: Service) -> None:
    service.catalogue = [server.status(404)]
    with pytest.raises(UserError) as caught:
        _ask(service)
    assert caught.value.key == "update.dataset_absent"
    assert not isinstance(caught.value, PassingError)
    assert server.DATASET in caught.value.message()


@pytest.mark.parametrize("action", [server.status(404), server.status(403), server.cut_after(0)])
def test_what_an_address_holds_besides_the_host_is_in_no_sentence(service: Service, action: server.Action) -> None:
    service.catalogue = [action] * 3
    with (
        Connection(service.api.replace("http://", "http://robot:s3cret@"), Limits(tries=2, first_wait_s=0.0)) as known,
        pytest.raises(UserError) as caught,
    ):
        ask_catalogue(known, server.DATASET, NAMES)
    assert "s3cret" not in caught.value.message("fr") + caught.value.message("en")


def test_an_endless_answer_is_not_read_to_its_end(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analytics.ingest.catalogue.MOST_BYTES", 1_000)
    service.catalogue = [server.saying(b" " * 100_000)]
    with pytest.raises(PassingError) as caught:
        _ask(service)
    assert caught.value.key == "update.unreachable"


@pytest.mark.parametrize("address", ["http://files.example.org/StockEtablissement.parquet", "file:///etc/passwd", "x"])
def test_a_file_at_an_address_that_may_not_be_asked(service: Service, address: str) -> None:
    service.entries[0]["url"] = address
    with pytest.raises(UserError) as caught:
        _ask(service)
    assert caught.value.key in {"update.unsafe_address", "update.no_address"}
    assert address in caught.value.message()
