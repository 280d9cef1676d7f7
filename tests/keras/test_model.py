from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from numpy_network import conv1d, forward, normalise, random_windows

from maxatac.model.architectures import build
from maxatac.model.averaging import exchange, keep_average
from maxatac.model.batch_norm import StatisticsEstimator
from maxatac.model.losses import binary_cross_entropy
from maxatac.model.metrics import dice_coef
from maxatac.model.optimizer import adam

# Keras turns its variables into arrays in a way that numpy 2 calls outdated.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

LENGTH, BINS = 64, 2  # the smallest windows on which five halvings leave more than one bin


def small(**options):
    keras.utils.set_random_seed(7)
    return build("DCNN_V2", length=LENGTH, bins=BINS, **options)


def shake(model, seed=3):
    """Give every weight a value that shows (a fresh bias is 0, a fresh variance 1)."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        value = weight.numpy()
        value = value + rng.normal(0, 0.1, value.shape)
        weight.assign(np.abs(value) if "variance" in weight.path else value)


def arrays_of(model):
    return [array for layer in model.layers for array in layer.get_weights()]


class TestArchitecture:
    def test_size_is_the_published_one(self):
        model = build("DCNN_V2")
        assert model.count_params() == 117_204
        assert sum(int(np.prod(weight.shape)) for weight in model.trainable_weights) == 116_424
        assert len(model.weights) == 62
        assert model.input_shape == (None, 1024, 5)
        assert model.output_shape == (None, 32)

    def test_layers_as_specified(self):
        model = build("DCNN_V2")
        convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv1D)]
        assert [layer.filters for layer in convolutions] == [15, 15, 22, 22, 33, 33, 50, 50, 75, 75, 1]
        assert [layer.dilation_rate[0] for layer in convolutions] == [1, 1, 1, 1, 2, 2, 4, 4, 8, 8, 16]
        assert [layer.kernel_size[0] for layer in convolutions] == [7] * 10 + [1]
        assert [layer.activation.__name__ for layer in convolutions] == ["relu"] * 10 + ["sigmoid"]
        norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
        assert [(layer.momentum, layer.epsilon) for layer in norms] == [(0.99, 1e-3)] * 10

    @pytest.mark.parametrize(("dense", "activation"), [(False, "sigmoid"), (False, "linear"), (True, "sigmoid")])
    def test_predictions_equal_numpy(self, dense, activation):
        model = small(dense=dense, output_activation=activation)
        shake(model)
        x = random_windows(np.random.default_rng(0), 3, LENGTH)
        expected = forward(x, arrays_of(model), last=activation)
        assert expected.std() > 1e-3
        np.testing.assert_allclose(model.predict_on_batch(x), expected, atol=1e-5)

    def test_dense_head(self):
        model = build("DCNN_V2", dense=True, output_activation="softplus")
        assert model.count_params() == 117_204 + 32 * 32 + 32
        assert model.get_layer("conv_head").activation.__name__ == "relu"
        assert model.layers[-1].activation.__name__ == "softplus"

    def test_variable_names_do_not_depend_on_what_was_built_before(self):
        first = [variable.path for variable in small().variables]
        assert [variable.path for variable in small().variables] == first
        assert len(set(first)) == 62

    def test_same_seed_same_weights(self):
        for one, other in zip(arrays_of(small()), arrays_of(small()), strict=True):
            np.testing.assert_array_equal(one, other)

    def test_saves_and_loads_without_maxatac(self, tmp_path):
        model = small()
        shake(model)
        model.compile(optimizer=adam(), loss=binary_cross_entropy, metrics=[dice_coef])
        model.save(tmp_path / "m.keras")
        x = random_windows(np.random.default_rng(0), 2, LENGTH)
        np.save(tmp_path / "x.npy", x)
        np.save(tmp_path / "y.npy", model.predict_on_batch(x))
        code = (
            "import sys; sys.modules['maxatac'] = sys.modules['tensorflow'] = None\n"
            "import keras, numpy as np\n"
            "m = keras.models.load_model('m.keras', compile=False)\n"
            "np.testing.assert_allclose(m.predict_on_batch(np.load('x.npy')), np.load('y.npy'), atol=1e-6)\n"
        )
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            check=True,
            env={**os.environ, "KERAS_BACKEND": "jax"},
        )

    def test_unknown_name(self):
        with pytest.raises(ValueError, match="DCNN_V3.*DCNN_V2"):
            build("DCNN_V3")

    def test_length_that_does_not_fit(self):
        with pytest.raises(ValueError, match="1000 bp"):
            build("DCNN_V2", length=1000)


class TestOptimizer:
    def test_rate_decays_with_the_step(self):
        optimizer = adam(1e-3, 1e-5)
        for step in (0, 1, 1000, 100_000):
            optimizer.iterations.assign(step)
            rate = float(keras.ops.convert_to_numpy(optimizer.learning_rate))
            assert rate == pytest.approx(1e-3 / (1 + 1e-5 * step), rel=1e-6)

    def test_settings(self):
        optimizer = adam()
        assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.9, 0.999, 1e-7)
        assert optimizer.weight_decay is None


class Batches:
    """What the estimator needs of a PyDataset."""

    def __init__(self, arrays):
        self.arrays = arrays
        self.read = []

    def __len__(self):
        return len(self.arrays)

    def __getitem__(self, index):
        self.read.append(index)
        if self.arrays[index] is None:
            raise KeyboardInterrupt
        return self.arrays[index], None


def moving_statistics(model):
    return [
        (layer.moving_mean.numpy(), layer.moving_variance.numpy())
        for layer in model.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]


MOMENTA = (0.99, 0.9)


def two_layers():
    """The smallest network in which one layer's statistics change what reaches the next."""
    keras.utils.set_random_seed(7)
    inputs = keras.Input((8, 5))
    x = inputs
    for filters, momentum in zip((3, 4), MOMENTA, strict=True):
        x = keras.layers.Conv1D(filters, 3, padding="same", activation="relu")(x)
        x = keras.layers.BatchNormalization(momentum=momentum)(x)
    outputs = keras.layers.Conv1D(1, 1, activation="sigmoid")(x)
    return keras.Model(inputs, keras.layers.Flatten()(outputs))


