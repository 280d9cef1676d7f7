#!/bin/bash
# Joins the parts of a prediction, after predict-parts.sh.
#SBATCH --job-name=maxatac-merge --output=%x-%j.log
#SBATCH --cpus-per-task=1 --mem=4G --time=01:00:00
set -euo pipefail

maxatac merge --parts parts/part_*.bw --output prediction --prefix CellC_SIMTF \
    --cutoff_file SIMTF/SIMTF_thresholds.tsv --force
