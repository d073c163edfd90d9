"""The command line: ``python -m analytics build | demo | isochrones | status | rollback | table``.

Only the arguments are read here, so that ``--help`` answers at once; ``analytics.commands`` does the work. Bad input is
one sentence on standard error and exit code 2; what a command was asked for goes to standard output, alone.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from analytics.errors import UserError
from analytics.text import LANGUAGES, Translator, translator

EXIT_USER_ERROR = 2
# What a shell reports for a command ended by SIGINT or SIGPIPE: 128 and the signal's number.
EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141


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
        run = getattr(import_module("analytics.commands"), options.command)
        run(options)
        sys.stdout.flush()
    except UserError as error:
        sys.stderr.write(error.message(options.lang) + "\n")
        return EXIT_USER_ERROR
    except KeyboardInterrupt:
        sys.stderr.write(translator(options.lang)("cli.interrupted") + "\n")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has gone. Python flushes standard output once more at exit: let it go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BROKEN_PIPE
    return 0


def make_parser(language: str) -> argparse.ArgumentParser:
    """Return the parser of the arguments, its help in ``language``."""
    t = translator(language)
    parser = argparse.ArgumentParser(
        prog="python -m analytics", description=t("cli.description"), parents=[_common_options(t)], allow_abbrev=False
    )
    parser.set_defaults(lang=language, store=None)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", title=t("cli.commands"))

    def add(name: str) -> argparse.ArgumentParser:
        text = t(f"cli.{name}")
        parents = [_common_options(t)]
        return commands.add_parser(name, help=text, description=text, parents=parents, allow_abbrev=False)

    _add_build_options(add("build"), t)
    add("demo")
    _add_isochrone_options(add("isochrones"), t)
    add("status").add_argument("--json", action="store_true", help=t("cli.option_json"))
    add("rollback").add_argument("snapshot_id", nargs="?", metavar="ID", help=t("cli.option_id"))
    _add_table_options(add("table"), t)
    return parser


def _common_options(t: Translator) -> argparse.ArgumentParser:
    # Accepted before and after the command: no default here, or the later would overwrite the earlier; and made anew
    # for each parser, since parsers share the defaults of the options of a common parent.
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--store", type=Path, metavar="DIR", help=t("cli.option_store"))
    common.add_argument("--lang", choices=LANGUAGES, help=t("cli.option_lang"))
    return common


def _add_build_options(parser: argparse.ArgumentParser, t: Translator) -> None:
    parser.add_argument("--register", type=Path, required=True, metavar="F", help=t("cli.option_register"))
    parser.add_argument("--legal-units", type=Path, metavar="F", help=t("cli.option_legal_units"))
    parser.add_argument("--members", type=Path, metavar="F", help=t("cli.option_members"))
    parser.add_argument("--region", type=Path, metavar="F", help=t("cli.option_region"))
    parser.add_argument("--allow-shrink", action="store_true", help=t("cli.option_allow_shrink"))


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


def _count(t: Translator) -> Callable[[str], int]:
    """Return what reads a whole number that is not negative, and says so where it is none."""

    def read(text: str) -> int:
        if not text.isdecimal():
            raise argparse.ArgumentTypeError(t("cli.no_count", value=text))
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
