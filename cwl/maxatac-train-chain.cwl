cwlVersion: v1.2
class: Workflow
label: Train a model in parts
doc: |
  One training run as a chain of four steps, each of a quarter of the epochs, for machines that may be taken away.
  A finished step stays finished, and the next goes on from its state; only what is lost of one step is done again. The
  result is that of a run in one go.

requirements:
  InlineJavascriptRequirement: {}
  MultipleInputFeatureRequirement: {}
  StepInputExpressionRequirement: {}
  SchemaDefRequirement:
    types:
      - $import: types.yml

inputs:
  # begin: workflow inputs of train
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
  test_cell_types:
    type: string[]?
    doc: "Cell types to hold out, in place of those labelled Test in the meta file; all others train. Without it: none."
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
  output_activation:
    type: {type: enum, symbols: [sigmoid, linear, relu, softplus]}
    default: sigmoid
    doc: "Activation of the output; anything but sigmoid needs --quant."
  quant:
    type: boolean
    default: false
    doc: "Quantitative targets: the mean binding signal of each bin, fitted by mean squared error."
  target_scale_factor:
    type: double
    default: 1.0
    doc: "Factor of quantitative targets; needs --quant."
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
  distribute:
    type: boolean
    default: false
    doc: "Train on several devices: all that this process has, and those of the other processes that Slurm, Open MPI, or JAX_COORDINATOR_ADDRESS, JAX_NUM_PROCESSES and JAX_PROCESS_ID tell of, each of which reads its own part of every batch. Needs KERAS_BACKEND=jax."
  test:
    type: boolean
    default: true
    doc: "Score the selected model on whole held-out chromosomes of the cell types labelled Test."
  test_rev_comp:
    type: boolean
    default: false
    doc: "Average the predictions for both strands in the test, which takes twice the time."
  test_seen:
    type: boolean
    default: false
    doc: "Score the same cell types on the longest training chromosome too, which takes the time of a test there: how much the model owes to places that it has seen. --cross_validate cells does so."
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

steps:
  # begin: chain
  part_1:
    run: maxatac-train.cwl
    in:
      tf: tf
      cells: cells
      sequence: sequence
      prefix: prefix
      keep_checkpoints: keep_checkpoints
      save_roi: save_roi
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
      test_cell_types: test_cell_types
      allow_shared_files: allow_shared_files
      allow_same: allow_same
      arch: arch
      ensemble: ensemble
      dense: dense
      output_activation: output_activation
      quant: quant
      target_scale_factor: target_scale_factor
      weights: weights
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
      distribute: distribute
      test_rev_comp: test_rev_comp
      test_seen: test_seen
      memory: memory
      cores: cores
      ram_mb: ram_mb
      tmpdir_mb: tmpdir_mb
      outdir_mb: outdir_mb
      max_hours: max_hours
      epochs:
        source: epochs
        valueFrom: $(Math.ceil(self * 1 / 4))
      resume_from: resume_from
      test: {default: false}
      plot: {default: false}
    out: [resume_state, checkpoints]
  part_2:
    run: maxatac-train.cwl
    in:
      tf: tf
      cells: cells
      sequence: sequence
      prefix: prefix
      keep_checkpoints: keep_checkpoints
      save_roi: save_roi
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
      test_cell_types: test_cell_types
      allow_shared_files: allow_shared_files
      allow_same: allow_same
      arch: arch
      ensemble: ensemble
      dense: dense
      output_activation: output_activation
      quant: quant
      target_scale_factor: target_scale_factor
      weights: weights
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
      distribute: distribute
      test_rev_comp: test_rev_comp
      test_seen: test_seen
      memory: memory
      cores: cores
      ram_mb: ram_mb
      tmpdir_mb: tmpdir_mb
      outdir_mb: outdir_mb
      max_hours: max_hours
      epochs:
        source: epochs
        valueFrom: $(Math.ceil(self * 2 / 4))
      resume_from:
        source: [part_1/resume_state, part_1/checkpoints]
        linkMerge: merge_flattened
      test: {default: false}
      plot: {default: false}
    out: [resume_state, checkpoints]
  part_3:
    run: maxatac-train.cwl
    in:
      tf: tf
      cells: cells
      sequence: sequence
      prefix: prefix
      keep_checkpoints: keep_checkpoints
      save_roi: save_roi
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
      test_cell_types: test_cell_types
      allow_shared_files: allow_shared_files
      allow_same: allow_same
      arch: arch
      ensemble: ensemble
      dense: dense
      output_activation: output_activation
      quant: quant
      target_scale_factor: target_scale_factor
      weights: weights
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
      distribute: distribute
      test_rev_comp: test_rev_comp
      test_seen: test_seen
      memory: memory
      cores: cores
      ram_mb: ram_mb
      tmpdir_mb: tmpdir_mb
      outdir_mb: outdir_mb
      max_hours: max_hours
      epochs:
        source: epochs
        valueFrom: $(Math.ceil(self * 3 / 4))
      resume_from:
        source: [part_2/resume_state, part_2/checkpoints]
        linkMerge: merge_flattened
      test: {default: false}
      plot: {default: false}
    out: [resume_state, checkpoints]
  part_4:
    run: maxatac-train.cwl
    in:
      tf: tf
      cells: cells
      sequence: sequence
      prefix: prefix
      keep_checkpoints: keep_checkpoints
      save_roi: save_roi
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
      test_cell_types: test_cell_types
      allow_shared_files: allow_shared_files
      allow_same: allow_same
      arch: arch
      ensemble: ensemble
      dense: dense
      output_activation: output_activation
      quant: quant
      target_scale_factor: target_scale_factor
      weights: weights
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
      distribute: distribute
      test_rev_comp: test_rev_comp
      test_seen: test_seen
      memory: memory
      cores: cores
      ram_mb: ram_mb
      tmpdir_mb: tmpdir_mb
      outdir_mb: outdir_mb
      max_hours: max_hours
      epochs:
        source: epochs
        valueFrom: $(Math.ceil(self * 4 / 4))
      resume_from:
        source: [part_3/resume_state, part_3/checkpoints]
        linkMerge: merge_flattened
      test: test
      plot: plot
    out: [best_model, best_model_h5, best_epoch, history, cell_history, timing, thresholds, test_table, test_scores, predictions, history_plot, structure_plot, report_page, report_data, figures, record, log, cell_table, resume_state, checkpoints, tensorboard, regions, region_counts]
  # end

