"""Model files of a small network, written without Keras: one number per window and bin, from 7 weights."""

from __future__ import annotations

import copy
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

Description = dict[str, Any]
Change = Callable[[list[Description]], object]

CONV = {
    "filters": 1, "kernel_size": [1], "strides": [1], "padding": "same", "data_format": "channels_last",
    "dilation_rate": [1], "groups": 1, "activation": "sigmoid", "use_bias": True, "kernel_regularizer": None,
}  # fmt: skip

# Class and settings of each layer, as Keras 2.5 writes them.
LAYERS: Sequence[tuple[str, Mapping[str, Any]]] = (
    ("InputLayer", {"batch_input_shape": [None, 1024, 5], "sparse": False}),
    ("MaxPooling1D", {"pool_size": [32], "strides": [32], "padding": "valid", "data_format": "channels_last"}),
    ("Conv1D", CONV),
    ("BatchNormalization", {"axis": [2], "momentum": 0.99, "epsilon": 0.001, "center": True, "scale": True}),
    ("Flatten", {"data_format": "channels_last"}),
)
NAMES = ("input_1", "max_pooling1d", "conv1d", "batch_normalization", "flatten")


def weights(*, logit: float = 0.0, kernel: Sequence[float] = (0, 0, 0, 0, 0)) -> dict[str, list[NDArray[np.float32]]]:
    """Arrays by layer. Batch normalisation passes on what it gets, up to its epsilon."""
    one, zero = np.ones(1, np.float32), np.zeros(1, np.float32)
    return {
        "conv1d": [np.array(kernel, np.float32).reshape(1, 5, 1), np.array([logit], np.float32)],
        "batch_normalization": [one, zero, zero, one - np.float32(0.001)],
    }


def layers() -> list[Description]:
    """The layers, each behind the one before, for tests to change."""
    made = []
    for number, ((kind, settings), name) in enumerate(zip(LAYERS, NAMES, strict=True)):
        config = {"name": name, "trainable": True, "dtype": "float32", **copy.deepcopy(dict(settings))}
        nodes = [[[NAMES[number - 1], 0, 0, {}]]] if number else []
        made.append({"class_name": kind, "config": config, "name": name, "inbound_nodes": nodes})
    return made


def describe(change: Change = lambda _: None) -> Description:
    """The network in words of Keras; ``change`` gets its layers."""
    made = layers()
    change(made)
    ends = {"input_layers": [[made[0]["name"], 0, 0]], "output_layers": [[made[-1]["name"], 0, 0]]}
    return {"class_name": "Functional", "config": {"name": "model", "layers": made, **ends}}


def write_h5(
    path: Path,
    arrays: Mapping[str, Sequence[NDArray[np.float32]]] | None = None,
    description: Description | str | None = None,
    record: str | None = None,
) -> Path:
    """A full model in the layout of Keras 2."""
    arrays = weights() if arrays is None else arrays
    with h5py.File(path, "w") as file:
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [name.encode() for name in NAMES]
        for name in NAMES:
            stored = [f"{name}/{place}:0" for place, _ in enumerate(arrays.get(name, ()))]
            of_layer = group.create_group(name)
            of_layer.attrs["weight_names"] = [entry.encode() for entry in stored]
            for entry, values in zip(stored, arrays.get(name, ()), strict=True):
                of_layer[entry] = values
        description = describe() if description is None else description
        file.attrs["model_config"] = description if isinstance(description, str) else json.dumps(description)
        if record is not None:
            file.attrs["maxatac"] = record
    return path


def write_keras(
    path: Path,
    arrays: Mapping[str, Sequence[NDArray[np.float32]]] | None = None,
    description: Description | None = None,
    record: str | None = None,
) -> Path:
    """The same as an archive of Keras 3."""
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        for name, values in (weights() if arrays is None else arrays).items():
            for place, array in enumerate(values):
                file[f"layers/{name}/vars/{place}"] = array
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(describe() if description is None else description))
        archive.writestr("model.weights.h5", content.getvalue())
        if record is not None:
            archive.writestr("maxatac.json", record)
    return path
