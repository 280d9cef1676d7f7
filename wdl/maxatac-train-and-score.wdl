version 1.0

## Trains a model, predicts the held-out cell types with it, makes the table of thresholds on the validation chromosomes,
## calls the sites, and scores the predictions on the test chromosomes. docs/terra.md tells how to run this.

import "maxatac-train.wdl" as training
import "maxatac-tasks.wdl" as tasks

workflow maxatac_train_and_score {
  input {
    TrainingRun run
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
    Array[String] predict_chroms = []
    Int bin_size = 32
    # begin: wdl inputs of peaks without input_bigwig, chroms, bin_size, cutoff_file, prefix, loglevel, ram_mb and outdir_mb
    String cutoff_type = "F1"
    Float? cutoff_value
    String format = "bed"
    # end
    Int preemptible = 0
    Int max_retries = 0
    # begin: wdl image
    String docker = "maxatac:0.1.0"
    # end
  }
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
  scatter (cell in run.cells) {
    if (cell.label == "Test") {
      call tasks.predict {
        input:
          model = [maxatac_train.best_model],
          signal = [cell.atac_signal],
          prefix = prefix + "_" + cell.cell_type,
          sequence = sequence,
          blacklist = blacklist,
          chroms = predict_chroms,
          rev_comp = test_rev_comp,
          memory = memory,
          cores = cores,
          ram_mb = ram_mb,
          preemptible = preemptible,
          max_retries = max_retries,
          docker = docker
      }
      File track = predict.tracks[0]
      File binding = cell.binding
      File atac = cell.atac_signal
    }
  }
  Array[File] tracks = select_all(track)
  Array[File] records = select_all(predict.record)
  call tasks.threshold {
    input:
      prediction = tracks,
      prediction_record = records,
      binding_tracks = select_all(binding),
      prefix = prefix + "_calibrated",
      # begin: wdl validation chroms
      chroms = if length(vchroms) > 0 then vchroms else ["chr2", "chr19"],
      # end
      bin_size = bin_size,
      blacklist = blacklist,
      preemptible = preemptible,
      max_retries = max_retries,
      docker = docker
  }
  scatter (place in range(length(tracks))) {
    call tasks.peaks {
      input:
        input_bigwig = tracks[place],
        input_bigwig_record = records[place],
        cutoff_file = threshold.table,
        cutoff_file_record = threshold.record,
        # begin: wdl call of peaks without input_bigwig, chroms, cutoff_file, prefix, ram_mb and outdir_mb
      bin_size = bin_size,
      cutoff_type = cutoff_type,
      cutoff_value = cutoff_value,
      loglevel = loglevel,
      format = format,
        # end
        preemptible = preemptible,
        max_retries = max_retries,
        docker = docker
    }
  }
  scatter (cell in run.cells) {
    if (cell.label == "Train") {
      File training_track = cell.binding
    }
  }
  Array[File] bindings = select_all(binding)
  Array[File] signals = select_all(atac)
  scatter (place in range(length(tracks))) {
    call tasks.benchmark {
      input:
        prediction = tracks[place],
        prediction_record = records[place],
        gold_standard = bindings[place],
        signal = signals[place],
        training_binding = select_all(training_track),
        prefix = basename(tracks[place], ".bw"),
        # begin: wdl test chroms
      chroms = if length(test_chroms) > 0 then test_chroms else ["chr1", "chr8"],
        # end
        blacklist = blacklist,
        seed = select_first([seed, 1]),
        preemptible = preemptible,
        max_retries = max_retries,
        docker = docker
    }
  }
  output {
    File model = maxatac_train.best_model
    File training_record = maxatac_train.record
    File? report_page = maxatac_train.report_page
    Array[File] predictions = tracks
    Array[File] prediction_records = records
    File thresholds = threshold.table
    File thresholds_record = threshold.record
    Array[File] sites = peaks.sites
    Array[File] benchmark_tables = benchmark.table
    Array[File] benchmark_scores = benchmark.scores
  }
  meta {
    description: "Train a model, predict held-out cell types, calibrate thresholds, call sites and score"
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
    prefix: {label: "Prefix of output names", description: "First part of the name of every output file."}
    keep_checkpoints: {label: "Checkpoints to keep", description: "Which epochs' checkpoints stay: all, best, or last:N (the last N and the best)."}
    save_roi: {label: "Write the regions of interest", description: "Write the pools of regions of interest; the input train_roi reads them back."}
    plot: {label: "Draw figures", description: "Draw the model's structure, the training history and the figures of the report; the tables are written in any case."}
    report: {label: "Write a report", description: "Write a report of the run when it is finished: one HTML file, and its figures."}
    model_format: {label: "Format of the checkpoints", description: "Format of the checkpoints; the best model is written in both.", choices: ["keras", "h5"]}
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
    memory: {label: "Memory for data", description: "Memory for decoded tracks, such as 200M or 4G; the results do not depend on it. Without it: a quarter of what is reserved."}
    cores: {label: "Processor cores", description: "Processor cores to reserve; the command uses as many threads."}
    ram_mb: {label: "Memory to reserve (MiB)", description: "Memory to reserve, in MiB; a step that needs more is killed."}
    outdir_mb: {label: "Space for results (MiB)", description: "Disk space to reserve for the results, in MiB."}
    predict_chroms: {label: "Chromosomes to predict", description: "Chromosomes to predict; those of validation and test must be among them. Without it: all."}
    bin_size: {label: "Bin width (bp)", description: "Width of the bins in which sites are called, 32 or 200. Published tables are for bins of 200 bp."}
    cutoff_type: {label: "What the cutoff is chosen by", description: "What the cutoff is chosen by, in upper or lower case: Precision, Recall, F1, log2FC of the table, or score for a score itself. F1 takes the threshold of the highest F1."}
    cutoff_value: {label: "Value to reach", description: "Value to reach: a score, or a precision, recall or log2 fold over random; F1 needs none. Optional."}
    format: {label: "Format of the sites", description: "Bed has chromosome, start, end and highest score; narrowPeak has the summit too.", choices: ["bed", "narrowPeak"]}
    preemptible: {label: "Tries on preemptible machines", description: "How often to try on a machine that may be taken away, before an ordinary one; 0 for never."}
    max_retries: {label: "Retries", description: "How often to try again after a failure."}
    docker: {label: "Container image", description: "Image to run in; its name in a registry that the platform reaches."}
    model: {label: "Best model (Keras)", description: "The selected model, for maxatac predict and any program with Keras 3."}
    training_record: {label: "Run record", description: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."}
    report_page: {label: "Report", description: "The report of the run: data, training, selection and test in one HTML file; with report."}
    predictions: {label: "Predicted scores", description: "Predicted scores of each cell type that is held out."}
    prediction_records: {label: "Run records of the predictions", description: "Run record of each prediction."}
    thresholds: {label: "Table of thresholds", description: "Precision and recall at each threshold: the cutoff table for calling sites."}
    thresholds_record: {label: "Run record", description: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."}
    sites: {label: "Predicted sites", description: "Runs of bins whose score reaches the cutoff, sorted by chromosome and start, as BED or narrowPeak."}
    benchmark_tables: {label: "Scores", description: "Average precision and more of each chromosome and of all, with intervals, beside baselines."}
    benchmark_scores: {label: "Scores (JSON)", description: "The scores for programs."}
    # end
  }
}
