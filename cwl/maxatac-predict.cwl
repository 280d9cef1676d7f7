cwlVersion: v1.2
class: CommandLineTool
label: Predict binding along a genome
doc: |
  Applies a model to the sequence and the ATAC-seq signal of a genome: writes a track of scores and, with a cutoff, the
  sites that reach it (maxatac predict). docs/predict.md explains the options.

# begin: tool of maxatac predict
baseCommand: [maxatac, predict]
arguments:
  - {prefix: "--output", valueFrom: "."}
  - {prefix: "--threads", valueFrom: "$(runtime.cores)"}
  - {prefix: "--memory", valueFrom: "$(inputs.memory === null ? Math.max(1, Math.floor(runtime.ram / 4)) + \"Mi\" : inputs.memory)"}

hints:
  DockerRequirement:
    dockerPull: maxatac:0.1.0
  SoftwareRequirement:
    packages:
      maxatac:
        version: ["0.1.0"]
        specs: ["https://doi.org/10.1371/journal.pcbi.1010863"]

requirements:
  InlineJavascriptRequirement:
    expressionLib:
      - |
        function tracks(inputs, ending) {
          var taken = {};
          return inputs.signal.map(function (file) {
            var name = file.nameroot;
            for (var number = 2; taken[name.toLowerCase()]; number++) { name = file.nameroot + "_" + number; }
            taken[name.toLowerCase()] = true;
            return inputs.prefix + (inputs.signal.length > 1 ? "_" + name : "") + ending;
          });
        }
  ResourceRequirement:
    coresMin: "$(inputs.cores)"
    ramMin: "$(inputs.ram_mb)"
    tmpdirMin: "$(inputs.tmpdir_mb)"
    outdirMin: "$(inputs.outdir_mb)"
  NetworkAccess:
    networkAccess: false
  ToolTimeLimit:
    timelimit: "$(inputs.max_hours * 3600)"
  EnvVarRequirement:
    envDef: {KERAS_HOME: "$(runtime.tmpdir)", MPLCONFIGDIR: "$(runtime.tmpdir)"}

successCodes: [0]
temporaryFailCodes: [75]
permanentFailCodes: [1, 2]

