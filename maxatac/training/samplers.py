"""The samplers of a run, its genome-like set, and the check that neither has anything that is held out."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from maxatac.data.genome_like import GenomeBatches, draw_genome_windows
from maxatac.errors import InputError, MaxatacError, Problem, ResourceError, TrackError
from maxatac.runs.settings import loader_memory, loader_threads
from maxatac.training.inputs import Inputs
from maxatac.training.leak_guard import Stream, check_leaks
from maxatac.training.settings import FitSettings, TrainConfig
from maxatac.wording import first_few

if TYPE_CHECKING:
    from maxatac._core import Sampler, WindowReader

logger = logging.getLogger(__name__)

# Streams of random numbers of a run; recorded seeds rely on them.
TRAINING_STREAM, VALIDATION_STREAM, STATISTICS_STREAM = range(3)

MANY_WINDOWS = 10_000
"""Most genome-like windows by default; a quarter of the number around peaks, if that is more."""


def statistics_batches(batches: int, batch_size: int) -> int:
    """Give the training batches from which batch-norm statistics are measured before each validation.

    There are ten; of small batches as many as have 1,000 windows, but no more than a quarter of an epoch. See
    ``docs/train.md``.
    """
    return max(10, min(-(-1_000 // batch_size), batches // 4))


def make_samplers(config: TrainConfig, inputs: Inputs, seed: int) -> dict[str, Sampler]:
    """Make the samplers of the training and of the validation pool, which draw by the same rules and share a reader.

    Raises
    ------
    InputError
        If a track is damaged where the regions touch it, or random windows cannot be drawn.
    """
    from maxatac._core import Sampler, WindowReader

    reader = WindowReader(
        inputs.genome, inputs.signal, inputs.binding, threads=loader_threads(config), memory=loader_memory(config)
    )
    samplers = {}
    problems = []
    for name, stream, batch_size in (
        ("training", TRAINING_STREAM, config.batch_size),
        ("validation", VALIDATION_STREAM, config.val_batch_size),
    ):
        pool = inputs.pools[name]
        try:
            samplers[name] = Sampler(
                reader,
                chroms=list(pool.chroms),
                roi_chrom=pool.chrom,
                roi_start=pool.start,
                roi_track=pool.cell,
                batch_size=batch_size,
                rand_ratio=config.rand_ratio,
                blacklist={chrom: inputs.forbidden(name).spans(chrom) for chrom in pool.chroms},
                shuffle_cell_type=config.shuffle_cell_type,
                reverse_complement=config.rev_comp_train,
                jitter=config.jitter,
                quantitative=config.quant,
                target_scale_factor=config.target_scale_factor,
                seed=seed,
                stream=stream,
            )
        except ResourceError:
            raise
        except (MaxatacError, OSError) as error:
            problems.append(Problem.of(error))
    if problems:
        raise InputError(dict.fromkeys(problems))
    for name, sampler in samplers.items():
        pool_size, needed = len(inputs.pools[name]), sampler.roi_per_batch
        if pool_size < needed:
            logger.warning(
                "the %s pool has %d regions, fewer than the %d of a batch: each is drawn more than once",
                name,
                pool_size,
                needed,
            )
    return samplers


def genome_batches(
    config: TrainConfig, inputs: Inputs, seed: int, reader: WindowReader, *, rows: tuple[int, int] | None = None
) -> GenomeBatches | None:
    """Make the genome-like set that the settings ask for, read by the samplers' reader; None if there is to be none.

    Raises
    ------
    InputError
        If the best epoch is selected by the set, but it has no window, or none of its bins is bound.
    """
    if config.genome_validation == 0:
        return None
    number = config.genome_validation
    if number is None:
        around_peaks = config.batches * config.val_batch_size
        number = min(around_peaks, max(MANY_WINDOWS, around_peaks // 4))
    chroms = inputs.split.validation
    windows = draw_genome_windows(
        inputs.genome.chrom_sizes,
        chroms,
        len(inputs.training),
        inputs.blacklist,
        number=None if isinstance(number, str) else number,
        seed=seed,
    )
    batches = GenomeBatches(
        windows,
        reader,
        batch_size=config.val_batch_size,
        scale=config.target_scale_factor if config.quant else None,
        rows=rows,
    )
    where = f"of {first_few(chroms)} in {len(inputs.training)} cell types"
    if config.select == "average_precision":
        try:
            bound = batches.count_bound(0.5 * config.target_scale_factor)
        except (TrackError, OSError) as error:
            raise InputError([Problem.of(error)]) from error
        if not bound:
            told = f"average_precision, but none of the bins in {len(windows):,} genome-like windows {where} is bound"
            expected = "dice or loss, or more windows with --genome_validation"
            raise InputError([Problem("setting", told, expected, option="--select")])
    if not len(windows):
        logger.warning("no genome-like validation: no window %s is clear of the blacklist", where)
        return None
    return batches


def guard_samplers(
    config: FitSettings, inputs: Inputs, samplers: Mapping[str, Sampler], genome_like: GenomeBatches | None = None
) -> dict[str, Any]:
    """Check that the batches that a run will read hold nothing of what is held out.

    Returns
    -------
    dict
        What was checked; see :func:`maxatac.training.leak_guard.check_leaks`.

    Raises
    ------
    MaxatacError
        If something could leak.
    """
    training, validation = samplers["training"], samplers["validation"]
    measured = statistics_batches(config.batches, training.batch_size)
    streams = {
        "training": Stream("training", training, config.epochs, config.batches),
        "validation": Stream("validation", validation, 1, config.batches),
        "statistics": Stream("training", training.with_stream(STATISTICS_STREAM), config.epochs, measured),
    }
    return check_leaks(inputs, streams, genome_like)
