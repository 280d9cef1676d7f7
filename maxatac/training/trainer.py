"""A network and its data, trained one epoch at a time."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from maxatac.backend.processes import Processes
from maxatac.data.genome_like import GenomeBatches
from maxatac.data.loader_times import LoaderTimes
from maxatac.runs.settings import loader_threads
from maxatac.system.resources import usable_processors
from maxatac.training.samplers import STATISTICS_STREAM, statistics_batches
from maxatac.training.settings import NetworkSettings, TrainConfig
from maxatac.training.validation import Validated, Validator, make_validator

if TYPE_CHECKING:
    import keras

    from maxatac._core import Sampler
    from maxatac.model.ensemble import Network
    from maxatac.training.result import Row


@dataclasses.dataclass(frozen=True)
class Objective:
    """How a network is fitted: optimiser, loss and metric.

    Attributes
    ----------
    optimizer : keras.optimizers.Optimizer
        Not built yet. If it keeps an average of the weights (:func:`maxatac.model.averaging.keep_average`), the average
        is validated.
    loss : callable
        Takes targets and predictions of a batch, each of shape (rows, 32), and gives one number.
    metric : callable, optional
        As ``loss``; shown beside it.
    """

    optimizer: keras.optimizers.Optimizer
    loss: Callable[[Any, Any], Any]
    metric: Callable[[Any, Any], Any] | None = None


class TrainingData:
    """The datasets that a network is trained on, and the time that was spent waiting for them.

    Parameters
    ----------
    samplers : mapping of str to Sampler
        ``training``, and ``validation`` if there is one. With the rows that this process reads, where several share a
        batch.
    batches : int
        Batches per epoch, of training and of validation.
    compact : bool
        Send training batches to the device as base codes and signal; see ``Sampler.batch``.
    threads : int, optional
        Those of the samplers, for the advice of :class:`maxatac.data.loader_times.LoaderTimes`; by default all
        processors.

    Attributes
    ----------
    training, statistics : WindowDataset
        Of the epoch that was set: what is trained on, and what the batch-norm statistics are measured on.
    validation : WindowDataset or None
        The same in every epoch.
    batch_size : int
        Rows of a training batch, those of other processes too.
    """

    def __init__(
        self, samplers: Mapping[str, Sampler], batches: int, *, compact: bool = False, threads: int | None = None
    ) -> None:
        from maxatac.data.batches import WindowDataset

        training = samplers["training"]
        self.compact = compact
        self.training = WindowDataset(training, batches, compact=compact)
        self.statistics = WindowDataset(
            training.with_stream(STATISTICS_STREAM), statistics_batches(batches, training.batch_size)
        )
        self.validation = WindowDataset(samplers["validation"], batches) if "validation" in samplers else None
        self.batch_size = training.batch_size
        self.threads = threads or usable_processors()

    @property
    def _datasets(self) -> tuple[Any, ...]:
        return tuple(data for data in (self.training, self.statistics, self.validation) if data is not None)

    @property
    def error(self) -> Exception | None:
        """The exception of the loader that stopped the last batch."""
        return next((data.error for data in self._datasets if data.error is not None), None)

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch, counted from 0, whose batches are trained on."""
        self.training.epoch = self.statistics.epoch = epoch

    def waited(self) -> float:
        """Seconds spent waiting for training batches so far."""
        return self.training.seconds

    def close(self) -> None:
        """Drop the batches made ahead for an epoch that was not finished."""
        for data in self._datasets:
            data.close()


