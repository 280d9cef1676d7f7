cwlVersion: v1.2
class: Workflow
label: From a model to sites
doc: |
  Predicts with a model, such as a published one, and calls the sites at the cutoff that its table of thresholds gives:
  a track and a file of sites for each signal. docs/models.md tells where published models come from.

# begin: instance for predicting
hints:
  - class: sbg:AWSInstanceType
    value: "m5.2xlarge;ebs-gp2;100"
  - class: sbg:GoogleInstanceType
    value: "n1-standard-8;pd-ssd;100"
# end

requirements:
  InlineJavascriptRequirement: {}
  ScatterFeatureRequirement: {}

inputs:
  # begin: workflow inputs of predict without tf_name, models, unscored_out, cutoff_type, cutoff_value, cutoff_file and skip_call_peaks
  model:
    type: File[]?
    label: "Model, or several"
    doc: "Model: .keras, or .h5 such as the published ones. Of several: the mean of the scores. Needed unless `tf_name` is given."
    s:encodingFormat: ["http://edamontology.org/format_3987", "http://edamontology.org/format_3590"]
    sbg:fileTypes: "KERAS, H5"
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
  signal:
    type: File[]
    label: "ATAC-seq signal"
    doc: "ATAC-seq signal as bigWig, on the scale that the model was trained on. Of several: an output for each, with one header."
    s:encodingFormat: "http://edamontology.org/format_3006"
    sbg:fileTypes: "BW, BIGWIG"
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
  chroms:
    type: string[]?
    label: Chromosomes
    doc: "Sequences to predict. Where a track lacks one that is named, its signal is taken as 0. Without it: every sequence of the genome that any of the tracks knows."
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
  # begin: workflow inputs of peaks without input_bigwig, chroms, bin_size, prefix, loglevel, ram_mb, tmpdir_mb, outdir_mb and max_hours
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
  format:
    type: {type: enum, name: format, symbols: [bed, narrowPeak]}
    label: "Format of the sites"
    default: bed
    doc: "Bed has chromosome, start, end and highest score; narrowPeak has the summit too."
  # end
  bin_size:
    type: int
    label: Bin width (bp)
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
    label: "Predicted scores"
    doc: "Predicted scores of 0 to 1 in bins of 32 bp, one track per signal."
    format: "http://edamontology.org/format_3006"
    sbg:fileTypes: BW
    outputSource: predict/tracks
  predict_record:
    type: File
    label: "Run record"
    doc: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."
    format: "http://edamontology.org/format_3464"
    sbg:fileTypes: JSON
    outputSource: predict/record
  predict_log:
    type: File
    label: Log
    doc: "What the command told while it ran."
    format: "http://edamontology.org/format_2330"
    sbg:fileTypes: LOG
    outputSource: predict/log
  # end
  # begin: scattered outputs of peaks
  peaks_sites:
    type: {type: array, items: File}
    label: "Predicted sites"
    doc: "Runs of bins whose score reaches the cutoff, sorted by chromosome and start, as BED or narrowPeak."
    format: "http://edamontology.org/format_3003"
    sbg:fileTypes: "BED, NARROWPEAK"
    outputSource: peaks/sites
  peaks_record:
    type: {type: array, items: File}
    label: "Run record"
    doc: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."
    format: "http://edamontology.org/format_3464"
    sbg:fileTypes: JSON
    outputSource: peaks/record
  peaks_log:
    type: {type: array, items: File}
    label: Log
    doc: "What the command told while it ran."
    format: "http://edamontology.org/format_2330"
    sbg:fileTypes: LOG
    outputSource: peaks/log
  # end

# begin: about
$namespaces:
  s: https://schema.org/
  sbg: https://sevenbridges.com
s:name: "maxatac-predict-sites"
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
