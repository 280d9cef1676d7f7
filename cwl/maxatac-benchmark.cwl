cwlVersion: v1.2
class: CommandLineTool
label: Score a prediction against binding
doc: |
  Scores a prediction against binding in bins: average precision, prevalence, precision at recalls and AUROC, with
  intervals and baselines (maxatac benchmark). docs/benchmark.md explains the options.

# begin: tool of maxatac benchmark
baseCommand: [maxatac, benchmark]
arguments:
  - {prefix: "--output", valueFrom: "."}

hints:
  DockerRequirement:
    dockerPull: maxatac:0.1.0
  SoftwareRequirement:
    packages:
      maxatac:
        version: ["0.1.0"]
        specs: ["https://doi.org/10.1371/journal.pcbi.1010863"]

requirements:
  InlineJavascriptRequirement: {}
  ResourceRequirement:
    coresMin: 1
    ramMin: "$(inputs.ram_mb)"
    tmpdirMin: "$(inputs.tmpdir_mb)"
    outdirMin: "$(inputs.outdir_mb)"
  NetworkAccess:
    networkAccess: false
  ToolTimeLimit:
    timelimit: "$(inputs.max_hours * 3600)"
  EnvVarRequirement:
    envDef: {KERAS_HOME: "$(runtime.tmpdir)", MPLCONFIGDIR: "$(runtime.tmpdir)"}

successCodes: [0]
temporaryFailCodes: [75]
permanentFailCodes: [1, 2]

inputs:
  prediction:
    type: File?
    secondaryFiles: [{pattern: "^_predict_run.json", required: false}, {pattern: "^_merge_run.json", required: false}, {pattern: "$(self.nameroot.replace(/_test\\..*$/, \"\") + \"_run.json\")", required: false}]
    doc: "Prediction. Without it: required, or --bed."
    inputBinding: {prefix: "--prediction"}
  bed:
    type: File?
    doc: "Prediction as BED or narrowPeak. The score is column 7 of narrowPeak, column 4 of a file with four columns, else column 5; 0 outside the intervals. Without it: none."
    inputBinding: {prefix: "--bed"}
  gold_standard:
    type: File
    doc: "Binding: a bigWig of 0 and 1, or peaks as BED; with --quant any signal as bigWig."
    inputBinding: {prefix: "--gold_standard"}
  binding_threshold:
    type: double?
    doc: "Take bases with binding above X as bound. Without it: none, other values than 0 and 1 are refused."
    inputBinding: {prefix: "--binding_threshold"}
  chroms:
    type: string[]?
    doc: "Chromosomes to score. Without it: all that prediction and binding have."
    inputBinding: {prefix: "--chroms"}
  blacklist:
    type: File?
    doc: "Regions whose bins are not scored: BED or bigWig, plain or gzip. Without it: none."
    inputBinding: {prefix: "--blacklist"}
  blacklist_bw:
    type: File?
    doc: "Likewise, as bigWig. Without it: none."
    inputBinding: {prefix: "--blacklist_bw"}
  chrom_sizes:
    type: File?
    doc: "Chromosome sizes; needed if prediction and binding are both BED. Without it: those of the bigWigs."
    inputBinding: {prefix: "--chrom_sizes"}
  cell_type:
    type: string?
    doc: "Cell type of the prediction, to compare with those of the table of cutoffs. Without it: not known."
    inputBinding: {prefix: "--cell_type"}
  bin_size:
    type: int[]
    default: [32, 200]
    doc: "Widths of the bins, scored one by one."
    inputBinding: {prefix: "--bin_size"}
  agg:
    type: ["null", {type: enum, symbols: [max, mean, min, sum]}]
    doc: "What a bin takes of the predictions in it. Without it: max, with --quant mean."
    inputBinding: {prefix: "--agg"}
  round_predictions:
    type: int?
    doc: "Decimals of the predictions. Without it: none, with --original 9."
    inputBinding: {prefix: "--round_predictions"}
  label_rule:
    type: ["null", {type: enum, symbols: [half, any, agg]}]
    doc: "A bin is bound where more than half of its bases are, where any is, or where --agg of the binding is above 0 (the original's). Without it: half for bins of 32 bp, any for others."
    inputBinding: {prefix: "--label_rule"}
  unpredicted:
    type: ["null", {type: enum, symbols: [leave_out, zero]}]
    doc: "What becomes of bins without a prediction: they are not scored, or score 0 (the original's). Without it: leave_out."
    inputBinding: {prefix: "--unpredicted"}
  drifting_bins:
    type: boolean?
    doc: "Spread what is left at the end of a chromosome over its bins, which then have no fixed width, in place of leaving it out (the original's). Without it: off."
    inputBinding: {valueFrom: "$(self ? \"--drifting_bins\" : \"--no-drifting_bins\")"}
  count_blacklisted:
    type: boolean?
    doc: "Count bound bins of the blacklist in Random_AUPRC of the original's tables (the original's). Without it: off."
    inputBinding: {valueFrom: "$(self ? \"--count_blacklisted\" : \"--no-count_blacklisted\")"}
  original:
    type: boolean
    default: false
    doc: "Set the last four as the original does, and round predictions to 9 decimals."
    inputBinding: {valueFrom: "$(self ? \"--original\" : \"--no-original\")"}
  signal:
    type: File?
    doc: "ATAC-seq signal, whose mean in a bin is scored as a baseline. Without it: not scored."
    inputBinding: {prefix: "--signal"}
  training_binding:
    type: File[]?
    doc: "Binding in the cell types that trained the model; its mean in a bin is scored as a baseline. Files with the content of --gold_standard are left out. Without it: not scored."
    inputBinding: {prefix: "--training_binding"}
  recalls:
    type: double[]
    default: [0.05]
    doc: "Recalls, above 0 up to 1, at which precision is reported."
    inputBinding: {prefix: "--recalls"}
  seed:
    type: long
    default: 1
    doc: "Draws the resamples for intervals; the test of a run has the seed of the run."
    inputBinding: {prefix: "--seed"}
  quant:
    type: boolean
    default: false
    doc: "Compare predicted with measured values: correlations, R2 and mean absolute error."
    inputBinding: {valueFrom: "$(self ? \"--quant\" : \"--no-quant\")"}
  target_scale_factor:
    type: double?
    doc: "With --quant: factor of the measured values. Without it: that of the model's record, or 1."
    inputBinding: {prefix: "--target_scale_factor"}
  cutoff_type:
    type: string
    default: F1
    doc: "What the cutoff is chosen by, in upper or lower case: Precision, Recall, F1, log2FC of the table, or score for a score itself. F1 takes the threshold of the highest F1."
    inputBinding: {prefix: "--cutoff_type"}
  cutoff_value:
    type: double?
    doc: "Value to reach: a score, or a precision, recall or log2 fold over random; F1 needs none. Without it: none."
    inputBinding: {prefix: "--cutoff_value"}
  cutoff_file:
    type: File?
    secondaryFiles: [{pattern: "$(self.nameroot.replace(/_cross_celltype$/, \"\") + \"_threshold_run.json\")", required: false}, {pattern: "$(self.nameroot.replace(/_thresholds$/, \"\") + \"_run.json\")", required: false}]
    doc: "Table of thresholds, of a published model, of maxatac train or of maxatac threshold. Without it: none."
    inputBinding: {prefix: "--cutoff_file"}
  prefix:
    type: string
    doc: "First part of the name of every output file."
    inputBinding: {prefix: "--prefix"}
  loglevel:
    type: {type: enum, symbols: [fatal, error, warning, info, debug]}
    default: info
    doc: "What to log, in upper or lower case."
    inputBinding: {prefix: "--loglevel"}
  full_curve:
    type: boolean
    default: false
    doc: "Write every point of the curve into <prefix>_<chrom>_<bin>bp_PRC.tsv, not about 300."
    inputBinding: {valueFrom: "$(self ? \"--full_curve\" : \"--no-full_curve\")"}
  plot:
    type: boolean
    default: true
    doc: "Draw precision over recall, or with --quant the values."
    inputBinding: {valueFrom: "$(self ? \"--plot\" : \"--no-plot\")"}
  ram_mb:
    type: int
    default: 4096
    doc: "Memory to reserve, in MiB."
  tmpdir_mb:
    type: int
    default: 1024
    doc: "Space for temporary files to reserve, in MiB."
  outdir_mb:
    type: int
    default: 4096
    doc: "Space for the results to reserve, in MiB."
  max_hours:
    type: int
    default: 0
    doc: "Hours after which the engine stops the run; 0 for no limit."

