"""Everything that a training run reads: opened, held against each other, and pooled into regions of interest."""

from __future__ import annotations

import dataclasses
import logging
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from maxatac._core import Genome, Track
from maxatac.data.cells_json import read_cells
from maxatac.data.meta_file import read_meta
from maxatac.data.regions import Center, PoolReport, RoiPool, build_pools, tell_of_pools
from maxatac.data.roi_files import pool_from_file
from maxatac.data.samples import Sample, to_test
from maxatac.data.shared_files import EqualFiles, check_held_out_files, uses_of
from maxatac.data.tracks import has_data, open_genome, open_track, probe_tracks
from maxatac.errors import InputError, Problem, Problems, TrackError
from maxatac.files.sniff import check_file, file_fault, whose
from maxatac.genome.blacklist import Blacklist, check_blacklist, read_blacklist
from maxatac.genome.chroms import ChromSizes, compare_chrom_sizes
from maxatac.genome.split import ChromSplit, resolve_chroms, resolve_test_chroms
from maxatac.genome.windows import WINDOW_LENGTH
from maxatac.runs.folder import RunFolder
from maxatac.training.settings import (
    DEFAULT_CHROMS,
    DEFAULT_TEST_CHROMS,
    DEFAULT_TRAINING_CHROMS,
    DEFAULT_VALIDATION_CHROMS,
    TrainConfig,
)
from maxatac.wording import some

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
        Of the training rows; those labelled Test are not kept open.
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

    def paths(self, config: TrainConfig) -> dict[str, Path]:
        """Every file that the run reads, by what it is for."""
        found: dict[str, Path] = {"sequence": config.sequence}
        for name in ("meta_file", "cells", "train_roi", "validate_roi", "blacklist", "chrom_sizes", "weights"):
            path = getattr(config, name)
            if path is not None:
                found[name] = path
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


def split_of(config: TrainConfig, sizes: Mapping[str, int], problems: Problems) -> ChromSplit:
    """Turn the chromosome lists of the settings into those of a genome; what is wrong goes to ``problems``."""
    split = resolve_chroms(
        sizes,
        chroms=config.chroms,
        tchroms=config.tchroms,
        vchroms=config.vchroms,
        defaults=(DEFAULT_CHROMS, DEFAULT_TRAINING_CHROMS, DEFAULT_VALIDATION_CHROMS),
        problems=problems,
        may_share=config.train_roi is not None and config.validate_roi is not None,
    )
    if not config.test and config.test_chroms is None:
        return split
    test_chroms = resolve_test_chroms(
        sizes, split, test_chroms=config.test_chroms, default=DEFAULT_TEST_CHROMS, problems=problems
    )
    return dataclasses.replace(split, test=test_chroms) if config.test else split


