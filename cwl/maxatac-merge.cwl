cwlVersion: v1.2
class: CommandLineTool
label: Join predictions of parts of a genome
doc: |
  Joins predictions of disjoint chromosomes of one genome to the track and the sites that one job would have written
  (maxatac merge). docs/predict.md explains the options.

# begin: tool of maxatac merge
baseCommand: [maxatac, merge]
arguments:
  - {prefix: "--output", valueFrom: "."}

hints:
  DockerRequirement:
    dockerPull: maxatac:0.1.0
  SoftwareRequirement:
    packages:
      maxatac:
        version: ["0.1.0"]
        specs: ["https://doi.org/10.1371/journal.pcbi.1010863"]

requirements:
  InlineJavascriptRequirement: {}
  ResourceRequirement:
    coresMin: 1
    ramMin: "$(inputs.ram_mb)"
    tmpdirMin: "$(inputs.tmpdir_mb)"
    outdirMin: "$(inputs.outdir_mb)"
  NetworkAccess:
    networkAccess: false
  ToolTimeLimit:
    timelimit: "$(inputs.max_hours * 3600)"
  EnvVarRequirement:
    envDef: {KERAS_HOME: "$(runtime.tmpdir)", MPLCONFIGDIR: "$(runtime.tmpdir)"}

successCodes: [0]
temporaryFailCodes: [75]
permanentFailCodes: [1, 2]

inputs:
  parts:
    type: File[]
    secondaryFiles: [{pattern: "^_predict_run.json", required: false}, {pattern: "^_merge_run.json", required: false}, {pattern: "$(self.nameroot.replace(/_test\\..*$/, \"\") + \"_run.json\")", required: false}]
    doc: "Predictions of the parts, in any order; no sequence may be in two of them."
    inputBinding: {prefix: "--parts"}
  prefix:
    type: string
    default: maxatac_predict
    doc: "First part of the name of every output file."
    inputBinding: {prefix: "--prefix"}
  loglevel:
    type: {type: enum, symbols: [fatal, error, warning, info, debug]}
    default: info
    doc: "What to log, in upper or lower case."
    inputBinding: {prefix: "--loglevel"}
  cutoff_type:
    type: string
    default: F1
    doc: "What the cutoff is chosen by, in upper or lower case: Precision, Recall, F1, log2FC of the table, or score for a score itself. F1 takes the threshold of the highest F1."
    inputBinding: {prefix: "--cutoff_type"}
  cutoff_value:
    type: double?
    doc: "Value to reach: a score, or a precision, recall or log2 fold over random; F1 needs none. Without it: none."
    inputBinding: {prefix: "--cutoff_value"}
  cutoff_file:
    type: File?
    secondaryFiles: [{pattern: "$(self.nameroot.replace(/_cross_celltype$/, \"\") + \"_threshold_run.json\")", required: false}, {pattern: "$(self.nameroot.replace(/_thresholds$/, \"\") + \"_run.json\")", required: false}]
    doc: "Table of thresholds, of a published model, of maxatac train or of maxatac threshold. Without it: none."
    inputBinding: {prefix: "--cutoff_file"}
  part_peaks:
    type: File[]?
    doc: "Sites of the parts, which are joined; in place of a cutoff. Without it: none."
    inputBinding: {prefix: "--part_peaks"}
  max_zooms:
    type: int
    default: 10
    doc: "Zoom levels of the bigWig, at most; 0 to 10."
    inputBinding: {prefix: "--max_zooms"}
  ram_mb:
    type: int
    default: 4096
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

outputs:
  track:
    type: File
    secondaryFiles: ["$(inputs.prefix)_merge_run.json"]
    format: "http://edamontology.org/format_3006"
    doc: "The joined track."
    outputBinding: {glob: "$(inputs.prefix).bw"}
  sites:
    type: File?
    format: "http://edamontology.org/format_3003"
    doc: "Its sites; with a cutoff, or the sites of the parts."
    outputBinding: {glob: "$(inputs.prefix)_peaks.bed"}
  record:
    type: File
    format: "http://edamontology.org/format_3464"
    doc: "What was run, on what, with what result."
    outputBinding: {glob: "$(inputs.prefix)_merge_run.json"}
  log:
    type: File
    format: "http://edamontology.org/format_2330"
    doc: "The log."
    outputBinding: {glob: "$(inputs.prefix)_merge.log"}

$namespaces:
  s: https://schema.org/
s:name: maxatac merge
s:license: https://spdx.org/licenses/Apache-2.0
s:citation: https://doi.org/10.1371/journal.pcbi.1010863
# end
