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
    label: "Tracks to average"
    doc: "Tracks of one genome."
    s:encodingFormat: "http://edamontology.org/format_3006"
    sbg:fileTypes: "BW, BIGWIG"
    inputBinding: {prefix: "--input"}
  weights:
    type: double[]?
    label: "Weight of each track"
    doc: "Weight of each track, in the same order: the result is the sum of weight times value, divided by the sum of the weights. Without it: all alike."
    inputBinding: {prefix: "--weights"}
  sequence:
    type: File?
    label: "Genome sequence (2bit)"
    doc: "Genome sequence as 2bit; it must be the genome of all tracks."
    s:encodingFormat: "http://edamontology.org/format_3009"
    sbg:fileTypes: "2BIT"
    inputBinding: {prefix: "--sequence"}
  chrom_sizes:
    type: File?
    label: "Chromosome sizes"
    doc: "Chromosome sizes, in place of the 2bit or to compare with it. Optional."
    s:encodingFormat: "http://edamontology.org/format_3475"
    sbg:fileTypes: "SIZES, TSV, TXT"
    inputBinding: {prefix: "--chrom_sizes"}
  chroms:
    type: string[]?
    label: Chromosomes
    doc: "Chromosomes of the result. One of the genome that is not in the tracks has the value 0. Without it: all of the tracks, and of the genome if it is given, without mitochondria and plastids."
    inputBinding: {prefix: "--chroms"}
  blacklist:
    type: File?
    label: "Blacklisted regions"
    doc: "Regions whose bases get no value: BED or bigWig, plain or gzip. Optional."
    s:encodingFormat: ["http://edamontology.org/format_3003", "http://edamontology.org/format_3613", "http://edamontology.org/format_3006"]
    sbg:fileTypes: "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ, BW, BIGWIG"
    inputBinding: {prefix: "--blacklist"}
  max_zooms:
    type: int
    label: "Zoom levels of the bigWig"
    default: 10
    doc: "Zoom levels of the bigWig, at most; 0 to 10."
    inputBinding: {prefix: "--max_zooms"}
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
  memory:
    type: string?
    label: "Memory for data"
    doc: "Memory for the sums, such as 200M or 4G; the results do not depend on it. Without it: a quarter of what is reserved."
  cores:
    type: int
    label: "Processor cores"
    default: 4
    doc: "Processor cores to reserve; the command uses as many threads."
  ram_mb:
    type: int
    label: "Memory to reserve (MiB)"
    default: 16384
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
    label: "Mean track"
    doc: "The mean of the tracks, base by base."
    format: "http://edamontology.org/format_3006"
    sbg:fileTypes: BW
    outputBinding: {glob: "$(inputs.prefix).bw"}
  record:
    type: File
    label: "Run record"
    doc: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."
    format: "http://edamontology.org/format_3464"
    sbg:fileTypes: JSON
    outputBinding: {glob: "$(inputs.prefix)_average_run.json"}
  log:
    type: File
    label: Log
    doc: "What the command told while it ran."
    format: "http://edamontology.org/format_2330"
    sbg:fileTypes: LOG
    outputBinding: {glob: "$(inputs.prefix)_average.log"}

$namespaces:
  s: https://schema.org/
  sbg: https://sevenbridges.com
s:name: "maxatac average"
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
