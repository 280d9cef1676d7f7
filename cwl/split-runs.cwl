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
    label: Training runs
    doc: "The transcription factors, each with its cell types."

outputs:
  tf:
    type: string[]
    label: Transcription factors
    doc: The name of each factor.
  cells:
    type: {type: array, items: {type: array, items: types.yml#cell_type}}
    label: Cell types with their files
    doc: The cell types of each factor.

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

# begin: about
$namespaces:
  s: https://schema.org/
  sbg: https://sevenbridges.com
s:name: "split-runs"
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
