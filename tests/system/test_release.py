"""How a release is made, as far as it can be looked at without a forge: workflows, scripts, versions, recipe."""

from __future__ import annotations

import hashlib
import importlib.machinery
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
RECIPE = (ROOT / "conda" / "meta.yaml").read_text(encoding="utf-8")
VERSION = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]["package"]["version"]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def tool(name: str) -> str:
    """A program of the dev dependencies."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert found is not None, f"{name} comes with the dev dependencies"
    return found


def call(*words: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False, cwd=cwd)


# The workflows -------------------------------------------------------------------------------------------------------


def test_workflows_are_valid() -> None:
    done = call(tool("check-jsonschema"), "--builtin-schema", "vendor.github-workflows", *WORKFLOWS)
    assert done.returncode == 0, done.stdout + done.stderr


def test_workflows_are_safe_as_far_as_zizmor_knows() -> None:
    done = call(tool("zizmor"), "--offline", "--pedantic", "--no-progress", *WORKFLOWS)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned(path: Path) -> None:
    uses = re.findall(r"uses: (\S+)(.*)", path.read_text(encoding="utf-8"))
    assert uses
    for action, rest in uses:
        if not action.startswith("$/"):
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action), action
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", rest), action


def test_one_action_has_one_version() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in WORKFLOWS)
    pins = set(re.findall(r"uses: ([\w-]+/[\w-]+)@(\w+)", text))
    assert len(pins) == len({name for name, _ in pins})


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_files_of_the_workflows_exist(path: Path) -> None:
    text = re.sub(r"^\s*#.*", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    named = set(re.findall(r"\.ci/\w+|[\w-]+\.lock|(?<=\$/)\.github/\S+\.yml|CHANGELOG\.md", text))
    assert named and [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_tools_that_build_wheels_have_hashes() -> None:
    text = (ROOT / "requirements-wheel.lock").read_text(encoding="utf-8")
    assert {line.split("==")[0] for line in text.splitlines() if "==" in line} >= {"maturin", "ziglang"}
    entries = re.split(r"\n(?=[\w.-]+==)", text.strip())
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


# The scripts ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """What the scripts read, with a changelog of one release."""
    for name in (".ci", "conda"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "Cargo.toml", tmp_path)
    releases = f"## [{VERSION}] - 2026-01-31\n\n### Added\n\n- All.\n\n## [0.0.1] - soon\n\n- Old.\n"
    text = f"# Changelog\n\n## [Unreleased]\n\n- New.\n\n{releases}"
    (tmp_path / "CHANGELOG.md").write_text(text)
    return tmp_path


def test_version_is_that_of_cargo(project: Path) -> None:
    for words in ([], [f"v{VERSION}"]):
        done = call(project / ".ci" / "version", *words)
        assert (done.stdout, done.stderr, done.returncode) == (f"{VERSION}\n", "", 0)


def test_notes_are_a_section_of_the_changelog(project: Path) -> None:
    done = call(project / ".ci" / "version", "--notes", f"v{VERSION}")
    assert done.stdout.strip() == "### Added\n\n- All."


@pytest.mark.parametrize(
    ("tag", "told"), [("v9.9.9", f"expected v{VERSION}"), (VERSION, f"expected v{VERSION}"), ("v0.0.1", "expected v")]
)
def test_tag_that_does_not_fit(tag: str, told: str, project: Path) -> None:
    done = call(project / ".ci" / "version", tag)
    assert done.returncode == 1 and done.stdout == "" and told in done.stderr


@pytest.mark.parametrize("heading", ["## [Unreleased]", f"## [{VERSION}]", f"## [{VERSION}] - soon", f"## {VERSION}"])
def test_release_that_the_changelog_lacks(heading: str, project: Path) -> None:
    (project / "CHANGELOG.md").write_text(f"# Changelog\n\n{heading}\n\n- All.\n")
    done = call(project / ".ci" / "version", f"v{VERSION}")
    assert done.returncode == 1 and "has no section" in done.stderr


def test_recipe_of_a_release(project: Path) -> None:
    sdist = project / "maxatac.tar.gz"
    sdist.write_bytes(b"content")
    address = f"https://example.org/v{VERSION}/maxatac.tar.gz"
    made = call(project / ".ci" / "recipe", address, sdist).stdout
    changed = [(a, b) for a, b in zip(RECIPE.splitlines(), made.splitlines(), strict=True) if a != b]
    assert [b for _, b in changed] == [f"  url: {address}", f"  sha256: {hashlib.sha256(b'content').hexdigest()}"]
    assert call(project / ".ci" / "recipe", "https://example.org/a|b", sdist).returncode == 1


@pytest.mark.parametrize("script", ["run", "version", "recipe", "smoke", "wheel"])
def test_scripts_are_bash(script: str) -> None:
    assert call("bash", "-n", ROOT / ".ci" / script).returncode == 0
    assert os.access(ROOT / ".ci" / script, os.X_OK)


STAND_IN = """#!/bin/sh
case "$*" in
    "env --json") echo '{"core_error": CORE, "backend": {"error": BACKEND}}' ;;
    *) echo "$@" ;;
