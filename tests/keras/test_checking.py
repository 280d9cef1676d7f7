"""`maxatac check` on a simulated set, and on copies of it that are broken in one way each."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pyBigWig
import pytest
from broken import HTML
from tiny import TRAINING, VALIDATION, TinySet

from maxatac.checking.estimates import STEP_SECONDS
from maxatac.cli.main import main
from maxatac.errors import Kind, Problem
from maxatac.simulation.config import SimulateConfig
from maxatac.simulation.workflow import simulate

# Keras 3 reads TensorFlow's variables in a way that numpy 2 warns about.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


@dataclass(frozen=True)
class Checked:
    """What a check said."""

    status: int
    findings: Mapping[str, Any]
    problems: list[str]

    def named(self, kind: Any, file: Any, *words: str, line: Any = None, among: int = 1) -> None:
        """One of so many problems is of this kind, file and line, and has these words."""
        found = [
            sentence
            for finding, sentence in zip(self.findings["findings"], self.problems, strict=True)
            if (finding["kind"], finding["file"] and Path(finding["file"]).name, finding["line"]) == (kind, file, line)
            and all(word in sentence for word in words)
        ]
        assert (len(found), len(self.problems)) == (1, among), self.problems


Check = Callable[..., Checked]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated") / "set"
    simulate(SimulateConfig(folder, size=1_000_000, chroms=("chr1", "chr2", "chr3", "chr4")))
    return folder


@pytest.fixture
def copy(simulated: Path, tmp_path: Path) -> Path:
    """A set to break."""
    return Path(shutil.copytree(simulated, tmp_path / "set"))


def words_of(folder: Path, *more: str, **changes: Any) -> list[str]:
    options: dict[str, Any] = {
        "sequence": folder / "genome.2bit", "blacklist": folder / "blacklist.bed", "tchroms": TRAINING,
        "vchroms": VALIDATION, "batches": 2, "batch_size": 8, "val_batch_size": 8, "epochs": 3, "threads": 1,
        "rand_ratio": 0.5, **changes,
    }  # fmt: skip
    words = ["check", str(folder / "meta.tsv")]
    for name, value in options.items():
        if value is not None:
            words += [f"--{name}", *(map(str, value) if isinstance(value, tuple) else [str(value)])]
    return [*words, *more]


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    """Run `maxatac check --json`; hold its two outputs and its exit status against each other."""

    def run(folder: Path, *more: str, **changes: Any) -> Checked:
        before = {path: path.lstat().st_mtime_ns for path in folder.parent.rglob("*")}
        status = main(words_of(folder, "--json", *more, **changes))
        captured = capsys.readouterr()
        assert {path: path.lstat().st_mtime_ns for path in folder.parent.rglob("*")} == before
        findings = json.loads(captured.out)
        told = [line.removeprefix("maxatac: error: ") for line in captured.err.splitlines() if "error: " in line]
        assert told == findings["problems"]
        assert findings["ok"] == (status == 0) == (not told)
        assert status in (0, 2)
        return Checked(status, findings, told)

    return run


def values_of(path: Path) -> dict[str, np.ndarray]:
    """Whole chromosomes by another reader; NaN where there is no data."""
    with pyBigWig.open(str(path)) as track:
        return {chrom: np.array(track.values(chrom, 0, size)) for chrom, size in track.chroms().items()}


Change = Callable[[str, int, int, float], float | None]


def rewrite(
    path: Path, change: Change, *, names: Mapping[str, str] | None = None, longer: Mapping[str, int] | None = None
) -> None:
    """Write a bigWig anew, its intervals changed or, where there is None, left out."""
    with pyBigWig.open(str(path)) as track:
        sizes = track.chroms()
        intervals = [(chrom, *interval) for chrom in sizes for interval in track.intervals(chrom) or ()]
    names = {chrom: chrom for chrom in sizes} if names is None else names
    changed = [
        (names[chrom], start, end, new)
        for chrom, start, end, value in intervals
        if chrom in names and (new := change(chrom, start, end, value)) is not None
    ]
    with pyBigWig.open(str(path), "w") as track:
        track.addHeader([(name, sizes[chrom] + (longer or {}).get(chrom, 0)) for chrom, name in names.items()])
        if changed:
            chroms, starts, ends, values = map(list, zip(*changed, strict=True))
            track.addEntries(chroms, starts, ends=ends, values=values)


def damage_a_block(path: Path, place: float) -> None:
    """Overwrite bytes in the middle of the data; header and index stay sound."""
    content = bytearray(path.read_bytes())
    data, index = (int.from_bytes(content[at : at + 8], "little") for at in (16, 24))
    offset = data + int((index - data) * place)
    content[offset : offset + 40] = bytes(40)
    path.write_bytes(content)


def same(chrom: str, start: int, end: int, value: float) -> float:
    return value


# A sound set.


def test_sound_set(simulated: Path, check: Check, quick_network: None) -> None:
    found = check(simulated).findings
    assert found["ok"]
    assert found["problems"] == []
    assert found["equal_files"] == []
    assert found["leak_guard"]["held_out_cell_types"] == ["CellC"]
    assert found["chromosomes"] == {
        "training": ["chr1", "chr2"], "validation": ["chr3"], "test": [], "unused": ["chr4"],
    }  # fmt: skip
    assert [(file["cell_type"], file["column"]) for file in found["files"]][:4] == [
        ("CellA", "ATAC_Signal_File"), ("CellA", "Binding_File"), ("CellA", "ATAC_Peaks"), ("CellA", "CHIP_Peaks"),
    ]  # fmt: skip
    assert all(file["other_size"] == file["not_in_genome"] == file["lacking"] == [] for file in found["files"])


def test_tracks_are_what_another_reader_finds(simulated: Path, check: Check, quick_network: None) -> None:
    found = check(simulated).findings
    sets = {"training": TRAINING, "validation": VALIDATION, "unused": ("chr4",)}
    for cell, signal, binding in zip(("CellA", "CellB", "CellC"), found["signal"], found["binding"], strict=True):
        assert signal["cell_type"] == binding["cell_type"] == cell
        values = np.concatenate(list(values_of(Path(signal["path"])).values()))
        data = values[~np.isnan(values)]
        assert signal["bases"] == signal["bases_read"] == len(values)
        assert signal["smallest"] == data.min()
        assert signal["largest"] == data.max() == 1
        np.testing.assert_allclose(signal["mean"], data.mean(), rtol=1e-6)
        np.testing.assert_allclose(signal["missing"], np.isnan(values).mean(), rtol=1e-6)
        np.testing.assert_allclose(signal["zero"], (values == 0).mean(), rtol=1e-6)
        np.testing.assert_allclose(signal["percentile_99"], np.percentile(data[data > 0], 99), rtol=0.01)
        np.testing.assert_allclose(signal["at_largest"], (data[data > 0] == 1).mean(), rtol=1e-6)
        chroms = values_of(Path(binding["path"]))
        assert binding["is_binary"]
        for name, members in sets.items():
            bins = [np.nan_to_num(chroms[chrom])[: len(chroms[chrom]) // 32 * 32].reshape(-1, 32) for chrom in members]
            bound = np.concatenate(bins).sum(axis=1) > 16
            assert binding["bound"][name] == {"bins": len(bound), "bound": int(bound.sum())}


def test_regions_are_what_plain_loops_find(simulated: Path, check: Check, quick_network: None) -> None:
    found = check(simulated).findings
    sizes = dict(line.split() for line in (simulated / "genome.chrom.sizes").read_text().splitlines())
    black = [line.split() for line in (simulated / "blacklist.bed").read_text().splitlines()]
    kept: dict[tuple[str, str, str], int] = {}
    lost = 0
    for cell in ("CellA", "CellB", "CellC"):
        for kind in ("ATAC", "CHIP"):
            (path,) = simulated.glob(f"*{cell}_{kind.lower()}_peaks.narrowPeak")
            for line in path.read_text().splitlines():
                chrom, start, end = line.split()[0], *map(int, line.split()[1:3])
                first = (start + end) // 2 - 512
                inside = first >= 0 and first + 1024 <= int(sizes[chrom])
                clear = not any(c == chrom and int(s) < first + 1024 and int(e) > first for c, s, e, *_ in black)
                kept[cell, kind, chrom] = kept.get((cell, kind, chrom), 0) + (inside and clear)
                lost += not (inside and clear)
    assert {(r["cell_type"], r["kind"], r["chromosome"]): r["kept"] for r in found["regions"] if r["kept"]} == {
        key: count for key, count in kept.items() if count
    }
    assert sum(r["off_end"] + r["blacklisted"] for r in found["regions"]) == lost > 0
    for region in found["regions"]:
        parts = ("not_in_genome", "beyond_end", "off_end", "blacklisted", "kept")
        assert region["intervals"] == sum(region[name] for name in parts)
    uses = {(one["cell_type"], one["chromosome"]): one["use"] for one in found["split"]}
    assert uses == {
        (cell, chrom): "unused"
        if cell == "CellC" or chrom == "chr4"
        else "validation"
        if chrom == "chr3"
        else "training"
        for cell in ("CellA", "CellB", "CellC")
        for chrom in sizes
    }
    for one in found["split"]:
        for kind in ("ATAC", "CHIP"):
            assert one[kind.lower()] == kept.get((one["cell_type"], kind, one["chromosome"]), 0)
    pools = {(pool["pool"], pool["cell_type"], pool["kind"]): pool["kept"] for pool in found["pools"]}
    assert pools == {
        (name, cell, kind): sum(kept.get((cell, kind, chrom), 0) for chrom in chroms)
        for name, chroms in (("training", TRAINING), ("validation", VALIDATION))
        for cell in ("CellA", "CellB")
        for kind in ("ATAC", "CHIP")
    }


def test_labels_are_those_of_the_batches(simulated: Path, check: Check, quick_network: None) -> None:
    from maxatac.training.inputs import open_inputs
    from maxatac.training.samplers import make_samplers
    from maxatac.training.settings import TrainConfig

    settings = {"seed": 3, "batch_size": 50, "val_batch_size": 30, "rand_ratio": 0.25}
    found = check(simulated, **settings).findings
    config = TrainConfig(
        sequence=simulated / "genome.2bit", meta_file=simulated / "meta.tsv", blacklist=simulated / "blacklist.bed",
        tchroms=TRAINING, vchroms=VALIDATION, threads=1, **settings,
    )  # fmt: skip
    samplers = make_samplers(config, open_inputs(config, None), 3)
    for pool, sampler in samplers.items():
        targets = np.concatenate([sampler.batch(0, index)[1] for index in range(4)])
        tracks = np.concatenate([sampler.plan(0, index)["track"] for index in range(4)])
        rows = {row["cell_type"]: row for row in found["labels"] if row["pool"] == pool}
        for name, mine in ((None, tracks >= 0), ("CellA", tracks == 0), ("CellB", tracks == 1)):
            assert rows[name]["windows"] == mine.sum()
            np.testing.assert_allclose(rows[name]["bound_bins"], targets[mine].mean(), rtol=1e-6)
            np.testing.assert_allclose(rows[name]["bound_windows"], targets[mine].any(axis=1).mean(), rtol=1e-6)
            np.testing.assert_allclose(rows[name]["bound_by_bin"], targets[mine].mean(axis=0), rtol=1e-6)


def test_sequences_without_signal_are_a_note(copy: Path, check: Check, quick_network: None) -> None:
    for path in copy.glob("*.bw"):
        rewrite(path, same, names={chrom: chrom for chrom in ("chr1", "chr2", "chr3")})
    found = check(copy).findings
    assert found["genome"]["without_signal"] == ["chr4"]
    assert found["notes"] == ["1 of the 2bit's 4 sequences is in no signal track: chr4"]
    assert not [text for text in found["warnings"] if "chr4" in text]


def test_equal_files_of_training_cell_types_are_a_warning(copy: Path, check: Check, quick_network: None) -> None:
    binding = sorted(copy.glob("*_binding.bw"))
    shutil.copyfile(binding[0], binding[1])
    found = check(copy).findings
    (warning,) = (text for text in found["warnings"] if "content" in text)
    assert "Binding_File of CellA (Train, line 2), Binding_File of CellB (Train, line 3): have the same" in warning
    (equal,) = found["equal_files"]
    assert [file["cell_type"] for file in equal["files"]] == ["CellA", "CellB"]
    assert len(equal["sha256"]) == 64


# Broken sets: each problem is named, and nothing else is told.

Break = Callable[[Path], dict[str, Any]]
BROKEN: dict[str, tuple[Break, tuple[Any, ...], Any]] = {}


def broken(kind: Any, file: Any, *words: str, line: Any = None) -> Callable[[Break], Break]:
    """Enter a way to break a copy, and what must be said of it: a kind, a file's name, a line, and some words."""

    def enter(function: Break) -> Break:
        BROKEN[function.__name__] = (function, (kind, file, *words), line)
        return function

    return enter