outputs:
  # begin: chain outputs
  best_model:
    type: File
    doc: "The selected model, for any program with Keras."
    outputSource: part_4/best_model
  best_model_h5:
    type: File
    doc: "The same as HDF5."
    outputSource: part_4/best_model_h5
  best_epoch:
    type: File
    doc: "One line: file name of the selected checkpoint."
    outputSource: part_4/best_epoch
  history:
    type: File
    doc: "Loss, Dice coefficient and more of each epoch."
    outputSource: part_4/history
  cell_history:
    type: File?
    doc: "Validation scores of each epoch by cell type."
    outputSource: part_4/cell_history
  timing:
    type: File
    doc: "Times of each epoch."
    outputSource: part_4/timing
  thresholds:
    type: File?
    doc: "Precision and recall at each threshold; not without bound bins in the genome-like windows."
    outputSource: part_4/thresholds
  test_table:
    type: File?
    doc: "Scores of the independent test; not without it."
    outputSource: part_4/test_table
  test_scores:
    type: File?
    doc: "The same for programs."
    outputSource: part_4/test_scores
  predictions:
    type: File[]
    doc: "Predictions of the independent test, one track per cell type."
    outputSource: part_4/predictions
  history_plot:
    type: File?
    doc: "Loss and Dice; not without plot."
    outputSource: part_4/history_plot
  structure_plot:
    type: File?
    doc: "The network; not without plot."
    outputSource: part_4/structure_plot
  report_page:
    type: File?
    doc: "The report, one HTML file; not without it."
    outputSource: part_4/report_page
  report_data:
    type: File?
    doc: "What it shows beside the tables."
    outputSource: part_4/report_data
  figures:
    type: Directory?
    doc: "The figures of the report, as PNG and SVG."
    outputSource: part_4/figures
  record:
    type: File
    doc: "What was run, on what, with what result."
    outputSource: part_4/record
  log:
    type: File
    doc: "The log."
    outputSource: part_4/log
  cell_table:
    type: File
    doc: "The cell types as a meta file."
    outputSource: part_4/cell_table
  resume_state:
    type: File
    doc: "What resume_from goes on from."
    outputSource: part_4/resume_state
  checkpoints:
    type: File[]
    doc: "The models after each epoch."
    outputSource: part_4/checkpoints
  tensorboard:
    type: Directory?
    doc: "Event files for TensorBoard."
    outputSource: part_4/tensorboard
  regions:
    type: File[]
    doc: "The pools of regions, with save_roi."
    outputSource: part_4/regions
  region_counts:
    type: File[]
    doc: "How many regions there are, with save_roi."
    outputSource: part_4/region_counts
  # end

$namespaces:
  s: https://schema.org/
  sbg: https://sevenbridges.com
s:license: https://spdx.org/licenses/Apache-2.0
s:citation: https://doi.org/10.1371/journal.pcbi.1010863
sbg:license: Apache-2.0
sbg:toolkit: maxatac
sbg:categories: [ATAC-seq, Machine learning]
