"""Predicting whole chromosomes: which windows are read, in which batches, and the means of their bins."""

from __future__ import annotations

import numpy as np
import pytest
from arrays import (
    GENOME,
    LETTERS,
    SIGNAL,
    SIZE,
    TRACK,
    ArrayGenome,
    ArrayReader,
    ArrayTrack,
    Recorder,
    binned,
    mean_signal,
    share_of_a,
)

from maxatac.data.readers import read_ahead
from maxatac.errors import MaxatacError
from maxatac.genome.blacklist import Blacklist
from maxatac.prediction.chromosome import predict_chromosomes
from maxatac.prediction.windows import tiled, window_starts


def predict_all(model, reader, chroms, *, step=256, blacklist=None, **options):
    """Give each chromosome with the predictions of the first track."""
    windows = tiled(chroms, reader.genome.chrom_sizes, step=step, blacklist=blacklist)
    for found in predict_chromosomes(model, reader, windows, **{"both_strands": True, **options}):
        assert found.offset == 0
        yield found.chrom, found.values[0]


def predict_chromosome(model, genome, track, chrom, **options):
    ((_, predictions),) = predict_all(model, ArrayReader(genome, track), [chrom], **options)
    return predictions


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
        ("size", "windows", "bins", "covered"),
        [
            (1023, 0, 31, 0),
            (1024, 1, 32, 32),
            (1040, 1, 32, 32),
            (1055, 1, 32, 32),
            (1056, 2, 33, 33),
            (1500, 3, 46, 46),
        ],
    )
    def test_small_chromosomes(self, size, windows, bins, covered):
        genome, track, counted = ArrayGenome(c="A" * size), ArrayTrack(c=np.ones(size)), []
        options = {"both_strands": False, "after_batch": counted.append}
        scores = predict_chromosome(Recorder(mean_signal), genome, track, "c", **options)
        assert sum(counted) == windows
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

    def test_both_strands_inflate_the_signal_once(self, tiny_set):
        from maxatac import Genome, Track, WindowReader

        inflated = []
        for both_strands in (False, True):
            reader = WindowReader(Genome(tiny_set.sequence), [Track(tiny_set.file("CellA", "signal.bw"))])
            list(predict_all(Recorder(mean_signal), reader, ["chr1"], both_strands=both_strands))
            inflated.append(reader.memory.usage["inflated"])
        assert inflated[0] == inflated[1] > 0

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


