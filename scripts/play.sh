#!/bin/sh
# Runs tests, and what failed of them once more with the machine to itself. Exits as pytest does.
# Their reports are written to build/junit/NAME.xml, those of the second time to build/junit/NAME-again.xml.
#   scripts/play.sh NAME WORKERS [PYTEST ARGUMENT]...
set -eu
cd "$(dirname "$0")/.."
play=".venv/bin/python -m pytest"
report="build/junit/$1"
workers="$2"
shift 2

status=0
$play -n "$workers" --dist loadfile --junit-xml "$report.xml" "$@" || status=$?
# 1: some failed. Anything else (interrupted, nothing collected, an error of its own) is not a matter of luck.
[ "$status" -eq 1 ] || exit "$status"
echo
echo "=== once more, alone: what failed above ==="
$play --last-failed --last-failed-no-failures none --junit-xml "$report-again.xml" "$@"
