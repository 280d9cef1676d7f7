cwlVersion: v1.2
class: CommandLineTool
label: Average tracks
doc: |
  Writes the mean of several tracks of one genome, base by base, with weights if wanted. docs/average.md says when to
  average.

# begin: tool of maxatac average
baseCommand: [maxatac, average]
arguments:
  - {prefix: "--output", valueFrom: "."}
  - {prefix: "--threads", valueFrom: "$(runtime.cores)"}
  - {prefix: "--memory", valueFrom: "$(inputs.memory === null ? Math.max(1, Math.floor(runtime.ram / 4)) + \"Mi\" : inputs.memory)"}

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
    coresMin: "$(inputs.cores)"
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
  input:
    type: File[]
    doc: "Tracks of one genome."
    inputBinding: {prefix: "--input"}
  weights:
    type: double[]?
    doc: "Weight of each track, in the same order: the result is the sum of weight times value, divided by the sum of the weights. Without it: all alike."
    inputBinding: {prefix: "--weights"}
  sequence:
    type: File?
    doc: "Genome as 2bit, for chromosome sizes. Without it: none: sizes are those of the tracks."
    inputBinding: {prefix: "--sequence"}
  chrom_sizes:
    type: File?
    doc: "Chromosome sizes, in place of the 2bit or to compare with it. Without it: none."
    inputBinding: {prefix: "--chrom_sizes"}
  chroms:
    type: string[]?
    doc: "Chromosomes of the result. One of the genome that is not in the tracks has the value 0. Without it: all of the tracks, and of the genome if it is given, without mitochondria and plastids."
    inputBinding: {prefix: "--chroms"}
  blacklist:
    type: File?
    doc: "Regions whose bases get no value: BED or bigWig, plain or gzip. Without it: none."
    inputBinding: {prefix: "--blacklist"}
  max_zooms:
    type: int
    default: 10
    doc: "Zoom levels of the bigWig, at most; 0 to 10."
    inputBinding: {prefix: "--max_zooms"}
  prefix:
    type: string
    doc: "First part of the name of every output file."
    inputBinding: {prefix: "--prefix"}
  loglevel:
    type: {type: enum, symbols: [fatal, error, warning, info, debug]}
    default: info
    doc: "What to log, in upper or lower case."
    inputBinding: {prefix: "--loglevel"}
  memory:
    type: string?
    doc: "Memory for the sums, such as 200M or 4G; the results do not depend on it. Without it: a quarter of what is reserved."
  cores:
    type: int
    default: 4
    doc: "Processor cores to reserve; loader and network have as many threads each."
  ram_mb:
    type: int
    default: 16384
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
    doc: "The mean of the tracks."
    outputBinding: {glob: "$(inputs.prefix).bw"}
  record:
    type: File
    format: "http://edamontology.org/format_3464"
    doc: "What was run, on what, with what result."
    outputBinding: {glob: "$(inputs.prefix)_average_run.json"}
  log:
    type: File
    format: "http://edamontology.org/format_2330"
    doc: "The log."
    outputBinding: {glob: "$(inputs.prefix)_average.log"}

$namespaces:
  s: https://schema.org/
s:name: maxatac average
s:license: https://spdx.org/licenses/Apache-2.0
s:citation: https://doi.org/10.1371/journal.pcbi.1010863
# end
