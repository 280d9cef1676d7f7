"""The published CTCF model, in our network, against a forward pass in plain numpy."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
from numpy_network import forward, random_windows

from maxatac.errors import WeightsError
from maxatac.model.architectures import build
from maxatac.model.weights import load_weights

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
