"""Which backend Keras computes with, and what a run sets whatever is configured elsewhere."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib
import pytest
from tiny import TinySet

from maxatac.backend.startup import backend_problems, chosen_backend, own_settings
from maxatac.reporting.run_plots import plot_history
from maxatac.training.workflow import train

ELSEWHERE = {"floatx": "float16", "epsilon": 0.1, "image_data_format": "channels_first"}


@pytest.fixture
def not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Keras not be imported yet."""
    monkeypatch.delitem(sys.modules, "keras", raising=False)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder for Keras' own configuration file."""
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def configure(home: Path, **settings: Any) -> dict[str, str]:
    (home / "keras.json").write_text(json.dumps(settings))
    return {"KERAS_HOME": str(home)}


@pytest.mark.usefixtures("not_imported")
def test_backend_is_that_of_variable_file_or_keras(home: Path) -> None:
    nowhere = {"KERAS_HOME": str(home / "none")}
    in_file = configure(home, backend="jax")
    assert chosen_backend(nowhere) == ("tensorflow", "the default")
    assert chosen_backend({**nowhere, "KERAS_BACKEND": ""}) == ("tensorflow", "the default")
    assert chosen_backend({**in_file, "KERAS_BACKEND": "tensorflow"}) == ("tensorflow", "KERAS_BACKEND")
    assert chosen_backend(in_file) == ("jax", str(home / "keras.json"))
    assert backend_problems(in_file, distribute=True) == []


def test_imported_keras_says_what_it_computes_with() -> None:
    import keras

    assert chosen_backend({"KERAS_BACKEND": "jax"})[0] == keras.config.backend()


@pytest.mark.usefixtures("not_imported")
@pytest.mark.parametrize("content", ["", "[]", "{", '{"backend": null}', "\udcff"])
def test_file_that_says_nothing(home: Path, content: str) -> None:
    (home / "keras.json").write_bytes(content.encode(errors="surrogateescape"))
    assert chosen_backend({"KERAS_HOME": str(home)}) == ("tensorflow", "the default")


@pytest.mark.usefixtures("not_imported")
def test_file_of_another_user_is_not_obeyed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = configure(home, backend="jax")
    owner = os.stat(home / "keras.json").st_uid
    os_stat = Path.stat

    class Foreign:
        st_uid = owner + 1

    monkeypatch.setattr(
        Path, "stat", lambda path, **more: Foreign() if path.name == "keras.json" else os_stat(path, **more)
    )
    monkeypatch.setattr(os, "getuid", lambda: owner)
    assert chosen_backend(environment) == ("tensorflow", "the default")


def test_cache_of_another_user_is_not_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLCONFIGDIR", str(home))
    with own_settings():
        assert os.environ["MPLCONFIGDIR"] == str(home)
    monkeypatch.setattr("maxatac.backend.startup._is_foreign", lambda path: path == home)
    with own_settings():
        mine = Path(os.environ["MPLCONFIGDIR"])
        assert mine != home
        assert mine.stat().st_mode & 0o77 == 0
    assert not mine.exists()
    assert os.environ["MPLCONFIGDIR"] == str(home)


def test_jax_of_another_program() -> None:
    script = """
import jax
jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_dtype_promotion", "strict")
from maxatac.backend.startup import own_settings
def told():
    return jax.config.jax_enable_x64, str(jax.config.jax_numpy_dtype_promotion).rpartition('.')[2].lower()
with own_settings():
    print(told(), jax.numpy.arange(3.0).dtype)
print(told())
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["(False, 'standard') float32", "(True, 'strict')"]


@pytest.mark.usefixtures("not_imported")
@pytest.mark.parametrize("name", ["torch", "theano", "Tensorflow", "jax "])
def test_backend_that_a_run_cannot_use(home: Path, name: str) -> None:
    (problem,) = backend_problems({"KERAS_BACKEND": name})
    assert "KERAS_BACKEND" in str(problem.place)
    assert "tensorflow or jax" in str(problem.expected)
    assert (problem.hint is not None) == (name in ("Tensorflow", "jax "))
    (problem,) = backend_problems(configure(home, backend=name))
    assert str(home / "keras.json") in str(problem.place)


@pytest.mark.usefixtures("not_imported")
@pytest.mark.parametrize(("missing", "other"), [("jax", "tensorflow"), ("tensorflow", "jax")])
def test_backend_that_is_not_installed(missing: str, other: str, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == missing else find(name))
    (problem,) = backend_problems({"KERAS_BACKEND": missing})
    assert f"installed: {other}" in problem.found
    assert f"set KERAS_BACKEND={other}" in str(problem.hint)
    assert "pip install" in str(problem.hint)
    assert backend_problems({"KERAS_BACKEND": other}) == []


@pytest.mark.usefixtures("not_imported")
def test_several_devices_need_jax() -> None:
    assert backend_problems({"KERAS_BACKEND": "jax"}, distribute=True) == []
    (problem,) = backend_problems({"KERAS_BACKEND": "tensorflow"}, distribute=True)
    assert problem.option == "--distribute"
    assert "set KERAS_BACKEND=jax" in str(problem.hint)


def test_environment_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_MAX_EPOCHS", "1")
    monkeypatch.setenv("MPLBACKEND", "module://elsewhere")
    monkeypatch.delenv("KERAS_HOME", raising=False)
    before = dict(os.environ)
    with own_settings(), own_settings():
        assert "KERAS_MAX_EPOCHS" not in os.environ
        assert os.environ["MPLBACKEND"] == "Agg"
    assert dict(os.environ) == before


SHOW = """
import json
from maxatac.backend.startup import load_keras, own_settings
with own_settings():
    load_keras()
    from maxatac.backend.device import describe_settings
    import matplotlib
    print(json.dumps([describe_settings(), matplotlib.get_backend()]))
