"""The whole simulation: a pass over the chromosomes for sequence and bound sites, then one per cell type.

Only one chromosome is held as bases at any time; of the others, regions, sites and cuts are kept. Everything is written
to a temporary folder inside the output folder and moved when it is complete, so that a failed run leaves nothing.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Mapping, Sequence
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


@dataclass(frozen=True)
class _Chrom:
    """What is kept of one chromosome once its sequence is written."""

    name: str
    size: int
    blacklist: Spans
    regions: accessibility.Regions
    sites: list[binding.Sites]


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
    counts = [_write_cell_type(config, folder, sizes, chroms, number) for number in range(config.cell_types)]
    bound_sites, atac_peaks, chip_peaks = (
        dict(zip(config.cell_type_names, found, strict=True)) for found in zip(*counts, strict=True)
    )
    _write_meta(folder / "meta.tsv", config, chip_peaks)
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
        bound_sites=bound_sites,
        atac_peaks=atac_peaks,
        chip_peaks=chip_peaks,
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
) -> tuple[int, int, int]:
    """Write tracks and peaks of a cell type; gives the numbers of bound sites, of ATAC and of ChIP peaks."""
    cell_type = config.cell_type_names[number]
    logger.info("simulating the tracks of %s", cell_type)
    files = {column: folder / name for column, name in _file_names(config.tf, cell_type).items()}
    cuts, percentile, mean = _draw_cuts(config, chroms, number)
    fragments = {chrom.name: cuts[chrom.name].astype(np.int64) for chrom in chroms}
    tracks.write_fragments(folder / f"{cell_type}_fragments.tsv.gz", fragments, f"{cell_type}-1")
    # bigWig files have chromosomes in the order of their names, all other files in that of the genome
    in_name_order = sorted(chroms, key=lambda chrom: chrom.name)
    called = {}
    with new_bigwig(files["ATAC_Signal_File"], sizes) as track:
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
    with new_bigwig(files["Binding_File"], sizes) as track:
        for chrom in in_name_order:
            bound = peaks.peak_runs(chip_peaks[chrom.name])
            tracks.write_signal(track, chrom.name, chrom.size, bound, dense=config.dense)
    return (
        sum(len(chrom.sites[number].centre) for chrom in chroms),
        peaks.write_narrow_peaks(files["ATAC_Peaks"], f"{cell_type}_atac", atac_peaks),
        peaks.write_narrow_peaks(files["CHIP_Peaks"], f"{config.tf}_{cell_type}", chip_peaks),
    )


def _file_names(tf: str, cell_type: str) -> dict[str, str]:
    """Name the files of a cell type, by their column in the meta file."""
    return {
        "Binding_File": f"{tf}_{cell_type}_binding.bw",
        "CHIP_Peaks": f"{tf}_{cell_type}_chip_peaks.narrowPeak",
        "ATAC_Signal_File": f"{cell_type}_atac.bw",
        "ATAC_Peaks": f"{cell_type}_atac_peaks.narrowPeak",
    }


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


def _write_meta(path: Path, config: SimulateConfig, chip_peaks: Mapping[str, int]) -> None:
    rows = [
        {
            "Cell_Line": name,
            "TF": config.tf,
            "CHIP_Peak_Counts": str(chip_peaks[name]),
            **_file_names(config.tf, name),
            "Train_Test_Label": "Test" if name == config.cell_type_names[-1] else "Train",
        }
        for name in config.cell_type_names
    ]
    _write_lines(path, ["\t".join(rows[0]), *("\t".join(row.values()) for row in rows)])


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
        "*_fragments.tsv.gz                fragments of ATAC-seq, whose ends are Tn5 cut sites",
        "*_atac.bw                         Tn5 cut sites, 20 bp to both sides, scaled to 0..1 by the 99th percentile",
        "*_atac_peaks.narrowPeak           peaks called from that signal",
        "*_chip_peaks.narrowPeak           peaks of 200 to 300 bp around bound sites, joined where they overlap",
        "*_binding.bw                      1 in those peaks",
    ]


def _write_lines(path: Path, lines: Sequence[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="ascii", newline="\n")
