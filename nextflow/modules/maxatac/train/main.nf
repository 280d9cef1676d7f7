// Written by cwl/options.py from cwl/nf_text.py: the outputs are those of cwl/maxatac-train.cwl.
process MAXATAC_TRAIN {
    tag "${meta.id}"
    label 'process_high'

    container 'maxatac:0.1.0'

    input:
    tuple val(meta), path(signals, stageAs: 'signals?/*'), path(bindings, stageAs: 'bindings?/*'), path(atac_peaks, stageAs: 'atac_peaks?/*'), path(chip_peaks, stageAs: 'chip_peaks?/*')
    tuple val(meta2), path(sequence), path(blacklist)

    output:
    tuple val(meta), path("${prefix}_best.keras"), emit: best_model
    tuple val(meta), path("${prefix}_best.h5"), emit: best_model_h5
    tuple val(meta), path("best_epoch.txt"), emit: best_epoch
    tuple val(meta), path("${prefix}.csv"), emit: history
    tuple val(meta), path("${prefix}_cells.csv"), emit: cell_history, optional: true
    tuple val(meta), path("${prefix}_timing.csv"), emit: timing
    tuple val(meta), path("${prefix}_thresholds.tsv"), emit: thresholds, optional: true
    tuple val(meta), path("${prefix}_test.tsv"), emit: test_table, optional: true
    tuple val(meta), path("${prefix}_test.json"), emit: test_scores, optional: true
    tuple val(meta), path("{${prefix}.bw,${prefix}_test.*.bw}"), emit: predictions, optional: true
    tuple val(meta), path("${prefix}_model_dice_acc.png"), emit: history_plot, optional: true
    tuple val(meta), path("${prefix}_model_structure.png"), emit: structure_plot, optional: true
    tuple val(meta), path("${prefix}_report.html"), emit: report_page, optional: true
    tuple val(meta), path("${prefix}_report.json"), emit: report_data, optional: true
    tuple val(meta), path("${prefix}_figures"), emit: figures, optional: true
    tuple val(meta), path("${prefix}_run.json"), emit: record
    tuple val(meta), path("${prefix}.log"), emit: log
    tuple val(meta), path("${prefix}_cell_types.tsv"), emit: cell_table
    tuple val(meta), path("${prefix}_resume.npz"), emit: resume_state
    tuple val(meta), path("${prefix}_[0-9]*.{keras,h5}"), emit: checkpoints
    tuple val(meta), path("tensorboard/${prefix}"), emit: tensorboard, optional: true
    tuple val(meta), path("{${prefix}_training_ROI.bed.gz,${prefix}_validation_ROI.bed.gz}"), emit: regions, optional: true
    tuple val(meta), path("{${prefix}_training_ROI_stats.txt,${prefix}_training_ROI_totalregions_stats.txt,${prefix}_validation_ROI_stats.txt,${prefix}_validation_ROI_totalregions_stats.txt}"), emit: region_counts, optional: true
    path "versions.yml", emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    prefix = task.ext.prefix ?: "${meta.id}"
    def regions = blacklist ? "--blacklist ${blacklist}" : ''
    def memory = task.memory ? "--memory ${Math.max(1, task.memory.toMega().intdiv(4))}Mi" : ''
    def lists = [signals, bindings, atac_peaks, chip_peaks].collect { files -> files instanceof List ? files : [files] }
    if ([*lists, meta.labels].any { list -> list.size() != meta.cell_types.size() }) {
        error("maxatac train: ${meta.id}: each cell type needs a label, a signal, a binding, and peaks of both kinds")
    }
    def records = meta.cell_types.withIndex().collect { name, place ->
        [
            cell_type: name,
            label: meta.labels[place],
            atac_signal: lists[0][place].toString(),
            binding: lists[1][place].toString(),
            atac_peaks: lists[2][place].toString(),
            chip_peaks: lists[3][place].toString(),
        ]
    }
    def cells = groovy.json.JsonOutput.toJson([tf: meta.id, cells: records])
    """
    cat <<'END_CELLS' > cells.json
    ${cells}
    END_CELLS

    maxatac train \\
        ${args} \\
        --cells cells.json \\
        --sequence ${sequence} \\
        ${regions} \\
        --threads ${task.cpus} \\
        ${memory} \\
        --prefix ${prefix} \\
        --output .

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        maxatac: \$(maxatac --version | cut -d ' ' -f 2)
    END_VERSIONS
    """

    stub:
    prefix = task.ext.prefix ?: "${meta.id}"
    """
    touch ${prefix}_best.keras
    touch ${prefix}_best.h5
    touch best_epoch.txt
    touch ${prefix}.csv
    touch ${prefix}_timing.csv
    touch ${prefix}_run.json
    touch ${prefix}.log
    touch ${prefix}_cell_types.tsv
    touch ${prefix}_resume.npz
    touch ${prefix}_1.keras

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        maxatac: \$(maxatac --version | cut -d ' ' -f 2)
    END_VERSIONS
    """
}
