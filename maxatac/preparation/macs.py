"""ATAC peaks by MACS (https://macs3-project.github.io/MACS), which runs as a process of its own."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from maxatac._core import Genome
from maxatac.errors import MaxatacError, Problems
from maxatac.files.atomic import replacing
from maxatac.genome.spans import Spans, merge

logger = logging.getLogger(__name__)

PROGRAMS = ("macs3", "macs2")
"""Names that MACS goes by: that of PyPI, and that of Debian's package, which the container image has. The options used
here mean the same in both."""

HOW_TO_GET_IT = "pip install macs3, in the environment of maxatac"

_BEFORE_A_LINE = re.compile(r"[A-Z]+ +@ [^\[]*: (\[\d+ MB\] ?)?")  # level, time and memory

_LAST_LINES = 5  # of MACS that an error quotes
_PATIENCE = 10.0  # seconds that a MACS that was asked to end gets


@dataclass(frozen=True, eq=False)
class CalledPeaks:
    """What MACS found.

    Attributes
    ----------
    path : Path
        narrowPeak.
    count : int
    spans : mapping of str to array of shape (peaks, 2), int64
        By chromosome, sorted and disjoint.
    command : sequence of str
    genome_size : int
        Effective size of the genome, in bp.
    """

    path: Path
    count: int
    spans: Mapping[str, Spans]
    command: Sequence[str]
    genome_size: int

    @property
    def bases(self) -> int:
        """Bases in peaks."""
        return sum(int((spans[:, 1] - spans[:, 0]).sum()) for spans in self.spans.values())

    def entry(self) -> dict[str, Any]:
        """List the numbers for a record."""
        return {
            "path": self.path.name,
            "peaks": self.count,
            "bases": self.bases,
            "genome_size": self.genome_size,
            "command": list(self.command),
        }


def find_macs(problems: Problems) -> Path | None:
    """Find MACS 3, else MACS 2, beside Python, then on the ``PATH``; ``None`` and a problem if neither is there."""
    for name in PROGRAMS:
        beside = Path(sys.executable).parent / name
        if os.access(beside, os.X_OK) and beside.is_file():
            return beside
        if (found := shutil.which(name)) is not None:
            return Path(found)
    told = f"{' or '.join(PROGRAMS)} is not installed"
    problems.add("setting", told, hint=HOW_TO_GET_IT, option="--call_peaks")
    return None


def effective_size(chrom_sizes: Mapping[str, int], genome: Genome | None = None) -> int:
    """Size of the genome for MACS, in bp: bases that are not N where the sequence is known, else all.

    Parameters
    ----------
    chrom_sizes : mapping of str to int
        The chosen chromosomes and their lengths in bp.
    genome : Genome, optional

    Raises
    ------
    GenomeError
        If the sequence cannot be read.
    """
    unknown = 0
    if genome is not None:
        for chrom in chrom_sizes:
            intervals = genome.n_intervals(chrom)
            unknown += int((intervals[:, 1] - intervals[:, 0]).sum())
    return sum(chrom_sizes.values()) - unknown


@contextlib.contextmanager
def macs_folder(temp_dir: Path, prefix: str) -> Iterator[Path]:
    """Make a folder for the input and output of MACS, which is gone after the block.

    What a killed run of the same prefix left is removed first.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    stem = f".{prefix}_macs-"
    for left in temp_dir.iterdir():
        if left.name.startswith(stem) and left.is_dir() and not left.is_symlink():
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=stem, dir=temp_dir))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def macs_command(macs: Path, sites: Path, folder: Path, *, name: str, slop: int, genome_size: int) -> list[str]:
    """Make the command line that calls peaks on slopped cut sites.

    It is that of maxATAC's authors, with two sizes stated. MACS takes the human genome for every species, and reads the
    length of an interval, which is also the gap that joins two peaks, from the first lines, which may lie at the end of
    a chromosome. Each interval is 2 * slop + 1 bp long and is extended from its 5' end by 2 * slop bp.

    Parameters
    ----------
    macs : Path
        The program.
    sites : Path
        BED of six columns, plain or gzip.
    folder : Path
        For its output and its temporary files.
    name : str
        First part of the names of its files and peaks.
    slop : int
        Bases to either side of a cut site.
    genome_size : int
        In bp.
    """
    return [
        str(macs), "callpeak", "--treatment", str(sites), "--format", "BED", f"--name={name}",
        "--outdir", str(folder), "--tempdir", str(folder), "--gsize", str(genome_size), "--nomodel", "--shift", "0",
        "--extsize", str(max(2 * slop, 1)), "--tsize", str(2 * slop + 1), "--keep-dup", "all",
    ]  # fmt: skip


def call_peaks(
    macs: Path, sites: Path, output: Path, *, folder: Path, name: str, slop: int, genome_size: int
) -> CalledPeaks:
    """Call ATAC peaks.

    Parameters
    ----------
    macs, sites, name, slop, genome_size
        See :func:`macs_command`.
    output : Path
        The narrowPeak file to write.
    folder : Path
        That of :func:`macs_folder`.

    Returns
    -------
    CalledPeaks
        Without any peak, the file is empty and there is a warning.

    Raises
    ------
    MaxatacError
        If MACS fails; with its last lines.
    OSError
        If it cannot be started, or the file cannot be written.
    """
    command = macs_command(macs, sites, folder, name=name, slop=slop, genome_size=genome_size)
    logger.info("peaks: %s", shlex.join(command))
    _run(command)
    found = folder / f"{name}_peaks.narrowPeak"
    if not found.exists():
        raise MaxatacError(f"{macs} ended well but left no file of peaks ({found.name})")
    with replacing(output) as partial:
        shutil.copyfile(found, partial)
    count, spans = _read(found)
    if not count:
        logger.warning("%s: MACS found no peak; the file is empty", output)
    return CalledPeaks(output, count, spans, tuple(command), genome_size)


def _read(path: Path) -> tuple[int, dict[str, Spans]]:
    """Count the peaks of a narrowPeak file, and give their spans."""
    found: dict[str, list[tuple[int, int]]] = {}
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            chrom, start, end = line.split("\t", 3)[:3]
            found.setdefault(chrom, []).append((int(start), int(end)))
    count = sum(map(len, found.values()))
    return count, {chrom: merge(np.array(spans, np.int64)) for chrom, spans in found.items()}


def _run(command: Sequence[str]) -> None:
    """Run a program to its end, and log what it says; whatever interrupts this ends the program too."""
    name = Path(command[0]).name
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        encoding="utf-8", errors="backslashreplace",
    ) as process:  # fmt: skip
        last: deque[str] = deque(maxlen=_LAST_LINES)
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if said := _BEFORE_A_LINE.sub("", line).rstrip():
                    last.append(said)
                    logger.log(logging.WARNING if line.startswith("WARN") else logging.INFO, "%s: %s", name, said)
            status = process.wait()
        except BaseException:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_PATIENCE)
            process.kill()
            raise
    if status:
        how = f"signal {-status}" if status < 0 else f"exit status {status}"
        raise MaxatacError(f"{command[0]} failed with {how}; its last lines:\n" + "\n".join(last))
