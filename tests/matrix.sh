#!/usr/bin/env bash
# ansible-test's sanity and units, and the integration tests, on every ansible-core beside the one of .venv. Each has an environment
# of its own, .venv-<version>. matrix.sh [VERSION ...] runs a selection; MSSP_MATRIX=smoke runs of the integration tests a few
# that go through everything. What was run stands in .build/gates.md.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
. tests/gates_table.sh

# ansible-core and the Python that it runs on here. The first is the oldest that we support (meta/runtime.yml).
MATRIX=("2.16 3.11" "2.18 3.11" "2.20 3.12" "2.21 3.12")
SMOKE=(playbook_onboard module_aad_group run_time)

interpreter() { # the real Python of a version: pyenv's shims are there for versions that are not chosen, and fail
    local candidate
    for candidate in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$1".*/bin/python; do
        "$candidate" -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] != sys.argv[1])' "$1" 2>/dev/null && echo "$candidate" && return
    done
    return 1
}
install() { # install VERSION PYTHON: the environment, once
    local venv=.venv-$1 python
    [ "$venv/.core" -nt requirements-core.txt ] && [ "$venv/.core" -nt requirements.txt ] && return
    python=$(interpreter "$2") || return
    echo "Installing ansible-core $1 into $venv (once) ..."
    "$python" -m venv "$venv" &&
        "$venv/bin/python" -m pip install --quiet "ansible-core>=$1,<2.$((${1#2.} + 1))" -r requirements-core.txt && touch "$venv/.core"
}
targets=(tests/integration)
[ "${MSSP_MATRIX:-full}" = full ] || targets=("${SMOKE[@]/#/tests/integration/targets/}")

failed=0
for line in "${MATRIX[@]}"; do
    read -r core python <<<"$line"
    [ $# -eq 0 ] || [[ " $* " == *" $core "* ]] || continue
    if ! interpreter "$python" >/dev/null; then
        printf '\nNOT RUN on ansible-core %s: it needs Python %s, which is not installed here.\n\n' "$core" "$python"
        row "$core" "$python" everything "not run: no Python $python" 0
        continue
    fi
    install "$core" "$python" || { row "$core" "$python" installation FAILED 0; failed=1; continue; }
    bin=$PWD/.venv-$core/bin
    PATH=$bin:$PATH tests/gates.sh sanity units || failed=1
    begun=$SECONDS log=.build/gates/$core-integration.log
    MSSP_TEST_ANSIBLE=$bin python -m pytest -p no:cacheprovider -q -n "${JOBS:-2}" --dist loadfile "${targets[@]}" >"$log" 2>&1
    code=$?
    exact=$("$bin/python" -c 'from importlib.metadata import version; print(version("ansible-core"))')
    said=$(tail -1 "$log" | grep -oE '[0-9]+ (passed|failed|error|skipped)[^0-9]*' | tr -d '\n,' | sed 's/ in $//')
    row "$exact" "$python" integration "$([ $code -eq 0 ] && echo "ok: $said" || echo "FAILED: $said")" $((SECONDS - begun))
    [ $code -eq 0 ] || { failed=1; grep -E '^FAILED|^ERROR|^E   +(Assertion|\w+)Error' "$log" | cut -c1-300 | head -40; echo "All of it: $log"; }
done
exit $failed
