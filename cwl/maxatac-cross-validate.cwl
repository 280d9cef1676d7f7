cwlVersion: v1.2
class: Workflow
label: Leave each cell type out in turn
doc: |
  A training run for each cell type, side by side, in which it is held out and the others train, whatever their labels;
  then one table of how well the factor transfers. The names of the outputs of a run begin with prefix and cell type.

requirements:
  InlineJavascriptRequirement: {}
  ScatterFeatureRequirement: {}
  SchemaDefRequirement:
    types:
      - $import: types.yml

inputs:
  # begin: workflow inputs of train without test_cell_types, resume_from, test, test_seen, quant, target_scale_factor, output_activation and distribute
  tf:
    type: string
    doc: "Name of the transcription factor."
  cells:
    type: {type: array, items: types.yml#cell_type}
    doc: "The cell types: one record each, with its files. Files are handed over as files, not in a table of paths: an engine stages nothing else, and not where it was."
  sequence:
    type: File
    doc: "Genome sequence as 2bit."
  prefix:
    type: string
    default: maxatac_model
    doc: "First part of the name of every output file."
  keep_checkpoints:
    type: string
    default: all
    doc: "Which epochs' checkpoints stay: all, best, or last:N (the last N and the best)."
  save_roi:
    type: boolean
    default: false
    doc: "Write the pools of regions of interest; --train_roi reads them back."
  plot:
    type: boolean
    default: true
    doc: "Draw the model's structure, the training history and the report; without, maxatac report can draw it later."
  report:
    type: boolean
    default: true
    doc: "Write a report of the run when it is finished: one HTML file, and its figures."
  model_format:
    type: {type: enum, symbols: [keras, h5]}
    default: keras
    doc: "Format of the checkpoints; the best model is written in both."
  loglevel:
    type: {type: enum, symbols: [fatal, error, warning, info, debug]}
    default: info
    doc: "What to log, in upper or lower case."
  chroms:
    type: string[]?
    doc: "Chromosomes that the study is limited to. With --tchroms and --vchroms given and this not, their union. Names of a default list that the genome lacks are left out; names typed here must exist. Without it: chr2 chr3 chr4 chr5 chr6 chr7 chr9 chr10 chr11 chr12 chr13 chr14 chr15 chr16 chr17 chr18 chr19 chr20 chr21 chr22 chrX."
  tchroms:
    type: string[]?
    doc: "Chromosomes for training only. Without it: chr3 chr4 chr5 chr6 chr7 chr9 chr10 chr11 chr12 chr13 chr14 chr15 chr16 chr17 chr18 chr20 chr21 chr22."
  vchroms:
    type: string[]?
    doc: "Chromosomes for validation only. Without it: chr2 chr19."
  test_chroms:
    type: string[]?
    doc: "Chromosomes that the selected model is scored on after training; they neither train nor validate. Without it: chr1 chr8, less those above."
  blacklist:
    type: File?
    doc: "Regions that no window may touch: BED or bigWig, plain or gzip. Without it: none."
  chrom_sizes:
    type: File?
    doc: "Chromosome sizes to hold against those of the 2bit, which are used. Without it: none."
  genome:
    type: string?
    doc: "Name of the genome build, a label for the run record only. Without it: none."
  train_roi:
    type: File?
    doc: "Training regions to use instead of the peaks of the meta file: BED, narrowPeak, or what --save_roi wrote. Without it: none."
  validate_roi:
    type: File?
    doc: "Validation regions to use instead of the peaks of the meta file. Without it: none."
  center:
    type: {type: enum, symbols: [midpoint, summit]}
    default: midpoint
    doc: "What of a peak its window is centred on."
  jitter:
    type: int
    default: 480
    doc: "Shift each region by a uniform -BP..BP. Without it every binding site sits in the middle of its window, and the network learns the place; 0 is the original's behaviour."
  rand_ratio:
    type: double
    default: 0.0
    doc: "Share of each training and validation batch that is random windows of the genome, 0 to 1."
  shuffle_cell_type:
    type: boolean
    default: true
    doc: "Give each region a training cell type drawn at random, not its own (pan-cell training)."
  rev_comp_train:
    type: boolean
    default: false
    doc: "Reverse complement each example with probability 1/2."
  allow_shared_files:
    type: string[]?
    doc: "Test cell types that may have files in common with training cell types. Otherwise signal, binding or peaks that are equal in content, under whatever path, are an error: such a test proves nothing. Without it: none."
  allow_same:
    type: string[]?
    doc: "Cell types that are one under two names, and may all the same train and be tested; with --cross_validate cells they are held out together. Otherwise names that differ in case, blanks, - and _ alone, and equal files, are an error. Without it: none."
  arch:
    type: {type: enum, symbols: [DCNN_V2, DRN]}
    default: DCNN_V2
    doc: "Network: that of the paper, or DRN, which learns more from the same data."
  ensemble:
    type: int
    default: 1
    doc: "Train N networks together, which differ in their initial weights; the model is the mean of their predictions. It takes at least N times the computing time of one."
  dense:
    type: boolean
    default: false
    doc: "End DCNN_V2 in a dense layer."
  weights:
    type: File?
    doc: "Weights to start from: .keras, .weights.h5, or a published .h5 model. Without it: do not initialize with weights."
  epochs:
    type: int
    default: 20
    doc: "Epochs to train for."
  batches:
    type: int?
    doc: "Batches per epoch, for training and for validation. Without it: 100; 10000 for DRN."
  batch_size:
    type: int?
    doc: "Examples per training batch. Without it: 1000; 10 for DRN."
  val_batch_size:
    type: int?
    doc: "Examples per validation batch. Without it: 1000; 10 for DRN."
  genome_validation:
    type: string?
    doc: "Windows of the genome-like validation set, which tile the validation chromosomes; all, or 0 for none. Without it: as many as around peaks, at most 10,000 or a quarter of them."
  select:
    type: ["null", {type: enum, symbols: [dice, average_precision, loss]}]
    doc: "What the best epoch is best in: Dice coefficient or loss of the validation windows around peaks, or average precision of the genome-like set. Without it: dice; loss with --quant."
  ema:
    type: double?
    doc: "Validate, save and select an exponential moving average of the weights, of which this share stays at each step, such as 0.99; 0 for none. Without it: none; 0.999 for DRN."
  early_stopping:
    type: int?
    doc: "End training after N epochs without a better one, by what --select says. Without it: none."
  seed:
    type: long?
    doc: "Seed of everything random. Without it: drawn from 1..99999 and recorded."
  compact_transport:
    type: boolean
    default: false
    doc: "Send base codes and signal to the device, a quarter of the bytes, and make the one-hot form there; the saved model is the same."
  deterministic:
    type: boolean
    default: false
    doc: "Let a GPU use only algorithms that give the same bits each time, which are slower."
  test_rev_comp:
    type: boolean
    default: false
    doc: "Average the predictions for both strands in the test, which takes twice the time."
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

steps:
  split:
    run: fold-cells.cwl
    in: {prefix: prefix, cells: cells, allow_shared_files: allow_shared_files, allow_same: allow_same}
    out: [prefixes, held_out, shared]
  train:
    run: maxatac-train.cwl
    scatter: [prefix, test_cell_types, allow_shared_files]
    scatterMethod: dotproduct
    in:
      prefix: split/prefixes
      test_cell_types: split/held_out
      allow_shared_files: split/shared
      test_seen: {default: true}
      # begin: step inputs of train without prefix, test_cell_types, allow_shared_files, resume_from, test, test_seen, quant, target_scale_factor, output_activation and distribute
      tf: tf
      cells: cells
      sequence: sequence
      keep_checkpoints: keep_checkpoints
      save_roi: save_roi
      plot: plot
      report: report
      model_format: model_format
      loglevel: loglevel
      chroms: chroms
      tchroms: tchroms
      vchroms: vchroms
      test_chroms: test_chroms
      blacklist: blacklist
      chrom_sizes: chrom_sizes
      genome: genome
      train_roi: train_roi
      validate_roi: validate_roi
      center: center
      jitter: jitter
      rand_ratio: rand_ratio
      shuffle_cell_type: shuffle_cell_type
      rev_comp_train: rev_comp_train
      allow_same: allow_same
      arch: arch
      ensemble: ensemble
      dense: dense
      weights: weights
      epochs: epochs
      batches: batches
      batch_size: batch_size
      val_batch_size: val_batch_size
      genome_validation: genome_validation
      select: select
      ema: ema
      early_stopping: early_stopping
      seed: seed
      compact_transport: compact_transport
      deterministic: deterministic
      test_rev_comp: test_rev_comp
      memory: memory
      cores: cores
      ram_mb: ram_mb
      tmpdir_mb: tmpdir_mb
      outdir_mb: outdir_mb
      max_hours: max_hours
      # end
    # begin: step outputs of train without best_epoch
    out: [best_model, best_model_h5, history, cell_history, timing, thresholds, test_table, test_scores, predictions, history_plot, structure_plot, report_page, report_data, figures, record, log, cell_table, resume_state, checkpoints, tensorboard, regions, region_counts]
    # end
  folds:
    run: maxatac-report-folds.cwl
    in:
      prefix: prefix
      records: train/record
      test_scores: train/test_scores
    out: [table, scores, figure]

outputs:
  folds_table:
    type: File
    doc: Scores of each fold beside its baselines, and their mean.
    outputSource: folds/table
  folds_scores:
    type: File
    doc: The same for programs.
    outputSource: folds/scores
  folds_figure:
    type: File?
    doc: Average precision of each fold, with intervals.
    outputSource: folds/figure
  # begin: scattered outputs of train without best_epoch
  best_model:
    type: {type: array, items: File}
    doc: "The selected model, for any program with Keras."
    outputSource: train/best_model
  best_model_h5:
    type: {type: array, items: File}
    doc: "The same as HDF5."
    outputSource: train/best_model_h5
  history:
    type: {type: array, items: File}
    doc: "Loss, Dice coefficient and more of each epoch."
    outputSource: train/history
  cell_history:
    type: {type: array, items: ["null", File]}
    doc: "Validation scores of each epoch by cell type."
    outputSource: train/cell_history
  timing:
    type: {type: array, items: File}
    doc: "Times of each epoch."
    outputSource: train/timing
  thresholds:
    type: {type: array, items: ["null", File]}
    doc: "Precision and recall at each threshold; not without bound bins in the genome-like windows."
    outputSource: train/thresholds
  test_table:
    type: {type: array, items: ["null", File]}
    doc: "Scores of the independent test; not without it."
    outputSource: train/test_table
  test_scores:
    type: {type: array, items: ["null", File]}
    doc: "The same for programs."
    outputSource: train/test_scores
  predictions:
    type: {type: array, items: {type: array, items: File}}
    doc: "Predictions of the independent test, one track per cell type."
    outputSource: train/predictions
  history_plot:
    type: {type: array, items: ["null", File]}
    doc: "Loss and Dice; not without plot."
    outputSource: train/history_plot
  structure_plot:
    type: {type: array, items: ["null", File]}
    doc: "The network; not without plot."
    outputSource: train/structure_plot
  report_page:
    type: {type: array, items: ["null", File]}
    doc: "The report, one HTML file; not without it."
    outputSource: train/report_page
  report_data:
    type: {type: array, items: ["null", File]}
    doc: "What it shows beside the tables."
    outputSource: train/report_data
  figures:
    type: {type: array, items: ["null", Directory]}
    doc: "The figures of the report, as PNG and SVG."
    outputSource: train/figures
  record:
    type: {type: array, items: File}
    doc: "What was run, on what, with what result."
    outputSource: train/record
  log:
    type: {type: array, items: File}
    doc: "The log."
    outputSource: train/log
  cell_table:
    type: {type: array, items: File}
    doc: "The cell types as a meta file."
    outputSource: train/cell_table
  resume_state:
    type: {type: array, items: File}
    doc: "What resume_from goes on from."
    outputSource: train/resume_state
  checkpoints:
    type: {type: array, items: {type: array, items: File}}
    doc: "The models after each epoch."
    outputSource: train/checkpoints
  tensorboard:
    type: {type: array, items: ["null", Directory]}
    doc: "Event files for TensorBoard."
    outputSource: train/tensorboard
  regions:
    type: {type: array, items: {type: array, items: File}}
    doc: "The pools of regions, with save_roi."
    outputSource: train/regions
  region_counts:
    type: {type: array, items: {type: array, items: File}}
    doc: "How many regions there are, with save_roi."
    outputSource: train/region_counts
  # end

$namespaces:
  s: https://schema.org/
  sbg: https://sevenbridges.com
s:license: https://spdx.org/licenses/Apache-2.0
s:citation: https://doi.org/10.1371/journal.pcbi.1010863
sbg:license: Apache-2.0
sbg:toolkit: maxatac
sbg:categories: [ATAC-seq, Machine learning]
