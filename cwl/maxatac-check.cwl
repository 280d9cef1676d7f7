cwlVersion: v1.2
class: CommandLineTool
label: Check the inputs of a training run
doc: |
  Reads every input of a training run from end to end, tells what is in it and what is wrong, and estimates what the
  run would take (maxatac check). The step fails with status 2 if a run would fail or mean nothing; docs/check.md
  describes the report.

baseCommand: [maxatac, check]
arguments:
  - {prefix: --cells, valueFrom: cells.json}
  - {prefix: --threads, valueFrom: $(runtime.cores)}
  - {prefix: --memory, valueFrom: '$(inputs.memory === null ? Math.max(1, Math.floor(runtime.ram / 4)) + "Mi" : inputs.memory)'}
  - --json
stdout: report.json

hints:
  DockerRequirement:
    # begin: image
    dockerPull: maxatac:0.1.0
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
  ResourceRequirement:
    coresMin: $(inputs.cores)
    ramMin: $(inputs.ram_mb)
    tmpdirMin: $(inputs.tmpdir_mb)
    outdirMin: $(inputs.outdir_mb)
  NetworkAccess:
    networkAccess: false
  ToolTimeLimit:
    timelimit: $(inputs.max_hours * 3600)
  EnvVarRequirement:
    envDef:
      KERAS_HOME: $(runtime.tmpdir)
      MPLCONFIGDIR: $(runtime.tmpdir)

successCodes: [0]
permanentFailCodes: [1, 2]

inputs:
  # begin: inputs of maxatac check
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
  timed_fit:
    type: boolean
    default: false
    doc: "Train on a few batches, which are thrown away, to measure what a step takes; up to a minute."
    inputBinding: {prefix: "--timed_fit"}
  memory:
    type: string?
    doc: "Memory for decoded tracks, such as 200M or 4G; the results do not depend on it. Without it: a quarter of what is reserved."
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
  report:
    type: stdout
    format: http://edamontology.org/format_3464
    doc: The report.

$namespaces:
  s: https://schema.org/
s:name: maxatac check
s:license: https://spdx.org/licenses/Apache-2.0
s:citation: https://doi.org/10.1371/journal.pcbi.1010863
