cwlVersion: v1.2
class: ExpressionTool
label: Hold each cell type out
doc: |
  Lists for each cell type what a training run that holds it out needs: a prefix, the cell type, and whether it may share
  files. Names that allow_same says are of one cell type are held out together. Fails where there is one only, or where
  other names differ in case, blanks, - and _ alone.

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
  allow_same: string[]?

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
    // The number of the cell type of each name: the place of its first name.
    var numbers = names.map(function (name, place) { return place; });
    (inputs.allow_same || []).forEach(function (pair) {
      for (var at = pair.indexOf("="); at >= 0; at = pair.indexOf("=", at + 1)) {
        var one = numbers[names.indexOf(pair.slice(0, at))];
        var other = numbers[names.indexOf(pair.slice(at + 1))];
        if (one !== undefined && other !== undefined && one !== other) {
          numbers = numbers.map(function (number) {
            return number === one || number === other ? Math.min(one, other) : number;
          });
          return;
        }
      }
      throw "allow_same: found " + pair + "; expected NAME=NAME, two cell types; there are " + names.join(", ");
    });
    var plain = names.map(function (name) { return name.toLowerCase().replace(/[\s_-]+/g, ""); });
    plain.forEach(function (name, place) {
      var first = plain.indexOf(name);
      if (numbers[first] !== numbers[place]) {
        throw "cells: " + names[place] + " seems to be " + names[first] + ": their names differ in case, blanks, - and _ "
          + "alone; hold both out together with allow_same " + names[first] + "=" + names[place] + ", or leave one out";
      }
    });
    var firsts = numbers.filter(function (number, place) { return number === place; });
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
      return names.filter(function (name, place) { return numbers[place] === first; });
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
