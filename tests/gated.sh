#!/usr/bin/env bash
# gated.sh NAME COMMAND...: run a command as a gate, with a line in the table of .build/gates.md.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
. tests/gates_table.sh
name=$1 begun=$SECONDS code=0
shift
"$@" || code=$?
row "$(python -c 'from importlib.metadata import version; print(version("ansible-core"))')" \
    "$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')" \
    "$name" "$([ $code -eq 0 ] && echo ok || echo FAILED)" $((SECONDS - begun))
exit $code
