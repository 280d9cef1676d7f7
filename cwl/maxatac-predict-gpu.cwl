# Written by cwl/options.py from maxatac-predict.cwl.
cwlVersion: v1.2
class: CommandLineTool
label: Predict binding along a genome on a GPU
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
  cwltool:CUDARequirement:
    cudaVersionMin: "12.0"
    cudaComputeCapability: "6.0"
    cudaDeviceCountMin: 1
    cudaDeviceCountMax: 1
  DockerRequirement:
    dockerPull: maxatac:0.1.0-gpu
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
    label: "Model, or several"
    doc: "Model: .keras, or .h5 such as the published ones. Of several: the mean of the scores. Needed unless `tf_name` is given."
    s:encodingFormat: ["http://edamontology.org/format_3987", "http://edamontology.org/format_3590"]
    sbg:fileTypes: "KERAS, H5"
    inputBinding: {prefix: "--model"}
  tf_name:
    type: string?
    label: "Transcription factor of a model in the folder"
    doc: "Transcription factor, in place of a model: its model and cutoff table are looked up in `models`. Needed unless `model` is given."
    inputBinding: {prefix: "--tf_name"}
  models:
    type: Directory?
    label: "Folder of models"
    doc: "Folder of models, with a folder for each transcription factor as in the published data. Needed with `tf_name`."
    inputBinding: {prefix: "--models"}
  out_of_fold:
    type: boolean
    label: "Predict out of fold only"
    default: false
    doc: "Predict each sequence only with models whose records say that they did not train on it; sequences without such a model are left out."
    inputBinding: {valueFrom: "$(self ? \"--out_of_fold\" : \"--no-out_of_fold\")"}
  sequence:
    type: File
    label: "Genome sequence (2bit)"
    doc: "Genome sequence as 2bit; it must be the genome of all tracks."
    s:encodingFormat: "http://edamontology.org/format_3009"
    sbg:fileTypes: "2BIT"
    inputBinding: {prefix: "--sequence"}
  signal:
    type: File[]
    label: "ATAC-seq signal"
    doc: "ATAC-seq signal as bigWig, on the scale that the model was trained on. Of several: an output for each, with one header."
    s:encodingFormat: "http://edamontology.org/format_3006"
    sbg:fileTypes: "BW, BIGWIG"
    inputBinding: {prefix: "--signal"}
  roi:
    type: File?
    label: "Regions of interest"
    doc: "Regions of interest, BED or narrowPeak: only windows that touch one are predicted. Optional."
    s:encodingFormat: ["http://edamontology.org/format_3003", "http://edamontology.org/format_3613"]
    sbg:fileTypes: "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ"
    inputBinding: {prefix: "--roi"}
  clip_to_roi:
    type: boolean
    label: "Score only bins in regions of interest"
    default: false
    doc: "Give no score to bins that touch no region of interest; needs `roi`."
    inputBinding: {valueFrom: "$(self ? \"--clip_to_roi\" : \"--no-clip_to_roi\")"}
  unscored_out:
    type: string?
    label: "Name of the file of unscored regions"
    doc: "Name of a file to write, with the regions of interest that get no score, and the reason. Without it: none is written."
    inputBinding: {prefix: "--unscored_out"}
  windows:
    type: File?
    label: "Windows to predict"
    doc: "Windows to predict in place of the grid: BED with intervals of 1,024 bp, whose starts differ by multiples of 32. Without it: the grid of `step_size`."
    s:encodingFormat: ["http://edamontology.org/format_3003", "http://edamontology.org/format_3613"]
    sbg:fileTypes: "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ"
    inputBinding: {prefix: "--windows"}
  step_size:
    type: int
    label: "Distance of windows (bp)"
    default: 256
    doc: "Distance of the windows of the grid, a multiple of 32."
    inputBinding: {prefix: "--step_size"}
  blacklist:
    type: File?
    label: "Blacklisted regions"
    doc: "Regions that no window may touch: BED or bigWig, plain or gzip. Optional."
    s:encodingFormat: ["http://edamontology.org/format_3003", "http://edamontology.org/format_3613", "http://edamontology.org/format_3006"]
    sbg:fileTypes: "BED, BED.GZ, NARROWPEAK, NARROWPEAK.GZ, BW, BIGWIG"
    inputBinding: {prefix: "--blacklist"}
  chroms:
    type: string[]?
    label: Chromosomes
    doc: "Sequences to predict. Where a track lacks one that is named, its signal is taken as 0. Without it: every sequence of the genome that any of the tracks knows."
    inputBinding: {prefix: "--chroms"}
  chrom_sizes:
    type: File?
    label: "Chromosome sizes"
    doc: "Chromosome sizes to compare with those of the 2bit, which are used. Optional."
    s:encodingFormat: "http://edamontology.org/format_3475"
    sbg:fileTypes: "SIZES, TSV, TXT"
    inputBinding: {prefix: "--chrom_sizes"}
  genome:
    type: string?
    label: "Name of the genome build"
    doc: "Name of the genome build, a label for the run record only. Optional."
    inputBinding: {prefix: "--genome"}
  strict:
    type: boolean
    label: "Refuse a signal of another scale"
    default: false
    doc: "Refuse a signal that is not on the scale that the model was trained on."
    inputBinding: {valueFrom: "$(self ? \"--strict\" : \"--no-strict\")"}
  prefix:
    type: string
    label: "Prefix of output names"
    default: maxatac_predict
    doc: "First part of the name of every output file."
    inputBinding: {prefix: "--prefix"}
  loglevel:
    type: {type: enum, name: loglevel, symbols: [fatal, error, warning, info, debug]}
    label: "Log level"
    default: info
    doc: "Least severe messages that the log has."
    inputBinding: {prefix: "--loglevel"}
  batch_size:
    type: int
    label: "Windows per call of the network"
    default: 256
    doc: "Windows per call of the network; the scores do not depend on it."
    inputBinding: {prefix: "--batch_size"}
  rev_comp:
    type: boolean
    label: "Average both strands"
    default: false
    doc: "Average the predictions of both strands, which takes twice the time."
    inputBinding: {valueFrom: "$(self ? \"--rev_comp\" : \"--no-rev_comp\")"}
  device:
    type: {type: enum, name: device, symbols: [auto, gpu, cpu]}
    label: "Device to compute on"
    default: auto
    doc: "What to compute on; gpu is an error where there is none, auto is not."
    inputBinding: {prefix: "--device"}
  fast_math:
    type: boolean
    label: "TensorFloat-32 on a GPU"
    default: false
    doc: "Let a GPU multiply with fewer digits (TensorFloat-32); scores then have fewer correct digits."
    inputBinding: {valueFrom: "$(self ? \"--fast_math\" : \"--no-fast_math\")"}
  cutoff_type:
    type: string
    label: "What the cutoff is chosen by"
    default: F1
    doc: "What the cutoff is chosen by, in upper or lower case: Precision, Recall, F1, log2FC of the table, or score for a score itself. F1 takes the threshold of the highest F1."
    inputBinding: {prefix: "--cutoff_type"}
  cutoff_value:
    type: double?
    label: "Value to reach"
    doc: "Value to reach: a score, or a precision, recall or log2 fold over random; F1 needs none. Optional."
    inputBinding: {prefix: "--cutoff_value"}
  cutoff_file:
    type: File?
    label: "Table of thresholds"
    secondaryFiles: [{pattern: "$(self.nameroot.replace(/_cross_celltype$/, \"\") + \"_threshold_run.json\")", required: false}, {pattern: "$(self.nameroot.replace(/_thresholds$/, \"\") + \"_run.json\")", required: false}]
    doc: "Table of thresholds, of a published model, of maxatac train or of maxatac threshold. Optional."
    s:encodingFormat: "http://edamontology.org/format_3475"
    sbg:fileTypes: "TSV, TXT"
    inputBinding: {prefix: "--cutoff_file"}
  skip_call_peaks:
    type: boolean
    label: "Write no sites"
    default: false
    doc: "Write no sites, although there is a cutoff."
    inputBinding: {valueFrom: "$(self ? \"--skip_call_peaks\" : \"--no-skip_call_peaks\")"}
  max_zooms:
    type: int
    label: "Zoom levels of the bigWig"
    default: 10
    doc: "Zoom levels of the bigWig, at most; 0 to 10."
    inputBinding: {prefix: "--max_zooms"}
  memory:
    type: string?
    label: "Memory for data"
    doc: "Memory for decoded tracks, such as 200M or 4G; the results do not depend on it. Without it: a quarter of what is reserved."
  cores:
    type: int
    label: "Processor cores"
    default: 4
    doc: "Processor cores to reserve; the command uses as many threads."
  ram_mb:
    type: int
    label: "Memory to reserve (MiB)"
    default: 16384
    doc: "Memory to reserve, in MiB; a step that needs more is killed."
  tmpdir_mb:
    type: int
    label: "Space for temporary files (MiB)"
    default: 1024
    doc: "Disk space to reserve for temporary files, in MiB."
  outdir_mb:
    type: int
    label: "Space for results (MiB)"
    default: 4096
    doc: "Disk space to reserve for the results, in MiB."
  max_hours:
    type: int
    label: "Time limit (hours)"
    default: 0
    doc: "Hours after which the engine stops the step; 0 for no limit."

