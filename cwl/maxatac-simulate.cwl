cwlVersion: v1.2
class: CommandLineTool
label: Simulate example data
doc: |
  Writes a small data set of our own making (maxatac simulate). docs/simulate.md tells what is in it. There are three
  cell types, CellA to CellC, the last for testing; each output is a list in that order.

baseCommand: [maxatac, simulate]
arguments:
  - {valueFrom: ., position: -1}
  - --force

hints:
  DockerRequirement:
    # begin: image
    dockerPull: maxatac:0.1.0
    # end
  SoftwareRequirement:
    packages:
      maxatac:
        # begin: version
        version: ["0.1.0"]
        # end
        specs: ["https://doi.org/10.1371/journal.pcbi.1010863"]

requirements:
  ResourceRequirement:
    coresMin: 1
    ramMin: 2048
    outdirMin: 512
  NetworkAccess:
    networkAccess: false

successCodes: [0]
permanentFailCodes: [1, 2]

inputs:
  # begin: inputs of maxatac simulate
  size:
    type: string
    label: "Length of the genome"
    default: "16000000"
    doc: "Length of the whole genome: 12000000, 12e6, 12M or 200Mb. From 1 Mb."
    inputBinding: {prefix: "--size"}
  tf:
    type: string
    label: "Transcription factor"
    default: SIMTF
    doc: "Name of the simulated transcription factor; names of files begin with it."
    inputBinding: {prefix: "--tf"}
  seed:
    type: long
    label: "Random seed"
    default: 1
    doc: "Seed of everything random in the data."
    inputBinding: {prefix: "--seed"}
  # end

outputs:
  sequence:
    type: File
    label: "Genome sequence (2bit)"
    doc: "The simulated genome."
    format: http://edamontology.org/format_3009
    sbg:fileTypes: 2BIT
    outputBinding: {glob: genome.2bit}
  chrom_sizes:
    type: File
    label: "Chromosome sizes"
    doc: "Names and lengths of its chromosomes."
    format: http://edamontology.org/format_2330
    sbg:fileTypes: SIZES
    outputBinding: {glob: genome.chrom.sizes}
  blacklist:
    type: File
    label: "Blacklisted regions"
    doc: "Regions where no read can be placed."
    format: http://edamontology.org/format_3003
    sbg:fileTypes: BED
    outputBinding: {glob: blacklist.bed}
  fragments:
    type: File[]
    label: "ATAC-seq fragments"
    doc: "ATAC-seq fragments of each cell type, in the form of 10x."
    format: http://edamontology.org/format_3003
    sbg:fileTypes: TSV.GZ
    outputBinding: {glob: [CellA_fragments.tsv.gz, CellB_fragments.tsv.gz, CellC_fragments.tsv.gz]}
  atac_signal:
    type: File[]
    label: "ATAC-seq signal"
    doc: "ATAC-seq signal of each cell type, normalised to 0 to 1."
    format: http://edamontology.org/format_3006
    sbg:fileTypes: BW
    outputBinding: {glob: [CellA_atac.bw, CellB_atac.bw, CellC_atac.bw]}
  binding:
    type: File[]
    label: "Binding"
    doc: "Binding in each cell type, 1 in ChIP-seq peaks."
    format: http://edamontology.org/format_3006
    sbg:fileTypes: BW
    outputBinding: {glob: [$(inputs.tf)_CellA_binding.bw, $(inputs.tf)_CellB_binding.bw, $(inputs.tf)_CellC_binding.bw]}
  atac_peaks:
    type: File[]
    label: "ATAC-seq peaks"
    doc: "ATAC-seq peaks of each cell type."
    format: http://edamontology.org/format_3613
    sbg:fileTypes: NARROWPEAK
    outputBinding:
      glob: [CellA_atac_peaks.narrowPeak, CellB_atac_peaks.narrowPeak, CellC_atac_peaks.narrowPeak]
  chip_peaks:
    type: File[]
    label: "ChIP-seq peaks"
    doc: "ChIP-seq peaks of each cell type."
    format: http://edamontology.org/format_3613
    sbg:fileTypes: NARROWPEAK
    outputBinding:
      glob:
        - $(inputs.tf)_CellA_chip_peaks.narrowPeak
        - $(inputs.tf)_CellB_chip_peaks.narrowPeak
        - $(inputs.tf)_CellC_chip_peaks.narrowPeak

# begin: about
$namespaces:
  s: https://schema.org/
  sbg: https://sevenbridges.com
s:name: "maxatac-simulate"
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
