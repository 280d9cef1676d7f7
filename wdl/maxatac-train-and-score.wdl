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
  }
}
