"""What each command leaves, as outputs of its tool; and the run records that travel with files."""

from __future__ import annotations

import dataclasses

EDAM = "http://edamontology.org/"


@dataclasses.dataclass(frozen=True)
class Output:
    """An output of a tool.

    Attributes
    ----------
    name, label, doc : str
    type : str
    glob : str or tuple of str
    format : str or None
        EDAM format, or an expression that gives it; None for a folder.
    beside : tuple of str
        Secondary files: the run record, where a later command looks for it.
    names : str or None
        Expression that gives the names in their order, which the pattern does not.
    """

    name: str
    type: str
    glob: str | tuple[str, ...]
    format: str | None
    label: str
    doc: str
    beside: tuple[str, ...] = ()
    names: str | None = None

    @property
    def endings(self) -> str | None:
        """Endings of its names in capitals, as Seven Bridges lists them; of a folder none."""
        if self.type.startswith("Directory"):
            return None
        found: list[str] = []
        for glob in (self.glob,) if isinstance(self.glob, str) else self.glob:
            for expression, endings in _ENDINGS.items():
                if glob.endswith(expression):
                    found += endings
                    break
            else:
                name = glob.lower()
                parts = name.split(".")
                found.append(".".join(parts[-2:] if parts[-1] == "gz" else parts[-1:]).upper())
        return ", ".join(dict.fromkeys(found))

    @property
    def general_format(self) -> str | None:
        """The EDAM format where no expression is computed: the one that comprises all."""
        if self.format is None or not self.format.startswith("$"):
            return self.format
        return _GENERAL[self.format]


_ENDINGS = {
    ".$(inputs.model_format)": ("KERAS", "H5"),
    ".$(inputs.format)": ("BED", "NARROWPEAK"),
    "$(inputs.unscored_out || [])": ("BED", "TSV"),
}
"""Endings of names that an input says."""

_CHECKPOINT_FORMAT = "$(checkpoint_format(inputs))"
_SITES_FORMAT = "$(sites_format(inputs))"
_GENERAL = {_CHECKPOINT_FORMAT: "format_2333", _SITES_FORMAT: "format_3003"}
"""Binary; BED, of which narrowPeak is a form."""


P = "$(inputs.prefix)"
SITES = "$(inputs.prefix || inputs.input_bigwig.nameroot)"
"""Prefix of peaks, whose default is the name of its input."""

SLOPPED = f"{P}*_IS_slop$(inputs.slop)"
"""Prefix and, after it, the group of a file of prepare."""

SCRIPTS = {
    # A pattern would give the tracks in the order of their names.
    "predict": """\
function tracks(inputs, ending) {
  var taken = {};
  return inputs.signal.map(function (file) {
    var name = file.nameroot;
    for (var number = 2; taken[name.toLowerCase()]; number++) { name = file.nameroot + "_" + number; }
    taken[name.toLowerCase()] = true;
    return inputs.prefix + (inputs.signal.length > 1 ? "_" + name : "") + ending;
  });
}""",
    "train": f"""\
function checkpoint_format(inputs) {{
  return inputs.model_format === "keras" ? "{EDAM}format_3987" : "{EDAM}format_3590";
}}""",
    "peaks": f"""\
function sites_format(inputs) {{
  return inputs.format === "bed" ? "{EDAM}format_3003" : "{EDAM}format_3613";
}}""",
}
"""Functions that the expressions of a tool call."""

_TEXT, _JSON, _TSV, _CSV, _PNG = "format_2330", "format_3464", "format_3475", "format_3752", "format_3603"
_NARROWPEAK = "format_3613"
_BIGWIG, _BED, _HTML, _HDF5, _ZIP = "format_3006", "format_3003", "format_2331", "format_3590", "format_3987"


def _of_every_run(command: str, prefix: str = P) -> tuple[Output, Output]:
    record = f"{prefix}_{command}_run.json"
    return (
        Output(
            "record", "File", record, _JSON, "Run record",
            "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. "
            "Later commands read it beside the results.",
        ),
        Output("log", "File", f"{prefix}_{command}.log", _TEXT, "Log", "What the command told while it ran."),
    )  # fmt: skip


