"""The compiled model and its data, trained one epoch at a time."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from maxatac.backend.processes import Processes
from maxatac.backend.seed import seed_backend
from maxatac.data.genome_like import GenomeBatches
from maxatac.data.loader_times import LoaderTimes
from maxatac.system.resources import usable_processors
from maxatac.training.samplers import STATISTICS_BATCHES, STATISTICS_STREAM
from maxatac.training.settings import TrainConfig, loader_threads
from maxatac.training.validation import Validated, make_validator

if TYPE_CHECKING:
    import keras

    from maxatac._core import Sampler
    from maxatac.training.result import Row


class Trainer:
    """The compiled model, its data, and what is known of it so far."""

    def __init__(
        self,
        config: TrainConfig,
        samplers: Mapping[str, Sampler],
        seed: int,
        cell_types: Sequence[str],
        genome_like: GenomeBatches | None = None,
        processes: Processes | None = None,
    ) -> None:
        from maxatac.data.batches import WindowDataset
        from maxatac.model.architectures import build
        from maxatac.model.averaging import keep_average
        from maxatac.model.batch_norm import StatisticsEstimator
        from maxatac.model.losses import binary_cross_entropy, mean_squared_error
        from maxatac.model.metrics import dice_coef, thresholded_dice
        from maxatac.model.optimizer import adam
        from maxatac.model.transport import accepting_codes
        from maxatac.model.weights import load_weights

        self.processes = processes or Processes()
        seed_backend(seed)
        self.model = build(config.arch, dense=config.dense, output_activation=config.output_activation)
        if config.weights is not None:
            load_weights(self.model, config.weights)
        loss = mean_squared_error if config.quant else binary_cross_entropy
        metric = thresholded_dice(0.5 * config.target_scale_factor) if config.quant else dice_coef
        self.fitted = accepting_codes(self.model) if config.compact_transport else self.model
        optimizer = adam()
        self.averaged = config.ema is not None
        if config.ema is not None:
            keep_average(optimizer, config.ema)
        for model in {id(model): model for model in (self.model, self.fitted)}.values():
            model.compile(optimizer=optimizer, loss=loss, metrics=[metric], jit_compile=True)
        place = self.processes.place
        self.statistics = StatisticsEstimator(self.model, place)
        self.training = WindowDataset(samplers["training"], config.batches, compact=config.compact_transport)
        self.validation = WindowDataset(samplers["validation"], config.batches)
        self.for_statistics = WindowDataset(samplers["training"].with_stream(STATISTICS_STREAM), STATISTICS_BATCHES)
        self.batch_size = config.batch_size
        self.loader: LoaderTimes | None = None
        self._threads = loader_threads(config)
        self.genome_like = genome_like
        self.validator = make_validator(
            config, self.model, loss, metric, self.validation, genome_like, cell_types, place
        )
        self.validated: Validated | None = None

    def run_epoch(self, epoch: int, callback: keras.callbacks.Callback) -> tuple[Row, Row]:
        """Train, measure the statistics and validate, once.

        With an average of the weights it is the average that is validated, and that the model holds afterwards; the
        weights themselves wait in the optimiser until they are trained again.

        One ``fit`` per epoch: what is prefetched can then only be of this epoch, and nothing that happens between
        epochs has to squeeze into a callback.

        Parameters
        ----------
        epoch : int
            From 0.
        callback : keras.callbacks.Callback
            Told of every batch.

        Returns
        -------
        history, timing : dict
            The epoch's rows.
        """
        from maxatac.model.averaging import exchange
        from maxatac.model.step_times import StepTimes

        steps = StepTimes()
        self.training.epoch = self.for_statistics.epoch = epoch
        begin, waited, inflated = time.perf_counter(), self.training.seconds, self._inflated()
        first, last = self.training.sampler.rows
        try:
            with self.processes.together():
                if self.averaged and epoch:
                    exchange(self.model)
                fitted = self.fitted.fit(
                    self.training.for_fit(),
                    initial_epoch=epoch,
                    epochs=epoch + 1,
                    shuffle=False,
                    verbose=0,
                    callbacks=[steps, callback],
                )
                trained = time.perf_counter()
                self.loader = LoaderTimes(
                    seconds=trained - begin,
                    waited=self.training.seconds - waited,
                    windows=2 * len(self.training) * (last - first),
                    inflated=self._inflated() - inflated,
                    threads=self._threads,
                    processors=usable_processors(),
                )
                if self.averaged:
                    exchange(self.model)
                self.statistics.estimate(self.for_statistics, partial(callback.on_predict_batch_end, 0))
                measured = time.perf_counter()
                self.validated = validated = self.validator.run(callback)
        except Exception as error:
            # The backend wraps what the loader raised; the loader's own words are the ones to show.
            cause = self.training.error or self.for_statistics.error or self.validation.error
            if (reason := cause or self.processes.reason(error)) is None:
                raise
            raise reason from error
        end = time.perf_counter()
        genome_seconds = validated.seconds.get("genome", 0.0)
        row = {name: values[-1] for name, values in fitted.history.items()}
        history = {"epoch": epoch + 1, **row, **validated.row}
        total = end - begin
        seconds = {
            "statistics": measured - trained, "validation": end - measured - genome_seconds, "genome": genome_seconds
        }  # fmt: skip
        timing = {
            "epoch": epoch + 1,
            "seconds": total,
            "examples_per_second": len(self.training) * self.batch_size / (trained - begin),
            "waiting_share": self.loader.waiting_share,
            **{f"{name}_share": part / total for name, part in seconds.items()},
            "steps_seconds": steps.seconds,
            **{f"{name}_seconds": part for name, part in seconds.items()},
        }
        return {name: float(value) if name != "epoch" else value for name, value in history.items()}, timing

    def waiting(self) -> float:
        """Seconds spent waiting for training batches so far."""
        return self.training.seconds

    def _inflated(self) -> int:
        return self.training.sampler.memory.usage["inflated"]

    def close(self) -> None:
        """Let go of batches made ahead for an epoch that was not finished."""
        for dataset in (self.training, self.for_statistics, self.validation):
            dataset.close()
