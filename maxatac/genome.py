"""Chromosome names and sizes, and the regions of a genome that nothing may touch.

Chromosome sizes come from a UCSC ``chrom.sizes`` text file (name and length, separated by white space; a FASTA index
has the same first two columns) or from the header of a 2bit or bigWig file. Files of different origin disagree on
names (``1`` and ``chr1``, ``MT`` and ``chrM``) and on builds; the checks here say so before anything is read.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maxatac.formats import append_capped, check_file, phrase, sniff_bytes

MAX_BEYOND_END = 0.01
"""Share of a file's intervals that may lie beyond chromosome ends; more means another genome build."""

_INTEGER = re.compile(r"[0-9]{1,15}")


class ChromSizes(Mapping[str, int]):
    """Chromosome lengths in bp, by name, in the order of the file.

    Parameters
    ----------
    sizes : mapping of str to int
        Names and lengths.
    """

    def __init__(self, sizes: Mapping[str, int]) -> None:
        self._sizes = {str(name): int(size) for name, size in sizes.items()}

    @classmethod
    def read(cls, path: str | os.PathLike[str], problems: list[str]) -> ChromSizes | None:
        """Read a ``chrom.sizes`` file.

        Parameters
        ----------
        path : path-like
            Text with a name and a length in bp per line; further columns, ``#`` lines and blank lines are passed over.
        problems : list of str
            Gets one line per thing that is wrong.

        Returns
        -------
        ChromSizes or None
            None if something is wrong.
        """
        if not check_file(path, problems, what="chromosome sizes file"):
            return None
        with open(path, "rb") as file:
            data = file.read()
        kind = sniff_bytes(data)
        # Two columns are unknown to the sniffer, and the five of a FASTA index look like BED to it.
        if kind not in ("unknown", "BED text") or b"\0" in data:
            problems.append(f"{path}: found {phrase(kind)}; expected chromosome names and sizes as text")
            return None
        sizes, found = _parse_sizes(data, path)
        if not sizes and not found:
            found = [f"{path}: holds no chromosome; expected a name and a size per line"]
        append_capped(problems, found, path)
        return None if found else cls(sizes)

    def __getitem__(self, name: str) -> int:
        """Length of a chromosome in bp."""
        return self._sizes[name]

    def __iter__(self) -> Iterator[str]:
        """Names in the order of the file."""
        return iter(self._sizes)

    def __len__(self) -> int:
        """Count the chromosomes."""
        return len(self._sizes)

    def __repr__(self) -> str:
        """Show the sizes as a dict."""
        return f"ChromSizes({self._sizes!r})"


