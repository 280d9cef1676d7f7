#!/bin/sh
# Fuzzes the readers: rust/fuzz/run.sh SECONDS [--if-possible]
#
# Needs the nightly tool chain, a C++ compiler and cargo-fuzz. With --if-possible, what is missing is told and the exit
# status is 0; with CI=true as well, cargo-fuzz is installed into target/, because it is all that CI can lack.
# What is found lies in target/fuzz/artifacts; to see it again: rust/fuzz/run.sh 1 (found inputs are run first).
set -eu
cd "$(dirname "$0")/../.."
seconds=$1
mode=${2-}
folder=target/fuzz

give_up() {
    if [ "$mode" = --if-possible ]; then
        echo "fuzz: skipped, because $1"
        exit 0
    fi
    echo "fuzz: $1" >&2
    exit 1
}

# Asked of the list, because naming a tool chain that is missing may install it.
toolchain=$(rustup toolchain list 2>/dev/null | sed -n 's/^\(nightly[^ ]*\).*/\1/p' | head -n 1)
[ -n "$toolchain" ] || give_up "there is no nightly tool chain (rustup toolchain install nightly)"
command -v c++ >/dev/null || give_up "there is no C++ compiler, c++ (Debian: build-essential)"
PATH=$PWD/$folder/tools/bin:$PATH
if ! cargo fuzz --version >/dev/null 2>&1; then
    if [ "${CI-}" != true ]; then
        give_up "there is no cargo-fuzz (cargo install cargo-fuzz --locked)"
    fi
    # Unoptimised, because it does little but start the compiler.
    cargo install --quiet --locked --debug --version 0.13.2 --root "$folder/tools" cargo-fuzz
fi

# Where the fuzzer starts from is always what the writers write today; what it finds on the way is kept for the next run.
cargo run --quiet --locked --package maxatac-core --example fuzz_corpus -- "$folder/seeds"
# A thread that has given its result but not ended yet looks like a leak, so leaks are not looked for, neither after an
# input (-detect_leaks) nor at the end (ASAN_OPTIONS); memory is limited.
export ASAN_OPTIONS="detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
cargo "+$toolchain" fuzz build --fuzz-dir rust/fuzz --target-dir "$folder/build"
for target in fuzz_twobit fuzz_bigwig fuzz_inflate fuzz_text fuzz_bam; do
    mkdir -p "$folder/corpus/$target" "$folder/artifacts/$target"
    cargo "+$toolchain" fuzz run --fuzz-dir rust/fuzz --target-dir "$folder/build" "$target" \
        "$folder/corpus/$target" "$folder/seeds/$target" "$folder/artifacts/$target" -- \
        -max_total_time="$seconds" -max_len=16384 -timeout=25 -rss_limit_mb=1024 -malloc_limit_mb=256 \
        -detect_leaks=0 -print_final_stats=1 -artifact_prefix="$folder/artifacts/$target/" >"$folder/$target.log" 2>&1 || {
        tail -n 60 "$folder/$target.log" >&2
        echo "fuzz: $target failed; the input is in $folder/artifacts/$target" >&2
        exit 1
    }
    sed -n 's/^Done \([0-9]*\) runs in \([0-9]*\) second.*/'"$target"': \1 inputs in \2 s, nothing found/p' "$folder/$target.log"
done
