"""Model files are read without Keras, and nothing in them is run or followed."""

from __future__ import annotations

import dataclasses
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import h5py
import models
import numpy as np
import pytest
from broken import HTML, named

from maxatac.data.signal_scale import SignalScale
from maxatac.errors import Problem, Problems
from maxatac.model.reference import predict
from maxatac.prediction.model_file import Predictor, check_out_of_fold, load_predictor
from maxatac.prediction.model_record import CheckWindow, ModelRecord, TrainingFacts

FACTS = TrainingFacts(
    quantitative=False,
    target_scale_factor=1.0,
    training_chroms=("chrI",),
    validation_chroms=("chrII",),
    cell_types=("CellA", "CellB"),
    unknown_start=False,
    signal={"CellA": SignalScale(0.2, 1.0, 7.5, whole_numbers=False, covered=1_000)},
)


def read(*paths: Path) -> Predictor:
    problems = Problems()
    predictor = load_predictor(paths, problems)
    assert not problems
    assert predictor is not None
    return predictor


def refused(*paths: Path) -> Sequence[Problem]:
    problems = Problems()
    assert load_predictor(paths, problems) is None
    assert problems
    assert all(problem.option == "--model" and problem.file in paths for problem in problems)
    return list(problems)


def record(**changes: Any) -> ModelRecord:
    """A record of the network of zeros, whose predictions are 0.5."""
    check = CheckWindow("ACGTN" * 204 + "ACGT", (0.25,) * 1024, (0.5,) * 32)
    return ModelRecord(dataclasses.replace(FACTS, **changes), check)


def window() -> np.ndarray:
    made = np.zeros((1024, 5), np.float32)
    made[:, 4] = np.arange(1024) / 1024
    return made


@pytest.mark.parametrize("write", [models.write_h5, models.write_keras])
def test_network_is_read(write: Callable[..., Path], tmp_path: Path) -> None:
    kernel = [0, 0, 0, 0, 2]
    (member,) = read(write(tmp_path / "m", models.weights(logit=-1, kernel=kernel))).members
    highest = np.arange(31, 1024, 32) / 1024
    np.testing.assert_allclose(predict(member.stored, window()), 1 / (1 + np.exp(1 - 2 * highest)), atol=1e-7)
    assert (member.kind, member.record, member.target_scale_factor) == ("binary", None, 1.0)


def test_facts_of_a_model_without_a_record(tmp_path: Path) -> None:
    predictor = read(models.write_h5(tmp_path / "m.h5"))
    (facts,) = predictor.facts()
    assert facts["training_chroms"] is None
    assert len(facts["sha256"]) == 64
    (note,) = predictor.notes()
    assert "A, C, G, T and signal" in note
    assert predictor.seen_chroms(["chrI"]) == []
    problems = Problems()
    check_out_of_fold(predictor, problems)
    assert named(problems[0], "no record", option="--out_of_fold", file=tmp_path / "m.h5")


# The record of the training.


@pytest.mark.parametrize("write", [models.write_h5, models.write_keras])
def test_record_is_read(write: Callable[..., Path], tmp_path: Path) -> None:
    predictor = read(write(tmp_path / "m", record=record().to_text()))
    assert predictor.members[0].record == record()
    assert predictor.notes() == []
    (facts,) = predictor.facts()
    assert (facts["training_chroms"], facts["validation_chroms"]) == (["chrI"], ["chrII"])
    assert facts["cell_types"] == ["CellA", "CellB"]
    problems = Problems()
    check_out_of_fold(predictor, problems)
    assert not problems


def test_a_start_from_unknown_weights(tmp_path: Path) -> None:
    """Out-of-fold scores would be those of a model that may have seen every chromosome."""
    problems = Problems()
    check_out_of_fold(read(models.write_h5(tmp_path / "m.h5", record=record(unknown_start=True).to_text())), problems)
    assert named(problems[0], "trained from weights", option="--out_of_fold", file=tmp_path / "m.h5")


