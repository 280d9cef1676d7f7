"""Functions of the scripts that write parts of pages and descriptors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

END = "<!-- end of the table -->"


def begin(name: str, script: str) -> str:
    """Marker before a table that a script writes."""
    return f"<!-- table {name}, written by {script} -->"


def fill(page: Path, tables: Mapping[str, str], script: str) -> str:
    """Put tables between the markers of a page.

    Parameters
    ----------
    page : Path
        Holds one or more of the tables.
    tables : mapping of str to str
        Text of each by its name.
    script : str
        Name of the script in the markers; tables of other scripts do not change.

    Returns
    -------
    str
        New text of the page.

    Raises
    ------
    LookupError
        If there is no marker of this script.
    """
    marker = re.escape(begin("NAME", script)).replace("NAME", "([a-z]+)")
    marked = re.compile(rf"{marker}\n.*?{re.escape(END)}", re.DOTALL)
    text, count = marked.subn(
        lambda found: f"{begin(found[1], script)}\n\n{tables[found[1]]}\n\n{END}", page.read_text(encoding="utf-8")
    )
    if not count:
        raise LookupError(f"{page}: lacks the markers {begin('NAME', script)} and {END}")
    return text


def update(texts: Mapping[Path, str], *, write: bool, message: str) -> int:
    """Compare files with the text that they should have, and write those that differ if asked to.

    Parameters
    ----------
    texts : mapping of Path to str
        Text that each file should have.
    write : bool
        Write the files that differ; otherwise only report them.
    message : str
        What is wrong with a file that differs, and what to do.

    Returns
    -------
    int
        Exit status: 1 if a file still differs.
    """
    stale = 0
    for path, text in texts.items():
        if path.exists() and text == path.read_text(encoding="utf-8"):
            continue
        if write:
            path.write_text(text, encoding="utf-8")
            print(f"{path.name}: updated")
        else:
            print(f"{path.name}: {message}")
            stale += 1
    return 1 if stale else 0
