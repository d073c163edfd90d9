"""A file on its way: whole, broken off and taken up, changed meanwhile, refused, and nothing coming any more."""

from __future__ import annotations

import email.utils
import gzip
import io
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from analytics.errors import PassingError, UserError
from analytics.ingest import download
from analytics.ingest.connection import LONGEST_WAIT_S, Connection, Limits, refuse_address
from analytics.ingest.download import fetch
from analytics.text import LANGUAGES
from tests.analytics.ingest import datagouv_server as server
from tests.analytics.ingest.datagouv_server import File, Service

SIZE = 400_000
# No two places alike, so that what is put together wrongly is another file.
CONTENT = b"PAR1" + b"".join(f"{n:07x} ".encode() for n in range(SIZE // 8 - 1)) + b"PAR1"
OTHER = CONTENT.replace(b" ", b"-")
PATH = "/StockEtablissement_utf8.parquet"


@dataclass(frozen=True)
class Asked:
    url: str
    size: int | None = None


@dataclass
class Setup:
    service: Service
    file: File
    wanted: Asked
    target: Path
    waits: list[float]
    limits: Limits

    def fetch(self, **options: object) -> None:
        with Connection(self.service.api, self.limits) as connection:
            fetch(connection, self.wanted, self.target, **options)  # type: ignore[arg-type]

    def refusal(self, **options: object) -> UserError:
        with pytest.raises(UserError) as caught:
            self.fetch(**options)
        for language in LANGUAGES:
            assert caught.value.message(language)
        assert not self.target.exists()
        return caught.value

    @property
    def part(self) -> Path:
        return self.target.with_name(self.target.name + ".part")

    @property
    def ranges(self) -> list[str | None]:
        return [headers.get("Range") for headers in self.file.asked]


@pytest.fixture
def setup(tmp_path: Path) -> Iterator[Setup]:
    waits: list[float] = []
    limits = Limits(patience_s=10.0, tries=3, first_wait_s=1.0, sleep=waits.append)
    with server.running() as service:
        file = service.offer(PATH, CONTENT)
        yield Setup(service, file, Asked(service.url + PATH), tmp_path / "stock.parquet", waits, limits)


def test_a_file_comes_whole(setup: Setup) -> None:
    told: list[float] = []
    asked_room: list[int] = []
    setup.fetch(progress=told.append, has_room=asked_room.append)
    assert setup.target.read_bytes() == CONTENT
    assert [path.name for path in setup.target.parent.iterdir()] == [setup.target.name]
    assert (told[-1], told) == (1, sorted(told))
    assert asked_room == [SIZE]
    (headers,) = setup.file.asked
    assert headers["Accept-Encoding"] == "identity"
    assert headers["User-Agent"].startswith("digital-ecosystem-dashboard/")
    assert "Range" not in headers
    assert not setup.waits


def test_what_breaks_off_is_taken_up(setup: Setup) -> None:
    asked_room: list[int] = []
    setup.file.script = [server.cut_after(150_000), server.cut_after(100_000)]
    setup.fetch(has_room=asked_room.append)
    assert setup.target.read_bytes() == CONTENT
    assert setup.ranges == [None, "bytes=150000-", "bytes=250000-"]
    assert {headers["If-Range"] for headers in setup.file.asked[1:]} == {'"v1"'}
    assert asked_room == [SIZE, 250_000, 150_000]


def test_what_broke_off_is_for_this_account_alone(setup: Setup) -> None:
    setup.file.script = [server.cut_after(150_000), *[server.status(503)] * 2]
    setup.refusal()
    files = list(setup.target.parent.iterdir())
    assert len(files) == 2
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_a_piece_of_which_the_disk_takes_less_is_written_to_its_end() -> None:
    class Reluctant(io.BytesIO):
        def write(self, content: Any) -> int:
            return super().write(bytes(content)[:3])

    file = Reluctant()
    download._write_whole(file, CONTENT[:10])
    assert file.getvalue() == CONTENT[:10]


def test_a_later_run_takes_up_where_an_earlier_one_stopped(setup: Setup) -> None:
    setup.file.script = [server.cut_after(150_000), *[server.status(503)] * 2]
    error = setup.refusal()
    assert isinstance(error, PassingError)
    assert error.key == "update.broken_off"
    assert "après 150\u202fko (" in error.message("fr")
    assert "after 150 kB (" in error.message("en")
    assert "overloaded" in error.message("en")
    assert "surchargé" in error.message("fr")
    assert setup.part.read_bytes() == CONTENT[:150_000]
    setup.file.asked.clear()
    setup.fetch()
    assert setup.target.read_bytes() == CONTENT
    assert setup.ranges == ["bytes=150000-"]
    assert not setup.part.exists()


def test_without_a_strong_version_the_moment_stands_for_it(setup: Setup) -> None:
    setup.file.etag = 'W/"weak"'
    setup.file.script = [server.cut_after(150_000)]
    setup.fetch()
    assert setup.target.read_bytes() == CONTENT
    assert setup.file.asked[1]["If-Range"] == server.MODIFIED


def test_without_any_version_the_file_is_asked_for_anew(setup: Setup) -> None:
    setup.file.etag = setup.file.modified = None
    setup.file.script = [server.cut_after(150_000)]
    setup.fetch()
    assert setup.target.read_bytes() == CONTENT
    assert setup.ranges == [None, None]


def test_what_is_stopped_by_hand_is_taken_up(setup: Setup) -> None:
    def stop(done: float) -> None:
        if done > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        setup.fetch(progress=stop)
    begun = setup.part.stat().st_size
    assert 0 < begun < SIZE
    setup.fetch()
    assert setup.target.read_bytes() == CONTENT
    assert setup.ranges[-1] == f"bytes={begun}-"


@pytest.mark.parametrize("note", ["", "{", "[]", '{"version": null}'])
def test_a_spoilt_note_does_not_stop_it(setup: Setup, note: str) -> None:
    setup.part.write_bytes(b"PAR1 something else")
    setup.part.with_name(setup.part.name + ".json").write_text(note)
    setup.fetch()
    assert setup.target.read_bytes() == CONTENT


@pytest.mark.parametrize("then", [server.serve, server.other_range])
def test_a_file_that_changed_between_two_attempts_begins_anew(setup: Setup, then: server.Action) -> None:
    setup.file.script = [server.cut_after(150_000), server.change_to(OTHER, '"v2"', then)]
    setup.fetch()
    assert setup.target.read_bytes() == OTHER


def test_a_server_without_ranges_sends_it_all_again(setup: Setup) -> None:
    setup.file.script = [server.cut_after(150_000, server.whole)]
    setup.file.always = server.whole
    setup.fetch()
    assert setup.target.read_bytes() == CONTENT


def test_a_server_without_ranges_that_always_breaks_off_is_given_up(setup: Setup) -> None:
    setup.file.always = server.cut_after(150_000, server.whole)
    assert setup.refusal().key == "update.broken_off"
    # The first advanced; the two after it brought nothing that was not there before.
    assert len(setup.file.asked) == 3


def test_nothing_after_what_is_there_means_that_it_is_whole(setup: Setup) -> None:
    setup.part.write_bytes(CONTENT)
    setup.part.with_name(setup.part.name + ".json").write_text('{"version": "\\"v1\\""}')
    setup.fetch()
    assert setup.target.read_bytes() == CONTENT
    assert setup.ranges == [f"bytes={SIZE}-"]


def test_nothing_after_what_is_there_of_another_size_begins_anew(setup: Setup) -> None:
    setup.part.write_bytes(CONTENT + b"longer than the file is now")
    setup.part.with_name(setup.part.name + ".json").write_text('{"version": "\\"v1\\""}')
    setup.fetch()
    assert setup.target.read_bytes() == CONTENT
    assert setup.ranges == [f"bytes={SIZE + 27}-", None]


@pytest.mark.parametrize(("code", "key"), [(404, "file_gone"), (410, "file_gone"), (403, "file_refused")])
def test_what_is_not_there_is_asked_for_once(setup: Setup, code: int, key: str) -> None:
    setup.file.always = server.status(code)
    error = setup.refusal()
    assert error.key == f"update.{key}"
    assert str(code) in error.message()
    assert len(setup.file.asked) == 1


def test_the_service_says_how_long_to_wait(setup: Setup) -> None:
    until = email.utils.format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    setup.limits = replace(setup.limits, tries=5)
    setup.file.script = [
        server.status(429, Retry_After="7"),
        server.status(503, Retry_After=until),
        server.status(429, Retry_After="99999"),
        server.status(429, Retry_After="soon"),
    ]
    setup.fetch()
    assert setup.target.read_bytes() == CONTENT
    assert setup.waits[0] == 7
    assert 80 < setup.waits[1] <= 90
    assert setup.waits[2:] == [LONGEST_WAIT_S, 8]


def test_a_fault_of_the_service_is_waited_out_ever_longer(setup: Setup) -> None:
    setup.file.script = [server.status(500), server.status(502)]
    setup.fetch()
    assert setup.waits == [1, 2]
    assert setup.target.read_bytes() == CONTENT


def test_attempts_that_advance_are_not_counted(setup: Setup) -> None:
    setup.file.script = [server.cut_after(70_000)] * 5
    setup.fetch()
    assert setup.target.read_bytes() == CONTENT
    assert setup.waits == [1] * 5


def test_another_size_than_announced_is_refused_before_it_comes(setup: Setup) -> None:
    setup.wanted = replace(setup.wanted, size=SIZE + 1)
    asked_room: list[int] = []
    error = setup.refusal(has_room=asked_room.append)
    assert error.key == "update.wrong_size"
    assert (error.params["expected"], error.params["found"]) == (SIZE + 1, SIZE)
    assert not asked_room
    assert not setup.part.exists()


def test_a_file_of_unknown_length_is_held_against_the_announced_size(setup: Setup) -> None:
    setup.file.always = server.unsized
    setup.fetch()
    assert setup.target.read_bytes() == CONTENT
    setup.target.unlink()
    setup.wanted = replace(setup.wanted, size=SIZE - 1)
    assert setup.refusal().key == "update.wrong_size"


def test_a_packed_answer_is_unpacked(setup: Setup) -> None:
    setup.file.always = server.saying(gzip.compress(CONTENT), Content_Encoding="gzip")
    setup.fetch()
    assert setup.target.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (server.PAGE, "is_page"),
        (b"\n\n <html>", "is_page"),
        (b"siren,siret\n", "no_parquet"),
        (b"PK\3\4", "no_parquet"),
    ],
)
@pytest.mark.parametrize("size", [None, SIZE])
def test_a_page_in_place_of_the_file(setup: Setup, content: bytes, key: str, size: int | None) -> None:
    setup.wanted = replace(setup.wanted, size=size)
    setup.file.always = server.saying(content, Content_Type="text/html")
    assert setup.refusal().key == f"update.{key}"
    assert len(setup.file.asked) == 1
    assert not setup.part.exists()


