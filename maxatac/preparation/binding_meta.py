"""The row that ``maxatac binding`` adds to a meta file, the table of cell types of ``maxatac train``."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from maxatac.data.meta_file import as_line
from maxatac.data.regions import read_peaks
from maxatac.data.samples import COLUMNS, LABEL_COLUMN, LABELS, Place, resolve_path
from maxatac.data.table import read_lines, read_table
from maxatac.data.tracks import open_track
from maxatac.errors import InputError, Problems
from maxatac.files.atomic import write_text
from maxatac.files.checksums import is_same_file
from maxatac.files.sniff import check_file
from maxatac.genome.chroms import compare_chrom_sizes
from maxatac.preparation.genome import GenomeSizes
from maxatac.preparation.settings import BindingConfig
from maxatac.runs.folder import RunFolder
from maxatac.runs.running import running
from maxatac.wording import first_few

_NONE = "."
"""What stands in a cell that holds nothing."""

_WAIT = 60.0
"""Seconds to wait for another process that adds a row to the same table."""


@dataclasses.dataclass(frozen=True)
class MetaTable:
    """A meta file, and the row that it is to get.

    Attributes
    ----------
    path : Path
        The table. It need not exist.
    row : mapping of str to str
        The cells, by column.
    replace : bool
        Whether the row may take the place of an earlier one of the cell type.
    """

    path: Path
    row: Mapping[str, str]
    replace: bool

    def describe(self) -> str:
        """Say what would be done."""
        return f"would add {self.row['Cell_Line']} ({self.row[LABEL_COLUMN]}) to {self.path}"

    def with_peaks(self, regions: int, problems: Problems) -> MetaTable:
        """Leave out the ChIP peaks if no base is bound, which a training row cannot do without."""
        if regions:
            return self
        if self.row[LABEL_COLUMN] != "Test":
            told, expected = "no bound base", "some in a cell type that trains"
            problems.add("regions", told, expected=expected, option="--chip_peaks")
        return dataclasses.replace(self, row={**self.row, "CHIP_Peaks": _NONE})

    def add(self) -> None:
        """Write the table with the row: whole, or as it was. Two processes add their rows one after the other.

        Raises
        ------
        InputError
            If the table was changed since it was checked, and cannot take the row.
        OSError
            If it cannot be written.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(self.path):
            problems = Problems()
            lines = {1: as_line(COLUMNS)}
            columns: Sequence[str] = COLUMNS
            place = 2
            if self.path.exists():
                rows = _rows(self.path, problems)
                columns, lines = _texts(self.path, problems)
                place = self._place(rows, problems) or max(lines, default=0) + 1
            if problems:
                raise InputError(problems)
            lines[place] = as_line([self.row.get(column, _NONE) for column in columns])
            write_text(self.path, "".join(lines.values()))

    def check(self, sizes: GenomeSizes, chosen: Mapping[str, int], problems: Problems) -> None:
        """Check that the table can take the row: one transcription factor, one genome, one row per cell type."""
        if not self.path.exists():
            return
        rows = _rows(self.path, problems)
        columns, lines = _texts(self.path, problems)
        if any(text.rstrip().count("\t") >= len(columns) for text in lines.values()):
            told, expected = "rows with more columns than the header", "as many"
            problems.add("column", told, expected=expected, hint="names of rows?", file=self.path)
        mine = self._place(rows, problems)
        for here, row in rows:
            if here.line == mine:
                continue
            if row["TF"] != self.row["TF"]:
                told, expected = f"the transcription factor '{row['TF']}'", f"'{self.row['TF']}', as in the new row"
                here.tell(problems, "value", told, expected=expected, column="TF")
            for column in ("ATAC_Signal_File", "Binding_File"):
                found = Problems()
                path = resolve_path(here, column, row[column], found)
                if path is not None and not found:
                    _check_genome(path, sizes, chosen, found)
                problems += found

    def _place(self, rows: Sequence[tuple[Place, dict[str, str]]], problems: Problems) -> int | None:
        """Find the line of the cell type; None if it has none. It is a problem if it must not be replaced."""
        for here, row in rows:
            if row["Cell_Line"] == self.row["Cell_Line"]:
                if not self.replace:
                    told = f"cell type '{row['Cell_Line']}' has a row already"
                    here.tell(problems, "value", told, hint="replace it with --force", column="Cell_Line")
                return here.line
        return None


