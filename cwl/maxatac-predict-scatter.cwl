cwlVersion: v1.2
class: Workflow
label: Predict a genome in parts
doc: |
  One prediction as several jobs side by side, each of some chromosomes, whose results are joined. The result is that
  of one job.

requirements:
  InlineJavascriptRequirement: {}
  ScatterFeatureRequirement: {}
  StepInputExpressionRequirement: {}

inputs:
  chrom_sets:
    type: {type: array, items: {type: array, items: string}}
    doc: The chromosomes of each job; no chromosome in two of them.
  signal: {type: File, doc: "ATAC-seq signal as bigWig, on the scale that the model was trained on."}
  # begin: workflow inputs of predict without chroms, signal, unscored_out, cutoff_type, cutoff_value, cutoff_file and skip_call_peaks
  model:
    type: File[]?
    doc: "Model: .keras, or .h5 such as the published ones. Of several, or given again: the mean of the scores. Without it: required, or --tf_name."
  tf_name:
    type: string?
    doc: "Transcription factor, in place of a model: its model and cutoff table are looked up in --models. Without it: required, or --model."
  models:
    type: Directory?
    doc: "Folder of models, with a folder for each transcription factor as in the published data. Without it: what MAXATAC_MODELS names."
  out_of_fold:
    type: boolean
    default: false
    doc: "Predict each sequence only with models whose records say that they did not train on it; sequences without such a model are left out."
  sequence:
    type: File
    doc: "Genome sequence as 2bit."
  roi:
    type: File?
    doc: "Regions of interest, BED or narrowPeak: only windows that touch one are predicted. Without it: none."
  clip_to_roi:
    type: boolean
    default: false
    doc: "Give no score to bins that touch no region of interest; needs --roi."
  windows:
    type: File?
    doc: "Windows to predict in place of the grid: BED of 1,024 bp each, whose starts differ by multiples of 32. Without it: none."
  step_size:
    type: int
    default: 256
    doc: "Distance of the windows of the grid, a multiple of 32."
  blacklist:
    type: File?
    doc: "Regions that no window may touch: BED or bigWig, plain or gzip. Without it: none."
  chrom_sizes:
    type: File?
    doc: "Chromosome sizes to compare with those of the 2bit, which are used. Without it: none."
  genome:
    type: string?
    doc: "Name of the genome build, a label for the run record only. Without it: none."
  strict:
    type: boolean
    default: false
    doc: "Refuse a signal that is not on the scale that the model was trained on."
  prefix:
    type: string
    default: maxatac_predict
    doc: "First part of the name of every output file."
  loglevel:
    type: {type: enum, symbols: [fatal, error, warning, info, debug]}
    default: info
    doc: "What to log, in upper or lower case."
  batch_size:
    type: int
    default: 256
    doc: "Windows per call of the network; the scores do not depend on it."
  rev_comp:
    type: boolean
    default: false
    doc: "Average the predictions of both strands, which takes twice the time."
  device:
    type: {type: enum, symbols: [auto, gpu, cpu]}
    default: auto
    doc: "What to compute on; gpu is an error where there is none, auto is not."
  fast_math:
    type: boolean
    default: false
    doc: "Let a GPU multiply with fewer digits (TensorFloat-32); scores then have fewer correct digits."
  max_zooms:
    type: int
    default: 10
    doc: "Zoom levels of the bigWig, at most; 0 to 10."
  memory:
    type: string?
    doc: "Memory for decoded tracks, such as 200M or 4G; the results do not depend on it. Without it: a quarter of what is reserved."
  cores:
    type: int
    default: 4
    doc: "Processor cores to reserve; loader and network have as many threads each."
  ram_mb:
    type: int
    default: 16384
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
  # end
  # begin: workflow inputs of merge without parts, part_peaks, prefix, loglevel, max_zooms, ram_mb, tmpdir_mb, outdir_mb and max_hours
  cutoff_type:
    type: string
    default: F1
    doc: "What the cutoff is chosen by, in upper or lower case: Precision, Recall, F1, log2FC of the table, or score for a score itself. F1 takes the threshold of the highest F1."
  cutoff_value:
    type: double?
    doc: "Value to reach: a score, or a precision, recall or log2 fold over random; F1 needs none. Without it: none."
  cutoff_file:
    type: File?
    secondaryFiles: [{pattern: "$(self.nameroot.replace(/_cross_celltype$/, \"\") + \"_threshold_run.json\")", required: false}, {pattern: "$(self.nameroot.replace(/_thresholds$/, \"\") + \"_run.json\")", required: false}]
    doc: "Table of thresholds, of a published model, of maxatac train or of maxatac threshold. Without it: none."
  # end

steps:
  predict:
    run: maxatac-predict.cwl
    scatter: chroms
    in:
      chroms: chrom_sets
      signal: {source: signal, valueFrom: "$([self])"}
      skip_call_peaks: {default: true}
      # begin: step inputs of predict without chroms, signal, unscored_out, cutoff_type, cutoff_value, cutoff_file and skip_call_peaks
      model: model
      tf_name: tf_name
      models: models
      out_of_fold: out_of_fold
      sequence: sequence
      roi: roi
      clip_to_roi: clip_to_roi
      windows: windows
      step_size: step_size
      blacklist: blacklist
      chrom_sizes: chrom_sizes
      genome: genome
      strict: strict
      prefix: prefix
      loglevel: loglevel
      batch_size: batch_size
      rev_comp: rev_comp
      device: device
      fast_math: fast_math
      max_zooms: max_zooms
      memory: memory
      cores: cores
      ram_mb: ram_mb
      tmpdir_mb: tmpdir_mb
      outdir_mb: outdir_mb
      max_hours: max_hours
      # end
    out: [tracks]
  merge:
    run: maxatac-merge.cwl
    in:
      parts: {source: predict/tracks, valueFrom: "$([].concat.apply([], self))"}
      # begin: step inputs of merge without parts, part_peaks, ram_mb, tmpdir_mb, outdir_mb and max_hours
      prefix: prefix
      loglevel: loglevel
      cutoff_type: cutoff_type
      cutoff_value: cutoff_value
      cutoff_file: cutoff_file
      max_zooms: max_zooms
      # end
    # begin: step outputs of merge
    out: [track, sites, record, log]
    # end

outputs:
  # begin: workflow outputs of merge
  merge_track:
    type: File
    doc: "The joined track."
    outputSource: merge/track
  merge_sites:
    type: File?
    doc: "Its sites; with a cutoff, or the sites of the parts."
    outputSource: merge/sites
  merge_record:
    type: File
    doc: "What was run, on what, with what result."
    outputSource: merge/record
  merge_log:
    type: File
    doc: "The log."
    outputSource: merge/log
  # end

$namespaces:
  s: https://schema.org/
  sbg: https://sevenbridges.com
s:license: https://spdx.org/licenses/Apache-2.0
s:citation: https://doi.org/10.1371/journal.pcbi.1010863
sbg:license: Apache-2.0
sbg:toolkit: maxatac
sbg:categories: [ATAC-seq, Machine learning]
