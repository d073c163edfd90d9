"""When updates run by themselves: a systemd service with its timer, or a line of cron, ready to be installed.

Both run ``python -m analytics update`` on the days and at the time of the settings. Where the roster lies is handed
over in the environment; once installed that is no secret from other accounts of the machine: ``systemctl cat`` tells a
unit, and ``ps`` the line that cron gives to a shell. The roster's own rights guard it.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from analytics.settings import UpdateRules
from analytics.text import Translator

UNIT = "ecosystem-update"


@dataclass(frozen=True)
class Job:
    """What runs.

    Attributes
    ----------
    command
        Program and arguments, absolute paths.
    folder
        Where it runs: the project's.
    environment
        Variables that it needs.
    written
        Folders that it writes to.
    log
        File that takes what it says, where nothing else does (cron).
    user
        Account as which it runs.
    """

    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    written: Sequence[Path]
    log: Path
    user: str


def systemd_units(job: Job, rules: UpdateRules, t: Translator) -> dict[str, str]:
    """Return the service and its timer, by the names of their files.

    A run that failed for want of the network or of the service is tried again each hour, six times a day.
    """
    service = [
        "[Unit]",
        f"Description={t('schedule.description')}",
        "Documentation=https://www.data.gouv.fr/datasets/" + rules.dataset,
        "Wants=network-online.target",
        "After=network-online.target",
        "StartLimitIntervalSec=1d",
        "StartLimitBurst=6",
        "",
        "[Service]",
        "Type=oneshot",
        f"User={job.user}",
        f"WorkingDirectory={_specifiers(str(job.folder))}",
        *(f"Environment={_quoted(f'{name}={value}')}" for name, value in job.environment.items()),
        "ExecStart=" + " ".join(_quoted(word).replace("$", "$$") for word in job.command),
        # A fault that is to be put right first, and one of the program: trying again would not help.
        "Restart=on-failure",
        "RestartPreventExitStatus=1 2",
        "RestartSec=1h",
        "UMask=0077",
        "NoNewPrivileges=yes",
        "PrivateTmp=yes",
        "ProtectSystem=strict",
        # Absent they are passed over (-), else systemd would not even start it (226): the update makes its folder, or
        # says in a sentence that it cannot.
        *(f"ReadWritePaths={_quoted(f'-{path}')}" for path in job.written),
    ]
    days = ",".join(f"{day:02d}" for day in sorted(set(rules.days)))
    timer = [
        "[Unit]",
        f"Description={t('schedule.description')}",
        "",
        "[Timer]",
        f"OnCalendar=*-*-{days} {rules.time}:00",
        "RandomizedDelaySec=20min",
        "Persistent=yes",
        "",
        "[Install]",
        "WantedBy=timers.target",
    ]
    return {f"{UNIT}.service": "\n".join(service) + "\n", f"{UNIT}.timer": "\n".join(timer) + "\n"}


def cron_line(job: Job, rules: UpdateRules, t: Translator) -> str:
    """Return the lines for ``crontab -e``: a comment, and the job."""
    hour, minute = rules.time.split(":")
    days = ",".join(str(day) for day in sorted(set(rules.days)))
    variables = " ".join(f"{name}={shlex.quote(value)}" for name, value in job.environment.items())
    run = f"cd {shlex.quote(str(job.folder))} && umask 077 && {variables} {shlex.join(job.command)}"
    run = f"{run} >> {shlex.quote(str(job.log))} 2>&1".replace("  ", " ")
    # To cron a bare percent sign ends the command.
    line = f"{int(minute)} {int(hour)} {days} * * {run}".replace("%", r"\%")
    return f"# {t('schedule.description')}\n{line}\n"


def _quoted(word: str) -> str:
    """Return a word as systemd takes it, spaces, quotes and specifiers included."""
    escaped = _specifiers(word).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"' if not escaped or any(sign in escaped for sign in " \t'\"\\;") else escaped


def _specifiers(text: str) -> str:
    return text.replace("%", "%%")
