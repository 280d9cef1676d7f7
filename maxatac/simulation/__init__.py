"""A small, seeded, realistic set of example data: genome, motif, cell types, tracks, peaks and meta file.

The files are of our own making from the first base to the last, so that they may be shipped, changed and shared. They
are meant to be learned from, not only to be read: binding needs a motif match *and* accessible chromatin, and neither
alone tells where it is. Everything is a pure function of `SimulateConfig`, to the byte.

The parts, in the order in which they are made:

=============== =======================================================================================
`motif`         the position weight matrix, and the scan of a sequence with it
`sequence`      a chromosome: background, repeats, satellites, runs of N
`accessibility` the regions that are open, in which cell types and how far
`binding`       which matches are bound in which cell type
`tracks`        Tn5 cut sites, their smoothed and scaled signal, the bigWigs
`peaks`         peaks called from the signal, peaks of ChIP-seq around bound sites, narrowPeak files
`workflow`      all of them together, and the folder
=============== =======================================================================================
"""

from __future__ import annotations

from maxatac.simulation.config import SimulateConfig, SimulatedSet, parse_size

__all__ = ["SimulateConfig", "SimulatedSet", "parse_size", "simulate"]


def simulate(config: SimulateConfig) -> SimulatedSet:
    """Write a set of example data.

    Parameters
    ----------
    config : SimulateConfig
        What to simulate, and where to.

    Returns
    -------
    SimulatedSet
        Where each file is, how the chromosomes may be split, and what was simulated.

    Raises
    ------
    InputError
        If a setting makes no sense or the output folder cannot be used. All problems at once; nothing is written.
    """
    from maxatac.simulation.workflow import run  # numpy only when something is simulated: `--help` stays fast

    return run(config)
