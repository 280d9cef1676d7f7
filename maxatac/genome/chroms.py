"""Chromosome names and sizes.

Chromosome sizes come from a UCSC ``chrom.sizes`` text file (name and length, separated by white space; a FASTA index
has the same first two columns) or from the header of a 2bit or bigWig file. Files of different origin disagree on
names (``1`` and ``chr1``, ``MT`` and ``chrM``) and on builds; the checks here say so before anything is read.
"""

from __future__ import annotations

import difflib
import itertools
import logging
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from maxatac.errors import Problems
from maxatac.files.sniff import check_file, phrase, sniff_bytes
from maxatac.wording import first_few

logger = logging.getLogger(__name__)

MAX_BEYOND_END = 0.01
"""Share of a file's intervals that may lie beyond chromosome ends; more means another genome build."""

MAX_UNKNOWN = 0.5
"""From this share of a file's intervals on names that the genome lacks, the file is of another genome."""

WARN_UNKNOWN = 0.1
"""From this share on there is a warning."""

ORGANELLES = frozenset({"chrM", "chrMT", "M", "MT", "Mt", "Mito", "chrPt", "Pt", "ChrC", "ChrM"})
"""Names of mitochondria and plastids, whose coverage says nothing about the nucleus."""

# Names that are compared letter by letter for a suggestion; a draft genome may have 100,000.
_CANDIDATES = 2_000

# Byte-order mark, zero-width space and similar: invisible, and left by str.strip.
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060"

_WITHOUT_INVISIBLE = str.maketrans("", "", _INVISIBLE)

_BYTES_NAME = re.compile(r"""b(['"]).*\1""")

_INTEGER = re.compile(r"[0-9]{1,15}")


def in_byte_order(names: Iterable[str]) -> list[str]:
    """Sort names as ``LC_ALL=C sort`` does, and as a bigWig has them."""
    return sorted(names, key=lambda name: name.encode("utf-8", "surrogateescape"))


def read_chrom_sizes(path: str | os.PathLike[str], problems: Problems) -> dict[str, int] | None:
    """Read a ``chrom.sizes`` file.

    Parameters
    ----------
    path : path-like
        Text with a name and a length in bp per line; further columns, ``#`` lines and blank lines are skipped.
    problems : Problems

    Returns
    -------
    dict of str to int, or None
        Lengths in bp, by name, in the order of the file; None if something is wrong.
    """
    if not check_file(path, problems, what="chromosome sizes file"):
        return None
    data = Path(path).read_bytes()
    kind = sniff_bytes(data)
    # Two columns are unknown to the sniffer, and the five of a FASTA index look like BED to it.
    if kind not in ("unknown", "BED text") or b"\0" in data:
        problems.add("format", phrase(kind), expected="chromosome names and sizes as text", file=path)
        return None
    found = Problems()
    sizes = _parse_sizes(data, path, found)
    if not sizes and not found:
        found.add("format", "no chromosome", expected="a name and a size per line", file=path)
    problems += found
    return None if found else sizes


def clean_name(text: str) -> str:
    """Take off what may surround a name in a text file: blanks, invisible characters, and a pair of quotation marks."""
    text = text.strip().strip(_INVISIBLE).strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1].strip()
    return text


class Fault(NamedTuple):
    """What is wrong with a line; see ``Problem`` for the words."""

    found: str
    expected: str | None = None
    hint: str | None = None


def name_fault(name: str) -> Fault | None:
    """Tell why a word cannot be a chromosome name; None if it can."""
    if not name:
        return Fault("no chromosome name", "one in the first column")
    if _BYTES_NAME.fullmatch(name):
        found = f"the chromosome name {name}, which is how Python prints bytes"
        return Fault(found, name[2:-1], "write the file again, with the names decoded")
    return None