esac
"""


@pytest.mark.parametrize(
    ("core", "backend", "status", "told"),
    [
        ("null", "null", 0, ""), ('"no file"', "null", 1, "core: no file\n"),
        ('"no file"', '"no TensorFlow"', 1, "core: no file; backend: no TensorFlow\n"),
    ],
)  # fmt: skip
def test_smoke_test_fails_where_something_does_not_load(
    core: str, backend: str, status: int, told: str, tmp_path: Path
) -> None:
    program = tmp_path / "maxatac"
    program.write_text(STAND_IN.replace("CORE", core).replace("BACKEND", backend))
    program.chmod(0o755)
    done = call(ROOT / ".ci" / "smoke", program, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (status, told)
    assert ("simulate" in done.stdout) == (status == 0)


def load_crates() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("crates", str(ROOT / ".ci" / "crates"))
    spec = importlib.util.spec_from_loader("crates", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_crates_that_are_not_compiled_keep_manifest_and_licences(tmp_path: Path) -> None:
    """Cargo reads the result as it reads what `cargo vendor` wrote."""
    vendor = tmp_path / "vendor"
    crates = load_crates()
    for name in ("used-1.0.0", "unused-2.0.0"):
        (vendor / name / "src").mkdir(parents=True)
        for file in ("Cargo.toml", "LICENSE-MIT", "build.rs", "src/lib.rs", ".cargo-checksum.json"):
            (vendor / name / file).write_text('{"files": {"src/lib.rs": "abc"}, "package": "def"}')
    crates.reduce(vendor, {"used-1.0.0"})
    left = sorted(str(path.relative_to(vendor)) for path in vendor.rglob("*") if path.is_file())
    assert [path for path in left if path.startswith("unused")] == [
        f"unused-2.0.0/{file}" for file in (".cargo-checksum.json", "Cargo.toml", "LICENSE-MIT", "src/lib.rs")
    ]
    assert (vendor / "unused-2.0.0" / ".cargo-checksum.json").read_text() == '{"files": {}, "package": "def"}'
    assert len([path for path in left if path.startswith("used")]) == 5


# Versions and the recipe ---------------------------------------------------------------------------------------------


def test_changelog_keeps_its_format() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    releases = [line for line in lines if line.startswith("## ")]
    assert releases[0] == "## [Unreleased]"
    assert [line for line in releases[1:] if not re.fullmatch(r"## \[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}", line)] == []
    kinds = {line.removeprefix("### ") for line in lines if line.startswith("### ")}
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_recipe_has_the_version() -> None:
    assert f'{{% set version = "{VERSION}" %}}' in RECIPE


def test_recipe_asks_for_what_the_package_asks_for() -> None:
    names = {"matplotlib": "matplotlib-base", "tensorboardX": "tensorboardx"}
    section = re.search(r"\n  run:\n(.*?)\n  run_constrained", RECIPE, flags=re.DOTALL)
    assert section is not None
    found = set(re.findall(r"- (.+)", section[1]))
    wanted = {re.sub(r"^([\w-]+)(>=.*)", lambda m: f"{names.get(m[1], m[1])} {m[2]}", line)
              for line in PROJECT["dependencies"]}  # fmt: skip
    assert found == wanted | {"python"}


def test_addresses_are_those_of_the_project() -> None:
    repository = PROJECT["urls"]["Repository"]
    pages = [ROOT / "README.md", *(ROOT / "docs" / f"{name}.md" for name in ("install", "release"))]
    for text in (RECIPE, *(page.read_text(encoding="utf-8") for page in pages)):
        ours = set(re.findall(r"https://[\w.]+/[\w-]+/maxatac\b(?![\w-])", text))
        assert ours == {repository} or not ours
    assert f"home: {repository}\n" in RECIPE and f"dev_url: {repository}\n" in RECIPE
    wheel = f"maxatac-{VERSION}-cp311-abi3-manylinux_2_28_x86_64.whl"
    assert [
        page.name for page in pages[:2] if f"{repository}/releases/download/v{VERSION}/{wheel}" not in page.read_text()
    ] == []


def test_recipe_has_the_program() -> None:
    (entry,) = (f"{name} = {target}" for name, target in PROJECT["scripts"].items())
    assert f"- {entry}\n" in RECIPE
    oldest = PROJECT["requires-python"].removeprefix(">=").replace(".", "")
    assert f"py < {oldest}]" in RECIPE
