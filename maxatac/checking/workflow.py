"""A check from the first file to the verdict."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from maxatac._core import Genome, Sampler
from maxatac.backend.noise import without_backend_noise
from maxatac.backend.startup import backend_problems, load_keras, own_settings
from maxatac.checking.estimates import estimate, read_batches, time_fit
from maxatac.checking.findings import BindingFindings, Estimates, Findings, SignalFindings
from maxatac.checking.survey import (
    UNUSED,
    Opened,
    judge_equal_files,
    judge_files,
    look_at_binding,
    look_at_files,
    look_at_genome,
    look_at_regions,
    look_at_signal,
    look_at_split,
    pool_findings,
    read_tracks,
)
from maxatac.checking.tracks import TrackValues
from maxatac.data.genome_like import GenomeBatches
from maxatac.data.scale_limits import is_on_scale
from maxatac.data.shared_files import describe, find_equal_files, uses_of
from maxatac.data.tracks import open_tracks
from maxatac.errors import GenomeError, InputError, MaxatacError, Problem, Problems, WeightsError, visible
from maxatac.genome.blacklist import Blacklist, read_blacklist
from maxatac.genome.intervals import parsing_once
from maxatac.runs.folder import RunFolder
from maxatac.runs.running import running_problems
from maxatac.runs.settings import loader_threads
from maxatac.system.logs import at_level, holding_back
from maxatac.training.cross_validation import prepare_cross_validation
from maxatac.training.held_out import count_batches, count_bins, no_window
from maxatac.training.inputs import Inputs, open_inputs, read_samples, split_of
from maxatac.training.leak_guard import chrom_sets
from maxatac.training.prepared import check_resume, choose_seed
from maxatac.training.samplers import genome_batches, guard_samplers, make_samplers
from maxatac.training.settings import OutputSettings, TrainConfig
from maxatac.training.trainer import build_network
from maxatac.wording import byte_size, first_few

_PURPOSES = {"training": "learn from", "validation": "validate on", "test": "predict from"}
_OTHER_TEST = "name other chromosomes with --test_chroms, or leave the test out with --no-test"


def check(config: TrainConfig, folder: RunFolder | None = None, *, timed_fit: bool = False) -> Findings:
    """Read everything that a training run would read, and find out what would go wrong.

    Parameters
    ----------
    config : TrainConfig
    folder : RunFolder, optional
        Where the results would go; not checked if not given.
    timed_fit : bool
        Train on a few batches, which are thrown away, to measure time and memory of a step. Else they are estimated.

    Returns
    -------
    Findings
        With every problem that could be found; none is raised.
    """
    with own_settings():
        if config.cross_validate is not None:
            return _check_folds(config, checks_folder=folder is not None, timed_fit=timed_fit)
        return _check(config, folder, timed_fit=timed_fit)


def _check_folds(config: TrainConfig, *, checks_folder: bool, timed_fit: bool) -> Findings:
    """Check all folds of a cross-validation as it does, and look at every file of the first one."""
    single = dataclasses.replace(config, cross_validate=None, folds=None)
    problems: tuple[Problem, ...] = ()
    lines: list[str] = []
    try:
        prepared = prepare_cross_validation(config, checks_folder=checks_folder)
        lines, single = prepared.describe(), prepared.folds[0].fold.config
    except InputError as error:
        problems = error.problems
    found = _check(single, None, timed_fit=timed_fit)
    # A problem of some folds has their name.
    told = {dataclasses.replace(problem, place=None) for problem in problems}
    more = [problem for problem in found.findings if dataclasses.replace(problem, place=None) not in told]
    return dataclasses.replace(found, findings=tuple(Problems([*problems, *more])), folds=tuple(lines))


def _check(config: TrainConfig, folder: RunFolder | None, *, timed_fit: bool) -> Findings:
    begin = time.perf_counter()
    inputs: Inputs | None = None
    problems = Problems()
    with at_level("info"), holding_back() as held, parsing_once():
        try:
            inputs = open_inputs(config, folder)
        except InputError as error:
            problems += error.problems
        if folder is not None:
            problems += running_problems(folder.running("train"), watch=False)
        found = _try_out(config, folder, inputs, problems, begin=begin, timed_fit=timed_fit)
        opened = _open_again(config, inputs)
        warnings: list[str] = []
        notes: list[str] = []
        if opened is not None:
            found |= _survey(opened, inputs, problems, warnings, notes)
        records = held.take()
    warnings = [*(record.getMessage() for record in records if record.levelno >= logging.WARNING), *warnings]
    notes = [*(record.getMessage() for record in records if record.levelno == logging.INFO), *notes]
    estimates = found.get("estimates")
    if isinstance(estimates, Estimates):
        _judge_estimates(config, estimates, problems, warnings)
    return Findings(
        findings=tuple(problems),
        warnings=tuple(dict.fromkeys(map(visible, warnings))),
        notes=tuple(dict.fromkeys(map(visible, notes))),
        **found,
    )


def _try_out(
    config: TrainConfig,
    folder: RunFolder | None,
    inputs: Inputs | None,
    problems: Problems,
    *,
    begin: float,
    timed_fit: bool,
) -> dict[str, Any]:
    """Go as far as a run would before its first step."""
    samplers: dict[str, Sampler] = {}
    genome_like: GenomeBatches | None = None
    found: dict[str, Any] = {}
    seed = choose_seed(config)
    if inputs is not None:
        if config.resume and folder is not None:
            try:
                check_resume(config, folder, inputs)
            except InputError as error:
                problems += error.problems
        try:
            samplers = make_samplers(config, inputs, seed)
            genome_like = genome_batches(config, inputs, seed, samplers["validation"].reader)
            found["leak_guard"] = guard_samplers(config, inputs, samplers, genome_like)
            start = time.perf_counter() - begin
            found["labels"], loader = read_batches(inputs, samplers)
        except InputError as error:
            problems += error.problems
        except (MaxatacError, OSError) as error:
            problems.append(Problem.of(error))
    # Importing Keras is slow, and a run that will not start does not need it.
    model = _build(config, problems) if config.weights is not None or not problems else None
    if inputs is not None and model is not None and "labels" in found:
        step = None
        with without_backend_noise():
            if timed_fit:
                model, step = time_fit(config, samplers, seed)
            found["estimates"] = estimate(
                config,
                folder,
                model,
                samplers,
                start=start,
                loader=loader,
                step=step,
                genome_batches=0 if genome_like is None else len(genome_like),
                test_batches=count_batches(config, inputs),
                test_bins=count_bins(config, inputs),
            )
    return found


def _build(config: TrainConfig, problems: Problems) -> Any:
    """Build the network with the weights that it would start from; None if that cannot be."""
    if backend_problems():
        return None  # which the check of the settings has reported
    with without_backend_noise():
        try:
            load_keras()
        except InputError as error:
            problems += error.problems
            return None
        from maxatac.backend.device import limit_threads

        limit_threads(loader_threads(config))
        try:
            has_weights = config.weights is not None and config.weights.is_file() and config.weights.stat().st_size
            return build_network(config if has_weights else dataclasses.replace(config, weights=None)).model
        except WeightsError as error:
            problems.append(Problem.of(error))
        except ValueError:
            # No such architecture or activation, which is reported already.
            pass
    return None


def _open_again(config: TrainConfig, inputs: Inputs | None) -> Opened | None:
    """Open what can be opened, the files of test cell types too; None without a genome to compare them with."""
    # What is wrong here has been reported by open_inputs.
    told = Problems()
    try:
        genome = Genome(config.sequence) if inputs is None else inputs.genome
    except (GenomeError, OSError):
        return None
    if not genome.chrom_sizes:
        return None
    samples = tuple(read_samples(config, told) if inputs is None else inputs.samples)
    split = split_of(config, genome.chrom_sizes, told, test=config.test) if inputs is None else inputs.split
    blacklist = Blacklist.empty() if inputs is None else inputs.blacklist
    if inputs is None and config.blacklist is not None:
        blacklist = read_blacklist(config.blacklist, told)
    return Opened(config, genome, samples, open_tracks(samples, told), blacklist, chrom_sets(split))


def _survey(
    opened: Opened, inputs: Inputs | None, problems: Problems, warnings: list[str], notes: list[str]
) -> dict[str, Any]:
    """Look at every file, and collect problems, warnings and notes."""
    config = opened.config
    damaged = Problems()
    values = read_tracks(opened, loader_threads(config), damaged)
    regions = look_at_regions(opened, damaged)
    genome = look_at_genome(opened, damaged)
    # Other damaged blocks of a file that is reported already add nothing.
    told = problems.files()
    problems += [problem for problem in damaged if problem.file not in told]
    files = look_at_files(opened)
    signal, binding = look_at_signal(opened, values), look_at_binding(opened, values)
    equal_files = find_equal_files(uses_of(opened.samples))
    odd, worth_knowing = judge_files(files, genome)
    warnings += odd
    notes += worth_knowing
    _judge_signal(signal, problems, warnings)
    _judge_binding(opened, binding, problems, warnings, quantitative=config.quant)
    _judge_sets(opened, values, problems)
    judge_equal_files(equal_files, problems, warnings)
    sets = {**opened.sets, UNUSED: tuple(chrom for chrom in opened.genome.chrom_sizes if chrom not in opened.used)}
    return {
        "chromosomes": sets,
        "genome": genome,
        "files": files,
        "signal": signal,
        "binding": binding,
        "regions": regions,
        "pools": () if inputs is None else pool_findings(inputs.reports),
        "split": look_at_split(opened, regions),
        "equal_files": tuple(describe(equal) for equal in equal_files),
    }


def _judge_signal(tracks: Sequence[SignalFindings], problems: Problems, warnings: list[str]) -> None:
    for track in tracks:
        here = f"the ATAC signal of {track.cell_type}"
        if track.not_finite:
            _tell_infinite(track, here, problems)
        if not track.bases_read:
            continue
        if track.smallest is None or track.smallest == track.largest == 0:
            what = "has no data" if track.smallest is None else "is 0"
            told = f"{here} {what} on all {track.bases_read:,} bases read"
            problems.add("signal", told, hint="there is nothing to learn from", file=track.path)
        elif track.smallest == track.largest and track.missing == 0:
            told = f"{here} is {track.largest:g} everywhere"
            problems.add("signal", told, hint="there is nothing to learn from", file=track.path)
        elif track.smallest < 0:
            warnings.append(f"{track.path}: {here} goes down to {track.smallest:.3g}; expected 0 or more")
        elif track.percentile_99 is not None and not is_on_scale(track.percentile_99):
            warnings.append(
                f"{track.path}: {here} has its 99th percentile at {track.percentile_99:.3g}; expected about 1, as "
                "maxatac prepare and maxatac normalize make it"
            )


def _tell_infinite(track: SignalFindings | BindingFindings, what: str, problems: Problems) -> None:
    told = f"{what} is infinite at {track.not_finite:,} bases"
    problems.add("signal", told, hint="the loss could not be computed", file=track.path)


def _judge_binding(
    opened: Opened,
    tracks: Sequence[BindingFindings],
    problems: Problems,
    warnings: list[str],
    *,
    quantitative: bool,
) -> None:
    for track in tracks:
        if track.not_finite:
            _tell_infinite(track, f"the binding of {track.cell_type}", problems)
        here = f"{track.path}: the binding of {track.cell_type}"
        if quantitative or not track.bases_read:
            continue
        if not track.is_binary:
            warnings.append(f"{here} is not binary: a bin counts as bound where its values sum to more than 16")
        bins = sum(bound.bins for bound in track.bound.values())
        bound = sum(bound.bound for bound in track.bound.values())
        if not bound:
            warnings.append(f"{here} has no bound bin in the {track.bases_read:,} bases read")
        elif bound > bins / 2:
            warnings.append(f"{here} is bound in {bound / bins:.0%} of all bins: is it turned round?")
    training = [track for track in tracks if track.label == "Train"]
    complete = {sample.cell_line for sample in opened.samples if sample.label == "Train"} == {
        track.cell_type for track in training
    }
    if not complete:
        return
    for name in ("training", "validation"):
        chroms = opened.sets.get(name, ())
        if not any(track.bound[name].bins for track in training):
            continue
        if quantitative and all((track.largest or 0) == 0 == (track.smallest or 0) for track in training):
            told = "the binding of all training cell types is 0 everywhere"
            problems.add("signal", told, hint=f"no {name} target tells anything")
        elif not quantitative and not any(track.bound[name].bound for track in training):
            hint = "there is nothing to learn" if name == "training" else "no epoch could be told from another"
            told = f"no bin of the {name} chromosomes ({first_few(chroms)}) is bound in any training cell type"
            problems.add("signal", told, hint=hint)


def _judge_sets(opened: Opened, values: Mapping[Path, TrackValues], problems: Problems) -> None:
    """Find sets of chromosomes on which a cell type has nothing to train on, to validate on or to test on."""
    reported = problems.files()
    sizes = opened.genome.chrom_sizes
    # Chromosomes that two sets share, or that the 2bit lacks, have been reported.
    sets = {
        name: tuple(chrom for chrom in chroms if chrom in sizes and opened.set_of(chrom) == name)
        for name, chroms in opened.sets.items()
    }
    tested = sets.get("test", ())
    for sample in opened.samples:
        used = [name for name, chroms in sets.items() if chroms and opened.use_of(sample, chroms[0]) == name]
        signal, binding = (None if path in reported else values.get(path) for path in (sample.signal, sample.binding))
        silent = [] if signal is None else [name for name in used if not _total(signal.not_zero, sets[name])]
        if silent:
            where = " and ".join(f"all {name} chromosomes ({first_few(sets[name])})" for name in silent)
            told = f"the ATAC signal of {sample.cell_line} is 0 on {where}"
            remedy = f"; {_OTHER_TEST}" if "test" in silent else ""
            hint = f"there is nothing to {_PURPOSES[silent[0]]}{remedy}"
            problems.add("signal", told, hint=hint, file=sample.signal)
        if "test" in used and not opened.config.quant and binding is not None and not _total(binding.bound, tested):
            where = f"any of the test chromosomes ({first_few(tested)})"
            told = f"the binding of {sample.cell_line} has no bound bin on {where}"
            problems.add("signal", told, hint=f"there is nothing to find; {_OTHER_TEST}", file=sample.binding)
    if tested and (reason := no_window(tested, sizes, opened.blacklist)):
        problems.add("regions", reason, hint=f"there is nothing to predict; {_OTHER_TEST}")


def _total(counts: Mapping[str, int], chroms: Sequence[str]) -> int:
    return sum(counts.get(chrom, 0) for chrom in chroms)


def _judge_estimates(config: OutputSettings, estimates: Estimates, problems: Problems, warnings: list[str]) -> None:
    memory, disk = estimates.memory, estimates.disk
    if memory.available is not None and memory.total > memory.available:
        warnings.append(
            f"the run would need about {byte_size(memory.total)} of memory, but only "
            f"{byte_size(memory.available)} are there; a smaller --batch_size takes less"
        )
    if disk.free is not None and disk.total > disk.free:
        told = f"the results would take about {byte_size(disk.total)}, but {byte_size(disk.free)} are free there"
        problems.add("machine", told, option="--output", file=config.output)