class Blacklist:
    """Regions that no window may touch, merged and sorted.

    Parameters
    ----------
    intervals : mapping of str to (starts, ends)
        Per chromosome, in bp, in any order; overlapping and touching ones become one, empty ones vanish.
    source : str
        The file they come from, for messages.
    """

    def __init__(self, intervals: Mapping[str, tuple[ArrayLike, ArrayLike]], source: str = "") -> None:
        self.source = source
        self._intervals: dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
        for chrom, (starts, ends) in intervals.items():
            merged = _merge(np.asarray(starts, dtype=np.int64), np.asarray(ends, dtype=np.int64))
            if len(merged[0]):
                self._intervals[chrom] = merged

    @classmethod
    def empty(cls) -> Blacklist:
        """Make a blacklist that forbids nothing."""
        return cls({})

    @property
    def chroms(self) -> tuple[str, ...]:
        """Chromosomes with at least one interval."""
        return tuple(self._intervals)

    @property
    def bases(self) -> int:
        """Number of blacklisted bases."""
        return sum(int((ends - starts).sum()) for starts, ends in self._intervals.values())

    def __len__(self) -> int:
        """Count the merged intervals."""
        return sum(len(starts) for starts, _ in self._intervals.values())

    def intervals(self, chrom: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Get the merged intervals of a chromosome.

        Returns
        -------
        starts, ends : shape (k,), int64
            Ascending, in bp; empty for a chromosome without any.
        """
        nothing = np.empty(0, dtype=np.int64)
        return self._intervals.get(chrom, (nothing, nothing))

    def overlaps(self, chrom: str, starts: ArrayLike, ends: ArrayLike) -> NDArray[np.bool_]:
        """Tell which intervals share at least one base with the blacklist.

        Parameters
        ----------
        chrom : str
            Chromosome of all the intervals.
        starts, ends : shape (n,), integers
            In bp, each at least one base long.

        Returns
        -------
        shape (n,), bool
        """
        first = np.asarray(starts, dtype=np.int64)
        last = np.asarray(ends, dtype=np.int64)
        black_starts, black_ends = self.intervals(chrom)
        if not len(black_starts):
            return np.zeros(first.shape, dtype=np.bool_)
        # Merged intervals are disjoint, so only the first one that ends behind the start can matter.
        index = np.searchsorted(black_ends, first, side="right")
        beyond = np.iinfo(np.int64).max
        return np.asarray(np.append(black_starts, beyond)[index] < last, dtype=np.bool_)


def other_spelling(name: str, known: Iterable[str]) -> str | None:
    """Find a chromosome name that means the same in another convention.

    Parameters
    ----------
    name : str
        A name that ``known`` lacks.
    known : iterable of str
        Names to look among.

    Returns
    -------
    str or None
        ``1`` for ``chr1``, ``chrM`` for ``MT``, ``chr2L`` for ``Chr2L``, and the reverse; None if there is none.
    """
    key = _spelling_key(name)
    return next((other for other in known if _spelling_key(other) == key), None)


def suggest_chrom(name: str, known: Collection[str]) -> str:
    """Word a suggestion for a chromosome name that is not known.

    Parameters
    ----------
    name : str
        What the user wrote.
    known : collection of str
        Names that exist.

    Returns
    -------
    str
        A sentence part: the other spelling, else near misses, else the names there are.
    """
    other = other_spelling(name, known)
    if other is not None:
        return f"it is called '{other}' there"
    near = difflib.get_close_matches(name, list(known), n=3)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"there are {some(known)}"


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


def some(names: Iterable[str], limit: int = 4) -> str:
    """List the first few names, and the number of the rest."""
    listed = list(names)
    rest = f" and {len(listed) - limit:,} more" if len(listed) > limit else ""
    return ", ".join(listed[:limit]) + rest


def check_chrom_names(
    names: Collection[str],
    source: str,
    known: Collection[str],
    problems: list[str],
    *,
    known_source: str = "the genome",
) -> bool:
    """Tell whether a file and the genome share a chromosome name, and append a problem if they do not.

    Parameters
    ----------
    names : collection of str
        Chromosome names in the file.
    source : str
        The file, for the message.
    known : collection of str
        Names that the genome has.
    problems : list of str
        Gets one line, with both spellings, if no name is shared.
    known_source : str
        What ``known`` comes from, for the message.
    """
    if any(name in known for name in names):
        return True
    for name in names:
        other = other_spelling(name, known)
        if other is not None:
            reason = f"it writes '{name}' where {known_source} has '{other}'"
            break
    else:
        reason = f"found {some(names)}; {known_source} has {some(known)}"
    problems.append(f"{source}: no chromosome name is known to {known_source}: {reason}")
    return False


def compare_chrom_sizes(
    reference: Mapping[str, int],
    reference_name: str,
    other: Mapping[str, int],
    other_name: str,
    chroms: Sequence[str],
    problems: list[str],
) -> list[str]:
    """Hold the chromosome sizes of two files against each other.

    Parameters
    ----------
    reference, other : mapping of str to int
        Lengths in bp, by name.
    reference_name, other_name : str
        The files, for messages.
    chroms : sequence of str
        Chromosomes that will be used; those that ``reference`` lacks are not compared.
    problems : list of str
        Gets a line per size that differs, and one for names that differ by convention only.

    Returns
    -------
    list of str
        Chromosomes that ``other`` lacks under any spelling: whether that matters, the caller knows.
    """
    missing: list[str] = []
    renamed: list[tuple[str, str]] = []
    differing: list[str] = []
    spelt = {_spelling_key(name): name for name in other}
    for chrom in chroms:
        if chrom in other:
            if chrom in reference and reference[chrom] != other[chrom]:
                differing.append(
                    f"{other_name}: {chrom} has {other[chrom]:,} bp, but {reference[chrom]:,} bp in {reference_name}: "
                    "another genome build?"
                )
        elif _spelling_key(chrom) in spelt:
            renamed.append((chrom, spelt[_spelling_key(chrom)]))
        else:
            missing.append(chrom)
    append_capped(problems, differing, other_name)
    if renamed:
        mine, theirs = renamed[0]
        more = f" (and {len(renamed) - 1:,} more)" if len(renamed) > 1 else ""
        problems.append(
            f"{other_name}: chromosome names do not match: "
            f"it writes '{theirs}' where {reference_name} has '{mine}'{more}"
        )
    return missing


def check_blacklist(blacklist: Blacklist, chrom_sizes: Mapping[str, int], problems: list[str]) -> None:
    """Check that a blacklist belongs to the genome.

    Parameters
    ----------
    blacklist : Blacklist
        Nothing is checked if it is empty.
    chrom_sizes : mapping of str to int
        Lengths in bp, by name.
    problems : list of str
        Gets a line if no chromosome name is shared, or if more than 1 % of the intervals end beyond their chromosome.
    """
    if not len(blacklist) or not check_chrom_names(blacklist.chroms, blacklist.source, chrom_sizes, problems):
        return
    shared = [chrom for chrom in blacklist.chroms if chrom in chrom_sizes]
    total = sum(len(blacklist.intervals(chrom)[1]) for chrom in shared)
    beyond = sum(int((blacklist.intervals(chrom)[1] > chrom_sizes[chrom]).sum()) for chrom in shared)
    if beyond > MAX_BEYOND_END * total:
        problems.append(
            f"{blacklist.source}: {beyond:,} of {total:,} blacklist intervals end beyond their chromosome: "
            "another genome build?"
        )


def _parse_sizes(data: bytes, path: str | os.PathLike[str]) -> tuple[dict[str, int], list[str]]:
    """Read names and sizes line by line; returns them and what is wrong."""
    sizes: dict[str, int] = {}
    lines: dict[str, int] = {}
    found: list[str] = []
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        fields = raw.decode("utf-8", errors="replace").split()
        if not fields or fields[0].startswith("#"):
            continue
        here = f"{path}, line {number}"
        if len(fields) < 2:
            found.append(f"{here}: found 1 column; expected a chromosome name and its size")
        elif not _INTEGER.fullmatch(fields[1]) or int(fields[1]) == 0:
            found.append(f"{here}: found size '{fields[1]}'; expected a positive whole number")
        elif fields[0] in sizes:
            found.append(f"{here}: {fields[0]} stands in line {lines[fields[0]]} already")
        else:
            sizes[fields[0]] = int(fields[1])
            lines[fields[0]] = number
    return sizes, found


def _merge(starts: NDArray[np.int64], ends: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sort intervals, and join those that overlap or touch."""
    filled = ends > starts
    starts, ends = starts[filled], ends[filled]
    if not len(starts):
        return starts, ends
    order = np.argsort(starts, kind="stable")
    starts, ends = starts[order], np.maximum.accumulate(ends[order])
    opens = np.append(True, starts[1:] > ends[:-1])
    closes = np.append(opens[1:], True)
    return starts[opens], ends[closes]


def _spelling_key(name: str) -> str:
    """Reduce a name to what all conventions share: no ``chr``, no case, ``m`` for the mitochondrion."""
    key = name.lower().removeprefix("chromosome").removeprefix("chr").lstrip("_0")
    return "m" if key in ("mt", "mito") else key
