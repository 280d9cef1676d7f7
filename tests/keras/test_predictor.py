"""Networks of model files: built as Keras builds them, averaged, and checked on the device."""

from __future__ import annotations

import dataclasses
import itertools
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import models
import numpy as np
import predicting
import pyBigWig
import pytest
from numpy_network import forward, random_windows
from predicting import PredictSet
from tiny import BLACK, SIZES, TRAINING, VALIDATION, TinySet

from maxatac.cli.main import main
from maxatac.errors import MaxatacError, Problems
from maxatac.model.architectures import ARCHITECTURES, build
from maxatac.model.reference import predict
from maxatac.model.stored import ACTIVATIONS, StoredModel, network_of, read_model
from maxatac.prediction.model_file import Predictor, load_predictor
from maxatac.prediction.model_record import read_record
from maxatac.training import model_facts
from maxatac.training.settings import OUTPUT_ACTIVATIONS
from maxatac.training.workflow import train

# Keras turns its variables into arrays in a way that numpy 2 calls outdated.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


def read(*paths: Path) -> Predictor:
    problems = Problems()
    predictor = load_predictor(paths, problems)
    assert not problems
    assert predictor is not None
    return predictor


def stored(model: keras.Model) -> StoredModel:
    return StoredModel(network_of(model), [np.asarray(weight.numpy()) for weight in model.weights])


@pytest.fixture
def windows() -> np.ndarray:
    return random_windows(np.random.default_rng(3), 4, 1024)


@pytest.fixture
def network(request: pytest.FixtureRequest) -> keras.Model:
    """DCNN_V2 whose every number is distinct from a fresh one's, with predictions of all sizes."""
    keras.utils.set_random_seed(1)
    model = build("DCNN_V2", **getattr(request, "param", {}))
    rng = np.random.default_rng(1)
    for weight in model.weights:
        positive = "variance" in weight.name or "gamma" in weight.name
        weight.assign(
            weight.numpy() + (rng.uniform(0, 0.2, weight.shape) if positive else rng.normal(0, 0.05, weight.shape))
        )
    return model


# The network of a file.


def test_activations_of_training_are_understood() -> None:
    assert set(OUTPUT_ACTIVATIONS) <= set(ACTIVATIONS)


@pytest.mark.parametrize(
    ("arch", "settings", "activation"),
    [
        *itertools.product(ARCHITECTURES, [{}], OUTPUT_ACTIVATIONS),
        *itertools.product(["DCNN_V2"], [{"dense": True}], OUTPUT_ACTIVATIONS),
    ],
)
def test_every_architecture_is_read_as_it_was_written(
    arch: str, settings: dict[str, Any], activation: str, tmp_path: Path
) -> None:
    model = build(arch, output_activation=activation, **settings)
    for path in (tmp_path / "model.keras", tmp_path / "model.h5"):
        model.save(path)
        found = read_model(path)
        assert found.network == network_of(model)
        assert found.network.activation == activation
        for weight, array in zip(model.weights, found.arrays, strict=True):
            np.testing.assert_array_equal(weight.numpy(), array)


@pytest.mark.parametrize("network", [{}, {"dense": True, "output_activation": "linear"}], indirect=True)
def test_numpy_computes_what_the_network_does(network: keras.Model, windows: np.ndarray) -> None:
    """And both what the paper describes."""
    arrays = [weight.numpy() for weight in network.weights]
    expected = forward(windows, arrays, last="linear" if len(arrays) > 62 else "sigmoid")
    scale = max(1.0, np.abs(expected).max())
    assert expected.std() > 1e-3
    np.testing.assert_allclose(network.predict_on_batch(windows) / scale, expected / scale, atol=1e-5)
    found = [predict(stored(network), window) for window in windows]
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


def test_one_member_is_the_model_itself(network: keras.Model, windows: np.ndarray, tmp_path: Path) -> None:
    network.compile(jit_compile=True)
    network.save(tmp_path / "model.keras")
    found = read(tmp_path / "model.keras").model
    assert [layer.name for layer in found.layers] == [layer.name for layer in network.layers]
    assert found.name == network.name
    np.testing.assert_array_equal(found.predict_on_batch(windows), network.predict_on_batch(windows))


# Ensembles.


def logit(share: float) -> float:
    return float(np.log(share / (1 - share)))


def test_mean_of_the_outputs(windows: np.ndarray, tmp_path: Path) -> None:
    """Of 0.99 and 0.5, not of what the activation gets, which would give 0.909."""
    shares = (0.99, 0.5)
    paths = [models.write_h5(tmp_path / f"{share}.h5", models.weights(logit=logit(share))) for share in shares]
    predictor = read(*paths)
    assert isinstance(predictor.model, keras.Model)
    np.testing.assert_allclose(predictor.model.predict_on_batch(windows), 0.745, rtol=1e-6)
    names = [layer.name for layer in predictor.model.layers]
    assert {"member_1_conv1d", "member_2_conv1d"} <= set(names)
    assert len(set(names)) == len(names)
    for share, member in zip(shares, predictor.members, strict=True):
        alone = predictor.model_of([member])
        np.testing.assert_allclose(alone.predict_on_batch(windows), share, rtol=1e-6)
        assert predictor.model_of([member]) is alone


