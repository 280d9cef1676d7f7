"""bigWig files, written by the compiled core: whole or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maxatac._core import BigWigWriter
from maxatac.files.atomic import replacing

MOST_ZOOMS = 10
"""Most zoom levels that a bigWig can have."""


@contextlib.contextmanager
def new_bigwig(
    path: Path, sizes: Mapping[str, int], *, max_zooms: int = MOST_ZOOMS, threads: int = 1
) -> Iterator[BigWigWriter]:
    """Give a writer of a bigWig file, which becomes ``path`` when the block ends well.

    Parameters
    ----------
    path : Path
    sizes : mapping of str to int
        Lengths of all chromosomes of the file in bp. They have to be written in the byte order of their names.
    max_zooms : int
        Most zoom levels, 0 to 10; those that would be hardly smaller than the data are left out.
    threads : int
        Threads that compress; the file does not depend on them.

    Raises
    ------
    ValueError
        If a bigWig cannot have these chromosomes or so many zoom levels.
    OSError
        If the file cannot be written, such as on a full disk; ``path`` is then as it was.
    """
    with replacing(path) as unfinished:
        writer = BigWigWriter(unfinished, sizes, max_zooms=max_zooms, threads=threads)
        yield writer
        writer.close()


def write_track(path: Path, values: Mapping[str, NDArray[np.float32]], sizes: Mapping[str, int], *, span: int) -> None:
    """Write one value per bin as a bigWig.

    Parameters
    ----------
    path : Path
    values : mapping of str to array of shape (bins,), float32
        By chromosome; NaN where there is none, which is left out.
    sizes : mapping of str to int
        Lengths in bp.
    span : int
        Width of a bin in bp.

    Raises
    ------
    OSError
        If the file cannot be written, such as on a full disk; ``path`` is then as it was.
    """
    with new_bigwig(path, {chrom: sizes[chrom] for chrom in values}) as track:
        for chrom in sorted(values):
            track.write_bins(chrom, 0, span, values[chrom])