"""


def test_keras_and_matplotlib_of_a_new_process(home: Path) -> None:
    """What a notebook and a user's files say neither ends nor changes what is started from there."""
    environment = {
        **os.environ, **configure(home, **ELSEWHERE, backend="jax"), "KERAS_MAX_STEPS_PER_EPOCH": "some",
        "KERAS_NNX_ENABLED": "1", "MPLBACKEND": "module://matplotlib_inline.backend_inline", "JAX_ENABLE_X64": "1",
    }  # fmt: skip
    environment.pop("KERAS_BACKEND", None)
    done = subprocess.run([sys.executable, "-c", SHOW], capture_output=True, text=True, check=True, env=environment)
    settings, backend = json.loads(done.stdout)
    assert backend.lower() == "agg"
    assert {name: settings[name] for name in ("backend", *ELSEWHERE, "dtype_policy")} == {
        "backend": "jax", "floatx": "float32", "epsilon": 1e-7, "image_data_format": "channels_last",
        "dtype_policy": "float32",
    }  # fmt: skip
    assert settings["environment"]["KERAS_HOME"] == str(home)
    assert settings["overridden"] == {
        "KERAS_MAX_STEPS_PER_EPOCH": "some", "KERAS_NNX_ENABLED": "1", "JAX_ENABLE_X64": "1",
        str(home / "keras.json"): ELSEWHERE,
    }  # fmt: skip


@pytest.fixture
def keras_of_another_program() -> Iterator[dict[str, Any]]:
    """Keras, imported and set up for something else."""
    import keras

    config = keras.config
    wanted = {**ELSEWHERE, "dtype_policy": "mixed_float16", "max_epochs": 1, "max_steps_per_epoch": 1}
    before = {name: getattr(config, name)() for name in wanted}
    for name, value in wanted.items():
        getattr(config, f"set_{name}")(value)
    yield wanted
    for name, value in before.items():
        getattr(config, f"set_{name}")(value)


@pytest.mark.usefixtures("quick_network")
def test_run_in_a_process_of_other_settings(
    tiny_set: TinySet, tmp_path: Path, keras_of_another_program: dict[str, Any]
) -> None:
    import keras

    result = train(tiny_set.config(tmp_path / "run", epochs=2))
    assert len(result.history) == 2
    record = json.loads((tmp_path / "run" / "maxatac_model_run.json").read_text())
    assert record["keras"]["floatx"] == record["keras"]["dtype_policy"] == "float32"
    kept = {name: getattr(keras.config, name)() for name in keras_of_another_program}
    assert kept | {"dtype_policy": kept["dtype_policy"].name} == keras_of_another_program
    keras.config.set_dtype_policy("float32")
    assert train(tiny_set.config(tmp_path / "plain", epochs=2)).state_sha256 == result.state_sha256


def test_figures_are_drawn_in_their_own_style(tmp_path: Path) -> None:
    row = {"epoch": 1, "loss": 0.5, "dice_coef": 0.1, "val_loss": 0.6, "val_dice_coef": 0.2}
    plot_history([row], 0, tmp_path / "plain.png", title="a_b")
    with matplotlib.rc_context({"text.usetex": True, "font.size": 30, "figure.facecolor": "red"}):
        plot_history([row], 0, tmp_path / "odd.png", title="a_b")
        assert matplotlib.rcParams["font.size"] == 30
    assert (tmp_path / "odd.png").read_bytes() == (tmp_path / "plain.png").read_bytes()
