"""The commands that compute with no network, where TensorFlow, Keras and JAX are not installed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np

from maxatac._core import Genome
from maxatac.files.bigwig import write_track

ROOT = Path(__file__).parents[2]

# What the commands tell is a line of JSON each. They share a process, for each would import the same.
PROGRAM = """
import contextlib, io, json, sys
for name in ("tensorflow", "keras", "jax", "h5py", "tensorboard", "tensorboardX"):
    sys.modules[name] = None
from maxatac.cli.main import main
for words in json.loads(sys.argv[1]):
    told = io.StringIO()
    with contextlib.redirect_stderr(told), contextlib.redirect_stdout(told):
        status = main(words)
    print(json.dumps([status, told.getvalue()]))
"""


def tell(folder: Path, *lines: str) -> list[tuple[int, str]]:
    """Exit status and output of each command line."""
    words = json.dumps([line.split() for line in lines])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, words], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


def test_light_commands_run(tmp_path: Path) -> None:
    ((status, told),) = tell(tmp_path, "simulate example --size 1M --seed 1")
    assert status == 0, told
    # What a prediction looks like, without the network.
    sizes = Genome(tmp_path / "example" / "genome.2bit").chrom_sizes
    random = np.random.default_rng(1)
    for part in (("chr1",), ("chr2", "chr3")):
        scores = {chrom: random.random(sizes[chrom] // 32, dtype=np.float32) for chrom in part}
        write_track(tmp_path / f"{part[0]}.bw", scores, {chrom: sizes[chrom] for chrom in part}, span=32)
    binding = "example/SIMTF_CellC_binding.bw"
    lines = (
        "prepare --input example/CellA_fragments.tsv.gz --sequence example/genome.2bit --prefix a --output out",
        "normalize --signal out/a_IS_slop20_RP20M.bw --prefix b --output out",
        "average --input example/CellA_atac.bw example/CellB_atac.bw --prefix c --output out",
        "binding --chip_peaks example/SIMTF_CellA_chip_peaks.narrowPeak --chrom_sizes example/genome.chrom.sizes "
        "--prefix d --output out",
        "merge --parts chr1.bw chr2.bw --prefix e --output out",
        "peaks --input_bigwig out/e.bw --cutoff_type score --cutoff_value 0.99 --output out",
        f"threshold --prediction out/e.bw --binding {binding} --chroms chr1 --prefix f --output out",
        f"benchmark --prediction out/e.bw --gold_standard {binding} --chroms chr1 --prefix g --output out",
    )
    for line, (status, told) in zip(lines, tell(tmp_path, *lines), strict=True):
        assert status == 0, f"{line}: {told}"


def test_commands_with_a_network_say_what_they_lack(tmp_path: Path) -> None:
    data = "--sequence genome.2bit --meta_file meta.tsv"
    lines = (f"train {data}", f"check {data}", "predict --model a.keras --sequence genome.2bit --signal a.bw")
    wanted = "a network needs tensorflow, keras, h5py and tensorboardX, not installed here; pip install tensorflow"
    for line, (status, told) in zip(lines, tell(tmp_path, *lines), strict=True):
        assert status == 2, f"{line}: {told}"
        assert wanted in told and "Traceback" not in told
    assert list(tmp_path.iterdir()) == []


def test_light_requirements_are_those_of_the_package() -> None:
    text = (ROOT / "requirements-light.in").read_text(encoding="utf-8")
    wanted = {line for line in text.splitlines() if not line.startswith("#")}
    package = set(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"])
    assert wanted < package
    complete, light = (
        set(re.findall(r"^[\w.-]+==.*(?= \\)", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE))
        for name in ("requirements.lock", "requirements-light.lock")
    )
    assert light and light <= complete
