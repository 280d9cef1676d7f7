from __future__ import annotations

import zipfile

import h5py
import keras
import numpy as np
import pytest

from maxatac.errors import WeightsError
from maxatac.model.architectures import build
from maxatac.model.losses import binary_cross_entropy
from maxatac.model.optimizer import adam
from maxatac.model.weights import load_weights

# Keras turns its variables into arrays in a way that numpy 2 calls outdated.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

LENGTH, BINS = 64, 2
FORMATS = ("m.keras", "m.weights.h5", "m.h5", "keras2.h5")


def network(**options):
    return build("DCNN_V2", length=LENGTH, bins=BINS, **options)


def weights_of(model):
    return [weight.numpy().copy() for weight in model.weights]


def assert_weights(model, expected):
    for one, other in zip(weights_of(model), expected, strict=True):
        np.testing.assert_array_equal(one, other)


def write_keras2(path, model, *, drop=None, replace=None):
    """A full-model file in the layout of Keras 2: names of its own, ``:0`` behind each, a group per layer."""
    counts = {}
    with h5py.File(path, "w") as file:
        group = file.create_group("model_weights")
        names = []
        for layer in model.layers:
            kind = type(layer).__name__.lower()
            number = counts[kind] = counts.get(kind, -1) + 1
            name = f"{kind}_{number}" if number else kind
            names.append(name.encode())
            of_layer = group.create_group(name)
            weights = [] if layer.name == drop else layer.weights
            stored = [f"{name}/{weight.path.split('/')[-1]}:0" for weight in weights]
            of_layer.attrs["weight_names"] = [entry.encode() for entry in stored]
            for entry, weight in zip(stored, weights, strict=True):
                of_layer[entry] = weight.numpy() if replace is None else replace(layer, weight.numpy())
        group.attrs["layer_names"] = names
        file.attrs["keras_version"] = b"2.5.0"
        file.attrs["model_config"] = b'{"class_name": "__import__(\'os\').abort()"}'
    return path


def write(model, path):
    if path.name == "keras2.h5":
        return write_keras2(path, model)
    if path.name.endswith(".weights.h5"):
        model.save_weights(path)
    else:
        model.save(path)
    return path


@pytest.fixture(scope="module")
def trained():
    """A network whose every number is distinct from a fresh one's, and whose optimiser has state."""
    keras.utils.set_random_seed(1)
    model = network()
    rng = np.random.default_rng(1)
    for weight in model.weights:
        weight.assign(rng.normal(size=weight.shape))
    model.compile(optimizer=adam(), loss=binary_cross_entropy)
    model.optimizer.build(model.trainable_variables)
    return model


@pytest.fixture(scope="module")
def files(trained, tmp_path_factory):
    """The same weights in every format."""
    folder = tmp_path_factory.mktemp("weights")
    return {name: write(trained, folder / name) for name in FORMATS}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_weights(trained, files, name):
    model = network()
    load_weights(model, files[name])
    assert_weights(model, weights_of(trained))


@pytest.mark.parametrize("name", FORMATS)
def test_format_is_told_by_content(trained, files, name, tmp_path):
    disguised = tmp_path / ("m.h5" if name.endswith(".keras") else "m.keras")
    disguised.write_bytes(files[name].read_bytes())
    model = network()
    load_weights(model, str(disguised))
    assert_weights(model, weights_of(trained))


def test_leaves_the_optimizer_alone(files):
    model = network()
    model.compile(optimizer=adam(), loss=binary_cross_entropy)
    load_weights(model, files["m.keras"])
    assert int(model.optimizer.iterations.numpy()) == 0
    assert not model.optimizer.built


@pytest.mark.parametrize("name", FORMATS)
def test_another_architecture(files, name):
    model = network(channels=4)
    before = weights_of(model)
    with pytest.raises(WeightsError) as error:
        load_weights(model, files[name])
    message = str(error.value)
    assert str(files[name]) in message
    assert "conv_1a" in message
    assert "(7, 5, 15)" in message
    assert "(7, 4, 15)" in message
    assert "more layers" not in message
    assert_weights(model, before)


@pytest.mark.parametrize("name", FORMATS)
def test_dense_and_plain_are_told_apart(files, name, tmp_path):
    dense = network(dense=True)
    with pytest.raises(WeightsError, match=r"dense.*found shapes \(2, 2\), \(2,\).*trained with --dense\?") as error:
        load_weights(network(), write(dense, tmp_path / name))
    assert "found 117,210 numbers in 64 arrays, expected 117,204 numbers in 62 arrays" in str(error.value)
    with pytest.raises(WeightsError, match=r"dense_head: found nothing.*\(2, 2\).*trained without --dense\?"):
        load_weights(dense, files[name])