def _record(command: str | None = None) -> tuple[str, ...]:
    return (f"{P}_{command}_run.json" if command else f"{P}_run.json",)


OUTPUTS: dict[str, tuple[Output, ...]] = {
    "train": (
        Output(
            "best_model", "File", f"{P}_best.keras", _ZIP, "Best model (Keras)",
            "The selected model, for maxatac predict and any program with Keras 3.",
        ),
        Output(
            "best_model_h5", "File", f"{P}_best.h5", _HDF5, "Best model (HDF5)",
            "The selected model as HDF5, for programs that read the published models.",
        ),
        Output(
            "best_epoch", "File", "best_epoch.txt", _TEXT, "Name of the best checkpoint",
            "One line: file name of the checkpoint that was selected.",
        ),
        Output(
            "history", "File", f"{P}.csv", _CSV, "Training history",
            "Loss, Dice coefficient, average precision and more of each epoch, for training and validation.",
        ),
        Output(
            "cell_history", "File?", f"{P}_cells.csv", _CSV, "Training history by cell type",
            "Validation scores of each epoch by cell type; none where there is one cell type.",
        ),
        Output("timing", "File", f"{P}_timing.csv", _CSV, "Times of each epoch", "What took how long in each epoch."),
        Output(
            "thresholds", "File?", f"{P}_thresholds.tsv", _TSV, "Table of thresholds",
            "Precision and recall at each threshold, on the genome-like validation windows: the cutoff table for "
            "calling sites. None without bound bins in those windows.",
            _record(),
        ),
        Output(
            "test_table", "File?", f"{P}_test.tsv", _TSV, "Test scores",
            "Scores of the selected model on test chromosomes of held-out cell types, beside baselines; with `test`.",
        ),
        Output(
            "test_scores", "File?", f"{P}_test.json", _JSON, "Test scores (JSON)",
            "The scores of the independent test for programs.",
        ),
        Output(
            "predictions", "File[]", (f"{P}.bw", f"{P}_test.*.bw"), _BIGWIG, "Predictions of the test",
            "Predicted scores on the test chromosomes, one track per held-out cell type.", _record(),
        ),
        Output(
            "history_plot", "File?", f"{P}_model_dice_acc.png", _PNG, "Figure of the training history",
            "Loss and Dice coefficient over the epochs; with `plot`.",
        ),
        Output(
            "structure_plot", "File?", f"{P}_model_structure.png", _PNG, "Figure of the network",
            "The layers of the network; with `plot`.",
        ),
        Output(
            "report_page", "File?", f"{P}_report.html", _HTML, "Report",
            "The report of the run: data, training, selection and test in one HTML file; with `report`.",
        ),
        Output(
            "report_data", "File?", f"{P}_report.json", _JSON, "Data of the report",
            "What the report shows beside the tables; with it the report can be drawn again.",
        ),
        Output(
            "figures", "Directory?", f"{P}_figures", None, "Figures of the report",
            "The figures of the report, as PNG and SVG; with `report` and `plot`.",
        ),
        Output(
            "record", "File", f"{P}_run.json", _JSON, "Run record",
            "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. "
            "Later commands read it beside the results.",
        ),
        Output("log", "File", f"{P}.log", _TEXT, "Log", "What training told while it ran."),
        Output(
            "cell_table", "File", f"{P}_cell_types.tsv", _TSV, "Meta file",
            "The cell types as the table that maxatac train takes on a command line, with their paths in the step.",
        ),
        Output(
            "resume_state", "File", f"{P}_resume.npz", _ZIP, "State to go on from",
            "Weights, optimizer and random state after the last epoch; the input `resume_from` takes it, together with "
            "`checkpoints`.",
        ),
        Output(
            "checkpoints", "File[]", f"{P}_[0-9]*.$(inputs.model_format)", _CHECKPOINT_FORMAT, "Checkpoints",
            "The models after each epoch, as many as `keep_checkpoints` says.",
        ),
        Output(
            "tensorboard", "Directory?", f"tensorboard/{P}", None, "TensorBoard events",
            "The course of the training for TensorBoard.",
        ),
        Output(
            "regions", "File[]", (f"{P}_training_ROI.bed.gz", f"{P}_validation_ROI.bed.gz"), _BED,
            "Regions of interest",
            "The regions of training and of validation; with `save_roi`. The inputs `train_roi` and `validate_roi` "
            "read them.",
        ),
        Output(
            "region_counts", "File[]",
            tuple(f"{P}_{pool}_ROI_{what}.txt" for pool in ("training", "validation") for what in
                  ("stats", "totalregions_stats")), _TEXT, "Numbers of regions",
            "How many regions each cell type and chromosome has; with `save_roi`.",
        ),
    ),
    "prepare": (
        Output(
            "signal", "File[]", f"{SLOPPED}_RP*M_minmax01.bw", _BIGWIG, "Normalised signal",
            "The normalised ATAC-seq signal, for training and prediction; one track, or one per group of barcodes.",
        ),
        Output(
            "scaled", "File[]", f"{SLOPPED}_RP*M.bw", _BIGWIG, "Scaled coverage",
            "The coverage of the widened cut sites, scaled to `rpm_factor` reads, before it is normalised.",
        ),
        Output(
            "statistics", "File[]",
            (f"{SLOPPED}_RP*M_minmax01_genome_stats.txt", f"{SLOPPED}_RP*M_minmax01_chromosome_min_max.txt"), _TEXT,
            "Statistics of the coverage", "Extremes and percentiles of the scaled coverage, by chromosome and in all.",
        ),
        Output(
            "cut_sites", "File[]", f"{P}*_IS.bed.gz", _BED, "Cut sites",
            "The cut sites of the transposase, one base each; with `sites_bed`.",
        ),
        Output(
            "slopped_sites", "File[]", f"{SLOPPED}.bed.gz", _BED, "Widened cut sites",
            "The cut sites, widened by `slop` bases on each side; with `sites_bed`.",
        ),
        Output(
            "called_peaks", "File[]", f"{P}*_peaks.narrowPeak", _NARROWPEAK, "ATAC-seq peaks",
            "ATAC-seq peaks that MACS called on the widened cut sites; with `call_peaks`.",
        ),
        Output(
            "groups", "File?", f"{P}_groups.tsv", _TSV, "Table of groups",
            "The files of each group of cells, and its numbers; with `barcodes`.",
        ),
        Output(
            "quality", "File", f"{P}_qc.html", _HTML, "Quality of the reads",
            "Quality of the reads in one page: duplicates, fragment sizes, bases around the cut sites, reads in peaks.",
        ),
        Output(
            "quality_table", "File", f"{P}_qc_mqc.tsv", _TSV, "Quality of the reads for MultiQC",
            "The numbers of that page, which MultiQC reads.",
        ),
        *_of_every_run("prepare"),
    ),
    "normalize": (
        Output("track", "File", f"{P}.bw", _BIGWIG, "Normalised track", "The track with its values rescaled."),
        Output(
            "statistics", "File[]", (f"{P}_genome_stats.txt", f"{P}_chromosome_min_max.txt"), _TEXT,
            "Statistics of the input", "Extremes and percentiles of the track that was read, by chromosome and in all.",
        ),
        *_of_every_run("normalize"),
    ),
    "average": (
        Output("track", "File", f"{P}.bw", _BIGWIG, "Mean track", "The mean of the tracks, base by base."),
        *_of_every_run("average"),
    ),
    "binding": (
        Output(
            "track", "File", f"{P}.bw", _BIGWIG, "Binding",
            "The binding: 1 on bound bases, 0 on all others; the target of training.",
        ),
        Output(
            "regions", "File", f"{P}_peaks.bed", _BED, "Bound regions",
            "The bound regions, joined from the replicates as `combine` says.",
        ),
        *_of_every_run("binding"),
    ),
    "predict": (
        Output(
            "tracks", "File[]", (f"{P}.bw", f"{P}_*.bw"), _BIGWIG, "Predicted scores",
            "Predicted scores of 0 to 1 in bins of 32 bp, one track per signal.", _record("predict"),
            '$(tracks(inputs, ".bw"))',
        ),
        Output(
            "sites", "File[]", (f"{P}_peaks.bed", f"{P}_*_peaks.bed"), _BED, "Predicted sites",
            "The bins that reach the cutoff, joined, for each track; none without a cutoff.", (),
            '$(tracks(inputs, "_peaks.bed"))',
        ),
        Output(
            "unscored", "File?", "$(inputs.unscored_out || [])", _BED, "Regions without a score",
            "Regions of interest that got no score, with the reason; with `unscored_out`.",
        ),
        *_of_every_run("predict"),
    ),
    "merge": (
        Output(
            "track", "File", f"{P}.bw", _BIGWIG, "Predicted scores", "The predictions of all parts in one track.",
            _record("merge"),
        ),
        Output(
            "sites", "File?", f"{P}_peaks.bed", _BED, "Predicted sites",
            "The sites of the whole; with a cutoff, or joined from the sites of the parts.",
        ),
        *_of_every_run("merge"),
    ),
    "peaks": (
        Output(
            "sites", "File", f"{SITES}_$(inputs.bin_size)bp.$(inputs.format)",
            _SITES_FORMAT, "Predicted sites",
            "Runs of bins whose score reaches the cutoff, sorted by chromosome and start, as BED or narrowPeak.",
        ),
        *_of_every_run("peaks", SITES),
    ),
    "threshold": (
        Output(
            "table", "File", f"{P}.tsv", _TSV, "Table of thresholds",
            "Precision and recall at each threshold: the cutoff table for calling sites.", _record("threshold"),
        ),
        Output(
            "cross_celltype", "File", f"{P}_cross_celltype.tsv", _TSV, "Thresholds over cell types",
            "Threshold for each precision, recall and F1: medians over cell types.", _record("threshold"),
        ),
        Output(
            "figure", "File?", f"{P}.png", _PNG, "Figure of the thresholds",
            "Precision, recall and F1 over the threshold; with `plot`.",
        ),
        *_of_every_run("threshold"),
    ),
    "benchmark": (
        Output(
            "table", "File", f"{P}_benchmark.tsv", _TSV, "Scores",
            "Average precision and more of each chromosome and of all, with intervals, beside baselines.",
        ),
        Output("scores", "File", f"{P}_benchmark.json", _JSON, "Scores (JSON)", "The scores for programs."),
        Output(
            "curve", "File?", f"{P}_benchmark_curve.tsv", _TSV, "Precision-recall curve",
            "Precision over recall, thinned to some hundred points.",
        ),
        Output(
            "figure", "File?", f"{P}_benchmark.png", _PNG, "Figure of the scores",
            "Precision over recall, or with `quant` predicted over measured values; with `plot`.",
        ),
        Output(
            "original_tables", "File[]", f"{P}_*bp_PRC.tsv", _TSV, "Tables of maxATAC 1.0.6",
            "Precision-recall tables in the layout of maxATAC 1.0.6, one per chromosome and bin width.",
        ),
        *_of_every_run("benchmark"),
    ),
}  # fmt: skip
"""Outputs of each tool. Each is named, and what some options leave out is optional."""

_OF_TRACK = ("^_predict_run.json?", "^_merge_run.json?", '$(self.nameroot.replace(/_test\\..*$/, "") + "_run.json")?')
_OF_TABLE = (
    '$(self.nameroot.replace(/_cross_celltype$/, "") + "_threshold_run.json")?',
    '$(self.nameroot.replace(/_thresholds$/, "") + "_run.json")?',
)
RECORDS = {"input_bigwig": _OF_TRACK, "parts": _OF_TRACK, "prediction": _OF_TRACK, "cutoff_file": _OF_TABLE}
"""Secondary files of inputs: the run record of the file, where there is one."""
