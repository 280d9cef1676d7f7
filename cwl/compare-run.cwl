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
  record: {type: File, doc: Run record., inputBinding: {position: 1}}
  history: {type: File, doc: History., inputBinding: {position: 2}}
  expected: {type: File, doc: "JSON: best_epoch, state_sha256, history, tolerance.", inputBinding: {position: 3}}
  exact:
    type: boolean
    default: false
    doc: Whether everything must be the same; on one machine and backend it is.
    inputBinding: {prefix: --exact, position: 5}

arguments:
  - {valueFrom: report.txt, position: 4}

outputs:
  report:
    type: File
    format: http://edamontology.org/format_2330
    doc: What differs, a line each.
    outputBinding: {glob: report.txt}
