"""Load a network's weights from a file, reading numbers only.

Three layouts are recognised by the content of the file, not by its name:

==================  ==================================================================================================
``.keras``          a zip archive; its member ``model.weights.h5`` is a file of the next kind
``.weights.h5``     HDF5; ``layers/<kind>[_<n>]/vars/<i>`` for the n-th layer of a kind
full model ``.h5``  HDF5; group ``model_weights`` with the attribute ``layer_names``, each layer's group with
                    ``weight_names``. Keras 2 (the published models) and Keras 3 write it alike.
==================  ==================================================================================================

The architecture stored with the weights is not read, so nothing in the file can run code. Links to other files are
refused. Weights are assigned only when every array fits.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maxatac.errors import WeightsError
from maxatac.files.sniff import file_fault, phrase, sniff

if TYPE_CHECKING:
    import h5py
    import keras

_ARCHIVE_MEMBER = "model.weights.h5"
_FORMATS = "a .keras, .weights.h5 or .h5 file"
_DIFFERENCES_SHOWN = 5
# Weights and optimiser state of our networks take 2 MB; an archive that claims far more is damaged or not ours.
_LARGEST_MEMBER = 1 << 30


@dataclass(frozen=True)
class _Layer:
    """One layer's arrays, as a file holds them or as the model needs them."""

    name: str
    members: Sequence[Any]  # h5py.Dataset in a file, keras.Variable in a model

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        return [tuple(member.shape) for member in self.members]


def load_weights(model: keras.Model, path: str | Path) -> None:
    """Load the weights of a file into a model.

    Parameters
    ----------
    model : keras.Model
        A built model. Its layers are matched with the file's by kind and order; names do not matter.
    path : str or Path
        A ``.keras``, ``.weights.h5`` or full-model ``.h5`` file.

    Raises
    ------
    WeightsError
        If there is no such file, if it holds no weights, or if it does not fit; the message says what was found, and
        which layers differ and how. The model is then unchanged.
    """
    path = Path(path)
    needed = [_Layer(layer.name, layer.weights) for layer in model.layers if layer.weights]
    kinds = _numbered([_kind(type(layer).__name__) for layer in model.layers if layer.weights])
    try:
        arrays = _read(path, needed, kinds)
    except WeightsError as error:
        error.path = path
        raise
    for variable, array in zip([variable for layer in needed for variable in layer.members], arrays, strict=True):
        variable.assign(array)


def _read(path: Path, needed: Sequence[_Layer], kinds: Sequence[str]) -> list[NDArray[np.float32]]:
    """Read every array that the model needs, in the order of the model."""
    import h5py

    content = _open_hdf5(path)
    try:
        # Some network file systems refuse locks.
        with h5py.File(content, "r", locking=False) as file:
            found = _found_layers(file, kinds)
            if found is None:
                raise WeightsError(f"{path}: an HDF5 file, but not one of Keras: neither layers/ nor model_weights/")
            differences = list(_differences(needed, found))
            if differences:
                raise WeightsError(_misfit(path, needed, found, differences))
            arrays = [np.asarray(member[()], dtype=np.float32) for layer in found for member in layer.members]
    except (OSError, AttributeError, KeyError, TypeError, ValueError, RuntimeError) as error:
        # The type of h5py's error depends on where the file is damaged.
        raise WeightsError(f"{path}: not a readable HDF5 file, or truncated ({error})") from error
    owners = [layer.name for layer in needed for _ in layer.members]
    for owner, array in zip(owners, arrays, strict=True):
        if not np.isfinite(array).all():
            raise WeightsError(f"{path}: the weights of layer {owner} hold NaN or infinite values")
    return arrays


def _open_hdf5(path: Path) -> io.BytesIO | Path:
    """Find the HDF5 content: the file itself, or a member of an archive, which is read into memory."""
    fault = file_fault(path)
    if fault is not None:
        raise WeightsError(f"{path}: file of weights {fault}")
    kind = sniff(path)
    if kind == "HDF5":
        return path
    if kind != "Zip":
        raise WeightsError(f"{path}: found {phrase(kind)}; expected {_FORMATS} of Keras")
    try:
        with zipfile.ZipFile(path) as archive:
            size = archive.getinfo(_ARCHIVE_MEMBER).file_size
            if size > _LARGEST_MEMBER:
                raise WeightsError(f"{path}: {_ARCHIVE_MEMBER} in it claims {size:,} bytes")
            return io.BytesIO(archive.read(_ARCHIVE_MEMBER))
    except KeyError as error:
        raise WeightsError(f"{path}: a Zip archive without {_ARCHIVE_MEMBER}; expected {_FORMATS}") from error
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError) as error:
        raise WeightsError(f"{path}: a damaged or truncated .keras file ({error})") from error


