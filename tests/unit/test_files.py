from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from maxatac.errors import TakenOver
from maxatac.files.atomic import guarding, replacing, temporary_name, whole_name, write_text
from maxatac.files.checksums import has_same_content, is_same_file, sha256


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


def test_nothing_is_written_where_a_guard_forbids_it(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("earlier")
    allowed = [True]

    def check() -> None:
        if not allowed[0]:
            raise TakenOver("by another")

    with guarding(check):
        write_text(path, "mine")
        with pytest.raises(TakenOver), replacing(path) as partial:
            partial.write_text("late")
            allowed[0] = False
        with pytest.raises(TakenOver), replacing(path):
            pytest.fail("begun")
        # The other has removed what this one was writing.
        allowed[0] = True
        with pytest.raises(TakenOver), replacing(path):
            allowed[0] = False
    assert path.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [path]
    write_text(path, "free")


def test_error_names_the_file_and_not_the_temporary_one(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "a.csv"
    with pytest.raises(OSError, match="cannot be written: its folder is gone") as caught:
        write_text(path, "one")
    assert caught.value.filename == str(path)
    path.parent.mkdir()
    with pytest.raises(FileNotFoundError, match="No such file") as caught, replacing(path):
        pass
    assert caught.value.filename == str(path)


def test_temporary_names(tmp_path: Path) -> None:
    for name in ("a.csv", "a.partial.csv", ".a.bed.gz"):
        assert whole_name(temporary_name(name)) == name
        assert Path(temporary_name(name)).suffix == Path(name).suffix
    assert whole_name("a.partial.csv") is None


def test_two_files_are_compared_by_content(tmp_path: Path) -> None:
    texts = {"a": "one", "b": "two", "copy": "one", "long": "three"}
    paths = {name: tmp_path / name for name in texts}
    for name, path in paths.items():
        path.write_text(texts[name])
    link = tmp_path / "link"
    link.symlink_to("a")
    assert has_same_content(paths["a"], link)
    assert not has_same_content(paths["a"], paths["long"])
    assert has_same_content(paths["a"], paths["copy"])
    assert not has_same_content(paths["a"], paths["b"])
    # A track that cannot be compared must not become the baseline of a test.
    for pair in ((paths["a"], tmp_path / "gone"), (tmp_path / "gone", paths["a"])):
        with pytest.raises(OSError, match="gone"):
            has_same_content(*pair)
    assert is_same_file(link, paths["a"])
    assert not is_same_file(paths["copy"], paths["a"])
    assert not is_same_file(tmp_path / "gone", paths["a"])