def test_members_that_have_not_seen_a_chromosome(tmp_path: Path) -> None:
    folds = [("chrI", "chrII"), ("chrII", "chrIII")]
    paths = [
        models.write_keras(
            tmp_path / f"{trains}.keras",
            models.weights(logit=number),
            record=record(training_chroms=(trains,), validation_chroms=(validates,)).to_text(),
        )
        for number, (trains, validates) in enumerate(folds)
    ]
    predictor = read(*paths)
    first, second = predictor.members
    assert {chrom: predictor.members_for(chrom) for chrom in ("chrI", "chrII", "chrIII", "chrIV")} == {
        "chrI": (second,),
        "chrII": (),  # trained on by one, and validation of the other
        "chrIII": (first,),
        "chrIV": (first, second),
    }
    assert predictor.seen_chroms(["chrI", "chrII", "chrIII", "chrIV"]) == ["chrI", "chrII", "chrIII"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda kept: kept.pop("check"),
        lambda kept: kept["check"].update(sequence="ACGT"),
        lambda kept: kept["check"].update(sequence="X" * 1024),
        lambda kept: kept["check"]["outputs"].pop(),
        lambda kept: kept["check"].update(outputs=[None] * 32),
        lambda kept: kept["check"].update(outputs=["0.5"] * 32),
        lambda kept: kept["facts"].update(training_chroms="chrI"),
        lambda kept: kept["facts"].update(quantitative=1),
        lambda kept: kept["facts"].update(signal={"CellA": {}}),
        lambda kept: kept["facts"]["signal"]["CellA"].update(p99="1"),
        lambda kept: kept["facts"]["signal"]["CellA"].update(covered=None),
        lambda kept: kept["facts"]["signal"]["CellA"].update(whole_numbers=0),
        lambda kept: kept["facts"].update(target_scale_factor=10**400),
        lambda kept: kept.update(facts=[]),
    ],
)
def test_damaged_record(damage: Callable[[Any], object], tmp_path: Path) -> None:
    kept = json.loads(record().to_text())
    damage(kept)
    (problem,) = refused(models.write_h5(tmp_path / "m.h5", record=json.dumps(kept)))
    assert named(problem, "record", "damaged")


@pytest.mark.parametrize("text", ["", "[]", "[" * 100_000, '{"facts": {}, "facts": {}}'])
def test_record_that_is_something_else(text: str, tmp_path: Path) -> None:
    (problem,) = refused(models.write_keras(tmp_path / "m.keras", record=text))
    assert named(problem, "record", "damaged")


def test_record_of_other_channels(tmp_path: Path) -> None:
    other = dataclasses.replace(record(), channels=("A", "G", "C", "T", "signal"))
    (problem,) = refused(models.write_h5(tmp_path / "m.h5", record=other.to_text()))
    assert named(problem, "A, G, C, T, signal", "A, C, G, T, signal")


# Ensembles.


def test_a_model_twice(tmp_path: Path) -> None:
    """Also as a copy, and in another format."""
    first = models.write_h5(tmp_path / "m.h5")
    copy, other = tmp_path / "copy.h5", models.write_keras(tmp_path / "m.keras")
    copy.write_bytes(first.read_bytes())
    for second in (first, copy, other):
        (problem,) = refused(first, second)
        assert named(problem, "same weights", first, file=second)


def test_members_of_two_kinds(tmp_path: Path) -> None:
    binary = models.write_h5(tmp_path / "binary.h5")
    values = models.write_h5(
        tmp_path / "values.h5", models.weights(logit=1), record=record(quantitative=True).to_text()
    )
    linear = models.describe(lambda layers: layers[2]["config"].update(activation="linear"))
    unrecorded = models.write_h5(tmp_path / "linear.h5", models.weights(logit=2), linear)
    for other in (values, unrecorded):
        (problem,) = refused(binary, other)
        assert named(problem, "quantitative", "probabilities", file=other)
    assert read(values, unrecorded).kind == "quant"


def test_members_of_two_scales(tmp_path: Path) -> None:
    paths = [
        models.write_h5(
            tmp_path / f"{factor}.h5",
            models.weights(logit=factor),
            record=record(quantitative=True, target_scale_factor=factor).to_text(),
        )
        for factor in (1.0, 2.5)
    ]
    (problem,) = refused(*paths)
    assert named(problem, "2.5", "1", paths[0], file=paths[1])


def test_every_bad_member_is_named(tmp_path: Path) -> None:
    page = tmp_path / "page.h5"
    page.write_text(HTML)
    told = refused(page, tmp_path / "absent.keras", models.write_h5(tmp_path / "m.h5"), tmp_path)
    assert [(problem.kind, problem.file) for problem in told] == [
        ("weights", page), ("missing file", tmp_path / "absent.keras"), ("unreadable file", tmp_path),
    ]  # fmt: skip


# Networks that are not ours.


def update(place: int, **settings: Any) -> models.Change:
    return lambda layers: layers[place]["config"].update(settings)


