version 1.0

## A task per command of maxatac but train and check, which maxatac-train.wdl has. The workflows beside this file call them.
## docs/terra.md tells how to run them; docs/ has a page for each command.

# begin: wdl task of prepare
task prepare {
  meta {
    description: "maxatac prepare"
    author: "The maxatac developers"
    version: "0.1.0"
    doi: "https://doi.org/10.1371/journal.pcbi.1010863"
    source: "https://github.com/OWNER/maxatac"
  }
  parameter_meta {
    input_files: {label: "Reads of one sample", description: "Reads of one sample: BAM in any order, or 10x fragments, BED or BEDPE, plain, gzip or bgzip. Of several: all together make one track.", patterns: ["*.bam", "*.bed", "*.bed.gz", "*.bedpe", "*.bedpe.gz", "*.tsv", "*.tsv.gz"]}
    input_format: {label: "Format of the reads", description: "What the input is: fragments is that of 10x, with a line per fragment; bed has a fragment in each line, or with single_end a read with its strand in column 6; bedpe has both mates in ten columns.", choices: ["auto", "bam", "fragments", "bed", "bedpe"]}
    shift: {label: "Shift of the cut sites in the input", description: "How the ends were moved to the cut sites before: by +4/-5 bp (10x), by +4/-4 bp, or not at all (none), where prepare moves them, by +4/-4 bp. Without it: none for BAM, 10x for fragments; to be given for BED and BEDPE.", choices: ["none", "10x", "+4/-4"]}
    sequence: {label: "Genome sequence (2bit)", description: "Genome sequence as 2bit, for chromosome sizes and for the bases around the cut sites; BAM has the sizes itself.", patterns: ["*.2bit"]}
    chrom_sizes: {label: "Chromosome sizes", description: "Chromosome sizes, in place of the 2bit or to compare with it. Optional.", patterns: ["*.sizes", "*.tsv", "*.txt"]}
    chroms: {label: "Chromosomes", description: "Chromosomes of the track. Without it: all that genome and input share, without mitochondria and plastids."}
    blacklist: {label: "Blacklisted regions", description: "Regions without signal: BED or bigWig, plain or gzip. Cut sites whose widened interval touches one are left out. Optional.", patterns: ["*.bed", "*.bed.gz", "*.narrowPeak", "*.narrowPeak.gz", "*.bw", "*.bigwig"]}
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
    max_zooms: {label: "Zoom levels of the bigWig", description: "Zoom levels of the bigWig, at most; 0 to 10."}
    slop: {label: "Bases covered around a cut site", description: "Bases on each side of a cut site that are covered."}
    rpm_factor: {label: "Reads to scale to", description: "Reads that the coverage is scaled to, in place of those there are."}
    clip: {label: "Clip at 1", description: "Cut the normalised track at 1; values above it are those over the percentile."}
    sites_bed: {label: "Write the cut sites", description: "Write the cut sites as BED too, as they are and widened by slop."}
    atac_peaks: {label: "ATAC-seq peaks", description: "ATAC-seq peaks, BED or narrowPeak, to report the share of cut sites that lie in them. Optional.", patterns: ["*.bed", "*.bed.gz", "*.narrowPeak", "*.narrowPeak.gz"]}
    call_peaks: {label: "Call ATAC-seq peaks with MACS", description: "Call ATAC-seq peaks with MACS on the widened cut sites, as training needs them. The image has MACS."}
    genome_size: {label: "Mappable genome size for MACS", description: "Size of the mappable genome for MACS. Without it: bases other than N of the chromosomes in use (with sequence), else their length."}
    prefix: {label: "Prefix of output names", description: "First part of the name of every output file."}
    loglevel: {label: "Log level", description: "Least severe messages that the log has.", choices: ["fatal", "error", "warning", "info", "debug"]}
    memory: {label: "Memory for data", description: "Memory for reads and cut sites, before they go to temporary files, such as 200M or 4G; the results do not depend on it. Without it: a quarter of what is reserved."}
    cores: {label: "Processor cores", description: "Processor cores to reserve; the command uses as many threads."}
    ram_mb: {label: "Memory to reserve (MiB)", description: "Memory to reserve, in MiB; a step that needs more is killed."}
    outdir_mb: {label: "Space for results (MiB)", description: "Disk space to reserve for the results, in MiB."}
    preemptible: {label: "Tries on preemptible machines", description: "How often to try on a machine that may be taken away, before an ordinary one; 0 for never."}
    max_retries: {label: "Retries", description: "How often to try again after a failure."}
    docker: {label: "Container image", description: "Image to run in; its name in a registry that the platform reaches."}
    signal: {label: "Normalised signal", description: "The normalised ATAC-seq signal, for training and prediction; one track, or one per group of barcodes."}
    scaled: {label: "Scaled coverage", description: "The coverage of the widened cut sites, scaled to rpm_factor reads, before it is normalised."}
    statistics: {label: "Statistics of the coverage", description: "Extremes and percentiles of the scaled coverage, by chromosome and in all."}
    cut_sites: {label: "Cut sites", description: "The cut sites of the transposase, one base each; with sites_bed."}
    slopped_sites: {label: "Widened cut sites", description: "The cut sites, widened by slop bases on each side; with sites_bed."}
    called_peaks: {label: "ATAC-seq peaks", description: "ATAC-seq peaks that MACS called on the widened cut sites; with call_peaks."}
    groups: {label: "Table of groups", description: "The files of each group of cells, and its numbers; with barcodes."}
    quality: {label: "Quality of the reads", description: "Quality of the reads in one page: duplicates, fragment sizes, bases around the cut sites, reads in peaks."}
    quality_table: {label: "Quality of the reads for MultiQC", description: "The numbers of that page, which MultiQC reads."}
    record: {label: "Run record", description: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."}
    log: {label: "Log", description: "What the command told while it ran."}
  }
  input {
    Array[File] input_files
    String input_format = "auto"
    String? shift
    File? sequence
    File? chrom_sizes
    Array[String] chroms = []
    File? blacklist
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
    Int max_zooms = 10
    Int slop = 20
    Int rpm_factor = 20000000
    Boolean clip = false
    Boolean sites_bed = false
    File? atac_peaks
    Boolean call_peaks = false
    Float? genome_size
    String prefix
    String loglevel = "info"
    String? memory
    Int cores = 4
    Int ram_mb = 16384
    Int outdir_mb = 32768
    Int preemptible = 0
    Int max_retries = 0
    String docker = "maxatac:0.1.0"
  }
  Array[File] given = flatten([select_all([sequence, chrom_sizes, blacklist, barcodes, atac_peaks]), input_files])
  Int input_mb = ceil(size(given, "MiB"))
  # An apostrophe between the shell's single quotes: they end, one stands between double quotes, and they begin again.
  String apostrophe = "'\"'\"'"
  command <<<
    set -eu
    mkdir results
    # give OPTION LIST: an option with the lines of a file; without it where there are none
    give() {
      local words
      mapfile -t words < "$2"
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    options=(
      ~{"--input_format '" + sub(input_format, "'", apostrophe) + "'"}
      ~{if defined(shift) then "--shift '" + sub(select_first([shift]), "'", apostrophe) + "'" else ""}
      ~{if defined(sequence) then "--sequence '" + sub(select_first([sequence]), "'", apostrophe) + "'" else ""}
      ~{if defined(chrom_sizes) then "--chrom_sizes '" + sub(select_first([chrom_sizes]), "'", apostrophe) + "'" else ""}
      ~{if defined(blacklist) then "--blacklist '" + sub(select_first([blacklist]), "'", apostrophe) + "'" else ""}
      ~{if single_end then "--single_end" else "--no-single_end"}
      ~{if skip_deduplication then "--skip_deduplication" else "--no-skip_deduplication"}
      ~{if trust_duplicate_flags then "--trust_duplicate_flags" else "--no-trust_duplicate_flags"}
      ~{if deduplicate_per_file then "--deduplicate_per_file" else "--no-deduplicate_per_file"}
      ~{if remove_equal_fragments then "--remove_equal_fragments" else "--no-remove_equal_fragments"}
      --min_mapq ~{min_mapq}
      ~{if primary_only then "--primary_only" else "--no-primary_only"}
      ~{"--max_fragment " + max_fragment}
      ~{if allow_missing_eof then "--allow_missing_eof" else "--no-allow_missing_eof"}
      ~{if defined(barcodes) then "--barcodes '" + sub(select_first([barcodes]), "'", apostrophe) + "'" else ""}
      ~{if defined(barcode_tag) then "--barcode_tag '" + sub(select_first([barcode_tag]), "'", apostrophe) + "'" else ""}
      --max_zooms ~{max_zooms}
      --slop ~{slop}
      --rpm_factor ~{rpm_factor}
      ~{if clip then "--clip" else "--no-clip"}
      ~{if sites_bed then "--sites_bed" else "--no-sites_bed"}
      ~{if defined(atac_peaks) then "--peaks '" + sub(select_first([atac_peaks]), "'", apostrophe) + "'" else ""}
      ~{if call_peaks then "--call_peaks" else "--no-call_peaks"}
      ~{"--genome_size " + genome_size}
      ~{"--prefix '" + sub(prefix, "'", apostrophe) + "'"}
      ~{"--loglevel '" + sub(loglevel, "'", apostrophe) + "'"}
    )
    give --input '~{write_lines(input_files)}'
    give --chroms '~{write_lines(chroms)}'
    maxatac prepare --output results --threads ~{cores} --memory '~{if defined(memory) then sub(select_first([memory]), "'", apostrophe) else ram_mb / 4 + "Mi"}' "${options[@]}"
  >>>
  output {
    Array[File] signal = glob("results/~{prefix}*_IS_slop~{slop}_RP*M_minmax01.bw")
    Array[File] scaled = glob("results/~{prefix}*_IS_slop~{slop}_RP*M.bw")
    Array[File] statistics = flatten([glob("results/~{prefix}*_IS_slop~{slop}_RP*M_minmax01_genome_stats.txt"), glob("results/~{prefix}*_IS_slop~{slop}_RP*M_minmax01_chromosome_min_max.txt")])
    Array[File] cut_sites = glob("results/~{prefix}*_IS.bed.gz")
    Array[File] slopped_sites = glob("results/~{prefix}*_IS_slop~{slop}.bed.gz")
    Array[File] called_peaks = glob("results/~{prefix}*_peaks.narrowPeak")
    File? groups = "results/~{prefix}_groups.tsv"
    File quality = "results/~{prefix}_qc.html"
    File quality_table = "results/~{prefix}_qc_mqc.tsv"
    File record = "results/~{prefix}_prepare_run.json"
    File log = "results/~{prefix}_prepare.log"
  }
  runtime {
    docker: docker
    cpu: cores
    memory: ram_mb + " MiB"
    disks: "local-disk " + ceil((input_mb + outdir_mb) / 1024.0 + 1) + " SSD"
    preemptible: preemptible
    maxRetries: max_retries
  }
}
# end

# begin: wdl task of normalize
task normalize {
  meta {
    description: "maxatac normalize"
    author: "The maxatac developers"
    version: "0.1.0"
    doi: "https://doi.org/10.1371/journal.pcbi.1010863"
    source: "https://github.com/OWNER/maxatac"
  }
  parameter_meta {
    signal: {label: "Track to normalize", description: "Track to normalise, as bigWig.", patterns: ["*.bw", "*.bigwig"]}
    sequence: {label: "Genome sequence (2bit)", description: "Genome sequence as 2bit; it must be the genome of all tracks.", patterns: ["*.2bit"]}
    chrom_sizes: {label: "Chromosome sizes", description: "Chromosome sizes, in place of the 2bit or to compare with it. Optional.", patterns: ["*.sizes", "*.tsv", "*.txt"]}
    chroms: {label: "Chromosomes", description: "Chromosomes of the result. One of the genome that is not in the track has the value 0. Without it: all of the track, and of the genome if it is given, without mitochondria and plastids."}
    blacklist: {label: "Blacklisted regions", description: "Regions whose bases become 0, by zscore what 0 becomes, and do not count: BED or bigWig, plain or gzip. Optional.", patterns: ["*.bed", "*.bed.gz", "*.narrowPeak", "*.narrowPeak.gz", "*.bw", "*.bigwig"]}
    method: {label: "Normalization method", description: "How values are rescaled: min-max, to the range of 0 to 1; zscore, to mean 0 and standard deviation 1; arcsinh, to the inverse hyperbolic sine; log1p, to the logarithm of 1 + value.", choices: ["min-max", "zscore", "arcsinh", "log1p"]}
    max_percentile: {label: "Percentile that becomes 1", description: "Percentile of the values above 0 that becomes 1 by min-max; also a fraction, such as 99.5."}
    min: {label: "Value that becomes 0", description: "What becomes 0 by min-max. Without it: the smallest value."}
    max: {label: "Value that becomes 1", description: "What becomes 1 by min-max. Without it: the percentile."}
    clip: {label: "Clip at 0 and 1", description: "Cut the result of min-max at 0 and 1."}
    max_zooms: {label: "Zoom levels of the bigWig", description: "Zoom levels of the bigWig, at most; 0 to 10."}
    prefix: {label: "Prefix of output names", description: "First part of the name of every output file."}
    loglevel: {label: "Log level", description: "Least severe messages that the log has.", choices: ["fatal", "error", "warning", "info", "debug"]}
    memory: {label: "Memory for data", description: "Memory for values on their way from file to file, such as 200M or 4G; the results do not depend on it. Without it: a quarter of what is reserved."}
    cores: {label: "Processor cores", description: "Processor cores to reserve; the command uses as many threads."}
    ram_mb: {label: "Memory to reserve (MiB)", description: "Memory to reserve, in MiB; a step that needs more is killed."}
    outdir_mb: {label: "Space for results (MiB)", description: "Disk space to reserve for the results, in MiB."}
    preemptible: {label: "Tries on preemptible machines", description: "How often to try on a machine that may be taken away, before an ordinary one; 0 for never."}
    max_retries: {label: "Retries", description: "How often to try again after a failure."}
    docker: {label: "Container image", description: "Image to run in; its name in a registry that the platform reaches."}
    track: {label: "Normalised track", description: "The track with its values rescaled."}
    statistics: {label: "Statistics of the input", description: "Extremes and percentiles of the track that was read, by chromosome and in all."}
    record: {label: "Run record", description: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."}
    log: {label: "Log", description: "What the command told while it ran."}
  }
  input {
    File signal
    File? sequence
    File? chrom_sizes
    Array[String] chroms = []
    File? blacklist
    String method = "min-max"
    Float max_percentile = 99.0
    Float? min
    Float? max
    Boolean clip = false
    Int max_zooms = 10
    String prefix
    String loglevel = "info"
    String? memory
    Int cores = 4
    Int ram_mb = 16384
    Int outdir_mb = 4096
    Int preemptible = 0
    Int max_retries = 0
    String docker = "maxatac:0.1.0"
  }
  Array[File] given = select_all([signal, sequence, chrom_sizes, blacklist])
  Int input_mb = ceil(size(given, "MiB"))
  # An apostrophe between the shell's single quotes: they end, one stands between double quotes, and they begin again.
  String apostrophe = "'\"'\"'"
  command <<<
    set -eu
    mkdir results
    # give OPTION LIST: an option with the lines of a file; without it where there are none
    give() {
      local words
      mapfile -t words < "$2"
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    options=(
      ~{"--signal '" + sub(signal, "'", apostrophe) + "'"}
      ~{if defined(sequence) then "--sequence '" + sub(select_first([sequence]), "'", apostrophe) + "'" else ""}
      ~{if defined(chrom_sizes) then "--chrom_sizes '" + sub(select_first([chrom_sizes]), "'", apostrophe) + "'" else ""}
      ~{if defined(blacklist) then "--blacklist '" + sub(select_first([blacklist]), "'", apostrophe) + "'" else ""}
      ~{"--method '" + sub(method, "'", apostrophe) + "'"}
      --max_percentile ~{max_percentile}
      ~{"--min " + min}
      ~{"--max " + max}
      ~{if clip then "--clip" else "--no-clip"}
      --max_zooms ~{max_zooms}
      ~{"--prefix '" + sub(prefix, "'", apostrophe) + "'"}
      ~{"--loglevel '" + sub(loglevel, "'", apostrophe) + "'"}
    )
    give --chroms '~{write_lines(chroms)}'
    maxatac normalize --output results --threads ~{cores} --memory '~{if defined(memory) then sub(select_first([memory]), "'", apostrophe) else ram_mb / 4 + "Mi"}' "${options[@]}"
  >>>
  output {
    File track = "results/~{prefix}.bw"
    Array[File] statistics = flatten([glob("results/~{prefix}_genome_stats.txt"), glob("results/~{prefix}_chromosome_min_max.txt")])
    File record = "results/~{prefix}_normalize_run.json"
    File log = "results/~{prefix}_normalize.log"
  }
  runtime {
    docker: docker
    cpu: cores
    memory: ram_mb + " MiB"
    disks: "local-disk " + ceil((input_mb + outdir_mb) / 1024.0 + 1) + " SSD"
    preemptible: preemptible
    maxRetries: max_retries
  }
}
# end

# begin: wdl task of average
task average {
  meta {
    description: "maxatac average"
    author: "The maxatac developers"
    version: "0.1.0"
    doi: "https://doi.org/10.1371/journal.pcbi.1010863"
    source: "https://github.com/OWNER/maxatac"
  }
  parameter_meta {
    input_files: {label: "Tracks to average", description: "Tracks of one genome.", patterns: ["*.bw", "*.bigwig"]}
    weights: {label: "Weight of each track", description: "Weight of each track, in the same order: the result is the sum of weight times value, divided by the sum of the weights. Without it: all alike."}
    sequence: {label: "Genome sequence (2bit)", description: "Genome sequence as 2bit; it must be the genome of all tracks.", patterns: ["*.2bit"]}
    chrom_sizes: {label: "Chromosome sizes", description: "Chromosome sizes, in place of the 2bit or to compare with it. Optional.", patterns: ["*.sizes", "*.tsv", "*.txt"]}
    chroms: {label: "Chromosomes", description: "Chromosomes of the result. One of the genome that is not in the tracks has the value 0. Without it: all of the tracks, and of the genome if it is given, without mitochondria and plastids."}
    blacklist: {label: "Blacklisted regions", description: "Regions whose bases get no value: BED or bigWig, plain or gzip. Optional.", patterns: ["*.bed", "*.bed.gz", "*.narrowPeak", "*.narrowPeak.gz", "*.bw", "*.bigwig"]}
    max_zooms: {label: "Zoom levels of the bigWig", description: "Zoom levels of the bigWig, at most; 0 to 10."}
    prefix: {label: "Prefix of output names", description: "First part of the name of every output file."}
    loglevel: {label: "Log level", description: "Least severe messages that the log has.", choices: ["fatal", "error", "warning", "info", "debug"]}
    memory: {label: "Memory for data", description: "Memory for the sums, such as 200M or 4G; the results do not depend on it. Without it: a quarter of what is reserved."}
    cores: {label: "Processor cores", description: "Processor cores to reserve; the command uses as many threads."}
    ram_mb: {label: "Memory to reserve (MiB)", description: "Memory to reserve, in MiB; a step that needs more is killed."}
    outdir_mb: {label: "Space for results (MiB)", description: "Disk space to reserve for the results, in MiB."}
    preemptible: {label: "Tries on preemptible machines", description: "How often to try on a machine that may be taken away, before an ordinary one; 0 for never."}
    max_retries: {label: "Retries", description: "How often to try again after a failure."}
    docker: {label: "Container image", description: "Image to run in; its name in a registry that the platform reaches."}
    track: {label: "Mean track", description: "The mean of the tracks, base by base."}
    record: {label: "Run record", description: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."}
    log: {label: "Log", description: "What the command told while it ran."}
  }
  input {
    Array[File] input_files
    Array[Float] weights = []
    File? sequence
    File? chrom_sizes
    Array[String] chroms = []
    File? blacklist
    Int max_zooms = 10
    String prefix
    String loglevel = "info"
    String? memory
    Int cores = 4
    Int ram_mb = 16384
    Int outdir_mb = 4096
    Int preemptible = 0
    Int max_retries = 0
    String docker = "maxatac:0.1.0"
  }
  Array[File] given = flatten([select_all([sequence, chrom_sizes, blacklist]), input_files])
  Int input_mb = ceil(size(given, "MiB"))
  # An apostrophe between the shell's single quotes: they end, one stands between double quotes, and they begin again.
  String apostrophe = "'\"'\"'"
  command <<<
    set -eu
    mkdir results
    # give OPTION LIST: an option with the lines of a file; without it where there are none
    give() {
      local words
      mapfile -t words < "$2"
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    options=(
      ~{if defined(sequence) then "--sequence '" + sub(select_first([sequence]), "'", apostrophe) + "'" else ""}
      ~{if defined(chrom_sizes) then "--chrom_sizes '" + sub(select_first([chrom_sizes]), "'", apostrophe) + "'" else ""}
      ~{if defined(blacklist) then "--blacklist '" + sub(select_first([blacklist]), "'", apostrophe) + "'" else ""}
      --max_zooms ~{max_zooms}
      ~{"--prefix '" + sub(prefix, "'", apostrophe) + "'"}
      ~{"--loglevel '" + sub(loglevel, "'", apostrophe) + "'"}
    )
    give --input '~{write_lines(input_files)}'
    give --weights '~{write_lines(weights)}'
    give --chroms '~{write_lines(chroms)}'
    maxatac average --output results --threads ~{cores} --memory '~{if defined(memory) then sub(select_first([memory]), "'", apostrophe) else ram_mb / 4 + "Mi"}' "${options[@]}"
  >>>
  output {
    File track = "results/~{prefix}.bw"
    File record = "results/~{prefix}_average_run.json"
    File log = "results/~{prefix}_average.log"
  }
  runtime {
    docker: docker
    cpu: cores
    memory: ram_mb + " MiB"
    disks: "local-disk " + ceil((input_mb + outdir_mb) / 1024.0 + 1) + " SSD"
    preemptible: preemptible
    maxRetries: max_retries
  }
}
# end

# begin: wdl task of binding
task binding {
  meta {
    description: "maxatac binding"
    author: "The maxatac developers"
    version: "0.1.0"
    doi: "https://doi.org/10.1371/journal.pcbi.1010863"
    source: "https://github.com/OWNER/maxatac"
  }
  parameter_meta {
    chip_peaks: {label: "ChIP-seq peaks, one file per replicate", description: "ChIP-seq peaks, one file per replicate: BED or narrowPeak, plain or gzip.", patterns: ["*.bed", "*.bed.gz", "*.narrowPeak", "*.narrowPeak.gz"]}
    combine: {label: "How replicates are combined", description: "Bases that are bound, of several replicates: union (in a peak of any), intersection (of all), or a number (of at least so many)."}
    summit_window: {label: "Width around the summits (bp)", description: "Take this many bp around each summit, half of them before it, in place of the whole peak: 200 takes summit - 100 to summit + 100. Without it: the whole peak."}
    sequence: {label: "Genome sequence (2bit)", description: "Genome sequence as 2bit, for chromosome sizes. Needed unless chrom_sizes is given.", patterns: ["*.2bit"]}
    chrom_sizes: {label: "Chromosome sizes", description: "Chromosome sizes, in place of sequence or to compare with it. Without it: those of sequence.", patterns: ["*.sizes", "*.tsv", "*.txt"]}
    chroms: {label: "Chromosomes", description: "Chromosomes of the track, with a peak or without. Without it: all of the genome without organelles."}
    blacklist: {label: "Blacklisted regions", description: "Bases that are not bound, whatever the peaks say; the rest of a peak stays. BED or bigWig, plain or gzip. Optional.", patterns: ["*.bed", "*.bed.gz", "*.narrowPeak", "*.narrowPeak.gz", "*.bw", "*.bigwig"]}
    prefix: {label: "Prefix of output names", description: "First part of the name of every output file."}
    loglevel: {label: "Log level", description: "Least severe messages that the log has.", choices: ["fatal", "error", "warning", "info", "debug"]}
    max_zooms: {label: "Zoom levels of the bigWig", description: "Zoom levels of the bigWig, at most; 0 to 10."}
    ram_mb: {label: "Memory to reserve (MiB)", description: "Memory to reserve, in MiB; a step that needs more is killed."}
    outdir_mb: {label: "Space for results (MiB)", description: "Disk space to reserve for the results, in MiB."}
    preemptible: {label: "Tries on preemptible machines", description: "How often to try on a machine that may be taken away, before an ordinary one; 0 for never."}
    max_retries: {label: "Retries", description: "How often to try again after a failure."}
    docker: {label: "Container image", description: "Image to run in; its name in a registry that the platform reaches."}
    track: {label: "Binding", description: "The binding: 1 on bound bases, 0 on all others; the target of training."}
    regions: {label: "Bound regions", description: "The bound regions, joined from the replicates as combine says."}
    record: {label: "Run record", description: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."}
    log: {label: "Log", description: "What the command told while it ran."}
  }
  input {
    Array[File] chip_peaks
    String combine = "union"
    Int? summit_window
    File? sequence
    File? chrom_sizes
    Array[String] chroms = []
    File? blacklist
    String prefix
    String loglevel = "info"
    Int max_zooms = 10
    Int ram_mb = 4096
    Int outdir_mb = 4096
    Int preemptible = 0
    Int max_retries = 0
    String docker = "maxatac:0.1.0"
  }
  Array[File] given = flatten([select_all([sequence, chrom_sizes, blacklist]), chip_peaks])
  Int input_mb = ceil(size(given, "MiB"))
  # An apostrophe between the shell's single quotes: they end, one stands between double quotes, and they begin again.
  String apostrophe = "'\"'\"'"
  command <<<
    set -eu
    mkdir results
    # give OPTION LIST: an option with the lines of a file; without it where there are none
    give() {
      local words
      mapfile -t words < "$2"
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    options=(
      ~{"--combine '" + sub(combine, "'", apostrophe) + "'"}
      ~{"--summit_window " + summit_window}
      ~{if defined(sequence) then "--sequence '" + sub(select_first([sequence]), "'", apostrophe) + "'" else ""}
      ~{if defined(chrom_sizes) then "--chrom_sizes '" + sub(select_first([chrom_sizes]), "'", apostrophe) + "'" else ""}
      ~{if defined(blacklist) then "--blacklist '" + sub(select_first([blacklist]), "'", apostrophe) + "'" else ""}
      ~{"--prefix '" + sub(prefix, "'", apostrophe) + "'"}
      ~{"--loglevel '" + sub(loglevel, "'", apostrophe) + "'"}
      --max_zooms ~{max_zooms}
    )
    give --chip_peaks '~{write_lines(chip_peaks)}'
    give --chroms '~{write_lines(chroms)}'
    maxatac binding --output results "${options[@]}"
  >>>
  output {
    File track = "results/~{prefix}.bw"
    File regions = "results/~{prefix}_peaks.bed"
    File record = "results/~{prefix}_binding_run.json"
    File log = "results/~{prefix}_binding.log"
  }
  runtime {
    docker: docker
    cpu: 1
    memory: ram_mb + " MiB"
    disks: "local-disk " + ceil((input_mb + outdir_mb) / 1024.0 + 1) + " SSD"
    preemptible: preemptible
    maxRetries: max_retries
  }
}
# end

# begin: wdl task of predict
task predict {
  meta {
    description: "maxatac predict"
    author: "The maxatac developers"
    version: "0.1.0"
    doi: "https://doi.org/10.1371/journal.pcbi.1010863"
    source: "https://github.com/OWNER/maxatac"
  }
  parameter_meta {
    model: {label: "Model, or several", description: "Model: .keras, or .h5 such as the published ones. Of several: the mean of the scores. Needed unless tf_name is given.", patterns: ["*.keras", "*.h5"]}
    out_of_fold: {label: "Predict out of fold only", description: "Predict each sequence only with models whose records say that they did not train on it; sequences without such a model are left out."}
    sequence: {label: "Genome sequence (2bit)", description: "Genome sequence as 2bit; it must be the genome of all tracks.", patterns: ["*.2bit"]}
    signal: {label: "ATAC-seq signal", description: "ATAC-seq signal as bigWig, on the scale that the model was trained on. Of several: an output for each, with one header.", patterns: ["*.bw", "*.bigwig"]}
    roi: {label: "Regions of interest", description: "Regions of interest, BED or narrowPeak: only windows that touch one are predicted. Optional.", patterns: ["*.bed", "*.bed.gz", "*.narrowPeak", "*.narrowPeak.gz"]}
    clip_to_roi: {label: "Score only bins in regions of interest", description: "Give no score to bins that touch no region of interest; needs roi."}
    windows: {label: "Windows to predict", description: "Windows to predict in place of the grid: BED with intervals of 1,024 bp, whose starts differ by multiples of 32. Without it: the grid of step_size.", patterns: ["*.bed", "*.bed.gz", "*.narrowPeak", "*.narrowPeak.gz"]}
    step_size: {label: "Distance of windows (bp)", description: "Distance of the windows of the grid, a multiple of 32."}
    blacklist: {label: "Blacklisted regions", description: "Regions that no window may touch: BED or bigWig, plain or gzip. Optional.", patterns: ["*.bed", "*.bed.gz", "*.narrowPeak", "*.narrowPeak.gz", "*.bw", "*.bigwig"]}
    chroms: {label: "Chromosomes", description: "Sequences to predict. Where a track lacks one that is named, its signal is taken as 0. Without it: every sequence of the genome that any of the tracks knows."}
    chrom_sizes: {label: "Chromosome sizes", description: "Chromosome sizes to compare with those of the 2bit, which are used. Optional.", patterns: ["*.sizes", "*.tsv", "*.txt"]}
    genome: {label: "Name of the genome build", description: "Name of the genome build, a label for the run record only. Optional."}
    strict: {label: "Refuse a signal of another scale", description: "Refuse a signal that is not on the scale that the model was trained on."}
    prefix: {label: "Prefix of output names", description: "First part of the name of every output file."}
    loglevel: {label: "Log level", description: "Least severe messages that the log has.", choices: ["fatal", "error", "warning", "info", "debug"]}
    batch_size: {label: "Windows per call of the network", description: "Windows per call of the network; the scores do not depend on it."}
    rev_comp: {label: "Average both strands", description: "Average the predictions of both strands, which takes twice the time."}
    device: {label: "Device to compute on", description: "What to compute on; gpu is an error where there is none, auto is not.", choices: ["auto", "gpu", "cpu"]}
    fast_math: {label: "TensorFloat-32 on a GPU", description: "Let a GPU multiply with fewer digits (TensorFloat-32); scores then have fewer correct digits."}
    cutoff_type: {label: "What the cutoff is chosen by", description: "What the cutoff is chosen by, in upper or lower case: Precision, Recall, F1, log2FC of the table, or score for a score itself. F1 takes the threshold of the highest F1."}
    cutoff_value: {label: "Value to reach", description: "Value to reach: a score, or a precision, recall or log2 fold over random; F1 needs none. Optional."}
    cutoff_file: {label: "Table of thresholds", description: "Table of thresholds, of a published model, of maxatac train or of maxatac threshold. Optional.", patterns: ["*.tsv", "*.txt"]}
    cutoff_file_record: {label: "Run record of cutoff_file", description: "Run record of each file of cutoff_file, which says by which model and in which bins it was made. Optional.", patterns: ["*.json"]}
    skip_call_peaks: {label: "Write no sites", description: "Write no sites, although there is a cutoff."}
    max_zooms: {label: "Zoom levels of the bigWig", description: "Zoom levels of the bigWig, at most; 0 to 10."}
    memory: {label: "Memory for data", description: "Memory for decoded tracks, such as 200M or 4G; the results do not depend on it. Without it: a quarter of what is reserved."}
    cores: {label: "Processor cores", description: "Processor cores to reserve; the command uses as many threads."}
    ram_mb: {label: "Memory to reserve (MiB)", description: "Memory to reserve, in MiB; a step that needs more is killed."}
    outdir_mb: {label: "Space for results (MiB)", description: "Disk space to reserve for the results, in MiB."}
    preemptible: {label: "Tries on preemptible machines", description: "How often to try on a machine that may be taken away, before an ordinary one; 0 for never."}
    max_retries: {label: "Retries", description: "How often to try again after a failure."}
    docker: {label: "Container image", description: "Image to run in; its name in a registry that the platform reaches."}
    tracks: {label: "Predicted scores", description: "Predicted scores of 0 to 1 in bins of 32 bp, one track per signal."}
    sites: {label: "Predicted sites", description: "The bins that reach the cutoff, joined, for each track; none without a cutoff."}
    record: {label: "Run record", description: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."}
    log: {label: "Log", description: "What the command told while it ran."}
  }
  input {
    Array[File] model = []
    Boolean out_of_fold = false
    File sequence
    Array[File] signal
    File? roi
    Boolean clip_to_roi = false
    File? windows
    Int step_size = 256
    File? blacklist
    Array[String] chroms = []
    File? chrom_sizes
    String? genome
    Boolean strict = false
    String prefix = "maxatac_predict"
    String loglevel = "info"
    Int batch_size = 256
    Boolean rev_comp = false
    String device = "auto"
    Boolean fast_math = false
    String cutoff_type = "F1"
    Float? cutoff_value
    File? cutoff_file
    File? cutoff_file_record
    Boolean skip_call_peaks = false
    Int max_zooms = 10
    String? memory
    Int cores = 4
    Int ram_mb = 16384
    Int outdir_mb = 4096
    Int preemptible = 0
    Int max_retries = 0
    String docker = "maxatac:0.1.0"
  }
  Array[File] given = flatten([select_all([sequence, roi, windows, blacklist, chrom_sizes, cutoff_file, cutoff_file_record]), model, signal])
  Int input_mb = ceil(size(given, "MiB"))
  # An apostrophe between the shell's single quotes: they end, one stands between double quotes, and they begin again.
  String apostrophe = "'\"'\"'"
  command <<<
    set -eu
    mkdir results
    # give OPTION LIST: an option with the lines of a file; without it where there are none
    give() {
      local words
      mapfile -t words < "$2"
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    # lay OPTION LIST RECORDS: likewise with files, of which each lies beside its run record
    lay() {
      local files records place i words=()
      mapfile -t files < "$2"
      mapfile -t records < "$3"
      for i in "${!files[@]}"; do
        [ -n "${files[i]}" ] || continue
        place="inputs/${1#--}/$i"
        mkdir -p "$place"
        ln -s "${files[i]}" ${records[i]:+"${records[i]}"} "$place/"
        words+=("$place/$(basename "${files[i]}")")
      done
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    options=(
      ~{if out_of_fold then "--out_of_fold" else "--no-out_of_fold"}
      ~{"--sequence '" + sub(sequence, "'", apostrophe) + "'"}
      ~{if defined(roi) then "--roi '" + sub(select_first([roi]), "'", apostrophe) + "'" else ""}
      ~{if clip_to_roi then "--clip_to_roi" else "--no-clip_to_roi"}
      ~{if defined(windows) then "--windows '" + sub(select_first([windows]), "'", apostrophe) + "'" else ""}
      --step_size ~{step_size}
      ~{if defined(blacklist) then "--blacklist '" + sub(select_first([blacklist]), "'", apostrophe) + "'" else ""}
      ~{if defined(chrom_sizes) then "--chrom_sizes '" + sub(select_first([chrom_sizes]), "'", apostrophe) + "'" else ""}
      ~{if defined(genome) then "--genome '" + sub(select_first([genome]), "'", apostrophe) + "'" else ""}
      ~{if strict then "--strict" else "--no-strict"}
      ~{"--prefix '" + sub(prefix, "'", apostrophe) + "'"}
      ~{"--loglevel '" + sub(loglevel, "'", apostrophe) + "'"}
      --batch_size ~{batch_size}
      ~{if rev_comp then "--rev_comp" else "--no-rev_comp"}
      ~{"--device '" + sub(device, "'", apostrophe) + "'"}
      ~{if fast_math then "--fast_math" else "--no-fast_math"}
      ~{"--cutoff_type '" + sub(cutoff_type, "'", apostrophe) + "'"}
      ~{"--cutoff_value " + cutoff_value}
      ~{if skip_call_peaks then "--skip_call_peaks" else "--no-skip_call_peaks"}
      --max_zooms ~{max_zooms}
    )
    give --model '~{write_lines(model)}'
    give --signal '~{write_lines(signal)}'
    give --chroms '~{write_lines(chroms)}'
    lay --cutoff_file '~{write_lines(select_all([cutoff_file]))}' '~{write_lines(select_all([cutoff_file_record]))}'
    maxatac predict --output results --threads ~{cores} --memory '~{if defined(memory) then sub(select_first([memory]), "'", apostrophe) else ram_mb / 4 + "Mi"}' "${options[@]}"
  >>>
  output {
    Array[File] tracks = flatten([glob("results/~{prefix}.bw"), glob("results/~{prefix}_*.bw")])
    Array[File] sites = flatten([glob("results/~{prefix}_peaks.bed"), glob("results/~{prefix}_*_peaks.bed")])
    File record = "results/~{prefix}_predict_run.json"
    File log = "results/~{prefix}_predict.log"
  }
  runtime {
    docker: docker
    cpu: cores
    memory: ram_mb + " MiB"
    disks: "local-disk " + ceil((input_mb + outdir_mb) / 1024.0 + 1) + " SSD"
    preemptible: preemptible
    maxRetries: max_retries
  }
}
# end

# begin: wdl task of merge
task merge {
  meta {
    description: "maxatac merge"
    author: "The maxatac developers"
    version: "0.1.0"
    doi: "https://doi.org/10.1371/journal.pcbi.1010863"
    source: "https://github.com/OWNER/maxatac"
  }
  parameter_meta {
    parts: {label: "Predictions of the parts", description: "Predictions of the parts, in any order; no sequence may be in two of them.", patterns: ["*.bw", "*.bigwig"]}
    parts_record: {label: "Run record of parts", description: "Run record of each file of parts, which says by which model and in which bins it was made. Optional.", patterns: ["*.json"]}
    prefix: {label: "Prefix of output names", description: "First part of the name of every output file."}
    loglevel: {label: "Log level", description: "Least severe messages that the log has.", choices: ["fatal", "error", "warning", "info", "debug"]}
    cutoff_type: {label: "What the cutoff is chosen by", description: "What the cutoff is chosen by, in upper or lower case: Precision, Recall, F1, log2FC of the table, or score for a score itself. F1 takes the threshold of the highest F1."}
    cutoff_value: {label: "Value to reach", description: "Value to reach: a score, or a precision, recall or log2 fold over random; F1 needs none. Optional."}
    cutoff_file: {label: "Table of thresholds", description: "Table of thresholds, of a published model, of maxatac train or of maxatac threshold. Optional.", patterns: ["*.tsv", "*.txt"]}
    cutoff_file_record: {label: "Run record of cutoff_file", description: "Run record of each file of cutoff_file, which says by which model and in which bins it was made. Optional.", patterns: ["*.json"]}
    part_peaks: {label: "Sites of the parts", description: "Sites of the parts as BED, which are joined; in place of a cutoff. Without it: none.", patterns: ["*.bed", "*.bed.gz", "*.narrowPeak", "*.narrowPeak.gz"]}
    max_zooms: {label: "Zoom levels of the bigWig", description: "Zoom levels of the bigWig, at most; 0 to 10."}
    ram_mb: {label: "Memory to reserve (MiB)", description: "Memory to reserve, in MiB; a step that needs more is killed."}
    outdir_mb: {label: "Space for results (MiB)", description: "Disk space to reserve for the results, in MiB."}
    preemptible: {label: "Tries on preemptible machines", description: "How often to try on a machine that may be taken away, before an ordinary one; 0 for never."}
    max_retries: {label: "Retries", description: "How often to try again after a failure."}
    docker: {label: "Container image", description: "Image to run in; its name in a registry that the platform reaches."}
    track: {label: "Predicted scores", description: "The predictions of all parts in one track."}
    sites: {label: "Predicted sites", description: "The sites of the whole; with a cutoff, or joined from the sites of the parts."}
    record: {label: "Run record", description: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."}
    log: {label: "Log", description: "What the command told while it ran."}
  }
  input {
    Array[File] parts
    Array[File] parts_record = []
    String prefix = "maxatac_predict"
    String loglevel = "info"
    String cutoff_type = "F1"
    Float? cutoff_value
    File? cutoff_file
    File? cutoff_file_record
    Array[File] part_peaks = []
    Int max_zooms = 10
    Int ram_mb = 4096
    Int outdir_mb = 4096
    Int preemptible = 0
    Int max_retries = 0
    String docker = "maxatac:0.1.0"
  }
  Array[File] given = flatten([select_all([cutoff_file, cutoff_file_record]), parts, parts_record, part_peaks])
  Int input_mb = ceil(size(given, "MiB"))
  # An apostrophe between the shell's single quotes: they end, one stands between double quotes, and they begin again.
  String apostrophe = "'\"'\"'"
  command <<<
    set -eu
    mkdir results
    # give OPTION LIST: an option with the lines of a file; without it where there are none
    give() {
      local words
      mapfile -t words < "$2"
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    # lay OPTION LIST RECORDS: likewise with files, of which each lies beside its run record
    lay() {
      local files records place i words=()
      mapfile -t files < "$2"
      mapfile -t records < "$3"
      for i in "${!files[@]}"; do
        [ -n "${files[i]}" ] || continue
        place="inputs/${1#--}/$i"
        mkdir -p "$place"
        ln -s "${files[i]}" ${records[i]:+"${records[i]}"} "$place/"
        words+=("$place/$(basename "${files[i]}")")
      done
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    options=(
      ~{"--prefix '" + sub(prefix, "'", apostrophe) + "'"}
      ~{"--loglevel '" + sub(loglevel, "'", apostrophe) + "'"}
      ~{"--cutoff_type '" + sub(cutoff_type, "'", apostrophe) + "'"}
      ~{"--cutoff_value " + cutoff_value}
      --max_zooms ~{max_zooms}
    )
    lay --parts '~{write_lines(parts)}' '~{write_lines(parts_record)}'
    lay --cutoff_file '~{write_lines(select_all([cutoff_file]))}' '~{write_lines(select_all([cutoff_file_record]))}'
    give --part_peaks '~{write_lines(part_peaks)}'
    maxatac merge --output results "${options[@]}"
  >>>
  output {
    File track = "results/~{prefix}.bw"
    File? sites = "results/~{prefix}_peaks.bed"
    File record = "results/~{prefix}_merge_run.json"
    File log = "results/~{prefix}_merge.log"
  }
  runtime {
    docker: docker
    cpu: 1
    memory: ram_mb + " MiB"
    disks: "local-disk " + ceil((input_mb + outdir_mb) / 1024.0 + 1) + " SSD"
    preemptible: preemptible
    maxRetries: max_retries
  }
}
# end

# begin: wdl task of peaks
task peaks {
  meta {
    description: "maxatac peaks"
    author: "The maxatac developers"
    version: "0.1.0"
    doi: "https://doi.org/10.1371/journal.pcbi.1010863"
    source: "https://github.com/OWNER/maxatac"
  }
  parameter_meta {
    input_bigwig: {label: "Predicted scores", description: "Predicted scores, as maxatac predict writes them.", patterns: ["*.bw", "*.bigwig"]}
    input_bigwig_record: {label: "Run record of input_bigwig", description: "Run record of each file of input_bigwig, which says by which model and in which bins it was made. Optional.", patterns: ["*.json"]}
    chroms: {label: "Chromosomes", description: "Chromosomes on which sites are called. Without it: all of the bigWig."}
    bin_size: {label: "Bin width (bp)", description: "Width of a bin in bp. 32 takes the bins as they are stored; of wider ones, counted from the chromosome's start, the highest score in each counts. Published tables are for bins of 200 bp."}
    cutoff_type: {label: "What the cutoff is chosen by", description: "What the cutoff is chosen by, in upper or lower case: Precision, Recall, F1, log2FC of the table, or score for a score itself. F1 takes the threshold of the highest F1."}
    cutoff_value: {label: "Value to reach", description: "Value to reach: a score, or a precision, recall or log2 fold over random; F1 needs none. Optional."}
    cutoff_file: {label: "Table of thresholds", description: "Table of thresholds, of a published model, of maxatac train or of maxatac threshold. Optional.", patterns: ["*.tsv", "*.txt"]}
    cutoff_file_record: {label: "Run record of cutoff_file", description: "Run record of each file of cutoff_file, which says by which model and in which bins it was made. Optional.", patterns: ["*.json"]}
    prefix: {label: "Prefix of output names", description: "First part of the name of every output file. Without it: that of the bigWig without its ending."}
    loglevel: {label: "Log level", description: "Least severe messages that the log has.", choices: ["fatal", "error", "warning", "info", "debug"]}
    format: {label: "Format of the sites", description: "Bed has chromosome, start, end and highest score; narrowPeak has the summit too.", choices: ["bed", "narrowPeak"]}
    ram_mb: {label: "Memory to reserve (MiB)", description: "Memory to reserve, in MiB; a step that needs more is killed."}
    outdir_mb: {label: "Space for results (MiB)", description: "Disk space to reserve for the results, in MiB."}
    preemptible: {label: "Tries on preemptible machines", description: "How often to try on a machine that may be taken away, before an ordinary one; 0 for never."}
    max_retries: {label: "Retries", description: "How often to try again after a failure."}
    docker: {label: "Container image", description: "Image to run in; its name in a registry that the platform reaches."}
    sites: {label: "Predicted sites", description: "Runs of bins whose score reaches the cutoff, sorted by chromosome and start, as BED or narrowPeak."}
    record: {label: "Run record", description: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."}
    log: {label: "Log", description: "What the command told while it ran."}
  }
  input {
    File input_bigwig
    File? input_bigwig_record
    Array[String] chroms = []
    Int bin_size = 32
    String cutoff_type = "F1"
    Float? cutoff_value
    File? cutoff_file
    File? cutoff_file_record
    String? prefix
    String loglevel = "info"
    String format = "bed"
    Int ram_mb = 4096
    Int outdir_mb = 4096
    Int preemptible = 0
    Int max_retries = 0
    String docker = "maxatac:0.1.0"
  }
  Array[File] given = select_all([input_bigwig, input_bigwig_record, cutoff_file, cutoff_file_record])
  Int input_mb = ceil(size(given, "MiB"))
  # An apostrophe between the shell's single quotes: they end, one stands between double quotes, and they begin again.
  String apostrophe = "'\"'\"'"
  command <<<
    set -eu
    mkdir results
    # give OPTION LIST: an option with the lines of a file; without it where there are none
    give() {
      local words
      mapfile -t words < "$2"
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    # lay OPTION LIST RECORDS: likewise with files, of which each lies beside its run record
    lay() {
      local files records place i words=()
      mapfile -t files < "$2"
      mapfile -t records < "$3"
      for i in "${!files[@]}"; do
        [ -n "${files[i]}" ] || continue
        place="inputs/${1#--}/$i"
        mkdir -p "$place"
        ln -s "${files[i]}" ${records[i]:+"${records[i]}"} "$place/"
        words+=("$place/$(basename "${files[i]}")")
      done
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    options=(
      --bin_size ~{bin_size}
      ~{"--cutoff_type '" + sub(cutoff_type, "'", apostrophe) + "'"}
      ~{"--cutoff_value " + cutoff_value}
      ~{if defined(prefix) then "--prefix '" + sub(select_first([prefix]), "'", apostrophe) + "'" else ""}
      ~{"--loglevel '" + sub(loglevel, "'", apostrophe) + "'"}
      ~{"--format '" + sub(format, "'", apostrophe) + "'"}
    )
    lay --input_bigwig '~{write_lines([input_bigwig])}' '~{write_lines(select_all([input_bigwig_record]))}'
    give --chroms '~{write_lines(chroms)}'
    lay --cutoff_file '~{write_lines(select_all([cutoff_file]))}' '~{write_lines(select_all([cutoff_file_record]))}'
    maxatac peaks --output results "${options[@]}"
  >>>
  output {
    File sites = glob("results/*_~{bin_size}bp.~{format}")[0]
    File record = glob("results/*_peaks_run.json")[0]
    File log = glob("results/*_peaks.log")[0]
  }
  runtime {
    docker: docker
    cpu: 1
    memory: ram_mb + " MiB"
    disks: "local-disk " + ceil((input_mb + outdir_mb) / 1024.0 + 1) + " SSD"
    preemptible: preemptible
    maxRetries: max_retries
  }
}
# end

# begin: wdl task of threshold
task threshold {
  meta {
    description: "maxatac threshold"
    author: "The maxatac developers"
    version: "0.1.0"
    doi: "https://doi.org/10.1371/journal.pcbi.1010863"
    source: "https://github.com/OWNER/maxatac"
  }
  parameter_meta {
    prediction: {label: "Predicted scores", description: "Predictions, one for each cell type, in place of a table. Optional.", patterns: ["*.bw", "*.bigwig"]}
    prediction_record: {label: "Run record of prediction", description: "Run record of each file of prediction, which says by which model and in which bins it was made. Optional.", patterns: ["*.json"]}
    binding_tracks: {label: "Binding of each cell type", description: "Binding of the cell types of prediction, in the same order. Optional.", patterns: ["*.bw", "*.bigwig"]}
    binding_threshold: {label: "Binding above which bases are bound", description: "Take bases with binding above X as bound. Without it: none, other values than 0 and 1 are refused."}
    chroms: {label: "Chromosomes", description: "Chromosomes to count. Without it: all that every prediction and binding track has."}
    bin_size: {label: "Bin width (bp)", description: "Width of the bins, 32 or 200. Published tables are for 200: the highest score in them counts, and any bound base. Sites that maxatac predict and maxatac peaks call are bins of 32 unless asked: a table of 32 promises what holds for those."}
    blacklist: {label: "Blacklisted regions", description: "Regions whose bins do not count: BED or bigWig, plain or gzip. Optional.", patterns: ["*.bed", "*.bed.gz", "*.narrowPeak", "*.narrowPeak.gz", "*.bw", "*.bigwig"]}
    blacklist_bw: {label: "Blacklisted regions as bigWig", description: "Regions whose bases do not count, as bigWig: where it is above 0. In place of blacklist.", patterns: ["*.bw", "*.bigwig"]}
    chrom_sizes: {label: "Chromosome sizes", description: "Chromosome sizes to compare with those of the tracks. Optional.", patterns: ["*.sizes", "*.tsv", "*.txt"]}
    prefix: {label: "Prefix of output names", description: "First part of the name of every output file."}
    loglevel: {label: "Log level", description: "Least severe messages that the log has.", choices: ["fatal", "error", "warning", "info", "debug"]}
    plot: {label: "Draw figures", description: "Draw precision, recall and F1 over the threshold."}
    ram_mb: {label: "Memory to reserve (MiB)", description: "Memory to reserve, in MiB; a step that needs more is killed."}
    outdir_mb: {label: "Space for results (MiB)", description: "Disk space to reserve for the results, in MiB."}
    preemptible: {label: "Tries on preemptible machines", description: "How often to try on a machine that may be taken away, before an ordinary one; 0 for never."}
    max_retries: {label: "Retries", description: "How often to try again after a failure."}
    docker: {label: "Container image", description: "Image to run in; its name in a registry that the platform reaches."}
    table: {label: "Table of thresholds", description: "Precision and recall at each threshold: the cutoff table for calling sites."}
    cross_celltype: {label: "Thresholds over cell types", description: "Threshold for each precision, recall and F1: medians over cell types."}
    figure: {label: "Figure of the thresholds", description: "Precision, recall and F1 over the threshold; with plot."}
    record: {label: "Run record", description: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."}
    log: {label: "Log", description: "What the command told while it ran."}
  }
  input {
    Array[File] prediction = []
    Array[File] prediction_record = []
    Array[File] binding_tracks = []
    Float? binding_threshold
    Array[String] chroms = []
    Int bin_size = 200
    File? blacklist
    File? blacklist_bw
    File? chrom_sizes
    String prefix
    String loglevel = "info"
    Boolean plot = true
    Int ram_mb = 4096
    Int outdir_mb = 4096
    Int preemptible = 0
    Int max_retries = 0
    String docker = "maxatac:0.1.0"
  }
  Array[File] given = flatten([select_all([blacklist, blacklist_bw, chrom_sizes]), prediction, prediction_record, binding_tracks])
  Int input_mb = ceil(size(given, "MiB"))
  # An apostrophe between the shell's single quotes: they end, one stands between double quotes, and they begin again.
  String apostrophe = "'\"'\"'"
  command <<<
    set -eu
    mkdir results
    # give OPTION LIST: an option with the lines of a file; without it where there are none
    give() {
      local words
      mapfile -t words < "$2"
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    # lay OPTION LIST RECORDS: likewise with files, of which each lies beside its run record
    lay() {
      local files records place i words=()
      mapfile -t files < "$2"
      mapfile -t records < "$3"
      for i in "${!files[@]}"; do
        [ -n "${files[i]}" ] || continue
        place="inputs/${1#--}/$i"
        mkdir -p "$place"
        ln -s "${files[i]}" ${records[i]:+"${records[i]}"} "$place/"
        words+=("$place/$(basename "${files[i]}")")
      done
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    options=(
      ~{"--binding_threshold " + binding_threshold}
      --bin_size ~{bin_size}
      ~{if defined(blacklist) then "--blacklist '" + sub(select_first([blacklist]), "'", apostrophe) + "'" else ""}
      ~{if defined(blacklist_bw) then "--blacklist_bw '" + sub(select_first([blacklist_bw]), "'", apostrophe) + "'" else ""}
      ~{if defined(chrom_sizes) then "--chrom_sizes '" + sub(select_first([chrom_sizes]), "'", apostrophe) + "'" else ""}
      ~{"--prefix '" + sub(prefix, "'", apostrophe) + "'"}
      ~{"--loglevel '" + sub(loglevel, "'", apostrophe) + "'"}
      ~{if plot then "--plot" else "--no-plot"}
    )
    lay --prediction '~{write_lines(prediction)}' '~{write_lines(prediction_record)}'
    give --binding '~{write_lines(binding_tracks)}'
    give --chroms '~{write_lines(chroms)}'
    maxatac threshold --output results "${options[@]}"
  >>>
  output {
    File table = "results/~{prefix}.tsv"
    File cross_celltype = "results/~{prefix}_cross_celltype.tsv"
    File? figure = "results/~{prefix}.png"
    File record = "results/~{prefix}_threshold_run.json"
    File log = "results/~{prefix}_threshold.log"
  }
  runtime {
    docker: docker
    cpu: 1
    memory: ram_mb + " MiB"
    disks: "local-disk " + ceil((input_mb + outdir_mb) / 1024.0 + 1) + " SSD"
    preemptible: preemptible
    maxRetries: max_retries
  }
}
# end

# begin: wdl task of benchmark
task benchmark {
  meta {
    description: "maxatac benchmark"
    author: "The maxatac developers"
    version: "0.1.0"
    doi: "https://doi.org/10.1371/journal.pcbi.1010863"
    source: "https://github.com/OWNER/maxatac"
  }
  parameter_meta {
    prediction: {label: "Predicted scores", description: "Predicted scores as bigWig, as maxatac predict writes them. Needed unless bed is given.", patterns: ["*.bw", "*.bigwig"]}
    prediction_record: {label: "Run record of prediction", description: "Run record of each file of prediction, which says by which model and in which bins it was made. Optional.", patterns: ["*.json"]}
    bed: {label: "Prediction as BED or narrowPeak", description: "Prediction as BED or narrowPeak. The score is column 7 of narrowPeak, column 4 of a file with four columns, else column 5; 0 outside the intervals. Optional.", patterns: ["*.bed", "*.bed.gz", "*.narrowPeak", "*.narrowPeak.gz"]}
    gold_standard: {label: "Measured binding", description: "Binding: a bigWig of 0 and 1, or peaks as BED; with quant any signal as bigWig.", patterns: ["*.bed", "*.bed.gz", "*.narrowPeak", "*.narrowPeak.gz", "*.bw", "*.bigwig"]}
    binding_threshold: {label: "Binding above which bases are bound", description: "Take bases with binding above X as bound. Without it: none, other values than 0 and 1 are refused."}
    chroms: {label: "Chromosomes", description: "Chromosomes to score. Without it: all that prediction and binding have."}
    blacklist: {label: "Blacklisted regions", description: "Regions whose bins are not scored: BED or bigWig, plain or gzip. Optional.", patterns: ["*.bed", "*.bed.gz", "*.narrowPeak", "*.narrowPeak.gz", "*.bw", "*.bigwig"]}
    blacklist_bw: {label: "Blacklisted regions as bigWig", description: "Regions whose bins are not scored, as bigWig: where it is above 0. In place of blacklist.", patterns: ["*.bw", "*.bigwig"]}
    chrom_sizes: {label: "Chromosome sizes", description: "Chromosome sizes; needed if prediction and binding are both BED. Without it: those of the bigWigs.", patterns: ["*.sizes", "*.tsv", "*.txt"]}
    cell_type: {label: "Cell type of the prediction", description: "Cell type of the prediction, to compare with those of the table of cutoffs. Without it: not known."}
    bin_size: {label: "Bin widths (bp)", description: "Widths of the bins, scored one by one."}
    agg: {label: "What a bin takes of its predictions", description: "What a bin takes of the predictions in it. Without it: max, with quant mean.", choices: ["max", "mean", "min", "sum"]}
    round_predictions: {label: "Decimals of the predictions", description: "Decimals of the predictions. Without it: none, with original 9."}
    label_rule: {label: "When a bin is bound", description: "A bin is bound where more than half of its bases are, where any is, or where agg of the binding is above 0 (the original's). Without it: half for bins of 32 bp, any for others.", choices: ["half", "any", "agg"]}
    unpredicted: {label: "Bins without a prediction", description: "What becomes of bins without a prediction: they are not scored, or score 0 (the original's). Without it: leave_out.", choices: ["leave_out", "zero"]}
    drifting_bins: {label: "Spread the rest of a chromosome over its bins", description: "Spread what is left at the end of a chromosome over its bins, which then have no fixed width, in place of leaving it out (the original's). Without it: off."}
    count_blacklisted: {label: "Count bound blacklisted bins in the random score", description: "Count bound bins of the blacklist in Random_AUPRC of the original's tables (the original's). Without it: off."}
    original: {label: "Score as maxATAC 1.0.6 does", description: "Score as maxATAC 1.0.6 does: sets label_rule, unpredicted, drifting_bins and count_blacklisted to its rules, and rounds predictions to 9 decimals."}
    signal: {label: "ATAC-seq signal", description: "ATAC-seq signal, whose mean in a bin is scored as a baseline. Without it: not scored.", patterns: ["*.bw", "*.bigwig"]}
    training_binding: {label: "Binding in the training cell types", description: "Binding in the cell types that trained the model; its mean in a bin is scored as a baseline. Files with the content of gold_standard are left out. Without it: not scored.", patterns: ["*.bw", "*.bigwig"]}
    recalls: {label: "Recalls to report", description: "Recalls, above 0 up to 1, at which precision is reported."}
    seed: {label: "Random seed", description: "Seed of the resamples that intervals are made of."}
    quant: {label: "Compare values, not classes", description: "Compare predicted with measured values: correlations, R2 and mean absolute error."}
    target_scale_factor: {label: "Factor of quantitative targets", description: "With quant: factor of the measured values. Without it: that of the model's record, or 1."}
    cutoff_type: {label: "What the cutoff is chosen by", description: "What the cutoff is chosen by, in upper or lower case: Precision, Recall, F1, log2FC of the table, or score for a score itself. F1 takes the threshold of the highest F1."}
    cutoff_value: {label: "Value to reach", description: "Value to reach: a score, or a precision, recall or log2 fold over random; F1 needs none. Optional."}
    cutoff_file: {label: "Table of thresholds", description: "Table of thresholds, of a published model, of maxatac train or of maxatac threshold. Optional.", patterns: ["*.tsv", "*.txt"]}
    cutoff_file_record: {label: "Run record of cutoff_file", description: "Run record of each file of cutoff_file, which says by which model and in which bins it was made. Optional.", patterns: ["*.json"]}
    prefix: {label: "Prefix of output names", description: "First part of the name of every output file."}
    loglevel: {label: "Log level", description: "Least severe messages that the log has.", choices: ["fatal", "error", "warning", "info", "debug"]}
    full_curve: {label: "Write every point of the curve", description: "Write every point of the curve into <prefix>_<chrom>_<bin>bp_PRC.tsv, not about 300."}
    plot: {label: "Draw figures", description: "Draw precision over recall, or with quant the values."}
    ram_mb: {label: "Memory to reserve (MiB)", description: "Memory to reserve, in MiB; a step that needs more is killed."}
    outdir_mb: {label: "Space for results (MiB)", description: "Disk space to reserve for the results, in MiB."}
    preemptible: {label: "Tries on preemptible machines", description: "How often to try on a machine that may be taken away, before an ordinary one; 0 for never."}
    max_retries: {label: "Retries", description: "How often to try again after a failure."}
    docker: {label: "Container image", description: "Image to run in; its name in a registry that the platform reaches."}
    table: {label: "Scores", description: "Average precision and more of each chromosome and of all, with intervals, beside baselines."}
    scores: {label: "Scores (JSON)", description: "The scores for programs."}
    curve: {label: "Precision-recall curve", description: "Precision over recall, thinned to some hundred points."}
    figure: {label: "Figure of the scores", description: "Precision over recall, or with quant predicted over measured values; with plot."}
    original_tables: {label: "Tables of maxATAC 1.0.6", description: "Precision-recall tables in the layout of maxATAC 1.0.6, one per chromosome and bin width."}
    record: {label: "Run record", description: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."}
    log: {label: "Log", description: "What the command told while it ran."}
  }
  input {
    File? prediction
    File? prediction_record
    File? bed
    File gold_standard
    Float? binding_threshold
    Array[String] chroms = []
    File? blacklist
    File? blacklist_bw
    File? chrom_sizes
    String? cell_type
    Array[Int] bin_size = [32, 200]
    String? agg
    Int? round_predictions
    String? label_rule
    String? unpredicted
    Boolean? drifting_bins
    Boolean? count_blacklisted
    Boolean original = false
    File? signal
    Array[File] training_binding = []
    Array[Float] recalls = [0.05]
    Int seed = 1
    Boolean quant = false
    Float? target_scale_factor
    String cutoff_type = "F1"
    Float? cutoff_value
    File? cutoff_file
    File? cutoff_file_record
    String prefix
    String loglevel = "info"
    Boolean full_curve = false
    Boolean plot = true
    Int ram_mb = 4096
    Int outdir_mb = 4096
    Int preemptible = 0
    Int max_retries = 0
    String docker = "maxatac:0.1.0"
  }
  Array[File] given = flatten([select_all([prediction, prediction_record, bed, gold_standard, blacklist, blacklist_bw, chrom_sizes, signal, cutoff_file, cutoff_file_record]), training_binding])
  Int input_mb = ceil(size(given, "MiB"))
  # An apostrophe between the shell's single quotes: they end, one stands between double quotes, and they begin again.
  String apostrophe = "'\"'\"'"
  command <<<
    set -eu
    mkdir results
    # give OPTION LIST: an option with the lines of a file; without it where there are none
    give() {
      local words
      mapfile -t words < "$2"
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    # lay OPTION LIST RECORDS: likewise with files, of which each lies beside its run record
    lay() {
      local files records place i words=()
      mapfile -t files < "$2"
      mapfile -t records < "$3"
      for i in "${!files[@]}"; do
        [ -n "${files[i]}" ] || continue
        place="inputs/${1#--}/$i"
        mkdir -p "$place"
        ln -s "${files[i]}" ${records[i]:+"${records[i]}"} "$place/"
        words+=("$place/$(basename "${files[i]}")")
      done
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    options=(
      ~{if defined(bed) then "--bed '" + sub(select_first([bed]), "'", apostrophe) + "'" else ""}
      ~{"--gold_standard '" + sub(gold_standard, "'", apostrophe) + "'"}
      ~{"--binding_threshold " + binding_threshold}
      ~{if defined(blacklist) then "--blacklist '" + sub(select_first([blacklist]), "'", apostrophe) + "'" else ""}
      ~{if defined(blacklist_bw) then "--blacklist_bw '" + sub(select_first([blacklist_bw]), "'", apostrophe) + "'" else ""}
      ~{if defined(chrom_sizes) then "--chrom_sizes '" + sub(select_first([chrom_sizes]), "'", apostrophe) + "'" else ""}
      ~{if defined(cell_type) then "--cell_type '" + sub(select_first([cell_type]), "'", apostrophe) + "'" else ""}
      ~{if defined(agg) then "--agg '" + sub(select_first([agg]), "'", apostrophe) + "'" else ""}
      ~{"--round_predictions " + round_predictions}
      ~{if defined(label_rule) then "--label_rule '" + sub(select_first([label_rule]), "'", apostrophe) + "'" else ""}
      ~{if defined(unpredicted) then "--unpredicted '" + sub(select_first([unpredicted]), "'", apostrophe) + "'" else ""}
      ~{if defined(drifting_bins) then (if select_first([drifting_bins]) then "--drifting_bins" else "--no-drifting_bins") else ""}
      ~{if defined(count_blacklisted) then (if select_first([count_blacklisted]) then "--count_blacklisted" else "--no-count_blacklisted") else ""}
      ~{if original then "--original" else "--no-original"}
      ~{if defined(signal) then "--signal '" + sub(select_first([signal]), "'", apostrophe) + "'" else ""}
      --seed ~{seed}
      ~{if quant then "--quant" else "--no-quant"}
      ~{"--target_scale_factor " + target_scale_factor}
      ~{"--cutoff_type '" + sub(cutoff_type, "'", apostrophe) + "'"}
      ~{"--cutoff_value " + cutoff_value}
      ~{"--prefix '" + sub(prefix, "'", apostrophe) + "'"}
      ~{"--loglevel '" + sub(loglevel, "'", apostrophe) + "'"}
      ~{if full_curve then "--full_curve" else "--no-full_curve"}
      ~{if plot then "--plot" else "--no-plot"}
    )
    lay --prediction '~{write_lines(select_all([prediction]))}' '~{write_lines(select_all([prediction_record]))}'
    give --chroms '~{write_lines(chroms)}'
    give --bin_size '~{write_lines(bin_size)}'
    give --training_binding '~{write_lines(training_binding)}'
    give --recalls '~{write_lines(recalls)}'
    lay --cutoff_file '~{write_lines(select_all([cutoff_file]))}' '~{write_lines(select_all([cutoff_file_record]))}'
    maxatac benchmark --output results "${options[@]}"
  >>>
  output {
    File table = "results/~{prefix}_benchmark.tsv"
    File scores = "results/~{prefix}_benchmark.json"
    File? curve = "results/~{prefix}_benchmark_curve.tsv"
    File? figure = "results/~{prefix}_benchmark.png"
    Array[File] original_tables = glob("results/~{prefix}_*bp_PRC.tsv")
    File record = "results/~{prefix}_benchmark_run.json"
    File log = "results/~{prefix}_benchmark.log"
  }
  runtime {
    docker: docker
    cpu: 1
    memory: ram_mb + " MiB"
    disks: "local-disk " + ceil((input_mb + outdir_mb) / 1024.0 + 1) + " SSD"
    preemptible: preemptible
    maxRetries: max_retries
  }
}
# end

task simulate {
  input {
    # begin: wdl inputs of simulate
    String size = "16000000"
    String tf = "SIMTF"
    Int seed = 1
    # end
    Int ram_mb = 2048
    Int outdir_mb = 1024
    Int preemptible = 0
    Int max_retries = 0
    # begin: wdl image
    String docker = "maxatac:0.1.0"
    # end
  }
  # An apostrophe between the shell's single quotes: they end, one stands between double quotes, and they begin again.
  String apostrophe = "'\"'\"'"
  command <<<
    set -eu
    # begin: wdl command of simulate
    options=(
      ~{"--size '" + sub(size, "'", apostrophe) + "'"}
      ~{"--tf '" + sub(tf, "'", apostrophe) + "'"}
      --seed ~{seed}
    )
    # end
    maxatac simulate results "${options[@]}"
  >>>
  output {
    File sequence = "results/genome.2bit"
    File chrom_sizes = "results/genome.chrom.sizes"
    File blacklist = "results/blacklist.bed"
    Array[File] fragments = prefix("results/", ["CellA_fragments.tsv.gz", "CellB_fragments.tsv.gz", "CellC_fragments.tsv.gz"])
    Array[File] atac_signal = prefix("results/", ["CellA_atac.bw", "CellB_atac.bw", "CellC_atac.bw"])
    Array[File] binding_tracks = prefix("results/~{tf}_", ["CellA_binding.bw", "CellB_binding.bw", "CellC_binding.bw"])
    Array[File] atac_peaks = prefix("results/", ["CellA_atac_peaks.narrowPeak", "CellB_atac_peaks.narrowPeak", "CellC_atac_peaks.narrowPeak"])
    Array[File] chip_peaks = prefix("results/~{tf}_", ["CellA_chip_peaks.narrowPeak", "CellB_chip_peaks.narrowPeak", "CellC_chip_peaks.narrowPeak"])
  }
  runtime {
    docker: docker
    cpu: 1
    memory: ram_mb + " MiB"
    disks: "local-disk " + ceil(outdir_mb / 1024.0 + 1) + " SSD"
    preemptible: preemptible
    maxRetries: max_retries
  }
  meta {
    description: "maxatac simulate: write a small data set, with three cell types of which the last is for testing"
    # begin: wdl about
    author: "The maxatac developers"
    version: "0.1.0"
    doi: "https://doi.org/10.1371/journal.pcbi.1010863"
    source: "https://github.com/OWNER/maxatac"
    # end
  }
  parameter_meta {
    # begin: wdl parameters
    size: {label: "Length of the genome", description: "Length of the whole genome: 12000000, 12e6, 12M or 200Mb. From 1 Mb."}
    tf: {label: "Transcription factor", description: "Name of the simulated transcription factor; names of files begin with it."}
    seed: {label: "Random seed", description: "Seed of everything random in the data."}
    ram_mb: {label: "Memory to reserve (MiB)", description: "Memory to reserve for each task, in MiB."}
    outdir_mb: {label: "Space for results (MiB)", description: "Disk space to reserve for the results, in MiB."}
    preemptible: {label: "Tries on preemptible machines", description: "How often to try on a machine that may be taken away, before an ordinary one; 0 for never."}
    max_retries: {label: "Retries", description: "How often to try again after a failure."}
    docker: {label: "Container image", description: "Image to run in; its name in a registry that the platform reaches."}
    sequence: {label: "Genome sequence (2bit)", description: "The simulated genome."}
    chrom_sizes: {label: "Chromosome sizes", description: "Names and lengths of the simulated chromosomes."}
    blacklist: {label: "Blacklisted regions", description: "Regions that no command is to use."}
    fragments: {label: "Reads", description: "ATAC-seq fragments of each cell type."}
    atac_signal: {label: "ATAC-seq signal", description: "ATAC-seq signal of each cell type."}
    binding_tracks: {label: "Binding", description: "Binding in each cell type: 1 in ChIP-seq peaks, 0 elsewhere."}
    atac_peaks: {label: "ATAC-seq peaks", description: "ATAC-seq peaks of each cell type."}
    chip_peaks: {label: "ChIP-seq peaks", description: "ChIP-seq peaks of each cell type."}
    # end
  }
}

task report {
  input {
    File record
    Array[File] sources
    Int ram_mb = 2048
    Int outdir_mb = 256
    Int preemptible = 0
    Int max_retries = 0
    # begin: wdl image
    String docker = "maxatac:0.1.0"
    # end
  }
  # An apostrophe between the shell's single quotes: they end, one stands between double quotes, and they begin again.
  String apostrophe = "'\"'\"'"
  command <<<
    set -eu
    # The files of a run lie side by side.
    mkdir results
    mapfile -t files < '~{write_lines(flatten([[record], sources]))}'
    ln -s "${files[@]}" results/
    ~{"maxatac report results/'" + sub(basename(record), "'", apostrophe) + "'"}
  >>>
  output {
    File report_page = glob("results/*_report.html")[0]
    Array[File] figures = glob("results/*_figures/*")
  }
  runtime {
    docker: docker
    cpu: 1
    memory: ram_mb + " MiB"
    disks: "local-disk " + ceil(outdir_mb / 1024.0 + 1) + " SSD"
    preemptible: preemptible
    maxRetries: max_retries
  }
  meta {
    description: "maxatac report: draw the report of a training run again"
    # begin: wdl about
    author: "The maxatac developers"
    version: "0.1.0"
    doi: "https://doi.org/10.1371/journal.pcbi.1010863"
    source: "https://github.com/OWNER/maxatac"
    # end
  }
  parameter_meta {
    # begin: wdl parameters
    record: {label: "Run record", description: "Run record of the training run; its name ends with _run.json.", patterns: ["*.json"]}
    sources: {label: "Tables of the run", description: "The outputs report_data, history, timing, cell_history and test_scores of the run, as far as there are.", patterns: ["*.json", "*.csv"]}
    ram_mb: {label: "Memory to reserve (MiB)", description: "Memory to reserve for each task, in MiB."}
    outdir_mb: {label: "Space for results (MiB)", description: "Disk space to reserve for the results, in MiB."}
    preemptible: {label: "Tries on preemptible machines", description: "How often to try on a machine that may be taken away, before an ordinary one; 0 for never."}
    max_retries: {label: "Retries", description: "How often to try again after a failure."}
    docker: {label: "Container image", description: "Image to run in; its name in a registry that the platform reaches."}
    report_page: {label: "Report", description: "The report of the run, drawn again, in one HTML file."}
    figures: {label: "Figures of the report", description: "The figures of the report, as PNG and SVG."}
    # end
  }
}
