"""The command line: ``python -m analytics COMMAND``, such as ``build``, ``update``, ``table`` or ``export``.

Only the arguments are read here, so that ``--help`` answers at once; ``analytics.commands`` does the work, and
the modules named in ``MODULES`` that of other commands. Bad input is one sentence on standard error and exit
code 2, what may pass by itself exit code 75; what a command was asked for goes to standard output, alone. Exit code 3
says that it was answered from another data set than the published one, which is damaged; from ``update --check``, that
there is something to fetch. Exit code 4 of ``remove`` says that nothing that is kept told whom it was to remove.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from analytics.arguments import Parser
from analytics.errors import EXIT_PASSING, PassingError, UserError
from analytics.text import LANGUAGES, Translator, translator

EXIT_USER_ERROR = 2
# What a shell reports for a command ended by SIGINT or SIGPIPE: 128 and the signal's number.
EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141
# Where a command is, if not in ``analytics.commands``.
MODULES = {
    **dict.fromkeys(("table", "export"), "analytics.answer_commands"),
    **dict.fromkeys(("update", "schedule"), "analytics.update_command"),
    **dict.fromkeys(("remove", "removals", "restore", "verify", "backup"), "analytics.upkeep"),
    "audit": "analytics.journal_command",
}
# Commands whose name is that of a module in the functions' own file.
_FUNCTIONS = {"audit": "show_log"}
REMOVAL_REASONS = ("objection", "erasure", "other")
DOCUMENTS = ("slides", "report", "workbook", "layers")
SCHEDULERS = ("systemd", "cron")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    Parameters
    ----------
    arguments
        As after ``python -m analytics``; those of the process unless given.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    options = make_parser(_language_in(given)).parse_args(given)
    try:
        code = function_of(options.command)(options)
        sys.stdout.flush()
    except UserError as error:
        sys.stderr.write(error.message(options.lang) + "\n")
        return EXIT_PASSING if isinstance(error, PassingError) else EXIT_USER_ERROR
    except KeyboardInterrupt:
        sys.stderr.write(translator(options.lang)("cli.interrupted") + "\n")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has gone. Python flushes standard output once more at exit: let it go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BROKEN_PIPE
    return code or 0


def function_of(command: str) -> Callable[[argparse.Namespace], int | None]:
    """Return what a command runs; its module is loaded now."""
    module = import_module(MODULES.get(command, "analytics.commands"))
    run: Callable[[argparse.Namespace], int | None] = getattr(module, _FUNCTIONS.get(command, command))
    return run


def make_parser(language: str) -> argparse.ArgumentParser:
    """Return the parser of the arguments, its help in ``language``."""
    t = translator(language)
    parser = Parser(
        t=t,
        prog="python -m analytics",
        description=t("cli.description"),
        parents=[_common_options(t)],
        allow_abbrev=False,
    )
    parser.set_defaults(lang=language, store=None)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", title=t("cli.commands"))

    def add(name: str) -> argparse.ArgumentParser:
        text = t(f"cli.{name}")
        # Of either class: the type stubs want that of the parser.
        parents: list[Any] = [_common_options(t)]
        return commands.add_parser(name, help=text, description=text, parents=parents, allow_abbrev=False, t=t)

    _add_build_options(add("build"), t)
    add("demo")
    _add_update_options(add("update"), t)
    _add_schedule_options(add("schedule"), t)
    _add_isochrone_options(add("isochrones"), t)
    add("status").add_argument("--json", action="store_true", help=t("cli.option_json"))
    add("rollback").add_argument("snapshot_id", nargs="?", metavar="ID", help=t("cli.option_id"))
    _add_table_options(add("table"), t)
    _add_export_options(add("export"), t)
    add("audit").add_argument("--limit", type=_count(t, least=1), metavar="N", help=t("cli.option_audit_limit"))
    _add_removal_options(add("remove"), t, has_reason=True)
    add("removals").add_argument("--apply", action="store_true", help=t("cli.option_apply"))
    _add_removal_options(add("restore"), t)
    add("verify")
    add("backup").add_argument("--out", type=Path, required=True, metavar="F", help=t("cli.option_backup_out"))
    return parser


def _common_options(t: Translator) -> argparse.ArgumentParser:
    # Accepted before and after the command: no default here, or the later would overwrite the earlier; and made anew
    # for each parser, since parsers share the defaults of the options of a common parent.
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--store", type=Path, metavar="DIR", help=t("cli.option_store"))
    common.add_argument(
        "--lang", type=_one_of(LANGUAGES, "cli.no_language", t), metavar="fr|en", help=t("cli.option_lang")
    )
    return common


def _add_build_options(parser: argparse.ArgumentParser, t: Translator) -> None:
    parser.add_argument("--register", type=Path, required=True, metavar="F", help=t("cli.option_register"))
    parser.add_argument("--legal-units", type=Path, metavar="F", help=t("cli.option_legal_units"))
    parser.add_argument("--members", type=Path, metavar="F", help=t("cli.option_members"))
    parser.add_argument("--region", type=Path, metavar="F", help=t("cli.option_region"))
    parser.add_argument("--allow-shrink", action="store_true", help=t("cli.option_allow_shrink"))


def _add_update_options(parser: argparse.ArgumentParser, t: Translator) -> None:
    parser.add_argument("--check", action="store_true", help=t("update.option_check"))
    parser.add_argument("--force", action="store_true", help=t("update.option_force"))
    parser.add_argument("--allow-shrink", action="store_true", help=t("cli.option_allow_shrink"))
    parser.add_argument("--service", metavar="URL", help=t("update.option_service"))
    _add_place_options(parser, t)


def _add_schedule_options(parser: argparse.ArgumentParser, t: Translator) -> None:
    known = _one_of(SCHEDULERS, "schedule.no_kind", t)
    parser.add_argument("kind", metavar="|".join(SCHEDULERS), type=known, help=t("schedule.option_kind"))
    parser.add_argument("--out", type=Path, metavar="DIR", help=t("schedule.option_out"))
    _add_place_options(parser, t)


def _add_place_options(parser: argparse.ArgumentParser, t: Translator) -> None:
    parser.add_argument("--members", type=Path, metavar="F", help=t("update.option_members"))
    parser.add_argument("--raw", type=Path, metavar="DIR", help=t("update.option_raw"))
    parser.add_argument("--region", type=Path, metavar="F", help=t("cli.option_region"))


def _add_isochrone_options(parser: argparse.ArgumentParser, t: Translator) -> None:
    parser.add_argument("--candidates", type=_count(t), metavar="N", help=t("cli.option_candidates"))
    parser.add_argument("--service", metavar="URL", help=t("cli.option_service"))
    parser.add_argument("--view", default="", metavar="QUERY", help=t("cli.option_view"))


def _add_table_options(parser: argparse.ArgumentParser, t: Translator) -> None:
    parser.add_argument("name", metavar="NAME", help=t("cli.option_name"))

    def add(names: str, **how: Any) -> None:  # noqa: ANN401 - argparse's own options
        for name, metavar in (pair.split("=") for pair in names.split()):
            parser.add_argument(f"--{name}", metavar=metavar, help=t(f"cli.option_{name.replace('-', '_')}"), **how)

    add("level=L antenna=NAME segment=S threshold=T unit=km|min demand=D k=K")
    add("exclude=CODE force=CODE", action="append")
    add("base=B years=N rate=R target-members=M target-share=S target-jobs=J by=YEAR churn=C")
    add("from=ID", dest="start")
    add("to=ID", dest="end")
    add("limit=N", type=_count(t))
    add("view=QUERY", default="")
    add("out=F", type=Path)


def _add_export_options(parser: argparse.ArgumentParser, t: Translator) -> None:
    known = _one_of(DOCUMENTS, "cli.no_document", t)
    parser.add_argument("kind", metavar="|".join(DOCUMENTS), type=known, help=t("cli.option_document"))
    parser.add_argument("--out", type=Path, required=True, metavar="F", help=t("cli.option_document_out"))
    parser.add_argument("--view", default="", metavar="QUERY", help=t("cli.option_view"))
    parser.add_argument("--town", metavar="CODE", help=t("cli.option_town"))
    parser.add_argument("--antenna", metavar="NAME", help=t("cli.option_sheet_antenna"))


def _add_removal_options(parser: argparse.ArgumentParser, t: Translator, *, has_reason: bool = False) -> None:
    whom = parser.add_mutually_exclusive_group(required=True)
    whom.add_argument("--siren", metavar="SIREN", help=t("cli.option_siren"))
    whom.add_argument("--member", metavar="ID", help=t("cli.option_member"))
    if has_reason:
        words, known = "|".join(REMOVAL_REASONS), _one_of(REMOVAL_REASONS, "cli.no_reason", t)
        parser.add_argument("--reason", type=known, metavar=words, help=t("cli.option_reason"))


def _one_of(known: Sequence[str], key: str, t: Translator) -> Callable[[str], str]:
    """Return what reads one of these words, and says which there are where it is none; ``key`` is that sentence."""

    def read(text: str) -> str:
        if text not in known:
            raise argparse.ArgumentTypeError(t(key, value=text, known=", ".join(known)))
        return text

    return read


def _count(t: Translator, *, least: int = 0) -> Callable[[str], int]:
    """Return what reads a whole number of at least 0, or 1, and says so where it is none."""
    key = "cli.no_positive_count" if least else "cli.no_count"

    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(t(key, value=text))
        return int(text)

    return read


def _language_in(arguments: Sequence[str]) -> str:
    """Find the language before the parser is made: its help is written in it. A wrong one is refused later."""
    finder = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    finder.add_argument("--lang", nargs="?", default=LANGUAGES[0])
    found: str | None = finder.parse_known_args(arguments)[0].lang
    return found if found in LANGUAGES else LANGUAGES[0]


if __name__ == "__main__":
    sys.exit(main())
