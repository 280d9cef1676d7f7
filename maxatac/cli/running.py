"""Running a command: from its parsed options to its result."""

from __future__ import annotations

import argparse
import dataclasses
import importlib
from typing import TypeVar

from maxatac.backend.startup import leave_tensorflow_out
from maxatac.cli.config import log_notes
from maxatac.cli.output import say
from maxatac.errors import InputError
from maxatac.runs.settings import ResourceSettings, Settings, loader_threads
from maxatac.system.resources import limit_numeric_threads

S = TypeVar("S", bound=Settings)


def settings_from(namespace: argparse.Namespace, settings: type[S]) -> S:
    """Make the settings that a parsed command line asks for."""
    names = [field.name for field in dataclasses.fields(settings)]
    return settings(**{name: getattr(namespace, name) for name in names if hasattr(namespace, name)})


def prepare_libraries(settings: ResourceSettings) -> None:
    """Set what libraries read when they are imported: the number of threads; and leave TensorFlow out for JAX."""
    limit_numeric_threads(loader_threads(settings))
    leave_tensorflow_out()


def run_command(namespace: argparse.Namespace, settings: type[Settings], module: str, command: str) -> int:
    """Run a command, or its checks if it is to be a dry run, and print what came of it.

    Parameters
    ----------
    namespace : argparse.Namespace
        The parsed command line.
    settings : type
        Of the command.
    module : str
        Where its functions are: one with the name of the command, and ``prepare_<command>``. Both take the settings.
    command : str

    Returns
    -------
    int
        Exit status.
    """
    from maxatac.cli.logs import log_to_stderr

    config = settings_from(namespace, settings)
    if namespace.config_problems:
        raise InputError([*namespace.config_problems, *config.problems()])
    log_to_stderr(config.loglevel)  # type: ignore[attr-defined] # of ResultSettings, which all commands have
    log_notes(namespace)
    if isinstance(config, ResourceSettings):
        prepare_libraries(config)
    home = importlib.import_module(module)
    done = getattr(home, f"prepare_{command}" if namespace.dry_run else command)(config)
    say("\n".join(done.describe()))
    return 0
