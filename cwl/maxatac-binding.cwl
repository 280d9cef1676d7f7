cwlVersion: v1.2
class: CommandLineTool
label: Make a binding track from ChIP-seq peaks
doc: |
  Makes the binary binding track that training reads from the ChIP-seq peaks of a transcription factor in a cell type:
  of one replicate, or of several by union, intersection or number. docs/binding.md describes the rules.

# begin: tool of maxatac binding
baseCommand: [maxatac, binding]
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
  chip_peaks:
    type: File[]
    label: "ChIP-seq peaks, one file per replicate"
    doc: "ChIP-seq peaks, one file per replicate: BED or narrowPeak, plain or gzip."
    s:encodingFormat: ["http://edamontology.org/format_3003", "http://edamontology.org/format_3613"]
    sbg:fileTypes: "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ"
    inputBinding: {prefix: "--chip_peaks"}
  combine:
    type: string
    label: "How replicates are combined"
    default: union
    doc: "Bases that are bound, of several replicates: union (in a peak of any), intersection (of all), or a number (of at least so many)."
    inputBinding: {prefix: "--combine"}
  summit_window:
    type: int?
    label: "Width around the summits (bp)"
    doc: "Take this many bp around each summit, half of them before it, in place of the whole peak: 200 takes summit - 100 to summit + 100. Without it: the whole peak."
    inputBinding: {prefix: "--summit_window"}
  sequence:
    type: File?
    label: "Genome sequence (2bit)"
    doc: "Genome sequence as 2bit, for chromosome sizes. Needed unless `chrom_sizes` is given."
    s:encodingFormat: "http://edamontology.org/format_3009"
    sbg:fileTypes: "2BIT"
    inputBinding: {prefix: "--sequence"}
  chrom_sizes:
    type: File?
    label: "Chromosome sizes"
    doc: "Chromosome sizes, in place of `sequence` or to compare with it. Without it: those of `sequence`."
    s:encodingFormat: "http://edamontology.org/format_3475"
    sbg:fileTypes: "SIZES, TSV, TXT"
    inputBinding: {prefix: "--chrom_sizes"}
  chroms:
    type: string[]?
    label: Chromosomes
    doc: "Chromosomes of the track, with a peak or without. Without it: all of the genome without organelles."
    inputBinding: {prefix: "--chroms"}
  blacklist:
    type: File?
    label: "Blacklisted regions"
    doc: "Bases that are not bound, whatever the peaks say; the rest of a peak stays. BED or bigWig, plain or gzip. Optional."
    s:encodingFormat: ["http://edamontology.org/format_3003", "http://edamontology.org/format_3613", "http://edamontology.org/format_3006"]
    sbg:fileTypes: "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ, BW, BIGWIG"
    inputBinding: {prefix: "--blacklist"}
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
  max_zooms:
    type: int
    label: "Zoom levels of the bigWig"
    default: 10
    doc: "Zoom levels of the bigWig, at most; 0 to 10."
    inputBinding: {prefix: "--max_zooms"}
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
  track:
    type: File
    label: Binding
    doc: "The binding: 1 on bound bases, 0 on all others; the target of training."
    format: "http://edamontology.org/format_3006"
    sbg:fileTypes: BW
    outputBinding: {glob: "$(inputs.prefix).bw"}
  regions:
    type: File
    label: "Bound regions"
    doc: "The bound regions, joined from the replicates as `combine` says."
    format: "http://edamontology.org/format_3003"
    sbg:fileTypes: BED
    outputBinding: {glob: "$(inputs.prefix)_peaks.bed"}
  record:
    type: File
    label: "Run record"
    doc: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."
    format: "http://edamontology.org/format_3464"
    sbg:fileTypes: JSON
    outputBinding: {glob: "$(inputs.prefix)_binding_run.json"}
  log:
    type: File
    label: Log
    doc: "What the command told while it ran."
    format: "http://edamontology.org/format_2330"
    sbg:fileTypes: LOG
    outputBinding: {glob: "$(inputs.prefix)_binding.log"}

$namespaces:
  s: https://schema.org/
  sbg: https://sevenbridges.com
s:name: "maxatac binding"
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
