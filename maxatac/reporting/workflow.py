"""The report of a run: one HTML file that needs nothing else, and its figures as PNG and SVG.

It is drawn from the files that a run leaves, and so can be drawn again at any time.
"""

from __future__ import annotations

from pathlib import Path

from maxatac.figures.drawing import Drawing
from maxatac.files.atomic import replacing, write_text
from maxatac.reporting.contents import read_contents
from maxatac.reporting.page import render
from maxatac.runs.folder import RunFolder


def write_report(folder: RunFolder) -> Path:
    """Draw the report of a run, and its figures.

    Parameters
    ----------
    folder : RunFolder
        Holds a run, finished or not; gets the report and the folder of figures. Figures of an earlier report that this
        one has not are removed.

    Returns
    -------
    Path
        The report.

    Raises
    ------
    InputError
        If there is no run record, or a file is not what a run writes.
    OSError
        If something cannot be read or written.
    """
    contents = read_contents(folder)
    drawn: list[Drawing] = []
    text = render(contents, drawn)
    folder.figures.mkdir(exist_ok=True)
    written = set()
    for drawing in drawn:
        for suffix, content in ((".svg", drawing.svg), (".png", drawing.png)):
            path = folder.figures / f"{drawing.name}{suffix}"
            with replacing(path) as unfinished:
                unfinished.write_bytes(content)
            written.add(path)
    for path in folder.figure_files():
        if path not in written:
            path.unlink()
    # Last, so that a page that is there has its figures.
    write_text(folder.report, text)
    return folder.report
