cwlVersion: v1.2
class: ExpressionTool
label: Make records of lists
doc: |
  Makes one record per cell type of lists of equal length, for forms that cannot take records. Fails where the lengths
  differ.

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
  atac_signal:
    type: File[]
    label: ATAC-seq signals
    doc: "ATAC-seq signal of each cell type."
    s:encodingFormat: http://edamontology.org/format_3006
    sbg:fileTypes: "BW, BIGWIG"
  binding:
    type: File[]
    label: Binding
    doc: "Binding in each cell type, 1 in ChIP-seq peaks."
    s:encodingFormat: http://edamontology.org/format_3006
    sbg:fileTypes: "BW, BIGWIG"
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
  cells:
    type: {type: array, items: types.yml#cell_type}
    label: Cell types with their files
    doc: One record per cell type, in the order of the lists.

expression: |
  ${
    var names = ["labels", "atac_signal", "binding", "atac_peaks", "chip_peaks"];
    var expected = inputs.cell_types.length;
    var wrong = names.filter(function (name) { return inputs[name].length !== expected; });
    if (wrong.length > 0) {
      throw "the lists differ in length: " + expected + " cell_types, " + wrong.map(function (name) {
        return inputs[name].length + " " + name;
      }).join(", ") + "; expected one entry of each for every cell type";
    }
    return {"cells": inputs.cell_types.map(function (name, place) {
      return {
        "cell_type": name,
        "atac_signal": inputs.atac_signal[place],
        "binding": inputs.binding[place],
        "atac_peaks": inputs.atac_peaks[place],
        "chip_peaks": inputs.chip_peaks[place],
        "label": inputs.labels[place]
      };
    })};
  }

# begin: about
$namespaces:
  s: https://schema.org/
  sbg: https://sevenbridges.com
s:name: "zip-cells"
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
