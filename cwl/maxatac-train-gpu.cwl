# Written by cwl/options.py from maxatac-train.cwl.
cwlVersion: v1.2
class: CommandLineTool
label: Train a model on a GPU
doc: |
  Trains a network that predicts where a transcription factor binds, from ATAC-seq signal and DNA sequence
  (maxatac train). docs/train.md explains the options, docs/cwl.md how to run this.

  A step that is stopped by SIGTERM exits with 75 and may be tried again. Status 2 says that something is wrong with
  what was given; the step's log names all of it, and nothing was written.

baseCommand: [maxatac, train]
arguments:
  - {prefix: --cells, valueFrom: cells.json}
  - {prefix: --output, valueFrom: .}
  - {prefix: --threads, valueFrom: $(runtime.cores)}
  - {prefix: --memory, valueFrom: '$(inputs.memory === null ? Math.max(1, Math.floor(runtime.ram / 4)) + "Mi" : inputs.memory)'}
  - '$(inputs.resume_from === null ? "--no-resume" : "--resume")'

hints:
  cwltool:CUDARequirement:
    cudaVersionMin: "12.0"
    cudaComputeCapability: "6.0"
    cudaDeviceCountMin: 1
    cudaDeviceCountMax: 1
  DockerRequirement:
    # begin: image
    dockerPull: maxatac:0.1.0-gpu
    # end
  SoftwareRequirement:
    packages:
      maxatac:
        # begin: version
        version: ["0.1.0"]
        # end
        specs: ["https://doi.org/10.1371/journal.pcbi.1010863"]

requirements:
  InlineJavascriptRequirement: {}
  SchemaDefRequirement:
    types:
      - $import: types.yml
  InitialWorkDirRequirement:
    listing:
      - entryname: cells.json
        entry: '$(JSON.stringify({"tf": inputs.tf, "cells": inputs.cells}, null, 2))'
      # Copies, for the run writes some of them anew.
      - |
        ${
          if (/[\[\]*?]/.test(inputs.prefix)) {
            throw "prefix: found " + inputs.prefix + "; expected a name without [ ] * ?, which are patterns of file names";
          }
          if (inputs.resume_from === null) { return []; }
          var state = inputs.prefix + "_resume.npz";
          var names = inputs.resume_from.map(function (file) { return file.basename; });
          if (names.indexOf(state) < 0) {
            throw "resume_from: found " + names.join(", ") + "; expected " + state + " among them, and the checkpoints";
          }
          return inputs.resume_from.map(function (file) {
            return {"entry": file, "entryname": file.basename, "writable": true};
          });
        }
  ResourceRequirement:
    coresMin: $(inputs.cores)
    ramMin: $(inputs.ram_mb)
    tmpdirMin: $(inputs.tmpdir_mb)
    outdirMin: $(inputs.outdir_mb)
  NetworkAccess:
    networkAccess: false
  # Without a seed, no two runs are alike.
  WorkReuse:
    enableReuse: $(inputs.seed !== null)
  ToolTimeLimit:
    timelimit: $(inputs.max_hours * 3600)
  EnvVarRequirement:
    envDef:
      KERAS_HOME: $(runtime.tmpdir)
      MPLCONFIGDIR: $(runtime.tmpdir)

successCodes: [0]
temporaryFailCodes: [75]
permanentFailCodes: [1, 2]

