cwlVersion: v1.2
class: Workflow
label: From reads to sites
doc: |
  Makes the signal of a sample from its reads, predicts with a model, such as a published one, and calls the sites at the
  cutoff that its table of thresholds gives. With barcodes, a track and a file of sites for each group of cells.
  docs/prepare.md and docs/predict.md explain the options.

requirements:
  InlineJavascriptRequirement: {}
  ScatterFeatureRequirement: {}

inputs:
  prefix:
    type: string
    doc: First part of the name of every output file.
  # begin: workflow inputs of prepare without sequence, chrom_sizes, chroms, blacklist, peaks, max_zooms, prefix, loglevel, memory, cores, ram_mb, tmpdir_mb, outdir_mb and max_hours
  input:
    type: File[]
    doc: "Reads of one sample: BAM in any order, or 10x fragments, BED or BEDPE, plain, gzip or bgzip. Of several, or given again: all together make one track."
  input_format:
    type: {type: enum, symbols: [auto, bam, fragments, bed, bedpe]}
    default: auto
    doc: "What the input is: fragments is that of 10x, with a line per fragment; bed has a fragment in each line, or with --single_end a read with its strand in column 6; bedpe has both mates in ten columns."
  shift:
    type: ["null", {type: enum, symbols: [none, "10x", "+4/-4"]}]
    doc: "How the ends were moved to the cut sites before: by +4/-5 bp (10x), by +4/-4 bp, or not at all (none), where prepare moves them, by +4/-4 bp. Without it: none for BAM, 10x for fragments; to be given for BED and BEDPE."
  single_end:
    type: boolean
    default: false
    doc: "Take each read by itself, with a cut site at its 5' end; needed for reads that are not paired."
  skip_deduplication:
    type: boolean
    default: false
    doc: "Keep duplicates of a BAM; they are removed by default, by the rule of samtools markdup."
  trust_duplicate_flags:
    type: boolean
    default: false
    doc: "Drop what is marked as duplicate in the BAM; marks are ignored by default, and duplicates found anew."
  deduplicate_per_file:
    type: boolean
    default: false
    doc: "Look for duplicates in each BAM by itself, for files of different libraries."
  remove_equal_fragments:
    type: boolean
    default: false
    doc: "Count lines of BED, BEDPE or fragments with the same ends once; with barcodes, those of one barcode."
  min_mapq:
    type: int
    default: 0
    doc: "Lowest mapping quality of a read of a BAM. It is judged after duplicates are removed, and for each mate."
  primary_only:
    type: boolean
    default: false
    doc: "Leave secondary and supplementary alignments of a BAM out."
  max_fragment:
    type: int?
    doc: "Longest fragment; longer ones are left out. Without it: none."
  allow_missing_eof:
    type: boolean
    default: false
    doc: "Accept a BAM without the block that marks its end, which is missing when a file was cut off."
  barcodes:
    type: File?
    doc: "Table of barcodes: barcode, and if wanted group and sample, between tabs. It gives a track for each group. The sample is the name or position of an input, and is needed where there are several. Without it: none."
  barcode_tag:
    type: string?
    doc: "Tag of a BAM that holds the barcode, such as CB; only reads of one barcode are then duplicates. Without it: none."
  slop:
    type: int
    default: 20
    doc: "Bases on each side of a cut site that are covered."
  rpm_factor:
    type: int
    default: 20000000
    doc: "Reads that the coverage is scaled to, in place of those there are."
  clip:
    type: boolean
    default: false
    doc: "Cut the normalised track at 1."
  sites_bed:
    type: boolean
    default: false
    doc: "Write the cut sites as BED too, as they are and widened by --slop."
  call_peaks:
    type: boolean
    default: false
    doc: "Call ATAC-seq peaks with MACS on the widened cut sites, as maxatac train needs them: pip install 'maxatac[peaks]'."
  genome_size:
    type: double?
    doc: "Size of the mappable genome for MACS. Without it: bases other than N of the chromosomes in use (with --sequence), else their length."
  # end
  atac_peaks:
    type: File?
    doc: ATAC-seq peaks, to report the share of cut sites that lie in them.
  signal_chroms:
    type: string[]?
    doc: "Chromosomes of the signal, over which it is normalised. Without it: all that genome and reads share, without mitochondria and plastids."
  reads_mb:
    type: int
    default: 32768
    doc: Space to reserve for temporary files and for the results of the step that reads the reads, in MiB each.
  # begin: workflow inputs of predict without tf_name, models, signal, unscored_out, prefix, cutoff_type, cutoff_value, cutoff_file and skip_call_peaks
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
  prepare:
    run: maxatac-prepare.cwl
    in:
      chroms: signal_chroms
      peaks: atac_peaks
      tmpdir_mb: reads_mb
      outdir_mb: reads_mb
      # begin: step inputs of prepare without chroms, peaks, tmpdir_mb and outdir_mb
      input: input
      input_format: input_format
      shift: shift
      sequence: sequence
      chrom_sizes: chrom_sizes
      blacklist: blacklist
      single_end: single_end
      skip_deduplication: skip_deduplication
      trust_duplicate_flags: trust_duplicate_flags
      deduplicate_per_file: deduplicate_per_file
      remove_equal_fragments: remove_equal_fragments
      min_mapq: min_mapq
      primary_only: primary_only
      max_fragment: max_fragment
      allow_missing_eof: allow_missing_eof
      barcodes: barcodes
      barcode_tag: barcode_tag
      max_zooms: max_zooms
      slop: slop
      rpm_factor: rpm_factor
      clip: clip
      sites_bed: sites_bed
      call_peaks: call_peaks
      genome_size: genome_size
      prefix: prefix
      loglevel: loglevel
      memory: memory
      cores: cores
      ram_mb: ram_mb
      max_hours: max_hours
      # end
    # begin: step outputs of prepare
    out: [signal, scaled, statistics, cut_sites, slopped_sites, called_peaks, groups, quality, quality_table, record, log]
    # end
  predict:
    run: maxatac-predict.cwl
    in:
      signal: prepare/signal
      skip_call_peaks: {default: true}
      # begin: step inputs of predict without tf_name, models, signal, unscored_out, cutoff_type, cutoff_value, cutoff_file and skip_call_peaks
      model: model
      out_of_fold: out_of_fold
      sequence: sequence
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
  # begin: workflow outputs of prepare
  prepare_signal:
    type: File[]
    doc: "The normalised signal, for training and prediction; one track, or one per group of barcodes."
    outputSource: prepare/signal
  prepare_scaled:
    type: File[]
    doc: "The coverage, scaled to rpm_factor reads."
    outputSource: prepare/scaled
  prepare_statistics:
    type: File[]
    doc: "Statistics of the scaled coverage."
    outputSource: prepare/statistics
  prepare_cut_sites:
    type: File[]
    doc: "The cut sites; none without sites_bed."
    outputSource: prepare/cut_sites
  prepare_slopped_sites:
    type: File[]
    doc: "The same, widened."
    outputSource: prepare/slopped_sites
  prepare_called_peaks:
    type: File[]
    doc: "ATAC-seq peaks, with call_peaks."
    outputSource: prepare/called_peaks
  prepare_groups:
    type: File?
    doc: "The files of each group, with barcodes."
    outputSource: prepare/groups
  prepare_quality:
    type: File
    doc: "Quality of the reads: one page."
    outputSource: prepare/quality
  prepare_quality_table:
    type: File
    doc: "The same for MultiQC."
    outputSource: prepare/quality_table
  prepare_record:
    type: File
    doc: "What was run, on what, with what result."
    outputSource: prepare/record
  prepare_log:
    type: File
    doc: "The log."
    outputSource: prepare/log
  # end
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
