"""UTF-8 for all text of the program, whatever the environment."""

from __future__ import annotations

import io
import os
import sys


def use_utf8() -> None:
    r"""Use UTF-8 for file names, and escape characters that the terminal cannot show.

    In the C locale without Python's UTF-8 mode, or in a locale of another encoding, Python cannot open a path from a
    meta file. The encoding of file names is fixed when Python starts, so the program starts again, as the same process.
    A character that a standard stream cannot show, for example because ``PYTHONIOENCODING`` is ASCII, is written as an
    escape such as ``\u03b2``; so is a byte of a path that is not valid text.
    """
    if sys.getfilesystemencoding().lower() not in ("utf-8", "utf8") and not sys.flags.utf8_mode and sys.executable:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
