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
    doc: "ChIP-seq peaks, one file per replicate: BED or narrowPeak, plain or gzip."
    inputBinding: {prefix: "--chip_peaks"}
  combine:
    type: string
    default: union
    doc: "Bases that are bound, of several replicates: union (in a peak of any), intersection (of all), or a number (of at least so many)."
    inputBinding: {prefix: "--combine"}
  summit_window:
    type: int?
    doc: "Take this many bp around each summit, half of them before it, in place of the whole peak: 200 takes summit - 100 to summit + 100. Without it: the whole peak."
    inputBinding: {prefix: "--summit_window"}
  sequence:
    type: File?
    doc: "Genome. Without it: required, or --chrom_sizes."
    inputBinding: {prefix: "--sequence"}
  chrom_sizes:
    type: File?
    doc: "Chromosome sizes, in place of --sequence or to compare with it. Without it: those of --sequence."
    inputBinding: {prefix: "--chrom_sizes"}
  chroms:
    type: string[]?
    doc: "Chromosomes of the track, with a peak or without. Without it: all of the genome without organelles."
    inputBinding: {prefix: "--chroms"}
  blacklist:
    type: File?
    doc: "Bases that are not bound, whatever the peaks say; the rest of a peak stays. BED or bigWig, plain or gzip. Without it: none."
    inputBinding: {prefix: "--blacklist"}
  prefix:
    type: string
    doc: "First part of the name of every output file."
    inputBinding: {prefix: "--prefix"}
  loglevel:
    type: {type: enum, symbols: [fatal, error, warning, info, debug]}
    default: info
    doc: "What to log, in upper or lower case."
    inputBinding: {prefix: "--loglevel"}
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
    format: "http://edamontology.org/format_3006"
    doc: "The binding: 1 on bound bases, 0 on all others."
    outputBinding: {glob: "$(inputs.prefix).bw"}
  regions:
    type: File
    format: "http://edamontology.org/format_3003"
    doc: "The bound regions."
    outputBinding: {glob: "$(inputs.prefix)_peaks.bed"}
  record:
    type: File
    format: "http://edamontology.org/format_3464"
    doc: "What was run, on what, with what result."
    outputBinding: {glob: "$(inputs.prefix)_binding_run.json"}
  log:
    type: File
    format: "http://edamontology.org/format_2330"
    doc: "The log."
    outputBinding: {glob: "$(inputs.prefix)_binding.log"}

$namespaces:
  s: https://schema.org/
s:name: maxatac binding
s:license: https://spdx.org/licenses/Apache-2.0
s:citation: https://doi.org/10.1371/journal.pcbi.1010863
# end
