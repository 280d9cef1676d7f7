"""The container image without an engine: its entry point, what its files say, and how ``make`` names it.

``tests/system/container`` builds and runs it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from itertools import takewhile
from pathlib import Path

import pytest

from maxatac.cli.main import build_parser

ROOT = Path(__file__).parents[2]
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
    for name in ("maxatac", "other", "test"):
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
        (["/bin/sh", "-c", "printf '<%s>' /bin/sh; exit 75"], ["/bin/sh"]),
        # What the shell alone knows, a program that says nothing, a folder, and a file that is no program.
        (["export", "x=1"], ["maxatac", "export", "x=1"]),
        (["test", "--meta_file", "x"], ["maxatac", "test", "--meta_file", "x"]),
        (["[", "]"], ["maxatac", "[", "]"]),
        (["/bin"], ["maxatac", "/bin"]),
        (["/etc/passwd"], ["maxatac", "/etc/passwd"]),
        ([""], ["maxatac", ""]),
        # A command of maxatac, and a program of the system.
        (["env"], ["maxatac", "env"]),
        (["env", "--json"], ["maxatac", "env", "--json"]),
        (["env", "x=1", "other", "y"], ["other", "y"]),
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
    subprocess.run(["bash", "-n", str(ROOT / "tests" / "system" / "container" / script)], check=True)


def test_both_stages_stand_on_the_base_that_is_given() -> None:
    assert [rest.split()[0] for word, rest in instructions() if word == "FROM"] == ["${BASE}", "${BASE}"]
    assert ("ARG", "BASE=debian:bookworm-slim") in instructions()


def test_who_names_no_user_is_root() -> None:
    """So that it can write to the folder that an engine mounts, which is root's; the image tests try others."""
    assert [rest for word, rest in instructions() if word == "USER"] == ["0:0"]


def beyond_plain_docker(dockerfile: str) -> list[str]:
    """What of a Dockerfile is known to BuildKit alone, so that an engine without it does not build it."""
    plain = {"COPY": {"--from", "--chown"}, "ADD": {"--chown"}}
    found = re.findall(r"^#\s*(?:syntax|check)\s*=.*", dockerfile, flags=re.MULTILINE)
    for line in re.sub(r"^#.*\n", "", dockerfile, flags=re.MULTILINE).replace("\\\n", " ").splitlines():
        word, *rest = line.split() or [""]
        flags = {flag.partition("=")[0] for flag in takewhile(lambda part: part.startswith("--"), rest)}
        here_document = re.search(r"<<-?[\"']?[A-Za-z]", line)
        given_by_it = re.search(r"\$\{?(TARGET|BUILD)(PLATFORM|OS|ARCH|VARIANT)\b", line)
        if (word in ("FROM", "RUN", "COPY", "ADD") and flags - plain.get(word, set())) or here_document or given_by_it:
            found.append(line)
    return found


@pytest.mark.parametrize(
    "line",
    [
        "# syntax=docker/dockerfile:1", "RUN --mount=type=secret,id=ca \\\n    pip install x", "COPY --chmod=755 a b",
        "COPY --from=build --link a b", "COPY --parents a b", "ADD --checksum=sha256:0 a b", "RUN <<EOF\ntrue\nEOF",
        "COPY <<-'END' /a\nEND", "FROM --platform=$BUILDPLATFORM debian", "RUN echo ${TARGETARCH}",
        "RUN --network=none true",
    ],
)  # fmt: skip
def test_what_only_buildkit_knows_is_found(line: str) -> None:
    assert len(beyond_plain_docker(f"FROM debian\n{line}\n")) == 1


def test_dockerfile_needs_no_buildkit() -> None:
    assert beyond_plain_docker("FROM a AS b\nCOPY --from=b --chown=0:0 a b\nRUN pip install --quiet --mount x\n") == []
    assert beyond_plain_docker(DOCKERFILE) == []


