version 1.0

## Simulates a small data set, trains on two cell types, and predicts the third. Needs no data, and takes minutes. The
## model is of no use: it trains for a few batches. docs/terra.md tells how to run this.

import "maxatac-train.wdl" as training
import "maxatac-tasks.wdl" as tasks

workflow maxatac_demo {
  input {
    Int seed = 7
    Int cores = 1
    Int ram_mb = 4096
    Int preemptible = 0
    Int max_retries = 0
    # begin: wdl image
    String docker = "maxatac:0.1.0"
    # end
  }
  call tasks.simulate {
    input:
      size = "1M",
      preemptible = preemptible,
      max_retries = max_retries,
      docker = docker
  }
  Array[String] names = ["CellA", "CellB", "CellC"]
  scatter (place in range(3)) {
    CellType cell = object {
      cell_type: names[place],
      atac_signal: simulate.atac_signal[place],
      binding: simulate.binding_tracks[place],
      atac_peaks: simulate.atac_peaks[place],
      chip_peaks: simulate.chip_peaks[place],
      label: if place < 2 then "Train" else "Test"
    }
  }
  TrainingRun run = object { tf: "SIMTF", cells: cell }
  call training.maxatac_train {
    input:
      run = run,
      sequence = simulate.sequence,
      blacklist = simulate.blacklist,
      tchroms = ["chr1", "chr2", "chr3", "chr4"],
      vchroms = ["chr5", "chr6"],
      test_chroms = ["chr7"],
      epochs = 2,
      batches = 2,
      batch_size = 8,
      val_batch_size = 8,
      seed = seed,
      cores = cores,
      ram_mb = ram_mb,
      outdir_mb = 1024,
      preemptible = preemptible,
      max_retries = max_retries,
      docker = docker
  }
  call tasks.predict {
    input:
      model = [maxatac_train.best_model],
      sequence = simulate.sequence,
      signal = [simulate.atac_signal[2]],
      blacklist = simulate.blacklist,
      chroms = ["chr7"],
      cutoff_type = "score",
      cutoff_value = 0.5,
      cores = cores,
      ram_mb = ram_mb,
      outdir_mb = 1024,
      preemptible = preemptible,
      max_retries = max_retries,
      docker = docker
  }
  output {
    File best_model = maxatac_train.best_model
    File? report_page = maxatac_train.report_page
    File? test_table = maxatac_train.test_table
    Array[File] tracks = predict.tracks
    Array[File] sites = predict.sites
  }
  meta {
    description: "Try it on simulated data: train and predict; needs no data"
    # begin: wdl about
    author: "The maxatac developers"
    version: "0.1.0"
    doi: "https://doi.org/10.1371/journal.pcbi.1010863"
    source: "https://github.com/OWNER/maxatac"
    # end
  }
  parameter_meta {
    # begin: wdl parameters
    seed: {label: "Random seed", description: "Seed of the training."}
    cores: {label: "Processor cores", description: "Processor cores to reserve for each task."}
    ram_mb: {label: "Memory to reserve (MiB)", description: "Memory to reserve for each task, in MiB."}
    preemptible: {label: "Tries on preemptible machines", description: "How often to try on a machine that may be taken away, before an ordinary one; 0 for never."}
    max_retries: {label: "Retries", description: "How often to try again after a failure."}
    docker: {label: "Container image", description: "Image to run in; its name in a registry that the platform reaches."}
    best_model: {label: "Best model (Keras)", description: "The selected model, for maxatac predict and any program with Keras 3."}
    report_page: {label: "Report", description: "The report of the run: data, training, selection and test in one HTML file; with report."}
    test_table: {label: "Test scores", description: "Scores of the selected model on test chromosomes of held-out cell types, beside baselines; with test."}
    tracks: {label: "Predicted scores", description: "Predicted scores of 0 to 1 in bins of 32 bp, one track per signal."}
    sites: {label: "Predicted sites", description: "The bins that reach the cutoff, joined, for each track; none without a cutoff."}
    # end
  }
}
