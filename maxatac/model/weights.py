"""Read a network's weights from a file: numbers and plain text, never code.

Three layouts are recognised by the content of the file, not by its name:

==================  ==================================================================================================
``.keras``          a zip archive; its member ``model.weights.h5`` is a file of the next kind
``.weights.h5``     HDF5; ``layers/<kind>[_<n>]/vars/<i>`` for the n-th layer of a kind
full model ``.h5``  HDF5; group ``model_weights`` with the attribute ``layer_names``, each layer's group with
                    ``weight_names``. Keras 2 (the published models) and Keras 3 write it alike.
==================  ==================================================================================================

Nothing in the file can run code: what it says of the architecture is text (:func:`read_text`), of which
:mod:`maxatac.model.stored` understands a few layers. Only arrays that are stored in the file itself, in one piece, are
read: links, numbers in other files and compressed pieces are refused. An array is read when its declared shape is the
one that is needed. Weights are assigned only when every array fits.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from maxatac.errors import WeightsError
from maxatac.files.sniff import file_fault, phrase, sniff
from maxatac.wording import counted

if TYPE_CHECKING:
    import h5py
    import keras

TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType({
    "architecture": ("config.json", "model_config"),
    "record": ("maxatac.json", "maxatac"),
})  # fmt: skip
"""Where a model file keeps a text: the member of a ``.keras`` archive, the attribute of an ``.h5`` file.

``architecture`` is Keras' own; ``record`` is that of maxatac (:mod:`maxatac.prediction.model_record`).
"""

_ARCHIVE_MEMBER = "model.weights.h5"
_FORMATS = "a .keras, .weights.h5 or .h5 file"
_DIFFERENCES_SHOWN = 5
# Weights and optimiser state of our networks take 2 MB; an archive that claims far more is damaged or not ours.
_LARGEST_MEMBER = 1 << 27
# The architecture takes 40 kB, a record of 20,000 chromosomes 400 kB.
_LARGEST_TEXT = 1 << 24
_MOST_NAMES = 10_000


@dataclass(frozen=True)
class LayerShapes:
    """A layer's arrays, as a network needs them.

    Attributes
    ----------
    name : str
    kind : str
        Class of the layer in Keras, such as ``Conv1D``.
    shapes : sequence of tuple of int
        In the order of the layer's weights.
    """

    name: str
    kind: str
    shapes: Sequence[tuple[int, ...]]


@dataclass(frozen=True)
class _Found:
    """A layer's arrays, as a file holds them."""

    name: str
    arrays: Sequence[h5py.Dataset]

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        return [tuple(array.shape) for array in self.arrays]


class _Fault(Exception):
    """What is wrong in an HDF5 file; its path is added where the file was opened."""


def _error(path: Path, told: str) -> WeightsError:
    error = WeightsError(f"{path}: {told}")
    error.path = path
    return error


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
    layers = [layer for layer in model.layers if layer.weights]
    needed = [
        LayerShapes(layer.name, type(layer).__name__, [tuple(weight.shape) for weight in layer.weights])
        for layer in layers
    ]
    arrays = read_weights(Path(path), needed)
    for variable, array in zip([weight for layer in layers for weight in layer.weights], arrays, strict=True):
        variable.assign(array)


def read_weights(path: Path, needed: Sequence[LayerShapes]) -> list[NDArray[np.floating]]:
    """Read every array that a network needs, without Keras.

    Parameters
    ----------
    path : Path
        As for :func:`load_weights`.
    needed : sequence of LayerShapes
        The layers that have weights, in order.

    Returns
    -------
    list of arrays
        In the order of the layers; float32, but float64 where the file has that.

    Raises
    ------
    WeightsError
        As :func:`load_weights`.
    """
    with _opened(path) as file:
        found = _found_layers(file, _numbered([_group_name(layer.kind) for layer in needed]))
        if found is None:
            raise _Fault("an HDF5 file, but not one of Keras: neither layers/ nor model_weights/")
        differences = list(_differences(needed, found))
        if differences:
            raise _Fault(_misfit(needed, found, differences))
        arrays = [_numbers(array) for layer in found for array in layer.arrays]
    owners = [layer.name for layer in needed for _ in layer.shapes]
    for owner, array in zip(owners, arrays, strict=True):
        if not np.isfinite(array).all():
            raise _error(path, f"the weights of layer {owner} hold NaN or infinite values")
    return arrays


def _numbers(array: h5py.Dataset) -> NDArray[np.floating]:
    return np.asarray(array[()], dtype=np.float64 if array.dtype.itemsize == 8 else np.float32)


