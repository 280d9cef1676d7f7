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
    # begin: wdl about
    author: "The maxatac developers"
    version: "0.1.0"
    doi: "https://doi.org/10.1371/journal.pcbi.1010863"
    source: "https://github.com/OWNER/maxatac"
    # end
  }
  parameter_meta {
    # begin: wdl parameters
    chrom_sets: {label: "Chromosomes of each job", description: "A list of chromosomes for each job; none may be in two of them."}
    signal: {label: "ATAC-seq signal", description: "ATAC-seq signal as bigWig, on the scale that the model was trained on.", patterns: ["*.bw", "*.bigwig"]}
    model: {label: "Model, or several", description: "Model: .keras, or .h5 such as the published ones. Of several: the mean of the scores. Needed unless tf_name is given.", patterns: ["*.keras", "*.h5"]}
    out_of_fold: {label: "Predict out of fold only", description: "Predict each sequence only with models whose records say that they did not train on it; sequences without such a model are left out."}
    sequence: {label: "Genome sequence (2bit)", description: "Genome sequence as 2bit; it must be the genome of all tracks.", patterns: ["*.2bit"]}
    roi: {label: "Regions of interest", description: "Regions of interest, BED or narrowPeak: only windows that touch one are predicted. Optional.", patterns: ["*.bed", "*.bed.gz", "*.narrowPeak", "*.narrowPeak.gz"]}
    clip_to_roi: {label: "Score only bins in regions of interest", description: "Give no score to bins that touch no region of interest; needs roi."}
    windows: {label: "Windows to predict", description: "Windows to predict in place of the grid: BED with intervals of 1,024 bp, whose starts differ by multiples of 32. Without it: the grid of step_size.", patterns: ["*.bed", "*.bed.gz", "*.narrowPeak", "*.narrowPeak.gz"]}
    step_size: {label: "Distance of windows (bp)", description: "Distance of the windows of the grid, a multiple of 32."}
    blacklist: {label: "Blacklisted regions", description: "Regions that no window may touch: BED or bigWig, plain or gzip. Optional.", patterns: ["*.bed", "*.bed.gz", "*.narrowPeak", "*.narrowPeak.gz", "*.bw", "*.bigwig"]}
    chrom_sizes: {label: "Chromosome sizes", description: "Chromosome sizes to compare with those of the 2bit, which are used. Optional.", patterns: ["*.sizes", "*.tsv", "*.txt"]}
    genome: {label: "Name of the genome build", description: "Name of the genome build, a label for the run record only. Optional."}
    strict: {label: "Refuse a signal of another scale", description: "Refuse a signal that is not on the scale that the model was trained on."}
    prefix: {label: "Prefix of output names", description: "First part of the name of every output file."}
    loglevel: {label: "Log level", description: "Least severe messages that the log has.", choices: ["fatal", "error", "warning", "info", "debug"]}
    batch_size: {label: "Windows per call of the network", description: "Windows per call of the network; the scores do not depend on it."}
    rev_comp: {label: "Average both strands", description: "Average the predictions of both strands, which takes twice the time."}
    device: {label: "Device to compute on", description: "What to compute on; gpu is an error where there is none, auto is not.", choices: ["auto", "gpu", "cpu"]}
    fast_math: {label: "TensorFloat-32 on a GPU", description: "Let a GPU multiply with fewer digits (TensorFloat-32); scores then have fewer correct digits."}
    max_zooms: {label: "Zoom levels of the bigWig", description: "Zoom levels of the bigWig, at most; 0 to 10."}
    memory: {label: "Memory for data", description: "Memory for decoded tracks, such as 200M or 4G; the results do not depend on it. Without it: a quarter of what is reserved."}
    cores: {label: "Processor cores", description: "Processor cores to reserve; the command uses as many threads."}
    ram_mb: {label: "Memory to reserve (MiB)", description: "Memory to reserve, in MiB; a step that needs more is killed."}
    outdir_mb: {label: "Space for results (MiB)", description: "Disk space to reserve for the results, in MiB."}
    cutoff_type: {label: "What the cutoff is chosen by", description: "What the cutoff is chosen by, in upper or lower case: Precision, Recall, F1, log2FC of the table, or score for a score itself. F1 takes the threshold of the highest F1."}
    cutoff_value: {label: "Value to reach", description: "Value to reach: a score, or a precision, recall or log2 fold over random; F1 needs none. Optional."}
    cutoff_file: {label: "Table of thresholds", description: "Table of thresholds, of a published model, of maxatac train or of maxatac threshold. Optional.", patterns: ["*.tsv", "*.txt"]}
    cutoff_file_record: {label: "Run record of cutoff_file", description: "Run record of each file of cutoff_file, which says by which model and in which bins it was made. Optional.", patterns: ["*.json"]}
    preemptible: {label: "Tries on preemptible machines", description: "How often to try on a machine that may be taken away, before an ordinary one; 0 for never."}
    max_retries: {label: "Retries", description: "How often to try again after a failure."}
    docker: {label: "Container image", description: "Image to run in; its name in a registry that the platform reaches."}
    track: {label: "Predicted scores", description: "The predictions of all parts in one track."}
    sites: {label: "Predicted sites", description: "The sites of the whole; with a cutoff, or joined from the sites of the parts."}
    record: {label: "Run record", description: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."}
    log: {label: "Log", description: "What the command told while it ran."}
    # end
  }
}