class Trainer:
    """A network with its data, trained one epoch at a time.

    The network is compiled here. Each epoch has its own batches; its batch-norm statistics are measured anew before it
    is validated.

    Parameters
    ----------
    model : keras.Model
        Takes windows, shape (rows, 1024, 5), float32, and gives bins, shape (rows, 32), float32. Its initial weights
        are where training begins.
    data : TrainingData
    objective : Objective
    validator : Validator, optional
        Scores the network after each epoch.
    processes : Processes, optional
        Those that train together; this one alone if not given.
    members : keras.Model, optional
        Of an ensemble: see :class:`maxatac.model.ensemble.Network`. Loss and metric are those of one network.

    Attributes
    ----------
    fitted : keras.Model
        The model whose ``fit`` is called: ``model``, or one that takes compact batches and has the same weights.
    loader_times : LoaderTimes or None
        How long the last epoch waited for its batches.
    validated : Validated or None
        Results of the last validation.

    Examples
    --------
    >>> from maxatac.training.trainer import Objective, TrainingData
    >>> data = TrainingData({"training": sampler}, batches=100)  # a maxatac.Sampler
    >>> objective = Objective(keras.optimizers.Adam(), keras.losses.BinaryCrossentropy())
    >>> trainer = Trainer(model, data, objective)
    >>> for epoch in range(20):
    ...     row, timing = trainer.run_epoch(epoch)
    >>> model.save("model.keras")
    """

    def __init__(
        self,
        model: keras.Model,
        data: TrainingData,
        objective: Objective,
        *,
        validator: Validator | None = None,
        processes: Processes | None = None,
        members: keras.Model | None = None,
    ) -> None:
        from maxatac.model import ensemble
        from maxatac.model.batch_norm import StatisticsEstimator
        from maxatac.model.transport import accepting_codes

        self.model = model
        self.data = data
        self.validator = validator
        self.processes = processes or Processes()
        trainee = model if members is None else members
        self.fitted = accepting_codes(trainee) if data.compact else trainee
        self.loader_times: LoaderTimes | None = None
        self.validated: Validated | None = None
        self._averaged = bool(objective.optimizer.use_ema)
        self._statistics = StatisticsEstimator(model, self.processes.place)
        loss, metrics = objective.loss, [] if objective.metric is None else [objective.metric]
        if self.fitted is not model:
            # Its optimiser is saved with it.
            model.compile(optimizer=objective.optimizer, loss=loss, metrics=list(metrics), jit_compile=True)
        self._members = 1 if members is None else members.output_shape[1] // model.output_shape[1]
        if members is not None:
            loss = ensemble.sum_over_members(loss, self._members)
            metrics = [ensemble.of_their_mean(metric, self._members) for metric in metrics]
        self.fitted.compile(optimizer=objective.optimizer, loss=loss, metrics=metrics, jit_compile=True)

    def run_epoch(self, epoch: int, callback: keras.callbacks.Callback | None = None) -> tuple[Row, Row]:
        """Train, measure the batch-norm statistics and validate, once.

        With an average of the weights it is the average that is validated, and that the model holds afterwards; the
        weights themselves wait in the optimiser until they are trained again.

        Parameters
        ----------
        epoch : int
            From 0. Its batches are a function of this number.
        callback : keras.callbacks.Callback, optional
            Called for each batch: those of the statistics as batches of ``predict``, those of validation as batches of
            ``evaluate``.

        Returns
        -------
        history : dict of str to float
            ``epoch`` from 1, ``loss``, the metric, and the columns of the validation.
        timing : dict of str to float
            Columns of the times of an epoch; seconds, shares of them, and ``examples_per_second``.

        Raises
        ------
        GenomeError, TrackError, OSError
            If a file cannot be read any more.
        MaxatacError
            If another process has failed.
        """
        import keras

        from maxatac.model.step_times import StepTimes

        callback = callback or keras.callbacks.Callback()
        steps, begin = StepTimes(), time.perf_counter()
        with self._telling_causes(), self.processes.on_all_devices():
            row = self.fit(epoch, [steps, callback])
            self.measure_statistics(partial(callback.on_predict_batch_end, 0))
            measured = time.perf_counter()
            self.validated = self.validator.run(callback) if self.validator is not None else None
        end = time.perf_counter()
        if self.validated is not None:
            row |= self.validated.row
        history = {"epoch": epoch + 1, **{name: float(value) for name, value in row.items()}}
        return history, self._timing(epoch, steps.seconds, end - begin, end - measured)

    def fit(self, epoch: int, callbacks: Sequence[keras.callbacks.Callback]) -> Row:
        """Train on the batches of an epoch, and neither measure statistics nor validate.

        Keras' ``fit`` is called once per epoch: batches that are prefetched are then of this epoch only, and what
        happens between epochs need not be a callback.

        Parameters
        ----------
        epoch : int
            From 0.
        callbacks : sequence of keras.callbacks.Callback

        Returns
        -------
        dict of str to float
            Loss and metric, as Keras names them.
        """
        from maxatac.model.averaging import exchange

        self.data.set_epoch(epoch)
        training = self.data.training
        (first, last), memory = training.sampler.rows, training.sampler.memory
        begin, waited, inflated = time.perf_counter(), self.data.waited(), memory.usage["inflated"]
        if self._averaged and epoch:
            exchange(self.model)
        fitted = self.fitted.fit(
            training.for_fit(),
            initial_epoch=epoch,
            epochs=epoch + 1,
            shuffle=False,
            verbose=0,
            callbacks=list(callbacks),
        )
        self.loader_times = LoaderTimes(
            seconds=time.perf_counter() - begin,
            waited=self.data.waited() - waited,
            windows=2 * len(training) * (last - first),
            inflated=memory.usage["inflated"] - inflated,
            threads=self.data.threads,
            processors=usable_processors(),
        )
        if self._averaged:
            exchange(self.model)
        row = {name: values[-1] for name, values in fitted.history.items()}
        # The mean over the members.
        return row | {"loss": row["loss"] / self._members}

    def measure_statistics(self, after_batch: Callable[[], None] = lambda: None) -> None:
        """Measure the batch-norm statistics for the present weights, on batches of the epoch that was set.

        Parameters
        ----------
        after_batch : callable
            Called after each batch; what it raises leaves the statistics as they were.
        """
        self._statistics.estimate(self.data.statistics, after_batch)

    @contextlib.contextmanager
    def _telling_causes(self) -> Iterator[None]:
        """Raise the error of the loader or of another process, which the backend wraps in an error of its own."""
        try:
            yield
        except Exception as error:
            if (cause := self.data.error or self.processes.cause_elsewhere(error)) is None:
                raise
            raise cause from error

    def _timing(self, epoch: int, steps: float, total: float, validation: float) -> Row:
        """Make the row of times of an epoch from its seconds in all, in training steps, and in validation."""
        assert self.loader_times is not None
        training = self.loader_times.seconds
        genome = self.validated.seconds.get("genome", 0.0) if self.validated is not None else 0.0
        seconds = {"statistics": total - training - validation, "validation": validation - genome, "genome": genome}
        return {
            "epoch": epoch + 1,
            "seconds": total,
            "examples_per_second": len(self.data.training) * self.data.batch_size / training,
            "waiting_share": self.loader_times.waiting_share,
            **{f"{name}_share": part / total for name, part in seconds.items()},
            "steps_seconds": steps,
            **{f"{name}_seconds": part for name, part in seconds.items()},
        }


