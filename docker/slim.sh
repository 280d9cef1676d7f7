#!/bin/sh
# slim.sh SITE_PACKAGES: take out of an environment what no run needs.
set -eu
cd "$1"
# C++ headers and sources, for extensions of TensorFlow.
rm -rf tensorflow/include tensorflow/xla_aot_runtime_src
# The packages' own tests; the two have modules of that name which they import.
find . -type d -name tests -not -path './tensorflow/*' -not -path './keras/*' -prune -exec rm -rf {} +
# Symbol tables, which only a debugger reads. Not those of other packages: libraries that auditwheel has rewritten
# do not survive it.
for package in tensorflow jaxlib; do
    if [ -d "$package" ]; then
        find "$package" -type f -name '*.so*' -size +1M -exec strip --strip-unneeded {} +
    fi
done
