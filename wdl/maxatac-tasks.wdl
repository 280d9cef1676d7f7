version 1.0

## A task per command of maxatac but train, which maxatac-train.wdl has. The workflows beside this file call them.
## docs/terra.md tells how to run them; docs/ has a page for each command.

# begin: wdl task of prepare
task prepare {
  input {
    Array[File] input_files
    String input_format = "auto"
    String? shift
    File? sequence
    File? chrom_sizes
    Array[String] chroms = []
    File? blacklist
    Boolean single_end = false
    Boolean skip_deduplication = false
    Boolean trust_duplicate_flags = false
    Boolean deduplicate_per_file = false
    Boolean remove_equal_fragments = false
    Int min_mapq = 0
    Boolean primary_only = false
    Int? max_fragment
    Boolean allow_missing_eof = false
    File? barcodes
    String? barcode_tag
    Int max_zooms = 10
    Int slop = 20
    Int rpm_factor = 20000000
    Boolean clip = false
    Boolean sites_bed = false
    File? atac_peaks
    Boolean call_peaks = false
    Float? genome_size
    String prefix
    String loglevel = "info"
    String? memory
    Int cores = 4
    Int ram_mb = 16384
    Int outdir_mb = 32768
    Int preemptible = 0
    Int max_retries = 0
    String docker = "maxatac:0.1.0"
  }
  Array[File] given = flatten([select_all([sequence, chrom_sizes, blacklist, barcodes, atac_peaks]), input_files])
  Int input_mb = ceil(size(given, "MiB"))
  # An apostrophe between the shell's single quotes: they end, one stands between double quotes, and they begin again.
  String apostrophe = "'\"'\"'"
  command <<<
    set -eu
    mkdir results
    # give OPTION LIST: an option with the lines of a file; without it where there are none
    give() {
      local words
      mapfile -t words < "$2"
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    options=(
      ~{"--input_format '" + sub(input_format, "'", apostrophe) + "'"}
      ~{if defined(shift) then "--shift '" + sub(select_first([shift]), "'", apostrophe) + "'" else ""}
      ~{if defined(sequence) then "--sequence '" + sub(select_first([sequence]), "'", apostrophe) + "'" else ""}
      ~{if defined(chrom_sizes) then "--chrom_sizes '" + sub(select_first([chrom_sizes]), "'", apostrophe) + "'" else ""}
      ~{if defined(blacklist) then "--blacklist '" + sub(select_first([blacklist]), "'", apostrophe) + "'" else ""}
      ~{if single_end then "--single_end" else "--no-single_end"}
      ~{if skip_deduplication then "--skip_deduplication" else "--no-skip_deduplication"}
      ~{if trust_duplicate_flags then "--trust_duplicate_flags" else "--no-trust_duplicate_flags"}
      ~{if deduplicate_per_file then "--deduplicate_per_file" else "--no-deduplicate_per_file"}
      ~{if remove_equal_fragments then "--remove_equal_fragments" else "--no-remove_equal_fragments"}
      --min_mapq ~{min_mapq}
      ~{if primary_only then "--primary_only" else "--no-primary_only"}
      ~{"--max_fragment " + max_fragment}
      ~{if allow_missing_eof then "--allow_missing_eof" else "--no-allow_missing_eof"}
      ~{if defined(barcodes) then "--barcodes '" + sub(select_first([barcodes]), "'", apostrophe) + "'" else ""}
      ~{if defined(barcode_tag) then "--barcode_tag '" + sub(select_first([barcode_tag]), "'", apostrophe) + "'" else ""}
      --max_zooms ~{max_zooms}
      --slop ~{slop}
      --rpm_factor ~{rpm_factor}
      ~{if clip then "--clip" else "--no-clip"}
      ~{if sites_bed then "--sites_bed" else "--no-sites_bed"}
      ~{if defined(atac_peaks) then "--peaks '" + sub(select_first([atac_peaks]), "'", apostrophe) + "'" else ""}
      ~{if call_peaks then "--call_peaks" else "--no-call_peaks"}
      ~{"--genome_size " + genome_size}
      ~{"--prefix '" + sub(prefix, "'", apostrophe) + "'"}
      ~{"--loglevel '" + sub(loglevel, "'", apostrophe) + "'"}
    )
    give --input '~{write_lines(input_files)}'
    give --chroms '~{write_lines(chroms)}'
    maxatac prepare --output results --threads ~{cores} --memory '~{if defined(memory) then sub(select_first([memory]), "'", apostrophe) else ram_mb / 4 + "Mi"}' "${options[@]}"
  >>>
  output {
    Array[File] signal = glob("results/~{prefix}*_IS_slop~{slop}_RP*M_minmax01.bw")
    Array[File] scaled = glob("results/~{prefix}*_IS_slop~{slop}_RP*M.bw")
    Array[File] statistics = flatten([glob("results/~{prefix}*_IS_slop~{slop}_RP*M_minmax01_genome_stats.txt"), glob("results/~{prefix}*_IS_slop~{slop}_RP*M_minmax01_chromosome_min_max.txt")])
    Array[File] cut_sites = glob("results/~{prefix}*_IS.bed.gz")
    Array[File] slopped_sites = glob("results/~{prefix}*_IS_slop~{slop}.bed.gz")
    Array[File] called_peaks = glob("results/~{prefix}*_peaks.narrowPeak")
    File? groups = "results/~{prefix}_groups.tsv"
    File quality = "results/~{prefix}_qc.html"
    File quality_table = "results/~{prefix}_qc_mqc.tsv"
    File record = "results/~{prefix}_prepare_run.json"
    File log = "results/~{prefix}_prepare.log"
  }
  runtime {
    docker: docker
    cpu: cores
    memory: ram_mb + " MiB"
    disks: "local-disk " + ceil((input_mb + outdir_mb) / 1024.0 + 1) + " SSD"
    preemptible: preemptible
    maxRetries: max_retries
  }
}
# end

# begin: wdl task of normalize
task normalize {
  input {
    File signal
    File? sequence
    File? chrom_sizes
    Array[String] chroms = []
    File? blacklist
    String method = "min-max"
    Float max_percentile = 99.0
    Float? min
    Float? max
    Boolean clip = false
    Int max_zooms = 10
    String prefix
    String loglevel = "info"
    String? memory
    Int cores = 4
    Int ram_mb = 16384
    Int outdir_mb = 4096
    Int preemptible = 0
    Int max_retries = 0
    String docker = "maxatac:0.1.0"
  }
  Array[File] given = select_all([signal, sequence, chrom_sizes, blacklist])
  Int input_mb = ceil(size(given, "MiB"))
  # An apostrophe between the shell's single quotes: they end, one stands between double quotes, and they begin again.
  String apostrophe = "'\"'\"'"
  command <<<
    set -eu
    mkdir results
    # give OPTION LIST: an option with the lines of a file; without it where there are none
    give() {
      local words
      mapfile -t words < "$2"
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    options=(
      ~{"--signal '" + sub(signal, "'", apostrophe) + "'"}
      ~{if defined(sequence) then "--sequence '" + sub(select_first([sequence]), "'", apostrophe) + "'" else ""}
      ~{if defined(chrom_sizes) then "--chrom_sizes '" + sub(select_first([chrom_sizes]), "'", apostrophe) + "'" else ""}
      ~{if defined(blacklist) then "--blacklist '" + sub(select_first([blacklist]), "'", apostrophe) + "'" else ""}
      ~{"--method '" + sub(method, "'", apostrophe) + "'"}
      --max_percentile ~{max_percentile}
      ~{"--min " + min}
      ~{"--max " + max}
      ~{if clip then "--clip" else "--no-clip"}
      --max_zooms ~{max_zooms}
      ~{"--prefix '" + sub(prefix, "'", apostrophe) + "'"}
      ~{"--loglevel '" + sub(loglevel, "'", apostrophe) + "'"}
    )
    give --chroms '~{write_lines(chroms)}'
    maxatac normalize --output results --threads ~{cores} --memory '~{if defined(memory) then sub(select_first([memory]), "'", apostrophe) else ram_mb / 4 + "Mi"}' "${options[@]}"
  >>>
  output {
    File track = "results/~{prefix}.bw"
    Array[File] statistics = flatten([glob("results/~{prefix}_genome_stats.txt"), glob("results/~{prefix}_chromosome_min_max.txt")])
    File record = "results/~{prefix}_normalize_run.json"
    File log = "results/~{prefix}_normalize.log"
  }
  runtime {
    docker: docker
    cpu: cores
    memory: ram_mb + " MiB"
    disks: "local-disk " + ceil((input_mb + outdir_mb) / 1024.0 + 1) + " SSD"
    preemptible: preemptible
    maxRetries: max_retries
  }
}
# end

# begin: wdl task of average
task average {
  input {
    Array[File] input_files
    Array[Float] weights = []
    File? sequence
    File? chrom_sizes
    Array[String] chroms = []
    File? blacklist
    Int max_zooms = 10
    String prefix
    String loglevel = "info"
    String? memory
    Int cores = 4
    Int ram_mb = 16384
    Int outdir_mb = 4096
    Int preemptible = 0
    Int max_retries = 0
    String docker = "maxatac:0.1.0"
  }
  Array[File] given = flatten([select_all([sequence, chrom_sizes, blacklist]), input_files])
  Int input_mb = ceil(size(given, "MiB"))
  # An apostrophe between the shell's single quotes: they end, one stands between double quotes, and they begin again.
  String apostrophe = "'\"'\"'"
  command <<<
    set -eu
    mkdir results
    # give OPTION LIST: an option with the lines of a file; without it where there are none
    give() {
      local words
      mapfile -t words < "$2"
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    options=(
      ~{if defined(sequence) then "--sequence '" + sub(select_first([sequence]), "'", apostrophe) + "'" else ""}
      ~{if defined(chrom_sizes) then "--chrom_sizes '" + sub(select_first([chrom_sizes]), "'", apostrophe) + "'" else ""}
      ~{if defined(blacklist) then "--blacklist '" + sub(select_first([blacklist]), "'", apostrophe) + "'" else ""}
      --max_zooms ~{max_zooms}
      ~{"--prefix '" + sub(prefix, "'", apostrophe) + "'"}
      ~{"--loglevel '" + sub(loglevel, "'", apostrophe) + "'"}
    )
    give --input '~{write_lines(input_files)}'
    give --weights '~{write_lines(weights)}'
    give --chroms '~{write_lines(chroms)}'
    maxatac average --output results --threads ~{cores} --memory '~{if defined(memory) then sub(select_first([memory]), "'", apostrophe) else ram_mb / 4 + "Mi"}' "${options[@]}"
  >>>
  output {
    File track = "results/~{prefix}.bw"
    File record = "results/~{prefix}_average_run.json"
    File log = "results/~{prefix}_average.log"
  }
  runtime {
    docker: docker
    cpu: cores
    memory: ram_mb + " MiB"
    disks: "local-disk " + ceil((input_mb + outdir_mb) / 1024.0 + 1) + " SSD"
    preemptible: preemptible
    maxRetries: max_retries
  }
}
# end

# begin: wdl task of binding
task binding {
  input {
    Array[File] chip_peaks
    String combine = "union"
    Int? summit_window
    File? sequence
    File? chrom_sizes
    Array[String] chroms = []
    File? blacklist
    String prefix
    String loglevel = "info"
    Int max_zooms = 10
    Int ram_mb = 4096
    Int outdir_mb = 4096
    Int preemptible = 0
    Int max_retries = 0
    String docker = "maxatac:0.1.0"
  }
  Array[File] given = flatten([select_all([sequence, chrom_sizes, blacklist]), chip_peaks])
  Int input_mb = ceil(size(given, "MiB"))
  # An apostrophe between the shell's single quotes: they end, one stands between double quotes, and they begin again.
  String apostrophe = "'\"'\"'"
  command <<<
    set -eu
    mkdir results
    # give OPTION LIST: an option with the lines of a file; without it where there are none
    give() {
      local words
      mapfile -t words < "$2"
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    options=(
      ~{"--combine '" + sub(combine, "'", apostrophe) + "'"}
      ~{"--summit_window " + summit_window}
      ~{if defined(sequence) then "--sequence '" + sub(select_first([sequence]), "'", apostrophe) + "'" else ""}
      ~{if defined(chrom_sizes) then "--chrom_sizes '" + sub(select_first([chrom_sizes]), "'", apostrophe) + "'" else ""}
      ~{if defined(blacklist) then "--blacklist '" + sub(select_first([blacklist]), "'", apostrophe) + "'" else ""}
      ~{"--prefix '" + sub(prefix, "'", apostrophe) + "'"}
      ~{"--loglevel '" + sub(loglevel, "'", apostrophe) + "'"}
      --max_zooms ~{max_zooms}
    )
    give --chip_peaks '~{write_lines(chip_peaks)}'
    give --chroms '~{write_lines(chroms)}'
    maxatac binding --output results "${options[@]}"
  >>>
  output {
    File track = "results/~{prefix}.bw"
    File regions = "results/~{prefix}_peaks.bed"
    File record = "results/~{prefix}_binding_run.json"
    File log = "results/~{prefix}_binding.log"
  }
  runtime {
    docker: docker
    cpu: 1
    memory: ram_mb + " MiB"
    disks: "local-disk " + ceil((input_mb + outdir_mb) / 1024.0 + 1) + " SSD"
    preemptible: preemptible
    maxRetries: max_retries
  }
}
# end

# begin: wdl task of predict
task predict {
  input {
    Array[File] model = []
    Boolean out_of_fold = false
    File sequence
    Array[File] signal
    File? roi
    Boolean clip_to_roi = false
    File? windows
    Int step_size = 256
    File? blacklist
    Array[String] chroms = []
    File? chrom_sizes
    String? genome
    Boolean strict = false
    String prefix = "maxatac_predict"
    String loglevel = "info"
    Int batch_size = 256
    Boolean rev_comp = false
    String device = "auto"
    Boolean fast_math = false
    String cutoff_type = "F1"
    Float? cutoff_value
    File? cutoff_file
    File? cutoff_file_record
    Boolean skip_call_peaks = false
    Int max_zooms = 10
    String? memory
    Int cores = 4
    Int ram_mb = 16384
    Int outdir_mb = 4096
    Int preemptible = 0
    Int max_retries = 0
    String docker = "maxatac:0.1.0"
  }
  Array[File] given = flatten([select_all([sequence, roi, windows, blacklist, chrom_sizes, cutoff_file, cutoff_file_record]), model, signal])
  Int input_mb = ceil(size(given, "MiB"))
  # An apostrophe between the shell's single quotes: they end, one stands between double quotes, and they begin again.
  String apostrophe = "'\"'\"'"
  command <<<
    set -eu
    mkdir results
    # give OPTION LIST: an option with the lines of a file; without it where there are none
    give() {
      local words
      mapfile -t words < "$2"
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    # lay OPTION LIST RECORDS: likewise with files, of which each lies beside its run record
    lay() {
      local files records place i words=()
      mapfile -t files < "$2"
      mapfile -t records < "$3"
      for i in "${!files[@]}"; do
        [ -n "${files[i]}" ] || continue
        place="inputs/${1#--}/$i"
        mkdir -p "$place"
        ln -s "${files[i]}" ${records[i]:+"${records[i]}"} "$place/"
        words+=("$place/$(basename "${files[i]}")")
      done
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    options=(
      ~{if out_of_fold then "--out_of_fold" else "--no-out_of_fold"}
      ~{"--sequence '" + sub(sequence, "'", apostrophe) + "'"}
      ~{if defined(roi) then "--roi '" + sub(select_first([roi]), "'", apostrophe) + "'" else ""}
      ~{if clip_to_roi then "--clip_to_roi" else "--no-clip_to_roi"}
      ~{if defined(windows) then "--windows '" + sub(select_first([windows]), "'", apostrophe) + "'" else ""}
      --step_size ~{step_size}
      ~{if defined(blacklist) then "--blacklist '" + sub(select_first([blacklist]), "'", apostrophe) + "'" else ""}
      ~{if defined(chrom_sizes) then "--chrom_sizes '" + sub(select_first([chrom_sizes]), "'", apostrophe) + "'" else ""}
      ~{if defined(genome) then "--genome '" + sub(select_first([genome]), "'", apostrophe) + "'" else ""}
      ~{if strict then "--strict" else "--no-strict"}
      ~{"--prefix '" + sub(prefix, "'", apostrophe) + "'"}
      ~{"--loglevel '" + sub(loglevel, "'", apostrophe) + "'"}
      --batch_size ~{batch_size}
      ~{if rev_comp then "--rev_comp" else "--no-rev_comp"}
      ~{"--device '" + sub(device, "'", apostrophe) + "'"}
      ~{if fast_math then "--fast_math" else "--no-fast_math"}
      ~{"--cutoff_type '" + sub(cutoff_type, "'", apostrophe) + "'"}
      ~{"--cutoff_value " + cutoff_value}
      ~{if skip_call_peaks then "--skip_call_peaks" else "--no-skip_call_peaks"}
      --max_zooms ~{max_zooms}
    )
    give --model '~{write_lines(model)}'
    give --signal '~{write_lines(signal)}'
    give --chroms '~{write_lines(chroms)}'
    lay --cutoff_file '~{write_lines(select_all([cutoff_file]))}' '~{write_lines(select_all([cutoff_file_record]))}'
    maxatac predict --output results --threads ~{cores} --memory '~{if defined(memory) then sub(select_first([memory]), "'", apostrophe) else ram_mb / 4 + "Mi"}' "${options[@]}"
  >>>
  output {
    Array[File] tracks = flatten([glob("results/~{prefix}.bw"), glob("results/~{prefix}_*.bw")])
    Array[File] sites = flatten([glob("results/~{prefix}_peaks.bed"), glob("results/~{prefix}_*_peaks.bed")])
    File record = "results/~{prefix}_predict_run.json"
    File log = "results/~{prefix}_predict.log"
  }
  runtime {
    docker: docker
    cpu: cores
    memory: ram_mb + " MiB"
    disks: "local-disk " + ceil((input_mb + outdir_mb) / 1024.0 + 1) + " SSD"
    preemptible: preemptible
    maxRetries: max_retries
  }
}
# end

# begin: wdl task of merge
task merge {
  input {
    Array[File] parts
    Array[File] parts_record = []
    String prefix = "maxatac_predict"
    String loglevel = "info"
    String cutoff_type = "F1"
    Float? cutoff_value
    File? cutoff_file
    File? cutoff_file_record
    Array[File] part_peaks = []
    Int max_zooms = 10
    Int ram_mb = 4096
    Int outdir_mb = 4096
    Int preemptible = 0
    Int max_retries = 0
    String docker = "maxatac:0.1.0"
  }
  Array[File] given = flatten([select_all([cutoff_file, cutoff_file_record]), parts, parts_record, part_peaks])
  Int input_mb = ceil(size(given, "MiB"))
  # An apostrophe between the shell's single quotes: they end, one stands between double quotes, and they begin again.
  String apostrophe = "'\"'\"'"
  command <<<
    set -eu
    mkdir results
    # give OPTION LIST: an option with the lines of a file; without it where there are none
    give() {
      local words
      mapfile -t words < "$2"
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    # lay OPTION LIST RECORDS: likewise with files, of which each lies beside its run record
    lay() {
      local files records place i words=()
      mapfile -t files < "$2"
      mapfile -t records < "$3"
      for i in "${!files[@]}"; do
        [ -n "${files[i]}" ] || continue
        place="inputs/${1#--}/$i"
        mkdir -p "$place"
        ln -s "${files[i]}" ${records[i]:+"${records[i]}"} "$place/"
        words+=("$place/$(basename "${files[i]}")")
      done
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    options=(
      ~{"--prefix '" + sub(prefix, "'", apostrophe) + "'"}
      ~{"--loglevel '" + sub(loglevel, "'", apostrophe) + "'"}
      ~{"--cutoff_type '" + sub(cutoff_type, "'", apostrophe) + "'"}
      ~{"--cutoff_value " + cutoff_value}
      --max_zooms ~{max_zooms}
    )
    lay --parts '~{write_lines(parts)}' '~{write_lines(parts_record)}'
    lay --cutoff_file '~{write_lines(select_all([cutoff_file]))}' '~{write_lines(select_all([cutoff_file_record]))}'
    give --part_peaks '~{write_lines(part_peaks)}'
    maxatac merge --output results "${options[@]}"
  >>>
  output {
    File track = "results/~{prefix}.bw"
    File? sites = "results/~{prefix}_peaks.bed"
    File record = "results/~{prefix}_merge_run.json"
    File log = "results/~{prefix}_merge.log"
  }
  runtime {
    docker: docker
    cpu: 1
    memory: ram_mb + " MiB"
    disks: "local-disk " + ceil((input_mb + outdir_mb) / 1024.0 + 1) + " SSD"
    preemptible: preemptible
    maxRetries: max_retries
  }
}
# end

# begin: wdl task of peaks
task peaks {
  input {
    File input_bigwig
    File? input_bigwig_record
    Array[String] chroms = []
    Int bin_size = 32
    String cutoff_type = "F1"
    Float? cutoff_value
    File? cutoff_file
    File? cutoff_file_record
    String? prefix
    String loglevel = "info"
    String format = "bed"
    Int ram_mb = 4096
    Int outdir_mb = 4096
    Int preemptible = 0
    Int max_retries = 0
    String docker = "maxatac:0.1.0"
  }
  Array[File] given = select_all([input_bigwig, input_bigwig_record, cutoff_file, cutoff_file_record])
  Int input_mb = ceil(size(given, "MiB"))
  # An apostrophe between the shell's single quotes: they end, one stands between double quotes, and they begin again.
  String apostrophe = "'\"'\"'"
  command <<<
    set -eu
    mkdir results
    # give OPTION LIST: an option with the lines of a file; without it where there are none
    give() {
      local words
      mapfile -t words < "$2"
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    # lay OPTION LIST RECORDS: likewise with files, of which each lies beside its run record
    lay() {
      local files records place i words=()
      mapfile -t files < "$2"
      mapfile -t records < "$3"
      for i in "${!files[@]}"; do
        [ -n "${files[i]}" ] || continue
        place="inputs/${1#--}/$i"
        mkdir -p "$place"
        ln -s "${files[i]}" ${records[i]:+"${records[i]}"} "$place/"
        words+=("$place/$(basename "${files[i]}")")
      done
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    options=(
      --bin_size ~{bin_size}
      ~{"--cutoff_type '" + sub(cutoff_type, "'", apostrophe) + "'"}
      ~{"--cutoff_value " + cutoff_value}
      ~{if defined(prefix) then "--prefix '" + sub(select_first([prefix]), "'", apostrophe) + "'" else ""}
      ~{"--loglevel '" + sub(loglevel, "'", apostrophe) + "'"}
      ~{"--format '" + sub(format, "'", apostrophe) + "'"}
    )
    lay --input_bigwig '~{write_lines([input_bigwig])}' '~{write_lines(select_all([input_bigwig_record]))}'
    give --chroms '~{write_lines(chroms)}'
    lay --cutoff_file '~{write_lines(select_all([cutoff_file]))}' '~{write_lines(select_all([cutoff_file_record]))}'
    maxatac peaks --output results "${options[@]}"
  >>>
  output {
    File sites = glob("results/*_~{bin_size}bp.~{format}")[0]
    File record = glob("results/*_peaks_run.json")[0]
    File log = glob("results/*_peaks.log")[0]
  }
  runtime {
    docker: docker
    cpu: 1
    memory: ram_mb + " MiB"
    disks: "local-disk " + ceil((input_mb + outdir_mb) / 1024.0 + 1) + " SSD"
    preemptible: preemptible
    maxRetries: max_retries
  }
}
# end

# begin: wdl task of threshold
task threshold {
  input {
    Array[File] prediction = []
    Array[File] prediction_record = []
    Array[File] binding_tracks = []
    Float? binding_threshold
    Array[String] chroms = []
    Int bin_size = 200
    File? blacklist
    File? blacklist_bw
    File? chrom_sizes
    String prefix
    String loglevel = "info"
    Boolean plot = true
    Int ram_mb = 4096
    Int outdir_mb = 4096
    Int preemptible = 0
    Int max_retries = 0
    String docker = "maxatac:0.1.0"
  }
  Array[File] given = flatten([select_all([blacklist, blacklist_bw, chrom_sizes]), prediction, prediction_record, binding_tracks])
  Int input_mb = ceil(size(given, "MiB"))
  # An apostrophe between the shell's single quotes: they end, one stands between double quotes, and they begin again.
  String apostrophe = "'\"'\"'"
  command <<<
    set -eu
    mkdir results
    # give OPTION LIST: an option with the lines of a file; without it where there are none
    give() {
      local words
      mapfile -t words < "$2"
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    # lay OPTION LIST RECORDS: likewise with files, of which each lies beside its run record
    lay() {
      local files records place i words=()
      mapfile -t files < "$2"
      mapfile -t records < "$3"
      for i in "${!files[@]}"; do
        [ -n "${files[i]}" ] || continue
        place="inputs/${1#--}/$i"
        mkdir -p "$place"
        ln -s "${files[i]}" ${records[i]:+"${records[i]}"} "$place/"
        words+=("$place/$(basename "${files[i]}")")
      done
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    options=(
      ~{"--binding_threshold " + binding_threshold}
      --bin_size ~{bin_size}
      ~{if defined(blacklist) then "--blacklist '" + sub(select_first([blacklist]), "'", apostrophe) + "'" else ""}
      ~{if defined(blacklist_bw) then "--blacklist_bw '" + sub(select_first([blacklist_bw]), "'", apostrophe) + "'" else ""}
      ~{if defined(chrom_sizes) then "--chrom_sizes '" + sub(select_first([chrom_sizes]), "'", apostrophe) + "'" else ""}
      ~{"--prefix '" + sub(prefix, "'", apostrophe) + "'"}
      ~{"--loglevel '" + sub(loglevel, "'", apostrophe) + "'"}
      ~{if plot then "--plot" else "--no-plot"}
    )
    lay --prediction '~{write_lines(prediction)}' '~{write_lines(prediction_record)}'
    give --binding '~{write_lines(binding_tracks)}'
    give --chroms '~{write_lines(chroms)}'
    maxatac threshold --output results "${options[@]}"
  >>>
  output {
    File table = "results/~{prefix}.tsv"
    File cross_celltype = "results/~{prefix}_cross_celltype.tsv"
    File? figure = "results/~{prefix}.png"
    File record = "results/~{prefix}_threshold_run.json"
    File log = "results/~{prefix}_threshold.log"
  }
  runtime {
    docker: docker
    cpu: 1
    memory: ram_mb + " MiB"
    disks: "local-disk " + ceil((input_mb + outdir_mb) / 1024.0 + 1) + " SSD"
    preemptible: preemptible
    maxRetries: max_retries
  }
}
# end

# begin: wdl task of benchmark
task benchmark {
  input {
    File? prediction
    File? prediction_record
    File? bed
    File gold_standard
    Float? binding_threshold
    Array[String] chroms = []
    File? blacklist
    File? blacklist_bw
    File? chrom_sizes
    String? cell_type
    Array[Int] bin_size = [32, 200]
    String? agg
    Int? round_predictions
    String? label_rule
    String? unpredicted
    Boolean? drifting_bins
    Boolean? count_blacklisted
    Boolean original = false
    File? signal
    Array[File] training_binding = []
    Array[Float] recalls = [0.05]
    Int seed = 1
    Boolean quant = false
    Float? target_scale_factor
    String cutoff_type = "F1"
    Float? cutoff_value
    File? cutoff_file
    File? cutoff_file_record
    String prefix
    String loglevel = "info"
    Boolean full_curve = false
    Boolean plot = true
    Int ram_mb = 4096
    Int outdir_mb = 4096
    Int preemptible = 0
    Int max_retries = 0
    String docker = "maxatac:0.1.0"
  }
  Array[File] given = flatten([select_all([prediction, prediction_record, bed, gold_standard, blacklist, blacklist_bw, chrom_sizes, signal, cutoff_file, cutoff_file_record]), training_binding])
  Int input_mb = ceil(size(given, "MiB"))
  # An apostrophe between the shell's single quotes: they end, one stands between double quotes, and they begin again.
  String apostrophe = "'\"'\"'"
  command <<<
    set -eu
    mkdir results
    # give OPTION LIST: an option with the lines of a file; without it where there are none
    give() {
      local words
      mapfile -t words < "$2"
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    # lay OPTION LIST RECORDS: likewise with files, of which each lies beside its run record
    lay() {
      local files records place i words=()
      mapfile -t files < "$2"
      mapfile -t records < "$3"
      for i in "${!files[@]}"; do
        [ -n "${files[i]}" ] || continue
        place="inputs/${1#--}/$i"
        mkdir -p "$place"
        ln -s "${files[i]}" ${records[i]:+"${records[i]}"} "$place/"
        words+=("$place/$(basename "${files[i]}")")
      done
      [ -z "${words[*]}" ] || options+=("$1" "${words[@]}")
    }
    options=(
      ~{if defined(bed) then "--bed '" + sub(select_first([bed]), "'", apostrophe) + "'" else ""}
      ~{"--gold_standard '" + sub(gold_standard, "'", apostrophe) + "'"}
      ~{"--binding_threshold " + binding_threshold}
      ~{if defined(blacklist) then "--blacklist '" + sub(select_first([blacklist]), "'", apostrophe) + "'" else ""}
      ~{if defined(blacklist_bw) then "--blacklist_bw '" + sub(select_first([blacklist_bw]), "'", apostrophe) + "'" else ""}
      ~{if defined(chrom_sizes) then "--chrom_sizes '" + sub(select_first([chrom_sizes]), "'", apostrophe) + "'" else ""}
      ~{if defined(cell_type) then "--cell_type '" + sub(select_first([cell_type]), "'", apostrophe) + "'" else ""}
      ~{if defined(agg) then "--agg '" + sub(select_first([agg]), "'", apostrophe) + "'" else ""}
      ~{"--round_predictions " + round_predictions}
      ~{if defined(label_rule) then "--label_rule '" + sub(select_first([label_rule]), "'", apostrophe) + "'" else ""}
      ~{if defined(unpredicted) then "--unpredicted '" + sub(select_first([unpredicted]), "'", apostrophe) + "'" else ""}
      ~{if defined(drifting_bins) then (if select_first([drifting_bins]) then "--drifting_bins" else "--no-drifting_bins") else ""}
      ~{if defined(count_blacklisted) then (if select_first([count_blacklisted]) then "--count_blacklisted" else "--no-count_blacklisted") else ""}
      ~{if original then "--original" else "--no-original"}
      ~{if defined(signal) then "--signal '" + sub(select_first([signal]), "'", apostrophe) + "'" else ""}
      --seed ~{seed}
      ~{if quant then "--quant" else "--no-quant"}
      ~{"--target_scale_factor " + target_scale_factor}
      ~{"--cutoff_type '" + sub(cutoff_type, "'", apostrophe) + "'"}
      ~{"--cutoff_value " + cutoff_value}
      ~{"--prefix '" + sub(prefix, "'", apostrophe) + "'"}
      ~{"--loglevel '" + sub(loglevel, "'", apostrophe) + "'"}
      ~{if full_curve then "--full_curve" else "--no-full_curve"}
      ~{if plot then "--plot" else "--no-plot"}
    )
    lay --prediction '~{write_lines(select_all([prediction]))}' '~{write_lines(select_all([prediction_record]))}'
    give --chroms '~{write_lines(chroms)}'
    give --bin_size '~{write_lines(bin_size)}'
    give --training_binding '~{write_lines(training_binding)}'
    give --recalls '~{write_lines(recalls)}'
    lay --cutoff_file '~{write_lines(select_all([cutoff_file]))}' '~{write_lines(select_all([cutoff_file_record]))}'
    maxatac benchmark --output results "${options[@]}"
  >>>
  output {
    File table = "results/~{prefix}_benchmark.tsv"
    File scores = "results/~{prefix}_benchmark.json"
    File? curve = "results/~{prefix}_benchmark_curve.tsv"
    File? figure = "results/~{prefix}_benchmark.png"
    Array[File] original_tables = glob("results/~{prefix}_*bp_PRC.tsv")
    File record = "results/~{prefix}_benchmark_run.json"
    File log = "results/~{prefix}_benchmark.log"
  }
  runtime {
    docker: docker
    cpu: 1
    memory: ram_mb + " MiB"
    disks: "local-disk " + ceil((input_mb + outdir_mb) / 1024.0 + 1) + " SSD"
    preemptible: preemptible
    maxRetries: max_retries
  }
}
# end
