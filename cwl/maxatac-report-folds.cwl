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
    label: Prefix of the cross-validation
    doc: The prefix of each fold begins with it.
  records:
    type: File[]
    label: Run records
    doc: "The output `record` of the training run of each fold."
    s:encodingFormat: http://edamontology.org/format_3464
    sbg:fileTypes: JSON
  test_scores:
    type: {type: array, items: ["null", File]}
    label: Test scores (JSON)
    doc: "The output `test_scores` of each fold, in the same order."
    s:encodingFormat: http://edamontology.org/format_3464
    sbg:fileTypes: JSON

outputs:
  table:
    type: File
    label: Scores of the folds
    doc: "Scores of each fold beside its baselines, and their mean."
    format: http://edamontology.org/format_3475
    sbg:fileTypes: TSV
    outputBinding: {glob: $(inputs.prefix)_folds.tsv}
  scores:
    type: File
    label: Scores of the folds (JSON)
    doc: The scores of the folds for programs.
    format: http://edamontology.org/format_3464
    sbg:fileTypes: JSON
    outputBinding: {glob: $(inputs.prefix)_folds.json}
  figure:
    type: File?
    label: Figure of the folds
    doc: "Average precision of each fold, with intervals."
    format: http://edamontology.org/format_3603
    sbg:fileTypes: PNG
    outputBinding: {glob: $(inputs.prefix)_folds.png}

# begin: about
$namespaces:
  s: https://schema.org/
  sbg: https://sevenbridges.com
s:name: "maxatac-report-folds"
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
