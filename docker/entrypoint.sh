#!/bin/sh
# Lets the image be called as "IMAGE train ...", as "IMAGE maxatac train ..." (CWL, WDL and Nextflow write the whole
# command) and as "IMAGE sh -c ...". What is no command of maxatac and no program goes to maxatac, which tells what is
# wrong with it.
set -eu

# Files alone: "command -v" would also find what only the shell knows.
is_program() (
    case $1 in
        test | '[') return 1 ;; # A program that says nothing, whatever it is given.
        */*) [ -f "$1" ] && [ -x "$1" ]; return ;;
    esac
    IFS=:
    for folder in $PATH; do
        [ -f "$folder/$1" ] && [ -x "$folder/$1" ] && return
    done
    return 1
)

[ "$#" -gt 0 ] || set -- --help
# Engines may call the system's env; maxatac has a command of that name, with few options.
if [ "$1" = env ]; then
    case ${2-} in
        '' | --json | -h | --help) ;;
        *) exec "$@" ;;
    esac
fi
case $1 in
    prepare | normalize | average | binding | train | check | predict | merge | peaks | threshold | benchmark | report | simulate | env | -*) set -- maxatac "$@" ;;
    *) is_program "$1" || set -- maxatac "$@" ;;
esac
exec "$@"
