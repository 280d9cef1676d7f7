"""The space that temporary data may need, compared with what is free, before work begins."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from maxatac.errors import Problems
from maxatac.files.sniff import whose
from maxatac.preparation.cut_sites import sites_memory
from maxatac.preparation.read_files import ReadsFile
from maxatac.preparation.settings import PrepareConfig
from maxatac.wording import byte_size

# Bytes of temporary data for a byte of a packed input, as measured on simulated and real reads, with some to spare:
# for the cut sites, for their names in BED files, and for fragments that are compared with each other.
_SITES = {"bam": 1.5, "text": 2.5}
_NAMES = {"bam": 1.0, "text": 4.0}
_EQUAL = 4.5

_UNPACKED = 3.0
"""Text is at least so many times longer when it is not packed."""


def check_space(config: PrepareConfig, output: Path, files: Iterable[ReadsFile], problems: Problems) -> None:
    """Check the folder for temporary data, and that it has the space that may be needed.

    Parameters
    ----------
    config : PrepareConfig
    output : Path
        The output folder, which serves where no other was named; it may not be there yet.
    files : iterable of ReadsFile
        The inputs that could be looked at.
    problems : Problems
    """
    folder, option = config.temp_dir, "--temp_dir"
    if folder is None:
        option = "--output"
        folder = next(place for place in (output, *output.absolute().parents) if place.exists())
    elif not folder.is_dir():
        told = "is a file" if folder.exists() else "does not exist"
        problems.add("output", told, hint="make it first", option=option, file=folder)
    elif not os.access(folder, os.W_OK | os.X_OK):
        problems.add("output", f"cannot be written to{whose(folder)}", option=option, file=folder)
    if not folder.is_dir() or (needed := space_needed(config, files)) <= sites_memory(config):
        return
    if (free := shutil.disk_usage(folder).free) < needed:
        told = f"{byte_size(free)} are free, and temporary data may need {byte_size(needed)}"
        hint = "name another folder with --temp_dir, or give more --memory"
        problems.add("machine", told, hint=hint, option=option, file=folder)


def space_needed(config: PrepareConfig, files: Iterable[ReadsFile]) -> float:
    """Estimate the bytes of temporary data, if all of it goes to the disk."""
    total = 0.0
    for file in files:
        kind = "bam" if file.format == "bam" else "text"
        factor = _SITES[kind]
        if config.sites_bed or config.call_peaks:
            factor += _NAMES[kind]
        if config.remove_equal_fragments:
            factor += _EQUAL
        total += factor * file.path.stat().st_size / (1.0 if file.is_packed else _UNPACKED)
    return total
