#!/bin/bash
# One model for each line of runs.txt, which has the options of that run. In the folder of the settings:
#   sbatch --array=1-"$(grep -c '' runs.txt)" slurm/train-runs.sh
#SBATCH --job-name=maxatac-runs --output=%x-%A-%a.log --open-mode=append
#SBATCH --cpus-per-task=4 --mem=16G --time=24:00:00
#SBATCH --requeue --signal=USR1@120
set -euo pipefail

read -ra options <<< "$(sed -n "${SLURM_ARRAY_TASK_ID}p" runs.txt)"
[ "${#options[@]}" -gt 0 ] || { echo "no line $SLURM_ARRAY_TASK_ID in runs.txt" >&2; exit 2; }

status=0
srun --cpus-per-task="$SLURM_CPUS_PER_TASK" maxatac train --config train.toml --resume "${options[@]}" || status=$?
# 75: stopped by the signal before the time limit, with all finished epochs saved.
if [ "$status" -eq 75 ]; then scontrol requeue "$SLURM_JOB_ID"; fi
exit "$status"
