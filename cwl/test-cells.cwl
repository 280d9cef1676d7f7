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
  prefix: string
  cells:
    type: {type: array, items: types.yml#cell_type}

outputs:
  prefixes: string[]
  signal: File[]
  binding: File[]
  training_binding: File[]

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
