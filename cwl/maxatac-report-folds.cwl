cwlVersion: v1.2
class: CommandLineTool
label: Make the table of a cross-validation
doc: |
  Makes one table and one figure of the scores of all folds, from the records and test scores that they left (maxatac
  report). docs/train.md describes them.

baseCommand: [maxatac, report]
arguments:
  - {valueFrom: $(inputs.prefix)_folds}

hints:
  DockerRequirement:
    # begin: image
    dockerPull: maxatac:0.1.0
    # end
  SoftwareRequirement:
    packages:
      maxatac:
        # begin: version
        version: ["0.1.0"]
        # end
        specs: ["https://doi.org/10.1371/journal.pcbi.1010863"]

requirements:
  InlineJavascriptRequirement: {}
  InitialWorkDirRequirement:
    # As a cross-validation on one machine leaves them: a folder for each fold.
    listing: |
      ${
        return [{
          "class": "Directory",
          "basename": inputs.prefix + "_folds",
          "listing": inputs.records.map(function (record, place) {
            var name = record.basename.slice(inputs.prefix.length + 1).replace(/_run\.json$/, "");
            var scores = inputs.test_scores[place];
            return {"class": "Directory", "basename": name, "listing": scores === null ? [record] : [record, scores]};
          })
        }];
      }
  ResourceRequirement:
    coresMin: 1
    ramMin: 2048
    outdirMin: 256
  NetworkAccess:
    networkAccess: false
  EnvVarRequirement:
    envDef:
      MPLCONFIGDIR: $(runtime.tmpdir)

successCodes: [0]
permanentFailCodes: [1, 2]

inputs:
  prefix:
    type: string
    doc: That of the cross-validation; the prefix of each fold begins with it.
  records:
    type: File[]
    doc: The run records of the folds, outputs of training of this name.
  test_scores:
    type: {type: array, items: ["null", File]}
    doc: The scores of their tests, in the same order.

outputs:
  table:
    type: File
    format: http://edamontology.org/format_3475
    doc: Scores of each fold beside its baselines, and their mean.
    outputBinding: {glob: $(inputs.prefix)_folds.tsv}
  scores:
    type: File
    format: http://edamontology.org/format_3464
    doc: The same for programs.
    outputBinding: {glob: $(inputs.prefix)_folds.json}
  figure:
    type: File?
    format: http://edamontology.org/format_3603
    doc: Average precision of each fold, with intervals.
    outputBinding: {glob: $(inputs.prefix)_folds.png}

$namespaces:
  s: https://schema.org/
s:name: maxatac report
s:license: https://spdx.org/licenses/Apache-2.0
