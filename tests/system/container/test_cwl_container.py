"""The CWL tools in the image, as a shared machine runs them: by an ordinary user, read-only, without network."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

container = pytest.importorskip("test_container", reason="the tests of the image are not there")
engine, ordinary_user = container.engine, container.ordinary_user

pytestmark = [pytest.mark.container, pytest.mark.slow]

ROOT = Path(__file__).parents[3]
PYTHON = "/usr/bin/python3"
"""One that every user may read."""


@pytest.fixture
def packages(ordinary_user: Path) -> Path:
    """A copy of the workflow tools' packages that the ordinary user may read."""
    tools = Path(os.environ.get("MAXATAC_CWL_TOOLS", ROOT / ".venv-cwl" / "bin"))
    if not (tools / "cwltool").exists():
        reason = f"no cwltool in {tools}: make .venv-cwl/.done"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    asked = "import sys, sysconfig; print(sys.version_info[:2], sysconfig.get_paths()['purelib'])"
    mine, theirs = (
        subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True).stdout.strip()
        for python in (tools / "python", PYTHON)
    )
    if mine.partition(")")[0] != theirs.partition(")")[0]:
        pytest.skip(f"the packages of {mine} are not those of {PYTHON}, {theirs}, which every user may run")
    copy = ordinary_user / "packages"
    shutil.copytree(mine.partition(") ")[2], copy)
    return copy


def test_checker(ordinary_user: Path, packages: Path) -> None:
    """Simulate, train and compare, each in a container of its own, with the results that are shipped."""
    folder = ordinary_user / "checker"
    shutil.copytree(ROOT / "cwl", folder / "cwl", ignore=shutil.ignore_patterns("__pycache__"))
    for path in (folder / "cwl").glob("*.cwl"):
        path.write_text(re.sub(r"dockerPull: \S+", "dockerPull: localhost/maxatac:ci", path.read_text()))
    (folder / "out").mkdir()
    subprocess.run(["chmod", "-R", "a+rX", ordinary_user], check=True)
    for path in (ordinary_user, folder / "out"):
        path.chmod(0o777)
    done = subprocess.run(
        [
            container.ROOTLESS, "env", f"PYTHONPATH={packages}", PYTHON, "-m", "cwltool", "--disable-color", "--podman",
            "--disable-pull", "--outdir", folder / "out", folder / "cwl" / "maxatac-checker.cwl",
            folder / "cwl" / "jobs" / "checker.yml",
        ],
        capture_output=True, text=True, check=False, timeout=container.BUILD_SECONDS, cwd="/",
    )  # fmt: skip
    assert done.returncode == 0, container.told(done)
    assert (folder / "out" / "report.txt").read_text() == "as expected\n"
    assert (folder / "out" / "maxatac_model_best.keras").stat().st_uid == 54321
    for asked in ("--read-only=true", "--net=none", "--user=54321:54321"):
        assert asked in done.stderr