def insert(kind: str, name: str = "odd", **settings: Any) -> models.Change:
    """Put a layer before the last one."""

    def change(layers: list[models.Description]) -> None:
        before = layers[-2]["name"]
        layers[-1]["inbound_nodes"] = [[[name, 0, 0, {}]]]
        config = {"name": name, "dtype": "float32", **settings}
        odd = {"class_name": kind, "config": config, "name": name, "inbound_nodes": [[[before, 0, 0, {}]]]}
        layers.insert(-1, odd)

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (update(0, batch_input_shape=[None, 2048, 5]), ["2,048 bp x 5", "64 bins", "1,024 bp x 5 channels -> 32 bins"]),
        (update(0, batch_input_shape=[None, 1024, 4]), ["(1, 4, 1)", "(1, 5, 1)"]),
        (update(1, pool_size=[16], strides=[16]), ["-> 64 bins", "-> 32 bins"]),
        (update(0, batch_input_shape=[None, 1024]), ["input", "[None, 1024]"]),
        (update(0, batch_input_shape=[None, None, 5]), ["None positions"]),
        (update(2, dtype="float16"), ["conv1d", "float16"]),
        (update(2, activation="swish"), ["conv1d", "swish", "sigmoid"]),
        (update(2, activation={"class_name": "function", "config": "os.system"}), ["conv1d", "os.system"]),
        (update(2, filters=10**12), ["1000000000000 filters", "conv1d"]),
        (update(2, filters=True), ["True filters"]),
        (update(2, groups=5), ["groups", "5"]),
        (update(2, causal=True), ["conv1d", "causal"]),
        (update(3, epsilon="0.001"), ["epsilon"]),
        (update(3, axis=[1]), ["axis"]),
        (insert("Lambda", function=["4wAAAA==", None, None]), ["odd (Lambda)"]),
        (insert("StringLookup", vocabulary="/etc/passwd"), ["odd (StringLookup)"]),
        (insert("TFSMLayer", filepath="/tmp"), ["odd (TFSMLayer)"]),
        (insert("Functional", layers=[]), ["odd (Functional)"]),
        (insert("Flatten", "a/b"), ["'a/b'"]),
        (lambda layers: layers[2].update(module="evil.layers"), ["conv1d (Conv1D)"]),
        (lambda layers: layers[2].update(class_name="Conv2D"), ["conv1d (Conv2D)"]),
        (lambda layers: layers[3].update(inbound_nodes=[[["input_1", 0, 0, {}]]]), ["nothing follows", "conv1d"]),
        (lambda layers: layers[3].update(inbound_nodes=[]), ["batch_normalization", "alone"]),
        (lambda layers: layers[3].update(inbound_nodes=[[["conv1d", 0, 0, {"training": True}]]]), ["alone"]),
        (lambda layers: layers[3].update(inbound_nodes=[{"args": [{"config": 3}], "kwargs": {}}]), ["alone"]),
        (lambda layers: layers[3].pop("config"), ["batch_normalization"]),
        (lambda layers: layers.clear() or layers.extend(models.layers()[:1]), ["no list of layers"]),
    ],
)  # fmt: skip
def test_networks_that_are_not_ours(change: models.Change, words: Sequence[str], tmp_path: Path) -> None:
    for write in (models.write_h5, models.write_keras):
        (problem,) = refused(write(tmp_path / "m", description=models.describe(change)))
        assert named(problem, *words)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "damaged"), ("{", "damaged"), ("[" * 100_000, "damaged"), ("[]", "object"),
        ('{"class_name": "Functional"}', "object"),
        ('{"class_name": "Sequential", "config": {}}', "Sequential"),
        ('{"class_name": ["Functional"], "config": {}}', "Functional"),
    ],
)  # fmt: skip
def test_descriptions_that_are_damaged(text: str, word: str, tmp_path: Path) -> None:
    (problem,) = refused(models.write_h5(tmp_path / "m.h5", description=text))
    assert named(problem, word)


