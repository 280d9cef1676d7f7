"""Sites: bins whose score reaches a cutoff, joined, as BED or narrowPeak.

A bin belongs to a site if its score, rounded to float32 as a bigWig holds it, is at least the cutoff, rounded to
float32 too. So a bin that a cutoff table has counted is never lost. Bins that overlap or touch make one site.

The lines of a file are in the order of ``LC_ALL=C sort -k1,1 -k2,2n``: chr10 comes before chr2.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maxatac.files.atomic import replacing
from maxatac.genome.chroms import in_byte_order
from maxatac.wording import base_pairs, counted

if TYPE_CHECKING:
    from maxatac.prediction.cutoffs import Cutoff

logger = logging.getLogger(__name__)

HIGHEST = 1_000
"""The largest number that the fifth column of a narrowPeak file may hold."""


@dataclass(frozen=True, eq=False)
class Sites:
    """The sites of a chromosome, in order.

    Attributes
    ----------
    starts, ends : shape (n,), int64
        0-based, half-open, in bp.
    maxima : shape (n,), float32
        The highest score of the bins of each site.
    summits : shape (n,), int64
        Distance in bp of the middle of the highest bin, the first of equals, from the start of the site.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    maxima: NDArray[np.float32]
    summits: NDArray[np.int64]

    def __len__(self) -> int:
        """Count the sites."""
        return len(self.starts)

    @property
    def bases(self) -> int:
        """Bases in sites."""
        return int((self.ends - self.starts).sum())


def reaches(values: ArrayLike, cutoff: float) -> NDArray[np.bool_]:
    """Tell which scores reach a cutoff.

    Parameters
    ----------
    values : any shape, float
        NaN where there is no score.
    cutoff : float

    Returns
    -------
    same shape, bool
        Both are compared as float32.
    """
    return np.asarray(np.asarray(values, dtype=np.float32) >= np.float32(cutoff), dtype=np.bool_)


def call_sites(starts: ArrayLike, ends: ArrayLike, values: ArrayLike, cutoff: float) -> Sites:
    """Join the bins of a chromosome whose score reaches a cutoff.

    Parameters
    ----------
    starts, ends : shape (bins,), int
        0-based, half-open, in bp; in any order.
    values : shape (bins,), float
        Score of each bin; NaN where there is none.
    cutoff : float
        The lowest score of a bin of a site.

    Returns
    -------
    Sites

    Examples
    --------
    >>> sites = call_sites([0, 32, 96], [32, 64, 128], [0.5, 0.9, 0.7], 0.5)
    >>> sites.starts.tolist(), sites.ends.tolist(), sites.summits.tolist()
    ([0, 96], [64, 128], [48, 16])
    """
    inside = reaches(values, cutoff)
    first = np.asarray(starts, dtype=np.int64)[inside]
    last = np.asarray(ends, dtype=np.int64)[inside]
    scores = np.asarray(values, dtype=np.float32)[inside]
    if not len(first):
        return Sites(first, last, scores, first)
    if (np.diff(first) < 0).any():
        order = np.argsort(first, kind="stable")
        first, last, scores = first[order], last[order], scores[order]
    reached = np.maximum.accumulate(last)
    opens = np.append(True, first[1:] > reached[:-1])
    heads = np.flatnonzero(opens)
    maxima = np.maximum.reduceat(scores, heads)
    site = np.cumsum(opens) - 1
    highest = np.flatnonzero(scores == maxima[site])
    summit = highest[np.unique(site[highest], return_index=True)[1]]
    middles = first[summit] + (last[summit] - first[summit]) // 2
    return Sites(first[heads], reached[np.append(heads[1:], len(first)) - 1], maxima, middles - first[heads])


