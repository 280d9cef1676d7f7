"""Where the cut sites of a sample lie: in few places or everywhere, in peaks, in the blacklist."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maxatac._core import CutSites
from maxatac.genome.spans import Spans, merge

BIN = 500
"""Width in bp of the bins whose cut sites are counted."""

TOP = 0.01
"""Share of the bins, those with most cut sites, that the enrichment is about."""

_NONE: Spans = np.empty((0, 2), np.int64)


class SiteSpread:
    """Counts the cut sites of one group, chromosome by chromosome.

    The chromosomes are cut into bins of ``BIN`` bp. *Enrichment* is the share of all cut sites that lie in the
    ``TOP`` bins with most of them. It needs no annotation. The same number of sites at random places has a share too,
    which is large when there are few sites; compare the two. Bins that lie wholly in the blacklist, and sites in the
    blacklist, are left out.

    Parameters
    ----------
    blacklist, peaks : mapping of str to array of shape (spans, 2), int64
        By chromosome, sorted and disjoint.

    Attributes
    ----------
    sites : dict of str to int
        Cut sites, by chromosome that has any.
    in_blacklist, in_peaks : int
        Those in the blacklist, and others that lie in peaks.
    """

    def __init__(self, blacklist: Mapping[str, Spans] | None = None, peaks: Mapping[str, Spans] | None = None) -> None:
        self._blacklist = blacklist or {}
        self._peaks = peaks
        self._bins = np.zeros(1, np.int64)
        self.sites: dict[str, int] = {}
        self.in_blacklist = 0
        self.in_peaks = 0

    def add(
        self, sites: CutSites, group: int, chrom: str, size: int, *, step: int = 0
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Count the sites of the group on a chromosome.

        Parameters
        ----------
        sites : CutSites
        group : int
        chrom : str
        size : int
            Its length in bp.
        step : int
            One of so many sites is returned; with 0 there is none.

        Returns
        -------
        positions : shape (some sites,), int64
        reverse : shape (some sites,), bool
            Whether the read lies on the - strand.

        Raises
        ------
        OSError
            If temporary data cannot be read.
        """
        blacklist = self._blacklist.get(chrom, _NONE)
        if not (count := sites.count(group, chrom)):
            # There may be a hundred thousand contigs, and hundreds of groups.
            self._bins[0] += -(-size // BIN) if len(blacklist) == 0 else int((~_hidden(blacklist, size)).sum())
            return np.empty(0, np.int64), np.empty(0, np.bool_)
        within = _NONE if self._peaks is None else self._peaks.get(chrom, _NONE)
        found = sites.spread(group, chrom, width=BIN, without=blacklist, within=within, step=step)
        self.sites[chrom] = count
        self.in_blacklist += found["in_blacklist"]
        self.in_peaks += found["within"]
        counts = np.bincount(found["bins"][~_hidden(blacklist, size)], minlength=len(self._bins))
        counts[: len(self._bins)] += self._bins
        self._bins = counts
        return found["positions"], found["reverse"]

    @property
    def total(self) -> int:
        """Cut sites in all."""
        return sum(self.sites.values())

    @property
    def outside_blacklist(self) -> int:
        """Cut sites that are not in the blacklist."""
        return self.total - self.in_blacklist

    @property
    def bins(self) -> int:
        """Bins in all."""
        return int(self._bins.sum())

    @property
    def hidden(self) -> float:
        """Share of the cut sites that lie in the blacklist; 0 without a site."""
        return self.in_blacklist / max(self.total, 1)

    @property
    def frip(self) -> float | None:
        """Share of the cut sites outside the blacklist that lie in peaks; ``None`` without peaks or sites."""
        return None if self._peaks is None else _share(self.in_peaks, self.outside_blacklist)

    @property
    def _has_sites(self) -> bool:
        return bool(self._bins[1:].any())

    def top_share(self, share: float = TOP) -> float | None:
        """Share of the cut sites in this share of the bins; ``None`` without a site."""
        return float(self.curve(np.array([share]))[0][0]) if self._has_sites else None

    def curve(self, shares: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Share of the cut sites in each share of the bins: as found, and for sites at random places.

        Raises
        ------
        ValueError
            If there is no site.
        """
        if not self._has_sites:
            raise ValueError("no cut site")
        counts = np.arange(len(self._bins))
        mean = float(counts @ self._bins) / self.bins
        return _curve(counts, self._bins.astype(np.float64), shares), _curve(*_poisson(mean), shares)

    def entry(self) -> dict[str, Any]:
        """List the numbers for a record; ``None`` where there is none."""
        at_random = float(self.curve(np.array([TOP]))[1][0]) if self._has_sites else None
        return {
            "share_in_blacklist": self.hidden,
            "bin_width": BIN,
            "bins": self.bins,
            "top_share_of_bins": TOP,
            "share_in_top_bins": self.top_share(),
            "share_in_top_bins_at_random": at_random,
            "sites_in_peaks": None if self._peaks is None else self.in_peaks,
            "frip": self.frip,
        }


def _hidden(blacklist: Spans, size: int) -> NDArray[np.bool_]:
    """Which bins of a chromosome lie wholly in the blacklist."""
    hidden = np.zeros(-(-size // BIN), np.bool_)
    for start, end in merge(blacklist):
        # The last bin may be shorter.
        hidden[-(-start // BIN) : len(hidden) if end >= size else end // BIN] = True
    return hidden


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _curve(counts: NDArray[Any], bins: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of the sites in the given shares of the bins, those with the highest counts first.

    Parameters
    ----------
    counts : shape (n,)
        Sites in a bin, rising.
    bins : shape (n,), float64
        How many bins, or which share of them, have so many.
    shares : shape (points,), float64
    """
    with_most = np.concatenate(([0.0], np.cumsum(bins[::-1])))
    sites = np.concatenate(([0.0], np.cumsum((counts * bins)[::-1])))
    found: NDArray[np.float64] = np.interp(shares, with_most / with_most[-1], sites / sites[-1])
    return found


def _poisson(mean: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """List counts, and the share of bins with each, of sites at random places."""
    reach = 12 * math.sqrt(mean) + 30
    counts = np.arange(max(int(mean - reach), 0), int(mean + reach) + 1)
    logs = np.array([count * math.log(mean) - mean - math.lgamma(count + 1) for count in counts.tolist()])
    return counts, np.exp(logs)