def in_training(model, x):
    """Predictions in training mode, and each layer's batch mean and variance."""
    *blocks, head = [layer.get_weights() for layer in model.layers if layer.get_weights()]
    x, statistics = x.astype(np.float64), []
    for (kernel, bias), (gamma, beta, _, _) in zip(blocks[::2], blocks[1::2], strict=True):
        x = np.maximum(conv1d(x, kernel, bias), 0)
        statistics.append((x.mean(axis=(0, 1)), x.var(axis=(0, 1))))
        x = normalise(x, gamma, beta, *statistics[-1])
    return 1 / (1 + np.exp(-conv1d(x, *head)[..., 0])), statistics


def expected_statistics(model, batches):
    """Averages of what numpy finds in each batch, weighted as a moving average weights them."""
    per_batch = [in_training(model, batch)[1] for batch in batches]
    averages = []
    for layer, momentum in enumerate(MOMENTA):
        weights = momentum ** np.arange(len(batches))[::-1]
        found = [np.stack(statistics[layer]) for statistics in per_batch]
        averages.append(np.average(found, axis=0, weights=weights))
    return averages


def assert_statistics(model, expected):
    for found, wanted in zip(moving_statistics(model), expected, strict=True):
        np.testing.assert_allclose(np.stack(found), wanted, rtol=1e-4, atol=1e-6)


@pytest.fixture(scope="module")
def setting():
    model = two_layers()
    shake(model)
    model.compile(optimizer=adam(), loss=binary_cross_entropy)
    rng = np.random.default_rng(1)
    batches = [random_windows(rng, 4, 8) for _ in range(3)]
    return model, StatisticsEstimator(model), batches


