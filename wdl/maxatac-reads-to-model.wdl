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
  }
}
