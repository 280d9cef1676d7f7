"""The whole simulation: a pass over the chromosomes for sequence and bound sites, then one per cell type.

Only one chromosome is held as bases at any time; of the others, regions, sites and cuts are kept. Everything is written
to a temporary folder inside the output folder and moved when it is complete, so that a failed run leaves nothing.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maxatac.errors import InputError, Problem, Problems
from maxatac.files.bigwig import new_bigwig
from maxatac.files.sniff import whose
from maxatac.files.twobit import TwoBitWriter
from maxatac.genome.spans import Spans, merge
from maxatac.simulation import accessibility, binding, motif, peaks, sequence, tracks
from maxatac.simulation.config import SimulateConfig, SimulatedSet, split_chroms
from maxatac.simulation.streams import stream

logger = logging.getLogger(__name__)

_META_COLUMNS = (
    "Cell_Line", "TF", "CHIP_Peak_Counts", "Binding_File", "CHIP_Peaks", "ATAC_Signal_File", "ATAC_Peaks",
    "Train_Test_Label",
)  # fmt: skip


@dataclass(frozen=True)
class _Chrom:
    """What is kept of one chromosome once its sequence is written."""

    name: str
    size: int
    blacklist: Spans
    regions: accessibility.Regions
    sites: list[binding.Sites]


@dataclass(frozen=True)
class _CellTypeFiles:
    """Names of the files of one cell type, and counts of what is in them."""

    cell_type: str
    signal: str
    binding: str
    atac_peaks: str
    chip_peaks: str
    n_sites: int
    n_atac_peaks: int
    n_chip_peaks: int


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
    problems = Problems()
    config.check(problems)
    _check_output(config.output, config.force, problems)
    if problems:
        raise InputError(problems)
    existed = config.output.exists()
    try:
        config.output.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".simulate-", dir=config.output))
    except OSError as error:
        reason = f"({error.strerror}){whose(config.output)}"
        fault = Problem(
            "output", f"cannot be written {reason}", hint="expected a folder of your own", file=config.output
        )
        raise InputError([fault]) from error
    try:
        result = _write(config, folder)
        for file in sorted(folder.iterdir()):
            file.replace(config.output / file.name)
    except OSError as error:
        if error.errno is None:
            raise
        # Some writers report a full disk without a name, others with a name in the temporary folder.
        path = config.output / Path(error.filename).name if error.filename else config.output
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if not existed and not any(config.output.iterdir()):
            config.output.rmdir()
    return result


def _check_output(output: Path, force: bool, problems: Problems) -> None:
    if output.exists() and not output.is_dir():
        problems.add("output", "a file", expected="a folder, or a name that is free", file=output)
    elif output.is_dir() and not force:
        try:
            empty = not any(output.iterdir())
        except OSError as error:
            problems.add("output", f"cannot be read ({error.strerror})", file=output)
            return
        if not empty:
            expected = "an empty or new one, or --force"
            problems.add("output", "a folder that is not empty", expected=expected, file=output)


def _write(config: SimulateConfig, folder: Path) -> SimulatedSet:
    sizes = sequence.chrom_sizes(config.size, config.chroms)
    matrix = motif.draw_motif(stream(config.seed, "motif"))
    chroms = _write_genome(config, folder / "genome.2bit", sizes, matrix)
    _write_lines(folder / "genome.chrom.sizes", [f"{name}\t{size}" for name, size in sizes.items()])
    _write_lines(
        folder / "blacklist.bed",
        [f"{chrom.name}\t{start}\t{end}" for chrom in chroms for start, end in chrom.blacklist.tolist()],
    )
    _write_lines(folder / "motif.tsv", ["A\tC\tG\tT", *("\t".join(f"{p:.4f}" for p in row) for row in matrix)])
    files = [_write_cell_type(config, folder, sizes, chroms, number) for number in range(config.cell_types)]
    _write_meta(folder / "meta.tsv", config, files)
    training, validation, test = split_chroms(config.chroms)
    result = SimulatedSet(
        output=config.output,
        sequence=config.output / "genome.2bit",
        chrom_sizes=config.output / "genome.chrom.sizes",
        blacklist=config.output / "blacklist.bed",
        motif=config.output / "motif.tsv",
        meta_file=config.output / "meta.tsv",
        readme=config.output / "README.txt",
        cell_types=config.cell_type_names,
        sizes=sizes,
        training_chroms=training,
        validation_chroms=validation,
        test_chroms=test,
        match_threshold=motif.MATCH_THRESHOLD,
        bound_sites={entry.cell_type: entry.n_sites for entry in files},
        atac_peaks={entry.cell_type: entry.n_atac_peaks for entry in files},
        chip_peaks={entry.cell_type: entry.n_chip_peaks for entry in files},
    )
    _write_lines(folder / "README.txt", _describe(config, result, motif.information(matrix)))
    return result


def _write_genome(
    config: SimulateConfig, path: Path, sizes: dict[str, int], matrix: NDArray[np.float64]
) -> list[_Chrom]:
    """Write the 2bit file, and draw open regions and bound sites, which depend on the sequence."""
    families = sequence.draw_families(config.seed)
    chroms = []
    with TwoBitWriter(path, list(sizes)) as genome:
        for number, (name, size) in enumerate(sizes.items()):
            logger.info("simulating %s (%s bp)", name, f"{size:,}")
            drawn = sequence.draw_sequence(size, families, stream(config.seed, "sequence", number))
            closed = merge(np.concatenate((drawn.n_runs, drawn.blacklist)))
            regions = accessibility.draw_regions(
                size, closed, config.cell_types, stream(config.seed, "regions", number)
            )
            accessibility.plant_motifs(drawn.codes, regions, matrix, stream(config.seed, "planting", number))
            genome.add(drawn.codes, drawn.n_runs, drawn.masked_runs)
            matches = motif.find_matches(drawn.codes, drawn.n_runs, matrix)
            sites = binding.draw_sites(regions, matches, len(matrix), stream(config.seed, "binding", number))
            chroms.append(_Chrom(name, size, drawn.blacklist, regions, sites))
    return chroms


def _write_cell_type(
    config: SimulateConfig, folder: Path, sizes: dict[str, int], chroms: Sequence[_Chrom], number: int
) -> _CellTypeFiles:
    name = config.cell_type_names[number]
    logger.info("simulating the tracks of %s", name)
    signal_file, binding_file = f"{name}_atac.bw", f"{config.tf}_{name}_binding.bw"
    atac_file, chip_file = f"{name}_atac_peaks.narrowPeak", f"{config.tf}_{name}_chip_peaks.narrowPeak"

    cuts, percentile, mean = _draw_cuts(config, chroms, number)
    # bigWig files have chromosomes in the order of their names, all other files in that of the genome
    in_name_order = sorted(chroms, key=lambda chrom: chrom.name)
    called = {}
    with new_bigwig(folder / signal_file, sizes) as track:
        for chrom in in_name_order:
            depth = tracks.depth_runs(cuts.pop(chrom.name).astype(np.int64), chrom.size)
            signal = tracks.scale(depth, percentile)
            tracks.write_signal(track, chrom.name, chrom.size, signal, dense=config.dense)
            called[chrom.name] = peaks.call_atac_peaks(signal, chrom.size, mean)
    atac_peaks = {name: called[name] for name in sizes}

    chip_peaks = {}
    for index, chrom in enumerate(chroms):
        rng = stream(config.seed, "chip peaks", index, number)
        chip_peaks[chrom.name] = peaks.draw_chip_peaks(chrom.sites[number], chrom.size, rng)
    with new_bigwig(folder / binding_file, sizes) as track:
        for chrom in in_name_order:
            binding_runs = peaks.peak_runs(chip_peaks[chrom.name])
            tracks.write_signal(track, chrom.name, chrom.size, binding_runs, dense=config.dense)

    return _CellTypeFiles(
        cell_type=name,
        signal=signal_file,
        binding=binding_file,
        atac_peaks=atac_file,
        chip_peaks=chip_file,
        n_sites=sum(len(chrom.sites[number].centre) for chrom in chroms),
        n_atac_peaks=peaks.write_narrow_peaks(folder / atac_file, f"{name}_atac", atac_peaks),
        n_chip_peaks=peaks.write_narrow_peaks(folder / chip_file, f"{config.tf}_{name}", chip_peaks),
    )


def _draw_cuts(
    config: SimulateConfig, chroms: Sequence[_Chrom], number: int
) -> tuple[dict[str, NDArray[np.int32]], int, float]:
    """Draw the cuts of a cell type, by chromosome; also gives the depth of the percentile, and the mean of the signal.

    The scale needs the depth of all chromosomes, so cuts are kept and widened twice.
    """
    cuts = {}
    bases_at_depth = np.zeros(1, np.int64)
    for index, chrom in enumerate(chroms):
        rng = stream(config.seed, "cuts", index, number)
        drawn = tracks.draw_cuts(chrom.size, chrom.regions, number, chrom.sites[number], chrom.blacklist, rng)
        cuts[chrom.name] = drawn.astype(np.int32)
        bases_at_depth = tracks.add_depths(bases_at_depth, tracks.depth_runs(drawn, chrom.size))
    percentile = tracks.percentile_depth(bases_at_depth)
    return cuts, percentile, tracks.mean_signal(bases_at_depth, percentile, config.size)


def _write_meta(path: Path, config: SimulateConfig, files: Sequence[_CellTypeFiles]) -> None:
    rows = [_META_COLUMNS]
    for entry in files:
        label = "Test" if entry is files[-1] else "Train"
        paths = (entry.binding, entry.chip_peaks, entry.signal, entry.atac_peaks)
        rows.append((entry.cell_type, config.tf, str(entry.n_chip_peaks), *paths, label))
    _write_lines(path, ["\t".join(row) for row in rows])


def _describe(config: SimulateConfig, result: SimulatedSet, bits: float) -> list[str]:
    names = ", ".join(result.cell_types)
    return [
        "Simulated example data, written by `maxatac simulate`. Nothing in it was measured.",
        "",
        f"seed        {config.seed}",
        f"genome      {config.size} bp, {len(config.chroms)} chromosomes: {' '.join(config.chroms)}",
        f"factor      {config.tf}, a motif of {bits:.2f} bits; a match scores {result.match_threshold:g} bits or more",
        f"cell types  {names}; the last is labelled Test",
        f"tracks      {'dense: every base' if config.dense else 'sparse: zeros are left out'}",
        f"bound sites {', '.join(f'{name} {count}' for name, count in result.bound_sites.items())}",
        f"split       training {' '.join(result.training_chroms)}; "
        f"validation {' '.join(result.validation_chroms) or '-'}; test {' '.join(result.test_chroms) or '-'}",
        "",
        "genome.2bit, genome.chrom.sizes   the genome, with runs of N and soft-masked repeats",
        "blacklist.bed                     runs of N, satellites, tandem arrays: no read can be placed there",
        "motif.tsv                         probabilities of A, C, G, T at each position of the motif",
        "meta.tsv                          one row per cell type; its paths are relative to this folder",
        "*_atac.bw                         Tn5 cut sites, 20 bp to both sides, scaled to 0..1 by the 99th percentile",
        "*_atac_peaks.narrowPeak           peaks called from that signal",
        "*_chip_peaks.narrowPeak           peaks of 200 to 300 bp around bound sites, joined where they overlap",
        "*_binding.bw                      1 in those peaks",
    ]


def _write_lines(path: Path, lines: Sequence[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="ascii", newline="\n")
