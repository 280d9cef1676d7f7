"""One encoding for all text of the program, whatever the environment says."""

from __future__ import annotations

import io
import os
import sys


def use_utf8() -> None:
    r"""Read and write names of files as UTF-8, and let no character be an error on the terminal.

    In the C locale without Python's UTF-8 mode, or in one of another encoding, Python cannot open a path from a meta
    file. The encoding of file names is fixed when Python starts, so the program starts once more, as the same process.
    What a standard stream cannot show, for example because ``PYTHONIOENCODING`` is ASCII, is written as an escape such
    as ``\u03b2``; so is a byte of a path that is no text.
    """
    if sys.getfilesystemencoding().lower() not in ("utf-8", "utf8") and not sys.flags.utf8_mode and sys.executable:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
