"""The samplers of a run, and the check that they draw nothing that is held out."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from maxatac.data.genome_like import GenomeBatches
from maxatac.errors import InputError, MaxatacError, Problem, ResourceError
from maxatac.genome.blacklist import blacklist_intervals
from maxatac.training.inputs import Inputs
from maxatac.training.leak_guard import Stream, prove
from maxatac.training.settings import TrainConfig, loader_memory, loader_threads

if TYPE_CHECKING:
    from maxatac._core import Sampler

logger = logging.getLogger(__name__)

# Streams of random numbers of a run; recorded seeds rely on them.
TRAINING_STREAM, VALIDATION_STREAM, STATISTICS_STREAM = range(3)

STATISTICS_BATCHES = 10
"""Training batches from which the batch-norm statistics are measured before each validation; see ``docs/train.md``."""


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
                blacklist=blacklist_intervals(inputs.forbidden(name), pool.chroms),
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


def guard_samplers(
    config: TrainConfig, inputs: Inputs, samplers: Mapping[str, Sampler], genome_like: GenomeBatches | None = None
) -> dict[str, Any]:
    """Prove that none of the batches that a run will read holds anything of what is held out.

    Returns
    -------
    dict
        What was looked at; see :func:`maxatac.training.leak_guard.prove`.

    Raises
    ------
    MaxatacError
        If something could leak.
    """
    training, validation = samplers["training"], samplers["validation"]
    streams = {
        "training": Stream("training", training, config.epochs, config.batches),
        "validation": Stream("validation", validation, 1, config.batches),
        "statistics": Stream("training", training.with_stream(STATISTICS_STREAM), config.epochs, STATISTICS_BATCHES),
    }
    return prove(inputs, streams, genome_like)
