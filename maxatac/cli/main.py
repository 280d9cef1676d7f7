"""The command ``maxatac``."""

# PYTHON_ARGCOMPLETE_OK: a shell that completes every program with argcomplete looks for this.

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from typing import NoReturn, TypeVar

from maxatac.backend.startup import own_settings
from maxatac.cli import (
    average,
    benchmark,
    binding,
    check,
    env,
    merge,
    normalize,
    peaks,
    predict,
    prepare,
    report,
    simulate,
    threshold,
    train,
)
from maxatac.cli.completion import complete
from maxatac.cli.config import fill_from_file
from maxatac.cli.encoding import use_utf8
from maxatac.cli.output import flush, say
from maxatac.cli.parser import BAD_INPUT, Parser
from maxatac.errors import InputError, MaxatacError, Stopped, visible
from maxatac.system.resources import want_of_memory
from maxatac.system.signals import handle_stop_signals

logger = logging.getLogger("maxatac")

OK, FAILURE, RETRY, INTERRUPTED = 0, 1, 75, 130

# Set when a backend failed during its work. TensorFlow then crashes when the interpreter ends.
_backend_failed = threading.Event()

T = TypeVar("T")


class _Version(argparse.Action):
    """Print the version and what was built; look it up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from maxatac.system.installation import build

        say(build().describe())
        parser.exit()


def build_parser() -> Parser:
    """Build the parser with every subcommand."""
    parser = Parser(
        prog="maxatac",
        description="Train networks that predict transcription factor binding from ATAC-seq signal and DNA sequence, "
        "apply them to genomes, and score what they predict.",
    )
    parser.add_argument(
        "--version",
        action=_Version,
        nargs=0,
        dest=argparse.SUPPRESS,
        default=argparse.SUPPRESS,
        help="show version, commit and platform of the program and exit",
    )
    subparsers = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)
    for command in (
        prepare,
        normalize,
        average,
        binding,
        train,
        check,
        predict,
        merge,
        peaks,
        threshold,
        benchmark,
        report,
        simulate,
        env,
    ):
        command.add_parser(subparsers)
    return parser


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse a command line; usage errors exit with status 2."""
    parser = build_parser()
    complete(parser)
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
        _tell(f"error: {error}")
        status = status or FAILURE
    distribution = sys.modules.get("maxatac.backend.processes")
    if _backend_failed.is_set() or (distribution is not None and distribution.has_left()):
        with contextlib.suppress(OSError):
            sys.stderr.flush()
        os._exit(status)
    sys.exit(status)
