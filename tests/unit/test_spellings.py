"""The options of the original, in each of its spellings, and those that have become usual since."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from maxatac.cli.main import main, parse
from maxatac.cli.running import settings_from
from maxatac.evaluation.settings import BenchmarkConfig, ThresholdConfig
from maxatac.prediction.settings import MergeConfig, PeaksConfig, PredictConfig
from maxatac.preparation.settings import AverageConfig, BindingConfig, NormalizeConfig, PrepareConfig
from maxatac.runs.settings import Settings

COMMANDS: dict[str, tuple[type[Settings], str]] = {
    "predict": (PredictConfig, "--sequence g.2bit --signal a.bw --model m.h5"),
    "merge": (MergeConfig, "--parts a.bw"),
    "peaks": (PeaksConfig, "--input_bigwig a.bw"),
    "prepare": (PrepareConfig, "--input a.bam --prefix x"),
    "threshold": (ThresholdConfig, "--meta_file m.tsv --prefix x"),
    "benchmark": (BenchmarkConfig, "--prediction a.bw --gold_standard b.bw --prefix x"),
    "normalize": (NormalizeConfig, "--signal a.bw --prefix x"),
    "average": (AverageConfig, "--input a.bw --prefix x"),
    "binding": (BindingConfig, "--chip_peaks a.bed --sequence g.2bit --prefix x"),
}
"""The settings of each command, and what it cannot do without."""

RESULTS = {
    "prefix": "-n --name --prefix",
    "output": "-o --output --output_dir --output_directory",
    "loglevel": "--loglevel",
    "force": "--force",
}
CUTOFF = {
    "cutoff_type": "-ct -cutoff_type --cutoff_type",
    "cutoff_value": "-cv -cutoff_value --cutoff_value",
    "cutoff_file": "-cf -cutoff_file --cutoff_file",
}
CHROMS = {"chroms": "-c -chroms --chroms --chromosomes"}
SIZES = {"chrom_sizes": "-cs -chrom_sizes --chrom_sizes --chromosome_sizes"}

SPELLINGS: dict[str, dict[str, str]] = {
    "predict": RESULTS | CUTOFF | CHROMS | SIZES | {
        "tf_name": "-tf --tf_name",
        "model": "-m --model",
        "models": "--models",
        "signal": "-i -s --signal",
        "sequence": "--seq --sequence",
        "blacklist": "-bl --blacklist",
        "roi": "--bed --peaks --regions --roi -roi",
        "windows": "-w --windows",
        "batch_size": "--batch_size",
        "step_size": "--step_size",
        "skip_call_peaks": "-skip_call_peaks --skip_call_peaks",
        "genome": "--genome",
        "max_zooms": "--max_zooms",
        "threads": "--threads",
        "memory": "--memory",
    },
    "merge": RESULTS | CUTOFF | {"parts": "-i --parts", "max_zooms": "--max_zooms"},
    "peaks": RESULTS | CUTOFF | CHROMS | {
        "input_bigwig": "-i --input_bigwig",
        "prefix": "-n --name --prefix -prefix",
        "bin_size": "-bin --bin_size",
        "chroms": "-c -chroms --chroms -chromosomes --chromosomes",
    },
    "prepare": RESULTS | SIZES | {
        "input": "-i --input",
        "prefix": "-n --name --prefix -prefix -name",
        "chroms": "-c -chroms --chroms --chromosomes",
        "sequence": "--seq --sequence",
        "blacklist": "-bl --blacklist --blacklist_bw",
        "slop": "-slop --slop",
        "rpm_factor": "-rpm --rpm_factor",
        "skip_deduplication": "-skip_dedup --skip_deduplication",
        "threads": "-t -threads --threads",
        "memory": "--memory",
        "max_zooms": "--max_zooms",
        "clip": "--clip",
    },
    "threshold": RESULTS | CHROMS | SIZES | {
        "meta_file": "--meta_file",
        "bin_size": "--bin_size",
        "blacklist": "-bl --blacklist",
        "blacklist_bw": "--blacklist_bw",
    },
    "benchmark": RESULTS | CUTOFF | CHROMS | SIZES | {
        "prediction": "-bw --bw --bigwig --prediction",
        "bed": "-bed --bed",
        "gold_standard": "--gold_standard",
        "bin_size": "--bin_size",
        "agg": "--agg",
        "round_predictions": "--round_predictions",
        "blacklist": "-bl --blacklist",
        "blacklist_bw": "--blacklist_bw",
        "plot": "-plot --plot",
        "skip_plot": "-skip_plot --skip_plot",
        "quant": "--quant",
    },
    "normalize": RESULTS | CHROMS | SIZES | {
        "signal": "-i --signal",
        "prefix": "-n --name --prefix -prefix",
        "method": "--method",
        "max_percentile": "--max_percentile",
        "min": "--min",
        "max": "--max",
        "clip": "--clip",
        "blacklist": "-bl --blacklist --blacklist_bw",
        "max_zooms": "--max_zooms",
    },
    "average": RESULTS | CHROMS | SIZES | {
        "input": "-i --input",
        "weights": "-w --weights",
        "max_zooms": "--max_zooms",
    },
    "binding": RESULTS | CHROMS | SIZES | {
        "chip_peaks": "-i --peaks --chip_peaks",
        "sequence": "--seq --sequence",
        "blacklist": "-bl --blacklist",
        "combine": "--combine",
        "tf_name": "-tf --tf --tf_name",
        "signal": "-s --signal",
        "max_zooms": "--max_zooms",
    },
}  # fmt: skip
"""Spellings of each option, by the setting that it is."""

VALUES: dict[str, tuple[str, Any]] = {
    "loglevel": ("ERROR", "error"),
    "cutoff_type": ("recall", "Recall"),
    "cutoff_value": ("0.5", 0.5),
    "batch_size": ("64", 64),
    "step_size": ("512", 512),
    "max_zooms": ("5", 5),
    "threads": ("3", 3),
    "memory": ("4G", 4_000_000_000),
    "bin_size": ("32", 32),
    "agg": ("mean", "mean"),
    "round_predictions": ("9", 9),
    "method": ("ARCSINH", "arcsinh"),
    "max_percentile": ("99.5", 99.5),
    "min": ("-0.5", -0.5),
    "max": ("1.5", 1.5),
    "weights": ("0.5", 0.5),
    "slop": ("10", 10),
    "rpm_factor": ("1000000", 1_000_000),
}
"""A value as it is typed, and what the setting holds then; that of all others is a name."""

SWITCHES = ("force", "clip", "skip_deduplication", "skip_call_peaks", "plot", "skip_plot", "quant")


@pytest.mark.parametrize(
    ("command", "name", "option"),
    [
        (command, name, option)
        for command, names in SPELLINGS.items()
        for name, options in names.items()
        for option in options.split()
    ],
)
def test_an_option_of_the_original(command: str, name: str, option: str) -> None:
    settings, needed = COMMANDS[command]
    typed, expected = ("", True) if name in SWITCHES else VALUES.get(name, ("zebra", "zebra"))
    for spelt in {option, option.replace("_", "-")}:
        config = settings_from(parse([command, *needed.split(), spelt, *typed.split()]), settings)
        found = getattr(config, name)
        if isinstance(found, tuple):
            found = found[-1]
        assert (str(found) if isinstance(found, Path) else found) == expected


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("cluster", ["-name", "-ox", "-nx", "--pre", "--out"])
def test_clusters_and_beginnings_of_options_are_unknown(
    command: str, cluster: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if cluster in SPELLINGS[command]["prefix"].split():
        pytest.skip("an option of this command")
    with pytest.raises(SystemExit) as leaving:
        main([command, *COMMANDS[command][1].split(), cluster, "x"])
    assert leaving.value.code == 2
    assert f"unknown option {cluster}" in capsys.readouterr().err
