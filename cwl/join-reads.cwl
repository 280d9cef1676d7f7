cwlVersion: v1.2
class: ExpressionTool
label: Make records of what was made of reads
doc: |
  Makes one record per cell type of the tracks and peaks that were made of its reads and ChIP-seq peaks.

requirements:
  InlineJavascriptRequirement: {}
  SchemaDefRequirement:
    types:
      - $import: types.yml

inputs:
  reads:
    type: {type: array, items: types.yml#cell_reads}
    label: Cell types with their reads
    doc: "The cell types, one record each, with their reads and peaks."
  signal:
    type: {type: array, items: {type: array, items: File}}
    label: ATAC-seq signals
    doc: The signal that was made of the reads of each cell type.
    s:encodingFormat: http://edamontology.org/format_3006
    sbg:fileTypes: "BW, BIGWIG"
  called_peaks:
    type: {type: array, items: {type: array, items: File}}
    label: Called peaks
    doc: The ATAC-seq peaks that were called for each cell type.
    s:encodingFormat: ["http://edamontology.org/format_3003", "http://edamontology.org/format_3613"]
    sbg:fileTypes: "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ"
  binding:
    type: File[]
    label: Binding
    doc: The binding that was made of the ChIP-seq peaks of each cell type.
    s:encodingFormat: http://edamontology.org/format_3006
    sbg:fileTypes: "BW, BIGWIG"
  regions:
    type: File[]
    label: Bound regions
    doc: The bound regions of each cell type.
    s:encodingFormat: ["http://edamontology.org/format_3003", "http://edamontology.org/format_3613"]
    sbg:fileTypes: "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ"

outputs:
  cells:
    type: {type: array, items: types.yml#cell_type}
    label: Cell types with their files
    doc: "One record per cell type, for training."

expression: |
  ${
    return {"cells": inputs.reads.map(function (cell, place) {
      return {
        "cell_type": cell.cell_type,
        "atac_signal": inputs.signal[place][0],
        "binding": inputs.binding[place],
        "atac_peaks": cell.atac_peaks || inputs.called_peaks[place][0],
        // Peaks have summits; the joined regions of several files have none.
        "chip_peaks": cell.chip_peaks.length === 1 ? cell.chip_peaks[0] : inputs.regions[place],
        "label": cell.label
      };
    })};
  }

# begin: about
$namespaces:
  s: https://schema.org/
  sbg: https://sevenbridges.com
s:name: "join-reads"
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
