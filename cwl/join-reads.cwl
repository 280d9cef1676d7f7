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
  signal: {type: {type: array, items: {type: array, items: File}}}
  called_peaks: {type: {type: array, items: {type: array, items: File}}}
  binding: File[]
  regions: File[]

outputs:
  cells:
    type: {type: array, items: types.yml#cell_type}

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
