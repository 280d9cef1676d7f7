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
    label: "Track to normalize"
    doc: "Track to normalise, as bigWig."
    s:encodingFormat: "http://edamontology.org/format_3006"
    sbg:fileTypes: "BW, BIGWIG"
    inputBinding: {prefix: "--signal"}
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
    doc: "Chromosomes of the result. One of the genome that is not in the track has the value 0. Without it: all of the track, and of the genome if it is given, without mitochondria and plastids."
    inputBinding: {prefix: "--chroms"}
  blacklist:
    type: File?
    label: "Blacklisted regions"
    doc: "Regions whose bases become 0, by zscore what 0 becomes, and do not count: BED or bigWig, plain or gzip. Optional."
    s:encodingFormat: ["http://edamontology.org/format_3003", "http://edamontology.org/format_3613", "http://edamontology.org/format_3006"]
    sbg:fileTypes: "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ, BW, BIGWIG"
    inputBinding: {prefix: "--blacklist"}
  method:
    type: {type: enum, name: method, symbols: ["min-max", zscore, arcsinh, log1p]}
    label: "Normalization method"
    default: "min-max"
    doc: "How values are rescaled: min-max, to the range of 0 to 1; zscore, to mean 0 and standard deviation 1; arcsinh, to the inverse hyperbolic sine; log1p, to the logarithm of 1 + value."
    inputBinding: {prefix: "--method"}
  max_percentile:
    type: double
    label: "Percentile that becomes 1"
    default: 99.0
    doc: "Percentile of the values above 0 that becomes 1 by min-max; also a fraction, such as 99.5."
    inputBinding: {prefix: "--max_percentile"}
  min:
    type: double?
    label: "Value that becomes 0"
    doc: "What becomes 0 by min-max. Without it: the smallest value."
    inputBinding: {prefix: "--min"}
  max:
    type: double?
    label: "Value that becomes 1"
    doc: "What becomes 1 by min-max. Without it: the percentile."
    inputBinding: {prefix: "--max"}
  clip:
    type: boolean
    label: "Clip at 0 and 1"
    default: false
    doc: "Cut the result of min-max at 0 and 1."
    inputBinding: {valueFrom: "$(self ? \"--clip\" : \"--no-clip\")"}
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
    doc: "Memory for values on their way from file to file, such as 200M or 4G; the results do not depend on it. Without it: a quarter of what is reserved."
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
    label: "Normalised track"
    doc: "The track with its values rescaled."
    format: "http://edamontology.org/format_3006"
    sbg:fileTypes: BW
    outputBinding: {glob: "$(inputs.prefix).bw"}
  statistics:
    type: File[]
    label: "Statistics of the input"
    doc: "Extremes and percentiles of the track that was read, by chromosome and in all."
    format: "http://edamontology.org/format_2330"
    sbg:fileTypes: TXT
    outputBinding: {glob: ["$(inputs.prefix)_genome_stats.txt", "$(inputs.prefix)_chromosome_min_max.txt"]}
  record:
    type: File
    label: "Run record"
    doc: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."
    format: "http://edamontology.org/format_3464"
    sbg:fileTypes: JSON
    outputBinding: {glob: "$(inputs.prefix)_normalize_run.json"}
  log:
    type: File
    label: Log
    doc: "What the command told while it ran."
    format: "http://edamontology.org/format_2330"
    sbg:fileTypes: LOG
    outputBinding: {glob: "$(inputs.prefix)_normalize.log"}

$namespaces:
  s: https://schema.org/
  sbg: https://sevenbridges.com
s:name: "maxatac normalize"
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