def test_code_in_a_file_is_not_run(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    for code in (f"open({str(trace)!r}, 'w')", f"__import__('os').system('touch {trace}')"):
        function = {"class_name": "__lambda__", "config": {"code": code, "defaults": None, "closure": None}}
        (problem,) = refused(
            models.write_keras(tmp_path / "m.keras", description=models.describe(insert("Lambda", function=function)))
        )
        assert named(problem, "odd (Lambda)", "Nothing of them was loaded")
    assert not trace.exists()


# Files that are not ours, and that lead elsewhere.


def test_files_of_other_programs(tmp_path: Path) -> None:
    path = tmp_path / "m.h5"
    with h5py.File(path, "w") as file:
        file["matrix/data"] = np.arange(3)
    (problem,) = refused(path)
    assert named(problem, "no network of Keras")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    (problem,) = refused(path)
    assert named(problem, "no network of Keras")


def huge(file: h5py.File, name: str) -> None:
    file.create_dataset(name, (10**12,), "f4")


def elsewhere(file: h5py.File, name: str) -> None:
    file[name] = h5py.ExternalLink("other.h5", "/secret")


def around_the_corner(file: h5py.File, name: str) -> None:
    file["corner"] = h5py.ExternalLink("other.h5", "/secret")
    file[name] = h5py.SoftLink("/corner")


def in_pieces(file: h5py.File, name: str) -> None:
    file.create_dataset(name, (1,), "f4", chunks=(10**8,), maxshape=(None,), compression="gzip")


def of_text(file: h5py.File, name: str) -> None:
    file[name] = "0.5"


ELSEWHERE = [
    ("conv1d/conv1d/1:0", huge, ["(1000000000000,)", "(1,)"]),
    ("conv1d/conv1d/1:0", elsewhere, ["link to another file"]),
    ("conv1d/conv1d/1:0", around_the_corner, ["link to another place"]),
    ("conv1d/conv1d/1:0", in_pieces, ["stored in pieces"]),
    ("conv1d/conv1d/1:0", of_text, ["object", "floating-point"]),
    ("conv1d/conv1d", elsewhere, ["link to another file"]),
    ("conv1d", elsewhere, ["link to another file"]),
    ("conv1d", around_the_corner, ["link to another place"]),
    ("", elsewhere, ["link to another file"]),
    ("", around_the_corner, ["link to another place"]),
]


@pytest.mark.parametrize(("place", "put", "words"), ELSEWHERE)
def test_numbers_that_are_elsewhere(
    place: str, put: Callable[[h5py.File, str], None], words: Sequence[str], tmp_path: Path
) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["secret"] = np.ones(1, np.float32)
    path = models.write_h5(tmp_path / "m.h5")
    name = f"model_weights/{place}".strip("/")
    with h5py.File(path, "r+") as file:
        del file[name]
        put(file, name)
    (problem,) = refused(path)
    assert named(problem, *words, kind="weights")


NOT_UTF8 = [
    ("model_weights", "layer_names", "layer_names"),
    ("model_weights/conv1d", "weight_names", "weight_names"),
    ("/", "model_config", "architecture"),
    ("/", "maxatac", "record"),
]


@pytest.mark.parametrize(("place", "attribute", "word"), NOT_UTF8)
def test_texts_that_are_not_utf8(place: str, attribute: str, word: str, tmp_path: Path) -> None:
    path = models.write_h5(tmp_path / "m.h5", record=record().to_text())
    with h5py.File(path, "r+") as file:
        texts = file[place].attrs
        texts[attribute] = np.bytes_(b"\xff") if place == "/" else np.array([b"\xff"] * len(texts[attribute]))
    (problem,) = refused(path)
    assert named(problem, f"{word} ", "not text in UTF-8", kind="weights")


@pytest.mark.parametrize(("member", "word"), [("config.json", "architecture"), ("maxatac.json", "record")])
def test_texts_of_an_archive_that_are_not_utf8(member: str, word: str, tmp_path: Path) -> None:
    path = models.write_keras(tmp_path / "m.keras", record=record().to_text())
    with zipfile.ZipFile(path) as archive:
        kept = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**kept, member: b"\xff"}.items():
            archive.writestr(name, content)
    (problem,) = refused(path)
    assert named(problem, f"its {word} is not text in UTF-8", kind="weights")


def test_archive_that_unpacks_to_too_much(tmp_path: Path) -> None:
    path = models.write_keras(tmp_path / "m.keras")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b" " * (1 << 25))
    (problem,) = refused(path)
    assert named(problem, "config.json", "33,554,432 bytes")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite(value: float, tmp_path: Path) -> None:
    (problem,) = refused(models.write_h5(tmp_path / "m.h5", models.weights(logit=value)))
    assert named(problem, "layer conv1d", "NaN or infinite", kind="weights")


def test_weights_that_are_missing(tmp_path: Path) -> None:
    arrays = models.weights()
    del arrays["batch_normalization"]
    for write in (models.write_h5, models.write_keras):
        (problem,) = refused(write(tmp_path / "m", arrays))
        assert named(problem, "layer batch_normalization: found nothing")
