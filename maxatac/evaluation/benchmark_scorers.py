"""The two ways in which ``maxatac benchmark`` scores: a ranking of bins, and the values of a quantitative model."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maxatac.data.binding_checks import warn_of_prevalence
from maxatac.errors import MaxatacError
from maxatac.evaluation.benchmark import BenchmarkScores
from maxatac.evaluation.benchmark_figures import draw_curves, draw_values
from maxatac.evaluation.benchmark_tables import (
    CURVE_COLUMNS,
    POOLED,
    Row,
    columns,
    curve_rows,
    mean_rows,
    quantitative_columns,
    rows_of,
    table,
)
from maxatac.evaluation.bootstrap import LEVEL, RESAMPLES
from maxatac.evaluation.original import ONE_POINT, OriginalScores, original_table, trapezoid_area
from maxatac.evaluation.quantitative import QUANTITATIVE_METRICS, Agreement, density
from maxatac.evaluation.ranking import BINDING, MODEL, Ranking
from maxatac.evaluation.scored_bins import LeftOut, ScoredBins, ScoredTracks
from maxatac.evaluation.settings import BenchmarkConfig
from maxatac.figures.drawing import Drawing
from maxatac.files.atomic import replacing, write_json, write_text
from maxatac.runs.command import CommandFolder
from maxatac.wording import first_few, number, with_interval

if TYPE_CHECKING:
    from maxatac.evaluation.benchmarking import PreparedBenchmark

SHORTEST = 100_000
"""Chromosomes shorter than this many bp have no interval of their own: they have too few blocks."""

MOST_TABLES = 200
"""Chromosomes that get a table of the original's layout; of more, the longest do."""

Advance = Callable[[int], None]


@dataclass(frozen=True)
class BenchmarkResult:
    """What ``benchmark`` has left.

    Attributes
    ----------
    table, scores : Path
        Scores as a table, and for programs.
    curve : Path or None
        Points of the curves.
    plot : Path or None
    original : tuple of Path
        Tables of the original's layout.
    record : Path
    pooled : tuple of mappings
        Row of the prediction over all chromosomes, for each width of bins.
    """

    table: Path
    scores: Path
    curve: Path | None
    plot: Path | None
    original: tuple[Path, ...]
    record: Path
    pooled: tuple[Row, ...]

    def describe(self) -> list[str]:
        """List the files and the scores of all bins, for the screen."""
        paths = [path for path in (self.table, self.scores, self.curve, self.plot) if path is not None]
        return [*map(str, paths), *map(describe_row, self.pooled)]


def describe_row(row: Row) -> str:
    """Say a score in a line: average precision, prevalence and their ratio."""
    where = f"{row['bin_size']:,}-bp bins, {row['chrom']}"
    if "pearson" in row:
        return f"{where}: " + ", ".join(f"{name} {number(row[name])}" for name in QUANTITATIVE_METRICS)
    if not _has_score(row):
        return f"{where}: no score ({row['note']})"
    found, prevalence = row["average_precision"], row["prevalence"]
    interval = with_interval(found, *(_finite(row[f"average_precision_{end}"]) for end in ("low", "high")))
    return f"{where}: average precision {interval}, prevalence {number(prevalence)}, ratio {number(found / prevalence)}"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _has_score(row: Row) -> bool:
    return math.isfinite(row.get("average_precision", math.nan))