def open_meta(
    config: BindingConfig,
    sizes: GenomeSizes,
    chosen: Mapping[str, int],
    outputs: tuple[Path, Path],
    problems: Problems,
) -> MetaTable | None:
    """Check the files of the row and the table that it is for.

    Parameters
    ----------
    config : BindingConfig
    sizes : GenomeSizes
    chosen : mapping of str to int
        Lengths of the chosen chromosomes in bp.
    outputs : (Path, Path)
        The track and the BED of bound regions, which are not written yet.
    problems : Problems
        Gets everything that is wrong.

    Returns
    -------
    MetaTable or None
        None if the settings of the row are not complete.
    """
    if config.meta_out is None or not (config.cell_type and config.tf_name and config.signal):
        return None
    if check_file(config.signal, problems, what="ATAC-seq signal"):
        _check_genome(config.signal, sizes, chosen, problems)
    if config.atac_peaks is not None:
        read_peaks(config.atac_peaks, sizes.lengths, problems, what="ATAC peaks")
    _check_place(config.meta_out, {**config.files(), "an output": outputs[0], "another output": outputs[1]}, problems)
    # The peaks themselves have summits; the regions of several replicates have none.
    peaks = config.chip_peaks[0] if len(config.chip_peaks) == 1 else outputs[1]
    files = (config.signal, outputs[0], config.atac_peaks, peaks)
    cells = [_path_text(path, config.meta_out, problems) for path in files]
    row = dict(zip(COLUMNS, (config.cell_type, config.tf_name, *cells, config.label), strict=True))
    table = MetaTable(config.meta_out, row, config.force)
    table.check(sizes, chosen, problems)
    return table


def _check_genome(path: Path, sizes: GenomeSizes, chosen: Mapping[str, int], problems: Problems) -> None:
    """Check that a track is one of the genome."""
    track = open_track(path, problems)
    if track is None:
        return
    before = len(problems)
    known = track.chrom_sizes
    compare_chrom_sizes(sizes.lengths, sizes.file, known, path, tuple(sizes.lengths), problems)
    if len(problems) == before and not any(chrom in known for chrom in chosen):
        told, hint = f"has none of the chromosomes of the track ({first_few(chosen)})", f"it has {first_few(known)}"
        problems.add("chromosome", told, hint=hint, file=path)


def _check_place(meta: Path, others: Mapping[str, Path], problems: Problems) -> None:
    """Check that a table can be written at a path, and that it replaces nothing else."""
    for purpose, path in others.items():
        if os.path.abspath(path) == os.path.abspath(meta) or is_same_file(path, meta):
            problems.add("output", f"is the path of {purpose} too", option="--meta_out", file=meta)
    folder = next(parent for parent in Path(os.path.abspath(meta)).parents if parent.exists())
    if meta.is_dir():
        problems.add("output", "a folder", expected="a table", option="--meta_out", file=meta)
    elif not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        problems.add("output", f"{folder} cannot be written to", option="--meta_out", file=meta)


def _path_text(path: Path | None, meta: Path, problems: Problems) -> str:
    """Write a path for the table: relative if the file is beneath the folder of the table, which may then be moved."""
    if path is None:
        return _NONE
    whole = Path(os.path.abspath(path))
    folder = Path(os.path.abspath(meta)).parent
    text = str(whole.relative_to(folder)) if whole.is_relative_to(folder) else str(whole)
    if not text.isprintable() or text != text.strip() or text == "NA":
        expected = "a path that a table can hold, without tabs, line ends, or blanks around it"
        problems.add("value", ascii(str(path)), expected=expected, option="--meta_out")
    return text


def _rows(meta: Path, problems: Problems) -> list[tuple[Place, dict[str, str]]]:
    """Read the rows of a table."""
    found = Problems()
    table = read_table(meta, COLUMNS, found, told_by=(LABEL_COLUMN, LABELS))
    problems += found
    return [] if table is None or found else table.rows


def _texts(meta: Path, problems: Problems) -> tuple[list[str], dict[int, str]]:
    """Read the names of all columns, and the text of each line by its number."""
    lines = {number: f"{text}\n" for number, text in read_lines(meta, problems, what="meta file")}
    header = next(iter(lines.values()), "").rstrip()
    return [name.strip().strip('"') for name in header.split("\t")], lines


@contextlib.contextmanager
def _alone(meta: Path) -> Iterator[None]:
    """Keep other processes from the table while the block runs; wait for one that has it."""
    place = RunFolder(meta.parent, meta.name).running("binding")
    end = time.monotonic() + _WAIT
    with contextlib.ExitStack() as stack:
        while True:
            try:
                stack.enter_context(running(place))
                break
            except InputError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)
        yield
