"""The submit files of examples/cluster: what of them can be looked at without Slurm and Kubernetes."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from maxatac.cli.main import parse

CLUSTER = Path(__file__).parents[2] / "examples" / "cluster"
SCRIPTS = sorted((CLUSTER / "slurm").glob("*.sh"))
MANIFESTS = sorted((CLUSTER / "kubernetes").glob("*.yaml"))
VERSIONS = ("1.33", kubernetes_validate.latest_version())
"""The oldest Kubernetes that the page names, and the newest that is known."""

Calls = list[list[str]]


def objects() -> list[tuple[str, dict[str, Any]]]:
    return [(path.name, found) for path in MANIFESTS for found in yaml.safe_load_all(path.read_text(encoding="utf-8"))]


def jobs() -> dict[str, dict[str, Any]]:
    return {name: found for name, found in objects() if found["kind"] == "Job"}


def container(job: Mapping[str, Any]) -> dict[str, Any]:
    (only,) = job["spec"]["template"]["spec"]["containers"]
    return only


@pytest.fixture
def call(tmp_path: Path) -> Callable[..., tuple[int, Calls]]:
    """Run words in a folder with the settings, with stand-ins on PATH; returns status and what these were given."""
    shutil.copytree(CLUSTER, tmp_path / "work")
    (tmp_path / "bin").mkdir()
    for name, body in {
        "maxatac": 'exit "${STATUS:-0}"', "scontrol": "",
        "srun": 'while [ "$1" != maxatac ]; do shift; done; exec "$@"',
    }.items():  # fmt: skip
        program = tmp_path / "bin" / name
        program.write_text(f'#!/bin/bash\n{{ printf "%s\\t" {name} "$@"; echo; }} >> {tmp_path}/calls\n{body}\n')
        program.chmod(0o755)

    def run(words: Sequence[str], **variables: str) -> tuple[int, Calls]:
        path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
        (tmp_path / "calls").write_text("")
        done = subprocess.run(words, cwd=tmp_path / "work", env={"PATH": path, **variables}, check=False)
        calls = [line.rstrip("\t").split("\t") for line in (tmp_path / "calls").read_text().splitlines()]
        return done.returncode, calls

    return run


def of_slurm(script: Path, task: int = 1) -> tuple[list[str], dict[str, str]]:
    variables = {"SLURM_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": str(task), "SLURM_CPUS_PER_TASK": "4"}
    return ["bash", f"slurm/{script.name}"], variables


def of_kubernetes(job: Mapping[str, Any], index: int = 0) -> tuple[list[str], dict[str, str]]:
    args = container(job)["args"]
    # The entry point of the image.
    return args if args[0] == "bash" else ["maxatac", *args], {"JOB_COMPLETION_INDEX": str(index)}


STARTS = {
    **{script.name: lambda number, script=script: of_slurm(script, number + 1) for script in SCRIPTS},
    **{name: lambda number, job=job: of_kubernetes(job, number) for name, job in jobs().items()},
}
INDEXED = [name for name in STARTS if re.search("-(runs|parts)", name) and not name.startswith("merge")]


def lines_of(name: str) -> list[str]:
    return (CLUSTER / ("runs.txt" if "runs" in name else "parts.txt")).read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", STARTS)
def test_options_exist(name: str, call: Callable[..., tuple[int, Calls]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command line is valid, with its settings file, and each line of a list is one."""
    monkeypatch.chdir(CLUSTER)
    numbers = range(len(lines_of(name))) if name in INDEXED else [0]
    seen = []
    for number in numbers:
        words, variables = STARTS[name](number)
        status, calls = call(words, **variables)
        (found,) = (line[1:] for line in calls if line[0] == "maxatac")
        assert status == 0
        assert [*getattr(parse(found), "config_problems", [])] == []
        seen.append(found)
    assert len({found[found.index("--prefix") + 1] for found in seen}) == len(seen)
    if name not in ("merge-parts.sh", "merge-parts.yaml"):
        assert all("--resume" in found for found in seen)


@pytest.mark.parametrize("name", INDEXED)
def test_a_line_that_is_not_there_is_wrong_input(name: str, call: Callable[..., tuple[int, Calls]]) -> None:
    words, variables = STARTS[name](len(lines_of(name)))
    assert call(words, **variables) == (2, [])


