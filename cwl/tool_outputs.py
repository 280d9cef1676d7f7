"""What each command leaves, as outputs of its tool; and the run records that travel with files."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Output:
    """An output of a tool.

    Attributes
    ----------
    name, doc : str
    type : str
    glob : str or tuple of str
    format : str or None
        EDAM format.
    beside : tuple of str
        Secondary files: the run record, where a later command looks for it.
    names : str or None
        Expression that gives the names in their order, which the pattern does not.
    """

    name: str
    type: str
    glob: str | tuple[str, ...]
    format: str | None
    doc: str
    beside: tuple[str, ...] = ()
    names: str | None = None


EDAM = "http://edamontology.org/"

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
        Output("record", "File", record, _JSON, "What was run, on what, with what result."),
        Output("log", "File", f"{prefix}_{command}.log", _TEXT, "The log."),
    )


def _record(command: str | None = None) -> tuple[str, ...]:
    return (f"{P}_{command}_run.json" if command else f"{P}_run.json",)


OUTPUTS: dict[str, tuple[Output, ...]] = {
    "train": (
        Output("best_model", "File", f"{P}_best.keras", _ZIP, "The selected model, for any program with Keras."),
        Output("best_model_h5", "File", f"{P}_best.h5", _HDF5, "The same as HDF5."),
        Output("best_epoch", "File", "best_epoch.txt", _TEXT, "One line: file name of the selected checkpoint."),
        Output("history", "File", f"{P}.csv", _CSV, "Loss, Dice coefficient and more of each epoch."),
        Output("cell_history", "File?", f"{P}_cells.csv", _CSV, "Validation scores of each epoch by cell type."),
        Output("timing", "File", f"{P}_timing.csv", _CSV, "Times of each epoch."),
        Output(
            "thresholds", "File?", f"{P}_thresholds.tsv", _TSV,
            "Precision and recall at each threshold; not without bound bins in the genome-like windows.",
            _record(),
        ),
        Output("test_table", "File?", f"{P}_test.tsv", _TSV, "Scores of the independent test; not without it."),
        Output("test_scores", "File?", f"{P}_test.json", _JSON, "The same for programs."),
        Output(
            "predictions", "File[]", (f"{P}.bw", f"{P}_test.*.bw"), _BIGWIG,
            "Predictions of the independent test, one track per cell type.", _record(),
        ),
        Output("history_plot", "File?", f"{P}_model_dice_acc.png", _PNG, "Loss and Dice; not without plot."),
        Output("structure_plot", "File?", f"{P}_model_structure.png", _PNG, "The network; not without plot."),
        Output("report_page", "File?", f"{P}_report.html", _HTML, "The report, one HTML file; not without it."),
        Output("report_data", "File?", f"{P}_report.json", _JSON, "What it shows beside the tables."),
        Output("figures", "Directory?", f"{P}_figures", None, "The figures of the report, as PNG and SVG."),
        Output("record", "File", f"{P}_run.json", _JSON, "What was run, on what, with what result."),
        Output("log", "File", f"{P}.log", _TEXT, "The log."),
        Output("cell_table", "File", f"{P}_cell_types.tsv", _TSV, "The cell types as a meta file."),
        Output("resume_state", "File", f"{P}_resume.npz", _ZIP, "What resume_from goes on from."),
        Output("checkpoints", "File[]", f"{P}_[0-9]*.$(inputs.model_format)", None, "The models after each epoch."),
        Output("tensorboard", "Directory?", f"tensorboard/{P}", None, "Event files for TensorBoard."),
        Output(
            "regions", "File[]", (f"{P}_training_ROI.bed.gz", f"{P}_validation_ROI.bed.gz"), None,
            "The pools of regions, with save_roi.",
        ),
        Output(
            "region_counts", "File[]",
            tuple(f"{P}_{pool}_ROI_{what}.txt" for pool in ("training", "validation") for what in
                  ("stats", "totalregions_stats")), _TEXT, "How many regions there are, with save_roi.",
        ),
    ),
    "prepare": (
        Output(
            "signal", "File[]", f"{SLOPPED}_RP*M_minmax01.bw", _BIGWIG,
            "The normalised signal, for training and prediction; one track, or one per group of barcodes.",
        ),
        Output("scaled", "File[]", f"{SLOPPED}_RP*M.bw", _BIGWIG, "The coverage, scaled to rpm_factor reads."),
        Output(
            "statistics", "File[]",
            (f"{SLOPPED}_RP*M_minmax01_genome_stats.txt", f"{SLOPPED}_RP*M_minmax01_chromosome_min_max.txt"), _TEXT,
            "Statistics of the scaled coverage.",
        ),
        Output("cut_sites", "File[]", f"{P}*_IS.bed.gz", _BED, "The cut sites; none without sites_bed."),
        Output("slopped_sites", "File[]", f"{SLOPPED}.bed.gz", _BED, "The same, widened."),
        Output("called_peaks", "File[]", f"{P}*_peaks.narrowPeak", _NARROWPEAK, "ATAC-seq peaks, with call_peaks."),
        Output("groups", "File?", f"{P}_groups.tsv", _TSV, "The files of each group, with barcodes."),
        Output("quality", "File", f"{P}_qc.html", _HTML, "Quality of the reads: one page."),
        Output("quality_table", "File", f"{P}_qc_mqc.tsv", _TSV, "The same for MultiQC."),
        *_of_every_run("prepare"),
    ),
    "normalize": (
        Output("track", "File", f"{P}.bw", _BIGWIG, "The normalised track."),
        Output(
            "statistics", "File[]", (f"{P}_genome_stats.txt", f"{P}_chromosome_min_max.txt"), _TEXT,
            "Statistics of the track that was read.",
        ),
        *_of_every_run("normalize"),
    ),
    "average": (
        Output("track", "File", f"{P}.bw", _BIGWIG, "The mean of the tracks."),
        *_of_every_run("average"),
    ),
    "binding": (
        Output("track", "File", f"{P}.bw", _BIGWIG, "The binding: 1 on bound bases, 0 on all others."),
        Output("regions", "File", f"{P}_peaks.bed", _BED, "The bound regions."),
        *_of_every_run("binding"),
    ),
    "predict": (
        Output(
            "tracks", "File[]", (f"{P}.bw", f"{P}_*.bw"), _BIGWIG,
            "Predicted scores in bins of 32 bp, one track per signal.", _record("predict"),
            '$(tracks(inputs, ".bw"))',
        ),
        Output(
            "sites", "File[]", (f"{P}_peaks.bed", f"{P}_*_peaks.bed"), _BED,
            "The sites of each track; none without a cutoff.", (), '$(tracks(inputs, "_peaks.bed"))',
        ),
        Output("unscored", "File?", "$(inputs.unscored_out || [])", _BED, "Regions of interest without a score."),
        *_of_every_run("predict"),
    ),
    "merge": (
        Output("track", "File", f"{P}.bw", _BIGWIG, "The joined track.", _record("merge")),
        Output("sites", "File?", f"{P}_peaks.bed", _BED, "Its sites; with a cutoff, or the sites of the parts."),
        *_of_every_run("merge"),
    ),
    "peaks": (
        Output(
            "sites", "File", f"{SITES}_$(inputs.bin_size)bp.$(inputs.format)",
            "$(sites_format(inputs))", "The sites, sorted by chromosome and start.",
        ),
        *_of_every_run("peaks", SITES),
    ),
    "threshold": (
        Output("table", "File", f"{P}.tsv", _TSV, "Precision and recall at each threshold.", _record("threshold")),
        Output(
            "cross_celltype", "File", f"{P}_cross_celltype.tsv", _TSV,
            "Threshold for each precision, recall and F1: medians over cell types.", _record("threshold"),
        ),
        Output("figure", "File?", f"{P}.png", _PNG, "Precision and recall over the threshold."),
        *_of_every_run("threshold"),
    ),
    "benchmark": (
        Output("table", "File", f"{P}_benchmark.tsv", _TSV, "Scores of each chromosome and of all, with intervals."),
        Output("scores", "File", f"{P}_benchmark.json", _JSON, "The same for programs."),
        Output("curve", "File?", f"{P}_benchmark_curve.tsv", _TSV, "Precision over recall, thinned."),
        Output("figure", "File?", f"{P}_benchmark.png", _PNG, "The same as a figure."),
        Output("original_tables", "File[]", f"{P}_*bp_PRC.tsv", _TSV, "Tables in the layout of maxATAC 1.0.6."),
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