def test_a_trickle_is_cut_and_taken_up(setup: Setup) -> None:
    setup.file.script = [server.slow(before=150_000, bytes_=1)]
    setup.limits = replace(setup.limits, patience_s=0.15, tries=20)
    setup.fetch()
    assert setup.target.read_bytes() == CONTENT
    taken_up = setup.ranges[1]
    assert taken_up is not None
    assert taken_up.startswith("bytes=1500")


def test_an_endless_trickle_is_given_up(setup: Setup) -> None:
    setup.file.always = server.slow(before=10, bytes_=1)
    setup.limits = replace(setup.limits, patience_s=0.15)
    error = setup.refusal()
    assert error.key == "update.broken_off"
    assert "nothing comes any more" in error.message("en")
    assert len(setup.file.asked) == 3


def test_a_connection_on_which_nothing_comes_is_cut(setup: Setup) -> None:
    setup.file.script = [server.slow(before=150_000, pause_s=0.5)]
    setup.limits = replace(setup.limits, patience_s=0.15, tries=20)
    setup.fetch()
    assert setup.target.read_bytes() == CONTENT
    assert setup.ranges[:2] == [None, "bytes=150000-"]


def test_nobody_listens(setup: Setup) -> None:
    with server.running() as gone:
        address = gone.url
    setup.wanted = Asked(address + PATH)
    error = setup.refusal()
    assert (error.key, setup.waits) == ("update.broken_off", [1, 2])
    assert "la connexion échoue" in error.message()


