version 1.0

## Makes the signal of a sample from its reads, predicts with a model, such as a published one, and calls the sites at the
## cutoff that its table of thresholds gives. docs/terra.md tells how to run this.

import "maxatac-tasks.wdl" as tasks

workflow maxatac_reads_to_sites {
  input {
    String prefix
    # begin: wdl inputs of prepare without sequence, chrom_sizes, chroms, blacklist, max_zooms, prefix, loglevel, memory, cores, ram_mb and outdir_mb
    Array[File] input_files
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
    File? barcodes
    String? barcode_tag
    Int slop = 20
    Int rpm_factor = 20000000
    Boolean clip = false
    Boolean sites_bed = false
    File? atac_peaks
    Boolean call_peaks = false
    Float? genome_size
    # end
    Array[String] signal_chroms = []
    Int reads_mb = 32768
    # begin: wdl inputs of predict without signal, prefix, cutoff_type, cutoff_value, cutoff_file and skip_call_peaks
    Array[File] model = []
    Boolean out_of_fold = false
    File sequence
    File? roi
    Boolean clip_to_roi = false
    File? windows
    Int step_size = 256
    File? blacklist
    Array[String] chroms = []
    File? chrom_sizes
    String? genome
    Boolean strict = false
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
  call tasks.prepare {
    input:
      chroms = signal_chroms,
      outdir_mb = reads_mb,
      # begin: wdl call of prepare without chroms and outdir_mb
      input_files = input_files,
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
      barcodes = barcodes,
      barcode_tag = barcode_tag,
      max_zooms = max_zooms,
      slop = slop,
      rpm_factor = rpm_factor,
      clip = clip,
      sites_bed = sites_bed,
      atac_peaks = atac_peaks,
      call_peaks = call_peaks,
      genome_size = genome_size,
      prefix = prefix,
      loglevel = loglevel,
      memory = memory,
      cores = cores,
      ram_mb = ram_mb,
      # end
      preemptible = preemptible,
      max_retries = max_retries,
      docker = docker
  }
  call tasks.predict {
    input:
      signal = prepare.signal,
      skip_call_peaks = true,
      # begin: wdl call of predict without signal, cutoff_type, cutoff_value, cutoff_file and skip_call_peaks
      model = model,
      out_of_fold = out_of_fold,
      sequence = sequence,
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
    Array[File] signal = prepare.signal
    Array[File] scaled = prepare.scaled
    Array[File] called_peaks = prepare.called_peaks
    File? groups = prepare.groups
    File quality = prepare.quality
    File quality_table = prepare.quality_table
    File signal_record = prepare.record
    Array[File] tracks = predict.tracks
    File record = predict.record
    Array[File] sites = peaks.sites
    Array[File] sites_record = peaks.record
  }
  meta {
    description: "From aligned reads or a fragments file to a track of predicted binding and its sites"
  }
}