class Ranked:
    """Scores the ranking of bins by their predictions."""

    def __init__(self, prepared: PreparedBenchmark, tracks: ScoredTracks) -> None:
        self._prepared, self._tracks = prepared, tracks
        self._config, self._data = prepared.config, prepared.data
        self._rows: list[Row] = []
        self._pooled: list[BenchmarkScores] = []
        self._written: list[Path] = []

    def score(self, width: int, advance: Advance) -> None:
        """Score the bins of a width: each chromosome, their mean, and all together.

        Raises
        ------
        MaxatacError
            If no bin is scored, all are of one kind, or a track cannot be read.
        """
        prepared = self._prepared
        bins = self._tracks.bins(prepared.rules(width))
        self._check(bins)
        by_chrom: list[Sequence[Row]] = []
        tabled = set(with_table(self._data.sizes))
        for chrom in self._data.sizes:
            scores = self._score(bins.of(chrom), intervals=self._data.sizes[chrom] >= SHORTEST)
            if chrom in tabled:
                self._write_original(bins, chrom)
            by_chrom.append(rows_of(scores, prepared.about(chrom, bins.left_out[chrom])))
            advance(self._data.sizes[chrom])
        pooled = self._score(bins)
        left_out = sum(bins.left_out.values(), LeftOut())
        self._rows += [row for rows in by_chrom for row in rows]
        self._rows += mean_rows(by_chrom, self._averaged())
        self._rows += rows_of(pooled, prepared.about(POOLED, left_out))
        self._pooled.append(pooled)
        warn_of_prevalence(self._config.gold_standard, pooled.bound_bins, pooled.bins)

    def _check(self, bins: ScoredBins) -> None:
        """Fail if nothing can be ranked."""
        kinds: set[bool] = set()
        for chrom, values in bins.predictors[MODEL].items():
            kinds |= set(np.unique(bins.labels[chrom][~np.isnan(values)]).tolist())
        if len(kinds) < 2:
            what = "scored bin" if not kinds else "bound bin" if True not in kinds else "unbound bin"
            told = f"no {what} on {first_few(self._data.sizes)}: there is no score"
            raise MaxatacError(f"{self._config.gold_standard}: {told}")

    def _averaged(self) -> list[str]:
        every = columns(self._config.recalls, has_cutoff=self._data.cutoff is not None)
        start = every.index("average_precision")
        return [
            name
            for name in every[start:]
            if not name.endswith(("_low", "_high")) and name not in ("cutoff", "tuned_here")
        ]

    def _score(self, bins: ScoredBins, *, intervals: bool = True) -> BenchmarkScores:
        """Score bins, with intervals from resampled blocks if they are asked for."""
        data, chroms = self._data, tuple(bins.labels)
        is_tuned = bool(set(chroms) & set(data.tuned))

        def measure(name: str, ranking: Ranking) -> dict[str, Any]:
            measured: dict[str, Any] = {"auprc_trapezoid": trapezoid_area(ranking)}
            if ranking.positives and len(ranking.scores) == 1:
                measured["note"] = f"auprc_trapezoid: {ONE_POINT}"
            if data.cutoff is not None and name == MODEL:
                measured |= _at_cutoff(ranking, data.cutoff.score) | {"tuned_here": is_tuned}
            return measured

        return bins.score(
            block_size=self._tracks.block_length(bins.rules.unpredicted, chroms),
            seed=self._config.seed,
            unavailable={BINDING: data.no_others} if data.no_others else {},
            recalls=self._config.recalls,
            measure=measure,
            intervals=intervals,
        )

    def _write_original(self, bins: ScoredBins, chrom: str) -> None:
        """Write the curve of a chromosome in the original's layout, if a bin is bound."""
        values = bins.predictors[MODEL][chrom]
        is_scored = ~np.isnan(values)
        ranking = Ranking.of(bins.labels[chrom][is_scored], values[is_scored])
        if not ranking.positives:
            return
        black = bins.left_out[chrom].blacklisted_bound if self._config.chosen("count_blacklisted") else 0
        scores = OriginalScores.of(ranking, black)
        path = _original_path(self._prepared.folder, chrom, bins.rules.width)
        write_text(path, original_table(ranking, scores, every_point=self._config.full_curve))
        self._written.append(path)

    def write(self) -> BenchmarkResult:
        """Write the tables, and the plot of the first width."""
        config, folder = self._config, self._prepared.folder
        table_path, scores_path, curve, *plot = summaries(config, folder)
        write_text(table_path, table(columns(config.recalls, has_cutoff=self._data.cutoff is not None), self._rows))
        write_text(curve, table(CURVE_COLUMNS, (row for scores in self._pooled for row in curve_rows(scores))))
        write_json(
            scores_path,
            self._prepared.head()
            | {
                "seed": config.seed,
                "recalls": list(config.recalls),
                "resamples": RESAMPLES,
                "level": LEVEL,
                "compared_with_train": f"the rows of {POOLED} are what the test of maxatac train reports",
                "resolutions": [scores.as_dict() for scores in self._pooled],
                "rows": self._rows,
                "curves": [scores.curves for scores in self._pooled],
            },
        )
        if plot:
            _write_plot(plot[0], self._draw())
        pooled = [row for row in self._rows if (row["chrom"], row["predictor"]) == (POOLED, MODEL)]
        return BenchmarkResult(
            table_path,
            scores_path,
            curve,
            plot[0] if plot else None,
            tuple(self._written),
            folder.record,
            tuple(pooled),
        )

    def _draw(self) -> Drawing:
        first = self._pooled[0]
        return draw_curves("benchmark", f"{self._prepared.folder.prefix}, {first.bin_size}-bp bins", first.curves)


def _at_cutoff(ranking: Ranking, cutoff: float) -> dict[str, float]:
    """Score the bins that reach a cutoff, compared as float32."""
    (true,), (false,) = ranking.at_or_above(np.array([cutoff], np.float32))
    return {
        "cutoff": cutoff,
        "precision_at_cutoff": float(true / (true + false)) if true + false else math.nan,
        "recall_at_cutoff": float(true / ranking.positives) if ranking.positives else math.nan,
        "f1_at_cutoff": float(2 * true / (true + false + ranking.positives)) if ranking.positives else math.nan,
    }