def test_a_disk_without_room_is_said_before_anything_is_written(setup: Setup) -> None:
    def refuse(needed: int) -> None:
        raise UserError("update.no_room", folder="x", needed=needed, free=0)

    assert setup.refusal(has_room=refuse).key == "update.no_room"
    assert len(setup.file.asked) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_disk_that_fills_up_is_said(setup: Setup) -> None:
    setup.part.symlink_to("/dev/full")
    error = setup.refusal()
    assert error.key == "update.disk_full"
    assert not isinstance(error, PassingError)
    assert str(setup.target.parent) in error.message()


def test_a_folder_that_cannot_be_written(setup: Setup) -> None:
    (setup.target.parent / "file").write_text("")
    setup.target = setup.target.parent / "file" / "stock.parquet"
    with pytest.raises(UserError) as caught:
        setup.fetch()
    assert caught.value.key == "update.unwritable"


def test_a_redirect_to_this_machine_is_followed(setup: Setup) -> None:
    with server.running() as other:
        other.offer("/elsewhere.parquet", OTHER)
        setup.file.always = server.status(302, Location=f"{other.url}/elsewhere.parquet")
        setup.fetch()
    assert setup.target.read_bytes() == OTHER


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("http://files.example.org/stock.parquet", "unsafe_address"),
        ("http://10.0.0.1/stock.parquet", "unsafe_address"),
        ("ftp://127.0.0.1/stock.parquet", "no_address"),
        ("file:///etc/passwd", "no_address"),
    ],
)
def test_other_redirects_are_not(setup: Setup, address: str, key: str) -> None:
    setup.file.always = server.status(302, Location=address)
    error = setup.refusal()
    assert error.key == f"update.{key}"
    assert address in error.message()
    assert len(setup.file.asked) == 1


