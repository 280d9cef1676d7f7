cwlVersion: v1.2
class: CommandLineTool
label: Make a signal track from reads
doc: |
  Makes the ATAC-seq signal that a model reads from aligned reads or a fragments file (maxatac prepare).
  docs/prepare.md explains the options.

# begin: tool of maxatac prepare
baseCommand: [maxatac, prepare]
arguments:
  - {prefix: "--output", valueFrom: "."}
  - {prefix: "--threads", valueFrom: "$(runtime.cores)"}
  - {prefix: "--memory", valueFrom: "$(inputs.memory === null ? Math.max(1, Math.floor(runtime.ram / 4)) + \"Mi\" : inputs.memory)"}
  - {prefix: "--temp_dir", valueFrom: "$(runtime.tmpdir)"}

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
    doc: "Reads of one sample: BAM in any order, or 10x fragments, BED or BEDPE, plain, gzip or bgzip. Of several, or given again: all together make one track."
    inputBinding: {prefix: "--input"}
  input_format:
    type: {type: enum, symbols: [auto, bam, fragments, bed, bedpe]}
    default: auto
    doc: "What the input is: fragments is that of 10x, with a line per fragment; bed has a fragment in each line, or with --single_end a read with its strand in column 6; bedpe has both mates in ten columns."
    inputBinding: {prefix: "--input_format"}
  shift:
    type: ["null", {type: enum, symbols: [none, "10x", "+4/-4"]}]
    doc: "How the ends were moved to the cut sites before: by +4/-5 bp (10x), by +4/-4 bp, or not at all (none), where prepare moves them, by +4/-4 bp. Without it: none for BAM, 10x for fragments; to be given for BED and BEDPE."
    inputBinding: {prefix: "--shift"}
  sequence:
    type: File?
    doc: "Genome sequence as 2bit, for chromosome sizes and for the bases around the cut sites. Without it: none; BAM needs none."
    inputBinding: {prefix: "--sequence"}
  chrom_sizes:
    type: File?
    doc: "Chromosome sizes, in place of the 2bit or to compare with it. Without it: none."
    inputBinding: {prefix: "--chrom_sizes"}
  chroms:
    type: string[]?
    doc: "Chromosomes of the track. Without it: all that genome and input share, without mitochondria and plastids."
    inputBinding: {prefix: "--chroms"}
  blacklist:
    type: File?
    doc: "Regions without signal: BED or bigWig, plain or gzip. Cut sites whose widened interval touches one are left out. Without it: none."
    inputBinding: {prefix: "--blacklist"}
  single_end:
    type: boolean
    default: false
    doc: "Take each read by itself, with a cut site at its 5' end; needed for reads that are not paired."
    inputBinding: {valueFrom: "$(self ? \"--single_end\" : \"--no-single_end\")"}
  skip_deduplication:
    type: boolean
    default: false
    doc: "Keep duplicates of a BAM; they are removed by default, by the rule of samtools markdup."
    inputBinding: {valueFrom: "$(self ? \"--skip_deduplication\" : \"--no-skip_deduplication\")"}
  trust_duplicate_flags:
    type: boolean
    default: false
    doc: "Drop what is marked as duplicate in the BAM; marks are ignored by default, and duplicates found anew."
    inputBinding: {valueFrom: "$(self ? \"--trust_duplicate_flags\" : \"--no-trust_duplicate_flags\")"}
  deduplicate_per_file:
    type: boolean
    default: false
    doc: "Look for duplicates in each BAM by itself, for files of different libraries."
    inputBinding: {valueFrom: "$(self ? \"--deduplicate_per_file\" : \"--no-deduplicate_per_file\")"}
  remove_equal_fragments:
    type: boolean
    default: false
    doc: "Count lines of BED, BEDPE or fragments with the same ends once; with barcodes, those of one barcode."
    inputBinding: {valueFrom: "$(self ? \"--remove_equal_fragments\" : \"--no-remove_equal_fragments\")"}
  min_mapq:
    type: int
    default: 0
    doc: "Lowest mapping quality of a read of a BAM. It is judged after duplicates are removed, and for each mate."
    inputBinding: {prefix: "--min_mapq"}
  primary_only:
    type: boolean
    default: false
    doc: "Leave secondary and supplementary alignments of a BAM out."
    inputBinding: {valueFrom: "$(self ? \"--primary_only\" : \"--no-primary_only\")"}
  max_fragment:
    type: int?
    doc: "Longest fragment; longer ones are left out. Without it: none."
    inputBinding: {prefix: "--max_fragment"}
  allow_missing_eof:
    type: boolean
    default: false
    doc: "Accept a BAM without the block that marks its end, which is missing when a file was cut off."
    inputBinding: {valueFrom: "$(self ? \"--allow_missing_eof\" : \"--no-allow_missing_eof\")"}
  barcodes:
    type: File?
    doc: "Table of barcodes: barcode, and if wanted group and sample, between tabs. It gives a track for each group. The sample is the name or position of an input, and is needed where there are several. Without it: none."
    inputBinding: {prefix: "--barcodes"}
  barcode_tag:
    type: string?
    doc: "Tag of a BAM that holds the barcode, such as CB; only reads of one barcode are then duplicates. Without it: none."
    inputBinding: {prefix: "--barcode_tag"}
  max_zooms:
    type: int
    default: 10
    doc: "Zoom levels of the bigWig, at most; 0 to 10."
    inputBinding: {prefix: "--max_zooms"}
  slop:
    type: int
    default: 20
    doc: "Bases on each side of a cut site that are covered."
    inputBinding: {prefix: "--slop"}
  rpm_factor:
    type: int
    default: 20000000
    doc: "Reads that the coverage is scaled to, in place of those there are."
    inputBinding: {prefix: "--rpm_factor"}
  clip:
    type: boolean
    default: false
    doc: "Cut the normalised track at 1."
    inputBinding: {valueFrom: "$(self ? \"--clip\" : \"--no-clip\")"}
  sites_bed:
    type: boolean
    default: false
    doc: "Write the cut sites as BED too, as they are and widened by --slop."
    inputBinding: {valueFrom: "$(self ? \"--sites_bed\" : \"--no-sites_bed\")"}
  peaks:
    type: File?
    doc: "ATAC-seq peaks, BED or narrowPeak, to report the share of cut sites that lie in them. Without it: none."
    inputBinding: {prefix: "--peaks"}
  call_peaks:
    type: boolean
    default: false
    doc: "Call ATAC-seq peaks with MACS on the widened cut sites, as maxatac train needs them: pip install 'maxatac[peaks]'."
    inputBinding: {valueFrom: "$(self ? \"--call_peaks\" : \"--no-call_peaks\")"}
  genome_size:
    type: double?
    doc: "Size of the mappable genome for MACS. Without it: bases other than N of the chromosomes in use (with --sequence), else their length."
    inputBinding: {prefix: "--genome_size"}
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
    doc: "Memory for reads and cut sites, before they go to temporary files, such as 200M or 4G; the results do not depend on it. Without it: a quarter of what is reserved."
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
    default: 32768
    doc: "Space for temporary files to reserve, in MiB."
  outdir_mb:
    type: int
    default: 32768
    doc: "Space for the results to reserve, in MiB."
  max_hours:
    type: int
    default: 0
    doc: "Hours after which the engine stops the run; 0 for no limit."