inputs:
  # begin: inputs of maxatac train
  tf:
    type: string
    doc: "Name of the transcription factor."
  cells:
    type: {type: array, items: types.yml#cell_type}
    doc: "The cell types: one record each, with its files. Files are handed over as files, not in a table of paths: an engine stages nothing else, and not where it was."
  sequence:
    type: File
    doc: "Genome sequence as 2bit."
    inputBinding: {prefix: "--sequence"}
  prefix:
    type: string
    default: maxatac_model
    doc: "First part of the name of every output file."
    inputBinding: {prefix: "--prefix"}
  keep_checkpoints:
    type: string
    default: all
    doc: "Which epochs' checkpoints stay: all, best, or last:N (the last N and the best)."
    inputBinding: {prefix: "--keep_checkpoints"}
  save_roi:
    type: boolean
    default: false
    doc: "Write the pools of regions of interest; --train_roi reads them back."
    inputBinding: {valueFrom: "$(self ? \"--save_roi\" : \"--no-save_roi\")"}
  plot:
    type: boolean
    default: true
    doc: "Draw the model's structure, the training history and the report; without, maxatac report can draw it later."
    inputBinding: {valueFrom: "$(self ? \"--plot\" : \"--no-plot\")"}
  report:
    type: boolean
    default: true
    doc: "Write a report of the run when it is finished: one HTML file, and its figures."
    inputBinding: {valueFrom: "$(self ? \"--report\" : \"--no-report\")"}
  model_format:
    type: {type: enum, symbols: [keras, h5]}
    default: keras
    doc: "Format of the checkpoints; the best model is written in both."
    inputBinding: {prefix: "--model_format"}
  loglevel:
    type: {type: enum, symbols: [fatal, error, warning, info, debug]}
    default: info
    doc: "What to log, in upper or lower case."
    inputBinding: {prefix: "--loglevel"}
  chroms:
    type: string[]?
    doc: "Chromosomes that the study is limited to. With --tchroms and --vchroms given and this not, their union. Names of a default list that the genome lacks are left out; names typed here must exist. Without it: chr2 chr3 chr4 chr5 chr6 chr7 chr9 chr10 chr11 chr12 chr13 chr14 chr15 chr16 chr17 chr18 chr19 chr20 chr21 chr22 chrX."
    inputBinding: {prefix: "--chroms"}
  tchroms:
    type: string[]?
    doc: "Chromosomes for training only. Without it: chr3 chr4 chr5 chr6 chr7 chr9 chr10 chr11 chr12 chr13 chr14 chr15 chr16 chr17 chr18 chr20 chr21 chr22."
    inputBinding: {prefix: "--tchroms"}
  vchroms:
    type: string[]?
    doc: "Chromosomes for validation only. Without it: chr2 chr19."
    inputBinding: {prefix: "--vchroms"}
  test_chroms:
    type: string[]?
    doc: "Chromosomes that the selected model is scored on after training; they neither train nor validate. Without it: chr1 chr8, less those above."
    inputBinding: {prefix: "--test_chroms"}
  blacklist:
    type: File?
    doc: "Regions that no window may touch: BED or bigWig, plain or gzip. Without it: none."
    inputBinding: {prefix: "--blacklist"}
  chrom_sizes:
    type: File?
    doc: "Chromosome sizes to hold against those of the 2bit, which are used. Without it: none."
    inputBinding: {prefix: "--chrom_sizes"}
  genome:
    type: string?
    doc: "Name of the genome build, a label for the run record only. Without it: none."
    inputBinding: {prefix: "--genome"}
  train_roi:
    type: File?
    doc: "Training regions to use instead of the peaks of the meta file: BED, narrowPeak, or what --save_roi wrote. Without it: none."
    inputBinding: {prefix: "--train_roi"}
  validate_roi:
    type: File?
    doc: "Validation regions to use instead of the peaks of the meta file. Without it: none."
    inputBinding: {prefix: "--validate_roi"}
  center:
    type: {type: enum, symbols: [midpoint, summit]}
    default: midpoint
    doc: "What of a peak its window is centred on."
    inputBinding: {prefix: "--center"}
  jitter:
    type: int
    default: 480
    doc: "Shift each region by a uniform -BP..BP. Without it every binding site sits in the middle of its window, and the network learns the place; 0 is the original's behaviour."
    inputBinding: {prefix: "--jitter"}
  rand_ratio:
    type: double
    default: 0.0
    doc: "Share of each training and validation batch that is random windows of the genome, 0 to 1."
    inputBinding: {prefix: "--rand_ratio"}
  shuffle_cell_type:
    type: boolean
    default: true
    doc: "Give each region a training cell type drawn at random, not its own (pan-cell training)."
    inputBinding: {valueFrom: "$(self ? \"--shuffle_cell_type\" : \"--no-shuffle_cell_type\")"}
  rev_comp_train:
    type: boolean
    default: false
    doc: "Reverse complement each example with probability 1/2."
    inputBinding: {valueFrom: "$(self ? \"--rev_comp_train\" : \"--no-rev_comp_train\")"}
  test_cell_types:
    type: string[]?
    doc: "Cell types to hold out, in place of those labelled Test in the meta file; all others train. Without it: none."
    inputBinding: {prefix: "--test_cell_types"}
  allow_shared_files:
    type: string[]?
    doc: "Test cell types that may have files in common with training cell types. Otherwise signal, binding or peaks that are equal in content, under whatever path, are an error: such a test proves nothing. Without it: none."
    inputBinding: {prefix: "--allow_shared_files"}
  allow_same:
    type: string[]?
    doc: "Cell types that are one under two names, and may all the same train and be tested; with --cross_validate cells they are held out together. Otherwise names that differ in case, blanks, - and _ alone, and equal files, are an error. Without it: none."
    inputBinding: {prefix: "--allow_same"}
  arch:
    type: {type: enum, symbols: [DCNN_V2, DRN]}
    default: DCNN_V2
    doc: "Network: that of the paper, or DRN, which learns more from the same data."
    inputBinding: {prefix: "--arch"}
  ensemble:
    type: int
    default: 1
    doc: "Train N networks together, which differ in their initial weights; the model is the mean of their predictions. It takes at least N times the computing time of one."
    inputBinding: {prefix: "--ensemble"}
  dense:
    type: boolean
    default: false
    doc: "End DCNN_V2 in a dense layer."
    inputBinding: {valueFrom: "$(self ? \"--dense\" : \"--no-dense\")"}
  output_activation:
    type: {type: enum, symbols: [sigmoid, linear, relu, softplus]}
    default: sigmoid
    doc: "Activation of the output; anything but sigmoid needs --quant."
    inputBinding: {prefix: "--output_activation"}
  quant:
    type: boolean
    default: false
    doc: "Quantitative targets: the mean binding signal of each bin, fitted by mean squared error."
    inputBinding: {valueFrom: "$(self ? \"--quant\" : \"--no-quant\")"}
  target_scale_factor:
    type: double
    default: 1.0
    doc: "Factor of quantitative targets; needs --quant."
    inputBinding: {prefix: "--target_scale_factor"}
  weights:
    type: File?
    doc: "Weights to start from: .keras, .weights.h5, or a published .h5 model. Without it: do not initialize with weights."
    inputBinding: {prefix: "--weights"}
  epochs:
    type: int
    default: 20
    doc: "Epochs to train for."
    inputBinding: {prefix: "--epochs"}
  batches:
    type: int?
    doc: "Batches per epoch, for training and for validation. Without it: 100; 10000 for DRN."
    inputBinding: {prefix: "--batches"}
  batch_size:
    type: int?
    doc: "Examples per training batch. Without it: 1000; 10 for DRN."
    inputBinding: {prefix: "--batch_size"}
  val_batch_size:
    type: int?
    doc: "Examples per validation batch. Without it: 1000; 10 for DRN."
    inputBinding: {prefix: "--val_batch_size"}
  genome_validation:
    type: string?
    doc: "Windows of the genome-like validation set, which tile the validation chromosomes; all, or 0 for none. Without it: as many as around peaks, at most 10,000 or a quarter of them."
    inputBinding: {prefix: "--genome_validation"}
  select:
    type: ["null", {type: enum, symbols: [dice, average_precision, loss]}]
    doc: "What the best epoch is best in: Dice coefficient or loss of the validation windows around peaks, or average precision of the genome-like set. Without it: dice; loss with --quant."
    inputBinding: {prefix: "--select"}
  ema:
    type: double?
    doc: "Validate, save and select an exponential moving average of the weights, of which this share stays at each step, such as 0.99; 0 for none. Without it: none; 0.999 for DRN."
    inputBinding: {prefix: "--ema"}
  early_stopping:
    type: int?
    doc: "End training after N epochs without a better one, by what --select says. Without it: none."
    inputBinding: {prefix: "--early_stopping"}
  seed:
    type: long?
    doc: "Seed of everything random. Without it: drawn from 1..99999 and recorded."
    inputBinding: {prefix: "--seed"}
  compact_transport:
    type: boolean
    default: false
    doc: "Send base codes and signal to the device, a quarter of the bytes, and make the one-hot form there; the saved model is the same."
    inputBinding: {valueFrom: "$(self ? \"--compact_transport\" : \"--no-compact_transport\")"}
  deterministic:
    type: boolean
    default: false
    doc: "Let a GPU use only algorithms that give the same bits each time, which are slower."
    inputBinding: {valueFrom: "$(self ? \"--deterministic\" : \"--no-deterministic\")"}
  distribute:
    type: boolean
    default: false
    doc: "Train on several devices: all that this process has, and those of the other processes that Slurm, Open MPI, or JAX_COORDINATOR_ADDRESS, JAX_NUM_PROCESSES and JAX_PROCESS_ID tell of, each of which reads its own part of every batch. Needs KERAS_BACKEND=jax."
    inputBinding: {valueFrom: "$(self ? \"--distribute\" : \"--no-distribute\")"}
  test:
    type: boolean
    default: true
    doc: "Score the selected model on whole held-out chromosomes of the cell types labelled Test."
    inputBinding: {valueFrom: "$(self ? \"--test\" : \"--no-test\")"}
  test_rev_comp:
    type: boolean
    default: false
    doc: "Average the predictions for both strands in the test, which takes twice the time."
    inputBinding: {valueFrom: "$(self ? \"--test_rev_comp\" : \"--no-test_rev_comp\")"}
  test_seen:
    type: boolean
    default: false
    doc: "Score the same cell types on the longest training chromosome too, which takes the time of a test there: how much the model owes to places that it has seen. --cross_validate cells does so."
    inputBinding: {valueFrom: "$(self ? \"--test_seen\" : \"--no-test_seen\")"}
  memory:
    type: string?
    doc: "Memory for decoded tracks, such as 200M or 4G; the results do not depend on it. Without it: a quarter of what is reserved."
  resume_from:
    type: File[]?
    doc: "Go on with an earlier run: its outputs resume_state and checkpoints. What shapes the result must be as it was; epochs may grow."
  cores:
    type: int
    default: 4
    doc: "Processor cores to reserve; loader and network have as many threads each."
  ram_mb:
    type: int
    default: 16384
    doc: "Memory to reserve, in MiB."
  tmpdir_mb:
    type: int
    default: 1024
    doc: "Space for temporary files to reserve, in MiB."
  outdir_mb:
    type: int
    default: 4096
    doc: "Space for the results to reserve, in MiB."
  max_hours:
    type: int
    default: 0
    doc: "Hours after which the engine stops the run; 0 for no limit."
  # end

outputs:
  # begin: outputs of maxatac train
  best_model:
    type: File
    format: "http://edamontology.org/format_3987"
    doc: "The selected model, for any program with Keras."
    outputBinding: {glob: "$(inputs.prefix)_best.keras"}
  best_model_h5:
    type: File
    format: "http://edamontology.org/format_3590"
    doc: "The same as HDF5."
    outputBinding: {glob: "$(inputs.prefix)_best.h5"}
  best_epoch:
    type: File
    format: "http://edamontology.org/format_2330"
    doc: "One line: file name of the selected checkpoint."
    outputBinding: {glob: best_epoch.txt}
  history:
    type: File
    format: "http://edamontology.org/format_3752"
    doc: "Loss, Dice coefficient and more of each epoch."
    outputBinding: {glob: "$(inputs.prefix).csv"}
  cell_history:
    type: File?
    format: "http://edamontology.org/format_3752"
    doc: "Validation scores of each epoch by cell type."
    outputBinding: {glob: "$(inputs.prefix)_cells.csv"}
  timing:
    type: File
    format: "http://edamontology.org/format_3752"
    doc: "Times of each epoch."
    outputBinding: {glob: "$(inputs.prefix)_timing.csv"}
  thresholds:
    type: File?
    secondaryFiles: ["$(inputs.prefix)_run.json"]
    format: "http://edamontology.org/format_3475"
    doc: "Precision and recall at each threshold; not without bound bins in the genome-like windows."
    outputBinding: {glob: "$(inputs.prefix)_thresholds.tsv"}
  test_table:
    type: File?
    format: "http://edamontology.org/format_3475"
    doc: "Scores of the independent test; not without it."
    outputBinding: {glob: "$(inputs.prefix)_test.tsv"}
  test_scores:
    type: File?
    format: "http://edamontology.org/format_3464"
    doc: "The same for programs."
    outputBinding: {glob: "$(inputs.prefix)_test.json"}
  predictions:
    type: File[]
    secondaryFiles: ["$(inputs.prefix)_run.json"]
    format: "http://edamontology.org/format_3006"
    doc: "Predictions of the independent test, one track per cell type."
    outputBinding: {glob: ["$(inputs.prefix).bw", "$(inputs.prefix)_test.*.bw"]}
  history_plot:
    type: File?
    format: "http://edamontology.org/format_3603"
    doc: "Loss and Dice; not without plot."
    outputBinding: {glob: "$(inputs.prefix)_model_dice_acc.png"}
  structure_plot:
    type: File?
    format: "http://edamontology.org/format_3603"
    doc: "The network; not without plot."
    outputBinding: {glob: "$(inputs.prefix)_model_structure.png"}
  report_page:
    type: File?
    format: "http://edamontology.org/format_2331"
    doc: "The report, one HTML file; not without it."
    outputBinding: {glob: "$(inputs.prefix)_report.html"}
  report_data:
    type: File?
    format: "http://edamontology.org/format_3464"
    doc: "What it shows beside the tables."
    outputBinding: {glob: "$(inputs.prefix)_report.json"}
  figures:
    type: Directory?
    doc: "The figures of the report, as PNG and SVG."
    outputBinding: {glob: "$(inputs.prefix)_figures"}
  record:
    type: File
    format: "http://edamontology.org/format_3464"
    doc: "What was run, on what, with what result."
    outputBinding: {glob: "$(inputs.prefix)_run.json"}
  log:
    type: File
    format: "http://edamontology.org/format_2330"
    doc: "The log."
    outputBinding: {glob: "$(inputs.prefix).log"}
  cell_table:
    type: File
    format: "http://edamontology.org/format_3475"
    doc: "The cell types as a meta file."
    outputBinding: {glob: "$(inputs.prefix)_cell_types.tsv"}
  resume_state:
    type: File
    format: "http://edamontology.org/format_3987"
    doc: "What resume_from goes on from."
    outputBinding: {glob: "$(inputs.prefix)_resume.npz"}
  checkpoints:
    type: File[]
    doc: "The models after each epoch."
    outputBinding: {glob: "$(inputs.prefix)_[0-9]*.$(inputs.model_format)"}
  tensorboard:
    type: Directory?
    doc: "Event files for TensorBoard."
    outputBinding: {glob: "tensorboard/$(inputs.prefix)"}
  regions:
    type: File[]
    doc: "The pools of regions, with save_roi."
    outputBinding: {glob: ["$(inputs.prefix)_training_ROI.bed.gz", "$(inputs.prefix)_validation_ROI.bed.gz"]}
  region_counts:
    type: File[]
    format: "http://edamontology.org/format_2330"
    doc: "How many regions there are, with save_roi."
    outputBinding: {glob: ["$(inputs.prefix)_training_ROI_stats.txt", "$(inputs.prefix)_training_ROI_totalregions_stats.txt", "$(inputs.prefix)_validation_ROI_stats.txt", "$(inputs.prefix)_validation_ROI_totalregions_stats.txt"]}
  # end

$namespaces:
  cwltool: http://commonwl.org/cwltool#
  s: https://schema.org/
s:name: maxatac train
s:license: https://spdx.org/licenses/Apache-2.0
s:citation: https://doi.org/10.1371/journal.pcbi.1010863
