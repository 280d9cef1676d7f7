"""What Dockstore registers: each workflow with its page, its test jobs, its authors and the versions to take."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple


class Entry(NamedTuple):
    """A workflow or a tool.

    Attributes
    ----------
    name : str
        Name of the entry; with ``-wdl`` behind it for WDL.
    path : str
        Descriptor.
    jobs : tuple of str
        Test jobs, in ``cwl/jobs`` or ``wdl``.
    page : str
        Page in ``docs``.
    topic : str
        What it does, in 150 letters.
    """

    name: str
    path: str
    jobs: tuple[str, ...]
    page: str
    topic: str


_TRAIN = "Train a network that predicts transcription factor binding from ATAC-seq and DNA sequence"
_READS_TO_MODEL = "From ATAC-seq reads and ChIP-seq peaks of several cell types to a trained model"
_READS_TO_SITES = "From aligned reads or a fragments file to a track of predicted binding and its sites"
_SITES = "From a model, such as a published one, to a track of predicted binding and its sites"
_PARTS = "Predict a genome as jobs of some chromosomes each, side by side"
_SCORE = "Train a network, predict held-out cell types, calibrate thresholds, call sites and score"

WORKFLOWS = (
    Entry("demo", "maxatac-demo.cwl", ("demo.yml",), "cwl.md",
          "Try it on simulated data: train, predict, call sites and score; needs no data"),
    Entry("demo-reads", "maxatac-demo-reads.cwl", ("demo-reads.yml",), "cwl.md",
          "Try it on simulated reads: signal, training, prediction and sites; needs no data"),
    Entry("checker", "maxatac-checker.cwl", ("checker.yml",), "cwl.md",
          "Check that training works where it runs; needs no data"),
    Entry("train", "maxatac-train-wf.cwl", ("train.yml",), "cwl.md", _TRAIN),
    Entry("train-gpu", "maxatac-train-gpu-wf.cwl", ("train.yml",), "cwl.md", f"{_TRAIN}, on a GPU"),
    Entry("train-lists", "maxatac-train-lists.cwl", ("lists.yml",), "seven-bridges.md",
          f"{_TRAIN}, from lists of files for graphical forms"),
    Entry("train-many", "maxatac-train-scatter.cwl", ("scatter.yml",), "cwl.md",
          "Train a network for each of many transcription factors, side by side"),
    Entry("train-in-parts", "maxatac-train-chain.cwl", ("train.yml",), "cwl.md",
          "Train a network as a chain of steps, for machines that may be taken away"),
    Entry("cross-validate", "maxatac-cross-validate.cwl", ("train.yml",), "cwl.md",
          "Hold out each cell type in turn, and tell in one table how well the factor transfers"),
    Entry("train-and-score", "maxatac-train-and-score.cwl", ("train.yml",), "cwl.md", _SCORE),
    Entry("predict-sites", "maxatac-predict-sites.cwl", ("sites.yml",), "cwl.md", _SITES),
    Entry("predict-in-parts", "maxatac-predict-scatter.cwl", ("parts.yml",), "cwl.md", _PARTS),
    Entry("reads-to-sites", "maxatac-reads-to-sites.cwl", ("reads.yml",), "cwl.md", _READS_TO_SITES),
    Entry("reads-to-model", "maxatac-reads-to-model.cwl", ("reads-to-model.yml",), "cwl.md", _READS_TO_MODEL),
    Entry("demo-wdl", "maxatac-demo.wdl", ("demo.json",), "terra.md",
          "Try it on simulated data: train and predict; needs no data"),
    Entry("check-wdl", "maxatac-check.wdl", ("check.json",), "check.md",
          "Read and check every input of a training run, and estimate what it takes"),
    Entry("train-wdl", "maxatac-train.wdl", ("example.json",), "terra.md", _TRAIN),
    Entry("train-gpu-wdl", "maxatac-train-gpu.wdl", ("example-gpu.json",), "terra.md", f"{_TRAIN}, on a GPU"),
    Entry("train-and-score-wdl", "maxatac-train-and-score.wdl", ("score.json",), "terra.md", _SCORE),
    Entry("predict-sites-wdl", "maxatac-predict-sites.wdl", ("sites.json",), "terra.md", _SITES),
    Entry("predict-sites-gpu-wdl", "maxatac-predict-sites-gpu.wdl", ("sites-gpu.json",), "terra.md",
          f"{_SITES}, on a GPU"),
    Entry("predict-in-parts-wdl", "maxatac-predict-scatter.wdl", ("parts.json",), "terra.md", _PARTS),
    Entry("reads-to-sites-wdl", "maxatac-reads-to-sites.wdl", ("reads.json",), "terra.md", _READS_TO_SITES),
    Entry("reads-to-model-wdl", "maxatac-reads-to-model.wdl", ("reads-to-model.json",), "terra.md", _READS_TO_MODEL),
)  # fmt: skip

TOOLS = (
    Entry("train-tool", "maxatac-train.cwl", ("train.yml",), "cwl.md", _TRAIN),
    Entry("check-tool", "maxatac-check.cwl", ("check.yml",), "check.md",
          "Read and check every input of a training run, and estimate what it takes"),
    Entry("simulate-tool", "maxatac-simulate.cwl", ("simulate.yml",), "simulate.md",
          "Write a small simulated data set to try the others on"),
)  # fmt: skip


def _entry(one: Entry, authors: Sequence[str]) -> list[str]:
    language = "CWL" if one.path.endswith(".cwl") else "WDL"
    jobs = [f"/cwl/jobs/{name}" if language == "CWL" else f"/wdl/{name}" for name in one.jobs]
    return [
        f"  - name: {one.name}",
        f"    subclass: {language}",
        "    publish: true",
        f"    primaryDescriptorPath: /{language.lower()}/{one.path}",
        f"    testParameterFiles: [{', '.join(jobs)}]",
        f"    readMePath: /docs/{one.page}",
        f"    topic: {json.dumps(one.topic)}",
        "    authors:",
        *(f"      - {{name: {json.dumps(name)}, role: author}}" for name in authors),
        "    latestTagAsDefault: true",
        "    enableAutoDois: true",
        "    filters:",
        "      branches: [main]",
        "      tags: [/v.*/]",
    ]


def registration(authors: Sequence[str]) -> str:
    """Write the file that Dockstore reads."""
    lines = ["# Written by cwl/options.py from cwl/dockstore.py.", "version: 1.2"]
    for kind, entries in (("workflows", WORKFLOWS), ("tools", TOOLS)):
        lines.append(f"{kind}:")
        for one in entries:
            lines += _entry(one, authors)
    return "\n".join(lines) + "\n"