def test_many_differences_are_cut_short(tmp_path):
    path = write_keras2(tmp_path / "m.h5", network(), replace=lambda _, array: array[..., None])
    with pytest.raises(WeightsError, match="and 16 more layers"):
        load_weights(network(), path)


def test_a_layer_without_its_weights(tmp_path):
    path = write_keras2(tmp_path / "m.h5", network(), drop="batch_norm_3b")
    with pytest.raises(WeightsError, match=r"58 arrays.*layer batch_norm_3b \(conv1d_6 in the file\)"):
        load_weights(network(), path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite(value, tmp_path):
    def spoil(layer, array):
        return np.where(layer.name == "conv_2b", value, array)

    model = network()
    before = weights_of(model)
    with pytest.raises(WeightsError, match="conv_2b hold NaN or infinite"):
        load_weights(model, write_keras2(tmp_path / "m.h5", model, replace=spoil))
    assert_weights(model, before)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
def test_truncated(files, name, share, tmp_path):
    content = files[name].read_bytes()
    path = tmp_path / name
    path.write_bytes(content[: int(len(content) * share)])
    model = network()
    before = weights_of(model)
    with pytest.raises(WeightsError, match="truncated") as error:
        load_weights(model, path)
    assert str(path) in str(error.value)
    assert_weights(model, before)


def test_damaged_inside(files, tmp_path):
    """Whatever byte is wrong: either it fits and loads, or it is a WeightsError that names the file."""
    content = bytearray(files["keras2.h5"].read_bytes())
    path = tmp_path / "m.h5"
    model, refused = network(), 0
    for place in range(0, 4000, 101):
        damaged = content.copy()
        damaged[place] ^= 0xFF
        path.write_bytes(damaged)
        try:
            load_weights(model, path)
        except WeightsError as error:
            assert str(path) in str(error)
            refused += 1
    assert refused


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html>404</html>", "HTML"),
        (b"chr1\t10\t20\n", "BED"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n", "Git LFS"),
        (b"\x00" * 100, "unknown format"),
    ],
)
def test_not_a_file_of_weights(content, says, tmp_path):
    path = tmp_path / "m.keras"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=says) as error:
        load_weights(network(), path)
    assert str(path) in str(error.value)


def test_nothing_there_and_a_directory(tmp_path):
    with pytest.raises(WeightsError, match="absent.h5: .*does not exist"):
        load_weights(network(), tmp_path / "absent.h5")
    with pytest.raises(WeightsError, match="is a directory"):
        load_weights(network(), tmp_path)


def test_archive_of_something_else(tmp_path):
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(WeightsError, match=r"without model\.weights\.h5"):
        load_weights(network(), path)


def test_archive_of_something_else_under_the_right_name(tmp_path):
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.weights.h5", "<html>")
    with pytest.raises(WeightsError, match="HDF5"):
        load_weights(network(), path)


def test_hdf5_of_something_else(tmp_path):
    path = tmp_path / "m.h5"
    with h5py.File(path, "w") as file:
        file["counts"] = np.arange(3)
    with pytest.raises(WeightsError, match="not one of Keras"):
        load_weights(network(), path)


def test_code_in_an_archive_is_not_looked_at(trained, files, tmp_path):
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(files["m.keras"]) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", '{"module": "os", "class_name": "abort"')
        archive.writestr("model.weights.h5", source.read("model.weights.h5"))
    model = network()
    load_weights(model, path)
    assert_weights(model, weights_of(trained))


@pytest.mark.parametrize("how", ["link", "external", "virtual"])
def test_numbers_of_another_file_are_refused(how, files, tmp_path):
    path = tmp_path / "m.h5"
    path.write_bytes(files["m.h5"].read_bytes())
    with h5py.File(path, "r+") as file:
        group = file["model_weights/conv_1a/conv_1a"]
        del group["bias"]
        if how == "link":
            group["bias"] = h5py.ExternalLink(str(files["m.weights.h5"]), "layers/conv1d/vars/1")
        elif how == "external":
            group.create_dataset("bias", (15,), "f4", external=[(str(files["m.h5"]), 0, 60)])
        else:
            layout = h5py.VirtualLayout((15,), "f4")
            layout[:] = h5py.VirtualSource(files["m.weights.h5"], "layers/conv1d/vars/1", (15,))
            group.create_virtual_dataset("bias", layout)
    with pytest.raises(WeightsError, match="bias.*another file"):
        load_weights(network(), path)