outputs:
  table:
    type: File
    format: "http://edamontology.org/format_3475"
    doc: "Scores of each chromosome and of all, with intervals."
    outputBinding: {glob: "$(inputs.prefix)_benchmark.tsv"}
  scores:
    type: File
    format: "http://edamontology.org/format_3464"
    doc: "The same for programs."
    outputBinding: {glob: "$(inputs.prefix)_benchmark.json"}
  curve:
    type: File?
    format: "http://edamontology.org/format_3475"
    doc: "Precision over recall, thinned."
    outputBinding: {glob: "$(inputs.prefix)_benchmark_curve.tsv"}
  figure:
    type: File?
    format: "http://edamontology.org/format_3603"
    doc: "The same as a figure."
    outputBinding: {glob: "$(inputs.prefix)_benchmark.png"}
  original_tables:
    type: File[]
    format: "http://edamontology.org/format_3475"
    doc: "Tables in the layout of maxATAC 1.0.6."
    outputBinding: {glob: "$(inputs.prefix)_*bp_PRC.tsv"}
  record:
    type: File
    format: "http://edamontology.org/format_3464"
    doc: "What was run, on what, with what result."
    outputBinding: {glob: "$(inputs.prefix)_benchmark_run.json"}
  log:
    type: File
    format: "http://edamontology.org/format_2330"
    doc: "The log."
    outputBinding: {glob: "$(inputs.prefix)_benchmark.log"}

$namespaces:
  s: https://schema.org/
s:name: maxatac benchmark
s:license: https://spdx.org/licenses/Apache-2.0
s:citation: https://doi.org/10.1371/journal.pcbi.1010863
# end
