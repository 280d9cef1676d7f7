"""How well the held-out cell type of the demo can be predicted at all.

``PYTHONPATH=tests python -m benchmarks.ideal 1 2 3`` prints a table, a row for each seed. Two observers rank the bins
that ``make demo`` scores. Both know the matrix of the motif and the law by which the simulation draws bound sites. One
counts the Tn5 cuts around each match, as anybody can; the other knows the accessibility from which the cuts were drawn,
and looks for footprints. What neither can know is the part of binding that is drawn by chance.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maxatac.genome.spans import contains, merge
from maxatac.genome.windows import BIN_SIZE
from maxatac.simulation import accessibility, binding, motif, peaks, sequence, tracks
from maxatac.simulation.config import SimulateConfig, split_chroms
from maxatac.simulation.streams import stream

Floats = NDArray[np.float64]
COUNTED = 60
"""bp to both sides of a match in which cuts are counted."""

LOGISTIC_VARIANCE = np.pi**2 / 3
OBSERVERS = ("motif and cuts", "motif and accessibility")


def probabilities(matches: motif.Matches, openness: Floats) -> Floats:
    """Probability that a match is bound; the noise of the site is averaged over."""
    log_odds = binding._SCORE_SLOPE * (matches.score - binding._SCORE_AT_HALF)
    log_odds += binding._OPENNESS_SLOPE * np.log(np.maximum(openness, 1e-9) / binding._OPENNESS_AT_HALF)
    log_odds /= np.sqrt(1 + binding._SITE_SPREAD**2 / LOGISTIC_VARIANCE)
    return np.where(openness < binding._LEAST_OPENNESS, 0, 1 / (1 + np.exp(-log_odds)))


def footprints(bound: Floats, openness: Floats, cuts: NDArray[np.int64]) -> Floats:
    """Probability that a match is bound, given also how many cuts there are in what it would protect."""
    width = 2 * tracks._FOOTPRINT + 1
    let_through = (openness * (1 - tracks._PROTECTION * bound) + tracks._BACKGROUND) * width
    unbound = (openness + tracks._BACKGROUND) * width
    odds = bound / np.maximum(1 - bound, 1e-9) * np.exp(unbound - let_through + cuts * np.log(let_through / unbound))
    return odds / (1 + odds)


def scores(size: int, centres: NDArray[np.int64], bound: Floats, regions: accessibility.Regions, cell: int) -> Floats:
    """Probability that each bin is in a peak: of any match near it, or of a factor without motif in an open region."""
    least, most = peaks._CHIP_HALF_WIDTH
    offsets = np.arange(-most, most + 1)
    reach = np.clip((most - np.abs(offsets)) / (most - least), 0, 1)
    free = np.zeros(size + 2 * most)  # logarithm of the probability that nothing is bound
    for centre, probability in zip(centres, bound, strict=True):
        free[centre : centre + len(offsets)] += np.log1p(-np.minimum(probability * reach, 0.9999))
    free = free[most : most + size]
    for start, end in zip(regions.start[regions.is_open[:, cell]], regions.end[regions.is_open[:, cell]], strict=True):
        free[max((start + end) // 2 - least, 0) : (start + end) // 2 + least] += np.log1p(-binding._WITHOUT_MOTIF)
    middles = np.arange(size // BIN_SIZE) * BIN_SIZE + BIN_SIZE // 2
    return 1 - np.exp(free[middles])


def observe(config: SimulateConfig) -> tuple[int, int, list[float]]:
    """Simulate what is held out; gives sites, bound bins, and the average precision of each observer."""
    from sklearn.metrics import average_precision_score

    seed = config.seed
    cell, sizes = config.cell_types - 1, sequence.chrom_sizes(config.size, config.chroms)
    matrix, families = motif.draw_motif(stream(seed, "motif")), sequence.draw_families(seed)
    labels: list[NDArray[np.bool_]] = []
    ranked: list[list[Floats]] = []
    sites_in_all = 0
    for number, (name, size) in enumerate(sizes.items()):
        if name not in split_chroms(config.chroms)[2]:
            continue
        drawn = sequence.draw_sequence(size, families, stream(seed, "sequence", number))
        closed = merge(np.concatenate((drawn.n_runs, drawn.blacklist)))
        regions = accessibility.draw_regions(size, closed, config.cell_types, stream(seed, "regions", number))
        accessibility.plant_motifs(drawn.codes, regions, matrix, stream(seed, "planting", number))
        matches = motif.find_matches(drawn.codes, drawn.n_runs, matrix)
        sites = binding.draw_sites(regions, matches, len(matrix), stream(seed, "binding", number))[cell]
        found = peaks.draw_chip_peaks(sites, size, stream(seed, "chip peaks", number, cell))
        cuts = tracks.draw_cuts(size, regions, cell, sites, drawn.blacklist, stream(seed, "cuts", number, cell))

        matches = binding._best_of_overlapping(matches, len(matrix))
        centres = matches.start + len(matrix) // 2
        known = accessibility.openness(regions, cell, centres)

        def counted(half: int, cuts: NDArray[np.int64] = cuts, centres: NDArray[np.int64] = centres) -> NDArray:
            return np.searchsorted(cuts, centres + half + 1) - np.searchsorted(cuts, centres - half)

        measured = np.maximum(counted(COUNTED) / (2 * COUNTED + 1) - tracks._BACKGROUND, 0)
        of_known = footprints(probabilities(matches, known), known, counted(tracks._FOOTPRINT))
        bound = [probabilities(matches, measured), of_known]
        ranked.append([scores(size, centres, each, regions, cell) for each in bound])
        bases = contains(np.stack((found.start, found.end), axis=1), np.arange(size // BIN_SIZE * BIN_SIZE))
        labels.append(bases.reshape(-1, BIN_SIZE).sum(axis=1) > BIN_SIZE // 2)
        sites_in_all += len(sites.centre)
    truth = np.concatenate(labels)
    found_by = [float(average_precision_score(truth, np.concatenate(each))) for each in zip(*ranked, strict=True)]
    return sites_in_all, int(truth.sum()), found_by


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seeds", type=int, nargs="+")
    print(f"| seed | bound sites | bound bins | {' | '.join(OBSERVERS)} |\n|{'---|' * (3 + len(OBSERVERS))}")
    for seed in parser.parse_args().seeds:
        sites, bins, found_by = observe(SimulateConfig(Path(), seed=seed))
        print(f"| {seed} | {sites} | {bins} | {' | '.join(f'{value:.3f}' for value in found_by)} |")


if __name__ == "__main__":
    main()
