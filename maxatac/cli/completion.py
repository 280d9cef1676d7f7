"""Completion of commands and options by the shell, with argcomplete where it is installed.

A shell asks for it by starting the program with a variable set. Otherwise nothing is imported.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys

ASKED = "_ARGCOMPLETE"
"""Variable that argcomplete's shell functions set."""


def complete(parser: argparse.ArgumentParser) -> None:
    """Answer the shell and end the process, if the shell asks what can follow; otherwise do nothing."""
    if ASKED not in os.environ:
        return
    try:
        argcomplete = importlib.import_module("argcomplete")
    except ImportError:
        # The shell function may be of another environment. There is then nothing to offer.
        os._exit(1)
    # Not by os._exit, as it would: what the program has made for itself is removed on the way out.
    argcomplete.autocomplete(parser, always_complete_options="long", exit_method=sys.exit)
