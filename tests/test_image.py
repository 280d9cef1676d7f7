"""The container image without an engine: its entry point, and what its files say.

``tests/container`` builds and runs it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from maxatac.cli.main import build_parser

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
ENTRYPOINT = ROOT / "docker" / "entrypoint.sh"
LOCKS = {path.stem: path for path in (ROOT / "docker").glob("*.lock") if path.stem != "build"}


def commands() -> set[str]:
    (subparsers,) = (action for action in build_parser()._actions if hasattr(action, "choices") and action.choices)
    return set(subparsers.choices)


def pins(lock: Path) -> dict[str, str]:
    """Version of each distribution; of those that depend on Python's version, the one for Python 3.11."""
    lines = re.findall(r"^([\w.-]+)==(\S+)(.*?) \\$", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {name: version for name, version, marker in lines if ">= '3.12'" not in marker}


def instructions(last_stage: bool = False) -> list[tuple[str, str]]:
    """Each instruction of the Dockerfile with its arguments on one line."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE).replace("\\\n", " ")
    if last_stage:
        text = "FROM" + text.rsplit("\nFROM", 1)[1]
    found = [line.split(None, 1) for line in text.splitlines() if line.strip()]
    return [(word, " ".join(rest.split())) for word, rest in found]


# The entry point -----------------------------------------------------------------------------------------------------


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder of programs: maxatac tells its arguments, other tells that it is no maxatac."""
    for name in ("maxatac", "other"):
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\nprintf "<%s>" {name} "$@"\nexit 75\n')
        program.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("given", "run"),
    [
        ([], ["maxatac", "--help"]),
        (["--help"], ["maxatac", "--help"]),
        (["--version"], ["maxatac", "--version"]),
        (["train", "--prefix", "a b"], ["maxatac", "train", "--prefix", "a b"]),
        (["maxatac", "train", "--prefix", "a b"], ["maxatac", "train", "--prefix", "a b"]),
        (["check", ""], ["maxatac", "check", ""]),
        (["maxatac"], ["maxatac"]),
        (["other", "-c", "two  words\n"], ["other", "-c", "two  words\n"]),
        (["trian", "*"], ["maxatac", "trian", "*"]),
        ([""], ["maxatac", ""]),
    ],
    ids=lambda words: " ".join(words) or "nothing",
)
def test_entry_point_passes_on(programs: Path, given: list[str], run: list[str]) -> None:
    done = subprocess.run(
        ["/bin/sh", str(ENTRYPOINT), *given],
        env={"PATH": f"{programs}:/usr/bin:/bin"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("".join(f"<{word}>" for word in run), "")
    assert done.returncode == 75


def test_command_comes_before_a_program_of_its_name(programs: Path) -> None:
    (programs / "other").rename(programs / "check")
    done = subprocess.run(
        ["/bin/sh", str(ENTRYPOINT), "check"], env={"PATH": f"{programs}:/usr/bin:/bin"}, capture_output=True, text=True
    )
    assert done.stdout == "<maxatac><check>"


def test_entry_point_knows_every_command() -> None:
    (line,) = re.findall(r"^ +(.*) \| -\*\)", ENTRYPOINT.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert set(line.split(" | ")) == commands()


# The Dockerfile ------------------------------------------------------------------------------------------------------


def test_dockerfile_is_what_hadolint_asks_for() -> None:
    hadolint = shutil.which("hadolint", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert hadolint is not None, "hadolint comes with the dev dependencies"
    done = subprocess.run(
        [hadolint, "--config", str(ROOT / ".hadolint.yaml"), str(ROOT / "Dockerfile")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("script", ["docker/entrypoint.sh", "docker/slim.sh"])
def test_shell_scripts_are_shell(script: str) -> None:
    subprocess.run(["sh", "-n", str(ROOT / script)], check=True)


@pytest.mark.parametrize("script", ["stack.sh", "rootless.sh"])
def test_bash_scripts_are_bash(script: str) -> None:
    subprocess.run(["bash", "-n", str(ROOT / "tests" / "container" / script)], check=True)


def test_both_stages_stand_on_the_base_that_is_given() -> None:
    assert [rest.split()[0] for word, rest in instructions() if word == "FROM"] == ["${BASE}", "${BASE}"]
    assert ("ARG", "BASE=debian:bookworm-slim") in instructions()


def test_image_is_run_by_a_number_that_is_not_root() -> None:
    (user,) = (rest for word, rest in instructions(last_stage=True) if word == "USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)


def test_signals_reach_the_program() -> None:
    last = dict(instructions(last_stage=True))
    assert json.loads(last["ENTRYPOINT"]) == ["/usr/bin/tini", "-g", "--", "/usr/local/bin/maxatac-entrypoint"]
    assert json.loads(last["CMD"]) == ["--help"]


def test_version_label_is_the_version() -> None:
    cargo = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))
    assert ("ARG", f"VERSION={cargo['workspace']['package']['version']}") in instructions(last_stage=True)


def test_caches_lie_where_a_read_only_container_can_write() -> None:
    settings = dict(re.findall(r"(\w+)=(\S+)", dict(instructions(last_stage=True))["ENV"]))
    for name in ("HOME", "KERAS_HOME", "MPLCONFIGDIR", "XDG_CACHE_HOME", "CUDA_CACHE_PATH"):
        assert settings[name] == "/tmp" or settings[name].startswith("/tmp/")


def test_everything_that_is_copied_is_sent_to_the_build() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    sent = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert "*" in ignored
    assert [path for path in sent if not (ROOT / path).exists()] == []
    used = set()
    for word, rest in instructions():
        words = [part for part in rest.split() if not part.startswith("--chmod")]
        if word == "COPY" and not words[0].startswith("--from"):
            for path in words[:-1]:
                used.add(path.split("/")[0])
                for lock in LOCKS:
                    backend, device = lock.split("-")
                    assert (ROOT / path.replace("${BACKEND}", backend).replace("${DEVICE}", device)).exists(), path
    assert used == sent


def test_build_needs_the_rust_that_debian_has() -> None:
    rust = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]["package"]["rust-version"]
    # Of cargo-web in Debian 12 with its security updates.
    assert tuple(map(int, rust.split("."))) <= (1, 96)


# The locks -----------------------------------------------------------------------------------------------------------


def test_each_image_has_a_lock() -> None:
    assert set(LOCKS) == {"tensorflow-cpu", "tensorflow-gpu", "jax-cpu", "jax-gpu"}


@pytest.mark.parametrize("lock", [*LOCKS, "build"])
def test_locks_have_hashes(lock: str) -> None:
    text = (ROOT / "docker" / f"{lock}.lock").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[\w.-]+==)", text.strip())
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_image_has_the_versions_that_are_tested(lock: str) -> None:
    tested, here = pins(ROOT / "requirements-dev.lock"), pins(LOCKS[lock])
    assert {name: version for name, version in here.items() if tested.get(name, version) != version} == {}
    assert len(here) > 20


@pytest.mark.parametrize("lock", LOCKS)
def test_image_has_what_the_package_asks_for(lock: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = {re.match(r"[\w-]+", line)[0].lower() for line in project["dependencies"]}  # type: ignore[index]
    # TensorFlow without CUDA has another name; Keras with JAX needs neither it nor its viewer.
    replaced = {"tensorflow-cpu": {"tensorflow"}, "jax-cpu": {"tensorflow", "tensorboard"}}
    replaced["jax-gpu"] = replaced["jax-cpu"]
    assert asked - set(pins(LOCKS[lock])) == replaced.get(lock, set())


def test_each_image_has_its_backend() -> None:
    has = {name: set(pins(lock)) & {"tensorflow", "tensorflow-cpu", "jax"} for name, lock in LOCKS.items()}
    assert has == {
        "tensorflow-cpu": {"tensorflow-cpu"}, "tensorflow-gpu": {"tensorflow"}, "jax-cpu": {"jax"}, "jax-gpu": {"jax"},
    }  # fmt: skip
    assert {name for name, lock in LOCKS.items() if any("nvidia" in pin for pin in pins(lock))} == {
        "tensorflow-gpu", "jax-gpu",
    }  # fmt: skip


# What is taken out, and the notices ----------------------------------------------------------------------------------


def test_slimming_takes_what_no_run_needs(tmp_path: Path) -> None:
    stays = ["numpy/testing/a.py", "tensorflow/python/tests/a.py", "keras/src/tests/a.py", "tensorflow/libcc.so.2"]
    goes = ["numpy/tests/a.py", "pandas/io/tests/b.py", "tensorflow/include/a.h", "tensorflow/xla_aot_runtime_src/a.cc"]
    for name in stays + goes:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    subprocess.run(["sh", str(ROOT / "docker" / "slim.sh"), str(tmp_path)], check=True)
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()} == set(stays)


def test_notices_name_what_is_in_the_image(tmp_path: Path) -> None:
    site, crates = tmp_path / "site", tmp_path / "crates"
    for name, licence, text in [
        ("new", "License-Expression: MIT", "licenses/LICENSE.txt"),
        ("old", "License: Whatever\nClassifier: License :: OSI Approved :: BSD License", "COPYING"),
        ("bare", "Classifier: License :: OSI Approved", "bare.py"),
    ]:
        info = site / f"{name}-1.0.dist-info"
        (info / text).parent.mkdir(parents=True)
        (info / text).write_text(f"licence of {name}")
        (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n{licence}\n")
        (info / "RECORD").write_text(f"{info.name}/METADATA,,\n{info.name}/{text},,\n")
    kinds = {"used": None, "builder": "build", "tester": "dev", "deeper": None, "core": None}
    packages, nodes = [], []
    for name in ("maxatac-python", *kinds):
        (crates / name).mkdir(parents=True)
        (crates / name / "LICENSE-MIT").write_text(f"licence of {name}")
        packages.append({
            "id": name, "name": name, "version": "2.0", "license": "MIT OR Apache-2.0",
            "source": None if name in ("maxatac-python", "core") else "registry",
            "manifest_path": str(crates / name / "Cargo.toml"),
        })  # fmt: skip
        needs = {"maxatac-python": ["used", "builder", "tester", "core"], "core": ["deeper"]}.get(name, [])
        nodes.append({"id": name, "deps": [{"pkg": need, "dep_kinds": [{"kind": kinds[need]}]} for need in needs]})
    metadata = tmp_path / "crates.json"
    metadata.write_text(json.dumps({"packages": packages, "resolve": {"nodes": nodes}}))
    subprocess.run(
        [sys.executable, str(ROOT / "docker" / "notices.py"), str(tmp_path / "out"), str(metadata), str(site)],
        check=True,
    )
    assert (tmp_path / "out" / "python.tsv").read_text().splitlines() == [
        "name\tversion\tlicence", "bare\t1.0\tsee its texts", "new\t1.0\tMIT", "old\t1.0\tBSD License",
    ]  # fmt: skip
    assert (tmp_path / "out" / "rust.tsv").read_text().splitlines() == [
        "name\tversion\tlicence", "deeper\t2.0\tMIT OR Apache-2.0", "used\t2.0\tMIT OR Apache-2.0",
    ]  # fmt: skip
    texts = {str(path.relative_to(tmp_path / "out")): path.read_text() for path in (tmp_path / "out").rglob("*/*/*")}
    assert texts == {
        "python/new/LICENSE.txt": "licence of new", "python/old/COPYING": "licence of old",
        "rust/used/LICENSE-MIT": "licence of used", "rust/deeper/LICENSE-MIT": "licence of deeper",
    }  # fmt: skip
