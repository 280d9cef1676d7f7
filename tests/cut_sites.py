"""Cut sites for tests, without a file of reads."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from maxatac._core import CutSites
from maxatac.preparation.enrichment import SiteSpread


def cut_sites(
    sizes: Mapping[str, int],
    positions: Mapping[str, NDArray[np.int64]],
    reverse: Mapping[str, NDArray[np.bool_]] | None = None,
) -> CutSites:
    """Keep sites of one group, by chromosome; without ``reverse`` all are those of forward reads."""
    sites = CutSites(sizes, temp_dir=tempfile.gettempdir(), memory=1 << 24)
    for chrom, found in positions.items():
        strand = np.zeros(len(found), np.bool_) if reverse is None else reverse[chrom]
        sites.add(0, chrom, np.asarray(found, np.int64), strand)
    sites.finish()
    return sites


def spread_of(
    sizes: Mapping[str, int],
    positions: Mapping[str, NDArray[np.int64]],
    blacklist: Mapping[str, NDArray[np.int64]] | None = None,
    peaks: Mapping[str, NDArray[np.int64]] | None = None,
) -> SiteSpread:
    """Count sites, by chromosome, in bins, blacklist and peaks."""
    made, sites = SiteSpread(blacklist, peaks), cut_sites(sizes, positions)
    for chrom, size in sizes.items():
        made.add(sites, 0, chrom, size)
    return made
