version 1.0

## Makes the signal of a sample from its reads, predicts with a model, such as a published one, and calls the sites at the
## cutoff that its table of thresholds gives. docs/terra.md tells how to run this.

import "maxatac-tasks.wdl" as tasks

workflow maxatac_reads_to_sites {
  input {
    String prefix
    # begin: wdl inputs of prepare without sequence, chrom_sizes, chroms, blacklist, max_zooms, prefix, loglevel, memory, cores, ram_mb and outdir_mb
    Array[File] input_files
    String input_format = "auto"
    String? shift
    Boolean single_end = false
    Boolean skip_deduplication = false
    Boolean trust_duplicate_flags = false
    Boolean deduplicate_per_file = false
    Boolean remove_equal_fragments = false
    Int min_mapq = 0
    Boolean primary_only = false
    Int? max_fragment
    Boolean allow_missing_eof = false
    File? barcodes
    String? barcode_tag
    Int slop = 20
    Int rpm_factor = 20000000
    Boolean clip = false
    Boolean sites_bed = false
    File? atac_peaks
    Boolean call_peaks = false
    Float? genome_size
    # end
    Array[String] signal_chroms = []
    Int reads_mb = 32768
    # begin: wdl inputs of predict without signal, prefix, cutoff_type, cutoff_value, cutoff_file and skip_call_peaks
    Array[File] model = []
    Boolean out_of_fold = false
    File sequence
    File? roi
    Boolean clip_to_roi = false
    File? windows
    Int step_size = 256
    File? blacklist
    Array[String] chroms = []
    File? chrom_sizes
    String? genome
    Boolean strict = false
    String loglevel = "info"
    Int batch_size = 256
    Boolean rev_comp = false
    String device = "auto"
    Boolean fast_math = false
    Int max_zooms = 10
    String? memory
    Int cores = 4
    Int ram_mb = 16384
    Int outdir_mb = 4096
    # end
    # begin: wdl inputs of peaks without input_bigwig, chroms, bin_size, prefix, loglevel, ram_mb and outdir_mb
    String cutoff_type = "F1"
    Float? cutoff_value
    File? cutoff_file
    File? cutoff_file_record
    String format = "bed"
    # end
    Int bin_size = 200
    Int preemptible = 0
    Int max_retries = 0
    # begin: wdl image
    String docker = "maxatac:0.1.0"
    # end
  }
  call tasks.prepare {
    input:
      chroms = signal_chroms,
      outdir_mb = reads_mb,
      # begin: wdl call of prepare without chroms and outdir_mb
      input_files = input_files,
      input_format = input_format,
      shift = shift,
      sequence = sequence,
      chrom_sizes = chrom_sizes,
      blacklist = blacklist,
      single_end = single_end,
      skip_deduplication = skip_deduplication,
      trust_duplicate_flags = trust_duplicate_flags,
      deduplicate_per_file = deduplicate_per_file,
      remove_equal_fragments = remove_equal_fragments,
      min_mapq = min_mapq,
      primary_only = primary_only,
      max_fragment = max_fragment,
      allow_missing_eof = allow_missing_eof,
      barcodes = barcodes,
      barcode_tag = barcode_tag,
      max_zooms = max_zooms,
      slop = slop,
      rpm_factor = rpm_factor,
      clip = clip,
      sites_bed = sites_bed,
      atac_peaks = atac_peaks,
      call_peaks = call_peaks,
      genome_size = genome_size,
      prefix = prefix,
      loglevel = loglevel,
      memory = memory,
      cores = cores,
      ram_mb = ram_mb,
      # end
      preemptible = preemptible,
      max_retries = max_retries,
      docker = docker
  }
  call tasks.predict {
    input:
      signal = prepare.signal,
      skip_call_peaks = true,
      # begin: wdl call of predict without signal, cutoff_type, cutoff_value, cutoff_file and skip_call_peaks
      model = model,
      out_of_fold = out_of_fold,
      sequence = sequence,
      roi = roi,
      clip_to_roi = clip_to_roi,
      windows = windows,
      step_size = step_size,
      blacklist = blacklist,
      chroms = chroms,
      chrom_sizes = chrom_sizes,
      genome = genome,
      strict = strict,
      prefix = prefix,
      loglevel = loglevel,
      batch_size = batch_size,
      rev_comp = rev_comp,
      device = device,
      fast_math = fast_math,
      max_zooms = max_zooms,
      memory = memory,
      cores = cores,
      ram_mb = ram_mb,
      outdir_mb = outdir_mb,
      # end
      preemptible = preemptible,
      max_retries = max_retries,
      docker = docker
  }
  scatter (track in predict.tracks) {
    call tasks.peaks {
      input:
        input_bigwig = track,
        input_bigwig_record = predict.record,
        # begin: wdl call of peaks without input_bigwig, chroms, prefix, ram_mb and outdir_mb
      bin_size = bin_size,
      cutoff_type = cutoff_type,
      cutoff_value = cutoff_value,
      cutoff_file = cutoff_file,
      cutoff_file_record = cutoff_file_record,
      loglevel = loglevel,
      format = format,
        # end
        preemptible = preemptible,
        max_retries = max_retries,
        docker = docker
    }
  }
  output {
    Array[File] signal = prepare.signal
    Array[File] scaled = prepare.scaled
    Array[File] called_peaks = prepare.called_peaks
    File? groups = prepare.groups
    File quality = prepare.quality
    File quality_table = prepare.quality_table
    File signal_record = prepare.record
    Array[File] tracks = predict.tracks
    File record = predict.record
    Array[File] sites = peaks.sites
    Array[File] sites_record = peaks.record
  }
  meta {
    description: "From aligned reads or a fragments file to a track of predicted binding and its sites"
    # begin: wdl about
    author: "The maxatac developers"
    version: "0.1.0"
    doi: "https://doi.org/10.1371/journal.pcbi.1010863"
    source: "https://github.com/OWNER/maxatac"
    # end
  }
  parameter_meta {
    # begin: wdl parameters
    prefix: {label: "Prefix of output names", description: "First part of the name of every output file."}
    input_files: {label: "Reads of one sample", description: "Reads of one sample: BAM in any order, or 10x fragments, BED or BEDPE, plain, gzip or bgzip. Of several: all together make one track.", patterns: ["*.bam", "*.bed", "*.bed.gz", "*.bedpe", "*.bedpe.gz", "*.tsv", "*.tsv.gz"]}
    input_format: {label: "Format of the reads", description: "What the input is: fragments is that of 10x, with a line per fragment; bed has a fragment in each line, or with single_end a read with its strand in column 6; bedpe has both mates in ten columns.", choices: ["auto", "bam", "fragments", "bed", "bedpe"]}
    shift: {label: "Shift of the cut sites in the input", description: "How the ends were moved to the cut sites before: by +4/-5 bp (10x), by +4/-4 bp, or not at all (none), where prepare moves them, by +4/-4 bp. Without it: none for BAM, 10x for fragments; to be given for BED and BEDPE.", choices: ["none", "10x", "+4/-4"]}
    single_end: {label: "Single-end reads", description: "Take each read by itself, with a cut site at its 5' end; needed for reads that are not paired."}
    skip_deduplication: {label: "Keep duplicates", description: "Keep duplicates of a BAM; they are removed by default, by the rule of samtools markdup."}
    trust_duplicate_flags: {label: "Trust duplicate flags", description: "Drop what is marked as duplicate in the BAM; marks are ignored by default, and duplicates found anew."}
    deduplicate_per_file: {label: "Look for duplicates in each file by itself", description: "Look for duplicates in each BAM by itself, for files of different libraries."}
    remove_equal_fragments: {label: "Count equal fragments once", description: "Count lines of BED, BEDPE or fragments with the same ends once; with barcodes, those of one barcode."}
    min_mapq: {label: "Lowest mapping quality", description: "Lowest mapping quality of a read of a BAM. It is judged after duplicates are removed, and for each mate."}
    primary_only: {label: "Primary alignments only", description: "Leave secondary and supplementary alignments of a BAM out."}
    max_fragment: {label: "Longest fragment (bp)", description: "Longest fragment; longer ones are left out. Optional."}
    allow_missing_eof: {label: "Accept a BAM without its end", description: "Accept a BAM without the block that marks its end, which is missing when a file was cut off."}
    barcodes: {label: "Table of barcodes and groups", description: "Table of barcodes: barcode, and if wanted group and sample, between tabs. It gives a track for each group. The sample is the name or position of an input, and is needed where there are several. Optional.", patterns: ["*.tsv", "*.txt"]}
    barcode_tag: {label: "BAM tag of the barcode", description: "Tag of a BAM that holds the barcode, such as CB; only reads of one barcode are then duplicates. Optional."}
    slop: {label: "Bases covered around a cut site", description: "Bases on each side of a cut site that are covered."}
    rpm_factor: {label: "Reads to scale to", description: "Reads that the coverage is scaled to, in place of those there are."}
    clip: {label: "Clip at 1", description: "Cut the normalised track at 1; values above it are those over the percentile."}
    sites_bed: {label: "Write the cut sites", description: "Write the cut sites as BED too, as they are and widened by slop."}
    atac_peaks: {label: "ATAC-seq peaks", description: "ATAC-seq peaks, BED or narrowPeak, to report the share of cut sites that lie in them. Optional.", patterns: ["*.bed", "*.bed.gz", "*.narrowPeak", "*.narrowPeak.gz"]}
    call_peaks: {label: "Call ATAC-seq peaks with MACS", description: "Call ATAC-seq peaks with MACS on the widened cut sites, as training needs them. The image has MACS."}
    genome_size: {label: "Mappable genome size for MACS", description: "Size of the mappable genome for MACS. Without it: bases other than N of the chromosomes in use (with sequence), else their length."}
    signal_chroms: {label: "Chromosomes of the signal", description: "Chromosomes of the signal, over which it is normalised. Without it: all that genome and reads share, without mitochondria and plastids."}
    reads_mb: {label: "Space for reads (MiB)", description: "Disk space to reserve for the steps that read reads, in MiB."}
    model: {label: "Model, or several", description: "Model: .keras, or .h5 such as the published ones. Of several: the mean of the scores. Needed unless tf_name is given.", patterns: ["*.keras", "*.h5"]}
    out_of_fold: {label: "Predict out of fold only", description: "Predict each sequence only with models whose records say that they did not train on it; sequences without such a model are left out."}
    sequence: {label: "Genome sequence (2bit)", description: "Genome sequence as 2bit, for chromosome sizes and for the bases around the cut sites; BAM has the sizes itself.", patterns: ["*.2bit"]}
    roi: {label: "Regions of interest", description: "Regions of interest, BED or narrowPeak: only windows that touch one are predicted. Optional.", patterns: ["*.bed", "*.bed.gz", "*.narrowPeak", "*.narrowPeak.gz"]}
    clip_to_roi: {label: "Score only bins in regions of interest", description: "Give no score to bins that touch no region of interest; needs roi."}
    windows: {label: "Windows to predict", description: "Windows to predict in place of the grid: BED with intervals of 1,024 bp, whose starts differ by multiples of 32. Without it: the grid of step_size.", patterns: ["*.bed", "*.bed.gz", "*.narrowPeak", "*.narrowPeak.gz"]}
    step_size: {label: "Distance of windows (bp)", description: "Distance of the windows of the grid, a multiple of 32."}
    blacklist: {label: "Blacklisted regions", description: "Regions without signal: BED or bigWig, plain or gzip. Cut sites whose widened interval touches one are left out. Optional.", patterns: ["*.bed", "*.bed.gz", "*.narrowPeak", "*.narrowPeak.gz", "*.bw", "*.bigwig"]}
    chroms: {label: "Chromosomes", description: "Chromosomes of the track. Without it: all that genome and input share, without mitochondria and plastids."}
    chrom_sizes: {label: "Chromosome sizes", description: "Chromosome sizes, in place of the 2bit or to compare with it. Optional.", patterns: ["*.sizes", "*.tsv", "*.txt"]}
    genome: {label: "Name of the genome build", description: "Name of the genome build, a label for the run record only. Optional."}
    strict: {label: "Refuse a signal of another scale", description: "Refuse a signal that is not on the scale that the model was trained on."}
    loglevel: {label: "Log level", description: "Least severe messages that the log has.", choices: ["fatal", "error", "warning", "info", "debug"]}
    batch_size: {label: "Windows per call of the network", description: "Windows per call of the network; the scores do not depend on it."}
    rev_comp: {label: "Average both strands", description: "Average the predictions of both strands, which takes twice the time."}
    device: {label: "Device to compute on", description: "What to compute on; gpu is an error where there is none, auto is not.", choices: ["auto", "gpu", "cpu"]}
    fast_math: {label: "TensorFloat-32 on a GPU", description: "Let a GPU multiply with fewer digits (TensorFloat-32); scores then have fewer correct digits."}
    max_zooms: {label: "Zoom levels of the bigWig", description: "Zoom levels of the bigWig, at most; 0 to 10."}
    memory: {label: "Memory for data", description: "Memory for reads and cut sites, before they go to temporary files, such as 200M or 4G; the results do not depend on it. Without it: a quarter of what is reserved."}
    cores: {label: "Processor cores", description: "Processor cores to reserve; the command uses as many threads."}
    ram_mb: {label: "Memory to reserve (MiB)", description: "Memory to reserve, in MiB; a step that needs more is killed."}
    outdir_mb: {label: "Space for results (MiB)", description: "Disk space to reserve for the results, in MiB."}
    cutoff_type: {label: "What the cutoff is chosen by", description: "What the cutoff is chosen by, in upper or lower case: Precision, Recall, F1, log2FC of the table, or score for a score itself. F1 takes the threshold of the highest F1."}
    cutoff_value: {label: "Value to reach", description: "Value to reach: a score, or a precision, recall or log2 fold over random; F1 needs none. Optional."}
    cutoff_file: {label: "Table of thresholds", description: "Table of thresholds, of a published model, of maxatac train or of maxatac threshold. Optional.", patterns: ["*.tsv", "*.txt"]}
    cutoff_file_record: {label: "Run record of cutoff_file", description: "Run record of each file of cutoff_file, which says by which model and in which bins it was made. Optional.", patterns: ["*.json"]}
    format: {label: "Format of the sites", description: "Bed has chromosome, start, end and highest score; narrowPeak has the summit too.", choices: ["bed", "narrowPeak"]}
    bin_size: {label: "Bin width (bp)", description: "Width of the bins in which sites are called, 32 or 200. Published tables are for bins of 200 bp."}
    preemptible: {label: "Tries on preemptible machines", description: "How often to try on a machine that may be taken away, before an ordinary one; 0 for never."}
    max_retries: {label: "Retries", description: "How often to try again after a failure."}
    docker: {label: "Container image", description: "Image to run in; its name in a registry that the platform reaches."}
    signal: {label: "Normalised signal", description: "The normalised ATAC-seq signal, for training and prediction; one track, or one per group of barcodes."}
    scaled: {label: "Scaled coverage", description: "The coverage of the widened cut sites, scaled to rpm_factor reads, before it is normalised."}
    called_peaks: {label: "ATAC-seq peaks", description: "ATAC-seq peaks that MACS called on the widened cut sites; with call_peaks."}
    groups: {label: "Table of groups", description: "The files of each group of cells, and its numbers; with barcodes."}
    quality: {label: "Quality of the reads", description: "Quality of the reads in one page: duplicates, fragment sizes, bases around the cut sites, reads in peaks."}
    quality_table: {label: "Quality of the reads for MultiQC", description: "The numbers of that page, which MultiQC reads."}
    signal_record: {label: "Run record", description: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."}
    tracks: {label: "Predicted scores", description: "Predicted scores of 0 to 1 in bins of 32 bp, one track per signal."}
    record: {label: "Run record", description: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."}
    sites: {label: "Predicted sites", description: "Runs of bins whose score reaches the cutoff, sorted by chromosome and start, as BED or narrowPeak."}
    sites_record: {label: "Run record", description: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."}
    # end
  }
}
