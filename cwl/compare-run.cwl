cwlVersion: v1.2
class: CommandLineTool
label: Hold a training run against what is expected
doc: Fails, and says why, if selected epoch, history or weights are not as expected.

baseCommand: [python3, compare_run.py]

hints:
  DockerRequirement:
    # begin: image
    dockerPull: maxatac:0.1.0
    # end

requirements:
  InitialWorkDirRequirement:
    listing:
      - entryname: compare_run.py
        entry: {$include: compare_run.py}
  NetworkAccess:
    networkAccess: false

successCodes: [0]
permanentFailCodes: [1]

inputs:
  record:
    type: File
    label: Run record
    doc: The run record of the training run.
    s:encodingFormat: http://edamontology.org/format_3464
    sbg:fileTypes: JSON
    inputBinding: {position: 1}
  history:
    type: File
    label: Training history
    doc: The scores of each epoch of that run.
    s:encodingFormat: http://edamontology.org/format_3752
    sbg:fileTypes: CSV
    inputBinding: {position: 2}
  expected:
    type: File
    label: Expected result
    doc: "JSON with best_epoch, state_sha256, history and tolerance."
    s:encodingFormat: http://edamontology.org/format_3464
    sbg:fileTypes: JSON
    inputBinding: {position: 3}
  exact:
    type: boolean
    label: Compare exactly
    default: false
    doc: Whether everything must be the same to the last bit; on one machine and backend it is.
    inputBinding: {prefix: --exact, position: 5}

arguments:
  - {valueFrom: report.txt, position: 4}

outputs:
  report:
    type: File
    label: Report
    doc: "What differs, one line each; or that all is as expected."
    format: http://edamontology.org/format_2330
    sbg:fileTypes: TXT
    outputBinding: {glob: report.txt}

# begin: about
$namespaces:
  s: https://schema.org/
  sbg: https://sevenbridges.com
s:name: "compare-run"
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
