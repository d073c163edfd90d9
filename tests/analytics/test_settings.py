"""The region's settings: the bundled file, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analytics.errors import UserError
from analytics.settings import REGION_FILE, default_settings, load_settings


def test_the_bundled_region() -> None:
    settings = default_settings()
    assert len(settings.region.departments) == 13
    assert [a.name for a in settings.antennas if a.kind == "seat"] == ["Toulouse", "Montpellier"]
    assert len(settings.antennas) == 9
    assert sum(a.staff for a in settings.antennas) == 11
    assert len(settings.perimeters["tic"].naf_rev2) == 25
    assert {q: settings.reference_figure(q).value for q in ("members", "member_jobs", "firms", "jobs")} == {  # type: ignore[union-attr]
        "members": 400,
        "member_jobs": 17_000,
        "firms": 18_000,
        "jobs": 63_000,
    }
    assert settings.reference_figure("nothing") is None


def _changed(tmp_path: Path, old: str, new: str) -> Path:
    text = REGION_FILE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "region.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("[region]", "[region", "settings.not_toml"),
        ('kind = "seat"', 'kind = "bureau"', "settings.faults"),
        ("staff = 2", "staff = -1", "settings.faults"),
        ('default_perimeter = "tic"', 'default_perimeter = "tac"', "settings.faults"),
        ("allowed_shrink_pct", "allowed_shrinking_pct", "settings.faults"),
        ('"31555"', '"3155"', "settings.faults"),
        ('time = "05:30"', 'time = "24:00"', "settings.faults"),
        ("days = [1, 2,", "days = [31, 2,", "settings.faults"),
        ("days = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]", "days = []", "settings.faults"),
        ('service = "https://', 'service = "ftp://', "settings.faults"),
        ('dataset = "', 'dataset = "../', "settings.faults"),
        ('register_file = "', 'register_file = "../', "settings.faults"),
        ("patience_s = 60", "patience_s = 0", "settings.faults"),
    ],
)
def test_a_fault_is_one_sentence_that_names_the_file(tmp_path: Path, old: str, new: str, key: str) -> None:
    with pytest.raises(UserError) as caught:
        load_settings(_changed(tmp_path, old, new))
    assert caught.value.key == key
    assert "region.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "french", "english"),
    [
        (
            'kind = "seat"',
            'kind = "bureau"',
            "antennas.0.kind\u202f: doit être l’un de 'seat', 'antenna'",
            "must be one of",
        ),
        ("staff = 2", "staff = -1", "staff\u202f: doit être d’au moins 0", "staff: must be at least 0"),
        ("staff = 2", 'staff = "two"', "staff\u202f: doit être un nombre", "staff: must be a number"),
        ("patience_s = 60", "patience_s = 0", "doit dépasser 0", "must be more than 0"),
        ("near_km = 30", "near_km = inf", "doit être un nombre fini", "must be a finite number"),
        (
            "allowed_shrink_pct",
            "allowed_shrinking_pct",
            "build.allowed_shrink_pct\u202f: à écrire, il manque",
            "missing",
        ),
        (
            "allowed_shrink_pct",
            "allowed_shrinking_pct",
            "build.allowed_shrinking_pct\u202f: réglage inconnu",
            "unknown",
        ),
        ('time = "05:30"', 'time = "24:00"', "update.time\u202f: n’a pas la forme attendue", "form expected"),
        ('default_perimeter = "tic"', 'default_perimeter = "tac"', "«\u202ftac\u202f», qui n’est pas", "“tac”"),
        (
            "days = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]",
            "days = []",
            "days doit nommer au moins un jour",
            "at least one day",
        ),
    ],
)
def test_a_fault_is_said_in_the_language(tmp_path: Path, old: str, new: str, french: str, english: str) -> None:
    with pytest.raises(UserError) as caught:
        load_settings(_changed(tmp_path, old, new))
    assert french in caught.value.message("fr")
    assert english in caught.value.message("en")
    assert not re.search(r"(?i)\b(input|should|value|error|required|valid|permitted)\b", caught.value.message("fr"))


def test_of_many_faults_five_are_told(tmp_path: Path) -> None:
    file = tmp_path / "region.toml"
    file.write_text("", encoding="utf-8")
    with pytest.raises(UserError) as caught:
        load_settings(file)
    assert caught.value.message("fr").count("il manque") == 5
    assert caught.value.message("fr").endswith("\u202f; ….")


def test_an_absent_file(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        load_settings(tmp_path / "no.toml")
    assert caught.value.key == "settings.absent"


def test_a_folder_is_no_settings_file(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        load_settings(tmp_path)
    assert caught.value.key == "settings.unreadable"


def test_prefixes_have_no_dots() -> None:
    assert default_settings().perimeters["core"].prefixes("NAFRev2") == ("582", "61", "62", "631")
