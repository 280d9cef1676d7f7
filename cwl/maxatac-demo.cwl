cwlVersion: v1.2
class: Workflow
label: Try training, prediction and scores on simulated data
doc: |
  Simulates a small data set, trains on two cell types, predicts the third, makes a table of thresholds, calls sites,
  scores, and predicts once more from the model alone. Needs no data, and takes minutes. The model is of no use: it
  trains for a few batches.

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
  seed:
    type: long
    label: Random seed
    default: 7
    doc: Seed of the training; the data are the same with any.
  cores:
    type: int
    label: Processor cores
    default: 1
    doc: Processor cores to reserve for each step.
  ram_mb:
    type: int
    label: Memory to reserve (MiB)
    default: 4096
    doc: "Memory to reserve for each step, in MiB."

steps:
  simulate:
    run: maxatac-simulate.cwl
    in: {size: {default: 1M}}
    out: [sequence, blacklist, atac_signal, binding, atac_peaks, chip_peaks]
  cells:
    run: zip-cells.cwl
    in:
      cell_types: {default: [CellA, CellB, CellC]}
      labels: {default: [Train, Train, Test]}
      atac_signal: simulate/atac_signal
      binding: simulate/binding
      atac_peaks: simulate/atac_peaks
      chip_peaks: simulate/chip_peaks
    out: [cells]
  score:
    run: maxatac-train-and-score.cwl
    in:
      tf: {default: SIMTF}
      cells: cells/cells
      sequence: simulate/sequence
      blacklist: simulate/blacklist
      tchroms: {default: [chr1, chr2, chr3, chr4]}
      vchroms: {default: [chr5, chr6]}
      test_chroms: {default: [chr7]}
      epochs: {default: 2}
      batches: {default: 2}
      batch_size: {default: 8}
      val_batch_size: {default: 8}
      seed: seed
      cores: cores
      ram_mb: ram_mb
    out: [best_model, report_page, test_table, threshold_table, predict_tracks, peaks_sites, benchmark_table]
  predict:
    run: maxatac-predict-sites.cwl
    in:
      model: {source: score/best_model, valueFrom: "$([self])"}
      sequence: simulate/sequence
      signal: {source: simulate/atac_signal, valueFrom: "$([self[2]])"}
      blacklist: simulate/blacklist
      chroms: {default: [chr7]}
      cutoff_type: {default: score}
      cutoff_value: {default: 0.5}
      cores: cores
      ram_mb: ram_mb
    out: [predict_tracks, peaks_sites]

outputs:
  best_model:
    type: File
    label: Best model (Keras)
    doc: "The selected model."
    format: http://edamontology.org/format_3987
    sbg:fileTypes: KERAS
    outputSource: score/best_model
  report_page:
    type: File?
    label: Report
    doc: "The report of the training run, one HTML file."
    format: http://edamontology.org/format_2331
    sbg:fileTypes: HTML
    outputSource: score/report_page
  test_table:
    type: File?
    label: Test scores
    doc: "Scores of the independent test."
    format: http://edamontology.org/format_3475
    sbg:fileTypes: TSV
    outputSource: score/test_table
  threshold_table:
    type: File
    label: Table of thresholds
    doc: "Precision and recall at each threshold."
    format: http://edamontology.org/format_3475
    sbg:fileTypes: TSV
    outputSource: score/threshold_table
  tracks:
    type: File[]
    label: Predicted scores
    doc: "Predicted scores of the held-out cell type."
    format: http://edamontology.org/format_3006
    sbg:fileTypes: BW
    outputSource: score/predict_tracks
  sites:
    type: {type: array, items: File}
    label: Predicted sites
    doc: "Sites at the cutoff of the table of thresholds."
    format: http://edamontology.org/format_3003
    sbg:fileTypes: BED
    outputSource: score/peaks_sites
  scores:
    type: {type: array, items: File}
    label: Scores
    doc: "Average precision and more of each chromosome, beside baselines."
    format: http://edamontology.org/format_3475
    sbg:fileTypes: TSV
    outputSource: score/benchmark_table
  model_tracks:
    type: File[]
    label: Predicted scores from the model alone
    doc: "Predicted scores of chr7, by the workflow that takes a model."
    format: http://edamontology.org/format_3006
    sbg:fileTypes: BW
    outputSource: predict/predict_tracks
  model_sites:
    type: {type: array, items: File}
    label: Predicted sites from the model alone
    doc: "Sites where that score reaches 0.5."
    format: http://edamontology.org/format_3003
    sbg:fileTypes: BED
    outputSource: predict/peaks_sites

# begin: about
$namespaces:
  s: https://schema.org/
  sbg: https://sevenbridges.com
s:name: "maxatac-demo"
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
