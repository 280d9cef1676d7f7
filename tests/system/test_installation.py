"""What is known of the program as it is installed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from maxatac.system import installation
from maxatac.system.installation import BUILD_FILE, Build, source_revision


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A clone in which the module would lie."""
    if shutil.which("git") is None:
        pytest.skip("needs git")
    (tmp_path / "maxatac" / "system").mkdir(parents=True)
    module = tmp_path / "maxatac" / "system" / "installation.py"
    module.write_text("one\n")
    monkeypatch.setattr(installation, "__file__", str(module))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "none"))
    for words in (
        ["init", "-q"], ["add", "maxatac"],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "one"],
    ):  # fmt: skip
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
    source_revision.cache_clear()
    yield tmp_path
    source_revision.cache_clear()


def test_revision_of_a_clone(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = subprocess.run(
        ["git", "-C", str(clone), "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()
    (clone / "notes.txt").touch()
    monkeypatch.setenv("GIT_DIR", str(clone / "another"))
    assert source_revision() == head
    (clone / "maxatac" / "system" / "installation.py").write_text("two\n")
    source_revision.cache_clear()
    assert source_revision() == f"{head}-modified"


def test_no_revision_without_git(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert source_revision() is None


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ('{"url": "https://x", "vcs_info": {"vcs": "git", "commit_id": "abc"}}', "abc"),
        ('{"url": "file:///x", "dir_info": {}}', None),
        (None, None),
    ],
)
def test_revision_of_an_install_from_git(
    origin: str | None, expected: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Distribution:
        def read_text(self, _: str) -> str | None:
            return origin

    monkeypatch.setattr(installation, "__file__", str(tmp_path / "maxatac" / "system" / "installation.py"))
    monkeypatch.setattr(installation, "distribution", lambda _: Distribution())
    source_revision.cache_clear()
    assert source_revision() == expected
    source_revision.cache_clear()


@pytest.mark.parametrize(("text", "expected"), [('{"revision": "abc"}', "abc"), ("{}", None), ("abc", None)])
def test_revision_that_the_build_has_left(
    text: str, expected: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Distribution:
        def read_text(self, _: str) -> None:
            return None

    (tmp_path / "maxatac" / "system").mkdir(parents=True)
    (tmp_path / "maxatac" / BUILD_FILE).write_text(text)
    monkeypatch.setattr(installation, "__file__", str(tmp_path / "maxatac" / "system" / "installation.py"))
    monkeypatch.setattr(installation, "distribution", lambda _: Distribution())
    source_revision.cache_clear()
    assert source_revision() == expected
    source_revision.cache_clear()


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (Build("0.1.0", "0123456789abcdef", "linux_x86_64"), "maxatac 0.1.0 (0123456789ab, linux_x86_64)"),
        (Build("0.1.0", "0123456789abcdef-modified", None), "maxatac 0.1.0 (0123456789ab-modified)"),
        (Build("0.1.0", None, "macosx_11_0_arm64"), "maxatac 0.1.0 (macosx_11_0_arm64)"),
        (Build("0.1.0", None, None), "maxatac 0.1.0"),
        (Build(None, None, None), "maxatac of unknown version, not installed"),
    ],
)
def test_build_in_words(build: Build, told: str) -> None:
    assert build.describe() == told


def test_build_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> str:
        raise installation.PackageNotFoundError(name)

    monkeypatch.setattr(installation, "version", nothing)
    assert installation.build().version is None
