cwlVersion: v1.2
class: CommandLineTool
label: Call sites in a predicted track
doc: |
  Joins the bins of a predicted track whose score reaches a cutoff to sites, as BED or narrowPeak (maxatac peaks).
  docs/peaks.md explains the options.

# begin: tool of maxatac peaks
baseCommand: [maxatac, peaks]
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
  InlineJavascriptRequirement:
    expressionLib:
      - |
        function sites_format(inputs) {
          return inputs.format === "bed" ? "http://edamontology.org/format_3003" : "http://edamontology.org/format_3613";
        }
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
  input_bigwig:
    type: File
    secondaryFiles: [{pattern: "^_predict_run.json", required: false}, {pattern: "^_merge_run.json", required: false}, {pattern: "$(self.nameroot.replace(/_test\\..*$/, \"\") + \"_run.json\")", required: false}]
    doc: "Predicted scores, as maxatac predict writes them."
    inputBinding: {prefix: "--input_bigwig"}
  chroms:
    type: string[]?
    doc: "Chromosomes on which sites are called. Without it: all of the bigWig."
    inputBinding: {prefix: "--chroms"}
  bin_size:
    type: int
    default: 32
    doc: "Width of a bin in bp. 32 takes the bins as they are stored; of wider ones, counted from the chromosome's start, the highest score in each counts. Published tables are for bins of 200 bp."
    inputBinding: {prefix: "--bin_size"}
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
  prefix:
    type: string?
    doc: "First part of the name of every output file. Without it: that of the bigWig without its ending."
    inputBinding: {prefix: "--prefix"}
  loglevel:
    type: {type: enum, symbols: [fatal, error, warning, info, debug]}
    default: info
    doc: "What to log, in upper or lower case."
    inputBinding: {prefix: "--loglevel"}
  format:
    type: {type: enum, symbols: [bed, narrowPeak]}
    default: bed
    doc: "Bed has chromosome, start, end and highest score; narrowPeak has the summit too."
    inputBinding: {prefix: "--format"}
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
  sites:
    type: File
    format: "$(sites_format(inputs))"
    doc: "The sites, sorted by chromosome and start."
    outputBinding: {glob: "$(inputs.prefix || inputs.input_bigwig.nameroot)_$(inputs.bin_size)bp.$(inputs.format)"}
  record:
    type: File
    format: "http://edamontology.org/format_3464"
    doc: "What was run, on what, with what result."
    outputBinding: {glob: "$(inputs.prefix || inputs.input_bigwig.nameroot)_peaks_run.json"}
  log:
    type: File
    format: "http://edamontology.org/format_2330"
    doc: "The log."
    outputBinding: {glob: "$(inputs.prefix || inputs.input_bigwig.nameroot)_peaks.log"}

$namespaces:
  s: https://schema.org/
s:name: maxatac peaks
s:license: https://spdx.org/licenses/Apache-2.0
s:citation: https://doi.org/10.1371/journal.pcbi.1010863
# end