def _found_layers(file: h5py.File, kinds: Sequence[str]) -> list[_Layer] | None:
    """Collect the layers of a file that hold weights, in the order of the model; None if it is not a Keras file."""
    group = file.get("model_weights", file)
    if "layer_names" in group.attrs:
        layers = [_legacy_layer(group, _text(name)) for name in group.attrs["layer_names"]]
    elif "layers" in file:
        group = file["layers"]
        # Layers that the model does not have come last, so that the message names them.
        others = sorted(name for name in group if name not in kinds)
        layers = [_native_layer(group, name) for name in [*kinds, *others]]
    else:
        return None
    return [layer for layer in layers if layer.members]


def _legacy_layer(group: h5py.Group, layer: str) -> _Layer:
    names = [_text(name) for name in group[layer].attrs["weight_names"]]
    return _Layer(layer, [_own_dataset(group[layer], name) for name in names])


def _native_layer(group: h5py.Group, layer: str) -> _Layer:
    variables = group[layer].get("vars", {}) if layer in group else {}
    return _Layer(layer, [_own_dataset(variables, str(index)) for index in range(len(variables))])


def _own_dataset(group: h5py.Group, name: str) -> h5py.Dataset:
    """Get a dataset, and make sure that its numbers are stored in this file."""
    import h5py

    outer = group
    for part in name.split("/"):
        if isinstance(outer.get(part, getlink=True), h5py.ExternalLink):
            raise WeightsError(f"{group.file.filename}: {group.name}/{name} is a link to another file; refused")
        outer = outer[part]
    if not isinstance(outer, h5py.Dataset):
        raise ValueError(f"{group.name}/{name} is not an array")
    if outer.external or outer.is_virtual:
        raise WeightsError(f"{group.file.filename}: the numbers of {group.name}/{name} are in another file; refused")
    return outer


def _differences(needed: Sequence[_Layer], found: Sequence[_Layer]) -> Iterator[str]:
    for ours, theirs in zip_longest(needed, found):
        if theirs is None:
            yield f"layer {ours.name}: found nothing, expected shapes {_shapes(ours)}"
        elif ours is None:
            yield f"layer {theirs.name} of the file: found shapes {_shapes(theirs)}, expected no such layer"
        elif ours.shapes != theirs.shapes:
            yield f"layer {ours.name} ({theirs.name} in the file): found {_shapes(theirs)}, expected {_shapes(ours)}"


def _misfit(path: Path, needed: Sequence[_Layer], found: Sequence[_Layer], differences: Sequence[str]) -> str:
    lines = [f"{path}: these weights do not fit the model: found {_size(found)}, expected {_size(needed)}"]
    lines += differences[:_DIFFERENCES_SHOWN]
    if len(differences) > _DIFFERENCES_SHOWN:
        lines.append(f"and {len(differences) - _DIFFERENCES_SHOWN} more layers")
    in_file, in_model = _has_dense_layer(found), _has_dense_layer(needed)
    if in_file and not in_model:
        lines.append("the file ends in a dense layer: a model trained with --dense?")
    if in_model and not in_file:
        lines.append("the file has no dense layer: a model trained without --dense?")
    return "; ".join(lines)


def _has_dense_layer(layers: Sequence[_Layer]) -> bool:
    return any(len(shape) == 2 for layer in layers for shape in layer.shapes)


def _size(layers: Sequence[_Layer]) -> str:
    shapes = [shape for layer in layers for shape in layer.shapes]
    return f"{sum(int(np.prod(shape)) for shape in shapes):,} numbers in {len(shapes)} arrays"


def _shapes(layer: _Layer) -> str:
    return ", ".join(str(shape) for shape in layer.shapes)


def _kind(class_name: str) -> str:
    """Spell a layer class as Keras names its groups: ``BatchNormalization`` is ``batch_normalization``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", class_name).lower()


def _numbered(kinds: Sequence[str]) -> list[str]:
    """Give layers of one kind numbers in their order: ``conv1d``, ``conv1d_1``, ``conv1d_2``."""
    seen: dict[str, int] = {}
    names = []
    for kind in kinds:
        seen[kind] = seen.get(kind, -1) + 1
        names.append(f"{kind}_{seen[kind]}" if seen[kind] else kind)
    return names


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