def test_settings_of_a_build_reach_no_other_stage(tmp_path: Path) -> None:
    """How the registries are reached is read from a folder that git ignores, and that the image has not."""
    folder = "docker/registries"
    assert ("COPY", f"{folder} {folder}") in instructions()
    assert folder not in str(instructions(last_stage=True))
    assert [path.name for path in (ROOT / folder).iterdir() if path.name == ".gitignore"] == [".gitignore"]
    ignored = (ROOT / folder / ".gitignore").read_text().splitlines()
    assert [line for line in ignored if not line.startswith("#")] == ["*", "!.gitignore"]


def test_signals_reach_the_program() -> None:
    last = dict(instructions(last_stage=True))
    assert json.loads(last["ENTRYPOINT"]) == ["/usr/bin/tini", "-s", "-g", "--", "/usr/local/bin/maxatac-entrypoint"]
    assert json.loads(last["CMD"]) == ["--help"]


def test_version_label_is_the_version() -> None:
    cargo = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))
    assert ("ARG", f"VERSION={cargo['workspace']['package']['version']}") in instructions(last_stage=True)


def test_no_setting_leads_to_a_folder_that_users_share() -> None:
    settings = dict(re.findall(r"(\w+)=(\S+)", dict(instructions(last_stage=True))["ENV"]))
    assert {name: value for name, value in settings.items() if "/tmp" in value} == {}
    # Their settings are read from there: folders that are root's.
    assert all(settings[name].startswith("/opt/maxatac/") for name in ("KERAS_HOME", "MPLCONFIGDIR"))
    assert f"install -d -m 1777 {settings['HOME']}" in dict(instructions(last_stage=True))["RUN"]


def test_macs_is_there_with_the_packages_of_debian_alone() -> None:
    last = instructions(last_stage=True)
    settings = dict(re.findall(r"(\w+)=(\S+)", dict(last)["ENV"]))
    assert " macs " in dict(last)["RUN"]
    # Its Python is Debian's, which looks for packages where these two say, and in the home.
    assert settings["PYTHONNOUSERSITE"] == "1" and not {"PYTHONPATH", "PYTHONHOME"} & set(settings)


@pytest.mark.parametrize(
    ("given", "tags"),
    [
        ([], ["maxatac:latest", "maxatac:{}"]),
        (["DEVICE=gpu"], ["maxatac:gpu", "maxatac:{}-gpu"]),
        (["BACKEND=jax"], ["maxatac:jax", "maxatac:{}-jax"]),
        (["BACKEND=jax", "DEVICE=gpu"], ["maxatac:jax-gpu", "maxatac:{}-jax-gpu"]),
    ],
)
def test_make_names_the_image_as_the_descriptors_do(given: list[str], tags: list[str]) -> None:
    make = ["make", "--dry-run", "--no-print-directory", "-C", str(ROOT), "image", *given]
    told = subprocess.run(make, capture_output=True, text=True, check=True).stdout
    version = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]["package"]["version"]
    assert re.findall(r" -t (\S+)", told) == [tag.format(version) for tag in tags]
    named = re.findall(r"dockerPull: (\S+)", "".join(path.read_text() for path in (ROOT / "cwl").glob("*.cwl")))
    assert set(named) == {f"maxatac:{version}", f"maxatac:{version}-gpu"}


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
                    backend, device, *_ = lock.split("-")
                    assert [*ROOT.glob(path.replace("${BACKEND}", backend).replace("${DEVICE}", device))], path
    assert used == sent


def test_build_needs_the_rust_that_debian_has() -> None:
    rust = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]["package"]["rust-version"]
    # Of cargo-web in Debian 12 with its security updates.
    assert tuple(map(int, rust.split("."))) <= (1, 96)


# The locks -----------------------------------------------------------------------------------------------------------


def test_each_image_has_a_lock() -> None:
    assert set(LOCKS) == {"tensorflow-cpu", "tensorflow-cpu-arm64", "tensorflow-gpu", "jax-cpu", "jax-gpu"}


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
        "tensorflow-cpu": {"tensorflow-cpu"}, "tensorflow-cpu-arm64": {"tensorflow"},
        "tensorflow-gpu": {"tensorflow"}, "jax-cpu": {"jax"}, "jax-gpu": {"jax"},
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
