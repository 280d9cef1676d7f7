"""Estimates of the memory, disk space and time of a run, from a few of its batches.

Reading is measured. The memory of the network is counted from its layers. The time of a step is that of another
machine, unless a few batches are trained on here, which is slow, because the network has to be compiled.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from maxatac.checking.findings import DiskEstimate, Estimates, LabelFindings, MemoryEstimate, TimeEstimate
from maxatac.genome.windows import BINS
from maxatac.runs.folder import RunFolder
from maxatac.runs.settings import loader_threads
from maxatac.system.resources import available_memory, usable_processors
from maxatac.training.inputs import Inputs
from maxatac.training.samplers import statistics_batches
from maxatac.training.settings import FitSettings, TrainConfig
from maxatac.training.trainer import Trainer, TrainingData, build_network, objective_of

if TYPE_CHECKING:
    import keras

    from maxatac._core import Sampler

PROBED_BATCHES = 4
PROBED_WINDOWS = 20_000
"""Most batches, and about how many windows, that are read of each pool."""

STEP_SECONDS = 4.0
"""Seconds that one core of a server takes to train DCNN_V2 on 1,000 windows: 3.9 with TensorFlow, 4.6 with JAX."""

FORWARD_SHARE = 1 / 3
"""Time of prediction as a share of training: one pass in place of three of about the same work."""

BATCHES_IN_FLIGHT = 6
"""Batches that exist at once: four made ahead, one being copied, one being trained on."""

TENSORS_KEPT = 2
"""Copies of each layer's output that a training step holds: for backpropagation, and its gradient."""

TIMED_BATCHES = 4
"""Batches of a timed fit; the first, which compiles, does not count."""

BYTES_PER_BIN = 8
"""Bytes of a bin in the track of the independent test: 7.1 for a million random numbers, zoom levels included."""

_OTHER_CHECKPOINTS = 4  # the best model in two formats, the state for --resume, and one that is being written
_OTHER_FILES = 2_000_000  # log, record, figures, tables, event files