# The check on the device.


def test_check_of_a_model_without_a_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the device computes is compared with plain numpy."""
    paths = [models.write_h5(tmp_path / f"{share}.h5", models.weights(logit=logit(share))) for share in (0.3, 0.5)]
    read(*paths).check(batch_size=3)
    predictor = read(*paths)
    bias = next(weight for weight in predictor.model.weights if weight.name == "bias")
    bias.assign(bias + 2e-3)
    with pytest.raises(MaxatacError, match=r"0\.3\.h5.*on this device"):
        predictor.check()


@pytest.fixture
def trained(tiny_set: TinySet, output: Path, quick_network: None) -> Path:
    """The folder of a run of two epochs."""
    train(tiny_set.config(output, epochs=2))
    return output


def spoil(path: Path, change: Callable[[np.ndarray], np.ndarray]) -> Path:
    """Change the first kernel in a ``.keras`` file; its record stays."""
    with zipfile.ZipFile(path) as archive:
        kept = {name: archive.read(name) for name in archive.namelist()}
    weights = path.with_name("weights.h5")
    weights.write_bytes(kept["model.weights.h5"])
    with h5py.File(weights, "r+") as file:
        kernel = file["layers/conv1d/vars/0"]
        kernel[()] = change(kernel[()])
    other = path.with_name(f"spoilt_{path.name}")
    with zipfile.ZipFile(other, "w") as archive:
        for name, content in {**kept, "model.weights.h5": weights.read_bytes()}.items():
            archive.writestr(name, content)
    return other


def exchanged(kernel: np.ndarray) -> np.ndarray:
    """Channels 1 and 2, C and G, take each other's place."""
    return kernel[:, [0, 2, 1, 3, 4]]


def test_weights_that_are_not_those_of_the_record(trained: Path) -> None:
    best = trained / "maxatac_model_best.keras"
    read(best).check()
    for change in (exchanged, lambda kernel: kernel + 0.01 * np.abs(kernel).max()):
        predictor = read(spoil(best, change))
        with pytest.raises(MaxatacError, match="weights are not those.*another order"):
            predictor.check()


def values_above_zero(path: Path) -> np.ndarray:
    """Of the training chromosomes outside the blacklist."""
    kept = []
    with pyBigWig.open(str(path)) as track:
        for chrom in TRAINING:
            values = np.nan_to_num(track.values(chrom, 0, SIZES[chrom], numpy=True))
            if chrom == BLACK[0]:
                values[BLACK[1] : BLACK[2]] = 0
            kept.append(values[values > 0])
    return np.concatenate(kept)


def test_every_model_of_a_run_has_its_record(tiny_set: TinySet, trained: Path) -> None:
    names = ("maxatac_model_1.keras", "maxatac_model_2.keras", "maxatac_model_best.keras", "maxatac_model_best.h5")
    records = {name: read_record(trained / name) for name in names}
    for name in names:
        kept = records[name]
        assert kept is not None
        assert (kept.facts.training_chroms, kept.facts.validation_chroms) == (TRAINING, VALIDATION)
        assert set(kept.facts.signal) == {"CellA", "CellB"}
        assert kept.facts.cell_types == ("CellA", "CellB")
        assert (kept.facts.quantitative, kept.facts.target_scale_factor) == (False, 1.0)
        for cell, scale in kept.facts.signal.items():
            values = values_above_zero(tiny_set.file(cell, "signal.bw"))
            np.testing.assert_allclose((scale.p50, scale.p99), np.percentile(values, (50, 99)), rtol=1e-6)
            assert (scale.largest, scale.covered) == (values.max(), len(values))
        np.testing.assert_allclose(
            keras.models.load_model(trained / name, compile=False).predict_on_batch(kept.check.window()[None])[0],
            kept.check.outputs,
            atol=1e-5,
        )
        assert np.ptp(kept.check.outputs) > 1e-3
    number = json.loads((trained / "maxatac_model_run.json").read_text())["best"]["epoch"]
    assert records["maxatac_model_best.keras"] == records["maxatac_model_best.h5"]
    assert records["maxatac_model_best.keras"] == records[f"maxatac_model_{int(number)}.keras"]
    assert records["maxatac_model_1.keras"] != records["maxatac_model_2.keras"]
    read(trained / names[0], trained / names[1]).check()