@broken("format", "CellA_atac.bw", "file ends early")
def truncated_signal(folder: Path) -> dict[str, Any]:
    path = folder / "CellA_atac.bw"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 3])
    return {}


@broken("format", "SIMTF_CellB_binding.bw", "HTML page", "expected a bigWig")
def web_page_for_a_track(folder: Path) -> dict[str, Any]:
    (folder / "SIMTF_CellB_binding.bw").write_text(HTML)
    return {}


@broken("format", "genome.2bit", "Git LFS pointer", "expected a 2bit")
def pointer_for_the_genome(folder: Path) -> dict[str, Any]:
    (folder / "genome.2bit").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    return {}


@broken("missing file", "meta.tsv", "ATAC_Peaks", "does not exist", line=3)
def missing_peaks(folder: Path) -> dict[str, Any]:
    (folder / "CellB_atac_peaks.narrowPeak").unlink()
    return {}


@broken("chromosome", "CellB_atac_peaks.narrowPeak", "'1'", "'chr1'")
def peaks_whose_names_match_in_part(folder: Path) -> dict[str, Any]:
    path = folder / "CellB_atac_peaks.narrowPeak"
    path.write_text(path.read_text().replace("chr1\t", "1\t"))
    return {}


@broken("chromosome", "CellC_atac_peaks.narrowPeak", "scaffold_7", "chr1, chr2, chr3")
def peaks_of_another_genome(folder: Path) -> dict[str, Any]:
    path = folder / "CellC_atac_peaks.narrowPeak"
    path.write_text("scaffold_7\t5000\t6000\n" * 1_000 + path.read_text())
    return {}


