"""The command ``maxatac``."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import logging
import os
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import version
from itertools import takewhile
from typing import NoReturn, TypeVar

from maxatac.backend.startup import own_settings
from maxatac.cli import check, report, simulate, train
from maxatac.cli.config import fill_from_file
from maxatac.cli.encoding import use_utf8
from maxatac.cli.output import flush, say
from maxatac.errors import InputError, MaxatacError, Stopped, visible
from maxatac.system.resources import want_of_memory
from maxatac.system.signals import handle_stop_signals

logger = logging.getLogger("maxatac")

OK, FAILURE, BAD_INPUT, RETRY, INTERRUPTED = 0, 1, 2, 75, 130

# Set when a backend failed during its work. TensorFlow then crashes when the interpreter ends.
_backend_failed = threading.Event()

T = TypeVar("T")


class Parser(argparse.ArgumentParser):
    """An argument parser that takes no abbreviations and suggests a name for an unknown option."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs["allow_abbrev"] = False
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]

    def canonical(self, argument: str) -> str:
        """Replace hyphens and underscores of an option that was typed by those that this parser uses."""
        if not argument.startswith("--"):
            return argument
        name, equals, value = argument.partition("=")
        spellings = {_folded(option): option for option in self._option_string_actions}
        return spellings.get(_folded(name), name) + equals + value

    def unknown_options(self, arguments: Sequence[str]) -> list[str]:
        """List arguments that look like a long option but are not one."""
        options = [argument for argument in takewhile("--".__ne__, arguments) if argument.startswith("--")]
        return [option for option in options if option.partition("=")[0] not in self._option_string_actions]

    def error(self, message: str) -> NoReturn:
        """Exit with the problem and the command that lists the options; the usage would hide the problem."""
        lines = "".join(f"{self.prog}: error: {visible(line)}\n" for line in message.split("\n"))
        self.exit(BAD_INPUT, f"{lines}See {self.prog} --help.\n")

    def reject_unknown(self, unknown: Sequence[str]) -> None:
        """Exit with a usage error that names each unknown option and the option that is most similar."""
        problems = []
        for argument in unknown:
            name = argument.partition("=")[0]
            known = [option for option in self._option_string_actions if option.startswith("--")]
            # With the dashes, which all options share, any two would be similar.
            bare = {option.strip("-"): option for option in known}
            close = difflib.get_close_matches(name.strip("-"), bare, n=1, cutoff=0.6) if name.startswith("-") else []
            kind = "option" if name.startswith("-") else "argument"
            hint = f"; did you mean {bare[close[0]]}?" if close else ""
            problems.append(f"unknown {kind} {name}{hint}")
        self.error("\n".join(problems))


class _Version(argparse.Action):
    """Print the version; look it up only then, because a clone that is not installed has none."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        say(f"maxatac {version('maxatac')}")
        parser.exit()


def _folded(option: str) -> str:
    return option.replace("_", "-").lower()


def build_parser() -> Parser:
    """Build the parser with every subcommand."""
    parser = Parser(
        prog="maxatac",
        description="Train networks that predict transcription factor binding from ATAC-seq signal and DNA sequence.",
    )
    parser.add_argument(
        "--version",
        action=_Version,
        nargs=0,
        dest=argparse.SUPPRESS,
        default=argparse.SUPPRESS,
        help="show program's version number and exit",
    )
    subparsers = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)
    for command in (train, check, report, simulate):
        command.add_parser(subparsers)
    return parser


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse a command line; usage errors exit with status 2."""
    parser = build_parser()
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if not arguments:
        parser.print_help()
        parser.exit(BAD_INPUT)
    choices = parser._subparsers._group_actions[0].choices  # type: ignore[union-attr]
    subparser = choices.get(arguments[0]) if isinstance(choices, dict) else None
    if isinstance(subparser, Parser):
        arguments[1:] = [subparser.canonical(argument) for argument in arguments[1:]]
        # Report these before missing options: a required option may be misspelt.
        if unknown := subparser.unknown_options(arguments[1:]):
            subparser.reject_unknown(unknown)
        fill_from_file(subparser, arguments[1:])
    namespace, unknown = parser.parse_known_args(arguments)
    if unknown:
        (subparser if isinstance(subparser, Parser) else parser).reject_unknown(unknown)
    return namespace


def run(command: Callable[[T], int], argument: T) -> int:
    """Run a command, and turn errors into messages and exit statuses; this is done only here."""
    try:
        return command(argument)
    except InputError as error:
        count = len(error.problems)
        for problem in error.problems:
            _tell(f"error: {problem}")
        _tell(f"{count} problem{'s' * (count != 1)} found before the start; nothing was written")
        return BAD_INPUT
    except MaxatacError as error:
        logger.debug("traceback", exc_info=True)
        _tell(f"error: {error}")
        return FAILURE
    except Stopped:
        return RETRY
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        logger.debug("traceback", exc_info=True)
        _tell(f"error: {error}")
        return FAILURE
    except Exception as error:
        # numpy and the backends have their own errors for memory that runs out.
        if (lacking := want_of_memory(error)) is None:
            raise
        logger.debug("traceback", exc_info=True)
        _tell(f"error: {lacking}")
        _backend_failed.set()
        return FAILURE


def _tell(line: str) -> None:
    """Print a line to stderr; if that fails, only the exit status reports the error."""
    with contextlib.suppress(OSError, ValueError):
        print(f"maxatac: {visible(line)}", file=sys.stderr)


def _run_command(arguments: Sequence[str] | None) -> int:
    namespace = parse(arguments)
    status: int = namespace.run(namespace)
    return status


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse and run a command line; returns the exit status."""
    put_back = handle_stop_signals()
    try:
        with own_settings():
            return run(_run_command, arguments)
    finally:
        put_back()


def program() -> NoReturn:
    """Entry point of the program ``maxatac``, which handles stop signals to its very end."""
    if sys.stderr is None:
        # The program was started without stderr. Occupy its descriptor, or the next file that is opened would get it.
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - open as long as the program
    # PYTHONWARNINGS=error, set for another program, would end a run at the first warning of a library.
    warnings.filters[:] = [entry for entry in warnings.filters if entry[0] != "error"]  # type: ignore[index]
    use_utf8()
    handle_stop_signals()
    status = FAILURE
    try:
        status = main()
    except SystemExit as leaving:
        # Usage errors and help; the status is a number.
        status = leaving.code  # type: ignore[assignment]
    except Exception:  # noqa: BLE001 - a bug of this program, reported as Python does
        sys.excepthook(*sys.exc_info())
    try:
        flush()
    except OSError as error:
        _tell(f"error: standard output: {error}")
        status = status or FAILURE
    distribution = sys.modules.get("maxatac.backend.processes")
    if _backend_failed.is_set() or (distribution is not None and distribution.has_left()):
        with contextlib.suppress(OSError):
            sys.stderr.flush()
        os._exit(status)
    sys.exit(status)
