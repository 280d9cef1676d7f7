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
    label: "Reads of one sample"
    doc: "Reads of one sample: BAM in any order, or 10x fragments, BED or BEDPE, plain, gzip or bgzip. Of several: all together make one track."
    s:encodingFormat: ["http://edamontology.org/format_2572", "http://edamontology.org/format_3003", "http://edamontology.org/format_3475"]
    sbg:fileTypes: "BAM, BED, BED.GZ, BEDPE, BEDPE.GZ, TSV, TSV.GZ"
    inputBinding: {prefix: "--input"}
  input_format:
    type: {type: enum, name: input_format, symbols: [auto, bam, fragments, bed, bedpe]}
    label: "Format of the reads"
    default: auto
    doc: "What the input is: fragments is that of 10x, with a line per fragment; bed has a fragment in each line, or with `single_end` a read with its strand in column 6; bedpe has both mates in ten columns."
    inputBinding: {prefix: "--input_format"}
  shift:
    type: ["null", {type: enum, name: shift, symbols: [none, "10x", "+4/-4"]}]
    label: "Shift of the cut sites in the input"
    doc: "How the ends were moved to the cut sites before: by +4/-5 bp (10x), by +4/-4 bp, or not at all (none), where prepare moves them, by +4/-4 bp. Without it: none for BAM, 10x for fragments; to be given for BED and BEDPE."
    inputBinding: {prefix: "--shift"}
  sequence:
    type: File?
    label: "Genome sequence (2bit)"
    doc: "Genome sequence as 2bit, for chromosome sizes and for the bases around the cut sites; BAM has the sizes itself."
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
    doc: "Chromosomes of the track. Without it: all that genome and input share, without mitochondria and plastids."
    inputBinding: {prefix: "--chroms"}
  blacklist:
    type: File?
    label: "Blacklisted regions"
    doc: "Regions without signal: BED or bigWig, plain or gzip. Cut sites whose widened interval touches one are left out. Optional."
    s:encodingFormat: ["http://edamontology.org/format_3003", "http://edamontology.org/format_3613", "http://edamontology.org/format_3006"]
    sbg:fileTypes: "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ, BW, BIGWIG"
    inputBinding: {prefix: "--blacklist"}
  single_end:
    type: boolean
    label: "Single-end reads"
    default: false
    doc: "Take each read by itself, with a cut site at its 5' end; needed for reads that are not paired."
    inputBinding: {valueFrom: "$(self ? \"--single_end\" : \"--no-single_end\")"}
  skip_deduplication:
    type: boolean
    label: "Keep duplicates"
    default: false
    doc: "Keep duplicates of a BAM; they are removed by default, by the rule of samtools markdup."
    inputBinding: {valueFrom: "$(self ? \"--skip_deduplication\" : \"--no-skip_deduplication\")"}
  trust_duplicate_flags:
    type: boolean
    label: "Trust duplicate flags"
    default: false
    doc: "Drop what is marked as duplicate in the BAM; marks are ignored by default, and duplicates found anew."
    inputBinding: {valueFrom: "$(self ? \"--trust_duplicate_flags\" : \"--no-trust_duplicate_flags\")"}
  deduplicate_per_file:
    type: boolean
    label: "Look for duplicates in each file by itself"
    default: false
    doc: "Look for duplicates in each BAM by itself, for files of different libraries."
    inputBinding: {valueFrom: "$(self ? \"--deduplicate_per_file\" : \"--no-deduplicate_per_file\")"}
  remove_equal_fragments:
    type: boolean
    label: "Count equal fragments once"
    default: false
    doc: "Count lines of BED, BEDPE or fragments with the same ends once; with barcodes, those of one barcode."
    inputBinding: {valueFrom: "$(self ? \"--remove_equal_fragments\" : \"--no-remove_equal_fragments\")"}
  min_mapq:
    type: int
    label: "Lowest mapping quality"
    default: 0
    doc: "Lowest mapping quality of a read of a BAM. It is judged after duplicates are removed, and for each mate."
    inputBinding: {prefix: "--min_mapq"}
  primary_only:
    type: boolean
    label: "Primary alignments only"
    default: false
    doc: "Leave secondary and supplementary alignments of a BAM out."
    inputBinding: {valueFrom: "$(self ? \"--primary_only\" : \"--no-primary_only\")"}
  max_fragment:
    type: int?
    label: "Longest fragment (bp)"
    doc: "Longest fragment; longer ones are left out. Optional."
    inputBinding: {prefix: "--max_fragment"}
  allow_missing_eof:
    type: boolean
    label: "Accept a BAM without its end"
    default: false
    doc: "Accept a BAM without the block that marks its end, which is missing when a file was cut off."
    inputBinding: {valueFrom: "$(self ? \"--allow_missing_eof\" : \"--no-allow_missing_eof\")"}
  barcodes:
    type: File?
    label: "Table of barcodes and groups"
    doc: "Table of barcodes: barcode, and if wanted group and sample, between tabs. It gives a track for each group. The sample is the name or position of an input, and is needed where there are several. Optional."
    s:encodingFormat: "http://edamontology.org/format_3475"
    sbg:fileTypes: "TSV, TXT"
    inputBinding: {prefix: "--barcodes"}
  barcode_tag:
    type: string?
    label: "BAM tag of the barcode"
    doc: "Tag of a BAM that holds the barcode, such as CB; only reads of one barcode are then duplicates. Optional."
    inputBinding: {prefix: "--barcode_tag"}
  max_zooms:
    type: int
    label: "Zoom levels of the bigWig"
    default: 10
    doc: "Zoom levels of the bigWig, at most; 0 to 10."
    inputBinding: {prefix: "--max_zooms"}
  slop:
    type: int
    label: "Bases covered around a cut site"
    default: 20
    doc: "Bases on each side of a cut site that are covered."
    inputBinding: {prefix: "--slop"}
  rpm_factor:
    type: int
    label: "Reads to scale to"
    default: 20000000
    doc: "Reads that the coverage is scaled to, in place of those there are."
    inputBinding: {prefix: "--rpm_factor"}
  clip:
    type: boolean
    label: "Clip at 1"
    default: false
    doc: "Cut the normalised track at 1; values above it are those over the percentile."
    inputBinding: {valueFrom: "$(self ? \"--clip\" : \"--no-clip\")"}
  sites_bed:
    type: boolean
    label: "Write the cut sites"
    default: false
    doc: "Write the cut sites as BED too, as they are and widened by `slop`."
    inputBinding: {valueFrom: "$(self ? \"--sites_bed\" : \"--no-sites_bed\")"}
  peaks:
    type: File?
    label: "ATAC-seq peaks"
    doc: "ATAC-seq peaks, BED or narrowPeak, to report the share of cut sites that lie in them. Optional."
    s:encodingFormat: ["http://edamontology.org/format_3003", "http://edamontology.org/format_3613"]
    sbg:fileTypes: "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ"
    inputBinding: {prefix: "--peaks"}
  call_peaks:
    type: boolean
    label: "Call ATAC-seq peaks with MACS"
    default: false
    doc: "Call ATAC-seq peaks with MACS on the widened cut sites, as training needs them. The image has MACS."
    inputBinding: {valueFrom: "$(self ? \"--call_peaks\" : \"--no-call_peaks\")"}
  genome_size:
    type: double?
    label: "Mappable genome size for MACS"
    doc: "Size of the mappable genome for MACS. Without it: bases other than N of the chromosomes in use (with `sequence`), else their length."
    inputBinding: {prefix: "--genome_size"}
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
    doc: "Memory for reads and cut sites, before they go to temporary files, such as 200M or 4G; the results do not depend on it. Without it: a quarter of what is reserved."
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
    default: 32768
    doc: "Disk space to reserve for temporary files, in MiB."
  outdir_mb:
    type: int
    label: "Space for results (MiB)"
    default: 32768
    doc: "Disk space to reserve for the results, in MiB."
  max_hours:
    type: int
    label: "Time limit (hours)"
    default: 0
    doc: "Hours after which the engine stops the step; 0 for no limit."

