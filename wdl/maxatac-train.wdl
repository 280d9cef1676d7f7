version 1.0

## Trains a network that predicts where a transcription factor binds (maxatac train), from the image of the CWL tools.
## docs/terra.md tells how to run this, docs/train.md explains the options.

struct CellType {
  String cell_type
  File atac_signal
  File binding
  File? atac_peaks
  File? chip_peaks
  String label
}

struct TrainingRun {
  String tf
  Array[CellType] cells
}

workflow maxatac_train {
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
    Array[File] resume_from = []
    Int preemptible = 0
    Int max_retries = 0
    # begin: wdl image
    String docker = "maxatac:0.1.0"
    # end
  }
  # begin: wdl files of train
  Array[File] given = select_all([sequence, blacklist, chrom_sizes, train_roi, validate_roi, weights])
  # end
  # What the disk must hold before the run begins.
  scatter (cell in run.cells) {
    Array[File] of_cell = select_all([cell.atac_signal, cell.binding, cell.atac_peaks, cell.chip_peaks])
  }
  call train {
    input:
      run = run,
      input_mb = ceil(size(flatten([flatten(of_cell), given, resume_from]), "MiB")),
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
      resume_from = resume_from,
      preemptible = preemptible,
      max_retries = max_retries,
      docker = docker
  }
  output {
    # begin: wdl workflow outputs of train
    File best_model = train.best_model
    File best_model_h5 = train.best_model_h5
    File best_epoch = train.best_epoch
    File history = train.history
    File? cell_history = train.cell_history
    File timing = train.timing
    File? thresholds = train.thresholds
    File? test_table = train.test_table
    File? test_scores = train.test_scores
    Array[File] predictions = train.predictions
    File? history_plot = train.history_plot
    File? structure_plot = train.structure_plot
    File? report_page = train.report_page
    File? report_data = train.report_data
    File record = train.record
    File log = train.log
    File cell_table = train.cell_table
    File resume_state = train.resume_state
    Array[File] checkpoints = train.checkpoints
    Array[File] regions = train.regions
    Array[File] region_counts = train.region_counts
    # end
  }
  meta {
    description: "Train a network that predicts transcription factor binding from ATAC-seq signal and DNA sequence"
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
    resume_from: {label: "Outputs of an earlier run to go on with", description: "Outputs resume_state and checkpoints of an earlier run; whatever shapes the result must be as in that run, and epochs may be more.", patterns: ["*.npz", "*.keras", "*.h5"]}
    preemptible: {label: "Tries on preemptible machines", description: "How often to try on a machine that may be taken away, before an ordinary one; 0 for never."}
    max_retries: {label: "Retries", description: "How often to try again after a failure."}
    docker: {label: "Container image", description: "Image to run in; its name in a registry that the platform reaches."}
    best_model: {label: "Best model (Keras)", description: "The selected model, for maxatac predict and any program with Keras 3."}
    best_model_h5: {label: "Best model (HDF5)", description: "The selected model as HDF5, for programs that read the published models."}
    best_epoch: {label: "Name of the best checkpoint", description: "One line: file name of the checkpoint that was selected."}
    history: {label: "Training history", description: "Loss, Dice coefficient, average precision and more of each epoch, for training and validation."}
    cell_history: {label: "Training history by cell type", description: "Validation scores of each epoch by cell type; none where there is one cell type."}
    timing: {label: "Times of each epoch", description: "What took how long in each epoch."}
    thresholds: {label: "Table of thresholds", description: "Precision and recall at each threshold, on the genome-like validation windows: the cutoff table for calling sites. None without bound bins in those windows."}
    test_table: {label: "Test scores", description: "Scores of the selected model on test chromosomes of held-out cell types, beside baselines; with test."}
    test_scores: {label: "Test scores (JSON)", description: "The scores of the independent test for programs."}
    predictions: {label: "Predictions of the test", description: "Predicted scores on the test chromosomes, one track per held-out cell type."}
    history_plot: {label: "Figure of the training history", description: "Loss and Dice coefficient over the epochs; with plot."}
    structure_plot: {label: "Figure of the network", description: "The layers of the network; with plot."}
    report_page: {label: "Report", description: "The report of the run: data, training, selection and test in one HTML file; with report."}
    report_data: {label: "Data of the report", description: "What the report shows beside the tables; with it the report can be drawn again."}
    record: {label: "Run record", description: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."}
    log: {label: "Log", description: "What training told while it ran."}
    cell_table: {label: "Meta file", description: "The cell types as the table that maxatac train takes on a command line, with their paths in the step."}
    resume_state: {label: "State to go on from", description: "Weights, optimizer and random state after the last epoch; the input resume_from takes it, together with checkpoints."}
    checkpoints: {label: "Checkpoints", description: "The models after each epoch, as many as keep_checkpoints says."}
    regions: {label: "Regions of interest", description: "The regions of training and of validation; with save_roi. The inputs train_roi and validate_roi read them."}
    region_counts: {label: "Numbers of regions", description: "How many regions each cell type and chromosome has; with save_roi."}
    # end
  }
}