class TestOrder:
    """The same bytes, wherever batches end."""

    @staticmethod
    def of_many_sizes(windows):
        """Depends on the content of each window alone; its sums in float64 depend on their order."""
        return np.float32(10) ** (12 * np.sin(1_000 * mean_signal(windows)) + 3 * share_of_a(windows))

    def test_of_any_batch_size(self):
        found = [
            predict_chromosome(Recorder(self.of_many_sizes), GENOME, TRACK, "c", step=32, batch_size=size)
            for size in (1, 7, 33, 256)
        ]
        for other in found[1:]:
            np.testing.assert_array_equal(other.view(np.uint32), found[0].view(np.uint32))

    @pytest.mark.parametrize("both_strands", [False, True])
    @pytest.mark.parametrize("finished", [(), ("a",), ("a", "b"), ("a", "short", "b", "c"), ("b", "d")])
    def test_of_what_is_left(self, finished, both_strands):
        """A network whose scores depend on the row of a window sees each window in the same row as before."""
        sizes = {"a": 2_000, "short": 900, "b": 5_000, "c": 1_500, "d": 3_000}
        reader = ArrayReader(
            ArrayGenome(**{name: LETTERS[:size] for name, size in sizes.items()}),
            ArrayTrack(**{name: SIGNAL[:size] for name, size in sizes.items()}),
        )

        def by_row(windows):
            return mean_signal(windows) + np.arange(len(windows), dtype=np.float32)[:, None]

        options = {"batch_size": 8, "both_strands": both_strands}
        once = dict(predict_all(Recorder(by_row), reader, list(sizes), **options))
        counted = []
        model = Recorder(by_row)
        rest = predict_all(model, reader, list(sizes), finished=finished, after_batch=counted.append, **options)
        found = dict(rest)
        assert list(found) == [name for name in sizes if name not in finished]
        for name, scores in found.items():
            np.testing.assert_array_equal(scores, once[name])
        wanted = sum(len(window_starts(name, size, 256)) for name, size in sizes.items() if name in found)
        assert sum(counted) == wanted * (1 + both_strands)
        assert len(model.shapes) <= (-(-wanted // 8) + len(finished) + 1) * (1 + both_strands)

    def test_of_all_finished(self):
        model = Recorder(mean_signal)
        assert list(predict_all(model, ArrayReader(GENOME, TRACK), ["c"], finished=("c",))) == []
        assert model.shapes == []


class TestReverseComplement:
    """Bases reversed and complemented, the signal reversed, the bins turned back."""

    SIZE = 1024 + 9 * 256  # the grid is its own mirror image

    @pytest.fixture
    def model(self):
        import quick

        model = quick.build("")
        random = np.random.default_rng(3)
        for weights in model.weights:
            if "kernel" in weights.path or "bias" in weights.path:
                weights.assign(random.normal(size=weights.shape))
        model.compile(jit_compile=False)
        return model

    @pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning")
    @pytest.mark.parametrize("batch_size", [4, 64])
    def test_mirrored_genome_gives_the_mirrored_track(self, model, tmp_path, batch_size):
        from tiny import write_bigwig

        from maxatac import Genome, Track, WindowReader
        from maxatac.files.twobit import TwoBitWriter

        random = np.random.default_rng(4)
        bases = random.integers(0, 4, self.SIZE).astype(np.uint8)
        values = random.random(self.SIZE).astype(np.float32)
        masked = np.array([[100, 130]], np.int64)
        scores = {}
        # Bases are numbered A, C, G, T.
        for name, letters, signal, runs in (
            ("forward", bases, values, masked),
            ("mirrored", 3 - bases[::-1], values[::-1], self.SIZE - masked[:, ::-1]),
        ):
            with TwoBitWriter(tmp_path / f"{name}.2bit", ["c"]) as writer:
                writer.add(np.ascontiguousarray(letters), np.ascontiguousarray(runs), np.empty((0, 2), np.int64))
            intervals = [("c", place, place + 1, float(value)) for place, value in enumerate(signal)]
            track = write_bigwig(tmp_path / f"{name}.bw", intervals, {"c": self.SIZE})
            reader = WindowReader(Genome(tmp_path / f"{name}.2bit"), [Track(track)])
            for both in (False, True):
                ((_, scores[name, both]),) = predict_all(model, reader, ["c"], batch_size=batch_size, both_strands=both)
        np.testing.assert_allclose(scores["mirrored", True], scores["forward", True][::-1], atol=1e-6)
        # The mean of both strands is that of a genome and of its mirror image.
        mean = (scores["forward", False] + scores["mirrored", False][::-1]) / 2
        np.testing.assert_allclose(scores["forward", True], mean, atol=1e-6)
        assert not np.allclose(scores["forward", False], scores["mirrored", False][::-1], atol=1e-3)

    def test_ramp(self):
        ramp = np.arange(1024, dtype=np.float32)
        scores = predict_chromosome(Recorder(mean_signal), ArrayGenome(c="A" * 1024), ArrayTrack(c=ramp), "c")
        np.testing.assert_array_equal(scores, 15.5 + 32 * np.arange(32))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning")
def test_scores_of_the_network_do_not_depend_on_the_batch_size():
    """Equal to 1e-6 on a CPU, where the backend multiplies with all bits."""
    from maxatac.model import architectures

    model = architectures.build("DCNN_V2")
    model.compile(jit_compile=True)
    random = np.random.default_rng(5)
    size = 1024 + 999 * 256
    genome = ArrayGenome(c="".join(random.choice(list("ACGT"), size)))
    track = ArrayTrack(c=random.random(size) * (random.random(size) < 0.2) * 3)
    reader = ArrayReader(genome, track)
    found = [next(predict_all(model, reader, ["c"], batch_size=size, both_strands=False))[1] for size in (1, 7, 256)]
    for scores in found[1:]:
        np.testing.assert_allclose(scores, found[0], rtol=0, atol=1e-6)