outputs:
  tracks:
    type: File[]
    label: "Predicted scores"
    secondaryFiles: ["$(inputs.prefix)_predict_run.json"]
    doc: "Predicted scores of 0 to 1 in bins of 32 bp, one track per signal."
    format: "http://edamontology.org/format_3006"
    sbg:fileTypes: BW
    outputBinding: {glob: "$(tracks(inputs, \".bw\"))"}
  sites:
    type: File[]
    label: "Predicted sites"
    doc: "The bins that reach the cutoff, joined, for each track; none without a cutoff."
    format: "http://edamontology.org/format_3003"
    sbg:fileTypes: BED
    outputBinding: {glob: "$(tracks(inputs, \"_peaks.bed\"))"}
  unscored:
    type: File?
    label: "Regions without a score"
    doc: "Regions of interest that got no score, with the reason; with `unscored_out`."
    format: "http://edamontology.org/format_3003"
    sbg:fileTypes: "BED, TSV"
    outputBinding: {glob: "$(inputs.unscored_out || [])"}
  record:
    type: File
    label: "Run record"
    doc: "What was run, on which files, with which settings and result: versions, options, checksums of the inputs. Later commands read it beside the results."
    format: "http://edamontology.org/format_3464"
    sbg:fileTypes: JSON
    outputBinding: {glob: "$(inputs.prefix)_predict_run.json"}
  log:
    type: File
    label: Log
    doc: "What the command told while it ran."
    format: "http://edamontology.org/format_2330"
    sbg:fileTypes: LOG
    outputBinding: {glob: "$(inputs.prefix)_predict.log"}

$namespaces:
  cwltool: http://commonwl.org/cwltool#
  s: https://schema.org/
  sbg: https://sevenbridges.com
s:name: "maxatac predict"
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
