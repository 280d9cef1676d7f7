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
    label: "Predicted scores"
    secondaryFiles: [{pattern: "^_predict_run.json", required: false}, {pattern: "^_merge_run.json", required: false}, {pattern: "$(self.nameroot.replace(/_test\\..*$/, \"\") + \"_run.json\")", required: false}]
    doc: "Predicted scores as bigWig, as maxatac predict writes them. Needed unless `bed` is given."
    s:encodingFormat: "http://edamontology.org/format_3006"
    sbg:fileTypes: "BW, BIGWIG"
    inputBinding: {prefix: "--prediction"}
  bed:
    type: File?
    label: "Prediction as BED or narrowPeak"
    doc: "Prediction as BED or narrowPeak. The score is column 7 of narrowPeak, column 4 of a file with four columns, else column 5; 0 outside the intervals. Optional."
    s:encodingFormat: ["http://edamontology.org/format_3003", "http://edamontology.org/format_3613"]
    sbg:fileTypes: "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ"
    inputBinding: {prefix: "--bed"}
  gold_standard:
    type: File
    label: "Measured binding"
    doc: "Binding: a bigWig of 0 and 1, or peaks as BED; with `quant` any signal as bigWig."
    s:encodingFormat: ["http://edamontology.org/format_3003", "http://edamontology.org/format_3613", "http://edamontology.org/format_3006"]
    sbg:fileTypes: "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ, BW, BIGWIG"
    inputBinding: {prefix: "--gold_standard"}
  binding_threshold:
    type: double?
    label: "Binding above which bases are bound"
    doc: "Take bases with binding above X as bound. Without it: none, other values than 0 and 1 are refused."
    inputBinding: {prefix: "--binding_threshold"}
  chroms:
    type: string[]?
    label: Chromosomes
    doc: "Chromosomes to score. Without it: all that prediction and binding have."
    inputBinding: {prefix: "--chroms"}
  blacklist:
    type: File?
    label: "Blacklisted regions"
    doc: "Regions whose bins are not scored: BED or bigWig, plain or gzip. Optional."
    s:encodingFormat: ["http://edamontology.org/format_3003", "http://edamontology.org/format_3613", "http://edamontology.org/format_3006"]
    sbg:fileTypes: "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ, BW, BIGWIG"
    inputBinding: {prefix: "--blacklist"}
  blacklist_bw:
    type: File?
    label: "Blacklisted regions as bigWig"
    doc: "Regions whose bins are not scored, as bigWig: where it is above 0. In place of `blacklist`."
    s:encodingFormat: "http://edamontology.org/format_3006"
    sbg:fileTypes: "BW, BIGWIG"
    inputBinding: {prefix: "--blacklist_bw"}
  chrom_sizes:
    type: File?
    label: "Chromosome sizes"
    doc: "Chromosome sizes; needed if prediction and binding are both BED. Without it: those of the bigWigs."
    s:encodingFormat: "http://edamontology.org/format_3475"
    sbg:fileTypes: "SIZES, TSV, TXT"
    inputBinding: {prefix: "--chrom_sizes"}
  cell_type:
    type: string?
    label: "Cell type of the prediction"
    doc: "Cell type of the prediction, to compare with those of the table of cutoffs. Without it: not known."
    inputBinding: {prefix: "--cell_type"}
  bin_size:
    type: int[]
    label: "Bin widths (bp)"
    default: [32, 200]
    doc: "Widths of the bins, scored one by one."
    inputBinding: {prefix: "--bin_size"}
  agg:
    type: ["null", {type: enum, name: agg, symbols: [max, mean, min, sum]}]
    label: "What a bin takes of its predictions"
    doc: "What a bin takes of the predictions in it. Without it: max, with `quant` mean."
    inputBinding: {prefix: "--agg"}
  round_predictions:
    type: int?
    label: "Decimals of the predictions"
    doc: "Decimals of the predictions. Without it: none, with `original` 9."
    inputBinding: {prefix: "--round_predictions"}
  label_rule:
    type: ["null", {type: enum, name: label_rule, symbols: [half, any, agg]}]
    label: "When a bin is bound"
    doc: "A bin is bound where more than half of its bases are, where any is, or where `agg` of the binding is above 0 (the original's). Without it: half for bins of 32 bp, any for others."
    inputBinding: {prefix: "--label_rule"}
  unpredicted:
    type: ["null", {type: enum, name: unpredicted, symbols: [leave_out, zero]}]
    label: "Bins without a prediction"
    doc: "What becomes of bins without a prediction: they are not scored, or score 0 (the original's). Without it: leave_out."
    inputBinding: {prefix: "--unpredicted"}
  drifting_bins:
    type: boolean?
    label: "Spread the rest of a chromosome over its bins"
    doc: "Spread what is left at the end of a chromosome over its bins, which then have no fixed width, in place of leaving it out (the original's). Without it: off."
    inputBinding: {valueFrom: "$(self ? \"--drifting_bins\" : \"--no-drifting_bins\")"}
  count_blacklisted:
    type: boolean?
    label: "Count bound blacklisted bins in the random score"
    doc: "Count bound bins of the blacklist in Random_AUPRC of the original's tables (the original's). Without it: off."
    inputBinding: {valueFrom: "$(self ? \"--count_blacklisted\" : \"--no-count_blacklisted\")"}
  original:
    type: boolean
    label: "Score as maxATAC 1.0.6 does"
    default: false
    doc: "Score as maxATAC 1.0.6 does: sets `label_rule`, `unpredicted`, `drifting_bins` and `count_blacklisted` to its rules, and rounds predictions to 9 decimals."
    inputBinding: {valueFrom: "$(self ? \"--original\" : \"--no-original\")"}
  signal:
    type: File?
    label: "ATAC-seq signal"
    doc: "ATAC-seq signal, whose mean in a bin is scored as a baseline. Without it: not scored."
    s:encodingFormat: "http://edamontology.org/format_3006"
    sbg:fileTypes: "BW, BIGWIG"
    inputBinding: {prefix: "--signal"}
  training_binding:
    type: File[]?
    label: "Binding in the training cell types"
    doc: "Binding in the cell types that trained the model; its mean in a bin is scored as a baseline. Files with the content of `gold_standard` are left out. Without it: not scored."
    s:encodingFormat: "http://edamontology.org/format_3006"
    sbg:fileTypes: "BW, BIGWIG"
    inputBinding: {prefix: "--training_binding"}
  recalls:
    type: double[]
    label: "Recalls to report"
    default: [0.05]
    doc: "Recalls, above 0 up to 1, at which precision is reported."
    inputBinding: {prefix: "--recalls"}
  seed:
    type: long
    label: "Random seed"
    default: 1
    doc: "Seed of the resamples that intervals are made of."
    inputBinding: {prefix: "--seed"}
  quant:
    type: boolean
    label: "Compare values, not classes"
    default: false
    doc: "Compare predicted with measured values: correlations, R2 and mean absolute error."
    inputBinding: {valueFrom: "$(self ? \"--quant\" : \"--no-quant\")"}
  target_scale_factor:
    type: double?
    label: "Factor of quantitative targets"
    doc: "With `quant`: factor of the measured values. Without it: that of the model's record, or 1."
    inputBinding: {prefix: "--target_scale_factor"}
  cutoff_type:
    type: string
    label: "What the cutoff is chosen by"
    default: F1
    doc: "What the cutoff is chosen by, in upper or lower case: Precision, Recall, F1, log2FC of the table, or score for a score itself. F1 takes the threshold of the highest F1."
    inputBinding: {prefix: "--cutoff_type"}
  cutoff_value:
    type: double?
    label: "Value to reach"
    doc: "Value to reach: a score, or a precision, recall or log2 fold over random; F1 needs none. Optional."
    inputBinding: {prefix: "--cutoff_value"}
  cutoff_file:
    type: File?
    label: "Table of thresholds"
    secondaryFiles: [{pattern: "$(self.nameroot.replace(/_cross_celltype$/, \"\") + \"_threshold_run.json\")", required: false}, {pattern: "$(self.nameroot.replace(/_thresholds$/, \"\") + \"_run.json\")", required: false}]
    doc: "Table of thresholds, of a published model, of maxatac train or of maxatac threshold. Optional."
    s:encodingFormat: "http://edamontology.org/format_3475"
    sbg:fileTypes: "TSV, TXT"
    inputBinding: {prefix: "--cutoff_file"}
  prefix:
    type: string
    label: "Prefix of output names"
    doc: "First part of the name of every output file."
    inputBinding: {prefix: "--prefix"}
  loglevel:
    type: {type: enum, name: loglevel, symbols: [fatal, error, warning, info, debug]}
    label: "Log level"
    default: info
    doc: "Least severe messages that the log has."
    inputBinding: {prefix: "--loglevel"}
  full_curve:
    type: boolean
    label: "Write every point of the curve"
    default: false
    doc: "Write every point of the curve into <prefix>_<chrom>_<bin>bp_PRC.tsv, not about 300."
    inputBinding: {valueFrom: "$(self ? \"--full_curve\" : \"--no-full_curve\")"}
  plot:
    type: boolean
    label: "Draw figures"
    default: true
    doc: "Draw precision over recall, or with `quant` the values."
    inputBinding: {valueFrom: "$(self ? \"--plot\" : \"--no-plot\")"}
  ram_mb:
    type: int
    label: "Memory to reserve (MiB)"
    default: 4096
    doc: "Memory to reserve, in MiB; a step that needs more is killed."
  tmpdir_mb:
    type: int
    label: "Space for temporary files (MiB)"
    default: 1024
    doc: "Disk space to reserve for temporary files, in MiB."
  outdir_mb:
    type: int
    label: "Space for results (MiB)"
    default: 4096
    doc: "Disk space to reserve for the results, in MiB."
  max_hours:
    type: int
    label: "Time limit (hours)"
    default: 0
    doc: "Hours after which the engine stops the step; 0 for no limit."

