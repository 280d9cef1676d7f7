"""The published CTCF model, in our network, against a forward pass in plain numpy."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
from numpy_network import forward, random_windows

from maxatac.errors import MaxatacError, Problems, WeightsError
from maxatac.model.architectures import build
from maxatac.model.weights import load_weights
from maxatac.prediction.model_file import load_predictor
from maxatac.prediction.model_folder import find_model

# Keras turns its variables into arrays in a way that numpy 2 calls outdated.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

MODEL = "maxatac_data/models/CTCF/CTCF_binary_revcomp99_fullModel_RR0_95.h5"
CTCF_SITE = "TGGCCACCAGGGGGCGCTA"  # the consensus of its motif (JASPAR MA0139)


@pytest.fixture
def path(test_data):
    return test_data / MODEL


@pytest.fixture
def arrays(path):
    """Its arrays in file order, read without any of our code."""
    with h5py.File(path) as file:
        layers = [file["model_weights"][name] for name in file["model_weights"].attrs["layer_names"]]
        return [layer[name][()] for layer in layers for name in layer.attrs["weight_names"]]


@pytest.fixture
def windows():
    """Open windows; the last four have a CTCF site in the middle, the last two of those on the other strand."""
    rng = np.random.default_rng(4)
    x = random_windows(rng, 8, 1024)
    x[4:, :, 4] = np.exp(-(((np.arange(1024) - 512) / 120) ** 2))
    site = np.eye(4, dtype=np.float32)[["ACGT".index(letter) for letter in CTCF_SITE]]
    x[4:6, 503 : 503 + len(site), :4] = site
    x[6:, 503 : 503 + len(site), :4] = site[::-1, ::-1]
    return x


def test_predictions_equal_numpy(path, arrays, windows):
    model = build("DCNN_V2")
    load_weights(model, path)
    expected = forward(windows, arrays)
    np.testing.assert_allclose(model.predict_on_batch(windows), expected, atol=1e-6)
    # These windows say something: bound where the site is, not where chance is.
    assert expected[:4].max() < 0.5 < expected[4:, 14:18].max(axis=1).min()


def test_does_not_fit_a_dense_network(path):
    with pytest.raises(WeightsError, match="trained without --dense"):
        load_weights(build("DCNN_V2", dense=True), path)


def read(*paths):
    problems = Problems()
    predictor = load_predictor(paths, problems)
    assert not problems
    return predictor


def copy(path, folder, change):
    """Write the file again, with other weights in its first kernel."""
    other = folder / "other.h5"
    other.write_bytes(path.read_bytes())
    with h5py.File(other, "r+") as file:
        kernel = file["model_weights/conv1d/conv1d/kernel:0"]
        kernel[()] = change(kernel[()])
    return other


def test_is_found_and_read_without_its_code(test_data, path, arrays, windows):
    folder = test_data / "maxatac_data/models"
    model, table = find_model("CTCF", folder, Problems())
    assert (model, table.parent) == (path, path.parent)
    predictor = read(model)
    assert predictor.kind == "binary"
    assert len(predictor.notes()) == 1
    predictor.check(batch_size=2)
    np.testing.assert_allclose(predictor.model.predict_on_batch(windows), forward(windows, arrays), atol=1e-5)


def test_two_published_models_are_joined(path, arrays, windows, tmp_path):
    """They have the same names of layers."""
    predictor = read(path, copy(path, tmp_path, lambda kernel: 1.1 * kernel))
    predictor.check()
    mean = (forward(windows, arrays) + forward(windows, [1.1 * arrays[0], *arrays[1:]])) / 2
    np.testing.assert_allclose(predictor.model.predict_on_batch(windows), mean, atol=1e-5)


def test_products_of_ten_bits_are_found(path):
    """As GPUs compute by default: kernels cut to the bits of TensorFloat-32 fail the check."""
    predictor = read(path)
    for weight in predictor.model.weights:
        if weight.name == "kernel":
            bits = weight.numpy().view(np.uint32) + np.uint32(0x1000) & np.uint32(0xFFFFE000)
            weight.assign(bits.view(np.float32))
    with pytest.raises(MaxatacError, match="TensorFloat-32"):
        predictor.check()