@broken("chromosome", "blacklist.bed", "'2'", "'chr2'")
def blacklist_whose_names_match_in_part(folder: Path) -> dict[str, Any]:
    (folder / "blacklist.bed").write_text("2\t0\t500\nchr1\t0\t500\n")
    return {}


@broken("chromosome", "CellB_atac.bw", "'1'", "'chr1'")
def other_chromosome_names(folder: Path) -> dict[str, Any]:
    rewrite(folder / "CellB_atac.bw", same, names={f"chr{number}": str(number) for number in range(1, 5)})
    return {}


@broken("size", "CellC_atac.bw", "chr2 has ", "another genome build?")
def other_genome_build(folder: Path) -> dict[str, Any]:
    rewrite(folder / "CellC_atac.bw", same, longer={"chr2": 7})
    return {}


@broken("regions", None, "no training region is left", "blacklisted")
def blacklist_of_everything(folder: Path) -> dict[str, Any]:
    sizes = [line.split() for line in (folder / "genome.chrom.sizes").read_text().splitlines()]
    (folder / "blacklist.bed").write_text("".join(f"{chrom}\t0\t{size}\n" for chrom, size in sizes if chrom != "chr3"))
    return {}


@broken("size", "CellA_atac_peaks.narrowPeak", "reach beyond their chromosome's end", "another genome build?", line=110)
def peaks_beyond_the_end(folder: Path) -> dict[str, Any]:
    path = folder / "CellA_atac_peaks.narrowPeak"
    path.write_text(path.read_text() + "".join(f"chr1\t{90_000_000 + place}\t90000900\n" for place in range(20)))
    return {}


