cwlVersion: v1.2
class: ExpressionTool
label: Hold each cell type out
doc: |
  Lists for each cell type what a training run that holds it out needs: a prefix, the cell type, and whether it may share
  files. Names that differ in case, blanks, - and _ alone are of one cell type. Fails where there is one only.

requirements:
  InlineJavascriptRequirement: {}
  SchemaDefRequirement:
    types:
      - $import: types.yml

inputs:
  prefix: string
  cells:
    type: {type: array, items: types.yml#cell_type}
  allow_shared_files: string[]?

outputs:
  prefixes: string[]
  held_out:
    type: {type: array, items: {type: array, items: string}}
  shared:
    type: {type: array, items: {type: array, items: string}}

expression: |
  ${
    if (/[\[\]*?]/.test(inputs.prefix)) {
      throw "prefix: found " + inputs.prefix + "; expected a name without [ ] * ?, which are patterns of file names";
    }
    var names = inputs.cells.map(function (cell) { return cell.cell_type; });
    var plain = names.map(function (name) { return name.toLowerCase().replace(/[\s_-]+/g, ""); });
    var firsts = plain.filter(function (name, place) { return plain.indexOf(name) === place; });
    if (firsts.length < 2) {
      throw "cells: found one cell type (" + names.join(", ") + "); expected at least two: each in turn is held out, and "
        + "the others train";
    }
    var allowed = inputs.allow_shared_files || [];
    var unknown = allowed.filter(function (name) { return names.indexOf(name) < 0; });
    if (unknown.length > 0) {
      throw "allow_shared_files: no cell type is called " + unknown.join(", ") + "; there are " + names.join(", ");
    }
    var groups = firsts.map(function (first) {
      return names.filter(function (name, place) { return plain[place] === first; });
    });
    var taken = {};
    return {
      "prefixes": groups.map(function (group) {
        var whole = inputs.prefix + "_" + group[0].replace(/[^\w+-]/g, "_");
        var name = whole;
        for (var number = 2; taken[name.toLowerCase()]; number++) { name = whole + "_" + number; }
        taken[name.toLowerCase()] = true;
        return name;
      }),
      "held_out": groups,
      "shared": groups.map(function (group) {
        return group.filter(function (name) { return allowed.indexOf(name) >= 0; });
      })
    };
  }
