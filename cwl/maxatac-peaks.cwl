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
    label: "Predicted scores"
    secondaryFiles: [{pattern: "^_predict_run.json", required: false}, {pattern: "^_merge_run.json", required: false}, {pattern: "$(self.nameroot.replace(/_test\\..*$/, \"\") + \"_run.json\")", required: false}]
    doc: "Predicted scores, as maxatac predict writes them."
    s:encodingFormat: "http://edamontology.org/format_3006"
    sbg:fileTypes: "BW, BIGWIG"
    inputBinding: {prefix: "--input_bigwig"}
  chroms:
    type: string[]?
    label: Chromosomes
    doc: "Chromosomes on which sites are called. Without it: all of the bigWig."
    inputBinding: {prefix: "--chroms"}
  bin_size:
    type: int
    label: "Bin width (bp)"
    default: 32
    doc: "Width of a bin in bp. 32 takes the bins as they are stored; of wider ones, counted from the chromosome's start, the highest score in each counts. Published tables are for bins of 200 bp."
    inputBinding: {prefix: "--bin_size"}
  cutoff_type:
    type: string
    label: "What the cutoff is chosen by"
    default: F1
    doc: "What the cutoff is chosen by, in upper or lower case: Precision, Recall, F1, log2FC of the table, or score for a score itself. F1 takes the threshold of the highest F1."
    inputBinding: {prefix: "--cutoff_type"}
  cutoff_value:
    type: double?
    label: "Value to reach"
    doc: "Value to reach: a score, or a precision, recall or log2 fold over random; F1 needs none. Optional."
    inputBinding: {prefix: "--cutoff_value"}
  cutoff_file:
    type: File?
    label: "Table of thresholds"
    secondaryFiles: [{pattern: "$(self.nameroot.replace(/_cross_celltype$/, \"\") + \"_threshold_run.json\")", required: false}, {pattern: "$(self.nameroot.replace(/_thresholds$/, \"\") + \"_run.json\")", required: false}]
    doc: "Table of thresholds, of a published model, of maxatac train or of maxatac threshold. Optional."
    s:encodingFormat: "http://edamontology.org/format_3475"
    sbg:fileTypes: "TSV, TXT"
    inputBinding: {prefix: "--cutoff_file"}
  prefix:
    type: string?
    label: "Prefix of output names"
    doc: "First part of the name of every output file. Without it: that of the bigWig without its ending."
    inputBinding: {prefix: "--prefix"}
  loglevel:
    type: {type: enum, name: loglevel, symbols: [fatal, error, warning, info, debug]}
    label: "Log level"
    default: info
    doc: "Least severe messages that the log has."
    inputBinding: {prefix: "--loglevel"}
  format:
    type: {type: enum, name: format, symbols: [bed, narrowPeak]}
    label: "Format of the sites"
    default: bed
    doc: "Bed has chromosome, start, end and highest score; narrowPeak has the summit too."
    inputBinding: {prefix: "--format"}
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
  sites:
    type: File
    label: "Predicted sites"
    doc: "Runs of bins whose score reaches the cutoff, sorted by chromosome and start, as BED or narrowPeak."
    format: "$(sites_format(inputs))"
    sbg:fileTypes: "BED, NARROWPEAK"
    outputBinding: {glob: "$(inputs.prefix || inputs.input_bigwig.nameroot)_$(inputs.bin_size)bp.$(inputs.format)"}
  record:
    type: File
    label: "Run record"
    doc: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."
    format: "http://edamontology.org/format_3464"
    sbg:fileTypes: JSON
    outputBinding: {glob: "$(inputs.prefix || inputs.input_bigwig.nameroot)_peaks_run.json"}
  log:
    type: File
    label: Log
    doc: "What the command told while it ran."
    format: "http://edamontology.org/format_2330"
    sbg:fileTypes: LOG
    outputBinding: {glob: "$(inputs.prefix || inputs.input_bigwig.nameroot)_peaks.log"}

$namespaces:
  s: https://schema.org/
  sbg: https://sevenbridges.com
s:name: "maxatac peaks"
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