outputs:
  signal:
    type: File[]
    label: "Normalised signal"
    doc: "The normalised ATAC-seq signal, for training and prediction; one track, or one per group of barcodes."
    format: "http://edamontology.org/format_3006"
    sbg:fileTypes: BW
    outputBinding: {glob: "$(inputs.prefix)*_IS_slop$(inputs.slop)_RP*M_minmax01.bw"}
  scaled:
    type: File[]
    label: "Scaled coverage"
    doc: "The coverage of the widened cut sites, scaled to `rpm_factor` reads, before it is normalised."
    format: "http://edamontology.org/format_3006"
    sbg:fileTypes: BW
    outputBinding: {glob: "$(inputs.prefix)*_IS_slop$(inputs.slop)_RP*M.bw"}
  statistics:
    type: File[]
    label: "Statistics of the coverage"
    doc: "Extremes and percentiles of the scaled coverage, by chromosome and in all."
    format: "http://edamontology.org/format_2330"
    sbg:fileTypes: TXT
    outputBinding: {glob: ["$(inputs.prefix)*_IS_slop$(inputs.slop)_RP*M_minmax01_genome_stats.txt", "$(inputs.prefix)*_IS_slop$(inputs.slop)_RP*M_minmax01_chromosome_min_max.txt"]}
  cut_sites:
    type: File[]
    label: "Cut sites"
    doc: "The cut sites of the transposase, one base each; with `sites_bed`."
    format: "http://edamontology.org/format_3003"
    sbg:fileTypes: BED.GZ
    outputBinding: {glob: "$(inputs.prefix)*_IS.bed.gz"}
  slopped_sites:
    type: File[]
    label: "Widened cut sites"
    doc: "The cut sites, widened by `slop` bases on each side; with `sites_bed`."
    format: "http://edamontology.org/format_3003"
    sbg:fileTypes: BED.GZ
    outputBinding: {glob: "$(inputs.prefix)*_IS_slop$(inputs.slop).bed.gz"}
  called_peaks:
    type: File[]
    label: "ATAC-seq peaks"
    doc: "ATAC-seq peaks that MACS called on the widened cut sites; with `call_peaks`."
    format: "http://edamontology.org/format_3613"
    sbg:fileTypes: NARROWPEAK
    outputBinding: {glob: "$(inputs.prefix)*_peaks.narrowPeak"}
  groups:
    type: File?
    label: "Table of groups"
    doc: "The files of each group of cells, and its numbers; with `barcodes`."
    format: "http://edamontology.org/format_3475"
    sbg:fileTypes: TSV
    outputBinding: {glob: "$(inputs.prefix)_groups.tsv"}
  quality:
    type: File
    label: "Quality of the reads"
    doc: "Quality of the reads in one page: duplicates, fragment sizes, bases around the cut sites, reads in peaks."
    format: "http://edamontology.org/format_2331"
    sbg:fileTypes: HTML
    outputBinding: {glob: "$(inputs.prefix)_qc.html"}
  quality_table:
    type: File
    label: "Quality of the reads for MultiQC"
    doc: "The numbers of that page, which MultiQC reads."
    format: "http://edamontology.org/format_3475"
    sbg:fileTypes: TSV
    outputBinding: {glob: "$(inputs.prefix)_qc_mqc.tsv"}
  record:
    type: File
    label: "Run record"
    doc: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."
    format: "http://edamontology.org/format_3464"
    sbg:fileTypes: JSON
    outputBinding: {glob: "$(inputs.prefix)_prepare_run.json"}
  log:
    type: File
    label: Log
    doc: "What the command told while it ran."
    format: "http://edamontology.org/format_2330"
    sbg:fileTypes: LOG
    outputBinding: {glob: "$(inputs.prefix)_prepare.log"}

$namespaces:
  s: https://schema.org/
  sbg: https://sevenbridges.com
s:name: "maxatac prepare"
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
