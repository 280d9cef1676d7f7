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
      ~{if length(resume_from) > 0 then "--resume" else "--no-resume"} \
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
  }
}
