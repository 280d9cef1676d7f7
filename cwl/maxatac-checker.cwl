cwlVersion: v1.2
class: Workflow
label: Check that training works here
doc: |
  Simulates a small data set, trains on it for two epochs, and holds the result against what is expected. Needs no
  data of yours.

# begin: instance for examples
hints:
  - class: sbg:AWSInstanceType
    value: "m5.xlarge;ebs-gp2;50"
  - class: sbg:GoogleInstanceType
    value: "n1-standard-4;pd-ssd;50"
# end

requirements:
  InlineJavascriptRequirement: {}
  StepInputExpressionRequirement: {}
  SubworkflowFeatureRequirement: {}
  SchemaDefRequirement:
    types:
      - $import: types.yml

inputs:
  expected:
    type: File
    label: Expected result
    doc: "JSON with best_epoch, state_sha256, history and tolerance."
    s:encodingFormat: http://edamontology.org/format_3464
    sbg:fileTypes: JSON
  exact:
    type: boolean
    label: Compare exactly
    default: false
    doc: Whether everything must be the same to the last bit.
  cores:
    type: int
    label: Processor cores
    default: 1
    doc: Processor cores to reserve.
  ram_mb:
    type: int
    label: Memory to reserve (MiB)
    default: 4096
    doc: "Memory to reserve, in MiB."

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
  report:
    type: File
    label: Report
    doc: "What differs from what is expected, one line each; or that nothing does."
    format: http://edamontology.org/format_2330
    sbg:fileTypes: TXT
    outputSource: compare/report
  record:
    type: File
    label: Run record
    doc: "What was trained, on what, with what result."
    format: http://edamontology.org/format_3464
    sbg:fileTypes: JSON
    outputSource: train/record
  history:
    type: File
    label: Training history
    doc: Scores of each epoch.
    format: http://edamontology.org/format_3752
    sbg:fileTypes: CSV
    outputSource: train/history
  best_model:
    type: File
    label: Best model (Keras)
    doc: The selected model.
    format: http://edamontology.org/format_3987
    sbg:fileTypes: KERAS
    outputSource: train/best_model
  best_epoch:
    type: File
    label: Name of the best checkpoint
    doc: File name of the checkpoint that was selected.
    format: http://edamontology.org/format_2330
    sbg:fileTypes: TXT
    outputSource: train/best_epoch
  cell_table:
    type: File
    label: Meta file
    doc: The cell types as a table.
    format: http://edamontology.org/format_3475
    sbg:fileTypes: TSV
    outputSource: train/cell_table
  log:
    type: File
    label: Log
    doc: What training told while it ran.
    format: http://edamontology.org/format_2330
    sbg:fileTypes: LOG
    outputSource: train/log

# begin: about
$namespaces:
  s: https://schema.org/
  sbg: https://sevenbridges.com
s:name: "maxatac-checker"
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