def shellcheck(script: str) -> None:
    found = shutil.which("shellcheck", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert found is not None, "shellcheck comes with the dev dependencies"
    words = [found, "--norc", "--shell=bash", "-"]
    done = subprocess.run(words, input=script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


# Slurm ---------------------------------------------------------------------------------------------------------------


def sbatch_options() -> argparse.ArgumentParser:
    """The options of sbatch that the files use, with the form of their values."""
    parser = argparse.ArgumentParser(allow_abbrev=False, exit_on_error=False)
    for name, form in {
        "job-name": r"[\w-]+", "output": r"[\w%.-]+", "open-mode": "append|truncate", "nodes": r"\d+(-\d+)?",
        "ntasks-per-node": r"\d+", "cpus-per-task": r"\d+", "gpus-per-node": r"\d+", "mem": r"\d+[KMGT]",
        "time": r"(\d+-)?\d+:\d\d:\d\d", "signal": r"(B:)?[A-Z\d]+@\d+",
    }.items():  # fmt: skip

        def value(text: str, form: str = form) -> str:
            if not re.fullmatch(form, text):
                raise ValueError(text)
            return text

        parser.add_argument(f"--{name}", type=value)
    parser.add_argument("--requeue", action="store_true")
    return parser


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_slurm_script(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    shellcheck(text)
    # sbatch reads up to the first command, and takes what comes later for a remark.
    head = re.match(r"#!/bin/bash\n(?:#.*\n)+", text)
    assert head is not None and "#SBATCH" not in text[head.end() :]
    words = [word for line in re.findall("^#SBATCH (.*)", head[0], re.MULTILINE) for word in shlex.split(line)]
    options = sbatch_options().parse_args(words)
    # Time for a run to end by itself, twice over; it then is begun again.
    if "--resume" in text:
        assert options.requeue and options.signal == "USR1@120"


@pytest.mark.parametrize("script", [path for path in SCRIPTS if "merge" not in path.name], ids=lambda path: path.name)
@pytest.mark.parametrize("status", [0, 1, 2, 75])
def test_slurm_starts_again_what_was_stopped(script: Path, status: int, call: Callable[..., tuple[int, Calls]]) -> None:
    words, variables = of_slurm(script)
    found, calls = call(words, **variables, STATUS=str(status))
    assert found == status
    assert [line for line in calls if line[0] == "scontrol"] == ([["scontrol", "requeue", "7"]] if status == 75 else [])


# Kubernetes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_manifests_follow_the_schema(version: str) -> None:
    for _, found in objects():
        kubernetes_validate.validate(found, version, strict=True)


def test_schema_finds_what_is_wrong() -> None:
    job = jobs()["train.yaml"]
    job["spec"]["backofLimit"] = 3
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(job, VERSIONS[0], strict=True)


@pytest.mark.parametrize("name", jobs())
def test_job_does_what_the_schema_cannot_say(name: str) -> None:
    spec = jobs()[name]["spec"]
    pod, only = spec["template"]["spec"], container(jobs()[name])
    # What Kubernetes asks for where there is a policy of failures.
    assert pod["restartPolicy"] == "Never"
    each = "backoffLimitPerIndex" in spec
    assert not each or spec["completionMode"] == "Indexed"
    first, second, third = spec["podFailurePolicy"]["rules"]
    exits = [rule["onExitCodes"] for rule in (first, second)]
    assert {rule["containerName"] for rule in exits} == {only["name"]}
    assert (first["action"], exits[0]["values"]) == ("FailIndex" if each else "FailJob", [2])
    assert (second["action"], exits[1]["values"]) == ("Ignore", [75])
    assert third == {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
    assert spec["activeDeadlineSeconds"] > 0 and pod["terminationGracePeriodSeconds"] > 20
    assert only["image"].rsplit("/", 1)[1].removesuffix("-jax") == f"maxatac:{version('maxatac')}"
    # No more rights than it needs.
    assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"] > 0
    assert pod["automountServiceAccountToken"] is False
    assert only["securityContext"] == {
        "readOnlyRootFilesystem": True, "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}
    }  # fmt: skip
    assert only["resources"]["requests"] == only["resources"]["limits"]
    assert {mount["name"] for mount in only["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    if name in INDEXED:
        assert spec["completions"] == len(lines_of(name))


@pytest.mark.parametrize("name", [name for name in jobs() if container(jobs()[name])["args"][0] == "bash"])
def test_script_in_a_manifest(name: str) -> None:
    script = container(jobs()[name])["args"][-1]
    shellcheck(script)
    # Kubernetes puts the value of a variable in place of $(NAME), and $ in place of $$.
    assert not re.search(r"\$\(\w+\)|\$\$", script)


def test_processes_find_each_other() -> None:
    service, policy, job = (found for name, found in objects() if name == "train-together.yaml")
    name, spec = job["metadata"]["name"], job["spec"]
    variables = {entry["name"]: entry.get("value") for entry in container(job)["env"]}
    assert variables["JAX_COORDINATOR_ADDRESS"].startswith(f"{name}-0.{service['metadata']['name']}:")
    assert spec["template"]["spec"]["subdomain"] == service["metadata"]["name"]
    assert variables["JAX_NUM_PROCESSES"] == str(spec["completions"]) == str(spec["parallelism"])
    assert service["spec"]["clusterIP"] == "None"
    selected = {"job-name": name}
    assert service["spec"]["selector"] == policy["spec"]["podSelector"]["matchLabels"] == selected