def test_a_resumed_run_writes_the_same_records(tiny_set: TinySet, trained: Path, tmp_path: Path) -> None:
    """Also where it must write the selected model anew from its checkpoint."""
    other = tmp_path / "resumed"
    train(tiny_set.config(other, epochs=1))
    for path in other.glob("*_best.*"):
        path.unlink()
    (other / "best_epoch.txt").unlink()
    train(tiny_set.config(other, epochs=2, resume=True))
    for path in sorted(trained.glob("*.keras")) + sorted(trained.glob("*.h5")):
        assert read_record(other / path.name) == read_record(path)


def test_what_the_weights_at_the_start_were_trained_on(tiny_set: TinySet, trained: Path, tmp_path: Path) -> None:
    first = trained / "maxatac_model_best.keras"
    split: dict[str, Any] = {"tchroms": ("chr3",), "vchroms": ("chr2",), "test": False}
    then = read_record(train(tiny_set.config(tmp_path / "then", weights=first, **split)).best_model)
    assert then is not None
    assert then.facts.training_chroms == ("chr3", *TRAINING)
    assert then.facts.validation_chroms == ("chr2", *VALIDATION)
    assert not then.facts.unknown_start
    bare = tmp_path / "bare.weights.h5"
    keras.models.load_model(first, compile=False).save_weights(bare)
    unknown = read_record(train(tiny_set.config(tmp_path / "unknown", weights=bare, **split)).best_model)
    assert unknown is not None
    assert unknown.facts.unknown_start


def test_training_does_not_depend_on_the_record(
    tiny_set: TinySet, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "maxatac.training.epochs.ModelDescription", lambda *_: type("None", (), {"of": None, "scales": {}})
    )
    without = train(tiny_set.config(tmp_path / "without", epochs=2))
    assert read_record(without.best_model) is None
    kept = json.loads((trained / "maxatac_model_run.json").read_text())
    assert kept["state_sha256"] == without.state_sha256
    assert (trained / "maxatac_model.csv").read_bytes() == (tmp_path / "without/maxatac_model.csv").read_bytes()


def test_quantitative_models_say_so(tiny_set: TinySet, output: Path, quick_network: None) -> None:
    settings: dict[str, Any] = {"quant": True, "target_scale_factor": 10.0, "output_activation": "linear"}
    predictor = read(train(tiny_set.config(output, **settings)).best_model)
    assert (predictor.kind, predictor.members[0].target_scale_factor) == ("quant", 10.0)
    predictor.check()


def test_a_record_of_a_later_version_is_read(trained: Path) -> None:
    path = trained / "maxatac_model_best.h5"
    before = read_record(path)
    with h5py.File(path, "r+") as file:
        kept = json.loads(file.attrs["maxatac"])
        file.attrs["maxatac"] = json.dumps({**kept, "format": 9, "news": 1, "facts": {**kept["facts"], "news": 1}})
    after = read_record(path)
    assert before is not None
    assert after == dataclasses.replace(before)


@pytest.mark.parametrize(
    ("sizes", "part"),
    [
        ({"a": 90, "b": 30, "c": 8, "d": 5}, ["a", "c"]),
        ({"a": 300, "b": 200}, ["b"]),
        ({"a": 10, "b": 20}, ["b", "a"]),
    ],
)
def test_part_of_the_chromosomes_that_is_measured(
    sizes: dict[str, int], part: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_facts, "MEASURED", 100)
    assert model_facts._part_of(list(sizes), sizes) == part


# Through the command line.


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> PredictSet:
    return predicting.make(tmp_path_factory.mktemp("predict"), signals=("A",))


def test_exchanged_channels_end_a_prediction(
    genome: PredictSet, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoilt = spoil(trained / "maxatac_model_best.keras", exchanged)
    assert main(genome.arguments(tmp_path / "out", model=[spoilt])) == 1
    assert f"{spoilt}: its weights are not those" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_bad_models_are_told_together_before_work(
    genome: PredictSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = {"class_name": "Lambda", "config": {"name": "odd"}, "name": "odd", "inbound_nodes": []}
    paths = [
        models.write_keras(tmp_path / "code.keras", description=models.describe(lambda layers: layers.append(odd))),
        models.write_h5(tmp_path / "nan.h5", models.weights(logit=np.nan)),
        tmp_path / "absent.keras",
    ]
    assert main(genome.arguments(tmp_path / "out", model=paths)) == 2
    told = [line for line in capsys.readouterr().err.splitlines() if "--model" in line]
    assert [[word in line for word in map(str, paths)] for line in told] == np.eye(3, dtype=bool).tolist()
    assert not (tmp_path / "out").exists()


def test_the_same_model_twice_is_refused(genome: PredictSet, tmp_path: Path) -> None:
    assert main(genome.arguments(tmp_path / "out", model=[genome.model, genome.model])) == 2
