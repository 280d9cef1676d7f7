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
    label: "Predicted scores"
    secondaryFiles: [{pattern: "^_predict_run.json", required: false}, {pattern: "^_merge_run.json", required: false}, {pattern: "$(self.nameroot.replace(/_test\\..*$/, \"\") + \"_run.json\")", required: false}]
    doc: "Predictions, one for each cell type, in place of a table. Optional."
    s:encodingFormat: "http://edamontology.org/format_3006"
    sbg:fileTypes: "BW, BIGWIG"
    inputBinding: {prefix: "--prediction"}
  binding:
    type: File[]?
    label: "Binding of each cell type"
    doc: "Binding of the cell types of `prediction`, in the same order. Optional."
    s:encodingFormat: "http://edamontology.org/format_3006"
    sbg:fileTypes: "BW, BIGWIG"
    inputBinding: {prefix: "--binding"}
  binding_threshold:
    type: double?
    label: "Binding above which bases are bound"
    doc: "Take bases with binding above X as bound. Without it: none, other values than 0 and 1 are refused."
    inputBinding: {prefix: "--binding_threshold"}
  chroms:
    type: string[]?
    label: Chromosomes
    doc: "Chromosomes to count. Without it: all that every prediction and binding track has."
    inputBinding: {prefix: "--chroms"}
  bin_size:
    type: int
    label: "Bin width (bp)"
    default: 200
    doc: "Width of the bins, 32 or 200. Published tables are for 200: the highest score in them counts, and any bound base. Sites that maxatac predict and maxatac peaks call are bins of 32 unless asked: a table of 32 promises what holds for those."
    inputBinding: {prefix: "--bin_size"}
  blacklist:
    type: File?
    label: "Blacklisted regions"
    doc: "Regions whose bins do not count: BED or bigWig, plain or gzip. Optional."
    s:encodingFormat: ["http://edamontology.org/format_3003", "http://edamontology.org/format_3613", "http://edamontology.org/format_3006"]
    sbg:fileTypes: "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ, BW, BIGWIG"
    inputBinding: {prefix: "--blacklist"}
  blacklist_bw:
    type: File?
    label: "Blacklisted regions as bigWig"
    doc: "Regions whose bases do not count, as bigWig: where it is above 0. In place of `blacklist`."
    s:encodingFormat: "http://edamontology.org/format_3006"
    sbg:fileTypes: "BW, BIGWIG"
    inputBinding: {prefix: "--blacklist_bw"}
  chrom_sizes:
    type: File?
    label: "Chromosome sizes"
    doc: "Chromosome sizes to compare with those of the tracks. Optional."
    s:encodingFormat: "http://edamontology.org/format_3475"
    sbg:fileTypes: "SIZES, TSV, TXT"
    inputBinding: {prefix: "--chrom_sizes"}
  prefix:
    type: string
    label: "Prefix of output names"
    doc: "First part of the name of every output file."
    inputBinding: {prefix: "--prefix"}
  loglevel:
    type: {type: enum, name: loglevel, symbols: [fatal, error, warning, info, debug]}
    label: "Log level"
    default: info
    doc: "Least severe messages that the log has."
    inputBinding: {prefix: "--loglevel"}
  plot:
    type: boolean
    label: "Draw figures"
    default: true
    doc: "Draw precision, recall and F1 over the threshold."
    inputBinding: {valueFrom: "$(self ? \"--plot\" : \"--no-plot\")"}
  ram_mb:
    type: int
    label: "Memory to reserve (MiB)"
    default: 4096
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

outputs:
  table:
    type: File
    label: "Table of thresholds"
    secondaryFiles: ["$(inputs.prefix)_threshold_run.json"]
    doc: "Precision and recall at each threshold: the cutoff table for calling sites."
    format: "http://edamontology.org/format_3475"
    sbg:fileTypes: TSV
    outputBinding: {glob: "$(inputs.prefix).tsv"}
  cross_celltype:
    type: File
    label: "Thresholds over cell types"
    secondaryFiles: ["$(inputs.prefix)_threshold_run.json"]
    doc: "Threshold for each precision, recall and F1: medians over cell types."
    format: "http://edamontology.org/format_3475"
    sbg:fileTypes: TSV
    outputBinding: {glob: "$(inputs.prefix)_cross_celltype.tsv"}
  figure:
    type: File?
    label: "Figure of the thresholds"
    doc: "Precision, recall and F1 over the threshold; with `plot`."
    format: "http://edamontology.org/format_3603"
    sbg:fileTypes: PNG
    outputBinding: {glob: "$(inputs.prefix).png"}
  record:
    type: File
    label: "Run record"
    doc: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."
    format: "http://edamontology.org/format_3464"
    sbg:fileTypes: JSON
    outputBinding: {glob: "$(inputs.prefix)_threshold_run.json"}
  log:
    type: File
    label: Log
    doc: "What the command told while it ran."
    format: "http://edamontology.org/format_2330"
    sbg:fileTypes: LOG
    outputBinding: {glob: "$(inputs.prefix)_threshold.log"}

$namespaces:
  s: https://schema.org/
  sbg: https://sevenbridges.com
s:name: "maxatac threshold"
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
