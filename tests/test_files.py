from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from maxatac.files import replacing, sha256, write_text


def test_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    with replacing(path) as partial:
        partial.write_text("half")
        assert not path.exists()
        assert partial.suffix == ".keras"
        assert partial.parent == tmp_path
    assert path.read_text() == "half"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_failure_leaves_what_was_there(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "model.keras"
    path.write_text("earlier")
    with pytest.raises(error), replacing(path) as partial:
        partial.write_text("half")
        raise error
    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_failure_before_anything_was_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing yet"), replacing(tmp_path / "a.csv"):
        raise ValueError("nothing yet")
    assert list(tmp_path.iterdir()) == []


def test_text_replaces_text(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_text(path, "one\n")
    write_text(path, "zwölf\n")
    assert path.read_bytes() == "zwölf\n".encode()
    assert list(tmp_path.iterdir()) == [path]


def test_sha256(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * 5_000)
    assert sha256(path) == hashlib.sha256(path.read_bytes()).hexdigest()
