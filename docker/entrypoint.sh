#!/bin/sh
# Lets the image be called as "IMAGE train ...", as "IMAGE maxatac train ..." (CWL, WDL and Nextflow write the whole
# command) and as "IMAGE sh -c ...". What is no command of maxatac and no program goes to maxatac, which tells what is
# wrong with it.
set -eu
[ "$#" -gt 0 ] || set -- --help
case $1 in
    train | check | report | simulate | -*) set -- maxatac "$@" ;;
    *) command -v -- "$1" >/dev/null || set -- maxatac "$@" ;;
esac
exec "$@"