task train {
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
    Array[File] resume_from
    Int input_mb
    Int preemptible
    Int max_retries
    String docker
  }
  # An apostrophe between the shell's single quotes: they end, one stands between double quotes, and they begin again.
  String apostrophe = "'\"'\"'"
  command <<<
    set -eu
    mkdir results
    mapfile -t files < '~{write_lines(resume_from)}'
    [ -z "${files[*]}" ] || cp "${files[@]}" results/
    # Cromwell copies this file to its bucket every ten minutes, and puts it here, full or empty, when the task begins
    # again on another machine. In it are state and checkpoints; the state first, so that they are never older than it.
    [ ! -s training.tar ] || tar -xf training.tar
    keep() {
      while sleep 60; do
        tar -cf training.new results/*_resume.npz results/*_[0-9]*.~{model_format} && mv training.new training.tar
      done
    }
    keep > /dev/null 2>&1 &
    keeper=$!
    trap 'kill "$keeper"' EXIT
    resume=--no-resume
    for state in results/*_resume.npz; do
      [ ! -e "$state" ] || resume=--resume
    done
    # give OPTION LIST: an option with the lines of a file; without it where there are none
    give() {
      local words
      mapfile -t words < "$2"
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    # begin: wdl command of train
    options=(
      ~{"--sequence '" + sub(sequence, "'", apostrophe) + "'"}
      ~{"--prefix '" + sub(prefix, "'", apostrophe) + "'"}
      ~{"--keep_checkpoints '" + sub(keep_checkpoints, "'", apostrophe) + "'"}
      ~{if save_roi then "--save_roi" else "--no-save_roi"}
      ~{if plot then "--plot" else "--no-plot"}
      ~{if report then "--report" else "--no-report"}
      ~{"--model_format '" + sub(model_format, "'", apostrophe) + "'"}
      ~{"--loglevel '" + sub(loglevel, "'", apostrophe) + "'"}
      ~{if defined(blacklist) then "--blacklist '" + sub(select_first([blacklist]), "'", apostrophe) + "'" else ""}
      ~{if defined(chrom_sizes) then "--chrom_sizes '" + sub(select_first([chrom_sizes]), "'", apostrophe) + "'" else ""}
      ~{if defined(genome) then "--genome '" + sub(select_first([genome]), "'", apostrophe) + "'" else ""}
      ~{if defined(train_roi) then "--train_roi '" + sub(select_first([train_roi]), "'", apostrophe) + "'" else ""}
      ~{if defined(validate_roi) then "--validate_roi '" + sub(select_first([validate_roi]), "'", apostrophe) + "'" else ""}
      ~{"--center '" + sub(center, "'", apostrophe) + "'"}
      --jitter ~{jitter}
      --rand_ratio ~{rand_ratio}
      ~{if shuffle_cell_type then "--shuffle_cell_type" else "--no-shuffle_cell_type"}
      ~{if rev_comp_train then "--rev_comp_train" else "--no-rev_comp_train"}
      ~{"--arch '" + sub(arch, "'", apostrophe) + "'"}
      --ensemble ~{ensemble}
      ~{if dense then "--dense" else "--no-dense"}
      ~{"--output_activation '" + sub(output_activation, "'", apostrophe) + "'"}
      ~{if quant then "--quant" else "--no-quant"}
      --target_scale_factor ~{target_scale_factor}
      ~{if defined(weights) then "--weights '" + sub(select_first([weights]), "'", apostrophe) + "'" else ""}
      --epochs ~{epochs}
      ~{"--batches " + batches}
      ~{"--batch_size " + batch_size}
      ~{"--val_batch_size " + val_batch_size}
      ~{if defined(genome_validation) then "--genome_validation '" + sub(select_first([genome_validation]), "'", apostrophe) + "'" else ""}
      ~{if defined(select) then "--select '" + sub(select_first([select]), "'", apostrophe) + "'" else ""}
      ~{"--ema " + ema}
      ~{"--early_stopping " + early_stopping}
      ~{"--seed " + seed}
      ~{if compact_transport then "--compact_transport" else "--no-compact_transport"}
      ~{if deterministic then "--deterministic" else "--no-deterministic"}
      ~{if distribute then "--distribute" else "--no-distribute"}
      ~{if test then "--test" else "--no-test"}
      ~{if test_rev_comp then "--test_rev_comp" else "--no-test_rev_comp"}
      ~{if test_seen then "--test_seen" else "--no-test_seen"}
    )
    give --chroms '~{write_lines(chroms)}'
    give --tchroms '~{write_lines(tchroms)}'
    give --vchroms '~{write_lines(vchroms)}'
    give --test_chroms '~{write_lines(test_chroms)}'
    give --test_cell_types '~{write_lines(test_cell_types)}'
    give --allow_shared_files '~{write_lines(allow_shared_files)}'
    give --allow_same '~{write_lines(allow_same)}'
    # end
    maxatac train \
      --cells '~{write_json(run)}' \
      --output results \
      --threads ~{cores} \
      --memory '~{if defined(memory) then sub(select_first([memory]), "'", apostrophe) else ram_mb / 4 + "Mi"}' \
      "$resume" \
      "${options[@]}"
  >>>
  output {
    # begin: wdl outputs of train
    File best_model = "results/~{prefix}_best.keras"
    File best_model_h5 = "results/~{prefix}_best.h5"
    File best_epoch = "results/best_epoch.txt"
    File history = "results/~{prefix}.csv"
    File? cell_history = "results/~{prefix}_cells.csv"
    File timing = "results/~{prefix}_timing.csv"
    File? thresholds = "results/~{prefix}_thresholds.tsv"
    File? test_table = "results/~{prefix}_test.tsv"
    File? test_scores = "results/~{prefix}_test.json"
    Array[File] predictions = flatten([glob("results/~{prefix}.bw"), glob("results/~{prefix}_test.*.bw")])
    File? history_plot = "results/~{prefix}_model_dice_acc.png"
    File? structure_plot = "results/~{prefix}_model_structure.png"
    File? report_page = "results/~{prefix}_report.html"
    File? report_data = "results/~{prefix}_report.json"
    File record = "results/~{prefix}_run.json"
    File log = "results/~{prefix}.log"
    File cell_table = "results/~{prefix}_cell_types.tsv"
    File resume_state = "results/~{prefix}_resume.npz"
    Array[File] checkpoints = glob("results/~{prefix}_[0-9]*.~{model_format}")
    Array[File] regions = flatten([glob("results/~{prefix}_training_ROI.bed.gz"), glob("results/~{prefix}_validation_ROI.bed.gz")])
    Array[File] region_counts = flatten([glob("results/~{prefix}_training_ROI_stats.txt"), glob("results/~{prefix}_training_ROI_totalregions_stats.txt"), glob("results/~{prefix}_validation_ROI_stats.txt"), glob("results/~{prefix}_validation_ROI_totalregions_stats.txt")])
    # end
  }
  runtime {
    docker: docker
    cpu: cores
    memory: ram_mb + " MiB"
    disks: "local-disk " + ceil((input_mb + outdir_mb) / 1024.0 + 1) + " SSD"
    preemptible: preemptible
    maxRetries: max_retries
    checkpointFile: "training.tar" # !UnknownRuntimeKey
  }
  meta {
    description: "maxatac train, which saves its state where the platform keeps a checkpoint file"
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
    resume_from: {label: "Outputs of an earlier run to go on with", description: "Outputs resume_state and checkpoints of an earlier run; whatever shapes the result must be as in that run, and epochs may be more.", patterns: ["*.npz", "*.keras", "*.h5"]}
    input_mb: {label: "Size of the inputs (MiB)", description: "Size of all inputs, for the disk."}
    preemptible: {label: "Tries on preemptible machines", description: "How often to try on a machine that may be taken away, before an ordinary one; 0 for never."}
    max_retries: {label: "Retries", description: "How often to try again after a failure."}
    docker: {label: "Container image", description: "Image to run in; its name in a registry that the platform reaches."}
    best_model: {label: "Best model (Keras)", description: "The selected model, for maxatac predict and any program with Keras 3."}
    best_model_h5: {label: "Best model (HDF5)", description: "The selected model as HDF5, for programs that read the published models."}
    best_epoch: {label: "Name of the best checkpoint", description: "One line: file name of the checkpoint that was selected."}
    history: {label: "Training history", description: "Loss, Dice coefficient, average precision and more of each epoch, for training and validation."}
    cell_history: {label: "Training history by cell type", description: "Validation scores of each epoch by cell type; none where there is one cell type."}
    timing: {label: "Times of each epoch", description: "What took how long in each epoch."}
    thresholds: {label: "Table of thresholds", description: "Precision and recall at each threshold, on the genome-like validation windows: the cutoff table for calling sites. None without bound bins in those windows."}
    test_table: {label: "Test scores", description: "Scores of the selected model on test chromosomes of held-out cell types, beside baselines; with test."}
    test_scores: {label: "Test scores (JSON)", description: "The scores of the independent test for programs."}
    predictions: {label: "Predictions of the test", description: "Predicted scores on the test chromosomes, one track per held-out cell type."}
    history_plot: {label: "Figure of the training history", description: "Loss and Dice coefficient over the epochs; with plot."}
    structure_plot: {label: "Figure of the network", description: "The layers of the network; with plot."}
    report_page: {label: "Report", description: "The report of the run: data, training, selection and test in one HTML file; with report."}
    report_data: {label: "Data of the report", description: "What the report shows beside the tables; with it the report can be drawn again."}
    record: {label: "Run record", description: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."}
    log: {label: "Log", description: "What training told while it ran."}
    cell_table: {label: "Meta file", description: "The cell types as the table that maxatac train takes on a command line, with their paths in the step."}
    resume_state: {label: "State to go on from", description: "Weights, optimizer and random state after the last epoch; the input resume_from takes it, together with checkpoints."}
    checkpoints: {label: "Checkpoints", description: "The models after each epoch, as many as keep_checkpoints says."}
    regions: {label: "Regions of interest", description: "The regions of training and of validation; with save_roi. The inputs train_roi and validate_roi read them."}
    region_counts: {label: "Numbers of regions", description: "How many regions each cell type and chromosome has; with save_roi."}
    # end
  }
}

task check {
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
    Int input_mb
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
    # give OPTION LIST: an option with the lines of a file; without it where there are none
    give() {
      local words
      mapfile -t words < "$2"
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    # begin: wdl command of check
    options=(
      ~{"--sequence '" + sub(sequence, "'", apostrophe) + "'"}
      ~{"--loglevel '" + sub(loglevel, "'", apostrophe) + "'"}
      ~{if defined(blacklist) then "--blacklist '" + sub(select_first([blacklist]), "'", apostrophe) + "'" else ""}
      ~{if defined(chrom_sizes) then "--chrom_sizes '" + sub(select_first([chrom_sizes]), "'", apostrophe) + "'" else ""}
      ~{if defined(genome) then "--genome '" + sub(select_first([genome]), "'", apostrophe) + "'" else ""}
      ~{if defined(train_roi) then "--train_roi '" + sub(select_first([train_roi]), "'", apostrophe) + "'" else ""}
      ~{if defined(validate_roi) then "--validate_roi '" + sub(select_first([validate_roi]), "'", apostrophe) + "'" else ""}
      ~{"--center '" + sub(center, "'", apostrophe) + "'"}
      --jitter ~{jitter}
      --rand_ratio ~{rand_ratio}
      ~{if shuffle_cell_type then "--shuffle_cell_type" else "--no-shuffle_cell_type"}
      ~{if rev_comp_train then "--rev_comp_train" else "--no-rev_comp_train"}
      ~{"--arch '" + sub(arch, "'", apostrophe) + "'"}
      --ensemble ~{ensemble}
      ~{if dense then "--dense" else "--no-dense"}
      ~{"--output_activation '" + sub(output_activation, "'", apostrophe) + "'"}
      ~{if quant then "--quant" else "--no-quant"}
      --target_scale_factor ~{target_scale_factor}
      ~{if defined(weights) then "--weights '" + sub(select_first([weights]), "'", apostrophe) + "'" else ""}
      --epochs ~{epochs}
      ~{"--batches " + batches}
      ~{"--batch_size " + batch_size}
      ~{"--val_batch_size " + val_batch_size}
      ~{if defined(genome_validation) then "--genome_validation '" + sub(select_first([genome_validation]), "'", apostrophe) + "'" else ""}
      ~{if defined(select) then "--select '" + sub(select_first([select]), "'", apostrophe) + "'" else ""}
      ~{"--ema " + ema}
      ~{"--early_stopping " + early_stopping}
      ~{"--seed " + seed}
      ~{if compact_transport then "--compact_transport" else "--no-compact_transport"}
      ~{if deterministic then "--deterministic" else "--no-deterministic"}
      ~{if distribute then "--distribute" else "--no-distribute"}
      ~{if test then "--test" else "--no-test"}
      ~{if test_rev_comp then "--test_rev_comp" else "--no-test_rev_comp"}
      ~{if test_seen then "--test_seen" else "--no-test_seen"}
      ~{if timed_fit then "--timed_fit" else "--no-timed_fit"}
    )
    give --chroms '~{write_lines(chroms)}'
    give --tchroms '~{write_lines(tchroms)}'
    give --vchroms '~{write_lines(vchroms)}'
    give --test_chroms '~{write_lines(test_chroms)}'
    give --test_cell_types '~{write_lines(test_cell_types)}'
    give --allow_shared_files '~{write_lines(allow_shared_files)}'
    give --allow_same '~{write_lines(allow_same)}'
    # end
    # 2 says that something is wrong with the inputs: the report tells what.
    maxatac check \
      --cells '~{write_json(run)}' \
      --threads ~{cores} \
      --memory '~{if defined(memory) then sub(select_first([memory]), "'", apostrophe) else ram_mb / 4 + "Mi"}' \
      --json "${options[@]}" > report.json || { cat report.json >&2; exit 2; }
  >>>
  output {
    File report = "report.json"
  }
  runtime {
    docker: docker
    cpu: cores
    memory: ram_mb + " MiB"
    disks: "local-disk " + ceil((input_mb + outdir_mb) / 1024.0 + 1) + " SSD"
    preemptible: preemptible
    maxRetries: max_retries
  }
  meta {
    description: "maxatac check: read every input of a training run, and estimate what it takes"
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
    input_mb: {label: "Size of the inputs (MiB)", description: "Size of all inputs, for the disk."}
    preemptible: {label: "Tries on preemptible machines", description: "How often to try on a machine that may be taken away, before an ordinary one; 0 for never."}
    max_retries: {label: "Retries", description: "How often to try again after a failure."}
    docker: {label: "Container image", description: "Image to run in; its name in a registry that the platform reaches."}
    report: {label: "Report of the check", description: "What was found wrong, and what training would take, for programs."}
    # end
  }
}
