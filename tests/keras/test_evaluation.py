from __future__ import annotations

import numpy as np
import pytest
from arrays import GENOME, LETTERS, SIGNAL, SIZE, TRACK, ArrayGenome, ArrayTrack, binned
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from maxatac.data import bins
from maxatac.data.bins import bin_labels, coarse_labels, coarse_maxima, signal_bins
from maxatac.evaluation.benchmark import score_predictors
from maxatac.evaluation.motif import motif_bins
from maxatac.evaluation.ranking import GUESS, Ranking

rng = np.random.default_rng(0)


class TestCoarseBins:
    @pytest.mark.parametrize("size", [199, 200, 800, 4999, 5000, 5024])
    def test_maximum_of_every_base(self, size):
        values = np.random.default_rng(size).random(size // 32, dtype=np.float32)
        values[40:43] = np.nan
        per_base = np.append(np.repeat(values, 32), np.full(32, np.nan, np.float32))
        expected = [per_base[200 * place : 200 * place + 200].max() for place in range(size // 200)]
        np.testing.assert_array_equal(coarse_maxima(values, size // 200), np.array(expected, np.float32))

    def test_bound_where_any_base_is(self, monkeypatch):
        monkeypatch.setattr(bins, "_CHUNK", 600)
        values = np.full(1_450, np.nan)
        values[199], values[400:600], values[650], values[1_399], values[1_440] = 0.01, 0, -1, 1, 1
        found = coarse_labels(ArrayTrack(c=values), "c", 7)
        np.testing.assert_array_equal(found, [True, False, False, False, False, False, True])
        assert not coarse_labels(ArrayTrack(), "c", 3).any()


class TestBins:
    @pytest.fixture(autouse=True)
    def small_chunks(self, monkeypatch):
        """Make every test cross the border between two reads."""
        monkeypatch.setattr(bins, "_CHUNK", 96)

    def test_labels_need_more_than_half_the_bin(self):
        values = np.full(32 * 5, np.nan)
        values[0:16] = 1  # a sum of 16 is not more than half
        values[32 : 32 + 17] = 1
        values[64:96] = 0
        values[96:128] = 1
        values[128:160] = 0.51
        np.testing.assert_array_equal(bin_labels(ArrayTrack(c=values), "c", 5), [False, True, False, True, True])

    def test_signal_is_the_mean_with_no_data_as_zero(self):
        np.testing.assert_allclose(signal_bins(TRACK, "c", 156), binned(SIGNAL).mean(axis=1), rtol=1e-6)

    def test_chromosome_without_data(self):
        assert not bin_labels(ArrayTrack(), "c", 3).any()
        assert not signal_bins(ArrayTrack(), "c", 3).any()

    @pytest.mark.parametrize("reach", [0, 1, 3, 200])
    @pytest.mark.parametrize("positions", [1, 6, 9])
    def test_motif_equals_a_plain_loop(self, positions, reach):
        motif = np.random.default_rng(positions).dirichlet([0.3] * 4, positions)
        motif[0] = [0, 0, 0.5, 0.5]
        log = {letter: np.log2(np.maximum(motif[:, i], 0.001) / 0.25) for i, letter in enumerate("ACGT")}
        complement = dict(zip("ACGT", "TGCA", strict=True))

        def score(word):
            return sum(log[letter][i] for i, letter in enumerate(word))

        lowest = np.log2(np.maximum(motif, 0.001) / 0.25).min(axis=1).sum()
        per_bin = np.full(156, lowest)
        for start in range(SIZE - positions + 1):
            word, b = LETTERS[start : start + positions], (start + positions // 2) // 32
            if "N" not in word and b < 156:
                reverse = "".join(complement[letter] for letter in reversed(word))
                per_bin[b] = max(per_bin[b], score(word), score(reverse))
        expected = [per_bin[max(b - reach, 0) : b + reach + 1].max() for b in range(156)]
        np.testing.assert_allclose(motif_bins(GENOME, "c", 156, motif, reach=reach), expected, atol=1e-4)

    def test_motif_longer_than_the_chromosome(self):
        assert len(set(motif_bins(ArrayGenome(c="A" * 64), "c", 2, np.full((100, 4), 0.25)))) == 1

    def test_motif_of_another_shape(self):
        with pytest.raises(ValueError, match=r"\(4, 6\)"):
            motif_bins(GENOME, "c", 156, np.full((4, 6), 0.25))


labelled_scores = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 1 / 3, 0.5, 1.0]) | st.floats(0, 1, width=32)),
    min_size=1,
    max_size=60,
)


class TestScores:
    @given(labelled_scores)
    def test_equal_scikit_learn(self, pairs):
        labels = np.array([label for label, _ in pairs])
        scores = np.array([score for _, score in pairs])
        if labels.any():
            assert Ranking.of(labels, scores).average_precision == pytest.approx(
                average_precision_score(labels, scores), abs=1e-9
            )
        else:
            assert np.isnan(Ranking.of(labels, scores).average_precision)
        if labels.any() and not labels.all():
            assert Ranking.of(labels, scores).auroc == pytest.approx(roc_auc_score(labels, scores), abs=1e-9)
        else:
            assert np.isnan(Ranking.of(labels, scores).auroc)

    @pytest.mark.parametrize("levels", [1, 2, 50, None])
    def test_equal_scikit_learn_on_many(self, levels):
        labels = rng.random(50_000) < 0.01
        scores = (rng.random(50_000) + labels * 0.3).astype(np.float32)
        if levels is not None:
            scores = np.floor(scores * levels / 1.3).astype(np.float32)
        assert Ranking.of(labels, scores).average_precision == pytest.approx(
            average_precision_score(labels, scores), abs=1e-9
        )
        assert Ranking.of(labels, scores).auroc == pytest.approx(roc_auc_score(labels, scores), abs=1e-9)

    def test_bad_arguments(self):
        with pytest.raises(ValueError, match="NaN"):
            Ranking.of(np.array([True, False]), np.array([0.5, np.nan]))
        with pytest.raises(ValueError, match="match"):
            Ranking.of(np.array([True, False]), np.array([0.5]))
        empty = Ranking.of(np.array([], dtype=bool), np.array([]))
        assert np.isnan([empty.average_precision, empty.auroc]).all()


class TestScorePredictors:
    def test_pools_the_predicted_bins_of_all_chromosomes(self):
        sizes = {"c": 1_563, "d": 1_000}
        labels = {chrom: rng.random(size) < 0.2 for chrom, size in sizes.items()}
        model = {chrom: (rng.random(size) + 0.5 * labels[chrom]).astype(np.float32) for chrom, size in sizes.items()}
        signal = {chrom: rng.random(size, dtype=np.float32) for chrom, size in sizes.items()}
        model["c"][100:200] = np.nan
        found = score_predictors(labels, {"model": model, "ATAC": signal}, unavailable={"motif": "there is none"})
        mask = {chrom: ~np.isnan(values) for chrom, values in model.items()}
        y, p, s = (np.concatenate([part[c][mask[c]] for c in "cd"]) for part in (labels, model, signal))
        assert (found.bins, found.bound_bins, found.bin_size) == (1_463 + 1_000, y.sum(), 32)
        assert found.prevalence == found.value(GUESS) == pytest.approx(y.mean())
        assert [entry["name"] for entry in found.predictors] == ["model", "ATAC", "motif", GUESS]
        for name, scores in (("model", p), ("ATAC", s)):
            assert found.value(name) == pytest.approx(average_precision_score(y, scores))
            assert found.value(name, "auroc") == pytest.approx(roc_auc_score(y, scores))
            assert found.curves[name]["average_precision"] == found.value(name)
        entry = found.predictors[0]["average_precision"]
        assert entry["low"] < entry["value"] < entry["high"]
        more = found.predictors[1]["average_precision"]
        assert more["model_minus"] == pytest.approx(found.value("model") - found.value("ATAC"))
        assert more["model_minus_low"] < more["model_minus"] < more["model_minus_high"]
        assert found.predictors[2] == {"name": "motif", "note": "there is none"}
        assert np.isnan(found.value("motif"))
        assert found.as_dict()["predictors"] == list(found.predictors)

    @pytest.mark.parametrize("values", [np.full(40, np.nan), np.zeros(40)])
    def test_without_a_bin_or_a_bound_one_there_is_no_score(self, values):
        labels, model = {"c": np.zeros(40, bool)}, {"c": values.astype(np.float32)}
        found = score_predictors(labels, {"model": model}, unavailable={"motif": "there is none"})
        assert (found.bins, found.bound_bins) == (np.isfinite(values).sum(), 0)
        assert {entry["note"] for entry in found.predictors} == {"none of the bins is bound"}
        assert np.isnan(found.value("model"))

    @pytest.mark.parametrize("longer", ["labels", "ATAC"])
    def test_another_number_of_bins(self, longer):
        sizes = {"labels": 40, "ATAC": 40} | {longer: 41}
        model, signal = {"c": np.zeros(40, np.float32)}, {"c": np.zeros(sizes["ATAC"], np.float32)}
        with pytest.raises(ValueError, match=r"c has 41 bins here, and 40 "):
            score_predictors({"c": np.ones(sizes["labels"], bool)}, {"model": model, "ATAC": signal})

    def test_predictor_that_lacks_a_bin(self):
        labels, model = {"c": np.arange(40) < 3}, {"c": np.zeros(40, np.float32)}
        with pytest.raises(ValueError, match="NaN"):
            score_predictors(labels, {"model": model, "ATAC": {"c": np.full(40, np.nan, np.float32)}})
