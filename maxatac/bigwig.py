"""bigWig files, written by the compiled core: whole or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from maxatac._core import BigWigWriter
from maxatac.files import replacing


@contextlib.contextmanager
def new_bigwig(path: Path, sizes: Mapping[str, int]) -> Iterator[BigWigWriter]:
    """Give a writer of a bigWig file, which becomes ``path`` when the block ends well.

    Parameters
    ----------
    path : Path
    sizes : mapping of str to int
        Lengths of all chromosomes of the file in bp. They have to be written in the byte order of their names.

    Raises
    ------
    OSError
        If the file cannot be written, such as on a full disk; ``path`` is then as it was.
    """
    with replacing(path) as unfinished:
        writer = BigWigWriter(unfinished, sizes)
        yield writer
        writer.close()
