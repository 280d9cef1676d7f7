cwlVersion: v1.2
class: Workflow
label: From a model to sites
doc: |
  Predicts with a model, such as a published one, and calls the sites at the cutoff that its table of thresholds gives:
  a track and a file of sites for each signal. docs/models.md tells where published models come from.

requirements:
  InlineJavascriptRequirement: {}
  ScatterFeatureRequirement: {}

inputs:
  # begin: workflow inputs of predict without tf_name, models, unscored_out, cutoff_type, cutoff_value, cutoff_file and skip_call_peaks
  model:
    type: File[]?
    doc: "Model: .keras, or .h5 such as the published ones. Of several, or given again: the mean of the scores. Without it: required, or --tf_name."
  out_of_fold:
    type: boolean
    default: false
    doc: "Predict each sequence only with models whose records say that they did not train on it; sequences without such a model are left out."
  sequence:
    type: File
    doc: "Genome sequence as 2bit."
  signal:
    type: File[]
    doc: "ATAC-seq signal as bigWig, on the scale that the model was trained on. Of several, or given again: an output for each, with one header."
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
  chroms:
    type: string[]?
    doc: "Sequences to predict. Where a track lacks one that is named, its signal is taken as 0. Without it: every sequence of the genome that any of the tracks knows."
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
  # begin: workflow inputs of peaks without input_bigwig, chroms, bin_size, prefix, loglevel, ram_mb, tmpdir_mb, outdir_mb and max_hours
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
  format:
    type: {type: enum, symbols: [bed, narrowPeak]}
    default: bed
    doc: "Bed has chromosome, start, end and highest score; narrowPeak has the summit too."
  # end
  bin_size:
    type: int
    default: 200
    doc: Width in bp of the bins in which sites are called. Published tables are for bins of 200 bp.

steps:
  predict:
    run: maxatac-predict.cwl
    in:
      skip_call_peaks: {default: true}
      # begin: step inputs of predict without tf_name, models, unscored_out, cutoff_type, cutoff_value, cutoff_file and skip_call_peaks
      model: model
      out_of_fold: out_of_fold
      sequence: sequence
      signal: signal
      roi: roi
      clip_to_roi: clip_to_roi
      windows: windows
      step_size: step_size
      blacklist: blacklist
      chroms: chroms
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
    # begin: step outputs of predict without sites and unscored
    out: [tracks, record, log]
    # end
  peaks:
    run: maxatac-peaks.cwl
    scatter: input_bigwig
    in:
      input_bigwig: predict/tracks
      # begin: step inputs of peaks without input_bigwig, chroms, prefix, ram_mb, tmpdir_mb, outdir_mb and max_hours
      bin_size: bin_size
      cutoff_type: cutoff_type
      cutoff_value: cutoff_value
      cutoff_file: cutoff_file
      loglevel: loglevel
      format: format
      # end
    # begin: step outputs of peaks
    out: [sites, record, log]
    # end

outputs:
  # begin: workflow outputs of predict without sites and unscored
  predict_tracks:
    type: File[]
    doc: "Predicted scores in bins of 32 bp, one track per signal."
    outputSource: predict/tracks
  predict_record:
    type: File
    doc: "What was run, on what, with what result."
    outputSource: predict/record
  predict_log:
    type: File
    doc: "The log."
    outputSource: predict/log
  # end
  # begin: scattered outputs of peaks
  peaks_sites:
    type: {type: array, items: File}
    doc: "The sites, sorted by chromosome and start."
    outputSource: peaks/sites
  peaks_record:
    type: {type: array, items: File}
    doc: "What was run, on what, with what result."
    outputSource: peaks/record
  peaks_log:
    type: {type: array, items: File}
    doc: "The log."
    outputSource: peaks/log
  # end

$namespaces:
  s: https://schema.org/
  sbg: https://sevenbridges.com
s:license: https://spdx.org/licenses/Apache-2.0
s:citation: https://doi.org/10.1371/journal.pcbi.1010863
sbg:license: Apache-2.0
sbg:toolkit: maxatac
sbg:categories: [ATAC-seq, Machine learning]