def widen(
    starts: ArrayLike, ends: ArrayLike, values: ArrayLike, *, width: int, size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Take the highest score in each stretch of a chromosome.

    Parameters
    ----------
    starts, ends : shape (bins,), int
        0-based, half-open, in bp; in any order.
    values : shape (bins,), float
    width : int
        Length of a stretch in bp; the stretches begin with the chromosome.
    size : int
        Length of the chromosome in bp, where the last stretch ends.

    Returns
    -------
    starts, ends : shape (stretches,), int64
        Only stretches that a bin overlaps.
    maxima : shape (stretches,), float32
        The highest score of the bins that overlap the stretch.
    """
    starts, ends = np.asarray(starts, dtype=np.int64), np.asarray(ends, dtype=np.int64)
    first, last = starts // width, (ends - 1) // width
    counts = last - first + 1
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    overlapped = np.repeat(first, counts) + within
    order = np.argsort(overlapped, kind="stable")
    stretches, heads = np.unique(overlapped[order], return_index=True)
    scores = np.repeat(np.asarray(values, dtype=np.float32), counts)[order]
    maxima = np.maximum.reduceat(scores, heads) if len(heads) else scores
    return stretches * width, np.minimum(stretches * width + width, size), maxima


def write_sites(path: Path, by_chrom: Mapping[str, Sites], format: str = "bed") -> None:
    """Write sites.

    BED has four columns: chromosome, start, end, highest score. narrowPeak has ten: the fifth is 1,000 times the
    highest score, rounded and held between 0 and 1,000, or, if any score is above 1, as those of quantitative models
    may be, 1,000 times its share of the highest score of all sites. The seventh is the highest score itself, the tenth
    the distance of the summit from the start; strand, p value and q value are not known.

    Parameters
    ----------
    path : Path
    by_chrom : mapping of str to Sites
        In any order.
    format : str
        One of ``settings.SITE_FORMATS``.

    Raises
    ------
    OSError
        If the file cannot be written; ``path`` is then as it was.
    """
    with replacing(path) as partial:
        fill_sites(partial, by_chrom, format)


def fill_sites(path: Path, by_chrom: Mapping[str, Sites], format: str = "bed") -> None:
    """Write sites as :func:`write_sites` does to a file that has yet to get its name."""
    full = max([1.0, *(float(sites.maxima.max()) for sites in by_chrom.values() if len(sites))])
    with path.open("wb") as file:
        for chrom in in_byte_order(by_chrom):
            columns = _columns(by_chrom[chrom], None if format == "bed" else full)
            rows = zip(*([str(value) for value in column.tolist()] for column in columns), strict=True)
            file.write("".join("\t".join((chrom, *row)) + "\n" for row in rows).encode("utf-8", "surrogateescape"))


def _columns(sites: Sites, full: float | None) -> Iterator[NDArray[Any]]:
    """Give the columns behind the chromosome: those of narrowPeak, if the score is given that is 1,000 there."""
    yield sites.starts
    yield sites.ends
    # As text, a float32 has the fewest digits that give it back.
    maxima = sites.maxima.astype(str)
    if full is None:
        yield maxima
        return
    unknown = np.full(len(sites), "-1")
    yield np.full(len(sites), ".")
    yield np.clip(np.rint(HIGHEST / full * sites.maxima.astype(np.float64)), 0, HIGHEST).astype(np.int64)
    yield np.full(len(sites), ".")
    yield from (maxima, unknown, unknown, sites.summits)


def describe_sites(path: Path, by_chrom: Mapping[str, Sites]) -> str:
    """Say how many sites a file holds."""
    bases = sum(sites.bases for sites in by_chrom.values())
    return f"{path}: {counted(sum(map(len, by_chrom.values())), 'site')} ({base_pairs(bases)})"


def warn_of_no_site(path: Path, by_chrom: Mapping[str, Sites], cutoff: Cutoff, highest: float | None) -> None:
    """Log a warning if there is no site.

    Parameters
    ----------
    path : Path
        Where the sites were written.
    by_chrom : mapping of str to Sites
    cutoff : Cutoff
    highest : float or None
        The highest score; ``None`` if there is no score at all.
    """
    if not any(map(len, by_chrom.values())):
        reached = "there is no score" if highest is None else f"the highest score is {highest:.6g}"
        logger.warning("%s is empty: no bin reaches the cutoff %.6g; %s", path, cutoff.score, reached)
