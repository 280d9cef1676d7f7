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
  prefix:
    type: string
    label: Prefix of output names
    doc: First part of the name of every output file.
  cells:
    type: {type: array, items: types.yml#cell_type}
    label: Cell types with their files
    doc: The cell types; each is held out once.
  allow_shared_files:
    type: string[]?
    label: Test cell types that may share files
    doc: Cell types that may have files in common with others.
  allow_same:
    type: string[]?
    label: Cell types that are one under two names
    doc: "Pairs NAME=NAME, which are held out together."

outputs:
  prefixes:
    type: string[]
    label: Prefixes
    doc: "Prefix of each run, made of `prefix` and the cell type that is held out."
  held_out:
    type: {type: array, items: {type: array, items: string}}
    label: Held-out cell types
    doc: The cell types that each run holds out.
  shared:
    type: {type: array, items: {type: array, items: string}}
    label: Cell types that may share files
    doc: Those of the held-out cell types that may share files.

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

# begin: about
$namespaces:
  s: https://schema.org/
  sbg: https://sevenbridges.com
s:name: "fold-cells"
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
