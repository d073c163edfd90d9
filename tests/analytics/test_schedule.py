"""What runs updates by themselves: units that systemd takes, a line that cron takes, each as its program reads it."""

from __future__ import annotations

import configparser
import shlex
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from analytics.__main__ import EXIT_USER_ERROR, main
from analytics.errors import EXIT_PASSING
from analytics.schedule import Job, cron_line, systemd_units
from analytics.settings import REGION_FILE, ROOT, UpdateRules
from analytics.text import translator

Output = pytest.CaptureFixture[str]
T = translator("fr")
ODD = Job(
    command=("/opt/a b/python", "-m", "analytics", "update", "--region", '/opt/100%/$x"y.toml'),
    folder=Path("/opt/a b"),
    environment={"ECOSYSTEM_STORE": '/srv/50% "data"', "ECOSYSTEM_MEMBERS": "/srv/l’été/it's.xlsx"},
    written=(Path("/srv/50% data"),),
    log=Path("/srv/50% data/x.log"),
    user="d113",
)


class _Unit(configparser.RawConfigParser):
    """A unit file; of a key that stands several times, the last."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def _parsed(text: str) -> _Unit:
    unit = _Unit(strict=False, delimiters="=")
    unit.read_string(text)
    return unit


def test_the_units_say_when_and_what() -> None:
    units = systemd_units(ODD, UpdateRules(days=(3, 2, 2, 11), time="04:05"), T)
    assert list(units) == ["ecosystem-update.service", "ecosystem-update.timer"]
    service, timer = (_parsed(text) for text in units.values())
    assert timer["Timer"]["OnCalendar"] == "*-*-02,03,11 04:05:00"
    assert service["Service"]["Restart"] == "on-failure"
    assert str(EXIT_USER_ERROR) in service["Service"]["RestartPreventExitStatus"].split()
    assert str(EXIT_PASSING) not in service["Service"]["RestartPreventExitStatus"].split()
    assert service["Service"]["Type"] == "oneshot"
    assert service["Service"]["User"] == "d113"
    assert service["Service"]["ExecStart"] == (
        r'"/opt/a b/python" -m analytics update --region "/opt/100%%/$$x\"y.toml"'
    )
    assert service["Service"]["ReadWritePaths"] == '"-/srv/50%% data"'
    assert r'Environment="ECOSYSTEM_STORE=/srv/50%% \"data\""' in units["ecosystem-update.service"]


def _verify(folder: Path) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", "verify", "--man=no", *map(str, sorted(folder.iterdir()))]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here to ask")
def test_systemd_takes_the_units_and_the_moment(tmp_path: Path, capsys: Output) -> None:
    assert main(["schedule", "systemd", "--out", str(tmp_path), "--store", str(tmp_path / "a b 50%")]) == 0
    written = capsys.readouterr().out.splitlines()
    assert written == [str(tmp_path / f"ecosystem-update.{kind}") for kind in ("service", "timer")]
    done = _verify(tmp_path)
    # Without a running systemd other units may be missing; ours must not be named.
    assert "ecosystem-update" not in done.stderr
    spoilt = tmp_path / "ecosystem-update.service"
    spoilt.write_text(spoilt.read_text().replace("RestartSec=1h", "RestartSec=soon"))
    assert "ecosystem-update" in _verify(tmp_path).stderr, "it would be told"
    moment = _parsed((tmp_path / "ecosystem-update.timer").read_text())["Timer"]["OnCalendar"]
    subprocess.run(["systemd-analyze", "calendar", moment], check=True, capture_output=True)


def test_the_line_of_cron_runs_as_a_shell_reads_it(tmp_path: Path) -> None:
    told = tmp_path / "50% it's"
    told.mkdir()
    script = told / "python"
    script.write_text('#!/bin/sh\necho "$ECOSYSTEM_STORE|$*|$(pwd)"\n')
    script.chmod(0o700)
    job = Job(
        command=(str(script), "update", "--lang", "fr"),
        folder=told,
        environment={"ECOSYSTEM_STORE": "/srv/50% \"a\" 'b'"},
        written=(told,),
        log=told / "x.log",
        user="d113",
    )
    comment, line = cron_line(job, UpdateRules(days=(2, 10), time="05:30"), T).splitlines()
    assert comment == "# Mise à jour du tableau de bord avec les fichiers Sirene"
    *when, command = line.split(" ", 5)
    assert when == ["30", "5", "2,10", "*", "*"]
    # As cron does: a percent sign that is not escaped would end the command.
    assert "%" not in command.replace(r"\%", "")
    subprocess.run(["/bin/sh", "-c", command.replace(r"\%", "%")], check=True)
    assert job.log.read_text() == f"/srv/50% \"a\" 'b'|update --lang fr|{told}\n"


def test_the_command_writes_what_is_to_be_installed(
    capsys: Output, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("roster.xlsx").touch()
    for name in ("ECOSYSTEM_MEMBERS", "ECOSYSTEM_RAW", "ECOSYSTEM_STORE"):
        monkeypatch.delenv(name, raising=False)
    assert main(["schedule", "systemd", "--members", "roster.xlsx", "--store", "/srv/data"]) == 0
    text = capsys.readouterr().out
    assert "# ecosystem-update.service\n[Unit]" in text
    assert "# ecosystem-update.timer\n[Unit]" in text
    assert "ReadWritePaths=-/srv/data\n" in text
    assert "ReadWritePaths=-/srv/data/raw\n" in text, "a store put back from a copy has none, and systemd starts it"
    assert f"Environment=ECOSYSTEM_MEMBERS={Path('roster.xlsx').absolute()}\n" in text
    assert f"WorkingDirectory={ROOT}\n" in text
    started = next(line for line in text.splitlines() if line.startswith("ExecStart="))
    assert started.endswith("-m analytics update --lang fr")
    assert "roster" not in started, "where it lies is in the environment alone"


def test_files_that_say_where_the_roster_lies_are_this_account_s(tmp_path: Path) -> None:
    roster = tmp_path / "roster.xlsx"
    roster.touch()
    assert main(["schedule", "systemd", "--out", str(tmp_path), "--members", str(roster), "--store", "/srv/data"]) == 0
    written = sorted(tmp_path.glob("ecosystem-update.*"))
    assert [stat.S_IMODE(path.stat().st_mode) for path in written] == [0o600, 0o600]


def test_a_roster_with_which_every_run_would_fail(capsys: Output, tmp_path: Path) -> None:
    assert main(["schedule", "cron", "--members", str(tmp_path / "absent.xlsx"), "--store", str(tmp_path)]) == 2
    told = capsys.readouterr()
    assert "absent.xlsx" in told.err
    assert not told.out


def test_the_line_of_cron_from_the_command(capsys: Output, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    roster = tmp_path / "roster.xlsx"
    roster.touch()
    monkeypatch.setenv("ECOSYSTEM_STORE", "/srv/data")
    monkeypatch.setenv("ECOSYSTEM_RAW", "/srv/raw")
    monkeypatch.setenv("ECOSYSTEM_MEMBERS", str(roster))
    assert main(["schedule", "cron", "--lang", "en", "--region", str(REGION_FILE)]) == 0
    comment, line = capsys.readouterr().out.splitlines()
    assert comment == "# Dashboard update with the Sirene files"
    assert line.startswith("30 5 1,2,3,4,5,6,7,8,9,10 * * cd ")
    words = shlex.split(line)
    for name, value in (("STORE", "/srv/data"), ("RAW", "/srv/raw"), ("MEMBERS", str(roster))):
        assert f"ECOSYSTEM_{name}={value}" in words
    assert words[-3:] == [">>", "/srv/data/ecosystem-update.log", "2>&1"]
    assert words[words.index("--region") + 1] == str(REGION_FILE)


def test_a_folder_that_is_not_there(tmp_path: Path, capsys: Output) -> None:
    assert main(["schedule", "cron", "--out", str(tmp_path / "absent")]) == 2
    assert "absent" in capsys.readouterr().err


@pytest.mark.parametrize("language", ["fr", "en"])
def test_other_schedulers_are_refused_with_those_there_are(capsys: Output, language: str) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["schedule", "launchd", "--lang", language])
    assert raised.value.code == 2
    assert "systemd, cron" in capsys.readouterr().err
