"""The loader as Keras sees it."""

from __future__ import annotations

import gc
import os
import signal
import threading
import weakref
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray
from writers import BedGraph, FixedStep, Section, write_bigwig, write_twobit

from maxatac import Genome, Sampler, Track, WindowDataset, WindowReader
from maxatac.errors import TrackError
from maxatac.model.step_times import StepTimes

BATCHES = 4


@pytest.fixture
def paths(tmp_path: Path) -> tuple[Path, Path]:
    """A genome and a track."""
    rng = np.random.default_rng(1)
    letters = rng.choice(np.frombuffer(b"ACGT", np.uint8), 30_000).tobytes().decode()
    values = rng.random(3_000).astype(np.float32).tolist()
    blocks: list[list[Section]] = [
        [("chr1", FixedStep(start, 5, 4, values[start // 5 : start // 5 + 500]))] for start in range(0, 15_000, 2500)
    ]
    blocks += [[("chr1", BedGraph([(start, start + 40, 1.0) for start in range(15_000, 29_000, 90)]))]]
    return (
        write_twobit(tmp_path / "genome.2bit", {"chr1": letters}),
        write_bigwig(tmp_path / "track.bw", {"chr1": 30_000}, blocks),
    )


def make_sampler(paths: tuple[Path, Path], **changes: Any) -> Sampler:
    track = Track(paths[1])
    starts = np.arange(0, 28_000, 700)
    arguments: dict[str, Any] = {
        "batch_size": 6,
        "seed": 3,
        "rand_ratio": 0.5,
        "jitter": 100,
        "reverse_complement": True,
    }
    limits = {name: changes.pop(name) for name in ("threads", "memory") if name in changes}
    return Sampler(
        WindowReader(Genome(paths[0]), [track], [track], **limits),
        chroms=["chr1"],
        roi_chrom=np.zeros(len(starts), np.int32),
        roi_start=starts,
        roi_track=np.zeros(len(starts), np.int32),
        **arguments | changes,
    )


def assert_same(found: Any, wanted: tuple[NDArray[np.float32], NDArray[np.float32]]) -> None:
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(np.asarray(one), other)


def test_an_item_is_a_batch_of_the_epoch(paths: tuple[Path, Path]) -> None:
    sampler, other = make_sampler(paths), make_sampler(paths)
    dataset = WindowDataset(sampler, BATCHES)
    assert len(dataset) == dataset.batches == BATCHES
    assert dataset.epoch == 0
    for epoch in (0, 2, 1):
        dataset.epoch = epoch
        # In any order, and again.
        for index in (3, 0, 2, 1, 0, 3):
            assert_same(dataset[index], other.batch(epoch, index))
    assert dataset.error is None
    assert dataset.seconds > 0


def test_the_epoch_changes_the_items(paths: tuple[Path, Path]) -> None:
    dataset = WindowDataset(make_sampler(paths), BATCHES)
    first = dataset[0]
    dataset.epoch = 1
    assert not np.array_equal(dataset[0][0], first[0])
    dataset.epoch = 0
    assert_same(dataset[0], first)


def test_items_in_order_are_made_ahead(paths: tuple[Path, Path]) -> None:
    dataset, other = WindowDataset(make_sampler(paths, threads=2), 50), make_sampler(paths)
    for epoch in (0, 1):
        dataset.epoch = epoch
        # Keras asks for the first one more than once.
        for index in (0, 0, *range(50)):
            assert_same(dataset[index], other.batch(epoch, index))


def test_an_epoch_may_end_early(paths: tuple[Path, Path]) -> None:
    before = threading.active_count()
    dataset, other = WindowDataset(make_sampler(paths), 50), make_sampler(paths)
    for epoch in range(20):
        dataset.epoch = epoch
        for index in range(3):
            assert_same(dataset[index], other.batch(epoch, index))
        if epoch % 2:
            dataset.close()
    assert_same(dataset[7], other.batch(19, 7))
    del dataset
    assert threading.active_count() == before


def test_compact_items(paths: tuple[Path, Path]) -> None:
    sampler = make_sampler(paths)
    dataset = WindowDataset(sampler, BATCHES, compact=True)
    for index in range(BATCHES):
        (codes, values), targets = dataset[index]
        inputs, expected = sampler.batch(0, index)
        assert codes.dtype == np.uint8
        np.testing.assert_array_equal(np.eye(5, 4, dtype=np.float32)[codes], inputs[..., :4])
        np.testing.assert_array_equal(values, inputs[..., 4])
        np.testing.assert_array_equal(targets, expected)


def test_arrays_that_are_kept_stay_as_they_are(paths: tuple[Path, Path]) -> None:
    """Memory comes back when the last array that uses it is gone, and not a batch earlier."""
    sampler = make_sampler(paths)
    kept = [(index, sampler.batch(0, index)) for index in range(5)]
    views = [(index, sampler.batch(0, index)[0][2:4, ::-1]) for index in range(5)]
    for index in range(5, 60):
        sampler.batch(0, index)
    gc.collect()
    other = make_sampler(paths)
    for index, batch in kept:
        assert_same(batch, other.batch(0, index))
    for index, view in views:
        np.testing.assert_array_equal(view, other.batch(0, index)[0][2:4, ::-1])


def test_memory_comes_back(paths: tuple[Path, Path]) -> None:
    sampler = make_sampler(paths)
    places = set()
    for index in range(20):
        inputs, _ = sampler.batch(0, index)
        assert inputs.ctypes.data % 64 == 0
        places.add(inputs.ctypes.data)
        del inputs
    assert len(places) == 1


def test_tensors_that_are_kept_stay_as_they_are(paths: tuple[Path, Path]) -> None:
    """A backend may use the arrays' own memory instead of a copy."""
    sampler, other = make_sampler(paths), make_sampler(paths)
    kept = [keras.ops.convert_to_tensor(sampler.batch(0, index)[0]) for index in range(5)]
    for index in range(5, 60):
        sampler.batch(0, index)
    for index, tensor in enumerate(kept):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(tensor), other.batch(0, index)[0])


def test_a_wait_can_be_interrupted(paths: tuple[Path, Path]) -> None:
    """A signal's handler runs while a sampler is made, and what it raises comes out."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGUSR2, stop)
    try:
        timer = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGUSR2))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            for index in range(100_000):
                make_sampler(paths, batch_size=200).batch(0, index)
    finally:
        signal.signal(signal.SIGUSR2, before)


def test_keras_workers_stay_off(paths: tuple[Path, Path]) -> None:
    dataset = WindowDataset(make_sampler(paths), BATCHES)
    assert dataset.workers == 1
    assert dataset.use_multiprocessing is False


def test_what_went_wrong_is_kept(paths: tuple[Path, Path]) -> None:
    # More batches than can have been made ahead when the file is cut.
    dataset = WindowDataset(make_sampler(paths, memory=0), 100)
    dataset[0]
    with paths[1].open("r+b") as file:
        file.truncate(200)
    with pytest.raises(TrackError) as caught:
        for index in range(1, 100):
            dataset[index]
    assert dataset.error is caught.value
    assert str(paths[1]) in str(dataset.error)


class Recorder(keras.Model):
    """A model of a few numbers that remembers what it was trained and tested on."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = keras.layers.AveragePooling1D(32)
        self.dense = keras.layers.Dense(1, activation="sigmoid")
        self.flatten = keras.layers.Flatten()
        self.trained: list[Any] = []
        self.tested: list[Any] = []

    def call(self, inputs: Any) -> Any:
        return self.flatten(self.dense(self.pool(inputs)))

    def train_step(self, data: Any) -> Any:
        self.trained.append(tuple(np.asarray(part) for part in data))
        return super().train_step(data)

    def test_step(self, data: Any) -> Any:
        self.tested.append(tuple(np.asarray(part) for part in data))
        return super().test_step(data)


@pytest.mark.parametrize("own_feed", [True, False], ids=["for_fit", "dataset"])
def test_keras_trains_on_the_plan(own_feed: bool, paths: tuple[Path, Path]) -> None:
    """Every batch once, in order, each epoch its own: what Keras reads ahead of training takes nothing away."""
    sampler = make_sampler(paths)
    training, fixed = WindowDataset(sampler, BATCHES), WindowDataset(sampler.with_stream(1), 2)
    model = Recorder()
    model.compile(optimizer="sgd", loss="binary_crossentropy", run_eagerly=True)
    for epoch in range(2):
        training.epoch = epoch
        fed = training.for_fit() if own_feed else training
        model.fit(fed, validation_data=fixed, initial_epoch=epoch, epochs=epoch + 1, shuffle=False, verbose=0)
    assert len(model.trained) == 2 * BATCHES
    assert len(model.tested) == 2 * 2
    other = make_sampler(paths)
    for number, batch in enumerate(model.trained):
        assert_same(batch, other.batch(*divmod(number, BATCHES)))
    # Validation examples are the same in every epoch.
    for number, batch in enumerate(model.tested):
        assert_same(batch, other.with_stream(1).batch(0, number % 2))


@pytest.mark.parametrize("compact", [False, True])
def test_what_fit_is_given_is_not_tuned(compact: bool, paths: tuple[Path, Path]) -> None:
    """The tuning thread of ``tf.data`` is what the end of an epoch waited for."""
    dataset = WindowDataset(make_sampler(paths), BATCHES, compact=compact)
    fed = dataset.for_fit()
    if keras.config.backend() != "tensorflow":
        assert fed is dataset
        return
    assert fed.options().autotune.enabled is False
    assert int(fed.cardinality()) == BATCHES
    for epoch in (2, 0):
        dataset.epoch = epoch
        batches = list(fed.as_numpy_iterator())
        assert len(batches) == BATCHES
        for index, (inputs, targets) in enumerate(batches):
            expected = make_sampler(paths).batch(epoch, index, compact=compact)
            parts = inputs if compact else (inputs,)
            assert_same((*parts, targets), (*(expected[0] if compact else expected[:1]), expected[1]))


def test_a_fit_that_is_over_keeps_no_data(paths: tuple[Path, Path]) -> None:
    """A process that trains one network after another would else run out of memory and open files."""
    dataset = WindowDataset(make_sampler(paths), BATCHES)
    model = Recorder()
    model.compile(optimizer="sgd", loss="binary_crossentropy", run_eagerly=True)
    # The dataset lives as long as what is given to fit does.
    fed, gone = dataset.for_fit(), weakref.ref(dataset)
    del dataset
    gc.collect()
    model.fit(fed, shuffle=False, verbose=0)
    assert len(model.trained) == BATCHES
    del fed, model
    gc.collect()
    assert gone() is None


def test_steps_of_a_fit_are_timed(paths: tuple[Path, Path]) -> None:
    class Clock:
        now = 0.0

        def perf_counter(self) -> float:
            return self.now

    clock = Clock()

    class Passing(keras.callbacks.Callback):
        """Makes each step take 2 s, and what is between two steps 5 s."""

        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            clock.now += 2

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            clock.now += 5

    steps = StepTimes()
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer="sgd")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("maxatac.model.step_times.time", clock)
        model.fit(np.ones((3, 2)), np.ones((3, 1)), batch_size=1, verbose=0, callbacks=[steps, Passing()])
    assert steps.seconds == 3 * 2


def test_keras_trains_without_the_interpreter_in_between(paths: tuple[Path, Path]) -> None:
    dataset = WindowDataset(make_sampler(paths, threads=2), BATCHES)
    model = keras.Sequential(
        [
            keras.Input((1024, 5)),
            keras.layers.AveragePooling1D(32),
            keras.layers.Conv1D(1, 3, padding="same", activation="sigmoid"),
            keras.layers.Flatten(),
        ]
    )
    model.compile(optimizer="sgd", loss="binary_crossentropy")
    history = model.fit(dataset.for_fit(), epochs=2, shuffle=False, verbose=0).history
    assert len(history["loss"]) == 2
    assert np.isfinite(history["loss"]).all()
    assert model.predict(dataset.for_fit(), verbose=0).shape == (6 * BATCHES, 32)


@pytest.mark.parametrize("own_feed", [True, False], ids=["for_fit", "dataset"])
def test_an_error_ends_the_fit_and_is_kept(own_feed: bool, paths: tuple[Path, Path]) -> None:
    dataset = WindowDataset(make_sampler(paths, memory=0), BATCHES)
    with paths[1].open("r+b") as file:
        file.truncate(200)
    model = keras.Sequential(
        [keras.Input((1024, 5)), keras.layers.AveragePooling1D(32), keras.layers.Conv1D(1, 1), keras.layers.Flatten()]
    )
    model.compile(loss="mse", optimizer="sgd")
    with pytest.raises(Exception, match="track.bw"):
        model.fit(dataset.for_fit() if own_feed else dataset, shuffle=False, verbose=0)
    assert isinstance(dataset.error, TrackError)
    assert str(paths[1]) in str(dataset.error)