class Quantitative:
    """Compares predicted with measured values."""

    def __init__(self, prepared: PreparedBenchmark, tracks: ScoredTracks) -> None:
        self._prepared, self._tracks = prepared, tracks
        self._config, self._data = prepared.config, prepared.data
        self._rows: list[Row] = []
        self._density: list[dict[str, Any]] = []
        factors = {model.get("target_scale_factor") for model in self._data.facts.get("models", ())} - {None}
        given = prepared.config.target_scale_factor
        self._factor = given if given is not None else factors.pop() if len(factors) == 1 else 1.0

    def score(self, width: int, advance: Advance) -> None:
        """Compare the bins of a width: of each chromosome, their mean, and all together.

        Raises
        ------
        MaxatacError
            If no bin is scored, a measured value is infinite, or a track cannot be read.
        """
        prepared, rules = self._prepared, self._prepared.rules(width)
        pairs: list[tuple[NDArray[np.float32], NDArray[np.float32]]] = []
        by_chrom: list[Sequence[Row]] = []
        counts = []
        for chrom in self._data.sizes:
            predicted, measured, left_out = self._tracks.values(rules, chrom)
            if not np.isfinite(measured).all():
                raise MaxatacError(f"{self._config.gold_standard}: a measured value on {chrom} is infinite")
            pairs.append((predicted, measured * np.float32(self._factor)))
            counts.append(left_out)
            by_chrom.append([self._row(width, *pairs[-1], prepared.about(chrom, left_out))])
            advance(self._data.sizes[chrom])
        predicted, measured = (np.concatenate(side) for side in zip(*pairs, strict=True))
        if not len(predicted):
            raise MaxatacError(f"{self._data.prediction.path}: no bin of {first_few(self._data.sizes)} is scored")
        self._rows += [row for rows in by_chrom for row in rows]
        self._rows += mean_rows(by_chrom, QUANTITATIVE_METRICS)
        self._rows.append(self._row(width, predicted, measured, prepared.about(POOLED, sum(counts, LeftOut()))))
        self._density.append(density(predicted, measured))

    def _row(self, width: int, predicted: NDArray[np.float32], measured: NDArray[np.float32], about: Row) -> Row:
        found = Agreement.of(predicted, measured)
        note = "" if math.isfinite(found.pearson) else "the values of a side are all equal" if found.bins else "no bin"
        return {**about, "bin_size": width, "bins": found.bins, "note": note, **found.metrics()}

    def write(self) -> BenchmarkResult:
        """Write the tables, and the plot of the first width."""
        table_path, scores_path, *plot = summaries(self._config, self._prepared.folder)
        write_text(table_path, table(quantitative_columns(), self._rows))
        more = {"target_scale_factor": self._factor, "rows": self._rows, "density": self._density}
        write_json(scores_path, self._prepared.head() | more)
        pooled = tuple(row for row in self._rows if row["chrom"] == POOLED)
        if plot:
            title = f"{self._prepared.folder.prefix}, {pooled[0]['bin_size']}-bp bins"
            _write_plot(plot[0], draw_values("benchmark", title, self._density[0], pooled[0]))
        return BenchmarkResult(
            table_path, scores_path, None, plot[0] if plot else None, (), self._prepared.folder.record, pooled
        )


def _write_plot(path: Path, drawing: Drawing) -> None:
    with replacing(path) as unfinished:
        unfinished.write_bytes(drawing.png)


def summaries(config: BenchmarkConfig, folder: CommandFolder) -> list[Path]:
    """Name the files of all chromosomes: table, scores, curve where there is one, plot where it is asked for."""
    endings = [".tsv", ".json", *([] if config.quant else ["_curve.tsv"]), *([".png"] if config.draws else [])]
    return [folder.named(f"_benchmark{ending}") for ending in endings]


def _original_path(folder: CommandFolder, chrom: str, width: int) -> Path:
    return folder.named(f"_{chrom.replace('/', '_')}_{width}bp_PRC.tsv")


def outputs(config: BenchmarkConfig, folder: CommandFolder, sizes: Mapping[str, int]) -> list[Path]:
    """Name every file that may be written, without log and record."""
    paths = summaries(config, folder)
    if not config.quant:
        chroms = with_table(sizes)
        paths += [_original_path(folder, chrom, width) for chrom in chroms for width in config.bin_size]
    return paths


def with_table(sizes: Mapping[str, int]) -> list[str]:
    """Choose the chromosomes that get a table of the original's layout: all, or the longest of many."""
    return sorted(sizes, key=lambda chrom: -sizes[chrom])[:MOST_TABLES]