outputs:
  signal:
    type: File[]
    format: "http://edamontology.org/format_3006"
    doc: "The normalised signal, for training and prediction; one track, or one per group of barcodes."
    outputBinding: {glob: "$(inputs.prefix)*_IS_slop$(inputs.slop)_RP*M_minmax01.bw"}
  scaled:
    type: File[]
    format: "http://edamontology.org/format_3006"
    doc: "The coverage, scaled to rpm_factor reads."
    outputBinding: {glob: "$(inputs.prefix)*_IS_slop$(inputs.slop)_RP*M.bw"}
  statistics:
    type: File[]
    format: "http://edamontology.org/format_2330"
    doc: "Statistics of the scaled coverage."
    outputBinding: {glob: ["$(inputs.prefix)*_IS_slop$(inputs.slop)_RP*M_minmax01_genome_stats.txt", "$(inputs.prefix)*_IS_slop$(inputs.slop)_RP*M_minmax01_chromosome_min_max.txt"]}
  cut_sites:
    type: File[]
    format: "http://edamontology.org/format_3003"
    doc: "The cut sites; none without sites_bed."
    outputBinding: {glob: "$(inputs.prefix)*_IS.bed.gz"}
  slopped_sites:
    type: File[]
    format: "http://edamontology.org/format_3003"
    doc: "The same, widened."
    outputBinding: {glob: "$(inputs.prefix)*_IS_slop$(inputs.slop).bed.gz"}
  called_peaks:
    type: File[]
    format: "http://edamontology.org/format_3613"
    doc: "ATAC-seq peaks, with call_peaks."
    outputBinding: {glob: "$(inputs.prefix)*_peaks.narrowPeak"}
  groups:
    type: File?
    format: "http://edamontology.org/format_3475"
    doc: "The files of each group, with barcodes."
    outputBinding: {glob: "$(inputs.prefix)_groups.tsv"}
  quality:
    type: File
    format: "http://edamontology.org/format_2331"
    doc: "Quality of the reads: one page."
    outputBinding: {glob: "$(inputs.prefix)_qc.html"}
  quality_table:
    type: File
    format: "http://edamontology.org/format_3475"
    doc: "The same for MultiQC."
    outputBinding: {glob: "$(inputs.prefix)_qc_mqc.tsv"}
  record:
    type: File
    format: "http://edamontology.org/format_3464"
    doc: "What was run, on what, with what result."
    outputBinding: {glob: "$(inputs.prefix)_prepare_run.json"}
  log:
    type: File
    format: "http://edamontology.org/format_2330"
    doc: "The log."
    outputBinding: {glob: "$(inputs.prefix)_prepare.log"}

$namespaces:
  s: https://schema.org/
s:name: maxatac prepare
s:license: https://spdx.org/licenses/Apache-2.0
s:citation: https://doi.org/10.1371/journal.pcbi.1010863
# end
