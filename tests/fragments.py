"""A writer of small fragments and BED files, for tests: plain, gzip or bgzip, whole or cut. ::

write_text(path, "chr1 10 60 AAAC-1 2", "# a comment", "chr1 20 90 AAAG-1 1")
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from bam import bgzf

Packing = Literal["plain", "gzip", "bgzip"]


def lines(*text: str | Iterable[str], end: str = "\n") -> bytes:
    """Join lines whose columns are separated by blanks here, by tabs there; a ``#`` line stays as it is."""
    rows = [row for one in text for row in (one.splitlines() if isinstance(one, str) else one)]
    joined = (row.strip() if row.lstrip().startswith("#") else "\t".join(row.split()) for row in rows)
    return "".join(row + end for row in joined).encode()


def packed(data: bytes, packing: Packing, *, block_size: int = 65280, end_block: bool = True) -> bytes:
    """Compress bytes as one member, or as blocks."""
    if packing == "gzip":
        return gzip.compress(data, mtime=0)
    return bgzf(data, block_size=block_size, end_block=end_block) if packing == "bgzip" else data


def packing_of(path: Path) -> Packing:
    """How a file with this name is usually packed."""
    return "bgzip" if path.suffix == ".gz" else "plain"


def write_text(
    path: Path, *text: str | Iterable[str], packing: Packing | None = None, block_size: int = 65280, end: str = "\n"
) -> Path:
    """Write lines; a name that ends in ``.gz`` is packed by bgzip unless ``packing`` says otherwise."""
    path.write_bytes(packed(lines(*text, end=end), packing or packing_of(path), block_size=block_size))
    return path
