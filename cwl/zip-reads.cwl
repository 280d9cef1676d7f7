cwlVersion: v1.2
class: ExpressionTool
label: Make records with reads of lists
doc: |
  Makes one record per cell type of lists of equal length, with one file of reads and one of ChIP-seq peaks each.

requirements:
  InlineJavascriptRequirement: {}
  SchemaDefRequirement:
    types:
      - $import: types.yml

inputs:
  cell_types:
    type: string[]
    label: Names of the cell types
    doc: One name for each cell type.
  labels:
    type: string[]
    label: Train or Test
    doc: "Train or Test for each cell type: Test is held out."
  reads:
    type: File[]
    label: Reads
    doc: ATAC-seq reads of each cell type.
    s:encodingFormat: ["http://edamontology.org/format_2572", "http://edamontology.org/format_3003", "http://edamontology.org/format_3475"]
    sbg:fileTypes: "BAM, BED, BED.GZ, BEDPE, BEDPE.GZ, TSV, TSV.GZ"
  atac_peaks:
    type: File[]
    label: ATAC-seq peaks
    doc: ATAC-seq peaks of each cell type.
    s:encodingFormat: ["http://edamontology.org/format_3003", "http://edamontology.org/format_3613"]
    sbg:fileTypes: "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ"
  chip_peaks:
    type: File[]
    label: ChIP-seq peaks
    doc: ChIP-seq peaks of each cell type.
    s:encodingFormat: ["http://edamontology.org/format_3003", "http://edamontology.org/format_3613"]
    sbg:fileTypes: "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ"

outputs:
  records:
    type: {type: array, items: types.yml#cell_reads}
    label: Cell types with their reads
    doc: One record per cell type, in the order of the lists.

expression: |
  ${
    return {"records": inputs.cell_types.map(function (name, place) {
      return {
        "cell_type": name,
        "reads": [inputs.reads[place]],
        "chip_peaks": [inputs.chip_peaks[place]],
        "atac_peaks": inputs.atac_peaks[place],
        "label": inputs.labels[place]
      };
    })};
  }

# begin: about
$namespaces:
  s: https://schema.org/
  sbg: https://sevenbridges.com
s:name: "zip-reads"
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
