// Written by cwl/options.py from cwl/nf_text.py: the outputs are those of cwl/maxatac-predict.cwl.
process MAXATAC_PREDICT {
    tag "${meta.id}"
    label 'process_medium'

    container 'maxatac:0.1.0'

    input:
    tuple val(meta), path(signal)
    tuple val(meta2), path(model), path(cutoffs)
    tuple val(meta3), path(sequence), path(blacklist)

    output:
    tuple val(meta), path("{${prefix}.bw,${prefix}_*.bw}"), emit: tracks
    tuple val(meta), path("{${prefix}_peaks.bed,${prefix}_*_peaks.bed}"), emit: sites, optional: true
    tuple val(meta), path("${prefix}_predict_run.json"), emit: record
    tuple val(meta), path("${prefix}_predict.log"), emit: log
    path "versions.yml", emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    prefix = task.ext.prefix ?: "${meta.id}"
    def regions = blacklist ? "--blacklist ${blacklist}" : ''
    def memory = task.memory ? "--memory ${Math.max(1, task.memory.toMega().intdiv(4))}Mi" : ''
    def cutoff = cutoffs ? "--cutoff_file ${cutoffs}" : '--skip_call_peaks'
    """
    maxatac predict \\
        ${args} \\
        --signal ${signal} --model ${model} ${cutoff} \\
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
    touch ${prefix}.bw
    touch ${prefix}_predict_run.json
    touch ${prefix}_predict.log

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        maxatac: \$(maxatac --version | cut -d ' ' -f 2)
    END_VERSIONS
    """
}