def read_samples(config: TrainConfig, problems: Problems) -> list[Sample]:
    """Read the cell types, from the meta file or from JSON; what is wrong goes to ``problems``."""
    peaks_required = config.train_roi is None or config.validate_roi is None
    held_out = config.test_cell_types
    if config.cells is not None:
        return read_cells(config.cells, problems, peaks_required=peaks_required, test_cell_types=held_out)
    if config.meta_file is not None:
        return read_meta(config.meta_file, problems, peaks_required=peaks_required, test_cell_types=held_out)
    # The settings' own check has told about that.
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
    problems = Problems(config.problems())
    _check_temporary_folder(problems)
    if folder is not None:
        _check_output(config, folder, problems)
    if config.weights is not None:
        check_file(config.weights, problems, what="weights")
    genome = open_genome(config.sequence, problems)
    samples = read_samples(config, problems)
    if folder is not None:
        _check_own_files(folder, samples, problems)
        _check_names(config, folder, samples, problems)
    given_regions = {"--train_roi": config.train_roi, "--validate_roi": config.validate_roi}
    shared = check_held_out_files(
        config.cells or config.meta_file or Path(),
        samples,
        problems,
        allowed=config.allow_shared_files or (),
        regions=[(option, path) for option, path in given_regions.items() if path is not None],
    )
    tracks: dict[Path, Track] = {}
    for path in dict.fromkeys(path for sample in samples for path in (sample.signal, sample.binding)):
        if (track := open_track(path, problems)) is not None:
            tracks[path] = track
    blacklist = Blacklist.empty()
    if config.blacklist is not None:
        blacklist = read_blacklist(config.blacklist, problems)
    if genome is None:
        # Without it there are no chromosomes to hold the rest against; whether the files are there can be told.
        for file, what in (
            (config.train_roi, "training regions"),
            (config.validate_roi, "validation regions"),
            (config.chrom_sizes, "chromosome sizes file"),
        ):
            if file is not None:
                check_file(file, problems, what=what)
        raise InputError(problems)

    sizes = genome.chrom_sizes
    split = split_of(config, sizes, problems)
    used = tuple(dict.fromkeys((*split.training, *split.validation, *split.test)))
    check_blacklist(blacklist, sizes, problems, used=used)
    _check_sizes_file(config, sizes, used, problems)
    _check_tracks(config, samples, tracks, sizes, split, problems)
    wanted = {"training": split.training, "validation": split.validation}
    files = {"training": config.train_roi, "validation": config.validate_roi}
    from_meta = {name: chroms for name, chroms in wanted.items() if files[name] is None}
    training = tuple(sample for sample in samples if sample.label == "Train")
    center: Center = "summit" if config.center == "summit" else "midpoint"
    # The meta file's reader has told about peak files that are not there.
    readable = [
        dataclasses.replace(sample, atac_peaks=_if_sound(sample.atac_peaks), chip_peaks=_if_sound(sample.chip_peaks))
        for sample in samples
    ]
    built = build_pools(readable, from_meta, sizes, blacklist, problems, center=center) if from_meta else {}
    cell_lines = [sample.cell_line for sample in training]
    for name, roi in files.items():
        if roi is not None:
            built[name] = pool_from_file(
                roi, wanted[name], sizes, blacklist, problems, cell_lines=cell_lines, center=center, name=name
            )
    pools = {name: built[name][0] for name in wanted}
    validation_windows = _keep_apart(config, split.shared, pools, sizes, problems)
    if problems:
        raise InputError(problems)

    for note in split.notes:
        logger.info("%s", note)
    tell_of_pools(built, center=center)
    for equal in shared:
        logger.warning("allowed by --allow_shared_files: %s are equal in content", ", ".join(map(str, equal.uses)))
    if config.blacklist is None:
        logger.warning("no --blacklist: windows may lie in regions of artefact signal")
    signal = tuple(tracks[sample.signal] for sample in training)
    binding = tuple(tracks[sample.binding] for sample in training)
    probes = []
    for sample, here, there in zip(training, signal, binding, strict=True):
        try:
            probes.append(probe_tracks(sample.cell_line, here, there, pools["training"]))
        except (TrackError, OSError) as error:
            problems.append(Problem.of(error))
    if problems:
        raise InputError(problems)
    return Inputs(
        genome=genome,
        samples=tuple(samples),
        training=training,
        signal=signal,
        binding=binding,
        split=split,
        blacklist=blacklist,
        pools=pools,
        reports={name: built[name][1] for name in wanted},
        probes=tuple(probes),
        shared=shared,
        validation_windows=validation_windows,
    )


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
        problems.append(
            f"--rand_ratio {config.rand_ratio:g}: random windows of training and validation would meet on "
            f"{some(chroms)}, which both have; expected 0"
        )
    if config.genome_validation != 0:
        problems.append(
            f"--genome_validation: genome-like windows would lie on training regions of {some(chroms)}, which trains "
            "and validates; expected --genome_validation 0"
        )
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
        problems.append(
            f"--train_roi {config.train_roi}: {touching:,} of {len(pools['training']):,} windows touch windows of "
            f"--validate_roi{shifted}; leave these regions out of one of the two"
        )
    return validation


def _if_sound(path: Path | None) -> Path | None:
    return None if path is None or file_fault(path) is not None else path


def _check_temporary_folder(problems: Problems) -> None:
    """Libraries need one, and say no more than that they have found none."""
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        problems.append(
            "temporary files: no folder found that can be written to; expected /tmp or what TMPDIR names (in a "
            "read-only container: --tmpfs /tmp)"
        )


def _check_output(config: TrainConfig, folder: RunFolder, problems: Problems) -> None:
    try:
        _check_folder(config, folder, problems)
    except OSError as error:
        problems.append(f"--output {config.output}: cannot be used ({error})")


