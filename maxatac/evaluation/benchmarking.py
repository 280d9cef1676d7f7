"""Benchmark: a prediction against binding, scored as the test of ``maxatac train`` scores a model."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from maxatac.data.bins import predicted_bins
from maxatac.errors import InputError, MaxatacError
from maxatac.evaluation.benchmark_inputs import BenchmarkInputs, open_benchmark
from maxatac.evaluation.benchmark_scorers import BenchmarkResult, Quantitative, Ranked, describe_row, outputs
from maxatac.evaluation.benchmark_tables import FORMAT, POOLED
from maxatac.evaluation.scored_bins import BinRules, LeftOut, ScoredTracks
from maxatac.evaluation.settings import BenchmarkConfig
from maxatac.genome.windows import BIN_SIZE
from maxatac.runs.command import CommandFolder, CommandRun, carry_out
from maxatac.system.progress import telling
from maxatac.wording import base_pairs, first_few

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class PreparedBenchmark:
    """A benchmark whose input is checked."""

    config: BenchmarkConfig
    folder: CommandFolder
    data: BenchmarkInputs

    @property
    def outputs(self) -> list[Path]:
        """Every file that may be written, without log and record."""
        return outputs(self.config, self.folder, self.data.sizes)

    @property
    def inputs(self) -> Mapping[str, Path]:
        """Every file that is read."""
        return self.config.files()

    @property
    def worked_out(self) -> Mapping[str, Any]:
        """Chromosomes and rules."""
        rules = ("agg", "round_predictions", "unpredicted", "drifting_bins", "count_blacklisted")
        return {"chroms": list(self.data.sizes)} | {name: self.config.chosen(name) for name in rules}

    def describe(self) -> list[str]:
        """Say what would be scored."""
        data = self.data
        widths = ", ".join(f"{width:,} bp" for width in self.config.bin_size)
        left_out = [f"{chrom} ({reason})" for chrom, reason in data.left_out.items()]
        return [
            f"chromosomes  {first_few(data.sizes, 8)}: {base_pairs(sum(data.sizes.values()))}, bins of {widths}",
            f"scored       {data.which}",
            *([f"left out     {first_few(left_out)}"] if left_out else []),
            *([f"cutoff       {data.cutoff.describe()}"] if data.cutoff is not None else []),
            *(f"output       {path}" for path in self.outputs[:8]),
        ]

    def work(self, run: CommandRun) -> BenchmarkResult:
        """Score the prediction, and write the tables."""
        data = self.data
        if data.left_out:
            logger.info("not scored: %s", first_few([f"{name} ({why})" for name, why in data.left_out.items()], 8))
        if data.seen:
            told = "a model of the prediction has trained on %s: it scores too well there"
            logger.warning(told, first_few(data.seen))
        run.note("chroms", list(data.sizes))
        run.note("chroms_left_out", dict(data.left_out))
        run.note("scored", data.which)
        run.note("seen_chroms", list(data.seen))
        run.note("cutoff", None if data.cutoff is None else data.cutoff.entry())
        with run.phases.measuring("reading"):
            tracks = self._read()
        with run.phases.measuring("scoring"):
            scorer = Quantitative(self, tracks) if self.config.quant else Ranked(self, tracks)
            total = sum(data.sizes.values()) * len(self.config.bin_size)
            with telling("scoring", total, "bp") as advance:
                for width in self.config.bin_size:
                    scorer.score(width, advance)
        with run.phases.measuring("writing"):
            result = scorer.write()
        for row in result.pooled:
            logger.info("%s", describe_row(row))
        return result

    def _read(self) -> ScoredTracks:
        """Read the predictions of all chromosomes."""
        data, predicted = self.data, {}
        with telling("reading predictions", sum(data.sizes.values()), "bp") as advance:
            for chrom, size in data.sizes.items():
                values = predicted[chrom] = predicted_bins(data.prediction, chrom, size // BIN_SIZE)
                if len(infinite := np.flatnonzero(np.isinf(values))):
                    start = int(infinite[0]) * BIN_SIZE
                    place = f"{chrom}:{start:,}-{start + BIN_SIZE:,}"
                    raise MaxatacError(f"{data.prediction.path}: the prediction of {place} is infinite")
                advance(size)
        return ScoredTracks(
            predicted, data.sizes, data.binding, data.signal, data.others, data.blacklist, raw=data.prediction
        )

    def rules(self, width: int) -> BinRules:
        """Make the rules for bins of a width."""
        chosen = self.config.chosen
        return BinRules(
            width,
            chosen("agg"),
            chosen("label_rule"),
            chosen("unpredicted"),
            chosen("drifting_bins"),
            chosen("round_predictions"),
        )

    def about(self, chrom: str, left_out: LeftOut) -> dict[str, Any]:
        """Fill the columns that say what a row is of."""
        data = self.data
        seen = None
        if any(model.get("training_chroms") is not None for model in data.facts.get("models", ())):
            seen = bool(data.seen) if chrom == POOLED else chrom in data.seen
        return {
            "chrom": chrom,
            "scored": data.which,
            "bins_without_prediction": left_out.unpredicted,
            "bound_bins_without_prediction": left_out.unpredicted_bound,
            "blacklisted_bins": left_out.blacklisted,
            "seen_in_training": seen,
        }

    def head(self) -> dict[str, Any]:
        """Say in the file of scores what was scored and how."""
        data, config = self.data, self.config
        return {
            "format": FORMAT,
            "prediction": str(config.prediction or config.bed),
            "gold_standard": str(config.gold_standard),
            "cell_type": config.cell_type,
            "chroms": list(data.sizes),
            "chroms_left_out": dict(data.left_out),
            "scored": data.which,
            "rules": [asdict(self.rules(width)) | {"label": self.rules(width).label_rule} for width in config.bin_size],
            "seen_chroms": list(data.seen),
            "tuned_chroms": list(data.tuned),
            "cutoff": None if data.cutoff is None else data.cutoff.entry(),
        }


def benchmark(config: BenchmarkConfig) -> BenchmarkResult:
    """Score a prediction against binding.

    Parameters
    ----------
    config : BenchmarkConfig

    Returns
    -------
    BenchmarkResult

    Raises
    ------
    InputError
        If anything is wrong with what was given: everything found, before anything is written.
    MaxatacError
        If the run fails: a file cannot be read, or no bin is bound.
    """
    return carry_out(config, prepare_benchmark)


def prepare_benchmark(config: BenchmarkConfig) -> PreparedBenchmark:
    """Open and check everything that the settings name.

    Raises
    ------
    InputError
        If anything is wrong with what was given.
    """
    problems = config.problems()
    folder = CommandFolder.of(config, "benchmark")
    data = open_benchmark(config, problems)
    written = outputs(config, folder, data.sizes if data is not None else {})
    problems += folder.problems(written, inputs=config.files(), force=config.force)
    if problems or data is None:
        raise InputError(problems)
    return PreparedBenchmark(config, folder, data)
