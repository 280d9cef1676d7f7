#!/bin/bash
# A prediction in parts: one job for each line of parts.txt, which names its chromosomes, and one that joins them.
#   parts=$(sbatch --parsable --array=1-"$(grep -c '' parts.txt)" slurm/predict-parts.sh)
#   sbatch --dependency=afterok:"$parts" --kill-on-invalid-dep=yes slurm/merge-parts.sh
#SBATCH --job-name=maxatac-parts --output=%x-%A-%a.log --open-mode=append
#SBATCH --cpus-per-task=4 --mem=8G --time=12:00:00
#SBATCH --requeue --signal=USR1@120
set -euo pipefail

read -ra chroms <<< "$(sed -n "${SLURM_ARRAY_TASK_ID}p" parts.txt)"
[ "${#chroms[@]}" -gt 0 ] || { echo "no line $SLURM_ARRAY_TASK_ID in parts.txt" >&2; exit 2; }

status=0
srun --cpus-per-task="$SLURM_CPUS_PER_TASK" \
    maxatac predict --config predict.toml --resume --prefix "part_$SLURM_ARRAY_TASK_ID" --chroms "${chroms[@]}" \
    || status=$?
if [ "$status" -eq 75 ]; then scontrol requeue "$SLURM_JOB_ID"; fi
exit "$status"
