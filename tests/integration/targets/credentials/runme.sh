#!/usr/bin/env bash
# For ansible-test: the tests of this directory. By hand: make integration.
set -eux
cd "$(dirname "$0")"
exec python -m pytest -p no:cacheprovider -q .