def test_redirects_end(setup: Setup) -> None:
    setup.file.always = server.status(302, Location=PATH)
    assert setup.refusal().key == "update.too_many_redirects"


OFFICIAL = "https://www.data.gouv.fr/api/1"


@pytest.mark.parametrize(
    ("url", "service"),
    [
        ("https://object.files.data.gouv.fr/a.parquet", OFFICIAL),
        ("https://anything.example/a", OFFICIAL),
        ("http://mirror.example:8080/a", "http://mirror.example:8080/api/1"),
        ("http://localhost:1/a", "http://127.0.0.1:2"),
    ],
)
def test_addresses_that_may_be_asked(url: str, service: str) -> None:
    refuse_address(url, service=service)


@pytest.mark.parametrize(
    ("url", "service"),
    [
        ("http://www.data.gouv.fr/a", OFFICIAL),
        ("http://127.0.0.1/a", OFFICIAL),
        ("http://mirror.example:8081/a", "http://mirror.example:8080/api/1"),
        ("http://other.example:8080/a", "http://mirror.example:8080/api/1"),
        ("http://127.0.0.1.example.org/a", "http://127.0.0.1:2"),
        ("ftp://www.data.gouv.fr/a", OFFICIAL),
        ("file:///etc/passwd", OFFICIAL),
        ("javascript:alert(1)", OFFICIAL),
        ("../../x", OFFICIAL),
        ("", OFFICIAL),
        ("https://", OFFICIAL),
        ("https://[::1", OFFICIAL),
        ("https://a:port/", OFFICIAL),
    ],
)
def test_addresses_that_may_not(url: str, service: str) -> None:
    with pytest.raises(UserError) as caught:
        refuse_address(url, service=service)
    assert caught.value.key in {"update.no_address", "update.unsafe_address"}


def test_what_asks_loads_no_table_library() -> None:
    code = (
        "import sys, analytics.ingest.download, analytics.ingest.catalogue;"
        "print({'polars', 'pandas', 'requests', 'tenacity'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
