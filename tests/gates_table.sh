# shellcheck shell=bash
# Sourced by gates.sh and matrix.sh: the table of what was run, with which versions, in .build/gates.md.
# MSSP_GATES_TABLE names another file. `make gates` begins it anew; a selection that is run by hand adds to it.
table=${MSSP_GATES_TABLE:-.build/gates.md}
mkdir -p "$(dirname "$table")"
[ -s "$table" ] || printf '| ansible-core | Python | what | result | seconds |\n|---|---|---|---|---|\n' >"$table"
table=$(cd "$(dirname "$table")" && pwd)/$(basename "$table")

# row CORE PYTHON WHAT RESULT SECONDS: a line of the table, and one for who is looking.
row() {
    printf '| %s | %s | %s | %s | %s |\n' "$@" >>"$table"
    printf '%-9s %-7s %-13s %s (%s s)\n' "$@"
}
