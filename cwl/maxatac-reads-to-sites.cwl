cwlVersion: v1.2
class: Workflow
label: From reads to sites
doc: |
  Makes the signal of a sample from its reads, predicts with a model, such as a published one, and calls the sites at the
  cutoff that its table of thresholds gives. With barcodes, a track and a file of sites for each group of cells.
  docs/prepare.md and docs/predict.md explain the options.

# begin: instance for reads
hints:
  - class: sbg:AWSInstanceType
    value: "m5.2xlarge;ebs-gp2;500"
  - class: sbg:GoogleInstanceType
    value: "n1-standard-8;pd-ssd;500"
# end

requirements:
  InlineJavascriptRequirement: {}
  ScatterFeatureRequirement: {}

inputs:
  prefix:
    type: string
    label: Prefix of output names
    doc: First part of the name of every output file.
  # begin: workflow inputs of prepare without sequence, chrom_sizes, chroms, blacklist, peaks, max_zooms, prefix, loglevel, memory, cores, ram_mb, tmpdir_mb, outdir_mb and max_hours
  input:
    type: File[]
    label: "Reads of one sample"
    doc: "Reads of one sample: BAM in any order, or 10x fragments, BED or BEDPE, plain, gzip or bgzip. Of several: all together make one track."
    s:encodingFormat: ["http://edamontology.org/format_2572", "http://edamontology.org/format_3003", "http://edamontology.org/format_3475"]
    sbg:fileTypes: "BAM, BED, BED.GZ, BEDPE, BEDPE.GZ, TSV, TSV.GZ"
  input_format:
    type: {type: enum, name: input_format, symbols: [auto, bam, fragments, bed, bedpe]}
    label: "Format of the reads"
    default: auto
    doc: "What the input is: fragments is that of 10x, with a line per fragment; bed has a fragment in each line, or with `single_end` a read with its strand in column 6; bedpe has both mates in ten columns."
  shift:
    type: ["null", {type: enum, name: shift, symbols: [none, "10x", "+4/-4"]}]
    label: "Shift of the cut sites in the input"
    doc: "How the ends were moved to the cut sites before: by +4/-5 bp (10x), by +4/-4 bp, or not at all (none), where prepare moves them, by +4/-4 bp. Without it: none for BAM, 10x for fragments; to be given for BED and BEDPE."
  single_end:
    type: boolean
    label: "Single-end reads"
    default: false
    doc: "Take each read by itself, with a cut site at its 5' end; needed for reads that are not paired."
  skip_deduplication:
    type: boolean
    label: "Keep duplicates"
    default: false
    doc: "Keep duplicates of a BAM; they are removed by default, by the rule of samtools markdup."
  trust_duplicate_flags:
    type: boolean
    label: "Trust duplicate flags"
    default: false
    doc: "Drop what is marked as duplicate in the BAM; marks are ignored by default, and duplicates found anew."
  deduplicate_per_file:
    type: boolean
    label: "Look for duplicates in each file by itself"
    default: false
    doc: "Look for duplicates in each BAM by itself, for files of different libraries."
  remove_equal_fragments:
    type: boolean
    label: "Count equal fragments once"
    default: false
    doc: "Count lines of BED, BEDPE or fragments with the same ends once; with barcodes, those of one barcode."
  min_mapq:
    type: int
    label: "Lowest mapping quality"
    default: 0
    doc: "Lowest mapping quality of a read of a BAM. It is judged after duplicates are removed, and for each mate."
  primary_only:
    type: boolean
    label: "Primary alignments only"
    default: false
    doc: "Leave secondary and supplementary alignments of a BAM out."
  max_fragment:
    type: int?
    label: "Longest fragment (bp)"
    doc: "Longest fragment; longer ones are left out. Optional."
  allow_missing_eof:
    type: boolean
    label: "Accept a BAM without its end"
    default: false
    doc: "Accept a BAM without the block that marks its end, which is missing when a file was cut off."
  barcodes:
    type: File?
    label: "Table of barcodes and groups"
    doc: "Table of barcodes: barcode, and if wanted group and sample, between tabs. It gives a track for each group. The sample is the name or position of an input, and is needed where there are several. Optional."
    s:encodingFormat: "http://edamontology.org/format_3475"
    sbg:fileTypes: "TSV, TXT"
  barcode_tag:
    type: string?
    label: "BAM tag of the barcode"
    doc: "Tag of a BAM that holds the barcode, such as CB; only reads of one barcode are then duplicates. Optional."
  slop:
    type: int
    label: "Bases covered around a cut site"
    default: 20
    doc: "Bases on each side of a cut site that are covered."
  rpm_factor:
    type: int
    label: "Reads to scale to"
    default: 20000000
    doc: "Reads that the coverage is scaled to, in place of those there are."
  clip:
    type: boolean
    label: "Clip at 1"
    default: false
    doc: "Cut the normalised track at 1; values above it are those over the percentile."
  sites_bed:
    type: boolean
    label: "Write the cut sites"
    default: false
    doc: "Write the cut sites as BED too, as they are and widened by `slop`."
  call_peaks:
    type: boolean
    label: "Call ATAC-seq peaks with MACS"
    default: false
    doc: "Call ATAC-seq peaks with MACS on the widened cut sites, as training needs them. The image has MACS."
  genome_size:
    type: double?
    label: "Mappable genome size for MACS"
    doc: "Size of the mappable genome for MACS. Without it: bases other than N of the chromosomes in use (with `sequence`), else their length."
  # end
  atac_peaks:
    type: File?
    label: ATAC-seq peaks
    doc: "ATAC-seq peaks, to report the share of cut sites that lie in them. Optional."
    s:encodingFormat: ["http://edamontology.org/format_3003", "http://edamontology.org/format_3613"]
    sbg:fileTypes: "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ"
  signal_chroms:
    type: string[]?
    label: Chromosomes of the signal
    doc: "Chromosomes of the signal, over which it is normalised. Without it: all that genome and reads share, without mitochondria and plastids."
  reads_mb:
    type: int
    label: Space for reads (MiB)
    default: 32768
    doc: Disk space to reserve for temporary files and for the results of the step that reads the reads, in MiB each.
  # begin: workflow inputs of predict without tf_name, models, signal, unscored_out, prefix, cutoff_type, cutoff_value, cutoff_file and skip_call_peaks
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
    label: "Normalised signal"
    doc: "The normalised ATAC-seq signal, for training and prediction; one track, or one per group of barcodes."
    format: "http://edamontology.org/format_3006"
    sbg:fileTypes: BW
    outputSource: prepare/signal
  prepare_scaled:
    type: File[]
    label: "Scaled coverage"
    doc: "The coverage of the widened cut sites, scaled to `rpm_factor` reads, before it is normalised."
    format: "http://edamontology.org/format_3006"
    sbg:fileTypes: BW
    outputSource: prepare/scaled
  prepare_statistics:
    type: File[]
    label: "Statistics of the coverage"
    doc: "Extremes and percentiles of the scaled coverage, by chromosome and in all."
    format: "http://edamontology.org/format_2330"
    sbg:fileTypes: TXT
    outputSource: prepare/statistics
  prepare_cut_sites:
    type: File[]
    label: "Cut sites"
    doc: "The cut sites of the transposase, one base each; with `sites_bed`."
    format: "http://edamontology.org/format_3003"
    sbg:fileTypes: BED.GZ
    outputSource: prepare/cut_sites
  prepare_slopped_sites:
    type: File[]
    label: "Widened cut sites"
    doc: "The cut sites, widened by `slop` bases on each side; with `sites_bed`."
    format: "http://edamontology.org/format_3003"
    sbg:fileTypes: BED.GZ
    outputSource: prepare/slopped_sites
  prepare_called_peaks:
    type: File[]
    label: "ATAC-seq peaks"
    doc: "ATAC-seq peaks that MACS called on the widened cut sites; with `call_peaks`."
    format: "http://edamontology.org/format_3613"
    sbg:fileTypes: NARROWPEAK
    outputSource: prepare/called_peaks
  prepare_groups:
    type: File?
    label: "Table of groups"
    doc: "The files of each group of cells, and its numbers; with `barcodes`."
    format: "http://edamontology.org/format_3475"
    sbg:fileTypes: TSV
    outputSource: prepare/groups
  prepare_quality:
    type: File
    label: "Quality of the reads"
    doc: "Quality of the reads in one page: duplicates, fragment sizes, bases around the cut sites, reads in peaks."
    format: "http://edamontology.org/format_2331"
    sbg:fileTypes: HTML
    outputSource: prepare/quality
  prepare_quality_table:
    type: File
    label: "Quality of the reads for MultiQC"
    doc: "The numbers of that page, which MultiQC reads."
    format: "http://edamontology.org/format_3475"
    sbg:fileTypes: TSV
    outputSource: prepare/quality_table
  prepare_record:
    type: File
    label: "Run record"
    doc: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."
    format: "http://edamontology.org/format_3464"
    sbg:fileTypes: JSON
    outputSource: prepare/record
  prepare_log:
    type: File
    label: Log
    doc: "What the command told while it ran."
    format: "http://edamontology.org/format_2330"
    sbg:fileTypes: LOG
    outputSource: prepare/log
  # end
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
s:name: "maxatac-reads-to-sites"
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
