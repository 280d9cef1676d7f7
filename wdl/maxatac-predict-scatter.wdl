version 1.0

## Predicts a genome as several jobs side by side, each of some chromosomes, and joins the results.
## docs/terra.md tells how to run this, docs/predict.md explains the options.

import "maxatac-tasks.wdl" as tasks

workflow maxatac_predict_scatter {
  input {
    Array[Array[String]] chrom_sets
    File signal
    # begin: wdl inputs of predict without chroms, signal, cutoff_type, cutoff_value, cutoff_file and skip_call_peaks
    Array[File] model = []
    Boolean out_of_fold = false
    File sequence
    File? roi
    Boolean clip_to_roi = false
    File? windows
    Int step_size = 256
    File? blacklist
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
    # begin: wdl inputs of merge without parts, part_peaks, prefix, loglevel, max_zooms, ram_mb and outdir_mb
    String cutoff_type = "F1"
    Float? cutoff_value
    File? cutoff_file
    File? cutoff_file_record
    # end
    Int preemptible = 0
    Int max_retries = 0
    # begin: wdl image
    String docker = "maxatac:0.1.0"
    # end
  }
  scatter (chroms in chrom_sets) {
    call tasks.predict {
      input:
        chroms = chroms,
        signal = [signal],
        skip_call_peaks = true,
        # begin: wdl call of predict without chroms, signal, cutoff_type, cutoff_value, cutoff_file and skip_call_peaks
      model = model,
      out_of_fold = out_of_fold,
      sequence = sequence,
      roi = roi,
      clip_to_roi = clip_to_roi,
      windows = windows,
      step_size = step_size,
      blacklist = blacklist,
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
  }
  call tasks.merge {
    input:
      parts = flatten(predict.tracks),
      parts_record = predict.record,
      # begin: wdl call of merge without parts, part_peaks, ram_mb and outdir_mb
      prefix = prefix,
      loglevel = loglevel,
      cutoff_type = cutoff_type,
      cutoff_value = cutoff_value,
      cutoff_file = cutoff_file,
      cutoff_file_record = cutoff_file_record,
      max_zooms = max_zooms,
      # end
      preemptible = preemptible,
      max_retries = max_retries,
      docker = docker
  }
  output {
    # begin: wdl workflow outputs of merge
    File track = merge.track
    File? sites = merge.sites
    File record = merge.record
    File log = merge.log
    # end
  }
  meta {
    description: "Predict transcription factor binding along a genome, in parts side by side"
  }
}