def read_text(path: Path, name: str) -> str | None:
    """Read a text that a model file keeps beside its weights, without Keras.

    Parameters
    ----------
    path : Path
    name : str
        One of ``TEXTS``.

    Returns
    -------
    str or None
        ``None`` if the file has no such text.

    Raises
    ------
    WeightsError
        If the file cannot be read, or the text is not one.
    """
    member, attribute = TEXTS[name]
    _check_kind(path)
    if sniff(path) == "Zip":
        content = _member(path, member)
        try:
            return None if content is None else _text(content, f"its {name}")
        except _Fault as fault:
            raise _error(path, str(fault)) from fault
    with _opened(path) as file:
        if attribute not in file.attrs:
            return None
        return _text(_attribute(file, attribute), f"its {name}")


def _attribute(file: h5py.File, name: str) -> bytes | str:
    import h5py

    kept = file.attrs.get_id(name)
    # HDF5 can crash where it takes other data for texts.
    if kept.shape != () or h5py.check_string_dtype(kept.dtype) is None or kept.dtype.itemsize > _LARGEST_TEXT:
        raise ValueError(f"the attribute {name} is not a text")
    value: bytes | str = file.attrs[name]
    return value


@contextmanager
def _opened(path: Path) -> Iterator[h5py.File]:
    """Open the HDF5 content of a file: the file itself, or a member of an archive, which is read into memory."""
    import h5py

    _check_kind(path)
    content: Path | io.BytesIO = path
    if sniff(path) == "Zip":
        member = _member(path, _ARCHIVE_MEMBER)
        if member is None:
            raise _error(path, f"a Zip archive without {_ARCHIVE_MEMBER}; expected {_FORMATS}")
        content = io.BytesIO(member)
    try:
        # Some network file systems refuse locks.
        with h5py.File(content, "r", locking=False) as file:
            yield file
    except _Fault as fault:
        raise _error(path, str(fault)) from fault
    except (OSError, AttributeError, KeyError, TypeError, ValueError, RuntimeError, RecursionError) as error:
        # The type of h5py's error depends on where the file is damaged.
        raise _error(path, f"not a readable HDF5 file, or truncated ({error})") from error


def _check_kind(path: Path) -> None:
    """Fail if a file is neither HDF5 nor Zip."""
    fault = file_fault(path)
    if fault is not None:
        raise _error(path, f"file of weights {fault}")
    kind = sniff(path)
    if kind not in ("HDF5", "Zip"):
        raise _error(path, f"found {phrase(kind)}; expected {_FORMATS} of Keras")


def _member(path: Path, name: str) -> bytes | None:
    """Read a member of an archive; ``None`` if there is none of this name."""
    largest = _LARGEST_MEMBER if name == _ARCHIVE_MEMBER else _LARGEST_TEXT
    try:
        with zipfile.ZipFile(path) as archive:
            if name not in archive.namelist():
                return None
            size = archive.getinfo(name).file_size
            if size > largest:
                raise _error(path, f"{name} in it claims {size:,} bytes")
            return archive.read(name)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError) as error:
        raise _error(path, f"a damaged or truncated .keras file ({error})") from error


def _found_layers(file: h5py.File, kinds: Sequence[str]) -> list[_Found] | None:
    """Collect the layers of a file that hold weights, in the order needed; None if it is not a Keras file."""
    group = _child(file, "model_weights") if "model_weights" in file else file
    if "layer_names" in group.attrs:
        layers = [_legacy_layer(group, name) for name in _names(group, "layer_names")]
    elif "layers" in file:
        group = _child(file, "layers")
        # Layers that the model does not have come last, so that the message names them.
        others = sorted(name for name in group if name not in kinds)
        layers = [_native_layer(group, name) for name in [*kinds, *others]]
    else:
        return None
    return [layer for layer in layers if layer.arrays]


def _names(group: h5py.Group, attribute: str) -> list[str]:
    import h5py

    kept = group.attrs.get_id(attribute)
    if kept.shape == (0,):
        return []  # of no type in particular
    if (
        h5py.check_string_dtype(kept.dtype) is None
        or len(kept.shape) != 1
        or kept.shape[0] > _MOST_NAMES
        or kept.shape[0] * kept.dtype.itemsize > _LARGEST_TEXT
    ):
        raise ValueError(f"{attribute} of {group.name} is not a list of names")
    return [_text(name, f"{attribute} of {group.name}") for name in group.attrs[attribute]]


def _legacy_layer(group: h5py.Group, layer: str) -> _Found:
    of_layer = _child(group, layer)
    return _Found(layer, [_own_array(of_layer, name) for name in _names(of_layer, "weight_names")])