inputs:
  model:
    type: File[]?
    doc: "Model: .keras, or .h5 such as the published ones. Of several, or given again: the mean of the scores. Without it: required, or --tf_name."
    inputBinding: {prefix: "--model"}
  tf_name:
    type: string?
    doc: "Transcription factor, in place of a model: its model and cutoff table are looked up in --models. Without it: required, or --model."
    inputBinding: {prefix: "--tf_name"}
  models:
    type: Directory?
    doc: "Folder of models, with a folder for each transcription factor as in the published data. Without it: what MAXATAC_MODELS names."
    inputBinding: {prefix: "--models"}
  out_of_fold:
    type: boolean
    default: false
    doc: "Predict each sequence only with models whose records say that they did not train on it; sequences without such a model are left out."
    inputBinding: {valueFrom: "$(self ? \"--out_of_fold\" : \"--no-out_of_fold\")"}
  sequence:
    type: File
    doc: "Genome sequence as 2bit."
    inputBinding: {prefix: "--sequence"}
  signal:
    type: File[]
    doc: "ATAC-seq signal as bigWig, on the scale that the model was trained on. Of several, or given again: an output for each, with one header."
    inputBinding: {prefix: "--signal"}
  roi:
    type: File?
    doc: "Regions of interest, BED or narrowPeak: only windows that touch one are predicted. Without it: none."
    inputBinding: {prefix: "--roi"}
  clip_to_roi:
    type: boolean
    default: false
    doc: "Give no score to bins that touch no region of interest; needs --roi."
    inputBinding: {valueFrom: "$(self ? \"--clip_to_roi\" : \"--no-clip_to_roi\")"}
  unscored_out:
    type: string?
    doc: "Write the regions of interest that get no score, with the reason. Without it: none."
    inputBinding: {prefix: "--unscored_out"}
  windows:
    type: File?
    doc: "Windows to predict in place of the grid: BED of 1,024 bp each, whose starts differ by multiples of 32. Without it: none."
    inputBinding: {prefix: "--windows"}
  step_size:
    type: int
    default: 256
    doc: "Distance of the windows of the grid, a multiple of 32."
    inputBinding: {prefix: "--step_size"}
  blacklist:
    type: File?
    doc: "Regions that no window may touch: BED or bigWig, plain or gzip. Without it: none."
    inputBinding: {prefix: "--blacklist"}
  chroms:
    type: string[]?
    doc: "Sequences to predict. Where a track lacks one that is named, its signal is taken as 0. Without it: every sequence of the genome that any of the tracks knows."
    inputBinding: {prefix: "--chroms"}
  chrom_sizes:
    type: File?
    doc: "Chromosome sizes to compare with those of the 2bit, which are used. Without it: none."
    inputBinding: {prefix: "--chrom_sizes"}
  genome:
    type: string?
    doc: "Name of the genome build, a label for the run record only. Without it: none."
    inputBinding: {prefix: "--genome"}
  strict:
    type: boolean
    default: false
    doc: "Refuse a signal that is not on the scale that the model was trained on."
    inputBinding: {valueFrom: "$(self ? \"--strict\" : \"--no-strict\")"}
  prefix:
    type: string
    default: maxatac_predict
    doc: "First part of the name of every output file."
    inputBinding: {prefix: "--prefix"}
  loglevel:
    type: {type: enum, symbols: [fatal, error, warning, info, debug]}
    default: info
    doc: "What to log, in upper or lower case."
    inputBinding: {prefix: "--loglevel"}
  batch_size:
    type: int
    default: 256
    doc: "Windows per call of the network; the scores do not depend on it."
    inputBinding: {prefix: "--batch_size"}
  rev_comp:
    type: boolean
    default: false
    doc: "Average the predictions of both strands, which takes twice the time."
    inputBinding: {valueFrom: "$(self ? \"--rev_comp\" : \"--no-rev_comp\")"}
  device:
    type: {type: enum, symbols: [auto, gpu, cpu]}
    default: auto
    doc: "What to compute on; gpu is an error where there is none, auto is not."
    inputBinding: {prefix: "--device"}
  fast_math:
    type: boolean
    default: false
    doc: "Let a GPU multiply with fewer digits (TensorFloat-32); scores then have fewer correct digits."
    inputBinding: {valueFrom: "$(self ? \"--fast_math\" : \"--no-fast_math\")"}
  cutoff_type:
    type: string
    default: F1
    doc: "What the cutoff is chosen by, in upper or lower case: Precision, Recall, F1, log2FC of the table, or score for a score itself. F1 takes the threshold of the highest F1."
    inputBinding: {prefix: "--cutoff_type"}
  cutoff_value:
    type: double?
    doc: "Value to reach: a score, or a precision, recall or log2 fold over random; F1 needs none. Without it: none."
    inputBinding: {prefix: "--cutoff_value"}
  cutoff_file:
    type: File?
    secondaryFiles: [{pattern: "$(self.nameroot.replace(/_cross_celltype$/, \"\") + \"_threshold_run.json\")", required: false}, {pattern: "$(self.nameroot.replace(/_thresholds$/, \"\") + \"_run.json\")", required: false}]
    doc: "Table of thresholds, of a published model, of maxatac train or of maxatac threshold. Without it: none."
    inputBinding: {prefix: "--cutoff_file"}
  skip_call_peaks:
    type: boolean
    default: false
    doc: "Write no sites, although there is a cutoff."
    inputBinding: {valueFrom: "$(self ? \"--skip_call_peaks\" : \"--no-skip_call_peaks\")"}
  max_zooms:
    type: int
    default: 10
    doc: "Zoom levels of the bigWig, at most; 0 to 10."
    inputBinding: {prefix: "--max_zooms"}
  memory:
    type: string?
    doc: "Memory for decoded tracks, such as 200M or 4G; the results do not depend on it. Without it: a quarter of what is reserved."
  cores:
    type: int
    default: 4
    doc: "Processor cores to reserve; loader and network have as many threads each."
  ram_mb:
    type: int
    default: 16384
    doc: "Memory to reserve, in MiB."
  tmpdir_mb:
    type: int
    default: 1024
    doc: "Space for temporary files to reserve, in MiB."
  outdir_mb:
    type: int
    default: 4096
    doc: "Space for the results to reserve, in MiB."
  max_hours:
    type: int
    default: 0
    doc: "Hours after which the engine stops the run; 0 for no limit."

outputs:
  tracks:
    type: File[]
    secondaryFiles: ["$(inputs.prefix)_predict_run.json"]
    format: "http://edamontology.org/format_3006"
    doc: "Predicted scores in bins of 32 bp, one track per signal."
    outputBinding: {glob: "$(tracks(inputs, \".bw\"))"}
  sites:
    type: File[]
    format: "http://edamontology.org/format_3003"
    doc: "The sites of each track; none without a cutoff."
    outputBinding: {glob: "$(tracks(inputs, \"_peaks.bed\"))"}
  unscored:
    type: File?
    format: "http://edamontology.org/format_3003"
    doc: "Regions of interest without a score."
    outputBinding: {glob: "$(inputs.unscored_out || [])"}
  record:
    type: File
    format: "http://edamontology.org/format_3464"
    doc: "What was run, on what, with what result."
    outputBinding: {glob: "$(inputs.prefix)_predict_run.json"}
  log:
    type: File
    format: "http://edamontology.org/format_2330"
    doc: "The log."
    outputBinding: {glob: "$(inputs.prefix)_predict.log"}

$namespaces:
  s: https://schema.org/
s:name: maxatac predict
s:license: https://spdx.org/licenses/Apache-2.0
s:citation: https://doi.org/10.1371/journal.pcbi.1010863
# end
