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
    label: "Transcription factor"
    doc: "Name of the transcription factor whose binding the model learns."
  cells:
    type: {type: array, items: types.yml#cell_type}
    label: "Cell types with their files"
    doc: "The cell types that train or are held out for the test: one record each, with its name, its files and its label. Files are given as files, not in a table of paths, because an engine stages nothing else."
  sequence:
    type: File
    label: "Genome sequence (2bit)"
    doc: "Genome sequence as 2bit; it must be the genome of all tracks."
    s:encodingFormat: "http://edamontology.org/format_3009"
    sbg:fileTypes: "2BIT"
    inputBinding: {prefix: "--sequence"}
  loglevel:
    type: {type: enum, name: loglevel, symbols: [fatal, error, warning, info, debug]}
    label: "Log level"
    default: info
    doc: "Least severe messages that the log has."
    inputBinding: {prefix: "--loglevel"}
  chroms:
    type: string[]?
    label: Chromosomes
    doc: "Chromosomes that the study is limited to. With `tchroms` and `vchroms` given and this not, their union. Names of a default list that the genome lacks are left out; names typed here must exist. Without it: chr2 chr3 chr4 chr5 chr6 chr7 chr9 chr10 chr11 chr12 chr13 chr14 chr15 chr16 chr17 chr18 chr19 chr20 chr21 chr22 chrX."
    inputBinding: {prefix: "--chroms"}
  tchroms:
    type: string[]?
    label: "Training chromosomes"
    doc: "Chromosomes for training only. Without it: chr3 chr4 chr5 chr6 chr7 chr9 chr10 chr11 chr12 chr13 chr14 chr15 chr16 chr17 chr18 chr20 chr21 chr22."
    inputBinding: {prefix: "--tchroms"}
  vchroms:
    type: string[]?
    label: "Validation chromosomes"
    doc: "Chromosomes for validation only. Without it: chr2 chr19."
    inputBinding: {prefix: "--vchroms"}
  test_chroms:
    type: string[]?
    label: "Test chromosomes"
    doc: "Chromosomes that the selected model is scored on after training; they neither train nor validate. Without it: chr1 chr8, less those above."
    inputBinding: {prefix: "--test_chroms"}
  blacklist:
    type: File?
    label: "Blacklisted regions"
    doc: "Regions that no window may touch: BED or bigWig, plain or gzip. Optional."
    s:encodingFormat: ["http://edamontology.org/format_3003", "http://edamontology.org/format_3613", "http://edamontology.org/format_3006"]
    sbg:fileTypes: "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ, BW, BIGWIG"
    inputBinding: {prefix: "--blacklist"}
  chrom_sizes:
    type: File?
    label: "Chromosome sizes"
    doc: "Chromosome sizes to hold against those of the 2bit, which are used. Optional."
    s:encodingFormat: "http://edamontology.org/format_3475"
    sbg:fileTypes: "SIZES, TSV, TXT"
    inputBinding: {prefix: "--chrom_sizes"}
  genome:
    type: string?
    label: "Name of the genome build"
    doc: "Name of the genome build, a label for the run record only. Optional."
    inputBinding: {prefix: "--genome"}
  train_roi:
    type: File?
    label: "Training regions"
    doc: "Training regions to use instead of the peaks of the cell types: BED, narrowPeak, or the output `regions` of a run with `save_roi`. Optional."
    s:encodingFormat: ["http://edamontology.org/format_3003", "http://edamontology.org/format_3613"]
    sbg:fileTypes: "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ"
    inputBinding: {prefix: "--train_roi"}
  validate_roi:
    type: File?
    label: "Validation regions"
    doc: "Validation regions to use instead of the peaks of the cell types. Optional."
    s:encodingFormat: ["http://edamontology.org/format_3003", "http://edamontology.org/format_3613"]
    sbg:fileTypes: "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ"
    inputBinding: {prefix: "--validate_roi"}
  center:
    type: {type: enum, name: center, symbols: [midpoint, summit]}
    label: "Centre of a peak's window"
    default: midpoint
    doc: "What of a peak its window is centred on."
    inputBinding: {prefix: "--center"}
  jitter:
    type: int
    label: "Random shift of regions (bp)"
    default: 480
    doc: "Shift each region by a uniform -BP..BP. Without it every binding site sits in the middle of its window, and the network learns the place; 0 is the original's behaviour."
    inputBinding: {prefix: "--jitter"}
  rand_ratio:
    type: double
    label: "Share of random windows"
    default: 0.0
    doc: "Share of each training and validation batch that is random windows of the genome, 0 to 1."
    inputBinding: {prefix: "--rand_ratio"}
  shuffle_cell_type:
    type: boolean
    label: "Pan-cell training"
    default: true
    doc: "Give each region a training cell type drawn at random, not its own (pan-cell training)."
    inputBinding: {valueFrom: "$(self ? \"--shuffle_cell_type\" : \"--no-shuffle_cell_type\")"}
  rev_comp_train:
    type: boolean
    label: "Reverse complement at random"
    default: false
    doc: "Reverse complement each example with probability 1/2."
    inputBinding: {valueFrom: "$(self ? \"--rev_comp_train\" : \"--no-rev_comp_train\")"}
  test_cell_types:
    type: string[]?
    label: "Cell types to hold out"
    doc: "Cell types to hold out, in place of those labelled Test in `cells`; all others train. Optional."
    inputBinding: {prefix: "--test_cell_types"}
  allow_shared_files:
    type: string[]?
    label: "Test cell types that may share files"
    doc: "Test cell types that may have files in common with training cell types. Otherwise signal, binding or peaks that are equal in content, under whatever path, are an error: such a test proves nothing. Optional."
    inputBinding: {prefix: "--allow_shared_files"}
  allow_same:
    type: string[]?
    label: "Cell types that are one under two names"
    doc: "Cell types that are one under two names, and may all the same train and be tested; where each is left out in turn, they are held out together. Otherwise names that differ in case, blanks, - and _ alone, and equal files, are an error. Optional."
    inputBinding: {prefix: "--allow_same"}
  arch:
    type: {type: enum, name: arch, symbols: [DCNN_V2, DRN]}
    label: "Network architecture"
    default: DCNN_V2
    doc: "Network: that of the paper, or DRN, which learns more from the same data."
    inputBinding: {prefix: "--arch"}
  ensemble:
    type: int
    label: "Networks in the ensemble"
    default: 1
    doc: "Train N networks together, which differ in their initial weights; the model is the mean of their predictions. It takes at least N times the computing time of one."
    inputBinding: {prefix: "--ensemble"}
  dense:
    type: boolean
    label: "End the network in a dense layer"
    default: false
    doc: "End DCNN_V2 in a dense layer."
    inputBinding: {valueFrom: "$(self ? \"--dense\" : \"--no-dense\")"}
  output_activation:
    type: {type: enum, name: output_activation, symbols: [sigmoid, linear, relu, softplus]}
    label: "Activation of the output"
    default: sigmoid
    doc: "Activation of the output; anything but sigmoid needs `quant`."
    inputBinding: {prefix: "--output_activation"}
  quant:
    type: boolean
    label: "Quantitative targets"
    default: false
    doc: "Quantitative targets: the mean binding signal of each bin, fitted by mean squared error."
    inputBinding: {valueFrom: "$(self ? \"--quant\" : \"--no-quant\")"}
  target_scale_factor:
    type: double
    label: "Factor of quantitative targets"
    default: 1.0
    doc: "Factor of quantitative targets; needs `quant`."
    inputBinding: {prefix: "--target_scale_factor"}
  weights:
    type: File?
    label: "Weights to start from"
    doc: "Weights to start from: .keras, .weights.h5, or a published .h5 model. Without it: do not initialize with weights."
    s:encodingFormat: ["http://edamontology.org/format_3987", "http://edamontology.org/format_3590"]
    sbg:fileTypes: "KERAS, H5"
    inputBinding: {prefix: "--weights"}
  epochs:
    type: int
    label: Epochs
    default: 20
    doc: "Epochs to train for; the model of the best one is selected by `select`."
    inputBinding: {prefix: "--epochs"}
  batches:
    type: int?
    label: "Batches per epoch"
    doc: "Batches per epoch, for training and for validation. Without it: 100; 10000 for DRN."
    inputBinding: {prefix: "--batches"}
  batch_size:
    type: int?
    label: "Training batch size"
    doc: "Examples per training batch. Without it: 1000; 10 for DRN."
    inputBinding: {prefix: "--batch_size"}
  val_batch_size:
    type: int?
    label: "Validation batch size"
    doc: "Examples per validation batch. Without it: 1000; 10 for DRN."
    inputBinding: {prefix: "--val_batch_size"}
  genome_validation:
    type: string?
    label: "Windows of genome-like validation"
    doc: "Windows of the genome-like validation set, which tile the validation chromosomes; all, or 0 for none. Without it: as many as around peaks, at most 10,000 or a quarter of them."
    inputBinding: {prefix: "--genome_validation"}
  select:
    type: ["null", {type: enum, name: select, symbols: [dice, average_precision, loss]}]
    label: "What the best epoch is best in"
    doc: "What the best epoch is best in: Dice coefficient or loss of the validation windows around peaks, or average precision of the genome-like set. Without it: dice; loss with `quant`."
    inputBinding: {prefix: "--select"}
  ema:
    type: double?
    label: "Moving average of the weights"
    doc: "Validate, save and select an exponential moving average of the weights, of which this share stays at each step, such as 0.99; 0 for none. Without it: none; 0.999 for DRN."
    inputBinding: {prefix: "--ema"}
  early_stopping:
    type: int?
    label: "Epochs without improvement before stopping"
    doc: "End training after N epochs without a better one, by what `select` says. Optional."
    inputBinding: {prefix: "--early_stopping"}
  seed:
    type: long?
    label: "Random seed"
    doc: "Seed of everything random: with one, a run can be repeated, and engines can reuse finished steps. Without it: drawn from 1..99999 and recorded."
    inputBinding: {prefix: "--seed"}
  compact_transport:
    type: boolean
    label: "Send compact batches to the device"
    default: false
    doc: "Send base codes and signal to the device, a quarter of the bytes, and make the one-hot form there; the saved model is the same."
    inputBinding: {valueFrom: "$(self ? \"--compact_transport\" : \"--no-compact_transport\")"}
  deterministic:
    type: boolean
    label: "Deterministic GPU algorithms"
    default: false
    doc: "Let a GPU use only algorithms that give the same bits each time, which are slower."
    inputBinding: {valueFrom: "$(self ? \"--deterministic\" : \"--no-deterministic\")"}
  distribute:
    type: boolean
    label: "Train on several devices"
    default: false
    doc: "Train on several devices: all that this process has, and those of the other processes that Slurm, Open MPI, or JAX_COORDINATOR_ADDRESS, JAX_NUM_PROCESSES and JAX_PROCESS_ID tell of, each of which reads its own part of every batch. Needs KERAS_BACKEND=jax."
    inputBinding: {valueFrom: "$(self ? \"--distribute\" : \"--no-distribute\")"}
  test:
    type: boolean
    label: "Score the independent test"
    default: true
    doc: "Score the selected model on whole held-out chromosomes of the cell types labelled Test."
    inputBinding: {valueFrom: "$(self ? \"--test\" : \"--no-test\")"}
  test_rev_comp:
    type: boolean
    label: "Average both strands in the test"
    default: false
    doc: "Average the predictions for both strands in the test, which takes twice the time."
    inputBinding: {valueFrom: "$(self ? \"--test_rev_comp\" : \"--no-test_rev_comp\")"}
  test_seen:
    type: boolean
    label: "Score on a training chromosome too"
    default: false
    doc: "Score the same cell types on the longest training chromosome too, which takes the time of a test there: how much the model owes to places that it has seen. Leaving each cell type out in turn does so."
    inputBinding: {valueFrom: "$(self ? \"--test_seen\" : \"--no-test_seen\")"}
  timed_fit:
    type: boolean
    label: "Measure a training step"
    default: false
    doc: "Train on a few batches, which are thrown away, to measure what a step takes; up to a minute."
    inputBinding: {prefix: "--timed_fit"}
  memory:
    type: string?
    label: "Memory for data"
    doc: "Memory for decoded tracks, such as 200M or 4G; the results do not depend on it. Without it: a quarter of what is reserved."
  cores:
    type: int
    label: "Processor cores"
    default: 4
    doc: "Processor cores to reserve; the command uses as many threads."
  ram_mb:
    type: int
    label: "Memory to reserve (MiB)"
    default: 16384
    doc: "Memory to reserve, in MiB; a step that needs more is killed."
  tmpdir_mb:
    type: int
    label: "Space for temporary files (MiB)"
    default: 1024
    doc: "Disk space to reserve for temporary files, in MiB."
  outdir_mb:
    type: int
    label: "Space for results (MiB)"
    default: 4096
    doc: "Disk space to reserve for the results, in MiB."
  max_hours:
    type: int
    label: "Time limit (hours)"
    default: 0
    doc: "Hours after which the engine stops the step; 0 for no limit."
  # end

outputs:
  report:
    type: stdout
    label: Report of the check
    doc: "What is in each input, what is wrong with it, and what the run would take in time, memory and disk."
    format: http://edamontology.org/format_3464
    sbg:fileTypes: JSON

# begin: about
$namespaces:
  s: https://schema.org/
  sbg: https://sevenbridges.com
s:name: "maxatac-check"
s:softwareVersion: "0.1.0"
s:author:
  - s:name: "The maxatac developers"
s:license: https://spdx.org/licenses/Apache-2.0
s:citation: https://doi.org/10.1371/journal.pcbi.1010863
s:codeRepository: https://github.com/OWNER/maxatac
s:keywords: ["ATAC-seq", "transcription factor binding", "deep learning", genomics]
sbg:license: Apache-2.0
sbg:toolkit: maxatac
sbg:toolkitVersion: "0.1.0"
sbg:toolAuthor: "The maxatac developers"
sbg:wrapperAuthor: "The maxatac developers"
sbg:categories: ["ATAC-seq", "ChIP-seq", Epigenomics, "Machine learning"]
sbg:links:
  - {id: "https://github.com/OWNER/maxatac", label: Source code}
  - {id: "https://github.com/OWNER/maxatac/tree/main/docs", label: Documentation}
  - {id: "https://doi.org/10.1371/journal.pcbi.1010863", label: Publication}
# end
