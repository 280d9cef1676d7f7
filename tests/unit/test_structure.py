from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import maxatac

PACKAGE = Path(maxatac.__file__).parent
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(module: str, *rooms: str) -> bool:
    return any(module == room or module.startswith(f"{room}.") for room in rooms)


def test_modules_are_found() -> None:
    assert {"maxatac", "maxatac.cli.train", "maxatac.model.dcnn", "maxatac.training.workflow"} <= set(MODULES)


ROOMS = ("errors", "figures", "model", "reporting", "runs", "system", "wording")


@pytest.mark.parametrize("module", [name for name in MODULES if within(name, *(f"maxatac.{room}" for room in ROOMS))])
def test_room_does_without_the_compiled_core(module: str) -> None:
    assert "maxatac._core" not in set(imported(MODULES[module]))


@pytest.mark.parametrize("module", [name for name in MODULES if not within(name, "maxatac.cli", "maxatac.__main__")])
def test_nothing_stands_on_the_command_line(module: str) -> None:
    assert [name for name in imported(MODULES[module]) if within(name, "maxatac.cli", "argparse")] == []


ABOVE = ("maxatac.training", "maxatac.checking", "maxatac.cli", "maxatac.__main__")


@pytest.mark.parametrize("module", [name for name in MODULES if "." in name and not within(name, *ABOVE)])
def test_rooms_below_training_do_not_know_its_settings(module: str) -> None:
    """Not for types either, which the contracts leave out."""
    assert [name for name in imported(MODULES[module]) if within(name, "maxatac.training")] == []


@pytest.mark.parametrize("module", [name for name in MODULES if within(name, "maxatac.model")])
def test_model_room_names_no_backend(module: str) -> None:
    assert [name for name in imported(MODULES[module]) if within(name, "tensorflow", "jax", "torch")] == []


def test_only_the_device_is_asked_of_tensorflow_by_name() -> None:
    named = [module for module, path in MODULES.items() if any(within(name, "tensorflow") for name in imported(path))]
    assert named == ["maxatac.backend.device"]


def test_readers_that_only_the_tests_use() -> None:
    oracles = ("py2bit", "pyBigWig", "pybigtools")
    assert [module for module, path in MODULES.items() if any(within(name, *oracles) for name in imported(path))] == []


def test_no_module_is_a_drawer() -> None:
    drawers = {"utilities", "utils", "util", "helpers", "helper", "common", "constants", "misc", "tools"}
    assert [name for name in MODULES if name.rpartition(".")[2] in drawers] == []


@pytest.mark.parametrize(
    "module", [name for name, path in MODULES.items() if path.name == "__init__.py" and "." in name]
)
def test_package_holds_its_docstring_and_nothing_else(module: str) -> None:
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    assert len(tree.body) == 1
    assert len(re.findall(r"\.(?=\s|$)", ast.get_docstring(tree) or "")) == 2


def test_version_is_the_distributions() -> None:
    from importlib.metadata import version

    assert maxatac.__version__ == version("maxatac")


def test_unknown_name() -> None:
    with pytest.raises(AttributeError, match=r"module 'maxatac' has no attribute 'predict_all'"):
        _ = maxatac.predict_all