outputs:
  table:
    type: File
    label: Scores
    doc: "Average precision and more of each chromosome and of all, with intervals, beside baselines."
    format: "http://edamontology.org/format_3475"
    sbg:fileTypes: TSV
    outputBinding: {glob: "$(inputs.prefix)_benchmark.tsv"}
  scores:
    type: File
    label: "Scores (JSON)"
    doc: "The scores for programs."
    format: "http://edamontology.org/format_3464"
    sbg:fileTypes: JSON
    outputBinding: {glob: "$(inputs.prefix)_benchmark.json"}
  curve:
    type: File?
    label: "Precision-recall curve"
    doc: "Precision over recall, thinned to some hundred points."
    format: "http://edamontology.org/format_3475"
    sbg:fileTypes: TSV
    outputBinding: {glob: "$(inputs.prefix)_benchmark_curve.tsv"}
  figure:
    type: File?
    label: "Figure of the scores"
    doc: "Precision over recall, or with `quant` predicted over measured values; with `plot`."
    format: "http://edamontology.org/format_3603"
    sbg:fileTypes: PNG
    outputBinding: {glob: "$(inputs.prefix)_benchmark.png"}
  original_tables:
    type: File[]
    label: "Tables of maxATAC 1.0.6"
    doc: "Precision-recall tables in the layout of maxATAC 1.0.6, one per chromosome and bin width."
    format: "http://edamontology.org/format_3475"
    sbg:fileTypes: TSV
    outputBinding: {glob: "$(inputs.prefix)_*bp_PRC.tsv"}
  record:
    type: File
    label: "Run record"
    doc: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."
    format: "http://edamontology.org/format_3464"
    sbg:fileTypes: JSON
    outputBinding: {glob: "$(inputs.prefix)_benchmark_run.json"}
  log:
    type: File
    label: Log
    doc: "What the command told while it ran."
    format: "http://edamontology.org/format_2330"
    sbg:fileTypes: LOG
    outputBinding: {glob: "$(inputs.prefix)_benchmark.log"}

$namespaces:
  s: https://schema.org/
  sbg: https://sevenbridges.com
s:name: "maxatac benchmark"
s:softwareVersion: "0.1.0"
s:author:
  - s:name: "The maxatac developers"
s:license: https://spdx.org/licenses/Apache-2.0
s:citation: https://doi.org/10.1371/journal.pcbi.1010863
s:codeRepository: https://github.com/OWNER/maxatac
s:keywords: ["ATAC-seq", "transcription factor binding", "deep learning", genomics]
sbg:license: Apache-2.0
sbg:toolkit: maxatac
sbg:toolkitVersion: "0.1.0"
sbg:toolAuthor: "The maxatac developers"
sbg:wrapperAuthor: "The maxatac developers"
sbg:categories: ["ATAC-seq", "ChIP-seq", Epigenomics, "Machine learning"]
sbg:links:
  - {id: "https://github.com/OWNER/maxatac", label: Source code}
  - {id: "https://github.com/OWNER/maxatac/tree/main/docs", label: Documentation}
  - {id: "https://doi.org/10.1371/journal.pcbi.1010863", label: Publication}
# end