class TestBatchNormStatistics:
    def test_equal_numpy_and_leave_all_else(self, setting):
        model, estimator, batches = setting
        trainable = [weight.numpy().copy() for weight in model.trainable_weights]
        optimizer = model.optimizer
        expected = expected_statistics(model, batches)
        dataset = Batches(batches)
        estimator.estimate(dataset)
        assert_statistics(model, expected)
        assert dataset.read == [0, 1, 2]
        for before, weight in zip(trainable, model.trainable_weights, strict=True):
            np.testing.assert_array_equal(weight.numpy(), before)
        assert model.optimizer is optimizer
        assert int(optimizer.iterations) == 0

    def test_right_after_a_step_of_training_where_moving_averages_are_not(self, setting):
        model, estimator, batches = setting
        x = batches[0]
        for layer in model.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.moving_mean.assign(np.zeros(layer.moving_mean.shape))
                layer.moving_variance.assign(np.ones(layer.moving_variance.shape))
        model.train_on_batch(x, np.zeros((len(x), 8), dtype=np.float32))
        trained, _ = in_training(model, x)
        by_moving_averages = model.predict_on_batch(x)
        estimator.estimate(Batches([x]))
        np.testing.assert_allclose(model.predict_on_batch(x), trained, atol=1e-4)
        assert np.abs(by_moving_averages - trained).max() > 0.05

    def test_again_forgets_the_first_time(self, setting):
        model, estimator, batches = setting
        estimator.estimate(Batches(batches[:1]))
        estimator.estimate(Batches(batches[1:]))
        assert_statistics(model, expected_statistics(model, batches[1:]))

    def test_interrupted_keeps_what_was_there(self, setting):
        model, estimator, batches = setting
        estimator.estimate(Batches(batches))
        before = moving_statistics(model)
        with pytest.raises(KeyboardInterrupt):
            estimator.estimate(Batches([batches[0], None]))
        for one, other in zip(before, moving_statistics(model), strict=True):
            np.testing.assert_array_equal(one, other)

    def test_needs_a_batch(self, setting):
        with pytest.raises(ValueError, match="at least one batch"):
            setting[1].estimate(Batches([]))

    @pytest.mark.parametrize("hook", ["on_epoch_end", "on_test_begin"])
    def test_inside_fit(self, hook):
        """Statistics measured by a callback stay, and the weights train as they do without it."""

        x = random_windows(np.random.default_rng(5), 12, 8)
        y = x[..., 0]

        def fit(estimate):
            model = two_layers()
            model.compile(optimizer=adam(0.01), loss=binary_cross_entropy)
            estimator = StatisticsEstimator(model)
            callback = keras.callbacks.Callback()
            if estimate:
                setattr(callback, hook, lambda *_, **__: estimator.estimate(Batches([x])))
            options = {"batch_size": 4, "epochs": 3, "shuffle": False, "verbose": 0}
            model.fit(x, y, validation_data=(x, y), callbacks=[callback], **options)
            return model

        model, plain = fit(True), fit(False)
        for one, other in zip(model.trainable_weights, plain.trainable_weights, strict=True):
            np.testing.assert_array_equal(one.numpy(), other.numpy())
        expected = expected_statistics(model, [x])
        assert_statistics(model, expected)
        with pytest.raises(AssertionError):
            assert_statistics(plain, expected)


@pytest.mark.slow
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="is itself the run on the other backend")
def test_all_of_this_on_jax_without_tensorflow():
    here = Path(__file__).parent
    code = "import sys; sys.modules['tensorflow'] = None; import pytest; sys.exit(pytest.main(sys.argv[1:]))"
    tests = [
        "test_model.py",
        "test_losses.py",
        "test_weights.py::test_every_format_gives_the_same_weights",
        "test_chromosome.py::TestPredictChromosome::test_with_a_keras_model",
    ]
    run = subprocess.run(
        # Which backend saved a file says nothing about what loads it.
        [
            sys.executable, "-c", code, "-q", "-p", "no:cacheprovider", "-k", "not loads_without_maxatac",
            *(str(here / test) for test in tests),
        ],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr


class TestAverage:
    @pytest.fixture
    def model(self):
        keras.utils.set_random_seed(3)
        model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(2), keras.layers.Dense(1)])
        optimizer = adam(0.1)
        keep_average(optimizer, 0.7)
        model.compile(optimizer=optimizer, loss="mse")
        return model

    def test_equals_numpy(self, model):
        rng = np.random.default_rng(1)
        x, y = rng.normal(size=(5, 8, 4)).astype(np.float32), rng.normal(size=(5, 8, 1)).astype(np.float32)
        expected = None
        for inputs, targets in zip(x, y, strict=True):
            before = [value.copy() for value in model.get_weights()]
            model.train_on_batch(inputs, targets)
            # The average begins with the weights of the first step.
            now = before if expected is None else model.get_weights()
            expected = (
                model.get_weights() if expected is None
                else [0.7 * held + 0.3 * value for held, value in zip(expected, now, strict=True)]
            )  # fmt: skip
        weights = model.get_weights()
        exchange(model)
        for found, wanted, last in zip(model.get_weights(), expected, weights, strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)
            assert not np.allclose(found, last, atol=1e-4)
        exchange(model)
        for found, last in zip(model.get_weights(), weights, strict=True):
            np.testing.assert_array_equal(found, last)

    def test_fit_ends_with_the_weights_of_the_last_step(self, model):
        x, y = np.ones((8, 4), np.float32), np.ones((8, 1), np.float32)
        plain = keras.models.clone_model(model)
        plain.set_weights(model.get_weights())
        plain.compile(optimizer=adam(0.1), loss="mse")
        for trained in (model, plain):
            trained.fit(x, y, batch_size=2, epochs=2, shuffle=False, verbose=0)
        for one, other in zip(model.get_weights(), plain.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)

    def test_saved_model_can_be_read_and_trained(self, model, tmp_path):
        x, y = np.ones((8, 4), np.float32), np.ones((8, 1), np.float32)
        model.fit(x, y, verbose=0)
        model.save(tmp_path / "model.keras")
        read = keras.models.load_model(tmp_path / "model.keras")
        assert read.optimizer.ema_momentum == 0.7
        read.fit(x, y, verbose=0)
