"""A network that a model file describes: a few kinds of layers, understood without Keras.

Keras would run code that a file names, read other files for some layers, and take memory for whatever shape is
declared. Here the description is plain data: JSON, of which a few kinds of layers with a few settings are understood.
Everything else is refused. The network is then built by :func:`build` from layers of Keras alone, and gets the numbers
that :mod:`maxatac.model.weights` has read. Keras 2 (the published models) and Keras 3 are understood.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maxatac.errors import WeightsError
from maxatac.model.weights import LayerShapes, read_text, read_weights
from maxatac.wording import first_few

if TYPE_CHECKING:
    import keras

Shape = tuple[int, ...]

ACTIVATIONS = ("linear", "relu", "sigmoid", "softplus")
"""Activations that are understood; ``maxatac train`` has no others."""

_MOST_LAYERS = 1_000
# DCNN_V2 has 117,204 numbers.
_MOST_NUMBERS = 10_000_000
_NAME = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.-]{0,199}")

# Settings of each kind of layer that must have one value, because nothing else is understood.
_FIXED: Mapping[str, Mapping[str, Any]] = {
    "Conv1D": {"strides": 1, "padding": "same", "data_format": "channels_last", "groups": 1, "use_bias": True},
    "BatchNormalization": {"center": True, "scale": True},
    "MaxPooling1D": {"padding": "valid", "data_format": "channels_last"},
    "Flatten": {"data_format": "channels_last"},
    "Dense": {"use_bias": True},
    "Activation": {},
    "Add": {},
    "Average": {},
}
LAYERS = tuple(_FIXED)
"""Kinds of layers that are understood, after the input."""

_TAKEN: Mapping[str, Sequence[str]] = {
    "Conv1D": ("filters", "kernel_size", "dilation_rate", "activation"),
    "BatchNormalization": ("axis", "epsilon"),
    "MaxPooling1D": ("pool_size", "strides"),
    "Flatten": (),
    "Dense": ("units", "activation"),
    "Activation": ("activation",),
    "Add": (),
    "Average": (),
}
_JOINING = ("Add", "Average")
_OF_ANY_SHAPE = ("BatchNormalization", "Activation", *_JOINING)
# What matters for training only.
_IGNORED = re.compile(
    r"name|trainable|dtype|momentum|fused|synchronized|renorm(_momentum)?|.*_(initializer|regularizer|constraint)"
)


@dataclass(frozen=True)
class StoredLayer:
    """A layer of a network.

    Attributes
    ----------
    kind : str
        One of ``LAYERS``.
    name : str
    settings : mapping
        Arguments of its class in Keras.
    shapes : tuple of tuple of int
        Of its weights, in Keras' order.
    output : tuple of int
        Shape that it makes of one window.
    sources : tuple of int
        Where its input comes from, as places in the list of layers; -1 is the window.
    """

    kind: str
    name: str
    settings: Mapping[str, Any]
    shapes: tuple[Shape, ...]
    output: Shape
    sources: tuple[int, ...]


@dataclass(frozen=True)
class StoredNetwork:
    """A network without its numbers.

    Attributes
    ----------
    name, input_name : str
    input : tuple of int
        Shape of a window: positions and channels.
    layers : tuple of StoredLayer
        Each behind those that it takes its input from, the last one making the predictions; without the input.
    """

    name: str
    input_name: str
    input: Shape
    layers: tuple[StoredLayer, ...]

    @property
    def output(self) -> Shape:
        """Shape of the predictions of one window."""
        return self.layers[-1].output

    @property
    def activation(self) -> str:
        """Activation of the predictions."""
        place, layers = len(self.layers) - 1, self.layers
        while place >= 0 and "activation" not in layers[place].settings:
            # Of a mean, all members end alike.
            place = layers[place].sources[0]
        return layers[place].settings["activation"] if place >= 0 else ""

    @property
    def weighted(self) -> list[LayerShapes]:
        """The layers that have weights."""
        return [LayerShapes(layer.name, layer.kind, layer.shapes) for layer in self.layers if layer.shapes]


@dataclass(frozen=True, eq=False)
class StoredModel:
    """A network as a file holds it.

    Attributes
    ----------
    network : StoredNetwork
    arrays : sequence of arrays, floating-point
        Weights in the order of the layers; all are finite.
    """

    network: StoredNetwork
    arrays: Sequence[NDArray[np.floating]]


def read_model(path: Path) -> StoredModel:
    """Read a model file without Keras, and without running code from it.

    Parameters
    ----------
    path : Path
        ``.keras``, or a full-model ``.h5`` of Keras 2 or 3.

    Raises
    ------
    WeightsError
        If the file is no model, if its network is not understood, or if its weights do not fit it.
    """
    text = read_text(path, "architecture")
    if text is None:
        raise _error(path, "holds no network of Keras: neither config.json nor the attribute model_config")
    try:
        network = parse(json.loads(text))
    except (_Refused, RecursionError, ValueError) as error:
        told = str(error) if isinstance(error, _Refused) else f"the description of its network is damaged ({error})"
        raise _error(path, told) from error
    return StoredModel(network, read_weights(path, network.weighted))


class _Refused(Exception):
    """What of a description is not understood."""


def _error(path: Path, told: str) -> WeightsError:
    error = WeightsError(f"{path}: {told}")
    error.path = path
    return error


def network_of(model: keras.Model) -> StoredNetwork:
    """Describe a network of Keras as the file would that it is saved in.

    Raises
    ------
    ValueError
        If it has layers that are not understood.
    """
    try:
        return parse(json.loads(model.to_json()))
    except _Refused as error:
        raise ValueError(str(error)) from error


def parse(description: Any) -> StoredNetwork:
    """Understand the description of a network, as JSON gives it."""
    about = _mapping(description, "the description of the network")
    if about.get("class_name") not in ("Functional", "Model"):
        raise _Refused(f"its network is of the kind {about.get('class_name')!r:.60}, not Functional")
    config = _mapping(about.get("config"), "the description of the network")
    layers = config.get("layers")
    if not isinstance(layers, list) or not 1 < len(layers) <= _MOST_LAYERS:
        raise _Refused("its network has no list of layers")
    layers = [_mapping(layer, "the description of a layer") for layer in layers]
    _check_kinds(layers)
    names = [_name(layer) for layer in layers]
    if len(set(names)) < len(names):
        raise _Refused("two layers of its network have one name")
    ends = [_end(config.get(which)) for which in ("input_layers", "output_layers")]
    if ends != [names[0], names[-1]]:
        raise _Refused(f"its network runs from {ends[0]} to {ends[1]}, its layers from {names[0]} to {names[-1]}")
    first = _input_shape(layers[0])
    place = {name: number for number, name in enumerate(names, start=-1)}
    made: list[StoredLayer] = []
    for name, layer in zip(names[1:], layers[1:], strict=True):
        sources = [place.get(source, len(made)) for source in _sources(layer.get("inbound_nodes"))]
        if not sources or max(sources) >= len(made):
            raise _Refused(f"layer {name} does not follow layers before it alone")
        shapes = [first if source < 0 else made[source].output for source in sources]
        made.append(_layer(name, layer, shapes, tuple(sources)))
    used = {source for layer in made for source in layer.sources}
    if unused := [layer.name for number, layer in enumerate(made[:-1]) if number not in used]:
        raise _Refused(f"nothing follows layer {unused[0]}")
    if sum(int(np.prod(shape, dtype=object)) for layer in made for shape in layer.shapes) > _MOST_NUMBERS:
        raise _Refused(f"its network has more than {_MOST_NUMBERS:,} weights")
    whole = config.get("name")
    whole = whole if isinstance(whole, str) and _NAME.fullmatch(whole) else "model"
    return StoredNetwork(whole, names[0], first, tuple(made))


def _check_kinds(layers: Sequence[Mapping[str, Any]]) -> None:
    """Fail, naming the layers, if one is of a kind that is not understood."""
    odd = []
    for place, layer in enumerate(layers):
        kind, module = layer.get("class_name"), layer.get("module") or "keras.layers"
        known = kind in LAYERS if place else kind == "InputLayer"
        if not known or not str(module).startswith(("keras.layers", "keras.src.layers")):
            odd.append(f"{layer.get('name')!s:.40} ({kind!s:.40})")
    if odd:
        raise _Refused(
            f"found layers that no model of maxATAC has: {first_few(odd)}; expected {', '.join(LAYERS)} after an "
            "InputLayer. Nothing of them was loaded"
        )


def _mapping(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _Refused(f"{what} is not an object of JSON")
    return value


def _name(layer: Mapping[str, Any]) -> str:
    name = layer.get("name") or _mapping(layer.get("config"), "the description of a layer").get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise _Refused(f"a layer is called {name!r:.60}, which is no name of a layer")
    return name


def _sources(nodes: Any) -> Iterator[str]:
    """List the layers that a layer takes its input from, as Keras 2 or Keras 3 describes them; "" where one is odd."""
    if not isinstance(nodes, list) or len(nodes) != 1:
        yield ""
        return
    node = nodes[0]
    if isinstance(node, dict):
        if any(value for value in _mapping(node.get("kwargs"), "the input of a layer").values()):
            yield ""
        arguments = node.get("args")
        if isinstance(arguments, list) and len(arguments) == 1 and isinstance(arguments[0], list):
            arguments = arguments[0]
        for argument in arguments if isinstance(arguments, list) else [None]:
            tensor = argument.get("config") if isinstance(argument, dict) else None
            yield _end(tensor.get("keras_history") if isinstance(tensor, dict) else None)
    else:
        for source in node if isinstance(node, list) else [None]:
            has_arguments = isinstance(source, list) and len(source) == 4 and source[3]
            yield "" if has_arguments else _end(source[:3] if isinstance(source, list) else None)


def _end(value: Any) -> str:
    """Take the name of a layer from ``[name, 0, 0]`` or ``[[name, 0, 0]]``."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    is_tensor = isinstance(value, list) and len(value) == 3 and value[1:] == [0, 0] and isinstance(value[0], str)
    return value[0] if is_tensor else ""


