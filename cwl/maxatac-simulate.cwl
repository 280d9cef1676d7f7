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
    default: "16000000"
    doc: "Length of the whole genome: 12000000, 12e6, 12M or 200Mb. From 1 Mb."
    inputBinding: {prefix: "--size"}
  tf:
    type: string
    default: SIMTF
    doc: "Name of the factor."
    inputBinding: {prefix: "--tf"}
  seed:
    type: long
    default: 1
    doc: "Random seed."
    inputBinding: {prefix: "--seed"}
  # end

outputs:
  sequence:
    type: File
    format: http://edamontology.org/format_3009
    doc: The genome.
    outputBinding: {glob: genome.2bit}
  chrom_sizes:
    type: File
    format: http://edamontology.org/format_2330
    doc: Chromosome sizes.
    outputBinding: {glob: genome.chrom.sizes}
  blacklist:
    type: File
    format: http://edamontology.org/format_3003
    doc: Regions where no read can be placed.
    outputBinding: {glob: blacklist.bed}
  fragments:
    type: File[]
    format: http://edamontology.org/format_3003
    doc: ATAC-seq fragments of each cell type.
    outputBinding: {glob: [CellA_fragments.tsv.gz, CellB_fragments.tsv.gz, CellC_fragments.tsv.gz]}
  atac_signal:
    type: File[]
    format: http://edamontology.org/format_3006
    doc: ATAC-seq signal of each cell type.
    outputBinding: {glob: [CellA_atac.bw, CellB_atac.bw, CellC_atac.bw]}
  binding:
    type: File[]
    format: http://edamontology.org/format_3006
    doc: Binding in each cell type.
    outputBinding: {glob: [$(inputs.tf)_CellA_binding.bw, $(inputs.tf)_CellB_binding.bw, $(inputs.tf)_CellC_binding.bw]}
  atac_peaks:
    type: File[]
    format: http://edamontology.org/format_3613
    doc: ATAC-seq peaks of each cell type.
    outputBinding:
      glob: [CellA_atac_peaks.narrowPeak, CellB_atac_peaks.narrowPeak, CellC_atac_peaks.narrowPeak]
  chip_peaks:
    type: File[]
    format: http://edamontology.org/format_3613
    doc: ChIP-seq peaks of each cell type.
    outputBinding:
      glob:
        - $(inputs.tf)_CellA_chip_peaks.narrowPeak
        - $(inputs.tf)_CellB_chip_peaks.narrowPeak
        - $(inputs.tf)_CellC_chip_peaks.narrowPeak

$namespaces:
  s: https://schema.org/
s:name: maxatac simulate
s:license: https://spdx.org/licenses/Apache-2.0