def read_batches(inputs: Inputs, samplers: Mapping[str, Sampler]) -> tuple[tuple[LabelFindings, ...], float]:
    """Read a few batches of each pool.

    Returns
    -------
    labels : tuple of LabelFindings
    seconds : float
        For 1,000 windows.
    """
    labels: list[LabelFindings] = []
    windows, seconds = 0, 0.0
    for name, sampler in samplers.items():
        tracks, targets = [], []
        count = min(PROBED_BATCHES, max(1, PROBED_WINDOWS // sampler.batch_size))
        for index in range(count):
            begin = time.perf_counter()
            _, target = sampler.batch(0, index)
            seconds += time.perf_counter() - begin
            windows += len(target)
            targets.append(target)
            tracks.append(sampler.plan(0, index)["track"])
        labels += _labels(name, inputs, np.concatenate(tracks), np.concatenate(targets))
    return tuple(labels), 1_000 * seconds / windows


def _labels(
    pool: str, inputs: Inputs, tracks: np.ndarray[Any, Any], targets: np.ndarray[Any, Any]
) -> list[LabelFindings]:
    """Count bound bins; a quantitative target is bound where it is above 0."""
    bound = targets > 0
    rows: list[tuple[str | None, np.ndarray[Any, Any]]] = [(None, np.ones(len(tracks), np.bool_))]
    rows += [(sample.cell_line, tracks == place) for place, sample in enumerate(inputs.training)]
    found = []
    for cell_type, mine in rows:
        windows = int(mine.sum())
        found.append(
            LabelFindings(
                pool=pool,
                cell_type=cell_type,
                windows=windows,
                bound_windows=float(bound[mine].any(axis=1).mean()) if windows else None,
                bound_bins=float(bound[mine].mean()) if windows else None,
                bound_by_bin=tuple(bound[mine].mean(axis=0).tolist()) if windows else (0.0,) * BINS,
            )
        )
    return found


def estimate(
    config: TrainConfig,
    folder: RunFolder | None,
    model: keras.Model,
    samplers: Mapping[str, Sampler],
    *,
    start: float,
    loader: float,
    step: float | None,
    genome_batches: int = 0,
    test_batches: int = 0,
    test_bins: int = 0,
) -> Estimates:
    """Estimate memory, disk space and time of a run.

    Parameters
    ----------
    config : TrainConfig
    folder : RunFolder or None
        Where the results would go.
    model : keras.Model
    samplers : mapping of str to Sampler
    start : float
        Seconds that opening and decoding took.
    loader : float
        Seconds for reading 1,000 windows.
    step : float or None
        Seconds for training on 1,000 windows, if that was measured.
    genome_batches, test_batches : int
        Batches of the genome-like validation set, and of the independent test; each of ``val_batch_size`` windows, the
        last one too.
    test_bins : int
        Bins that the tracks of the test hold.
    """
    from maxatac.backend.device import describe

    device = describe()
    on_device = not device.endswith("on CPU")
    return Estimates(
        device=device,
        threads=loader_threads(config),
        parameters=int(model.count_params()),
        memory=_memory(config, model, samplers, on_device=on_device),
        disk=_disk(config, folder, model, test_bins),
        time=_time(config, start, loader, step, genome_batches, test_batches),
    )


def time_fit(config: TrainConfig, samplers: Mapping[str, Sampler], seed: int) -> tuple[Any, float]:
    """Train on a few batches as a run does.

    Returns
    -------
    model : keras.Model
        Trained on a few batches.
    seconds : float
        For 1,000 windows, the median of the batches after the first; reading and computing overlap as in a run.
    """
    import keras

    data = TrainingData({"training": samplers["training"]}, TIMED_BATCHES, compact=config.compact_transport)
    model, members = build_network(config, seed)
    trainer = Trainer(model, data, objective_of(config), members=members)
    ends: list[float] = []

    class Watch(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_batch_end(self, batch: int, logs: object = None) -> None:
            ends.append(time.perf_counter())

    trainer.fit(0, [Watch()])
    return trainer.model, 1_000 * float(np.median(np.diff(ends))) / config.batch_size


def _memory(
    config: FitSettings, model: keras.Model, samplers: Mapping[str, Sampler], *, on_device: bool
) -> MemoryEstimate:
    # The samplers of a run share one memory.
    decoded = max(sampler.memory.usage["held"] for sampler in samplers.values())
    program = max(0, _resident() - decoded)
    largest = max(config.batch_size, config.val_batch_size)
    inputs = int(np.prod(model.input_shape[1:])) + int(np.prod(model.output_shape[1:]))
    batches = BATCHES_IN_FLIGHT * 4 * inputs * largest
    outputs = sum(int(np.prod(layer.output.shape[1:])) for layer in model.layers)
    # Weights, their gradients and the two moments of the optimiser.
    network = 4 * (TENSORS_KEPT * outputs * config.batch_size + 4 * int(model.count_params()))
    total = program + decoded + batches + (0 if on_device else network)
    available = available_memory()
    return MemoryEstimate(
        program=program,
        decoded=decoded,
        batches=batches,
        network=network,
        on_device=on_device,
        total=total,
        # What this process holds by now is part of the total.
        available=None if available is None else available + program + decoded,
    )


def _disk(config: TrainConfig, folder: RunFolder | None, model: keras.Model, test_bins: int = 0) -> DiskEstimate:
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    # The weights, the optimiser's two moments, and what the file says about the layers.
    checkpoint = 4 * (int(model.count_params()) + 2 * trainable) + 200_000
    free = None if folder is None else shutil.disk_usage(folder.existing()).free
    kept, _, last = config.keep_checkpoints.partition(":")
    epochs = {"all": config.epochs, "best": 1}.get(kept) or min(config.epochs, int(last) + 1)
    tracks = BYTES_PER_BIN * test_bins
    total = (epochs + _OTHER_CHECKPOINTS) * checkpoint + tracks + _OTHER_FILES
    return DiskEstimate(checkpoint, tracks, total, free)


def _time(
    config: TrainConfig, start: float, loader: float, step: float | None, genome_batches: int, test_batches: int
) -> TimeEstimate:
    training = config.batches * config.batch_size
    forward = (
        statistics_batches(config.batches, config.batch_size) * config.batch_size
        + (config.batches + genome_batches) * config.val_batch_size
    )
    computing = config.ensemble * STEP_SECONDS / usable_processors() if step is None else step
    # A measured step includes the reading.
    per_thousand = loader + computing if step is None else computing
    predicting = loader + FORWARD_SHARE * computing
    epoch = (training * per_thousand + forward * predicting) / 1_000
    strands = 2 if config.test_rev_comp else 1
    test = test_batches * config.val_batch_size * (loader + strands * FORWARD_SHARE * computing) / 1_000
    return TimeEstimate(
        start=start,
        loader=loader,
        step=computing,
        step_is_measured=step is not None,
        epoch=epoch,
        test=test,
        total=start + config.epochs * epoch + test,
    )


def _resident() -> int:
    """Bytes of memory that the process holds."""
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    import resource

    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else 1_024 * largest
