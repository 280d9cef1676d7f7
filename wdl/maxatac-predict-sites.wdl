version 1.0

## Predicts with a model, such as a published one, and calls the sites at the cutoff that its table of thresholds gives.
## docs/terra.md tells how to run this, docs/models.md where published models come from.

import "maxatac-tasks.wdl" as tasks

workflow maxatac_predict_sites {
  input {
    # begin: wdl inputs of predict without cutoff_type, cutoff_value, cutoff_file and skip_call_peaks
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
  call tasks.predict {
    input:
      skip_call_peaks = true,
      # begin: wdl call of predict without cutoff_type, cutoff_value, cutoff_file and skip_call_peaks
      model = model,
      out_of_fold = out_of_fold,
      sequence = sequence,
      signal = signal,
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
    Array[File] tracks = predict.tracks
    File record = predict.record
    Array[File] sites = peaks.sites
    Array[File] sites_record = peaks.record
  }
  meta {
    description: "From a model, such as a published one, to a track of predicted binding and its sites"
  }
}
