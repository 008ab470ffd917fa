#!/usr/bin/env bash
# What `make demo` shows: three customers onboarded on the sandbox, twice, then drift made by hand, seen, and put right.
set -euo pipefail
cd "$(dirname "$0")/.."

step="starting"
here=$(mktemp -d)
sandbox=""
finish() {
    code=$?
    [ -z "$sandbox" ] || { kill "$sandbox" 2>/dev/null; wait "$sandbox" 2>/dev/null || true; }
    [ $code -eq 0 ] || { printf '\nThe demo failed in this step: %s\n' "$step"; [ ! -s "$here/sandbox.log" ] || tail -5 "$here/sandbox.log"; }
    rm -rf "$here"
    exit $code
}
trap finish EXIT

say() { step=$1; printf '\n\033[1m== %s\033[0m\n' "$1"; }
[ -t 1 ] || say() { step=$1; printf '\n== %s\n' "$1"; }

# Nothing of the machine's own Azure settings takes part.
unset "${!AZURE_@}" "${!MSSP_@}"
export ANSIBLE_CALLBACK_RESULT_FORMAT=yaml ANSIBLE_DISPLAY_OK_HOSTS=no ANSIBLE_DISPLAY_SKIPPED_HOSTS=no
export ANSIBLE_HOME="$here/ansible" ANSIBLE_DEPRECATION_WARNINGS=no
export MSSP_SANDBOX="$here/sandbox.json"
onboard() { ansible-playbook mssp.defender.onboard -i inventories/sandbox "$@"; }

say "Start the sandbox: a local Microsoft Graph with three customers' tenants"
python tests/sandbox --config tests/sandbox/three_customers.yml --dir "$here" >"$here/sandbox.log" 2>&1 &
sandbox=$!
for _ in $(seq 300); do
    [ ! -e "$MSSP_SANDBOX" ] || break
    kill -0 "$sandbox" 2>/dev/null || exit 1
    sleep 0.1
done
[ -e "$MSSP_SANDBOX" ] || exit 1
grep -o '"graph_url": "[^"]*"' "$MSSP_SANDBOX"

say "Onboard the customers (only what changes is shown)"
onboard

say "Onboard them again: nothing changes"
onboard | tee "$here/again"
grep -q 'changed=0 ' "$here/again"
if grep -qE 'changed=[1-9]|failed=[1-9]|unreachable=[1-9]' "$here/again"; then exit 1; fi

say "Change something behind Ansible's back, in Contoso's tenant"
python tests/demo_drift.py "$MSSP_SANDBOX" contoso.onmicrosoft.com

say "Check mode shows what drifted, and writes nothing"
onboard --check --diff --limit contoso | tee "$here/drift"
grep -qE 'changed=[1-9]' "$here/drift"

say "Run again: it is put right"
onboard | tee "$here/repaired"
grep -qE 'contoso +: .*changed=[1-9]' "$here/repaired"

say "The links for analysts and approvers"
ANSIBLE_DISPLAY_OK_HOSTS=yes onboard >"$here/links"
# The last task of each customer, as Ansible printed it.
awk '/^TASK/ { shown = /Where to go now/; next } shown' "$here/links"
grep -q 'https://myaccess.microsoft.com/@contoso.onmicrosoft.com#/access-packages/' "$here/links"

say "Stop the sandbox"
kill "$sandbox" && wait "$sandbox" 2>/dev/null || true
sandbox=""
echo "Done. Your own tenants: see README.md, \"A real customer\"."