@broken("shared file", "meta.tsv", "Binding_File of CellA (Train, line 2)", "--allow_shared_files", line=4)
def file_that_trains_and_tests(folder: Path) -> dict[str, Any]:
    shutil.copyfile(folder / "SIMTF_CellA_binding.bw", folder / "SIMTF_CellC_binding.bw")
    return {}


@broken("signal", None, "training chromosomes (chr1, chr2)", "nothing to learn")
def nothing_bound_in_training(folder: Path) -> dict[str, Any]:
    for cell in ("CellA", "CellB"):
        rewrite(folder / f"SIMTF_{cell}_binding.bw", lambda chrom, _, __, value: value if chrom == "chr3" else None)
    return {}


@broken("signal", None, "no bin of the validation chromosomes (chr3) is bound")
def nothing_bound_in_validation(folder: Path) -> dict[str, Any]:
    for cell in ("CellA", "CellB"):
        rewrite(folder / f"SIMTF_{cell}_binding.bw", lambda chrom, _, __, value: None if chrom == "chr3" else value)
    return {}


@broken("signal", "CellB_atac.bw", "CellB is 0 on all")
def signal_of_zeros(folder: Path) -> dict[str, Any]:
    rewrite(folder / "CellB_atac.bw", lambda *_: 0.0)
    return {}


@broken("signal", "CellA_atac.bw", "all training chromosomes (chr1, chr2) and all validation", "nothing to learn")
def signal_on_an_unused_chromosome(folder: Path) -> dict[str, Any]:
    rewrite(folder / "CellA_atac.bw", lambda chrom, _, __, value: value if chrom == "chr4" else 0.0)
    return {}


@broken("signal", "CellB_atac.bw", "0 on all validation chromosomes (chr3)", "nothing to validate on")
def no_signal_for_validation(folder: Path) -> dict[str, Any]:
    rewrite(folder / "CellB_atac.bw", lambda chrom, _, __, value: None if chrom == "chr3" else value)
    return {}


@broken("signal", "CellC_atac.bw", "0 on all test chromosomes (chr4)", "--test_chroms", "--no-test")
def no_signal_for_the_test(folder: Path) -> dict[str, Any]:
    rewrite(folder / "CellC_atac.bw", lambda chrom, _, __, value: None if chrom == "chr4" else value)
    return {"test_chroms": ("chr4",)}


@broken("signal", "CellC_atac.bw", "0 on all 1,000,000 bases read")
def signal_of_zeros_for_the_test(folder: Path) -> dict[str, Any]:
    rewrite(folder / "CellC_atac.bw", lambda *_: 0.0)
    return {"test_chroms": ("chr4",)}


@broken("signal", "SIMTF_CellC_binding.bw", "test chromosomes (chr4)", "--test_chroms", "--no-test")
def nothing_bound_in_the_test(folder: Path) -> dict[str, Any]:
    rewrite(folder / "SIMTF_CellC_binding.bw", lambda chrom, _, __, value: None if chrom == "chr4" else value)
    return {"test_chroms": ("chr4",)}


@broken("signal", "SIMTF_CellB_binding.bw", "test chromosomes (chr4)")
def nothing_bound_in_the_test_of_a_training_cell_type(folder: Path) -> dict[str, Any]:
    meta = folder / "meta.tsv"
    meta.write_text(meta.read_text().replace("\tTest", "\tTrain"))
    rewrite(folder / "SIMTF_CellB_binding.bw", lambda chrom, _, __, value: None if chrom == "chr4" else value)
    return {"test_chroms": ("chr4",)}


@broken("regions", None, "no window of the test chromosomes (chr4)", "--test_chroms", "--no-test")
def blacklist_of_the_test(folder: Path) -> dict[str, Any]:
    with (folder / "blacklist.bed").open("a") as file:
        file.write(f"chr4\t0\t{size_of_chr4(folder)}\n")
    return {"test_chroms": ("chr4",)}


@broken("signal", "CellA_atac.bw", "is infinite at", "loss")
def infinite_signal(folder: Path) -> dict[str, Any]:
    rewrite(folder / "CellA_atac.bw", lambda chrom, start, _, value: np.inf if 60_000 < start < 60_500 else value)
    return {}


@broken("shared file", "CellB_atac.bw", "Binding_File of CellB", "what is to be predicted")
def signal_for_binding(folder: Path) -> dict[str, Any]:
    shutil.copyfile(folder / "CellB_atac.bw", folder / "SIMTF_CellB_binding.bw")
    return {}


@broken("format", "CellC_atac.bw", "zlib")
def damage_in_a_test_file(folder: Path) -> dict[str, Any]:
    damage_a_block(folder / "CellC_atac.bw", 0.5)
    return {}


@broken("line", "CellC_atac_peaks.narrowPeak", "start 'ten'", line=3)
def damage_in_peaks_of_a_test_cell_type(folder: Path) -> dict[str, Any]:
    path = folder / "CellC_atac_peaks.narrowPeak"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:2], "chr1\tten\t20", *lines[3:]]) + "\n")
    return {}


