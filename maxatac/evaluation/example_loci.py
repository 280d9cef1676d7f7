"""Example loci on held-out chromosomes: what a model finds, what it misses, and where it is wrong.

They are chosen by rule from predictions, labels and signal, not by hand. Bins are 32 bp wide and counted from the start
of a chromosome; those without a prediction are NaN and are never chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maxatac.genome.windows import BIN_SIZE

FLANK = 64
"""Bins shown to either side of the chosen one: 2,048 bp."""

CLEARANCE = 16
"""Bins between a false positive and the nearest bound bin: 512 bp. Peak edges are uninformative."""

APART = 32
"""Least distance in bins of two false positives that are listed: 1,024 bp."""

FALSE_POSITIVES = 20

_CANDIDATES = 5_000  # of each chromosome

Values = Mapping[str, NDArray[np.float32]]
Labels = Mapping[str, NDArray[np.bool_]]


def false_positives(predicted: Values, labels: Labels, tracks: Mapping[str, Values]) -> list[dict[str, Any]]:
    """List the bins with the highest predictions that are far from every bound bin.

    Parameters
    ----------
    predicted : mapping of str to array of shape (bins,), float32
        By chromosome.
    labels : mapping of str to array of shape (bins,), bool
    tracks : mapping of str to the like of ``predicted``
        Further values that are listed for each place.

    Returns
    -------
    list of dict
        At most 20, the highest prediction first: ``chrom``, ``start``, ``end`` (of the bin, in bp), ``score``,
        ``distance`` (in bp from the bin's middle to the middle of the nearest bound bin; None if none is bound), and
        under ``tracks`` the largest value of each within 512 bp (None where there is none).
    """
    chosen: list[tuple[float, str, int]] = []
    for score, chrom, bin_ in _candidates(predicted, labels):
        if len(chosen) == FALSE_POSITIVES:
            break
        if all(chrom != other or abs(bin_ - place) >= APART for _, other, place in chosen):
            chosen.append((score, chrom, bin_))
    listed = []
    for score, chrom, bin_ in chosen:
        around = slice(max(bin_ - CLEARANCE, 0), bin_ + CLEARANCE + 1)
        bound = np.flatnonzero(labels[chrom])
        listed.append(
            {
                "chrom": chrom,
                "start": bin_ * BIN_SIZE,
                "end": (bin_ + 1) * BIN_SIZE,
                "score": score,
                "distance": int(np.abs(bound - bin_).min()) * BIN_SIZE if len(bound) else None,
                "tracks": {name: _largest(values[chrom][around]) for name, values in tracks.items()},
            }
        )
    return listed


def _candidates(predicted: Values, labels: Labels) -> list[tuple[float, str, int]]:
    """List bins far from bound ones as (prediction, chromosome, bin), the highest first; a few thousand at most."""
    found: list[tuple[float, int, int]] = []
    names = list(predicted)
    least = -np.inf
    for place, chrom in enumerate(names):
        values = np.where(_near(labels[chrom], CLEARANCE), np.nan, predicted[chrom])
        bins = np.flatnonzero(values >= least)
        if len(bins) > _CANDIDATES:
            bins = np.sort(bins[np.argpartition(-values[bins], _CANDIDATES)[:_CANDIDATES]])
        found += [(-float(values[bin_]), place, int(bin_)) for bin_ in bins]
        if len(found) > 2 * _CANDIDATES:
            # Each of the 20 excludes at most 62 others, so that candidates beyond these cannot be listed.
            found = sorted(found)[:_CANDIDATES]
            least = -found[-1][0]
    return [(-score, names[place], bin_) for score, place, bin_ in sorted(found)]


def example_loci(predicted: Values, labels: Labels, signal: Values) -> list[dict[str, Any]]:
    """Choose places that show what a model does: bound ones that it finds and misses, and false positives.

    Parameters
    ----------
    predicted, labels
        As in ``false_positives``.
    signal : like ``predicted``
        ATAC-seq signal.

    Returns
    -------
    list of dict
        ``why`` it was chosen, ``chrom``, ``start``, ``end`` in bp, ``bin_start`` of the chosen bin, and ``signal``,
        ``bound``, ``predicted`` of each bin (None where there is none). Places that would overlap are left out.
    """
    names = list(predicted)
    offsets = np.cumsum([0, *(len(predicted[chrom]) for chrom in names)])
    if offsets[-1] == 0:
        return []
    wanted = _choose(
        scores=np.concatenate([predicted[chrom] for chrom in names]),
        bound=np.concatenate([labels[chrom] for chrom in names]),
        near=np.concatenate([_near(labels[chrom], CLEARANCE) for chrom in names]),
        signal=np.concatenate([signal[chrom] for chrom in names]),
    )
    chosen: list[dict[str, Any]] = []
    for why, index in wanted:
        place = int(np.searchsorted(offsets, index, side="right")) - 1
        chrom, bin_ = names[place], index - int(offsets[place])
        begin, end = max(bin_ - FLANK, 0), min(bin_ + FLANK + 1, len(predicted[chrom]))
        locus: dict[str, Any] = {
            "why": why,
            "chrom": chrom,
            "start": begin * BIN_SIZE,
            "end": end * BIN_SIZE,
            "bin_start": bin_ * BIN_SIZE,
            "signal": _short(signal[chrom][begin:end]),
            "bound": labels[chrom][begin:end].astype(int).tolist(),
            "predicted": _short(predicted[chrom][begin:end]),
        }
        if not any(
            other["chrom"] == chrom and locus["start"] < other["end"] and locus["end"] > other["start"]
            for other in chosen
        ):
            chosen.append(locus)
    return chosen


def _choose(
    scores: NDArray[np.float32], bound: NDArray[np.bool_], near: NDArray[np.bool_], signal: NDArray[np.float32]
) -> list[tuple[str, int]]:
    """Choose bins of all chromosomes together, each with the reason."""
    covered = ~np.isnan(scores)
    hits, others = np.flatnonzero(bound & covered), np.flatnonzero(~near & covered)
    chosen: list[tuple[str, int]] = []
    middle = 0.5
    if len(hits):
        ranked = hits[np.argsort(-scores[hits], kind="stable")]
        median = int(ranked[len(ranked) // 2])
        middle = float(scores[median])
        chosen.append(("bound, with the highest prediction", int(ranked[0])))
        chosen.append(("bound, with the median prediction of bound bins", median))
        chosen.append(("bound, with the lowest prediction", int(ranked[-1])))
    if len(others):
        chosen.append(("not bound within 512 bp, with the highest prediction", int(others[np.argmax(scores[others])])))
        low = others[scores[others] < middle]
        if len(low):
            why = "not bound within 512 bp and predicted low, with the highest ATAC-seq signal"
            chosen.append((why, int(low[np.argmax(signal[low])])))
    return chosen


def _near(labels: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Mark the bins that have a bound one within reach."""
    before = np.append(0, np.cumsum(labels))
    places = np.arange(len(labels))
    first, last = np.maximum(places - reach, 0), np.minimum(places + reach + 1, len(labels))
    near: NDArray[np.bool_] = before[last] > before[first]
    return near


def _largest(values: NDArray[np.float32]) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.max()) if len(known) else None


def _short(values: NDArray[np.float32]) -> list[float | None]:
    return [None if np.isnan(value) else float(f"{value:.5g}") for value in values.tolist()]
