from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from maxatac.data import bins
from maxatac.data.bins import bin_labels, coarse_labels, coarse_maxima, signal_bins
from maxatac.data.readers import read_ahead
from maxatac.errors import MaxatacError
from maxatac.evaluation.benchmark import score_predictors
from maxatac.evaluation.motif import motif_bins
from maxatac.evaluation.ranking import GUESS, Ranking
from maxatac.genome.blacklist import Blacklist
from maxatac.prediction.chromosome import predict_chromosomes
from maxatac.prediction.windows import tiled, window_starts


class ArrayGenome:
    """A genome of letters."""

    def __init__(self, **chroms):
        self._chroms = chroms
        self.chrom_sizes = {name: len(letters) for name, letters in chroms.items()}

    def one_hot(self, chrom, start, end):
        assert 0 <= start <= end <= self.chrom_sizes[chrom]
        letters = np.frombuffer(self._chroms[chrom][start:end].encode(), dtype="S1")
        return (letters[:, None] == np.array([b"A", b"C", b"G", b"T"])).astype(np.float32)


class ArrayTrack:
    """A track with one stored value per base."""

    path = "signal.bw"

    def __init__(self, **chroms):
        self._chroms = {name: np.asarray(values, dtype=np.float32) for name, values in chroms.items()}
        self.chrom_sizes = {name: len(values) for name, values in self._chroms.items()}

    def values(self, chrom, start, end):
        assert 0 <= start <= end <= self.chrom_sizes[chrom]
        return self._chroms[chrom][start:end]


class ArrayReader:
    """A reader of windows of the two."""

    def __init__(self, genome, track):
        self.genome, self._track, self.calls = genome, track, 0
        self.signal = [track]

    def chrom_numbers(self, names):
        known = list(self.genome.chrom_sizes)
        return np.array([known.index(name) for name in names], dtype=np.int32)

    def inputs(self, track, chrom, start, reverse):
        self.calls += 1
        names = list(self.genome.chrom_sizes)
        windows = []
        for number, first, turned in zip(chrom.tolist(), start.tolist(), reverse.tolist(), strict=True):
            where = names[number], first, first + 1024
            values = self._track.values(*where)
            window = np.column_stack([self.genome.one_hot(*where), np.where(np.isnan(values), 0, values)])
            windows.append(window[::-1, [3, 2, 1, 0, 4]] if turned else window)
        return np.stack(windows).astype(np.float32)


def predict_all(model, reader, chroms, *, step=256, blacklist=None, **options):
    """Give each chromosome with the predictions of the first track."""
    windows = tiled(chroms, reader.genome.chrom_sizes, step=step, blacklist=blacklist)
    for found in predict_chromosomes(model, reader, windows, **options):
        assert found.offset == 0
        yield found.chrom, found.values[0]


def predict_chromosome(model, genome, track, chrom, **options):
    ((_, predictions),) = predict_all(model, ArrayReader(genome, track), [chrom], **options)
    return predictions


class Recorder:
    """A model of plain numpy, which remembers what it was given."""

    def __init__(self, function):
        self.function = function
        self.shapes = []

    def predict_on_batch(self, windows):
        self.shapes.append(windows.shape)
        return self.function(windows)


def mean_signal(windows):
    return windows[..., 4].reshape(-1, 32, 32).mean(axis=2)


def share_of_a(windows):
    return windows[..., 0].reshape(-1, 32, 32).mean(axis=2)


rng = np.random.default_rng(0)
SIZE = 5000  # 156 bins and 8 bases; the last window starts at 3968 and ends at 4992
LETTERS = "".join(rng.choice(list("ACGTN"), SIZE, p=[0.3, 0.2, 0.2, 0.28, 0.02]))
SIGNAL = rng.random(SIZE).astype(np.float32)
SIGNAL[1000:1100] = np.nan
GENOME = ArrayGenome(c=LETTERS)
TRACK = ArrayTrack(c=SIGNAL)


def binned(values):
    whole = len(values) // 32 * 32
    return np.nan_to_num(np.asarray(values, dtype=np.float64))[:whole].reshape(-1, 32)