@broken("value", "meta.tsv", "'CellA'", "line 2", line=3)
def two_rows_for_one_cell_type(folder: Path) -> dict[str, Any]:
    meta = folder / "meta.tsv"
    meta.write_text(meta.read_text().replace("CellB\t", "CellA\t", 1))
    return {}


@broken("setting", None, "chr2 in both", "must not overlap")
def sets_that_overlap(folder: Path) -> dict[str, Any]:
    return {"vchroms": ("chr2", "chr3")}


@broken("weights", "other.weights.h5", "(7, 5, 8)", "(7, 5, 15)")
def weights_of_another_network(folder: Path) -> dict[str, Any]:
    import h5py

    path = folder / "other.weights.h5"
    with h5py.File(path, "w") as file:
        file["layers/conv1d/vars/0"] = np.zeros((7, 5, 8), np.float32)
        file["layers/conv1d/vars/1"] = np.zeros(8, np.float32)
    return {"weights": path}


@broken("size", "genome.chrom.sizes", "chr2 has 7 bp")
def other_chromosome_sizes(folder: Path) -> dict[str, Any]:
    path = folder / "genome.chrom.sizes"
    lines = [line if not line.startswith("chr2") else "chr2\t7" for line in path.read_text().splitlines()]
    path.write_text("\n".join(lines) + "\n")
    return {"chrom_sizes": path}


@broken("output", "results", "--output", "holds a run of the prefix")
def output_of_an_earlier_run(folder: Path) -> dict[str, Any]:
    (folder / "results").mkdir()
    (folder / "results" / "maxatac_model_1.keras").touch()
    return {"output": folder / "results"}


def test_there_are_enough_broken_copies() -> None:
    assert len(BROKEN) >= 15


@pytest.mark.parametrize("name", BROKEN)
def test_broken_copy(name: str, copy: Path, check: Check, request: pytest.FixtureRequest) -> None:
    if name != "weights_of_another_network":
        request.getfixturevalue("quick_network")
    function, told, line = BROKEN[name]
    check(copy, **function(copy)).named(*told, line=line)


@pytest.mark.parametrize("function", [no_signal_for_the_test, nothing_bound_in_the_test, blacklist_of_the_test])
def test_what_only_a_test_needs(function: Break, copy: Path, check: Check, quick_network: None) -> None:
    changes = function(copy)
    assert check(copy, "--no-test", **{**changes, "test_chroms": None}).problems == []
    if function is nothing_bound_in_the_test:
        assert check(copy, "--quant", **changes).problems == []


def test_all_at_once(copy: Path, check: Check, quick_network: None) -> None:
    several = [
        truncated_signal, web_page_for_a_track, damage_in_a_test_file, damage_in_peaks_of_a_test_cell_type,
        other_chromosome_sizes, output_of_an_earlier_run,
    ]  # fmt: skip
    changes: dict[str, Any] = {"batch_size": 0}
    for function in several:
        changes |= function(copy)
    checked = check(copy, **changes)
    for function in several:
        _, told, line = BROKEN[function.__name__]
        checked.named(*told, line=line, among=len(several) + 1)
    # What is sound is reported all the same.
    assert [track["cell_type"] for track in checked.findings["signal"]] == ["CellB"]
    assert [track["cell_type"] for track in checked.findings["binding"]] == ["CellA", "CellC"]
    assert {one["cell_type"] for one in checked.findings["split"]} == {"CellA", "CellB", "CellC"}
    assert checked.findings["estimates"] is None


def test_nothing_can_be_opened(tmp_path: Path, check: Check) -> None:
    checked = check(tmp_path, blacklist=None)
    assert checked.status == 2
    assert len(checked.problems) == 2
    assert checked.findings["genome"] is None


# Other ways to give regions, other sets.


def test_regions_from_files(copy: Path, check: Check, quick_network: None) -> None:
    meta = copy / "meta.tsv"
    rows = [line.split("\t") for line in meta.read_text().splitlines()]
    places = [place for place, name in enumerate(rows[0]) if not name.endswith("_Peaks")]
    meta.write_text("".join("\t".join(row[place] for place in places) + "\n" for row in rows))
    files = {}
    for name, chrom in (("train_roi", "chr1"), ("validate_roi", "chr3")):
        files[name] = copy / f"{name}.bed"
        files[name].write_text("".join(f"{chrom}\t{start}\t{start + 300}\n" for start in range(50_000, 120_000, 900)))
    found = check(copy, **files).findings
    assert found["regions"] == []
    assert [(pool["pool"], pool["cell_type"], pool["kind"]) for pool in found["pools"]] == [
        ("training", ".", "ROI"), ("validation", ".", "ROI"),
    ]  # fmt: skip
    assert all(pool["kept"] + pool["blacklisted"] == pool["intervals"] > 0 for pool in found["pools"])
    named = {file["column"]: file["sequences"] for file in found["files"] if file["cell_type"] is None}
    assert named == {"--blacklist": 4, "--train_roi": 1, "--validate_roi": 1}
    assert {one["chromosome"] for one in found["split"]} == {"chr1", "chr2", "chr3"}


