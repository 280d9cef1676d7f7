"""A draft genome: 2,000 sequences of 1.5 to 3 kb. Work and texts follow its bases, not the number of its sequences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
from tiny import TinySet

from maxatac.checking.text import WIDTH, format_findings
from maxatac.checking.workflow import check
from maxatac.data import regions
from maxatac.errors import Problems
from maxatac.evaluation import benchmark
from maxatac.evaluation.example_loci import false_positives
from maxatac.figures import predictions
from maxatac.figures.drawing import Drawing
from maxatac.files.twobit import TwoBitWriter
from maxatac.genome.blacklist import Blacklist
from maxatac.prediction.windows import window_starts
from maxatac.reporting import contents, data_figures, epoch_figures, page, score_figures
from maxatac.runs.folder import RunFolder
from maxatac.training import held_out
from maxatac.training.inputs import read_samples
from maxatac.training.workflow import train

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file:UserWarning"),
]

COUNT = 2_000
LONGEST_LINE = 600
"""Letters of a line in the log; 2,000 names are 24,000."""


@pytest.fixture(scope="module")
def draft(tmp_path_factory: pytest.TempPathFactory) -> TinySet:
    """Each sequence has a peak of ATAC-seq, and every second of them is bound, others in each cell type."""
    data = TinySet(tmp_path_factory.mktemp("draft"))
    random = np.random.default_rng(3)
    sizes = {f"contig_{number:05}": int(size) for number, size in enumerate(random.integers(1_500, 3_001, COUNT))}
    with TwoBitWriter(data.sequence, list(sizes)) as writer:
        for size in sizes.values():
            nothing = np.zeros((0, 2), np.int64)
            writer.add(random.integers(0, 4, size).astype(np.uint8), nothing, nothing)
    tiny.write_sizes(data.chrom_sizes, sizes)
    data.blacklist.write_text("".join(f"{name}\t100\t200\n" for name in list(sizes)[::20]))
    places = {name: int(random.integers(200, size - 900)) for name, size in sizes.items()}
    for number, cell in enumerate(tiny.CELLS):
        open_ = [(name, start, start + 400, 0.1 + 0.2 * number) for name, start in places.items()]
        bound = [(name, start + 100, start + 240, 1.0) for name, start in list(places.items())[number::2]]
        tiny.write_bigwig(data.file(cell, "signal.bw"), open_, sizes)
        tiny.write_bigwig(data.file(cell, "binding.bw"), bound, sizes)
        tiny.write_peaks(data.file(cell, "atac.narrowPeak"), [(name, a + number, b, 200) for name, a, b, _ in open_])
        tiny.write_peaks(data.file(cell, "chip.narrowPeak"), [(name, a, b, -1) for name, a, b, _ in bound])
    data.write_meta()
    return data


def settings(data: TinySet) -> dict[str, Any]:
    names = [line.split("\t")[0] for line in data.chrom_sizes.read_text().splitlines()]
    split = {"tchroms": names[:800], "vchroms": names[800:1_200], "test_chroms": names[1_200:]}
    return {"batches": 2, "batch_size": 8, "val_batch_size": 256, **{name: tuple(part) for name, part in split.items()}}


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Counter[str]]:
    """Count the calls of functions, given as module or class and name."""
    calls: Counter[str] = Counter()

    def watch(owner: Any, name: str) -> None:
        function = getattr(owner, name)

        def counted(*arguments: Any, **options: Any) -> Any:
            calls[name] += 1
            return function(*arguments, **options)

        monkeypatch.setattr(owner, name, counted)

    def start(*watched: tuple[Any, str]) -> Counter[str]:
        for owner, name in watched:
            watch(owner, name)
        return calls

    return start


def test_check(draft: TinySet, tmp_path: Path, quick_network: None, counting: Callable[..., Counter[str]]) -> None:
    import maxatac.checking.tracks as tracks
    from maxatac.data import tracks as opened
    from maxatac.genome import intervals

    calls = counting((tracks, "_intervals"), (opened, "Track"), (regions, "_judge"), (intervals, "parse_intervals"))
    findings = check(draft.config(tmp_path / "results", **settings(draft)))
    assert findings.problems == ()
    # Each sequence of each of the six tracks once, and each of the six files of peaks.
    assert calls["_intervals"] == 6 * COUNT
    # As a run opens them, and to read them from end to end.
    assert calls["Track"] == 2 * 6
    assert calls["_judge"] <= 20
    assert calls["parse_intervals"] == 6
    assert {len(findings.split), len(findings.regions)} == {3 * COUNT, 6 * COUNT}
    text = format_findings(findings)
    assert len(text.splitlines()) < 150
    assert max(map(len, text.splitlines())) <= WIDTH
    for name, count in (("training", 800), ("validation", 400), ("test", 800)):
        assert f"{count - 10:,} more ({name})" in text


def test_regions_by_chromosome_add_up(draft: TinySet) -> None:
    """Counted in one go, against a pool for each chromosome."""
    sizes = {name: int(size) for name, size in (line.split() for line in draft.chrom_sizes.read_text().splitlines())}
    listed = list(sizes)[10:70]
    black = Blacklist({name: ([100], [200]) for name in list(sizes)[::20]})
    sample = next(iter(read_samples(draft.config(Path("x")), Problems())))
    counted = regions.count_by_chromosome(sample, listed, sizes, black, Problems())
    wanted = {name: (name,) for name in listed}
    rest = [name for name in sizes if name not in wanted]
    pools = regions.build_pools([sample], {**wanted, "rest": rest}, sizes, black, Problems())
    for place, (counts, unknown) in enumerate(counted):
        assert unknown == 0
        for found, (_, report) in zip(counts, pools.values(), strict=True):
            alone = report.sources[place]
            assert found.intervals == alone.intervals - alone.other_chromosomes
            for name in ("cell_line", "kind", "path", "beyond_end", "off_end", "blacklisted", "kept"):
                assert getattr(found, name) == getattr(alone, name)


def test_training_and_test(
    draft: TinySet,
    tmp_path: Path,
    quick_network: None,
    counting: Callable[..., Counter[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import keras

    batches: list[int] = []
    predict = keras.Model.predict_on_batch

    def watched(self: keras.Model, windows: Any) -> Any:
        if self.name == "dcnn_v2":
            batches.append(len(windows))
        return predict(self, windows)

    monkeypatch.setattr(keras.Model, "predict_on_batch", watched)
    calls = counting((held_out, "Track"), (benchmark, "draw_weights"))
    output = tmp_path / "results"
    config = draft.config(output, **settings(draft))
    result = train(config)
    sizes = {name: int(size) for name, size in (line.split() for line in draft.chrom_sizes.read_text().splitlines())}
    black = Blacklist({name: ([100], [200]) for name in list(sizes)[::20]})
    windows = sum(len(window_starts(name, sizes[name], 256, black)) for name in config.test_chroms)
    assert batches == [256] * -(-windows // 256)
    assert calls["Track"] == 4  # signal and binding of the tested cell type, and the binding of two others
    (tested,) = result.test["cell_types"]
    bases = sum(sizes[name] for name in config.test_chroms)
    for resolution in tested["resolutions"]:
        assert 25 <= resolution["blocks"] <= 2 * bases / resolution["block_size"] + 1
    log = (output / "maxatac_model.log").read_text().splitlines()
    assert max(map(len, log)) < LONGEST_LINE
    assert any("no binding data on contig" in line and " more" in line for line in log)
    assert (output / "maxatac_model_test.tsv").stat().st_size < 20_000

    drawn: list[tuple[str, float, int]] = []

    def draw(name: str, plot: Any, *, width: float = 0, rows: Any, header: Any, **options: Any) -> Drawing:
        drawn.append((name, width, len(header)))
        return Drawing(
            name, options["title"], options["alt"], options.get("note", ""), header, rows, b"<svg></svg>", b""
        )

    for module in (data_figures, epoch_figures, score_figures, predictions):
        monkeypatch.setattr(module, "draw", draw)
    text = page.render(contents.read_contents(RunFolder(output, "maxatac_model")), [])
    assert max(width for _, width, _ in drawn) < 12
    assert max(columns for _, _, columns in drawn) <= 2 + 30
    assert len(text) < 200_000
    assert text.count("contig_") < 600


def test_false_positives_of_many_sequences() -> None:
    """Only what can still be listed is kept; the list is that of all bins, best first and apart."""
    random = np.random.default_rng(2)
    predicted = {f"c{number}": random.random(90).astype(np.float32) for number in range(800)}
    labels = {name: np.zeros(90, bool) for name in predicted}
    found = [(one["chrom"], one["start"] // 32) for one in false_positives(predicted, labels, {})]
    everything = sorted(
        (-values[bin_], number, bin_) for number, values in enumerate(predicted.values()) for bin_ in range(90)
    )
    expected: list[tuple[str, int]] = []
    for _, number, bin_ in everything:
        if len(expected) < 20 and all(name != f"c{number}" or abs(bin_ - other) >= 32 for name, other in expected):
            expected.append((f"c{number}", bin_))
    assert found == expected
