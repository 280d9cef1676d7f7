version 1.0

## Makes the signal of each cell type from its reads, calls its ATAC-seq peaks unless they are given, makes its binding from
## ChIP-seq peaks, and trains a model on all of them. docs/terra.md tells how to run this.

import "maxatac-train.wdl" as training
import "maxatac-tasks.wdl" as tasks

struct CellReads {
  String cell_type
  Array[File] reads
  Array[File] chip_peaks
  File? atac_peaks
  String label
}

workflow maxatac_reads_to_model {
  input {
    String tf
    Array[CellReads] reads
    # begin: wdl inputs of prepare without input, sequence, chrom_sizes, chroms, blacklist, barcodes, peaks, call_peaks, prefix, loglevel, memory, cores, ram_mb and outdir_mb
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
    String? barcode_tag
    Int max_zooms = 10
    Int slop = 20
    Int rpm_factor = 20000000
    Boolean clip = false
    Boolean sites_bed = false
    Float? genome_size
    # end
    # begin: wdl inputs of binding without chip_peaks, sequence, chrom_sizes, chroms, blacklist, prefix, loglevel, max_zooms, ram_mb and outdir_mb
    String combine = "union"
    Int? summit_window
    # end
    Array[String] track_chroms = []
    Int reads_mb = 32768
    # begin: wdl inputs of train
    File sequence
    String prefix = "maxatac_model"
    String keep_checkpoints = "all"
    Boolean save_roi = false
    Boolean plot = true
    Boolean report = true
    String model_format = "keras"
    String loglevel = "info"
    Array[String] chroms = []
    Array[String] tchroms = []
    Array[String] vchroms = []
    Array[String] test_chroms = []
    File? blacklist
    File? chrom_sizes
    String? genome
    File? train_roi
    File? validate_roi
    String center = "midpoint"
    Int jitter = 480
    Float rand_ratio = 0.0
    Boolean shuffle_cell_type = true
    Boolean rev_comp_train = false
    Array[String] test_cell_types = []
    Array[String] allow_shared_files = []
    Array[String] allow_same = []
    String arch = "DCNN_V2"
    Int ensemble = 1
    Boolean dense = false
    String output_activation = "sigmoid"
    Boolean quant = false
    Float target_scale_factor = 1.0
    File? weights
    Int epochs = 20
    Int? batches
    Int? batch_size
    Int? val_batch_size
    String? genome_validation
    String? select
    Float? ema
    Int? early_stopping
    Int? seed
    Boolean compact_transport = false
    Boolean deterministic = false
    Boolean distribute = false
    Boolean test = true
    Boolean test_rev_comp = false
    Boolean test_seen = false
    String? memory
    Int cores = 4
    Int ram_mb = 16384
    Int outdir_mb = 4096
    # end
    Int preemptible = 0
    Int max_retries = 0
    # begin: wdl image
    String docker = "maxatac:0.1.0"
    # end
  }
  scatter (cell in reads) {
    if (!defined(cell.atac_peaks)) {
      # Without peaks to call it is refused.
      Float? size_for_macs = genome_size
    }
    call tasks.prepare {
      input:
        input_files = cell.reads,
        prefix = cell.cell_type,
        call_peaks = !defined(cell.atac_peaks),
        atac_peaks = cell.atac_peaks,
        genome_size = size_for_macs,
        chroms = track_chroms,
        outdir_mb = reads_mb,
        # begin: wdl call of prepare without input, chroms, barcodes, peaks, call_peaks, genome_size, prefix and outdir_mb
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
      barcode_tag = barcode_tag,
      max_zooms = max_zooms,
      slop = slop,
      rpm_factor = rpm_factor,
      clip = clip,
      sites_bed = sites_bed,
      loglevel = loglevel,
      memory = memory,
      cores = cores,
      ram_mb = ram_mb,
        # end
        preemptible = preemptible,
        max_retries = max_retries,
        docker = docker
    }
    call tasks.binding {
      input:
        chip_peaks = cell.chip_peaks,
        prefix = cell.cell_type + "_" + tf,
        chroms = track_chroms,
        # begin: wdl call of binding without chip_peaks, chroms, prefix, ram_mb and outdir_mb
      combine = combine,
      summit_window = summit_window,
      sequence = sequence,
      chrom_sizes = chrom_sizes,
      blacklist = blacklist,
      loglevel = loglevel,
      max_zooms = max_zooms,
        # end
        preemptible = preemptible,
        max_retries = max_retries,
        docker = docker
    }
    CellType made = object {
      cell_type: cell.cell_type,
      atac_signal: prepare.signal[0],
      binding: binding.track,
      atac_peaks: flatten([select_all([cell.atac_peaks]), prepare.called_peaks])[0],
      # Peaks have summits; the joined regions of several files have none.
      chip_peaks: if length(cell.chip_peaks) == 1 then cell.chip_peaks[0] else binding.regions,
      label: cell.label
    }
  }
  TrainingRun run = object { tf: tf, cells: made }
  call training.maxatac_train {
    input:
      run = run,
      # begin: wdl call of train
      sequence = sequence,
      prefix = prefix,
      keep_checkpoints = keep_checkpoints,
      save_roi = save_roi,
      plot = plot,
      report = report,
      model_format = model_format,
      loglevel = loglevel,
      chroms = chroms,
      tchroms = tchroms,
      vchroms = vchroms,
      test_chroms = test_chroms,
      blacklist = blacklist,
      chrom_sizes = chrom_sizes,
      genome = genome,
      train_roi = train_roi,
      validate_roi = validate_roi,
      center = center,
      jitter = jitter,
      rand_ratio = rand_ratio,
      shuffle_cell_type = shuffle_cell_type,
      rev_comp_train = rev_comp_train,
      test_cell_types = test_cell_types,
      allow_shared_files = allow_shared_files,
      allow_same = allow_same,
      arch = arch,
      ensemble = ensemble,
      dense = dense,
      output_activation = output_activation,
      quant = quant,
      target_scale_factor = target_scale_factor,
      weights = weights,
      epochs = epochs,
      batches = batches,
      batch_size = batch_size,
      val_batch_size = val_batch_size,
      genome_validation = genome_validation,
      select = select,
      ema = ema,
      early_stopping = early_stopping,
      seed = seed,
      compact_transport = compact_transport,
      deterministic = deterministic,
      distribute = distribute,
      test = test,
      test_rev_comp = test_rev_comp,
      test_seen = test_seen,
      memory = memory,
      cores = cores,
      ram_mb = ram_mb,
      outdir_mb = outdir_mb,
      # end
      preemptible = preemptible,
      max_retries = max_retries,
      docker = docker
  }
  output {
    File model = maxatac_train.best_model
    File training_record = maxatac_train.record
    File? report_page = maxatac_train.report_page
    File? thresholds = maxatac_train.thresholds
    File? test_table = maxatac_train.test_table
    Array[File] predictions = maxatac_train.predictions
    File cell_table = maxatac_train.cell_table
    Array[Array[File]] signals = prepare.signal
    Array[Array[File]] called_peaks = prepare.called_peaks
    Array[File] quality = prepare.quality
    Array[File] quality_tables = prepare.quality_table
    Array[File] bindings = binding.track
  }
  meta {
    description: "From ATAC-seq reads and ChIP-seq peaks of several cell types to a trained model"
    # begin: wdl about
    author: "The maxatac developers"
    version: "0.1.0"
    doi: "https://doi.org/10.1371/journal.pcbi.1010863"
    source: "https://github.com/OWNER/maxatac"
    # end
  }
  parameter_meta {
    # begin: wdl parameters
    tf: {label: "Transcription factor", description: "Name of the transcription factor whose binding the model learns."}
    reads: {label: "Cell types with their reads", description: "A record for each cell type: its name, reads, ChIP-seq peaks, and whether it is to train or to test."}
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
    barcode_tag: {label: "BAM tag of the barcode", description: "Tag of a BAM that holds the barcode, such as CB; only reads of one barcode are then duplicates. Optional."}
    max_zooms: {label: "Zoom levels of the bigWig", description: "Zoom levels of the bigWig, at most; 0 to 10."}
    slop: {label: "Bases covered around a cut site", description: "Bases on each side of a cut site that are covered."}
    rpm_factor: {label: "Reads to scale to", description: "Reads that the coverage is scaled to, in place of those there are."}
    clip: {label: "Clip at 1", description: "Cut the normalised track at 1; values above it are those over the percentile."}
    sites_bed: {label: "Write the cut sites", description: "Write the cut sites as BED too, as they are and widened by slop."}
    genome_size: {label: "Mappable genome size for MACS", description: "Size of the mappable genome for MACS. Without it: bases other than N of the chromosomes in use (with sequence), else their length."}
    combine: {label: "How replicates are combined", description: "Bases that are bound, of several replicates: union (in a peak of any), intersection (of all), or a number (of at least so many)."}
    summit_window: {label: "Width around the summits (bp)", description: "Take this many bp around each summit, half of them before it, in place of the whole peak: 200 takes summit - 100 to summit + 100. Without it: the whole peak."}
    track_chroms: {label: "Chromosomes of signal and binding", description: "Chromosomes of signal and binding, over which the signal is normalised. Without it: all that genome and reads share, without mitochondria and plastids."}
    reads_mb: {label: "Space for reads (MiB)", description: "Disk space to reserve for the steps that read reads, in MiB."}
    sequence: {label: "Genome sequence (2bit)", description: "Genome sequence as 2bit, for chromosome sizes and for the bases around the cut sites; BAM has the sizes itself.", patterns: ["*.2bit"]}
    prefix: {label: "Prefix of output names", description: "First part of the name of every output file."}
    keep_checkpoints: {label: "Checkpoints to keep", description: "Which epochs' checkpoints stay: all, best, or last:N (the last N and the best)."}
    save_roi: {label: "Write the regions of interest", description: "Write the pools of regions of interest; the input train_roi reads them back."}
    plot: {label: "Draw figures", description: "Draw the model's structure, the training history and the figures of the report; the tables are written in any case."}
    report: {label: "Write a report", description: "Write a report of the run when it is finished: one HTML file, and its figures."}
    model_format: {label: "Format of the checkpoints", description: "Format of the checkpoints; the best model is written in both.", choices: ["keras", "h5"]}
    loglevel: {label: "Log level", description: "Least severe messages that the log has.", choices: ["fatal", "error", "warning", "info", "debug"]}
    chroms: {label: "Chromosomes", description: "Chromosomes of the track. Without it: all that genome and input share, without mitochondria and plastids."}
    tchroms: {label: "Training chromosomes", description: "Chromosomes for training only. Without it: chr3 chr4 chr5 chr6 chr7 chr9 chr10 chr11 chr12 chr13 chr14 chr15 chr16 chr17 chr18 chr20 chr21 chr22."}
    vchroms: {label: "Validation chromosomes", description: "Chromosomes for validation only. Without it: chr2 chr19."}
    test_chroms: {label: "Test chromosomes", description: "Chromosomes that the selected model is scored on after training; they neither train nor validate. Without it: chr1 chr8, less those above."}
    blacklist: {label: "Blacklisted regions", description: "Regions without signal: BED or bigWig, plain or gzip. Cut sites whose widened interval touches one are left out. Optional.", patterns: ["*.bed", "*.bed.gz", "*.narrowPeak", "*.narrowPeak.gz", "*.bw", "*.bigwig"]}
    chrom_sizes: {label: "Chromosome sizes", description: "Chromosome sizes, in place of the 2bit or to compare with it. Optional.", patterns: ["*.sizes", "*.tsv", "*.txt"]}
    genome: {label: "Name of the genome build", description: "Name of the genome build, a label for the run record only. Optional."}
    train_roi: {label: "Training regions", description: "Training regions to use instead of the peaks of the cell types: BED, narrowPeak, or the output regions of a run with save_roi. Optional.", patterns: ["*.bed", "*.bed.gz", "*.narrowPeak", "*.narrowPeak.gz"]}
    validate_roi: {label: "Validation regions", description: "Validation regions to use instead of the peaks of the cell types. Optional.", patterns: ["*.bed", "*.bed.gz", "*.narrowPeak", "*.narrowPeak.gz"]}
    center: {label: "Centre of a peak's window", description: "What of a peak its window is centred on.", choices: ["midpoint", "summit"]}
    jitter: {label: "Random shift of regions (bp)", description: "Shift each region by a uniform -BP..BP. Without it every binding site sits in the middle of its window, and the network learns the place; 0 is the original's behaviour."}
    rand_ratio: {label: "Share of random windows", description: "Share of each training and validation batch that is random windows of the genome, 0 to 1."}
    shuffle_cell_type: {label: "Pan-cell training", description: "Give each region a training cell type drawn at random, not its own (pan-cell training)."}
    rev_comp_train: {label: "Reverse complement at random", description: "Reverse complement each example with probability 1/2."}
    test_cell_types: {label: "Cell types to hold out", description: "Cell types to hold out, in place of those labelled Test in cells; all others train. Optional."}
    allow_shared_files: {label: "Test cell types that may share files", description: "Test cell types that may have files in common with training cell types. Otherwise signal, binding or peaks that are equal in content, under whatever path, are an error: such a test proves nothing. Optional."}
    allow_same: {label: "Cell types that are one under two names", description: "Cell types that are one under two names, and may all the same train and be tested; where each is left out in turn, they are held out together. Otherwise names that differ in case, blanks, - and _ alone, and equal files, are an error. Optional."}
    arch: {label: "Network architecture", description: "Network: that of the paper, or DRN, which learns more from the same data.", choices: ["DCNN_V2", "DRN"]}
    ensemble: {label: "Networks in the ensemble", description: "Train N networks together, which differ in their initial weights; the model is the mean of their predictions. It takes at least N times the computing time of one."}
    dense: {label: "End the network in a dense layer", description: "End DCNN_V2 in a dense layer."}
    output_activation: {label: "Activation of the output", description: "Activation of the output; anything but sigmoid needs quant.", choices: ["sigmoid", "linear", "relu", "softplus"]}
    quant: {label: "Quantitative targets", description: "Quantitative targets: the mean binding signal of each bin, fitted by mean squared error."}
    target_scale_factor: {label: "Factor of quantitative targets", description: "Factor of quantitative targets; needs quant."}
    weights: {label: "Weights to start from", description: "Weights to start from: .keras, .weights.h5, or a published .h5 model. Without it: do not initialize with weights.", patterns: ["*.keras", "*.h5"]}
    epochs: {label: "Epochs", description: "Epochs to train for; the model of the best one is selected by select."}
    batches: {label: "Batches per epoch", description: "Batches per epoch, for training and for validation. Without it: 100; 10000 for DRN."}
    batch_size: {label: "Training batch size", description: "Examples per training batch. Without it: 1000; 10 for DRN."}
    val_batch_size: {label: "Validation batch size", description: "Examples per validation batch. Without it: 1000; 10 for DRN."}
    genome_validation: {label: "Windows of genome-like validation", description: "Windows of the genome-like validation set, which tile the validation chromosomes; all, or 0 for none. Without it: as many as around peaks, at most 10,000 or a quarter of them."}
    select: {label: "What the best epoch is best in", description: "What the best epoch is best in: Dice coefficient or loss of the validation windows around peaks, or average precision of the genome-like set. Without it: dice; loss with quant.", choices: ["dice", "average_precision", "loss"]}
    ema: {label: "Moving average of the weights", description: "Validate, save and select an exponential moving average of the weights, of which this share stays at each step, such as 0.99; 0 for none. Without it: none; 0.999 for DRN."}
    early_stopping: {label: "Epochs without improvement before stopping", description: "End training after N epochs without a better one, by what select says. Optional."}
    seed: {label: "Random seed", description: "Seed of everything random: with one, a run can be repeated, and engines can reuse finished steps. Without it: drawn from 1..99999 and recorded."}
    compact_transport: {label: "Send compact batches to the device", description: "Send base codes and signal to the device, a quarter of the bytes, and make the one-hot form there; the saved model is the same."}
    deterministic: {label: "Deterministic GPU algorithms", description: "Let a GPU use only algorithms that give the same bits each time, which are slower."}
    distribute: {label: "Train on several devices", description: "Train on several devices: all that this process has, and those of the other processes that Slurm, Open MPI, or JAX_COORDINATOR_ADDRESS, JAX_NUM_PROCESSES and JAX_PROCESS_ID tell of, each of which reads its own part of every batch. Needs KERAS_BACKEND=jax."}
    test: {label: "Score the independent test", description: "Score the selected model on whole held-out chromosomes of the cell types labelled Test."}
    test_rev_comp: {label: "Average both strands in the test", description: "Average the predictions for both strands in the test, which takes twice the time."}
    test_seen: {label: "Score on a training chromosome too", description: "Score the same cell types on the longest training chromosome too, which takes the time of a test there: how much the model owes to places that it has seen. Leaving each cell type out in turn does so."}
    memory: {label: "Memory for data", description: "Memory for reads and cut sites, before they go to temporary files, such as 200M or 4G; the results do not depend on it. Without it: a quarter of what is reserved."}
    cores: {label: "Processor cores", description: "Processor cores to reserve; the command uses as many threads."}
    ram_mb: {label: "Memory to reserve (MiB)", description: "Memory to reserve, in MiB; a step that needs more is killed."}
    outdir_mb: {label: "Space for results (MiB)", description: "Disk space to reserve for the results, in MiB."}
    preemptible: {label: "Tries on preemptible machines", description: "How often to try on a machine that may be taken away, before an ordinary one; 0 for never."}
    max_retries: {label: "Retries", description: "How often to try again after a failure."}
    docker: {label: "Container image", description: "Image to run in; its name in a registry that the platform reaches."}
    model: {label: "Best model (Keras)", description: "The selected model, for maxatac predict and any program with Keras 3."}
    training_record: {label: "Run record", description: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."}
    report_page: {label: "Report", description: "The report of the run: data, training, selection and test in one HTML file; with report."}
    thresholds: {label: "Table of thresholds", description: "Precision and recall at each threshold, on the genome-like validation windows: the cutoff table for calling sites. None without bound bins in those windows."}
    test_table: {label: "Test scores", description: "Scores of the selected model on test chromosomes of held-out cell types, beside baselines; with test."}
    predictions: {label: "Predictions of the test", description: "Predicted scores on the test chromosomes, one track per held-out cell type."}
    cell_table: {label: "Meta file", description: "The cell types as the table that maxatac train takes on a command line, with their paths in the step."}
    signals: {label: "Normalised signal", description: "The normalised ATAC-seq signal, for training and prediction; one track, or one per group of barcodes."}
    called_peaks: {label: "ATAC-seq peaks", description: "ATAC-seq peaks that MACS called on the widened cut sites; with call_peaks."}
    quality: {label: "Quality of the reads", description: "Quality of the reads in one page: duplicates, fragment sizes, bases around the cut sites, reads in peaks."}
    quality_tables: {label: "Quality of the reads for MultiQC", description: "The numbers of that page, which MultiQC reads."}
    bindings: {label: "Binding", description: "The binding: 1 on bound bases, 0 on all others; the target of training."}
    # end
  }
}