@pytest.mark.parametrize("held_out", [True, False])
def test_test_chromosomes_are_those_of_the_test_cell_types(held_out: bool, tiny_set: TinySet) -> None:
    from maxatac.checking.survey import Opened
    from maxatac.data.meta_file import read_meta
    from maxatac.genome.blacklist import Blacklist

    samples = tuple(read_meta(tiny_set.meta_file, [], test_cell_types=("CellC",) if held_out else ()))
    sets = {"training": ("chr1",), "validation": ("chr2",), "test": ("chr3",)}
    opened = Opened(tiny_set.config(Path()), None, samples, {}, Blacklist.empty(), sets)  # type: ignore[arg-type]
    uses = {sample.cell_line: [opened.use_of(sample, f"chr{n}") for n in (1, 2, 3, 4)] for sample in samples}
    training = ["training", "validation", "unused" if held_out else "test", "unused"]
    assert uses["CellA"] == uses["CellB"] == training
    assert uses["CellC"] == (["unused", "unused", "test", "unused"] if held_out else training)


# What is odd without being wrong.


def warned(found: Mapping[str, Any], words: str) -> list[str]:
    return [text for text in found["warnings"] if words in text]


def test_odd_values_are_warned_of(copy: Path, check: Check, quick_network: None) -> None:
    rewrite(copy / "CellA_atac.bw", lambda chrom, start, end, value: 40 * value)
    rewrite(copy / "SIMTF_CellC_binding.bw", lambda chrom, start, end, value: 3.5 * value)
    found = check(copy).findings
    assert [track["scale"] for track in found["signal"]] == ["not normalised", "minmax01, cut", "minmax01, cut"]
    assert len(warned(found, "the ATAC signal of CellA has its 99th percentile at 40")) == 1
    assert len(warned(found, "the binding of CellC is not binary")) == 1
    assert [track["is_binary"] for track in found["binding"]] == [True, True, False]
    assert warned(check(copy, "--quant").findings, "binary") == []


