cwlVersion: v1.2
class: Workflow
label: Check that training works here
doc: |
  Simulates a small data set, trains on it for two epochs, and holds the result against what is expected. Needs no
  data of yours.

requirements:
  InlineJavascriptRequirement: {}
  StepInputExpressionRequirement: {}
  SubworkflowFeatureRequirement: {}
  SchemaDefRequirement:
    types:
      - $import: types.yml

inputs:
  expected: {type: File, doc: "JSON: best_epoch, state_sha256, history, tolerance."}
  exact: {type: boolean, default: false, doc: Whether everything must be the same to the last digit.}
  cores: {type: int, default: 1, doc: Processor cores to reserve.}
  ram_mb: {type: int, default: 4096, doc: "Memory to reserve, in MiB."}

steps:
  simulate:
    run: maxatac-simulate.cwl
    in: {size: {default: 1M}}
    out: [sequence, blacklist, atac_signal, binding, atac_peaks, chip_peaks]
  train:
    run: maxatac-train-lists.cwl
    in:
      tf: {default: SIMTF}
      cell_types: {default: [CellA, CellB, CellC]}
      labels: {default: [Train, Train, Test]}
      sequence: simulate/sequence
      blacklist: simulate/blacklist
      atac_signal: simulate/atac_signal
      binding: simulate/binding
      atac_peaks: simulate/atac_peaks
      chip_peaks: simulate/chip_peaks
      tchroms: {default: [chr1, chr2, chr3, chr4]}
      vchroms: {default: [chr5, chr6]}
      test_chroms: {default: [chr8]}
      epochs: {default: 2}
      batches: {default: 2}
      batch_size: {default: 8}
      val_batch_size: {default: 8}
      seed: {default: 7}
      plot: {default: false}
      test: {default: false}
      cores: cores
      ram_mb: ram_mb
    out: [record, history, best_model, best_epoch, cell_table, log]
  compare:
    run: compare-run.cwl
    in: {record: train/record, history: train/history, expected: expected, exact: exact}
    out: [report]

outputs:
  report: {type: File, outputSource: compare/report}
  record: {type: File, outputSource: train/record}
  history: {type: File, outputSource: train/history}
  best_model: {type: File, outputSource: train/best_model}
  best_epoch: {type: File, outputSource: train/best_epoch}
  cell_table: {type: File, outputSource: train/cell_table}
  log: {type: File, outputSource: train/log}