def _input_shape(layer: Mapping[str, Any]) -> Shape:
    config = _mapping(layer.get("config"), "the description of the input")
    shape = config.get("batch_shape", config.get("batch_input_shape"))
    if not isinstance(shape, list) or len(shape) != 3 or shape[0] is not None:
        raise _Refused(f"its input has the shape {shape!r:.60}; expected windows of (positions, channels)")
    _check_precision(config, "the input")
    return (_whole(shape[1], "positions of the input", 1 << 20), _whole(shape[2], "channels of the input", 1 << 10))


def _layer(name: str, layer: Mapping[str, Any], inputs: Sequence[Shape], sources: tuple[int, ...]) -> StoredLayer:
    """Understand one layer that gets inputs of these shapes."""
    kind, shape = layer["class_name"], inputs[0]
    if (len(inputs) > 1) != (kind in _JOINING):
        raise _Refused(f"layer {name}: a {kind} layer does not take {len(inputs)} inputs")
    if any(other != shape for other in inputs):
        raise _Refused(f"layer {name}: its inputs have different shapes")
    config = _mapping(layer.get("config"), f"the description of layer {name}")
    _check_precision(config, f"layer {name}")
    for setting, value in config.items():
        plain = _single(value)
        if setting in _FIXED[kind]:
            if plain != _FIXED[kind][setting] or isinstance(plain, bool) != isinstance(_FIXED[kind][setting], bool):
                raise _Refused(f"layer {name}: found {setting} {plain!r:.60}; expected {_FIXED[kind][setting]!r}")
        elif setting not in _TAKEN[kind] and not _IGNORED.fullmatch(setting) and value:
            raise _Refused(f"layer {name}: its setting {setting} is not known")
    wanted = {setting: _single(config.get(setting)) for setting in _TAKEN[kind]}
    if "activation" in wanted and wanted["activation"] not in ACTIVATIONS:
        expected = f"expected one of {', '.join(ACTIVATIONS)}"
        raise _Refused(f"layer {name}: found the activation {wanted['activation']!r:.60}; {expected}")
    if len(shape) != (1 if kind == "Dense" else 2) and kind not in _OF_ANY_SHAPE:
        raise _Refused(f"layer {name}: a {kind} layer does not fit an input of {len(shape)} dimensions")
    settings, shapes, output = _UNDERSTAND[kind](name, wanted, shape)
    return StoredLayer(kind, name, {**_FIXED[kind], **settings}, shapes, output, sources)


