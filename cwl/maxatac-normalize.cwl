cwlVersion: v1.2
class: CommandLineTool
label: Bring a track to another scale
doc: |
  Brings a signal track to another scale, by minimum and percentile, as z-scores, or by a logarithm, and writes its
  statistics. docs/normalize.md says what each number means.

# begin: tool of maxatac normalize
baseCommand: [maxatac, normalize]
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
  signal:
    type: File
    doc: "Track to normalise, as bigWig."
    inputBinding: {prefix: "--signal"}
  sequence:
    type: File?
    doc: "Genome as 2bit, for chromosome sizes. Without it: none: sizes are those of the track."
    inputBinding: {prefix: "--sequence"}
  chrom_sizes:
    type: File?
    doc: "Chromosome sizes, in place of the 2bit or to compare with it. Without it: none."
    inputBinding: {prefix: "--chrom_sizes"}
  chroms:
    type: string[]?
    doc: "Chromosomes of the result. One of the genome that is not in the track has the value 0. Without it: all of the track, and of the genome if it is given, without mitochondria and plastids."
    inputBinding: {prefix: "--chroms"}
  blacklist:
    type: File?
    doc: "Regions whose bases become 0, by zscore what 0 becomes, and do not count: BED or bigWig, plain or gzip. Without it: none."
    inputBinding: {prefix: "--blacklist"}
  method:
    type: {type: enum, symbols: ["min-max", zscore, arcsinh, log1p]}
    default: "min-max"
    doc: "What is made of a value, see above."
    inputBinding: {prefix: "--method"}
  max_percentile:
    type: double
    default: 99.0
    doc: "Percentile of the values above 0 that becomes 1 by min-max; also a fraction, such as 99.5."
    inputBinding: {prefix: "--max_percentile"}
  min:
    type: double?
    doc: "What becomes 0 by min-max. Without it: the smallest value."
    inputBinding: {prefix: "--min"}
  max:
    type: double?
    doc: "What becomes 1 by min-max. Without it: the percentile."
    inputBinding: {prefix: "--max"}
  clip:
    type: boolean
    default: false
    doc: "Cut the result of min-max at 0 and 1."
    inputBinding: {valueFrom: "$(self ? \"--clip\" : \"--no-clip\")"}
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
    doc: "Memory for values on their way from file to file, such as 200M or 4G; the results do not depend on it. Without it: a quarter of what is reserved."
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
    doc: "The normalised track."
    outputBinding: {glob: "$(inputs.prefix).bw"}
  statistics:
    type: File[]
    format: "http://edamontology.org/format_2330"
    doc: "Statistics of the track that was read."
    outputBinding: {glob: ["$(inputs.prefix)_genome_stats.txt", "$(inputs.prefix)_chromosome_min_max.txt"]}
  record:
    type: File
    format: "http://edamontology.org/format_3464"
    doc: "What was run, on what, with what result."
    outputBinding: {glob: "$(inputs.prefix)_normalize_run.json"}
  log:
    type: File
    format: "http://edamontology.org/format_2330"
    doc: "The log."
    outputBinding: {glob: "$(inputs.prefix)_normalize.log"}

$namespaces:
  s: https://schema.org/
s:name: maxatac normalize
s:license: https://spdx.org/licenses/Apache-2.0
s:citation: https://doi.org/10.1371/journal.pcbi.1010863
# end
