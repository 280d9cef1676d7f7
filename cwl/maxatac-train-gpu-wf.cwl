# Written by cwl/options.py from maxatac-train-wf.cwl.
cwlVersion: v1.2
class: Workflow
label: Train a model on a GPU
doc: |
  One training run as a workflow, for platforms that launch workflows only. maxatac-train.cwl describes it.

# begin: instance for training
hints:
  - class: sbg:AWSInstanceType
    value: "g4dn.2xlarge;ebs-gp2;200"
# end

requirements:
  InlineJavascriptRequirement: {}
  SchemaDefRequirement:
    types:
      - $import: types.yml

inputs:
  # begin: workflow inputs of train
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
  prefix:
    type: string
    label: "Prefix of output names"
    default: maxatac_model
    doc: "First part of the name of every output file."
  keep_checkpoints:
    type: string
    label: "Checkpoints to keep"
    default: all
    doc: "Which epochs' checkpoints stay: all, best, or last:N (the last N and the best)."
  save_roi:
    type: boolean
    label: "Write the regions of interest"
    default: false
    doc: "Write the pools of regions of interest; the input `train_roi` reads them back."
  plot:
    type: boolean
    label: "Draw figures"
    default: true
    doc: "Draw the model's structure, the training history and the figures of the report; the tables are written in any case."
  report:
    type: boolean
    label: "Write a report"
    default: true
    doc: "Write a report of the run when it is finished: one HTML file, and its figures."
  model_format:
    type: {type: enum, name: model_format, symbols: [keras, h5]}
    label: "Format of the checkpoints"
    default: keras
    doc: "Format of the checkpoints; the best model is written in both."
  loglevel:
    type: {type: enum, name: loglevel, symbols: [fatal, error, warning, info, debug]}
    label: "Log level"
    default: info
    doc: "Least severe messages that the log has."
  chroms:
    type: string[]?
    label: Chromosomes
    doc: "Chromosomes that the study is limited to. With `tchroms` and `vchroms` given and this not, their union. Names of a default list that the genome lacks are left out; names typed here must exist. Without it: chr2 chr3 chr4 chr5 chr6 chr7 chr9 chr10 chr11 chr12 chr13 chr14 chr15 chr16 chr17 chr18 chr19 chr20 chr21 chr22 chrX."
  tchroms:
    type: string[]?
    label: "Training chromosomes"
    doc: "Chromosomes for training only. Without it: chr3 chr4 chr5 chr6 chr7 chr9 chr10 chr11 chr12 chr13 chr14 chr15 chr16 chr17 chr18 chr20 chr21 chr22."
  vchroms:
    type: string[]?
    label: "Validation chromosomes"
    doc: "Chromosomes for validation only. Without it: chr2 chr19."
  test_chroms:
    type: string[]?
    label: "Test chromosomes"
    doc: "Chromosomes that the selected model is scored on after training; they neither train nor validate. Without it: chr1 chr8, less those above."
  blacklist:
    type: File?
    label: "Blacklisted regions"
    doc: "Regions that no window may touch: BED or bigWig, plain or gzip. Optional."
    s:encodingFormat: ["http://edamontology.org/format_3003", "http://edamontology.org/format_3613", "http://edamontology.org/format_3006"]
    sbg:fileTypes: "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ, BW, BIGWIG"
  chrom_sizes:
    type: File?
    label: "Chromosome sizes"
    doc: "Chromosome sizes to hold against those of the 2bit, which are used. Optional."
    s:encodingFormat: "http://edamontology.org/format_3475"
    sbg:fileTypes: "SIZES, TSV, TXT"
  genome:
    type: string?
    label: "Name of the genome build"
    doc: "Name of the genome build, a label for the run record only. Optional."
  train_roi:
    type: File?
    label: "Training regions"
    doc: "Training regions to use instead of the peaks of the cell types: BED, narrowPeak, or the output `regions` of a run with `save_roi`. Optional."
    s:encodingFormat: ["http://edamontology.org/format_3003", "http://edamontology.org/format_3613"]
    sbg:fileTypes: "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ"
  validate_roi:
    type: File?
    label: "Validation regions"
    doc: "Validation regions to use instead of the peaks of the cell types. Optional."
    s:encodingFormat: ["http://edamontology.org/format_3003", "http://edamontology.org/format_3613"]
    sbg:fileTypes: "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ"
  center:
    type: {type: enum, name: center, symbols: [midpoint, summit]}
    label: "Centre of a peak's window"
    default: midpoint
    doc: "What of a peak its window is centred on."
  jitter:
    type: int
    label: "Random shift of regions (bp)"
    default: 480
    doc: "Shift each region by a uniform -BP..BP. Without it every binding site sits in the middle of its window, and the network learns the place; 0 is the original's behaviour."
  rand_ratio:
    type: double
    label: "Share of random windows"
    default: 0.0
    doc: "Share of each training and validation batch that is random windows of the genome, 0 to 1."
  shuffle_cell_type:
    type: boolean
    label: "Pan-cell training"
    default: true
    doc: "Give each region a training cell type drawn at random, not its own (pan-cell training)."
  rev_comp_train:
    type: boolean
    label: "Reverse complement at random"
    default: false
    doc: "Reverse complement each example with probability 1/2."
  test_cell_types:
    type: string[]?
    label: "Cell types to hold out"
    doc: "Cell types to hold out, in place of those labelled Test in `cells`; all others train. Optional."
  allow_shared_files:
    type: string[]?
    label: "Test cell types that may share files"
    doc: "Test cell types that may have files in common with training cell types. Otherwise signal, binding or peaks that are equal in content, under whatever path, are an error: such a test proves nothing. Optional."
  allow_same:
    type: string[]?
    label: "Cell types that are one under two names"
    doc: "Cell types that are one under two names, and may all the same train and be tested; where each is left out in turn, they are held out together. Otherwise names that differ in case, blanks, - and _ alone, and equal files, are an error. Optional."
  arch:
    type: {type: enum, name: arch, symbols: [DCNN_V2, DRN]}
    label: "Network architecture"
    default: DCNN_V2
    doc: "Network: that of the paper, or DRN, which learns more from the same data."
  ensemble:
    type: int
    label: "Networks in the ensemble"
    default: 1
    doc: "Train N networks together, which differ in their initial weights; the model is the mean of their predictions. It takes at least N times the computing time of one."
  dense:
    type: boolean
    label: "End the network in a dense layer"
    default: false
    doc: "End DCNN_V2 in a dense layer."
  output_activation:
    type: {type: enum, name: output_activation, symbols: [sigmoid, linear, relu, softplus]}
    label: "Activation of the output"
    default: sigmoid
    doc: "Activation of the output; anything but sigmoid needs `quant`."
  quant:
    type: boolean
    label: "Quantitative targets"
    default: false
    doc: "Quantitative targets: the mean binding signal of each bin, fitted by mean squared error."
  target_scale_factor:
    type: double
    label: "Factor of quantitative targets"
    default: 1.0
    doc: "Factor of quantitative targets; needs `quant`."
  weights:
    type: File?
    label: "Weights to start from"
    doc: "Weights to start from: .keras, .weights.h5, or a published .h5 model. Without it: do not initialize with weights."
    s:encodingFormat: ["http://edamontology.org/format_3987", "http://edamontology.org/format_3590"]
    sbg:fileTypes: "KERAS, H5"
  epochs:
    type: int
    label: Epochs
    default: 20
    doc: "Epochs to train for; the model of the best one is selected by `select`."
  batches:
    type: int?
    label: "Batches per epoch"
    doc: "Batches per epoch, for training and for validation. Without it: 100; 10000 for DRN."
  batch_size:
    type: int?
    label: "Training batch size"
    doc: "Examples per training batch. Without it: 1000; 10 for DRN."
  val_batch_size:
    type: int?
    label: "Validation batch size"
    doc: "Examples per validation batch. Without it: 1000; 10 for DRN."
  genome_validation:
    type: string?
    label: "Windows of genome-like validation"
    doc: "Windows of the genome-like validation set, which tile the validation chromosomes; all, or 0 for none. Without it: as many as around peaks, at most 10,000 or a quarter of them."
  select:
    type: ["null", {type: enum, name: select, symbols: [dice, average_precision, loss]}]
    label: "What the best epoch is best in"
    doc: "What the best epoch is best in: Dice coefficient or loss of the validation windows around peaks, or average precision of the genome-like set. Without it: dice; loss with `quant`."
  ema:
    type: double?
    label: "Moving average of the weights"
    doc: "Validate, save and select an exponential moving average of the weights, of which this share stays at each step, such as 0.99; 0 for none. Without it: none; 0.999 for DRN."
  early_stopping:
    type: int?
    label: "Epochs without improvement before stopping"
    doc: "End training after N epochs without a better one, by what `select` says. Optional."
  seed:
    type: long?
    label: "Random seed"
    doc: "Seed of everything random: with one, a run can be repeated, and engines can reuse finished steps. Without it: drawn from 1..99999 and recorded."
  compact_transport:
    type: boolean
    label: "Send compact batches to the device"
    default: false
    doc: "Send base codes and signal to the device, a quarter of the bytes, and make the one-hot form there; the saved model is the same."
  deterministic:
    type: boolean
    label: "Deterministic GPU algorithms"
    default: false
    doc: "Let a GPU use only algorithms that give the same bits each time, which are slower."
  distribute:
    type: boolean
    label: "Train on several devices"
    default: false
    doc: "Train on several devices: all that this process has, and those of the other processes that Slurm, Open MPI, or JAX_COORDINATOR_ADDRESS, JAX_NUM_PROCESSES and JAX_PROCESS_ID tell of, each of which reads its own part of every batch. Needs KERAS_BACKEND=jax."
  test:
    type: boolean
    label: "Score the independent test"
    default: true
    doc: "Score the selected model on whole held-out chromosomes of the cell types labelled Test."
  test_rev_comp:
    type: boolean
    label: "Average both strands in the test"
    default: false
    doc: "Average the predictions for both strands in the test, which takes twice the time."
  test_seen:
    type: boolean
    label: "Score on a training chromosome too"
    default: false
    doc: "Score the same cell types on the longest training chromosome too, which takes the time of a test there: how much the model owes to places that it has seen. Leaving each cell type out in turn does so."
  memory:
    type: string?
    label: "Memory for data"
    doc: "Memory for decoded tracks, such as 200M or 4G; the results do not depend on it. Without it: a quarter of what is reserved."
  resume_from:
    type: File[]?
    label: "Outputs of an earlier run to go on with"
    doc: "Go on with an earlier run: its outputs `resume_state` and `checkpoints`. Whatever shapes the result must be as in that run; `epochs` may be more."
    s:encodingFormat: ["http://edamontology.org/format_3987", "http://edamontology.org/format_3590"]
    sbg:fileTypes: "NPZ, KERAS, H5"
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

