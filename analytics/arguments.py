"""A parser of arguments that speaks the reader's language where Python's own speaks English."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

from analytics.text import Translator

# What argparse says, and the sentence of ours that says it. What is not here is passed on as it is.
_SAID = tuple(
    (re.compile(said, re.DOTALL), key)
    for said, key in (
        (r"the following arguments are required: (?P<names>.*)", "cli.usage_required"),
        (r"one of the arguments (?P<names>.*) is required", "cli.usage_one_required"),
        (r"unrecognized arguments: (?P<names>.*)", "cli.usage_unrecognized"),
        (r"invalid choice: (?P<value>.*) \(choose from (?P<known>.*)\)", "cli.usage_choice"),
        (r"invalid \S+ value: (?P<value>.*)", "cli.usage_value"),
        (r"not allowed with argument (?P<names>.*)", "cli.usage_not_with"),
        (r"expected one argument", "cli.usage_expected"),
        (r"ignored explicit argument (?P<value>.*)", "cli.usage_explicit"),
    )
)
_OF_ARGUMENT = re.compile(r"argument (?P<name>[^:]+): (?P<said>.*)", re.DOTALL)


class Parser(argparse.ArgumentParser):
    """Python's parser, its headings, its help on help and its refusals in one language.

    Parameters
    ----------
    t
        The texts.
    **options
        As ``argparse.ArgumentParser`` takes them.
    """

    def __init__(self, *, t: Translator, **options: Any) -> None:  # noqa: ANN401 - argparse's own options
        super().__init__(add_help=False, formatter_class=_formatter(t), **options)
        self._t = t
        self._optionals.title = t("cli.usage_options")
        self._positionals.title = t("cli.usage_arguments")
        self.add_argument("-h", "--help", action="help", help=t("cli.usage_help"))

    def error(self, message: str) -> NoReturn:
        """Say what is wrong after the usage, and end with exit code 2."""
        self.print_usage(sys.stderr)
        self.exit(2, self._t("cli.usage_error", program=self.prog, message=said(message, self._t)) + "\n")


def said(message: str, t: Translator) -> str:
    """Return what argparse says in the reader's language; as it is where no sentence of ours says it."""
    if of := _OF_ARGUMENT.fullmatch(message):
        return t("cli.usage_argument", name=of["name"], message=said(of["said"], t))
    for pattern, key in _SAID:
        if found := pattern.fullmatch(message):
            return t(key, **found.groupdict())
    return message


def _formatter(t: Translator) -> type[argparse.HelpFormatter]:
    class Formatter(argparse.HelpFormatter):
        def add_usage(
            self,
            usage: str | None,
            actions: Iterable[argparse.Action],
            groups: Iterable[Any],
            prefix: str | None = None,
        ) -> None:
            super().add_usage(usage, actions, groups, t("cli.usage") + " " if prefix is None else prefix)

    return Formatter
