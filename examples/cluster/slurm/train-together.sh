#!/bin/bash
# One model on several nodes, a process on each.
#SBATCH --job-name=maxatac-together --output=%x-%j.log --open-mode=append
#SBATCH --nodes=2 --ntasks-per-node=1 --cpus-per-task=4 --mem=16G --time=24:00:00
#SBATCH --requeue --signal=USR1@120
# With GPUs, one process for each: --ntasks-per-node=4 --gpus-per-node=4 --cpus-per-task=8
set -euo pipefail

export KERAS_BACKEND=jax
status=0
# With kill-on-bad-exit at 0, Slurm lets the processes end by themselves: they tell each other.
srun --cpus-per-task="$SLURM_CPUS_PER_TASK" --kill-on-bad-exit=0 \
    maxatac train --distribute --config train.toml --resume --prefix SIMTF --output SIMTF || status=$?
if [ "$status" -eq 75 ]; then scontrol requeue "$SLURM_JOB_ID"; fi
exit "$status"