steps:
  train:
    run: maxatac-train-gpu.cwl
    in:
      # begin: step inputs of train
      tf: tf
      cells: cells
      sequence: sequence
      prefix: prefix
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
      distribute: distribute
      test: test
      test_rev_comp: test_rev_comp
      test_seen: test_seen
      memory: memory
      resume_from: resume_from
      cores: cores
      ram_mb: ram_mb
      tmpdir_mb: tmpdir_mb
      outdir_mb: outdir_mb
      max_hours: max_hours
      # end
    # begin: step outputs of train
    out: [best_model, best_model_h5, best_epoch, history, cell_history, timing, thresholds, test_table, test_scores, predictions, history_plot, structure_plot, report_page, report_data, figures, record, log, cell_table, resume_state, checkpoints, tensorboard, regions, region_counts]
    # end

outputs:
  # begin: workflow outputs of train
  best_model:
    type: File
    label: "Best model (Keras)"
    doc: "The selected model, for maxatac predict and any program with Keras 3."
    format: "http://edamontology.org/format_3987"
    sbg:fileTypes: KERAS
    outputSource: train/best_model
  best_model_h5:
    type: File
    label: "Best model (HDF5)"
    doc: "The selected model as HDF5, for programs that read the published models."
    format: "http://edamontology.org/format_3590"
    sbg:fileTypes: H5
    outputSource: train/best_model_h5
  best_epoch:
    type: File
    label: "Name of the best checkpoint"
    doc: "One line: file name of the checkpoint that was selected."
    format: "http://edamontology.org/format_2330"
    sbg:fileTypes: TXT
    outputSource: train/best_epoch
  history:
    type: File
    label: "Training history"
    doc: "Loss, Dice coefficient, average precision and more of each epoch, for training and validation."
    format: "http://edamontology.org/format_3752"
    sbg:fileTypes: CSV
    outputSource: train/history
  cell_history:
    type: File?
    label: "Training history by cell type"
    doc: "Validation scores of each epoch by cell type; none where there is one cell type."
    format: "http://edamontology.org/format_3752"
    sbg:fileTypes: CSV
    outputSource: train/cell_history
  timing:
    type: File
    label: "Times of each epoch"
    doc: "What took how long in each epoch."
    format: "http://edamontology.org/format_3752"
    sbg:fileTypes: CSV
    outputSource: train/timing
  thresholds:
    type: File?
    label: "Table of thresholds"
    doc: "Precision and recall at each threshold, on the genome-like validation windows: the cutoff table for calling sites. None without bound bins in those windows."
    format: "http://edamontology.org/format_3475"
    sbg:fileTypes: TSV
    outputSource: train/thresholds
  test_table:
    type: File?
    label: "Test scores"
    doc: "Scores of the selected model on test chromosomes of held-out cell types, beside baselines; with `test`."
    format: "http://edamontology.org/format_3475"
    sbg:fileTypes: TSV
    outputSource: train/test_table
  test_scores:
    type: File?
    label: "Test scores (JSON)"
    doc: "The scores of the independent test for programs."
    format: "http://edamontology.org/format_3464"
    sbg:fileTypes: JSON
    outputSource: train/test_scores
  predictions:
    type: File[]
    label: "Predictions of the test"
    doc: "Predicted scores on the test chromosomes, one track per held-out cell type."
    format: "http://edamontology.org/format_3006"
    sbg:fileTypes: BW
    outputSource: train/predictions
  history_plot:
    type: File?
    label: "Figure of the training history"
    doc: "Loss and Dice coefficient over the epochs; with `plot`."
    format: "http://edamontology.org/format_3603"
    sbg:fileTypes: PNG
    outputSource: train/history_plot
  structure_plot:
    type: File?
    label: "Figure of the network"
    doc: "The layers of the network; with `plot`."
    format: "http://edamontology.org/format_3603"
    sbg:fileTypes: PNG
    outputSource: train/structure_plot
  report_page:
    type: File?
    label: Report
    doc: "The report of the run: data, training, selection and test in one HTML file; with `report`."
    format: "http://edamontology.org/format_2331"
    sbg:fileTypes: HTML
    outputSource: train/report_page
  report_data:
    type: File?
    label: "Data of the report"
    doc: "What the report shows beside the tables; with it the report can be drawn again."
    format: "http://edamontology.org/format_3464"
    sbg:fileTypes: JSON
    outputSource: train/report_data
  figures:
    type: Directory?
    label: "Figures of the report"
    doc: "The figures of the report, as PNG and SVG; with `report` and `plot`."
    outputSource: train/figures
  record:
    type: File
    label: "Run record"
    doc: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."
    format: "http://edamontology.org/format_3464"
    sbg:fileTypes: JSON
    outputSource: train/record
  log:
    type: File
    label: Log
    doc: "What training told while it ran."
    format: "http://edamontology.org/format_2330"
    sbg:fileTypes: LOG
    outputSource: train/log
  cell_table:
    type: File
    label: "Meta file"
    doc: "The cell types as the table that maxatac train takes on a command line, with their paths in the step."
    format: "http://edamontology.org/format_3475"
    sbg:fileTypes: TSV
    outputSource: train/cell_table
  resume_state:
    type: File
    label: "State to go on from"
    doc: "Weights, optimizer and random state after the last epoch; the input `resume_from` takes it, together with `checkpoints`."
    format: "http://edamontology.org/format_3987"
    sbg:fileTypes: NPZ
    outputSource: train/resume_state
  checkpoints:
    type: File[]
    label: Checkpoints
    doc: "The models after each epoch, as many as `keep_checkpoints` says."
    format: "http://edamontology.org/format_2333"
    sbg:fileTypes: "KERAS, H5"
    outputSource: train/checkpoints
  tensorboard:
    type: Directory?
    label: "TensorBoard events"
    doc: "The course of the training for TensorBoard."
    outputSource: train/tensorboard
  regions:
    type: File[]
    label: "Regions of interest"
    doc: "The regions of training and of validation; with `save_roi`. The inputs `train_roi` and `validate_roi` read them."
    format: "http://edamontology.org/format_3003"
    sbg:fileTypes: BED.GZ
    outputSource: train/regions
  region_counts:
    type: File[]
    label: "Numbers of regions"
    doc: "How many regions each cell type and chromosome has; with `save_roi`."
    format: "http://edamontology.org/format_2330"
    sbg:fileTypes: TXT
    outputSource: train/region_counts
  # end

# begin: about
$namespaces:
  s: https://schema.org/
  sbg: https://sevenbridges.com
s:name: "maxatac-train-wf"
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
