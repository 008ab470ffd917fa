#!/usr/bin/env bash
# shellcheck disable=SC2329 # `gate` calls functions by their names
# `make gates`: what the ecosystem's own tools say of the collection, beside `make test`. Slow; the first run installs their
# requirements. gates.sh [sanity|units|integration|typing|importer ...] runs a selection, with the ansible-core of the PATH.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
. tests/gates_table.sh
root=$PWD
logs=$root/.build/gates
mkdir -p "$logs"
python=$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
core=$(python -c 'from importlib.metadata import version; print(version("ansible-core"))')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# ansible-test works only at .../ansible_collections/<namespace>/<name>, and a link there does not do.
tree=$work/ansible_collections/mssp/defender
mkdir -p "$tree"
git ls-files -z --cached --others --exclude-standard | tar --null --ignore-failed-read -T - -cf - 2>/dev/null | tar -C "$tree" -xf -
git -C "$tree" init -q && git -C "$tree" add -A

# ansible-test fetches a bootstrap of pip from a host of its own, which many networks do not reach: pip's own does as well.
cache=${HOME}/.ansible/test/cache
mkdir -p "$cache"
for version in 23_1_2 24_2 25_2; do
    [ -e "$cache/get_pip_$version.py" ] || cat >"$cache/get_pip_$version.py" <<'PY'
import subprocess
import sys

arguments = [x for x in sys.argv[1:] if x not in ("--no-setuptools", "--no-wheel")]
subprocess.check_call([sys.executable, "-m", "ensurepip", "--default-pip"], stdout=subprocess.DEVNULL)
subprocess.check_call([sys.executable, "-m", "pip", "install", "--quiet", *arguments])
PY
done

only=("$@")
failed=0
gate() { # gate NAME COMMAND...
    local name=$1 code begun=$SECONDS
    shift
    [ ${#only[@]} -eq 0 ] || [[ " ${only[*]} " == *" $name "* ]] || return 0
    (cd "$tree" && "$@") >"$logs/$core-$name.log" 2>&1
    code=$?
    row "$core" "$python" "$name" "$([ $code -eq 0 ] && echo ok || echo FAILED)" $((SECONDS - begun))
    [ $code -eq 0 ] && return
    failed=1
    grep -E 'ERROR|FATAL|^WARNING:|^E  |FAILED|error:' "$logs/$core-$name.log" | grep -vE 'WARNING: (Location|Using locale)' | head -40
    echo "All of it: $logs/$core-$name.log"
}
# Their environment is theirs: nothing of make's.
clean() { env -u ANSIBLE_COLLECTIONS_PATH -u ANSIBLE_CONFIG -u MAKEFLAGS -u MAKELEVEL LANG=C.UTF-8 "$@"; }
sanity() { # nothing is excused: there is no ignore file, and no warning that a tool is missing
    ! compgen -G 'tests/sanity/ignore-*.txt' || { echo 'ERROR: tests/sanity has an ignore file'; return 1; }
    command -v shellcheck || { echo 'ERROR: shellcheck is not installed, and ansible-test would leave it out'; return 1; }
    clean ansible-test sanity --local --python "$python" --color no
}
typing() {
    cd "$work" && MYPYPATH=$work mypy --strict --namespace-packages --explicit-package-bases --follow-untyped-imports \
        --cache-dir "$work/mypy" -p ansible_collections.mssp.defender.plugins.module_utils &&
        cd "$tree/tests/sandbox" && mypy --strict --cache-dir "$work/mypy-sandbox" graph_sandbox
}
importer() { # what Galaxy and Automation Hub run on an upload. It says 0 whatever ansible-lint or ansible-doc found: read it
    local bin=$root/.venv-galaxy/bin
    "$bin/ansible-galaxy" collection build --force --output-path "$work/dist" . && cd "$work/dist" || return
    env -u ANSIBLE_COLLECTIONS_PATH -u ANSIBLE_CONFIG PATH="$bin:$PATH" "$bin/python" -m galaxy_importer.main ./*.tar.gz 2>&1 | tee "$work/importer.txt"
    [ "${PIPESTATUS[0]}" -eq 0 ] && ! grep -E '^(WARNING|ERROR):' "$work/importer.txt"
}
gate sanity sanity
gate units clean ansible-test units --local --python "$python" --color no
gate integration clean ansible-test integration --local --python "$python" --color no
gate typing typing
gate importer importer
exit $failed
