version 1.0

## Reads and checks every input of a training run, and estimates what it takes. docs/terra.md tells how to run this,
## docs/check.md describes the report.

import "maxatac-train.wdl" as training

workflow maxatac_check {
  input {
    TrainingRun run
    # begin: wdl inputs of check
    File sequence
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
    Boolean timed_fit = false
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
  # begin: wdl files of check
  Array[File] given = select_all([sequence, blacklist, chrom_sizes, train_roi, validate_roi, weights])
  # end
  # What the disk must hold before the run begins.
  scatter (cell in run.cells) {
    Array[File] of_cell = select_all([cell.atac_signal, cell.binding, cell.atac_peaks, cell.chip_peaks])
  }
  call training.check {
    input:
      run = run,
      input_mb = ceil(size(flatten([flatten(of_cell), given]), "MiB")),
      # begin: wdl call of check
      sequence = sequence,
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
      timed_fit = timed_fit,
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
    File report = check.report
  }
  meta {
    description: "Read and check every input of a training run, and estimate what it takes"
    # begin: wdl about
    author: "The maxatac developers"
    version: "0.1.0"
    doi: "https://doi.org/10.1371/journal.pcbi.1010863"
    source: "https://github.com/OWNER/maxatac"
    # end
  }
  parameter_meta {
    # begin: wdl parameters
    run: {label: "Transcription factor with its cell types", description: "Name of the factor, and a record for each cell type: its name, signal, binding and peaks, and whether it is to train or to test."}
    sequence: {label: "Genome sequence (2bit)", description: "Genome sequence as 2bit; it must be the genome of all tracks.", patterns: ["*.2bit"]}
    loglevel: {label: "Log level", description: "Least severe messages that the log has.", choices: ["fatal", "error", "warning", "info", "debug"]}
    chroms: {label: "Chromosomes", description: "Chromosomes that the study is limited to. With tchroms and vchroms given and this not, their union. Names of a default list that the genome lacks are left out; names typed here must exist. Without it: chr2 chr3 chr4 chr5 chr6 chr7 chr9 chr10 chr11 chr12 chr13 chr14 chr15 chr16 chr17 chr18 chr19 chr20 chr21 chr22 chrX."}
    tchroms: {label: "Training chromosomes", description: "Chromosomes for training only. Without it: chr3 chr4 chr5 chr6 chr7 chr9 chr10 chr11 chr12 chr13 chr14 chr15 chr16 chr17 chr18 chr20 chr21 chr22."}
    vchroms: {label: "Validation chromosomes", description: "Chromosomes for validation only. Without it: chr2 chr19."}
    test_chroms: {label: "Test chromosomes", description: "Chromosomes that the selected model is scored on after training; they neither train nor validate. Without it: chr1 chr8, less those above."}
    blacklist: {label: "Blacklisted regions", description: "Regions that no window may touch: BED or bigWig, plain or gzip. Optional.", patterns: ["*.bed", "*.bed.gz", "*.narrowPeak", "*.narrowPeak.gz", "*.bw", "*.bigwig"]}
    chrom_sizes: {label: "Chromosome sizes", description: "Chromosome sizes to hold against those of the 2bit, which are used. Optional.", patterns: ["*.sizes", "*.tsv", "*.txt"]}
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
    timed_fit: {label: "Measure a training step", description: "Train on a few batches, which are thrown away, to measure what a step takes; up to a minute."}
    memory: {label: "Memory for data", description: "Memory for decoded tracks, such as 200M or 4G; the results do not depend on it. Without it: a quarter of what is reserved."}
    cores: {label: "Processor cores", description: "Processor cores to reserve; the command uses as many threads."}
    ram_mb: {label: "Memory to reserve (MiB)", description: "Memory to reserve, in MiB; a step that needs more is killed."}
    outdir_mb: {label: "Space for results (MiB)", description: "Disk space to reserve for the results, in MiB."}
    preemptible: {label: "Tries on preemptible machines", description: "How often to try on a machine that may be taken away, before an ordinary one; 0 for never."}
    max_retries: {label: "Retries", description: "How often to try again after a failure."}
    docker: {label: "Container image", description: "Image to run in; its name in a registry that the platform reaches."}
    report: {label: "Report of the check", description: "What was found wrong, and what training would take, for programs."}
    # end
  }
}