def other_spellings(names: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Find chromosome names that mean the same in another convention.

    Parameters
    ----------
    names : iterable of str
        Names that ``known`` lacks.
    known : iterable of str
        Names to look among.

    Returns
    -------
    dict of str to str
        For example ``chr1`` for ``1``, ``MT`` for ``chrM``, ``chr2L`` for ``Chr2L``; names without any are left out.
    """
    spelt: dict[str, str] = {}
    for name in known:
        spelt.setdefault(_spelling_key(name), name)
    return {name: spelt[key] for name in names if (key := _spelling_key(name)) in spelt}


def relevant_names(names: Iterable[str], known: Collection[str]) -> list[str]:
    """Leave out names that some files of a genome lack, where these may hold a part of it.

    Parameters
    ----------
    names : iterable of str
    known : collection of str
        Names in those files; looked up in, so a mapping or a set.

    Returns
    -------
    list of str
        Names that are known, or are under another spelling; all of them if there is none.
    """
    names = list(names)
    others = other_spellings(names, known)
    return [name for name in names if name in known or name in others] or names


def tell_unknown(
    option: str, names: Sequence[str], known: Collection[str], problems: Problems, *, file: Path | None = None
) -> None:
    """Add a problem for each chromosome name that was typed and is not known.

    Parameters
    ----------
    option : str
        Where they were typed.
    names : sequence of str
        Names that ``known`` lacks.
    known : collection of str
        Names that exist.
    problems : Problems
        Gets, with each of the first names, the other spelling, else near misses, else the names there are.
    file : Path, optional
        Where the names should exist; by default in the genome.
    """
    others = other_spellings(names, known)
    for place, name in enumerate(names):
        hint = None
        if name in others:
            hint = f"it is called '{others[name]}' there"
        elif place < Problems.LIMIT:
            alike = (other for other in known if abs(len(other) - len(name)) <= 2)
            near = difflib.get_close_matches(name, list(itertools.islice(alike, _CANDIDATES)), n=3)
            hint = f"did you mean {' or '.join(near)}?" if near else f"there are {first_few(known)}"
        told = f"{'the genome ' if file is None else ''}has no {name or repr(name)}"
        problems.add("chromosome", told, hint=hint, option=option, file=file)


_ASSEMBLIES = {
    "hg38": {"chr1": 248_956_422, "chr2": 242_193_529},
    "hg19": {"chr1": 249_250_621, "chr2": 243_199_373},
    "mm10": {"chr1": 195_471_971, "chr2": 182_113_224},
    "sacCer3": {"chrI": 230_218, "chrII": 813_184},
}


def assembly(sizes: Mapping[str, int]) -> str | None:
    """Recognise hg38, hg19, mm10 or sacCer3 by the names and sizes of two chromosomes; None for any other genome."""
    for name, marks in _ASSEMBLIES.items():
        if all(sizes.get(chrom) == size for chrom, size in marks.items()):
            return name
    return None


def check_chrom_names(
    counts: Mapping[str, int],
    source: str | os.PathLike[str],
    known: Collection[str],
    problems: Problems,
) -> bool:
    """Judge whether the chromosome names of a file are those of the genome.

    It is a problem if :data:`MAX_UNKNOWN` of the intervals or more lie on names that the genome lacks, and always if
    the genome has one of these names in another convention (``1`` and ``chr1``, ``MT`` and ``chrM``): nothing is ever
    renamed. From :data:`WARN_UNKNOWN` on there is a warning in the log, below it a note.

    Parameters
    ----------
    counts : mapping of str to int
        Intervals of the file on each of its chromosome names.
    source : path-like
        The file.
    known : collection of str
        Names that the genome has; looked up in, so a mapping or a set.
    problems : Problems
        Gets one with names of both sides.

    Returns
    -------
    bool
        False if there is a problem.
    """
    unknown = [name for name in counts if name not in known]
    if not unknown:
        return True
    lost, total = sum(counts[name] for name in unknown), sum(counts.values())
    others = other_spellings(unknown, known)
    if others:
        mine, theirs = next(iter(others.items()))
        more = f" (and {len(others) - 1:,} more)" if len(others) > 1 else ""
        reason = f"it writes '{mine}' where the genome has '{theirs}'{more}"
        remedy = "nothing is renamed: write the names alike in both"
    else:
        reason = f"found {first_few(unknown)}; the genome has {first_few(known)}"
        remedy = "another genome? If the 2bit lacks chromosomes on purpose, leave their lines out of the file"
    told = f"{lost:,} of {total:,} intervals are on chromosomes that the genome lacks: {reason}"
    if others or lost >= MAX_UNKNOWN * total:
        problems.add("chromosome", told, hint=remedy, file=source)
        return False
    logger.log(logging.WARNING if lost >= WARN_UNKNOWN * total else logging.INFO, "%s: %s", source, told)
    return True


def compare_chrom_sizes(
    reference: Mapping[str, int],
    reference_file: Path,
    other: Mapping[str, int],
    other_file: Path,
    chroms: Sequence[str],
    problems: Problems,
) -> list[str]:
    """Compare the chromosome sizes of two files.

    Parameters
    ----------
    reference, other : mapping of str to int
        Lengths in bp, by name.
    reference_file, other_file : Path
    chroms : sequence of str
        Chromosomes that will be used; those that ``reference`` lacks are not compared.
    problems : Problems
        Gets one per size that differs, and one for names that differ by convention only.

    Returns
    -------
    list of str
        Chromosomes that ``other`` lacks under any spelling: whether that matters, the caller knows.
    """
    for chrom in chroms:
        if chrom in other and chrom in reference and reference[chrom] != other[chrom]:
            told = f"{chrom} has {other[chrom]:,} bp, but {reference[chrom]:,} bp in {reference_file}"
            problems.add("size", told, hint="another genome build?", file=other_file)
    return check_spellings(reference_file, other, other_file, chroms, problems)


def check_spellings(
    reference_file: Path, other: Collection[str], other_file: Path, chroms: Iterable[str], problems: Problems
) -> list[str]:
    """Check that no chromosome of a reference has another name in another file.

    Parameters
    ----------
    reference_file, other_file : Path
    other : collection of str
        Names in the other file; looked up in, so a mapping or a set.
    chroms : iterable of str
        Names in the reference.
    problems : Problems
        Gets one for names that differ by convention only.

    Returns
    -------
    list of str
        Chromosomes that ``other`` lacks under any spelling: whether that matters, the caller knows.
    """
    absent = [chrom for chrom in chroms if chrom not in other]
    renamed = other_spellings(absent, other) if absent else {}
    if renamed:
        mine, theirs = next(iter(renamed.items()))
        more = f" (and {len(renamed) - 1:,} more)" if len(renamed) > 1 else ""
        told = f"chromosome names do not match: it writes '{theirs}' where {reference_file} has '{mine}'{more}"
        problems.add("chromosome", told, file=other_file)
    return [chrom for chrom in absent if chrom not in renamed]


def _parse_sizes(data: bytes, path: str | os.PathLike[str], problems: Problems) -> dict[str, int]:
    """Read names and sizes line by line."""
    sizes: dict[str, int] = {}
    lines: dict[str, int] = {}
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        fields = [clean_name(field) for field in raw.decode("utf-8", errors="backslashreplace").split()]
        if not fields or fields[0].startswith("#"):
            continue
        fault: Fault | None = name_fault(fields[0])
        if fault is None and len(fields) < 2:
            fault = Fault("1 column", "a chromosome name and its size")
        elif fault is None and (not _INTEGER.fullmatch(fields[1]) or int(fields[1]) == 0):
            fault = Fault(f"size '{fields[1]}'", "a positive whole number")
        elif fault is None and fields[0] in sizes:
            fault = Fault(f"{fields[0]} stands in line {lines[fields[0]]} already")
        if fault is not None:
            problems.add("line", **fault._asdict(), file=path, line=number)
        else:
            sizes[fields[0]] = int(fields[1])
            lines[fields[0]] = number
    return sizes


def _spelling_key(name: str) -> str:
    """Reduce a name to what all conventions share: no ``chr``, no case, nothing invisible, ``m`` for ``MT``."""
    key = (
        clean_name(name)
        .translate(_WITHOUT_INVISIBLE)
        .lower()
        .removeprefix("chromosome")
        .removeprefix("chr")
        .lstrip("_0")
    )
    return "m" if key in ("mt", "mito") else key
