cwlVersion: v1.2
class: ExpressionTool
label: Split training runs
doc: Takes training runs apart for a scatter. Fails where two have one name, for their outputs would have too.

requirements:
  InlineJavascriptRequirement: {}
  SchemaDefRequirement:
    types:
      - $import: types.yml

inputs:
  runs:
    type: {type: array, items: types.yml#training_run}

outputs:
  tf: string[]
  cells:
    type: {type: array, items: {type: array, items: types.yml#cell_type}}

expression: |
  ${
    var names = inputs.runs.map(function (run) { return run.tf; });
    var wrong = names.filter(function (name) { return /[\[\]*?]/.test(name); });
    if (wrong.length > 0) {
      throw "runs: found " + wrong.join(", ") + "; expected a name without [ ] * ?, which are patterns of file names";
    }
    var twice = names.filter(function (name, place) { return names.indexOf(name) !== place; });
    if (twice.length > 0) {
      throw "runs: found " + twice.join(", ") + " more than once; expected one run for each transcription factor";
    }
    return {"tf": names, "cells": inputs.runs.map(function (run) { return run.cells; })};
  }
