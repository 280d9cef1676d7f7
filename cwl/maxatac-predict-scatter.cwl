cwlVersion: v1.2
class: Workflow
label: Predict a genome in parts
doc: |
  One prediction as several jobs side by side, each of some chromosomes, whose results are joined. The result is that
  of one job.

# begin: instance for predicting, side by side
hints:
  - class: sbg:AWSInstanceType
    value: "m5.2xlarge;ebs-gp2;100"
  - class: sbg:GoogleInstanceType
    value: "n1-standard-8;pd-ssd;100"
  - class: sbg:maxNumberOfParallelInstances
    value: "8"
# end

requirements:
  InlineJavascriptRequirement: {}
  ScatterFeatureRequirement: {}
  StepInputExpressionRequirement: {}

inputs:
  chrom_sets:
    type: {type: array, items: {type: array, items: string}}
    label: Chromosomes of each job
    doc: "The chromosomes of each job, as a list of lists; no chromosome may be in two of them."
  signal:
    type: File
    label: ATAC-seq signal
    doc: "ATAC-seq signal as bigWig, on the scale that the model was trained on."
    s:encodingFormat: http://edamontology.org/format_3006
    sbg:fileTypes: "BW, BIGWIG"
  # begin: workflow inputs of predict without chroms, signal, unscored_out, cutoff_type, cutoff_value, cutoff_file and skip_call_peaks
  model:
    type: File[]?
    label: "Model, or several"
    doc: "Model: .keras, or .h5 such as the published ones. Of several: the mean of the scores. Needed unless `tf_name` is given."
    s:encodingFormat: ["http://edamontology.org/format_3987", "http://edamontology.org/format_3590"]
    sbg:fileTypes: "KERAS, H5"
  tf_name:
    type: string?
    label: "Transcription factor of a model in the folder"
    doc: "Transcription factor, in place of a model: its model and cutoff table are looked up in `models`. Needed unless `model` is given."
  models:
    type: Directory?
    label: "Folder of models"
    doc: "Folder of models, with a folder for each transcription factor as in the published data. Needed with `tf_name`."
  out_of_fold:
    type: boolean
    label: "Predict out of fold only"
    default: false
    doc: "Predict each sequence only with models whose records say that they did not train on it; sequences without such a model are left out."
  sequence:
    type: File
    label: "Genome sequence (2bit)"
    doc: "Genome sequence as 2bit; it must be the genome of all tracks."
    s:encodingFormat: "http://edamontology.org/format_3009"
    sbg:fileTypes: "2BIT"
  roi:
    type: File?
    label: "Regions of interest"
    doc: "Regions of interest, BED or narrowPeak: only windows that touch one are predicted. Optional."
    s:encodingFormat: ["http://edamontology.org/format_3003", "http://edamontology.org/format_3613"]
    sbg:fileTypes: "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ"
  clip_to_roi:
    type: boolean
    label: "Score only bins in regions of interest"
    default: false
    doc: "Give no score to bins that touch no region of interest; needs `roi`."
  windows:
    type: File?
    label: "Windows to predict"
    doc: "Windows to predict in place of the grid: BED with intervals of 1,024 bp, whose starts differ by multiples of 32. Without it: the grid of `step_size`."
    s:encodingFormat: ["http://edamontology.org/format_3003", "http://edamontology.org/format_3613"]
    sbg:fileTypes: "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ"
  step_size:
    type: int
    label: "Distance of windows (bp)"
    default: 256
    doc: "Distance of the windows of the grid, a multiple of 32."
  blacklist:
    type: File?
    label: "Blacklisted regions"
    doc: "Regions that no window may touch: BED or bigWig, plain or gzip. Optional."
    s:encodingFormat: ["http://edamontology.org/format_3003", "http://edamontology.org/format_3613", "http://edamontology.org/format_3006"]
    sbg:fileTypes: "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ, BW, BIGWIG"
  chrom_sizes:
    type: File?
    label: "Chromosome sizes"
    doc: "Chromosome sizes to compare with those of the 2bit, which are used. Optional."
    s:encodingFormat: "http://edamontology.org/format_3475"
    sbg:fileTypes: "SIZES, TSV, TXT"
  genome:
    type: string?
    label: "Name of the genome build"
    doc: "Name of the genome build, a label for the run record only. Optional."
  strict:
    type: boolean
    label: "Refuse a signal of another scale"
    default: false
    doc: "Refuse a signal that is not on the scale that the model was trained on."
  prefix:
    type: string
    label: "Prefix of output names"
    default: maxatac_predict
    doc: "First part of the name of every output file."
  loglevel:
    type: {type: enum, name: loglevel, symbols: [fatal, error, warning, info, debug]}
    label: "Log level"
    default: info
    doc: "Least severe messages that the log has."
  batch_size:
    type: int
    label: "Windows per call of the network"
    default: 256
    doc: "Windows per call of the network; the scores do not depend on it."
  rev_comp:
    type: boolean
    label: "Average both strands"
    default: false
    doc: "Average the predictions of both strands, which takes twice the time."
  device:
    type: {type: enum, name: device, symbols: [auto, gpu, cpu]}
    label: "Device to compute on"
    default: auto
    doc: "What to compute on; gpu is an error where there is none, auto is not."
  fast_math:
    type: boolean
    label: "TensorFloat-32 on a GPU"
    default: false
    doc: "Let a GPU multiply with fewer digits (TensorFloat-32); scores then have fewer correct digits."
  max_zooms:
    type: int
    label: "Zoom levels of the bigWig"
    default: 10
    doc: "Zoom levels of the bigWig, at most; 0 to 10."
  memory:
    type: string?
    label: "Memory for data"
    doc: "Memory for decoded tracks, such as 200M or 4G; the results do not depend on it. Without it: a quarter of what is reserved."
  cores:
    type: int
    label: "Processor cores"
    default: 4
    doc: "Processor cores to reserve; the command uses as many threads."
  ram_mb:
    type: int
    label: "Memory to reserve (MiB)"
    default: 16384
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
  # end
  # begin: workflow inputs of merge without parts, part_peaks, prefix, loglevel, max_zooms, ram_mb, tmpdir_mb, outdir_mb and max_hours
  cutoff_type:
    type: string
    label: "What the cutoff is chosen by"
    default: F1
    doc: "What the cutoff is chosen by, in upper or lower case: Precision, Recall, F1, log2FC of the table, or score for a score itself. F1 takes the threshold of the highest F1."
  cutoff_value:
    type: double?
    label: "Value to reach"
    doc: "Value to reach: a score, or a precision, recall or log2 fold over random; F1 needs none. Optional."
  cutoff_file:
    type: File?
    label: "Table of thresholds"
    secondaryFiles: [{pattern: "$(self.nameroot.replace(/_cross_celltype$/, \"\") + \"_threshold_run.json\")", required: false}, {pattern: "$(self.nameroot.replace(/_thresholds$/, \"\") + \"_run.json\")", required: false}]
    doc: "Table of thresholds, of a published model, of maxatac train or of maxatac threshold. Optional."
    s:encodingFormat: "http://edamontology.org/format_3475"
    sbg:fileTypes: "TSV, TXT"
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
    label: "Predicted scores"
    doc: "The predictions of all parts in one track."
    format: "http://edamontology.org/format_3006"
    sbg:fileTypes: BW
    outputSource: merge/track
  merge_sites:
    type: File?
    label: "Predicted sites"
    doc: "The sites of the whole; with a cutoff, or joined from the sites of the parts."
    format: "http://edamontology.org/format_3003"
    sbg:fileTypes: BED
    outputSource: merge/sites
  merge_record:
    type: File
    label: "Run record"
    doc: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."
    format: "http://edamontology.org/format_3464"
    sbg:fileTypes: JSON
    outputSource: merge/record
  merge_log:
    type: File
    label: Log
    doc: "What the command told while it ran."
    format: "http://edamontology.org/format_2330"
    sbg:fileTypes: LOG
    outputSource: merge/log
  # end

# begin: about
$namespaces:
  s: https://schema.org/
  sbg: https://sevenbridges.com
s:name: "maxatac-predict-scatter"
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
