from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from maxatac.evaluation.example_loci import FALSE_POSITIVES, example_loci, false_positives

BINS = 2_000


@pytest.fixture
def made() -> dict[str, dict[str, np.ndarray]]:
    """Two chromosomes: low predictions, bins 500 to 505 of chr1 bound, nothing predicted for the first 50 bins."""
    random = np.random.default_rng(1)
    values: dict[str, dict[str, np.ndarray]] = {"predicted": {}, "labels": {}, "signal": {}}
    for chrom in ("chr1", "chr2"):
        values["predicted"][chrom] = random.uniform(0, 0.1, BINS).astype(np.float32)
        values["predicted"][chrom][:50] = np.nan
        values["labels"][chrom] = np.zeros(BINS, bool)
        values["signal"][chrom] = random.uniform(0, 0.1, BINS).astype(np.float32)
    values["labels"]["chr1"][500:506] = True
    return values


def starts(made: dict[str, Any], tracks: dict[str, Any] | None = None) -> list[tuple[str, int]]:
    found = false_positives(made["predicted"], made["labels"], tracks or {})
    return [(entry["chrom"], entry["start"] // 32) for entry in found]


def test_false_positives_are_the_highest_far_from_bound_bins(made: dict[str, Any]) -> None:
    predicted = made["predicted"]
    predicted["chr1"][503] = 0.99  # bound
    predicted["chr1"][521] = 0.98  # 512 bp from the last bound bin
    predicted["chr1"][522] = 0.97  # farther
    predicted["chr2"][900] = 0.96
    predicted["chr2"][931] = 0.95  # 992 bp from the one before
    predicted["chr2"][932] = 0.94
    predicted["chr2"][10] = np.nan
    assert starts(made)[:3] == [("chr1", 522), ("chr2", 900), ("chr2", 932)]
    found = false_positives(predicted, made["labels"], {"signal": made["signal"]})
    assert len(found) == FALSE_POSITIVES
    assert (found[0]["start"], found[0]["end"], found[0]["distance"]) == (522 * 32, 523 * 32, 17 * 32)
    assert found[0]["score"] == pytest.approx(0.97)
    assert found[0]["tracks"]["signal"] == pytest.approx(float(made["signal"]["chr1"][506:539].max()))
    assert found[1]["distance"] is None
    scores = [entry["score"] for entry in found]
    assert scores == sorted(scores, reverse=True)


def test_many_candidates_are_cut_to_the_same_list(made: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    everything = starts(made)
    monkeypatch.setattr("maxatac.evaluation.example_loci._CANDIDATES", 1_500)
    assert starts(made) == everything


def test_false_positives_of_one_prediction(made: dict[str, Any]) -> None:
    """A model that says the same everywhere: the first places, at their distance."""
    for values in made["predicted"].values():
        values[50:] = 0.5
    assert starts(made) == [("chr1", 50 + 32 * place) for place in range(14)] + [
        ("chr1", 522 + 32 * place) for place in range(6)
    ]


def test_examples_show_what_they_say(made: dict[str, Any]) -> None:
    predicted, labels, signal = made["predicted"], made["labels"], made["signal"]
    labels["chr2"][1_500] = labels["chr2"][1_000] = True
    predicted["chr1"][500:506] = [0.6, 0.7, 0.8, 0.9, 0.7, 0.6]
    predicted["chr2"][1_000] = 0.01
    predicted["chr2"][1_500] = 0.65
    predicted["chr1"][1_200] = 0.5
    signal["chr2"][300] = 0.9
    signal["chr1"][505] = 1.0  # bound
    found = example_loci(predicted, labels, signal)
    chosen = [(place["chrom"], place["bin_start"] // 32) for place in found]
    # The median of the bound bins, 0.65 of the eight, is its own place.
    assert chosen == [("chr1", 503), ("chr2", 1_500), ("chr2", 1_000), ("chr1", 1_200), ("chr2", 300)]
    for place in found:
        first, last = place["start"] // 32, place["end"] // 32
        assert (place["start"], place["end"]) == (place["bin_start"] - 64 * 32, place["bin_start"] + 65 * 32)
        assert place["bound"] == labels[place["chrom"]][first:last].astype(int).tolist()
        for name, values in (("signal", signal), ("predicted", predicted)):
            assert place[name] == pytest.approx(values[place["chrom"]][first:last].tolist(), rel=1e-4)


def test_examples_end_with_the_chromosome(made: dict[str, Any]) -> None:
    made["predicted"]["chr1"][BINS - 1] = 0.99
    made["predicted"]["chr2"][50] = 0.98
    found = example_loci(made["predicted"], made["labels"], made["signal"])
    last = next(place for place in found if place["bin_start"] == (BINS - 1) * 32)
    assert last["end"] == BINS * 32
    assert len(last["bound"]) == len(last["signal"]) == 65
    made["labels"]["chr2"][50] = True
    first = example_loci(made["predicted"], made["labels"], made["signal"])[0]
    assert first["start"] == 0
    assert first["predicted"][:50] == [None] * 50


def test_places_do_not_overlap(made: dict[str, Any]) -> None:
    found = example_loci(made["predicted"], made["labels"], made["signal"])
    for number, one in enumerate(found):
        for other in found[:number]:
            assert one["chrom"] != other["chrom"] or one["end"] <= other["start"] or other["end"] <= one["start"]


def test_nothing_to_show() -> None:
    nothing: dict[str, np.ndarray] = {"chr1": np.full(100, np.nan, np.float32)}
    labels = {"chr1": np.zeros(100, bool)}
    assert example_loci(nothing, labels, nothing) == []
    assert example_loci({}, {}, {}) == []
    assert false_positives(nothing, labels, {}) == []
    everything_bound = {"chr1": np.ones(100, bool)}
    some = {"chr1": np.ones(100, np.float32)}
    assert false_positives(some, everything_bound, {}) == []
    assert [place["bin_start"] for place in example_loci(some, everything_bound, some)] == [0]
