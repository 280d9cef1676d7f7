cwlVersion: v1.2
class: ExpressionTool
label: Take the held-out cell types
doc: |
  Lists the files of the cell types that are labelled Test, a prefix for the results of each, and the binding of the
  others. Fails where none is labelled Test.

requirements:
  InlineJavascriptRequirement: {}
  SchemaDefRequirement:
    types:
      - $import: types.yml

inputs:
  prefix:
    type: string
    label: Prefix of output names
    doc: First part of the name of every output file.
  cells:
    type: {type: array, items: types.yml#cell_type}
    label: Cell types with their files
    doc: The cell types of a training run.

outputs:
  prefixes:
    type: string[]
    label: Prefixes
    doc: "Prefix of each held-out cell type, made of `prefix` and its name."
  signal:
    type: File[]
    label: ATAC-seq signals
    doc: ATAC-seq signal of each held-out cell type.
    format: http://edamontology.org/format_3006
    sbg:fileTypes: "BW, BIGWIG"
  binding:
    type: File[]
    label: Binding
    doc: Binding in each held-out cell type.
    format: http://edamontology.org/format_3006
    sbg:fileTypes: "BW, BIGWIG"
  training_binding:
    type: File[]
    label: Binding in the training cell types
    doc: Binding in each cell type that trains.
    format: http://edamontology.org/format_3006
    sbg:fileTypes: "BW, BIGWIG"

expression: |
  ${
    var held_out = inputs.cells.filter(function (cell) { return cell.label === "Test"; });
    if (held_out.length === 0) {
      throw "cells: found no label Test; expected a cell type that is held out, to predict and to score";
    }
    var taken = {};
    return {
      "prefixes": held_out.map(function (cell) {
        var plain = inputs.prefix + "_" + cell.cell_type.replace(/[^\w+-]/g, "_");
        var name = plain;
        for (var number = 2; taken[name]; number++) { name = plain + "_" + number; }
        taken[name] = true;
        return name;
      }),
      "signal": held_out.map(function (cell) { return cell.atac_signal; }),
      "binding": held_out.map(function (cell) { return cell.binding; }),
      "training_binding": inputs.cells.filter(function (cell) {
        return cell.label === "Train";
      }).map(function (cell) { return cell.binding; })
    };
  }

# begin: about
$namespaces:
  s: https://schema.org/
  sbg: https://sevenbridges.com
s:name: "test-cells"
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
