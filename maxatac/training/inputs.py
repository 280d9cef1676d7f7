"""The inputs of a training run: opened, compared with each other, and pooled into regions of interest."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from maxatac._core import Genome, Track
from maxatac.data.cells_json import read_cells
from maxatac.data.meta_file import read_meta
from maxatac.data.regions import Center, PoolReport, RoiPool, build_pools, pool_from_file, tell_of_pools
from maxatac.data.same_cells import OPTION, SameCells, check_spelling, on_both_sides, read_same
from maxatac.data.samples import Sample, to_test
from maxatac.data.shared_files import EqualFiles, check_held_out_files
from maxatac.data.tracks import check_tracks, open_genome, open_tracks, probe_tracks
from maxatac.errors import InputError, Problem, Problems, TrackError
from maxatac.files.sniff import check_file
from maxatac.genome.blacklist import Blacklist, check_blacklist, read_blacklist
from maxatac.genome.chroms import compare_chrom_sizes, read_chrom_sizes
from maxatac.genome.split import ChromSplit, resolve_chroms, resolve_test_chroms
from maxatac.genome.windows import WINDOW_LENGTH
from maxatac.runs.folder import RunFolder
from maxatac.training.output_checks import check_folder, check_names, check_own_files, check_temporary_folder
from maxatac.training.settings import (
    DEFAULT_CHROMS,
    DEFAULT_TEST_CHROMS,
    DEFAULT_TRAINING_CHROMS,
    DEFAULT_VALIDATION_CHROMS,
    ReadSettings,
    TrainConfig,
)
from maxatac.wording import first_few

if TYPE_CHECKING:
    from maxatac.data.tracks import TrackProbe

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Inputs:
    """The inputs of a run, ready to be sampled.

    Attributes
    ----------
    genome : Genome
    samples : tuple of Sample
        All cell types, in the order of the meta file.
    training : tuple of Sample
        Rows that train, in order; their place is the index of their tracks.
    signal, binding : tuple of Track
        Of the training rows; tracks of cell types labelled Test are not kept open.
    split : ChromSplit
    blacklist : Blacklist
    pools : dict of str to RoiPool
        ``training`` and ``validation``.
    reports : dict of str to PoolReport
    probes : tuple of TrackProbe
        One for each training row.
    shared : tuple of EqualFiles
        Files of training and test cell types that are equal in content, which was allowed.
    validation_windows : Blacklist
        Where windows of the validation pool can lie, on chromosomes that also train.
    """

    genome: Genome
    samples: tuple[Sample, ...]
    training: tuple[Sample, ...]
    signal: tuple[Track, ...]
    binding: tuple[Track, ...]
    split: ChromSplit
    blacklist: Blacklist
    pools: Mapping[str, RoiPool]
    reports: Mapping[str, PoolReport]
    probes: tuple[TrackProbe, ...]
    shared: tuple[EqualFiles, ...] = ()
    validation_windows: Blacklist = dataclasses.field(default_factory=Blacklist.empty)

    def forbidden(self, pool: str) -> Blacklist:
        """Bases that no window of a pool may touch."""
        return self.blacklist.joined(self.validation_windows) if pool == "training" else self.blacklist

    def paths(self, options: Mapping[str, Path]) -> dict[str, Path]:
        """List every file that the run reads, by purpose: those of ``options``, and those of cell types."""
        found = dict(options)
        for sample in self.samples:
            columns: tuple[str, ...] = ("signal", "binding")
            if sample.label == "Train":
                columns += ("atac_peaks", "chip_peaks")
            elif not self.split.test:
                continue
            for column in columns:
                file: Path | None = getattr(sample, column)
                if file is not None:
                    found[f"{sample.cell_line} {column}"] = file
        return found


def split_of(config: ReadSettings, sizes: Mapping[str, int], problems: Problems, *, test: bool) -> ChromSplit:
    """Turn the chromosome lists of the settings into those of a genome.

    Parameters
    ----------
    config : ReadSettings
    sizes : mapping of str to int
        Lengths of the genome's chromosomes in bp.
    problems : Problems
        Gets what is wrong with the lists.
    test : bool
        Whether there will be an independent test; lists of its chromosomes are checked either way.
    """
    split = resolve_chroms(
        sizes,
        chroms=config.chroms,
        tchroms=config.tchroms,
        vchroms=config.vchroms,
        defaults=(DEFAULT_CHROMS, DEFAULT_TRAINING_CHROMS, DEFAULT_VALIDATION_CHROMS),
        problems=problems,
        may_share=config.train_roi is not None and config.validate_roi is not None,
    )
    if not test and config.test_chroms is None:
        return split
    test_chroms = resolve_test_chroms(
        sizes, split, test_chroms=config.test_chroms, default=DEFAULT_TEST_CHROMS, problems=problems
    )
    return dataclasses.replace(split, test=test_chroms) if test else split


def read_samples(config: ReadSettings, problems: Problems) -> list[Sample]:
    """Read the cell types, from the meta file or from JSON; what is wrong goes to ``problems``."""
    peaks_required = config.train_roi is None or config.validate_roi is None
    held_out = config.test_cell_types
    if config.cells is not None:
        return read_cells(config.cells, problems, peaks_required=peaks_required, test_cell_types=held_out)
    if config.meta_file is not None:
        return read_meta(config.meta_file, problems, peaks_required=peaks_required, test_cell_types=held_out)
    # Reported by the check of the settings.
    return []


def open_inputs(config: TrainConfig, folder: RunFolder | None) -> Inputs:
    """Check the settings, open every input, and build the pools.

    Parameters
    ----------
    config : TrainConfig
    folder : RunFolder or None
        Where the results will go; checked here, not touched. None if there will be none.

    Returns
    -------
    Inputs

    Raises
    ------
    InputError
        With every problem that could be found.
    """
    problems = config.problems()
    check_temporary_folder(problems)
    if folder is not None:
        check_folder(config, folder, config.files(), problems)
    if config.weights is not None:
        check_file(config.weights, problems, what="weights")
    genome = open_genome(config.sequence, problems)
    samples = read_samples(config, problems)
    if folder is not None:
        check_own_files(folder, samples, problems)
        check_names(folder, config.epochs, to_test(samples) if config.test else (), problems)
    shared, same = _check_held_out(config, samples, problems)
    tracks = open_tracks(samples, problems)
    blacklist = Blacklist.empty() if config.blacklist is None else read_blacklist(config.blacklist, problems)
    if genome is None:
        _check_region_files(config, problems)
        raise InputError(problems)

    sizes = genome.chrom_sizes
    split = split_of(config, sizes, problems, test=config.test)
    used = tuple(dict.fromkeys((*split.training, *split.validation, *split.test)))
    check_blacklist(blacklist, sizes, problems, used=used)
    _check_sizes_file(config, sizes, used, problems)
    check_tracks(tracks, samples, split, sizes, config.sequence, problems)
    center: Center = "summit" if config.center == "summit" else "midpoint"
    built = _build_pools(config, center, samples, split, sizes, blacklist, problems)
    pools = {name: pool for name, (pool, _) in built.items()}
    validation_windows = _keep_apart(config, split.shared, pools, sizes, problems)
    if problems:
        raise InputError(problems)

    for note in split.notes:
        logger.info("%s", note)
    tell_of_pools(built, center=center)
    for equal in shared:
        by_cell = any(use.cell_line in (config.allow_shared_files or ()) for use in equal.of("Test"))
        option = "--allow_shared_files" if by_cell else OPTION
        logger.warning("allowed by %s: %s are equal in content", option, ", ".join(map(str, equal.uses)))
    for train, test in on_both_sides({sample.cell_line: sample.label for sample in samples}, same):
        told = "allowed by %s: %s trains, and %s is tested; the test says nothing about a new cell type"
        logger.warning(told, OPTION, train, test)
    if config.blacklist is None:
        logger.warning("no --blacklist: windows may lie in regions of artefact signal")
    training = tuple(sample for sample in samples if sample.label == "Train")
    signal = tuple(tracks[sample.signal] for sample in training)
    binding = tuple(tracks[sample.binding] for sample in training)
    return Inputs(
        genome=genome,
        samples=tuple(samples),
        training=training,
        signal=signal,
        binding=binding,
        split=split,
        blacklist=blacklist,
        pools=pools,
        reports={name: report for name, (_, report) in built.items()},
        probes=_probe(training, signal, binding, pools["training"]),
        shared=shared,
        validation_windows=validation_windows,
    )


def _check_held_out(
    config: ReadSettings, samples: Sequence[Sample], problems: Problems
) -> tuple[tuple[EqualFiles, ...], SameCells]:
    """Check that no cell type is on both sides of the split; gives what is allowed to be."""
    same = read_same(config.allow_same or (), [sample.cell_line for sample in samples], problems)
    check_spelling(samples, same, problems)
    given_regions = {"--train_roi": config.train_roi, "--validate_roi": config.validate_roi}
    shared = check_held_out_files(
        samples,
        problems,
        allowed=config.allow_shared_files or (),
        same=same,
        regions=[(option, path) for option, path in given_regions.items() if path is not None],
    )
    return shared, same


def _check_region_files(config: ReadSettings, problems: Problems) -> None:
    """Check that the files exist that cannot be read without a genome."""
    for file, what in (
        (config.train_roi, "training regions"),
        (config.validate_roi, "validation regions"),
        (config.chrom_sizes, "chromosome sizes file"),
    ):
        if file is not None:
            check_file(file, problems, what=what)


def _build_pools(
    config: ReadSettings,
    center: Center,
    samples: Sequence[Sample],
    split: ChromSplit,
    sizes: Mapping[str, int],
    blacklist: Blacklist,
    problems: Problems,
) -> dict[str, tuple[RoiPool, PoolReport]]:
    """Build the pools of training and validation, from the peaks of the cell types or from files of regions."""
    chroms = {"training": split.training, "validation": split.validation}
    files = {"training": config.train_roi, "validation": config.validate_roi}
    readable = [sample.with_readable_peaks() for sample in samples]
    from_peaks = {name: chroms[name] for name, file in files.items() if file is None}
    built = build_pools(readable, from_peaks, sizes, blacklist, problems, center=center) if from_peaks else {}
    cell_lines = [sample.cell_line for sample in samples if sample.label == "Train"]
    for name, file in files.items():
        if file is not None:
            built[name] = pool_from_file(
                file, chroms[name], sizes, blacklist, problems, cell_lines=cell_lines, center=center, name=name
            )
    return {name: built[name] for name in chroms}


def _probe(
    training: Sequence[Sample], signal: Sequence[Track], binding: Sequence[Track], pool: RoiPool
) -> tuple[TrackProbe, ...]:
    """Read a part of each track, and raise ``InputError`` with all that is damaged."""
    probes, problems = [], []
    for sample, here, there in zip(training, signal, binding, strict=True):
        try:
            probes.append(probe_tracks(sample.cell_line, here, there, pool))
        except (TrackError, OSError) as error:
            problems.append(Problem.of(error))
    if problems:
        raise InputError(problems)
    return tuple(probes)


def _keep_apart(
    config: TrainConfig,
    chroms: Sequence[str],
    pools: Mapping[str, RoiPool],
    sizes: Mapping[str, int],
    problems: Problems,
) -> Blacklist:
    """Check that training and validation are apart on chromosomes that both have; returns where validation can lie."""
    if not chroms:
        return Blacklist.empty()
    if config.rand_ratio:
        hint = f"random windows of training and validation would overlap on {first_few(chroms)}, which both have"
        problems.add("setting", f"{config.rand_ratio:g}", expected="0", hint=hint, option="--rand_ratio")
    if config.genome_validation != 0:
        found = "the default" if config.genome_validation is None else str(config.genome_validation)
        hint = f"genome-like windows would lie on training regions of {first_few(chroms)}, which trains and validates"
        problems.add("setting", found, expected="0", hint=hint, option="--genome_validation")
    windows = pools["validation"].windows_by_chrom()
    # The windows of both pools are shifted by the jitter.
    spans = {
        chrom: (
            np.maximum(windows[chrom] - config.jitter, 0),
            np.minimum(windows[chrom] + WINDOW_LENGTH + config.jitter, sizes[chrom]),
        )
        for chrom in chroms
        if chrom in windows
    }
    validation = Blacklist(spans)
    touching = sum(
        int(validation.overlaps(chrom, starts, starts + WINDOW_LENGTH).sum())
        for chrom, starts in pools["training"].windows_by_chrom().items()
    )
    if touching:
        shifted = f", which --jitter shifts by up to {config.jitter:,} bp" if config.jitter else ""
        told = f"{touching:,} of {len(pools['training']):,} windows touch windows of --validate_roi{shifted}"
        hint = "leave these regions out of one of the two"
        problems.add("regions", told, hint=hint, option="--train_roi", file=config.train_roi)
    return validation


def _check_sizes_file(config: ReadSettings, sizes: Mapping[str, int], used: Sequence[str], problems: Problems) -> None:
    if config.chrom_sizes is None:
        return
    listed = read_chrom_sizes(config.chrom_sizes, problems)
    if listed is not None:
        missing = compare_chrom_sizes(sizes, config.sequence, listed, config.chrom_sizes, used, problems)
        if missing:
            problems.add("chromosome", f"lacks {first_few(missing)}, which the run uses", file=config.chrom_sizes)