Understood = tuple[dict[str, Any], tuple[Shape, ...], Shape]


def _convolution(name: str, wanted: Mapping[str, Any], shape: Shape) -> Understood:
    filters, taps, dilation = (
        _whole(wanted[setting], f"{setting} of layer {name}", 1 << 12)
        for setting in ("filters", "kernel_size", "dilation_rate")
    )
    settings = {"filters": filters, "kernel_size": taps, "dilation_rate": dilation, "activation": wanted["activation"]}
    return settings, ((taps, shape[1], filters), (filters,)), (shape[0], filters)


def _normalisation(name: str, wanted: Mapping[str, Any], shape: Shape) -> Understood:
    if wanted["axis"] not in (-1, len(shape)):
        raise _Refused(f"layer {name}: found axis {wanted['axis']!r:.60}; expected the last one")
    epsilon = wanted["epsilon"]
    if not isinstance(epsilon, float) or not 0 < epsilon < 1:
        raise _Refused(f"layer {name}: found epsilon {epsilon!r:.60}; expected a number between 0 and 1")
    return {"axis": -1, "epsilon": epsilon}, ((shape[-1],),) * 4, shape


def _pooling(name: str, wanted: Mapping[str, Any], shape: Shape) -> Understood:
    pool = _whole(wanted["pool_size"], f"pool_size of layer {name}", shape[0])
    stride = pool if wanted["strides"] is None else wanted["strides"]
    if stride != pool:
        raise _Refused(f"layer {name}: found strides {stride!r:.60}; expected the pool_size, {pool}")
    return {"pool_size": pool, "strides": pool}, (), (shape[0] // pool, shape[1])


def _flattening(name: str, wanted: Mapping[str, Any], shape: Shape) -> Understood:
    return {}, (), (shape[0] * shape[1],)


def _dense(name: str, wanted: Mapping[str, Any], shape: Shape) -> Understood:
    units = _whole(wanted["units"], f"units of layer {name}", 1 << 12)
    return {"units": units, "activation": wanted["activation"]}, ((shape[0], units), (units,)), (units,)


def _activation(name: str, wanted: Mapping[str, Any], shape: Shape) -> Understood:
    return {"activation": wanted["activation"]}, (), shape


def _same(name: str, wanted: Mapping[str, Any], shape: Shape) -> Understood:
    return {}, (), shape


_UNDERSTAND: Mapping[str, Callable[[str, Mapping[str, Any], Shape], Understood]] = {
    "Conv1D": _convolution,
    "BatchNormalization": _normalisation,
    "MaxPooling1D": _pooling,
    "Flatten": _flattening,
    "Dense": _dense,
    "Activation": _activation,
    "Add": _same,
    "Average": _same,
}


def _single(value: Any) -> Any:
    """Take the number from a list of one, as Keras writes sizes of one dimension."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _whole(value: Any, what: str, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise _Refused(f"found {value!r:.60} {what}; expected a whole number from 1 to {most:,}")
    return value


def _check_precision(config: Mapping[str, Any], what: str) -> None:
    dtype = config.get("dtype")
    if isinstance(dtype, dict):
        policy = dtype.get("config")
        dtype = policy.get("name") if isinstance(policy, dict) else None
    if dtype not in ("float32", "float64"):
        raise _Refused(f"{what} computes with {dtype!r:.60}; expected float32")


def build(members: Sequence[StoredModel]) -> keras.Model:
    """Build the network of a model file, or the mean of several.

    Parameters
    ----------
    members : sequence of StoredModel
        All with the same shapes of input and predictions. Of several, the layers get the prefix ``member_1_`` and so
        on, and the outputs are averaged after their activation.

    Returns
    -------
    keras.Model
        Not compiled.
    """
    import keras

    first = members[0].network
    inputs = keras.Input(first.input, name=first.input_name if len(members) == 1 else "window")
    outputs = []
    for number, member in enumerate(members, start=1):
        prefix = "" if len(members) == 1 else f"member_{number}_"
        values, made = [inputs], []
        for layer in member.network.layers:
            made.append(getattr(keras.layers, layer.kind)(name=prefix + layer.name, **layer.settings))
            taken = [values[source + 1] for source in layer.sources]
            values.append(made[-1](taken if layer.kind in _JOINING else taken[0]))
        for variable, array in zip([weight for layer in made for weight in layer.weights], member.arrays, strict=True):
            variable.assign(array)
        outputs.append(values[-1])
    if len(outputs) == 1:
        return keras.Model(inputs, outputs[0], name=first.name)
    return keras.Model(inputs, keras.layers.Average(name="mean")(outputs), name="mean_of_members")
