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
    doc: The run record, an output of training of this name, as are the others.
  report_data:
    type: File?
    doc: What the tables do not hold. Without it the report has its tables and curves of training alone.
  history:
    type: File
    doc: Loss, Dice coefficient and more of each epoch.
  timing:
    type: File
    doc: Times of each epoch.
  cell_history:
    type: File?
    doc: Validation scores of each epoch by cell type.
  test_scores:
    type: File?
    doc: Scores of the independent test.

outputs:
  report_page:
    type: File
    format: http://edamontology.org/format_2331
    doc: The report, one HTML file.
    outputBinding: {glob: '$(inputs.record.basename.replace(/_run\.json$/, "_report.html"))'}
  figures:
    type: Directory?
    doc: Its figures, as PNG and SVG.
    outputBinding: {glob: '$(inputs.record.basename.replace(/_run\.json$/, "_figures"))'}

$namespaces:
  s: https://schema.org/
s:name: maxatac report
s:license: https://spdx.org/licenses/Apache-2.0