def _check_folder(config: TrainConfig, folder: RunFolder, problems: Problems) -> None:
    target = config.output
    if target.exists() and not target.is_dir():
        problems.append(f"--output {target}: is a file; expected a folder")
        return
    nearest = target.absolute()
    while not nearest.exists():
        nearest = nearest.parent
    if not nearest.is_dir():
        problems.append(f"--output {target}: {nearest} is a file; expected a folder")
    elif not os.access(nearest, os.W_OK | os.X_OK):
        read_only = os.statvfs(nearest).f_flag & os.ST_RDONLY
        reason = "; it is on a read-only file system" if read_only else whose(nearest)
        problems.append(f"--output {target}: {nearest} cannot be written to{reason}")
    elif config.resume:
        if folder.of_earlier_run() and not folder.resume_state.exists():
            problems.append(
                f"--resume: {target} holds a run of the prefix {config.prefix}, but not {folder.resume_state.name}, "
                "from which it could go on; replace the run with --force, or choose another --output or --prefix"
            )
    elif config.force:
        doomed = {path.resolve() for path in folder.of_earlier_run()}
        for option in (
            "sequence",
            "meta_file",
            "cells",
            "train_roi",
            "validate_roi",
            "blacklist",
            "chrom_sizes",
            "weights",
        ):
            given: Path | None = getattr(config, option)
            if given is not None and given.resolve() in doomed:
                problems.append(
                    f"--{option} {given}: belongs to the run that --force would replace; move it, or choose another "
                    "--output or --prefix"
                )
    elif earlier := folder.of_earlier_run():
        problems.append(
            f"--output {target}: holds a run of the prefix {config.prefix} ({earlier[0].name} and {len(earlier) - 1} "
            "more); choose another --output or --prefix, go on with it by --resume, or replace it with --force"
        )


def _check_own_files(folder: RunFolder, samples: Sequence[Sample], problems: Problems) -> None:
    """Look for files of cell types under names that the run gives to its results: they would be replaced."""
    try:
        mine = {path.resolve(): path for path in folder.of_earlier_run()}
    except OSError:
        return  # which the check of the folder has told about
    for use in uses_of(samples):
        if (result := mine.get(use.path.resolve())) is not None:
            problems.append(
                f"{use}: {use.path} has the name that a run of the prefix {folder.prefix} in {folder.folder} gives to "
                f"a result of its own ({result.name}), which would replace it; choose another --output or --prefix"
            )


def _check_names(config: TrainConfig, folder: RunFolder, samples: Sequence[Sample], problems: Problems) -> None:
    """Look for names of results that the file system would refuse, were it after all training."""
    tested = [sample.cell_line for sample in to_test(samples)] if config.test else []
    if (name := folder.too_long(config.epochs, tested)) is not None:
        of_cell_type = "; or a shorter name of the cell type" if len(tested) > 1 else ""
        problems.append(
            f"--prefix {config.prefix}: the run would have to write {name}; its name of {len(os.fsencode(name))} bytes "
            f"is too long for the file system of {folder.folder}; expected a shorter prefix{of_cell_type}"
        )


def _check_sizes_file(config: TrainConfig, sizes: Mapping[str, int], used: Sequence[str], problems: Problems) -> None:
    if config.chrom_sizes is None:
        return
    listed = ChromSizes.read(config.chrom_sizes, problems)
    if listed is not None:
        missing = compare_chrom_sizes(sizes, config.sequence, listed, config.chrom_sizes, used, problems)
        if missing:
            problems.append(f"{config.chrom_sizes}: lacks {some(missing)}, which the run uses")


def _check_tracks(
    config: TrainConfig,
    samples: Sequence[Sample],
    tracks: Mapping[Path, Track],
    sizes: Mapping[str, int],
    split: ChromSplit,
    problems: Problems,
) -> None:
    """Hold the chromosomes of every track against the genome, and look for some that hold no binding data."""
    fitted = (*split.training, *split.validation)
    # Of training rows the test uses the binding too, as a baseline; of Test rows it uses the held-out part alone, and
    # without a test nothing; a length that is another's is told of all the same.
    chroms_of: dict[Path, dict[str, None]] = {}
    for sample in samples:
        chroms = (*fitted, *split.test) if sample.label == "Train" else split.test or fitted
        for file in (sample.signal, sample.binding):
            chroms_of.setdefault(file, {}).update(dict.fromkeys(chroms))
    wanted = [sample for sample in samples if sample.label == "Train" or split.test]
    read = {file for sample in wanted for file in (sample.signal, sample.binding)}
    labels = {sample.binding for sample in wanted}
    purpose = {sample.binding: "binding" for sample in samples} | {sample.signal: "ATAC" for sample in samples}
    for path, track in tracks.items():
        before = len(problems)
        used = tuple(chroms_of[path])
        missing = compare_chrom_sizes(sizes, config.sequence, track.chrom_sizes, path, used, problems)
        if len(problems) > before or path not in read:
            continue
        if used and len(missing) == len(used):
            told = f"has none of the chromosomes that the run uses ({some(used)})"
            problems.add("chromosome", told, hint=f"it has {some(track.chrom_sizes)}", file=path)
            continue
        if path in labels:
            try:
                absent = set(missing)
                missing = [chrom for chrom in used if chrom in absent or not has_data(track, chrom)]
            except (TrackError, OSError) as error:
                problems.append(Problem.of(error))
                continue
        if missing:
            logger.warning("%s: no %s data on %s: taken as 0", path, purpose[path], some(missing))
