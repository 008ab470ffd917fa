#!/usr/bin/env bash
# `make gates`: what the ecosystem's own tools say of the collection, beside `make test`. Slow; the first run installs their
# requirements. gates.sh [sanity|units|integration|typing|install ...] runs a selection.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
python=$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
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
    local name=$1 code
    shift
    [ ${#only[@]} -eq 0 ] || [[ " ${only[*]} " == *" $name "* ]] || return 0
    (cd "$tree" && "$@") >"$work/$name.log" 2>&1
    code=$?
    printf '%-12s %s\n' "$name" "$([ $code -eq 0 ] && echo ok || echo FAILED)"
    [ $code -eq 0 ] || { failed=1; grep -E 'ERROR|FATAL|^E  |FAILED|error:' "$work/$name.log" | head -30; tail -5 "$work/$name.log"; }
}
# Their environment is theirs: nothing of make's.
clean() { env -u ANSIBLE_COLLECTIONS_PATH -u ANSIBLE_CONFIG -u MAKEFLAGS -u MAKELEVEL LANG=C.UTF-8 "$@"; }
typing() {
    cd "$work" && MYPYPATH=$work mypy --strict --namespace-packages --explicit-package-bases --follow-untyped-imports \
        --cache-dir "$work/mypy" -p ansible_collections.mssp.defender.plugins.module_utils &&
        cd "$tree/tests/sandbox" && mypy --strict --cache-dir "$work/mypy-sandbox" graph_sandbox
}
install() { # what a user gets: built, installed elsewhere, documented, parsed
    export ANSIBLE_COLLECTIONS_PATH=$work/installed
    ansible-galaxy collection build --force --output-path "$work/dist" . &&
        ansible-galaxy collection install "$work"/dist/*.tar.gz --offline -p "$work/installed" && cd "$work" &&
        ansible-doc -t module --metadata-dump mssp.defender >/dev/null && ansible-doc -t role mssp.defender.mssp_onboard >/dev/null &&
        ansible-playbook --syntax-check mssp.defender.onboard -i localhost,
}
gate sanity clean ansible-test sanity --local --python "$python" --color no
gate units clean ansible-test units --local --python "$python" --color no
gate integration clean ansible-test integration --local --python "$python" --color no
gate typing typing
gate install install
exit $failed