def member_seeds(seed: int, members: int) -> list[int]:
    """Derive the seeds of the initial weights of each member; that of the first is the seed of the run."""
    return [seed, *(int(seed) for seed in np.random.SeedSequence(seed).generate_state(members)[1:])]


def build_network(config: NetworkSettings, seed: int = 0) -> Network:
    """Build the network of a run with its initial weights: drawn after seeding Keras, or read.

    Raises
    ------
    WeightsError
        If the weights do not fit the network.
    ValueError
        If there is no such architecture or activation.
    """
    from maxatac.backend.device import seed_backend
    from maxatac.model.ensemble import build_members
    from maxatac.model.weights import load_weights

    seeds = [partial(seed_backend, each) for each in member_seeds(seed, config.ensemble)]
    # Only DCNN_V2 has a form with a dense layer.
    dense = {"dense": True} if config.dense else {}
    network = build_members(config.arch, seeds, output_activation=config.output_activation, **dense)
    if config.weights is not None:
        load_weights(network.model, config.weights)
    return network


def objective_of(config: TrainConfig) -> Objective:
    """Choose optimiser, loss and metric by the settings of a run."""
    from maxatac.model.averaging import keep_average
    from maxatac.model.losses import binary_cross_entropy, mean_squared_error
    from maxatac.model.metrics import dice_coef, thresholded_dice
    from maxatac.model.optimizer import adam

    optimizer = adam()
    if config.ema:
        keep_average(optimizer, config.ema)
    if config.quant:
        return Objective(optimizer, mean_squared_error, thresholded_dice(0.5 * config.target_scale_factor))
    return Objective(optimizer, binary_cross_entropy, dice_coef)


def make_trainer(
    config: TrainConfig,
    samplers: Mapping[str, Sampler],
    seed: int,
    cell_types: Sequence[str],
    genome_like: GenomeBatches | None,
    processes: Processes,
) -> Trainer:
    """Put network, data and validation of a run together; raises what ``build_network`` raises."""
    network = build_network(config, seed)
    data = TrainingData(samplers, config.batches, compact=config.compact_transport, threads=loader_threads(config))
    objective = objective_of(config)
    assert data.validation is not None and objective.metric is not None
    validator = make_validator(
        config, network, objective.loss, objective.metric, data.validation, genome_like, cell_types, processes.place
    )
    model, members = network
    return Trainer(model, data, objective, validator=validator, processes=processes, members=members)
