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
  cell_types: string[]
  labels: string[]
  atac_signal: File[]
  binding: File[]
  atac_peaks: File[]
  chip_peaks: File[]

outputs:
  cells:
    type: {type: array, items: types.yml#cell_type}

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
