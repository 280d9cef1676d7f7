"""The inputs of ``prepare``: what each is, and whether they fit the genome, the blacklist and each other."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from maxatac._core import Genome, bam_header
from maxatac.data.regions import read_peaks
from maxatac.errors import MaxatacError, Problem, Problems
from maxatac.files.checksums import has_same_content, is_same_file
from maxatac.files.sniff import check_file
from maxatac.genome.blacklist import Blacklist, check_blacklist, read_blacklist
from maxatac.genome.chroms import ORGANELLES, in_byte_order, other_spellings
from maxatac.genome.intervals import rows_by_code
from maxatac.genome.spans import Spans, merge
from maxatac.preparation.barcodes import Groups, check_barcodes, read_groups
from maxatac.preparation.genome import GenomeSizes, choose_chroms, open_sizes
from maxatac.preparation.read_files import ReadsFile, find_format
from maxatac.preparation.settings import PrepareConfig
from maxatac.wording import first_few

logger = logging.getLogger(__name__)

_SHOWN = 5
"""Names of each side that are shown where none is shared."""

_FOR_BAM = ("skip_deduplication", "trust_duplicate_flags", "deduplicate_per_file", "min_mapq", "primary_only",
            "allow_missing_eof", "barcode_tag")  # fmt: skip
_FOR_TEXT = ("remove_equal_fragments",)

_SHIFTING = ("alignmentsieve",)
"""Programs, in lower case, that can write a BAM whose reads are moved to the cut sites."""


@dataclass(frozen=True, eq=False)
class PrepareInputs:
    """The inputs of ``prepare``, ready to be read.

    Attributes
    ----------
    files : tuple of ReadsFile
        All BAM, or all text.
    shift : str
        How their ends were moved before.
    sizes : GenomeSizes
    chroms : mapping of str to int
        Chosen chromosomes and their lengths in bp, in the byte order of the names.
    left_out : mapping of str to tuple of str
        Chromosomes that are not chosen, by reason.
    blacklist : Blacklist
    genome : Genome or None
    peaks : mapping of str to array of shape (peaks, 2), or None
        Of ``--peaks``, merged, by chosen chromosome.
    groups : Groups or None
    """

    files: tuple[ReadsFile, ...]
    shift: str
    sizes: GenomeSizes
    chroms: Mapping[str, int]
    left_out: Mapping[str, tuple[str, ...]]
    blacklist: Blacklist
    genome: Genome | None
    peaks: Mapping[str, Spans] | None
    groups: Groups | None

    @property
    def are_bam(self) -> bool:
        """Whether the reads are BAM."""
        return self.files[0].format == "bam"

    def facts(self) -> dict[str, Any]:
        """Describe them for the run record."""
        return {
            "formats": {str(file.path): file.format for file in self.files},
            "shift_of_input": self.shift,
            "chroms": list(self.chroms),
            "chroms_left_out": {reason: list(names) for reason, names in self.left_out.items()},
        }


def open_inputs(config: PrepareConfig, problems: Problems) -> PrepareInputs | None:
    """Look at every input, and compare it with the genome.

    Parameters
    ----------
    config : PrepareConfig
    problems : Problems
        Gets everything that is wrong.

    Returns
    -------
    PrepareInputs or None
        None if something is wrong, here or before.
    """
    paths = _distinct(config.input, problems)
    found = [find_format(path, config.input_format, problems) for path in paths]
    files = tuple(file for file in found if file is not None)
    shift = _check_formats(config, files, problems)
    headers = _read_headers(config, [file.path for file in files if file.format == "bam"], problems)
    sizes = _genome_sizes(config, headers, problems, is_needed=any(file.format != "bam" for file in files))
    blacklist = Blacklist.empty() if config.blacklist is None else read_blacklist(config.blacklist, problems)
    groups = None if config.barcodes is None else read_groups(config.barcodes, config.input, problems)
    if groups is not None and config.barcodes is not None and len(files) == len(config.input):
        check_barcodes(groups, files, config.barcodes, problems)
    if sizes is None:
        if config.peaks is not None:
            check_file(config.peaks, problems, what="ATAC peaks")
        return None
    before = len(problems)
    _check_names(sizes, headers, files, problems)
    if len(problems) > before:
        return None
    chroms, left_out = _choose(config.chroms, sizes, headers, problems)
    check_blacklist(blacklist, sizes.lengths, problems, used=tuple(chroms))
    peaks = None if config.peaks is None else _read_peaks(config.peaks, sizes.lengths, chroms, problems)
    if problems or not files:
        return None
    genome = None if config.sequence is None else Genome(config.sequence)
    return PrepareInputs(files, shift, sizes, chroms, left_out, blacklist, genome, peaks, groups)


def tell_of_inputs(inputs: PrepareInputs) -> None:
    """Log what was found, and what is left out."""
    for file in inputs.files:
        shift = "" if file.format == "bam" else f", ends moved before: {inputs.shift}"
        logger.info("%s: %s%s", file.path, file.format, shift)
    for reason, names in inputs.left_out.items():
        logger.info("%s: left out: %s", reason, first_few(names))


def _distinct(paths: Sequence[Path], problems: Problems) -> list[Path]:
    """Refuse a file that is given twice, by its path or by its content: every read would count twice."""
    distinct: list[Path] = []
    for path in paths:
        for other in distinct:
            if path == other or is_same_file(path, other):
                problems.add("setting", "is given twice", option="--input", file=path)
                break
            if _is_copy(path, other):
                problems.add("setting", f"has the same content as {other}", option="--input", file=path)
                break
        else:
            distinct.append(path)
    return distinct


def _is_copy(path: Path, other: Path) -> bool:
    try:
        # Empty files and pipes are told of later.
        return path.is_file() and path.stat().st_size > 0 and has_same_content(path, other)
    except OSError:
        return False


def _check_formats(config: PrepareConfig, files: Sequence[ReadsFile], problems: Problems) -> str:
    """Check that the formats go together, and that the options are for them; gives the shift of the input."""
    are_bam = {file.format == "bam" for file in files}
    if len(are_bam) > 1:
        told = "BAM and text: the depth of the two is counted in different ways"
        problems.add("setting", told, hint="prepare each by itself", option="--input")
    if len(are_bam) != 1:
        return "none"
    is_bam = are_bam.pop()
    for name in _FOR_TEXT if is_bam else _FOR_BAM:
        if getattr(config, name):
            told = f"is for {'text' if is_bam else 'BAM'} only"
            hint = f"{files[0].path} is {files[0].format}"
            problems.add("setting", told, hint=hint, option=f"--{name}")
    if is_bam:
        if config.shift not in (None, "none"):
            told = f"the reads of a BAM are taken as they were aligned; {config.shift} is for fragments, BED and BEDPE"
            problems.add("setting", told, option="--shift", file=files[0].path)
        if config.barcodes is not None and config.barcode_tag is None:
            problems.add("setting", "needs --barcode_tag, such as CB, with a BAM", option="--barcodes")
        if config.barcodes is not None and len(files) > 1:
            hint = "prepare each by itself, or one fragments file of all"
            problems.add("setting", "is for one BAM, not for several", hint=hint, option="--barcodes")
        return "none"
    for file in files:
        _check_text(config, file, problems)
    return config.shift or "10x"


def _check_text(config: PrepareConfig, file: ReadsFile, problems: Problems) -> None:
    if config.shift is None and file.format != "fragments":
        told = f"is {file.format}: say how the ends were moved to the cut sites before"
        hint = "none if they are where the reads were aligned, as after bedtools bamtobed"
        problems.add("setting", told, hint=hint, option="--shift", file=file.path)
    if file.format == "bed" and file.are_strands and not file.have_barcodes and not config.single_end:
        told = "has a strand in column 6 and no barcode, as single reads have"
        hint = "use --single_end for reads, or --input_format fragments for fragments"
        problems.add("format", told, hint=hint, option="--input", file=file.path)
    if config.single_end and file.format in ("bed", "fragments") and not file.are_strands:
        told = "has no strand in column 6 of its first lines"
        problems.add("format", told, hint="--single_end needs it", option="--single_end", file=file.path)
    if config.single_end and file.format == "bedpe":
        problems.add("setting", "BEDPE has pairs", expected="single reads", option="--single_end", file=file.path)


def _read_headers(config: PrepareConfig, paths: Sequence[Path], problems: Problems) -> dict[Path, Mapping[str, int]]:
    """Read names and lengths of the sequences of each BAM; warns of reads that may be shifted already."""
    headers: dict[Path, Mapping[str, int]] = {}
    for path in paths:
        try:
            header = bam_header(path)
        except (MaxatacError, OSError) as error:
            problems.append(Problem.of(error))
            continue
        if not header["has_end_block"] and not config.allow_missing_eof:
            told = "lacks the block that marks the end of a BAM, as a file does that was cut off"
            hint = "copy or make it again; if it is known to be whole, use --allow_missing_eof"
            problems.add("format", told, hint=hint, file=path)
        if not header["chrom_sizes"]:
            hint = "it was written without a header, or of reads that are not aligned"
            problems.add("format", "names no sequence", hint=hint, file=path)
            continue
        headers[path] = header["chrom_sizes"]
        if header["text_differs"]:
            logger.warning("%s: the text of its header lists other sequences than its binary list, which is used", path)
        for program in header["programs"]:
            if any(name in program.lower() for name in _SHIFTING):
                told = "%s: %s wrote it: if that moved the reads to the cut sites, prepare moves them once more"
                logger.warning(told, path, program)
    return headers


def _genome_sizes(
    config: PrepareConfig, headers: Mapping[Path, Mapping[str, int]], problems: Problems, *, is_needed: bool
) -> GenomeSizes | None:
    """Read the chromosomes from the genome; of BAM files without a genome, take their own."""
    if config.sequence is not None or config.chrom_sizes is not None or is_needed:
        return open_sizes(config, problems)
    if not headers:
        return None
    first = next(iter(headers))
    lengths = dict(headers[first])
    for header in headers.values():
        lengths = {**header, **lengths}
    return GenomeSizes(first, lengths)


def _check_names(
    sizes: GenomeSizes, headers: Mapping[Path, Mapping[str, int]], files: Iterable[ReadsFile], problems: Problems
) -> None:
    """Check that each input shares chromosomes with the genome, and that lengths agree."""
    for path, header in headers.items():
        if not any(name in sizes.lengths for name in header):
            _tell_unshared(path, list(header), sizes, problems)
        for name, length in header.items():
            if sizes.lengths.get(name, length) != length:
                told = f"{name} has {length:,} bp, but {sizes.lengths[name]:,} bp in {sizes.file}"
                problems.add("size", told, hint="another genome build?", file=path)
    for file in files:
        names = list(dict.fromkeys(line[0] for line in file.lines))
        if not names or any(name in sizes.lengths for name in names):
            continue
        # Fragments may begin with contigs that the genome lacks, but not with its chromosomes in another spelling.
        if other_spellings(names, sizes.lengths):
            _tell_unshared(file.path, names, sizes, problems)


def _tell_unshared(path: Path, names: Sequence[str], sizes: GenomeSizes, problems: Problems) -> None:
    told = f"has none of the chromosomes of {sizes.file}: it has {first_few(names, _SHOWN)}"
    problems.add("chromosome", told, hint=unshared_hint(names, sizes.lengths), file=path)


def unshared_hint(names: Sequence[str], known: Mapping[str, int]) -> str:
    """Say what the genome has where an input shares no name with it."""
    hint = f"the genome has {first_few(known, _SHOWN)}"
    others = other_spellings(names, known)
    if others and all(other in (f"chr{name}", name.removeprefix("chr")) for name, other in others.items()):
        return f"{hint}: the prefix chr is the only difference; write the names alike in both"
    return hint


def _choose(
    named: Sequence[str] | None, sizes: GenomeSizes, headers: Mapping[Path, Mapping[str, int]], problems: Problems
) -> tuple[dict[str, int], dict[str, tuple[str, ...]]]:
    """Choose chromosomes that genome and input share; also gives the others, by reason."""
    there = set().union(*headers.values()) if headers else set(sizes.lengths)
    shared = GenomeSizes(sizes.file, {name: length for name, length in sizes.lengths.items() if name in there})
    if named is not None:
        for name in dict.fromkeys(named):
            if name in sizes.lengths and name not in there:
                path = next(iter(headers))
                hint = f"it has {first_few(shared.lengths)}"
                problems.add("chromosome", f"has no {name}", hint=hint, option="--chroms", file=path)
        named = [name for name in named if name in there or name not in sizes.lengths]
    chroms = choose_chroms(named, shared, problems) if shared.lengths else {}
    others = [name for name in shared.lengths if name not in chroms]
    reasons = {
        "not named": [name for name in others if named is not None],
        "mitochondria and plastids": [name for name in others if named is None and name in ORGANELLES],
        "not in the input": [name for name in sizes.lengths if name not in there],
        "not in the genome": [name for name in there if name not in sizes.lengths],
    }
    return chroms, {reason: tuple(in_byte_order(names)) for reason, names in reasons.items() if names}


def _read_peaks(
    path: Path, sizes: Mapping[str, int], chroms: Mapping[str, int], problems: Problems
) -> dict[str, Spans] | None:
    """Read the peaks for the share of cut sites in them; what lies beyond a chromosome's end is cut off."""
    intervals = read_peaks(path, sizes, problems, what="ATAC peaks", may_be_empty=True)
    if intervals is None:
        return None
    peaks: dict[str, Spans] = {}
    for code, rows in rows_by_code(intervals.chrom.codes):
        chrom = intervals.chrom.names[code]
        if chrom in chroms:
            spans = np.stack((intervals.start[rows], intervals.end[rows]), axis=1)
            peaks[chrom] = merge(np.clip(spans, 0, chroms[chrom]))
    return peaks