def _native_layer(group: h5py.Group, layer: str) -> _Found:
    if layer not in group or "vars" not in (of_layer := _child(group, layer)):
        return _Found(layer, [])
    variables = _child(of_layer, "vars")
    return _Found(layer, [_own_array(variables, str(index)) for index in range(min(len(variables), _MOST_NAMES))])


def _child(group: h5py.Group, name: str) -> h5py.Group | h5py.Dataset:
    """Go down by a name such as ``a/b``, along hard links alone: a soft link may lead to one to another file."""
    import h5py

    found = group
    for part in name.split("/"):
        link = found.get(part, getlink=True)
        if isinstance(link, h5py.ExternalLink | h5py.SoftLink):
            what = "to another file" if isinstance(link, h5py.ExternalLink) else "to another place"
            raise _Fault(f"{group.name}/{name} is a link {what}; refused")
        found = found[part]
    return found


def _own_array(group: h5py.Group, name: str) -> h5py.Dataset:
    """Get an array, and make sure that its numbers are stored in this file, in one piece."""
    import h5py

    array = _child(group, name)
    if not isinstance(array, h5py.Dataset):
        raise ValueError(f"{group.name}/{name} is not an array")
    if array.external or array.is_virtual:
        raise _Fault(f"the numbers of {group.name}/{name} are in another file; refused")
    if array.chunks is not None:
        # A piece may claim more memory than the whole array, and its filter may be a library of the machine.
        raise _Fault(f"{group.name}/{name} is stored in pieces; Keras stores it as a whole")
    if array.dtype.kind != "f":
        raise _Fault(f"{group.name}/{name} holds {array.dtype}, not floating-point numbers")
    return array


def _differences(needed: Sequence[LayerShapes], found: Sequence[_Found]) -> Iterator[str]:
    for ours, theirs in zip_longest(needed, found):
        if theirs is None:
            yield f"layer {ours.name}: found nothing, expected shapes {_shapes(ours)}"
        elif ours is None:
            yield f"layer {theirs.name} of the file: found shapes {_shapes(theirs)}, expected no such layer"
        elif list(ours.shapes) != theirs.shapes:
            yield f"layer {ours.name} ({theirs.name} in the file): found {_shapes(theirs)}, expected {_shapes(ours)}"


def _misfit(needed: Sequence[LayerShapes], found: Sequence[_Found], differences: Sequence[str]) -> str:
    lines = [f"these weights do not fit the model: found {_size(found)}, expected {_size(needed)}"]
    if (counts := _other_members(needed, found)) is not None:
        in_file, in_model = counts
        lines.append(f"the file has {counted(in_file, 'network')}, the model {in_model}: --ensemble {in_file}?")
        return "; ".join(lines)
    lines += differences[:_DIFFERENCES_SHOWN]
    if len(differences) > _DIFFERENCES_SHOWN:
        lines.append(f"and {len(differences) - _DIFFERENCES_SHOWN} more layers")
    in_file, in_model = _has_dense_layer(found), _has_dense_layer(needed)
    if in_file and not in_model:
        lines.append("the file ends in a dense layer: a model trained with --dense?")
    if in_model and not in_file:
        lines.append("the file has no dense layer: a model trained without --dense?")
    return "; ".join(lines)


def _other_members(needed: Sequence[LayerShapes], found: Sequence[_Found]) -> tuple[int, int] | None:
    """Count the networks of the file and of the model, if that is all that differs; otherwise None."""
    theirs, ours = (Counter(shape for layer in layers for shape in layer.shapes) for layers in (found, needed))
    if theirs.keys() != ours.keys():
        return None
    # A single network has some shape once.
    in_file, in_model = (math.gcd(*counts.values()) for counts in (theirs, ours))
    is_multiple = all(count * in_model == ours[shape] * in_file for shape, count in theirs.items())
    return (in_file, in_model) if is_multiple and in_file != in_model else None


def _has_dense_layer(layers: Sequence[LayerShapes] | Sequence[_Found]) -> bool:
    return any(len(shape) == 2 for layer in layers for shape in layer.shapes)


def _size(layers: Sequence[LayerShapes] | Sequence[_Found]) -> str:
    shapes = [shape for layer in layers for shape in layer.shapes]
    return f"{sum(map(math.prod, shapes)):,} numbers in {len(shapes)} arrays"


def _shapes(layer: LayerShapes | _Found) -> str:
    return ", ".join(str(shape) for shape in layer.shapes)


def _group_name(class_name: str) -> str:
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


def _text(value: bytes | str, what: str) -> str:
    try:
        return value.decode() if isinstance(value, bytes) else str(value)
    except UnicodeDecodeError as error:
        raise _Fault(f"{what} is not text in UTF-8") from error