class TestPredictChromosome:
    @pytest.mark.parametrize("batch_size", [1, 4, 7, 100])
    @pytest.mark.parametrize("step", [32, 256, 1024, 4096])
    def test_what_does_not_depend_on_place_comes_back(self, step, batch_size):
        """A model that reports each bin's signal must give the track's bins, whatever the windows."""
        model = Recorder(mean_signal)
        scores = predict_chromosome(model, GENOME, TRACK, "c", step=step, batch_size=batch_size)
        covered = ~np.isnan(scores)
        expected = np.zeros(156, dtype=bool)
        for start in [*range(0, SIZE - 1024 + 1, step), 3968]:
            expected[start // 32 : start // 32 + 32] = True
        np.testing.assert_array_equal(covered, expected)
        assert covered[-1]
        np.testing.assert_allclose(scores[covered], binned(SIGNAL).mean(axis=1)[covered], rtol=1e-5)
        assert scores.dtype == np.float32
        assert set(model.shapes) == {(batch_size, 1024, 5)}

    def test_overlapping_predictions_are_averaged(self):
        """Each bin gets the mean of its places in the windows that cover it."""
        model = Recorder(lambda windows: np.tile(np.arange(32.0), (len(windows), 1)))
        scores = predict_chromosome(model, GENOME, TRACK, "c", step=512, both_strands=False)
        starts = [0, 512, 1024, 1536, 2048, 2560, 3072, 3584, 3968]
        expected = [np.mean([b - s // 32 for s in starts if 0 <= b - s // 32 < 32]) for b in range(156)]
        np.testing.assert_allclose(scores, expected, rtol=1e-6)

    def test_both_strands(self):
        """The reverse complement has T for A, and its bins come back in forward order."""
        letters = np.array(list(LETTERS))
        options = {"step": 256, "batch_size": 8}
        forward = predict_chromosome(Recorder(share_of_a), GENOME, TRACK, "c", both_strands=False, **options)
        np.testing.assert_allclose(forward, binned(letters == "A").mean(axis=1), rtol=1e-5)
        both = predict_chromosome(Recorder(share_of_a), GENOME, TRACK, "c", **options)
        expected = (binned(letters == "A").mean(axis=1) + binned(letters == "T").mean(axis=1)) / 2
        np.testing.assert_allclose(both, expected, rtol=1e-5)

    def test_windows_that_touch_the_blacklist_are_left_out(self):
        blacklist = Blacklist({"c": ([2000], [2001])})
        scores = predict_chromosome(Recorder(mean_signal), GENOME, TRACK, "c", blacklist=blacklist)
        starts = [*range(0, SIZE - 1024 + 1, 256), 3968]
        kept = [start for start in starts if not start <= 2000 < start + 1024]
        expected = np.zeros(156, dtype=bool)
        for start in kept:
            expected[start // 32 : start // 32 + 32] = True
        assert not expected.all()
        np.testing.assert_array_equal(~np.isnan(scores), expected)

    @pytest.mark.parametrize(
        ("size", "bins", "covered"), [(1023, 31, 0), (1024, 32, 32), (1055, 32, 32), (1056, 33, 33)]
    )
    def test_small_chromosomes(self, size, bins, covered):
        genome, track = ArrayGenome(c="A" * size), ArrayTrack(c=np.ones(size))
        scores = predict_chromosome(Recorder(mean_signal), genome, track, "c")
        assert len(scores) == bins
        assert np.isfinite(scores).sum() == covered

    @pytest.mark.parametrize("options", [{"step": 100}, {"batch_size": 0}])
    def test_impossible_settings(self, options):
        with pytest.raises(ValueError, match=r"line up|at least one"):
            predict_chromosome(Recorder(mean_signal), GENOME, TRACK, "c", **options)

    def test_windows_are_counted(self):
        counted = []
        predict_chromosome(Recorder(mean_signal), GENOME, TRACK, "c", batch_size=5, after_batch=counted.append)
        assert counted == [5, 5, 5, 5, 5, 5, 2, 2]  # 17 windows, on both strands

    def test_what_is_told_of_a_batch_may_end_it(self):
        def stop(windows):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            predict_chromosome(Recorder(mean_signal), GENOME, TRACK, "c", after_batch=stop)


class TestPredictChromosomes:
    """Windows of all chromosomes, one behind the other."""

    SIZES = {"a": 2_000, "short": 1_000, "b": 5_000, "c": 1_024, "black": 1_500, "d": 3_100}

    @pytest.fixture
    def genome(self):
        return ArrayGenome(**{name: LETTERS[:size] for name, size in self.SIZES.items()})

    @pytest.fixture
    def track(self):
        return ArrayTrack(**{name: SIGNAL[-size:] for name, size in self.SIZES.items()})

    @pytest.mark.parametrize("both_strands", [False, True])
    @pytest.mark.parametrize("batch_size", [1, 3, 8, 16, 100])
    def test_each_is_what_it_is_alone(self, genome, track, batch_size, both_strands):
        blacklist = Blacklist({"black": ([700], [701]), "b": ([100], [200])})
        options = {"batch_size": batch_size, "blacklist": blacklist, "both_strands": both_strands}
        model = Recorder(lambda windows: share_of_a(windows) * np.arange(1, 33))
        found = list(predict_all(model, ArrayReader(genome, track), list(self.SIZES), **options))
        assert [chrom for chrom, _ in found] == list(self.SIZES)
        windows = 0
        for chrom, scores in found:
            alone = Recorder(model.function)
            np.testing.assert_array_equal(scores, predict_chromosome(alone, genome, track, chrom, **options))
            windows += len(window_starts(chrom, self.SIZES[chrom], 256, blacklist))
        assert np.isnan(dict(found)["short"]).all()
        assert np.isnan(dict(found)["black"]).all()
        # Only the very last batch is filled up.
        assert model.shapes == [(batch_size, 1024, 5)] * (-(-windows // batch_size) * (1 + both_strands))

    def test_a_thousand_contigs_are_few_batches(self):
        """Two windows each: the network is called, and files are read, as the bases ask for."""
        names = [f"contig{number}" for number in range(1_000)]
        genome = ArrayGenome(**dict.fromkeys(names, LETTERS[:1_300]))
        track = ArrayTrack(**dict.fromkeys(names, SIGNAL[:1_300]))
        model, counted = Recorder(mean_signal), []
        reader = ArrayReader(genome, track)
        found = predict_all(model, reader, names, after_batch=counted.append)
        assert [chrom for chrom, _ in found] == names
        assert model.shapes == [(256, 1024, 5)] * 2 * 8
        assert sum(counted) == 2 * 2 * 1_000
        assert reader.calls == 8

    def test_chromosome_is_given_when_its_last_window_is_predicted(self, genome, track):
        """Nothing behind it is predicted by then, and of the rest no more than a batch is read."""
        model = Recorder(mean_signal)
        found = predict_all(model, ArrayReader(genome, track), ["a", "b", "d"], batch_size=4, both_strands=False)
        assert next(found)[0] == "a"
        assert len(model.shapes) == 2  # 5 windows
        assert next(found)[0] == "b"
        assert len(model.shapes) == 6  # and 17
        found.close()

    def test_no_chromosome_and_none_with_a_window(self, genome, track):
        model = Recorder(mean_signal)
        assert list(predict_all(model, ArrayReader(genome, track), [])) == []
        ((chrom, scores),) = predict_all(model, ArrayReader(genome, track), ["short"])
        assert (chrom, len(scores), np.isnan(scores).all()) == ("short", 31, True)
        assert model.shapes == []

    @pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning")
    def test_model_is_compiled_once(self, genome, track):
        import keras

        traced = []

        class Watched(keras.layers.Layer):
            def call(self, inputs):
                traced.append(inputs.shape)
                return inputs

        inputs = keras.Input((1024, 5))
        bins = keras.layers.Flatten()(keras.layers.Conv1D(1, 1)(keras.layers.AveragePooling1D(32)(inputs)))
        model = keras.Model(inputs, Watched()(bins))
        model.compile(jit_compile=True)
        found = predict_all(model, ArrayReader(genome, track), list(self.SIZES), batch_size=4)
        traced.clear()
        next(found)
        assert len(traced) == 1
        assert len(list(found)) == len(self.SIZES) - 1
        assert len(traced) == 1

    @pytest.mark.parametrize("chrom", ["b", "c", "d"])
    def test_what_is_no_number_is_told_with_its_place(self, genome, chrom):
        signal = {name: np.zeros(size) for name, size in self.SIZES.items()}
        signal[chrom][-30] = np.inf
        base = self.SIZES[chrom] - 30
        with pytest.raises(MaxatacError, match=rf"signal\.bw: .* infinite at {chrom}:{base:,}$"):
            list(predict_all(Recorder(mean_signal), ArrayReader(genome, ArrayTrack(**signal)), list(self.SIZES)))


class TestReading:
    @pytest.mark.parametrize("both_strands", [False, True])
    def test_network_gets_what_the_core_reads(self, tiny_set, both_strands):
        from maxatac import Genome, Track, WindowReader

        tracks = [Track(tiny_set.file(cell, "signal.bw")) for cell in ("CellA", "CellB")]
        reader, given = WindowReader(Genome(tiny_set.sequence), tracks), []
        model = Recorder(lambda windows: given.append(windows.copy()) or mean_signal(windows))
        options = {"step": 20_000, "batch_size": 4, "both_strands": both_strands}
        list(predict_all(model, reader, ["chr3"], cells=[1], **options))
        starts = np.array([0, 20_000, 40_000, 60_000, 78_976])
        cell = np.ones(5, np.int32)
        for reverse in (False, True)[: 1 + both_strands]:
            expected = reader.inputs(cell, np.repeat(reader.chrom_numbers(["chr3"]), 5), starts, np.full(5, reverse))
            # Batches of the two strands take turns; the last is filled up with its last window.
            found = np.concatenate(given[reverse :: 1 + both_strands])
            np.testing.assert_array_equal(found[:5], expected)
            np.testing.assert_array_equal(found[5:], np.repeat(expected[-1:], 3, axis=0))
        assert all(windows.flags.c_contiguous for windows in given)

    @pytest.mark.parametrize("batch_size", [3, 4, 64])
    def test_several_tracks_at_once(self, tiny_set, batch_size):
        from maxatac import Genome, Track, WindowReader

        tracks = [Track(tiny_set.file(cell, "signal.bw")) for cell in ("CellA", "CellB")]
        reader = WindowReader(Genome(tiny_set.sequence), tracks)
        sizes, chroms = reader.genome.chrom_sizes, ["chr3", "chr1"]
        windows = list(tiled(chroms, sizes, step=20_000))
        found = list(
            predict_chromosomes(Recorder(mean_signal), reader, windows, cells=[1, 0, 1], batch_size=batch_size)
        )
        assert [predictions.chrom for predictions in found] == chroms
        for predictions in found:
            for row, cell in enumerate([1, 0, 1]):
                one = [(chrom, starts) for chrom, starts in windows if chrom == predictions.chrom]
                (alone,) = predict_chromosomes(Recorder(mean_signal), reader, one, cells=[cell])
                np.testing.assert_array_equal(predictions.values[row], alone.values[0])
        assert not np.array_equal(found[0].values[0], found[0].values[1], equal_nan=True)

    def test_windows_off_the_grid(self):
        """Bins start where the windows say; sums of bins that windows share come out as on the grid."""
        starts = np.array([7, 39, 519, 3_975])
        (found,) = predict_chromosomes(Recorder(mean_signal), ArrayReader(GENOME, TRACK), [("c", starts)], batch_size=3)
        assert found.offset == 7
        expected = binned(SIGNAL[7:]).mean(axis=1)
        covered = ~np.isnan(found.values[0])
        assert np.flatnonzero(covered).tolist() == [*range(48), *range(124, 156)]
        np.testing.assert_allclose(found.values[0][covered], expected[covered], rtol=1e-5)

    @pytest.mark.parametrize("count", [0, 1, 2, 5])
    def test_read_ahead_keeps_the_order(self, count):
        assert list(read_ahead(lambda index: index * 10, range(count))) == [index * 10 for index in range(count)]

    def test_read_ahead_passes_errors_on_in_their_turn(self):
        found = []
        with pytest.raises(ZeroDivisionError):
            for value in read_ahead(lambda index: 6 // (3 - index), range(5)):
                found.append(value)
        assert found == [2, 3, 6]

    def test_read_ahead_makes_no_more_than_one_too_many(self):
        made = []
        for index in read_ahead(lambda index: made.append(index) or index, range(5)):
            if index == 1:
                break
        assert made in ([0, 1], [0, 1, 2])


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
        with pytest.raises(ValueError, match=r"c has 41 bins .* 40 in model"):
            score_predictors({"c": np.ones(sizes["labels"], bool)}, {"model": model, "ATAC": signal})

    def test_predictor_that_lacks_a_bin(self):
        labels, model = {"c": np.arange(40) < 3}, {"c": np.zeros(40, np.float32)}
        with pytest.raises(ValueError, match="NaN"):
            score_predictors(labels, {"model": model, "ATAC": {"c": np.full(40, np.nan, np.float32)}})

    @pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning")
    def test_with_a_keras_model(self):
        import keras

        inputs = keras.Input((1024, 5))
        pooled = keras.layers.AveragePooling1D(32)(inputs)
        layer = keras.layers.Conv1D(1, 1, use_bias=False)
        model = keras.Model(inputs, keras.layers.Flatten()(layer(pooled)))
        layer.set_weights([np.array([0, 0, 0, 0, 1], dtype=np.float32).reshape(1, 5, 1)])
        model.compile(jit_compile=True)
        scores = predict_chromosome(model, GENOME, TRACK, "c", batch_size=4)
        np.testing.assert_allclose(scores, binned(SIGNAL).mean(axis=1), rtol=1e-5)