def test_what_does_nothing_is_warned_of(copy: Path, check: Check, quick_network: None) -> None:
    peaks = copy / "CellB_atac_peaks.narrowPeak"
    (copy / "blacklist.bed").write_text("chr4\t0\t500\n")
    rows = [line.split("\t") for line in peaks.read_text().splitlines()]
    # A tenth of the peaks is on a name that the genome lacks, and no summit is known.
    few = [["scaffold_7", *row[1:9], "-1"] for row in rows[: len(rows) // 5]]
    peaks.write_text("".join("\t".join(row) + "\n" for row in [*few, *([*row[:9], "-1.0"] for row in rows)]))
    found = check(copy, center="summit").findings
    assert (
        len(warned(found, "no interval of the blacklist is on a chromosome that the run uses (chr1, chr2, chr3)")) == 1
    )
    assert len(warned(found, f"{peaks}: {len(few)} of {len(rows) + len(few)} intervals are on chromosomes")) == 1
    by_pool = {pool["pool"]: pool for pool in found["pools"] if pool["cell_type"] == "CellB" and pool["kind"] == "ATAC"}
    for name, pool in by_pool.items():
        assert pool["without_summit"] == pool["kept"] > 0
        told = f"{pool['kept']:,} of {pool['kept']:,} {name} regions have no summit"
        assert [text for text in warned(found, told) if str(peaks) in text] != []


def test_small_pool_and_no_blacklist_are_warned_of(simulated: Path, check: Check, quick_network: None) -> None:
    found = check(simulated, blacklist=None, batch_size=2_000).findings
    assert len(warned(found, "no --blacklist")) == 1
    assert len(warned(found, "fewer than the 1000 of a batch")) == 1


def test_inverted_binding_is_warned_of(copy: Path, check: Check, quick_network: None) -> None:
    path = copy / "SIMTF_CellB_binding.bw"
    with pyBigWig.open(str(path)) as track:
        sizes = track.chroms()
    with pyBigWig.open(str(path), "w") as track:
        track.addHeader(list(sizes.items()))
        track.addEntries(list(sizes), [0] * 4, ends=[size - 50_000 for size in sizes.values()], values=[1.0] * 4)
    assert len(warned(check(copy).findings, "the binding of CellB is bound in ")) == 1


def test_files_whose_paths_begin_alike_are_told_apart(copy: Path, check: Check) -> None:
    """Damage in a file that a run opens must not hide that in another, which is called the same and more."""
    meta = copy / "meta.tsv"
    shutil.copy(copy / "CellC_atac.bw", copy / "CellA_atac.bw.new")
    meta.write_text(meta.read_text().replace("CellC_atac.bw", "CellA_atac.bw.new"))
    damage_a_block(copy / "CellA_atac.bw.new", 0.5)
    with open(copy / "CellA_atac.bw", "r+b") as file:
        file.truncate(1_000)
    told = [finding["file"] for finding in check(copy).findings["findings"]]
    for name in ("CellA_atac.bw", "CellA_atac.bw.new"):
        assert told.count(str(copy / name)) == 1, told


def test_a_damaged_file_is_told_of_once(copy: Path, check: Check) -> None:
    """Whatever its place in the file: a run finds it in some blocks, a reading from end to end in others."""
    for place in (0.2, 0.5, 0.8):
        damage_a_block(copy / "CellA_atac.bw", place)
    check(copy).named("format", "CellA_atac.bw", "byte")


# Cost.


def test_disk_that_is_too_small(
    simulated: Path, tmp_path: Path, check: Check, quick_network: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage._replace(free=1_000_000))
    check(simulated, output=tmp_path / "a" / "b").named("machine", "b", "--output", "but 1 MB are free")
    # Without a folder there is no disk to judge.
    assert check(simulated).findings["estimates"]["disk"]["free"] is None


def test_memory_that_is_too_small(
    simulated: Path, check: Check, quick_network: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert warned(check(simulated).findings, "memory") == []
    monkeypatch.setattr("maxatac.checking.estimates.available_memory", lambda: 10)
    found = check(simulated, batch_size=5_000).findings
    assert len(warned(found, "a smaller --batch_size takes less")) == 1


def test_steps_are_computed_by_the_processors_that_are_granted(
    simulated: Path, check: Check, quick_network: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maxatac.checking.estimates.usable_processors", lambda: 4)
    assert check(simulated).findings["estimates"]["time"]["step"] == STEP_SECONDS / 4
    assert check(simulated, ensemble=3).findings["estimates"]["time"]["step"] == 3 * STEP_SECONDS / 4


def size_of_chr4(folder: Path) -> int:
    sizes = dict(line.split("\t") for line in (folder / "genome.chrom.sizes").read_text().splitlines())
    return int(sizes["chr4"])


def windows_of_chr4(folder: Path) -> int:
    """Count, one by one, the windows that a test of the one held-out cell type would predict."""
    excluded = [line.split("\t")[:3] for line in (folder / "blacklist.bed").read_text().splitlines()]
    last = (size_of_chr4(folder) - 1_024) // 32 * 32
    return sum(
        not any(c == "chr4" and int(a) < start + 1_024 and int(b) > start for c, a, b in excluded)
        for start in sorted({*range(0, last + 1, 256), last})
    )


def test_estimates_add_up(simulated: Path, check: Check, quick_network: None) -> None:
    tested = {"test_chroms": ("chr4",), "val_batch_size": 30, "batches": 7}
    found = check(simulated, batch_size=20, epochs=4, **tested).findings["estimates"]
    memory, times = found["memory"], found["time"]
    assert memory["total"] == sum(memory[name] for name in ("program", "decoded", "batches", "network"))
    assert memory["batches"] == 6 * 30 * (1024 * 5 + 32) * 4
    # Two validations of as many windows, and the batches for the statistics.
    training, forward = 7 * 20, 2 * 7 * 30 + 10 * 20
    expected = (training + forward) * times["loader"] + (training + forward / 3) * times["step"]
    np.testing.assert_allclose(times["epoch"], expected / 1_000)
    # The last batch is filled up.
    windows = -(-windows_of_chr4(simulated) // 30) * 30
    assert windows > windows_of_chr4(simulated)
    np.testing.assert_allclose(times["test"], windows * (times["loader"] + times["step"] / 3) / 1_000)
    np.testing.assert_allclose(times["total"], times["start"] + 4 * times["epoch"] + times["test"])
    assert found["disk"]["tracks"] == 8 * (size_of_chr4(simulated) // 32)
    assert not times["step_is_measured"]
    more = check(simulated, batch_size=40, epochs=8, **tested).findings["estimates"]
    per_epoch = found["disk"]["checkpoint"]
    assert more["disk"]["total"] - found["disk"]["total"] == 4 * per_epoch
    assert more["memory"]["network"] > memory["network"]


@pytest.mark.parametrize(("kept", "checkpoints"), [("all", 12), ("best", 5), ("last:3", 8), ("last:100", 12)])
def test_disk_for_the_checkpoints_that_stay(
    kept: str, checkpoints: int, simulated: Path, check: Check, quick_network: None
) -> None:
    disk = check(simulated, "--no-test", epochs=8, keep_checkpoints=kept).findings["estimates"]["disk"]
    assert disk["total"] == checkpoints * disk["checkpoint"] + 2_000_000
    assert disk["tracks"] == 0


def test_cost_without_a_second_validation_and_test(simulated: Path, check: Check, quick_network: None) -> None:
    times = check(simulated, "--no-test", batches=7, genome_validation=0).findings["estimates"]["time"]
    expected = (7 * 8 + 7 * 8 + 10 * 8) * times["loader"] + (7 * 8 + (7 * 8 + 10 * 8) / 3) * times["step"]
    np.testing.assert_allclose(times["epoch"], expected / 1_000)
    assert times["test"] == 0
    tested = {"test_chroms": ("chr4",), "val_batch_size": 40}
    twice = check(simulated, "--test_rev_comp", **tested).findings["estimates"]["time"]
    windows = -(-windows_of_chr4(simulated) // 40) * 40
    # Read once, predicted on both strands.
    np.testing.assert_allclose(twice["test"], windows * (twice["loader"] + 2 * twice["step"] / 3) / 1_000)
    seen = check(simulated, "--test_seen", **tested).findings["estimates"]
    batches = 1_000 * seen["time"]["test"] / (seen["time"]["loader"] + seen["time"]["step"] / 3) / 40
    # chr1 is the longest chromosome that trains, as long as chr4 or longer; its predictions are not written.
    assert batches >= 2 * windows / 40 - 1
    np.testing.assert_allclose(batches, round(batches))
    assert seen["disk"]["tracks"] == 8 * (size_of_chr4(simulated) // 32)


@pytest.mark.slow
def test_timed_fit(simulated: Path, check: Check, quick_network: None) -> None:
    times = check(simulated, "--timed_fit").findings["estimates"]["time"]
    assert times["step_is_measured"]
    assert 0 < times["step"] < 100
    assert times["epoch"] > 0


def test_checkpoint_is_as_large_as_estimated(simulated: Path, tmp_path: Path) -> None:
    import keras

    from maxatac.checking.estimates import _disk
    from maxatac.model.architectures import build
    from maxatac.training.settings import TrainConfig

    model = build("DCNN_V2")
    model.compile(optimizer=keras.optimizers.Adam(), loss="mse")
    model.optimizer.build(model.trainable_variables)
    model.save(tmp_path / "model.keras")
    config = TrainConfig(sequence=Path(), meta_file=Path())
    size = (tmp_path / "model.keras").stat().st_size
    assert 0.8 * size < _disk(config, None, model).checkpoint < 1.25 * size


# For people.


@pytest.mark.parametrize("cells", [3, 9])
def test_text_fits(
    cells: int, simulated: Path, copy: Path, check: Check, quick_network: None, capsys: pytest.CaptureFixture[str]
) -> None:
    header, *rows = (copy / "meta.tsv").read_text().splitlines()
    names = [f"a_cell_type_with_a_rather_long_name_{number}" for number in range(cells)]
    lines = ["\t".join([name, *rows[number % 3].split("\t")[1:]]) for number, name in enumerate(names)]
    (copy / "meta.tsv").write_text("\n".join([header, *lines]) + "\n")
    test_cells = [name for number, name in enumerate(names) if number % 3 == 2]
    status = main(words_of(copy, output=copy / "results"))
    captured = capsys.readouterr()
    assert (status, captured.err) == (0, "")
    text = captured.out
    tables, _, rest = text.partition("\nEstimates")
    assert max(map(len, tables.splitlines())) <= 100
    for words in (
        "Genome: genome.2bit, 4 sequences", "ATAC-seq signal", "minmax01, cut", "0 and 1", "Regions for training",
        "Regions for validation", "Peaks of test cell types", "Split", "valid", "train", "Targets of the first batches",
        "Leak guard: ", "All tracks were read from end to end.",
    ):  # fmt: skip
        assert words in tables, words
    assert "stated, not measured here; --timed_fit" in " ".join(rest.split())
    assert text.splitlines()[-1].startswith("A run would start")
    assert text.count("(Test)") >= len(test_cells)


def test_dry_run_says_the_same(
    simulated: Path, tmp_path: Path, quick_network: None, capsys: pytest.CaptureFixture[str]
) -> None:
    words = words_of(simulated, "--json", seed=1, output=tmp_path / "results")
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    words = ["train", "--dry_run", "--meta_file", *[word for word in words[1:] if word != "--json"]]
    assert main(words) == 0
    text = capsys.readouterr().out
    assert (
        text.splitlines()[-1]
        == f"A run would start ({len(found['warnings'])} warning{'s' * (len(found['warnings']) != 1)})."
    )
    for pool in found["labels"]:
        assert f"{pool['bound_bins']:.2%}" in text
    assert list(tmp_path.iterdir()) == []


def test_problems_in_text(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copy / "SIMTF_CellA_binding.bw").write_text(HTML)
    assert main(words_of(copy)) == 2
    captured = capsys.readouterr()
    assert captured.out.splitlines()[-1].startswith("A run would fail or mean nothing: 1 problem")
    assert "found an HTML page" in " ".join(captured.out.split())
    assert captured.err.count("maxatac: error: ") == 1


# For programs.


def documented() -> dict[str, set[str]]:
    """Keys that the page names: of the whole, and of the objects in it."""
    page = (Path(__file__).parents[2] / "docs" / "check.md").read_text(encoding="utf-8")
    _, _, section = page.partition("## For programs")
    keys: dict[str, set[str]] = {}
    for line in section.splitlines():
        if line.startswith("| `"):
            first, rest = line.strip("| ").split(" | ", 1)
            for key in (word.strip("` ") for word in first.split(",")):
                keys[key] = {word for word in rest.replace("`null`", "").split("`")[1::2] if not word.startswith("--")}
    return keys


def test_every_key_is_documented(copy: Path, check: Check, quick_network: None) -> None:
    shutil.copyfile(copy / "SIMTF_CellA_binding.bw", copy / "SIMTF_CellB_binding.bw")
    found = check(copy).findings
    keys = documented()
    assert set(found) == {key for key in keys if "." not in key}
    keys_of_problem = {field.name for field in dataclasses.fields(Problem)}
    assert keys_of_problem | set(get_args(Kind)) == keys["findings"] - {"problems"}
    for name in (
        "genome",
        "files",
        "signal",
        "binding",
        "regions",
        "pools",
        "split",
        "labels",
        "equal_files",
        "estimates",
    ):
        one = found[name][0] if isinstance(found[name], list) else found[name]
        assert set(one) <= keys[name], name
        # Two of them hold objects of their own, whose keys stand in the same row.
        inner = {"binding": {"bins"}, "equal_files": {"cell_type", "label", "column", "path"}}.get(name, set())
        assert keys[name] - set(one) == inner, name
    for name in ("memory", "disk", "time"):
        assert set(found["estimates"][name]) == keys[f"estimates.{name}"] - {"estimates"}, name
