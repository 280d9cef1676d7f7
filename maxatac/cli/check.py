"""``maxatac check``."""

from __future__ import annotations

import argparse
from typing import Any

from maxatac.cli.config import log_notes
from maxatac.cli.findings import show
from maxatac.cli.running import prepare_libraries, settings_from
from maxatac.cli.train import add_options
from maxatac.errors import InputError
from maxatac.runs.folder import RunFolder
from maxatac.training.settings import TrainConfig


def add_parser(subparsers: Any) -> None:
    """Declare the options: those of a training run, and those of the report."""
    parser = subparsers.add_parser(
        "check",
        help="read and check everything that a training run would read",
        description="Read every input of a training run from end to end, say what is in it and what is wrong, and "
        "estimate what the run would take. Takes the options of maxatac train; nothing is written.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Exit status: 0 a run would start (there may be warnings), 2 it would fail or mean nothing, "
        "130 interrupted.",
    )
    add_options(parser, meta_is_positional=True)
    # The output folder is checked only if it is given.
    parser.set_defaults(output=None)
    group = parser.add_argument_group("report")
    group.add_argument("--json", action="store_true", help="Print JSON for programs in place of text. Default: off.")
    group.add_argument(
        "--timed_fit",
        action="store_true",
        help="Train on a few batches, which are thrown away, to measure what a step takes; up to a minute. Default: "
        "off, the time of a step is stated.",
    )
    parser.set_defaults(run=run)


def run(namespace: argparse.Namespace) -> int:
    """Check, and print the findings."""
    from maxatac.cli.logs import log_to_stderr

    checks_folder = namespace.output is not None
    if not checks_folder:
        del namespace.output
    config = settings_from(namespace, TrainConfig)
    if namespace.config_problems:
        raise InputError([*namespace.config_problems, *config.problems()])
    log_to_stderr(config.loglevel)
    log_notes(namespace)
    prepare_libraries(config)
    folder = RunFolder(config.output, config.prefix, config.model_format) if checks_folder else None
    return show(config, folder, as_json=namespace.json, timed_fit=namespace.timed_fit)
