cwlVersion: v1.2
class: CommandLineTool
label: Make a table of thresholds
doc: |
  Compares predictions with binding, and writes which precision and recall each threshold has (maxatac threshold).
  docs/threshold.md explains the options.

# begin: tool of maxatac threshold
baseCommand: [maxatac, threshold]
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
  prediction:
    type: File[]?
    secondaryFiles: [{pattern: "^_predict_run.json", required: false}, {pattern: "^_merge_run.json", required: false}, {pattern: "$(self.nameroot.replace(/_test\\..*$/, \"\") + \"_run.json\")", required: false}]
    doc: "Predictions, one for each cell type, in place of a table. Without it: none."
    inputBinding: {prefix: "--prediction"}
  binding:
    type: File[]?
    doc: "Binding of the cell types of --prediction, in the same order. Without it: none."
    inputBinding: {prefix: "--binding"}
  binding_threshold:
    type: double?
    doc: "Take bases with binding above X as bound. Without it: none, other values than 0 and 1 are refused."
    inputBinding: {prefix: "--binding_threshold"}
  chroms:
    type: string[]?
    doc: "Chromosomes to count. Without it: all that every prediction and binding track has."
    inputBinding: {prefix: "--chroms"}
  bin_size:
    type: int
    default: 200
    doc: "Width of the bins, 32 or 200. Published tables are for 200: the highest score in them counts, and any bound base. Sites that maxatac predict and maxatac peaks call are bins of 32 unless asked: a table of 32 promises what holds for those."
    inputBinding: {prefix: "--bin_size"}
  blacklist:
    type: File?
    doc: "Regions whose bins do not count: BED or bigWig, plain or gzip. Without it: none."
    inputBinding: {prefix: "--blacklist"}
  blacklist_bw:
    type: File?
    doc: "Likewise, as bigWig. Without it: none."
    inputBinding: {prefix: "--blacklist_bw"}
  chrom_sizes:
    type: File?
    doc: "Chromosome sizes to compare with those of the tracks. Without it: none."
    inputBinding: {prefix: "--chrom_sizes"}
  prefix:
    type: string
    doc: "First part of the name of every output file."
    inputBinding: {prefix: "--prefix"}
  loglevel:
    type: {type: enum, symbols: [fatal, error, warning, info, debug]}
    default: info
    doc: "What to log, in upper or lower case."
    inputBinding: {prefix: "--loglevel"}
  plot:
    type: boolean
    default: true
    doc: "Draw precision, recall and F1 over the threshold."
    inputBinding: {valueFrom: "$(self ? \"--plot\" : \"--no-plot\")"}
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
  table:
    type: File
    secondaryFiles: ["$(inputs.prefix)_threshold_run.json"]
    format: "http://edamontology.org/format_3475"
    doc: "Precision and recall at each threshold."
    outputBinding: {glob: "$(inputs.prefix).tsv"}
  cross_celltype:
    type: File
    secondaryFiles: ["$(inputs.prefix)_threshold_run.json"]
    format: "http://edamontology.org/format_3475"
    doc: "Threshold for each precision, recall and F1: medians over cell types."
    outputBinding: {glob: "$(inputs.prefix)_cross_celltype.tsv"}
  figure:
    type: File?
    format: "http://edamontology.org/format_3603"
    doc: "Precision and recall over the threshold."
    outputBinding: {glob: "$(inputs.prefix).png"}
  record:
    type: File
    format: "http://edamontology.org/format_3464"
    doc: "What was run, on what, with what result."
    outputBinding: {glob: "$(inputs.prefix)_threshold_run.json"}
  log:
    type: File
    format: "http://edamontology.org/format_2330"
    doc: "The log."
    outputBinding: {glob: "$(inputs.prefix)_threshold.log"}

$namespaces:
  s: https://schema.org/
s:name: maxatac threshold
s:license: https://spdx.org/licenses/Apache-2.0
s:citation: https://doi.org/10.1371/journal.pcbi.1010863
# end
