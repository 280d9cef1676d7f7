cwlVersion: v1.2
class: CommandLineTool
label: Draw the report of a training run again
doc: |
  Draws the report of a finished training run, and its figures, from the tables and records that it left (maxatac
  report). Training does that itself; this is for runs that were trained without plot or report, and for newer versions
  of the page. docs/report.md describes it.

baseCommand: [maxatac, report]
arguments:
  - {valueFrom: $(inputs.record.basename)}

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
    # The files of a run lie side by side.
    listing:
      - $(inputs.record)
      - $(inputs.report_data)
      - $(inputs.history)
      - $(inputs.timing)
      - $(inputs.cell_history)
      - $(inputs.test_scores)
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
  record:
    type: File
    label: Run record
    doc: "The output `record` of the training run; its name begins with the run's prefix, as do those of the others."
    s:encodingFormat: http://edamontology.org/format_3464
    sbg:fileTypes: JSON
  report_data:
    type: File?
    label: Data of the report
    doc: "The output `report_data`. Without it the report has its tables and the curves of training alone."
    s:encodingFormat: http://edamontology.org/format_3464
    sbg:fileTypes: JSON
  history:
    type: File
    label: Training history
    doc: "The output `history`: loss, Dice coefficient and more of each epoch."
    s:encodingFormat: http://edamontology.org/format_3752
    sbg:fileTypes: CSV
  timing:
    type: File
    label: Times of each epoch
    doc: "The output `timing`: what took how long in each epoch."
    s:encodingFormat: http://edamontology.org/format_3752
    sbg:fileTypes: CSV
  cell_history:
    type: File?
    label: Training history by cell type
    doc: "The output `cell_history`: validation scores of each epoch by cell type. Optional."
    s:encodingFormat: http://edamontology.org/format_3752
    sbg:fileTypes: CSV
  test_scores:
    type: File?
    label: Test scores (JSON)
    doc: "The output `test_scores` of the independent test. Optional."
    s:encodingFormat: http://edamontology.org/format_3464
    sbg:fileTypes: JSON

outputs:
  report_page:
    type: File
    label: Report
    doc: "The report of the run: data, training, selection and test in one HTML file."
    format: http://edamontology.org/format_2331
    sbg:fileTypes: HTML
    outputBinding: {glob: '$(inputs.record.basename.replace(/_run\.json$/, "_report.html"))'}
  figures:
    type: Directory?
    label: Figures of the report
    doc: "The figures of the report, as PNG and SVG."
    outputBinding: {glob: '$(inputs.record.basename.replace(/_run\.json$/, "_figures"))'}

# begin: about
$namespaces:
  s: https://schema.org/
  sbg: https://sevenbridges.com
s:name: "maxatac-report"
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
