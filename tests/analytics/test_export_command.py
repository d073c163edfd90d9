"""The command ``export``: documents to files, and one sentence for what cannot be."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from analytics.__main__ import DOCUMENTS, main
from analytics.export import outputs
from analytics.export.outputs import OUTPUTS

Output = pytest.CaptureFixture[str]
Export = Callable[..., int]


@pytest.fixture
def export(demo_root: Path) -> Export:
    """Return a function that runs the command on the demonstration."""

    def run(*words: str, root: Path = demo_root) -> int:
        return main(["export", *words, "--store", str(root)])

    return run


@pytest.mark.parametrize("kind", OUTPUTS)
def test_each_document_is_written_and_its_size_told(export: Export, kind: str, tmp_path: Path, capsys: Output) -> None:
    path = tmp_path / f"document{OUTPUTS[kind].suffix}"
    assert export(kind, "--out", str(path), "--view", "department=48", "--lang", "en") == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert path.name in told.err
    assert "Demonstration data" in told.err
    content = path.read_bytes()
    magic = {".pdf": b"%PDF-", ".gpkg": b"SQLite format 3\0"}.get(path.suffix, b"PK\x03\x04")
    assert content.startswith(magic)
    assert list(tmp_path.iterdir()) == [path], "nothing is left beside it"
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as package:
            assert package.testzip() is None


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("slides", "--out", "{folder}/x.pdf"), "x.pdf"),
        (("slides", "--out", "{folder}/absent/x.pptx"), "absent n’existe pas"),
        (("slides", "--out", "{folder}/x.pptx", "--view", "departement=48"), "departement"),
        (("slides", "--out", "{folder}/x.pptx", "--view", "department=75"), "75"),
        (("report", "--out", "{folder}/x.pdf", "--town", "99999"), "99999"),
        (("report", "--out", "{folder}/x.pdf", "--antenna", "Paris"), "Paris"),
        (("report", "--out", "{folder}/x.pdf", "--antenna", "Mende", "--town", "48095"), "--town, --antenna"),
        (("workbook", "--out", "{folder}/x.xlsx", "--town", "48095"), "--town"),
        (
            ("report", "--out", "{folder}/x.pdf", "--view", "department=48&segment=manufacturing&size=250%2B"),
            "aucune entreprise",
        ),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_no_file(
    export: Export, words: tuple[str, ...], sentence: str, tmp_path: Path, capsys: Output
) -> None:
    assert export(*(word.format(folder=tmp_path) for word in words)) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert sentence.lower() in told.err.lower()
    assert told.err.count("\n") == 1
    assert "Traceback" not in told.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["export", "poster", "--out", "x.pdf"], "document inconnu, poster : choisissez parmi slides"),
        (["export", "slides", "--out", "x.pptx", "--lang", "de"], "langue inconnue, de : choisissez parmi fr, en"),
    ],
)
def test_unknown_words_of_the_command_say_which_there_are(
    words: list[str], sentence: str, capsys: Output, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err.replace("\u202f", " ").replace("  ", " ")
    assert not list(tmp_path.iterdir())


def test_without_a_published_snapshot_the_sentence_says_what_to_do(
    export: Export, tmp_path: Path, capsys: Output
) -> None:
    out = tmp_path / "x.pptx"
    assert export("slides", "--out", str(out), root=tmp_path / "nothing") == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not out.exists()


def test_what_stood_there_stays_when_the_work_fails(
    export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.pptx"
    path.write_bytes(b"the slides of last week")

    def fail(*_: object, **__: object) -> bytes:
        raise RuntimeError("a defect")

    monkeypatch.setattr("analytics.answer_commands.make", fail)
    with pytest.raises(RuntimeError):
        export("slides", "--out", str(path))
    assert path.read_bytes() == b"the slides of last week"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_rights_is_told_before_the_work(export: Export, tmp_path: Path, capsys: Output) -> None:
    tmp_path.chmod(0o500)
    assert export("slides", "--out", str(tmp_path / "x.pptx")) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_every_document_has_a_maker_that_exists() -> None:
    assert tuple(OUTPUTS) == DOCUMENTS
    for output in OUTPUTS.values():
        assert callable(outputs._maker(output.maker))
