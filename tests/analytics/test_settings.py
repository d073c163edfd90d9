"""The region's settings: the bundled file, and what is refused."""

from __future__ import annotations

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
    ],
)
def test_a_fault_is_one_sentence_that_names_the_file(tmp_path: Path, old: str, new: str, key: str) -> None:
    with pytest.raises(UserError) as caught:
        load_settings(_changed(tmp_path, old, new))
    assert caught.value.key == key
    assert "region.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


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
